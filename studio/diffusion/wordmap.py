"""From attention to a picture of one word: where it is looked at, and how much."""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from studio.diffusion.questions import Ask, Attend, Attention, Context, Words

Heat = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class WordMap:
    """How much each place of the picture looks at one word.

    Attributes:
        heat: (h, w) in [0, 1], latent cells: the word's share of the attention there, divided by its largest share, so
            that the hottest place is 1 however little the word draws in all. All 0 when it draws none.
        share: The word's share of all attention, 0 to 1: the mean over the picture.
        least: Its share at the coldest place, 0 to 1; near the peak, the word is looked at from everywhere alike.
        peak: Its share at the hottest place, 0 to 1: what heat was divided by.
    """

    heat: Heat
    share: float
    least: float
    peak: float


def look(text: str, x: Tensor, t: float) -> Generator[Ask, Any, Attention]:
    """Asks where the model looks for these words in the model input x (1, C, h, w) at t; one pass."""
    words: Context = yield Words(text)
    seen: Attention = yield Attend(x, t, words)
    return seen


def word_map(attention: Attention, group: str, tokens: Collection[int]) -> WordMap:
    """The map of a word that became these tokens: the sum of theirs.

    Args:
        group: A key of `attention.maps`.
        tokens: Their places among the tokens the model reads, as `Span` holds them.

    Raises: KeyError for another group, IndexError for a token that is not read.
    """
    shares: Heat = attention.maps[group][sorted(set(tokens))].sum(0).numpy()
    peak = float(shares.max())
    heat = shares / np.float32(peak or 1)
    return WordMap(heat, float(shares.mean()), float(shares.min()), peak)
