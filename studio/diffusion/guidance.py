"""Classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598): away from one prompt, towards another."""

from torch import Tensor


def guided(under_words: Tensor, against: Tensor | None, guidance_scale: float) -> Tensor:
    """against + scale * (under_words - against); the prediction under the words alone when there is nothing against.

    Args:
        under_words: Prediction given the prompt, any shape.
        against: Prediction given the negative prompt, same shape, or None.
        guidance_scale: 1 = the prompt alone.
    """
    return under_words if against is None else against + guidance_scale * (under_words - against)
