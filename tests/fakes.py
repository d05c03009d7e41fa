"""Stand-ins that keep the real promises: a model that answers with a formula, at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from studio.core.events import Preview
from studio.core.recipe import Defaults
from studio.core.recipes import TextToImage
from studio.diffusion.denoise import text_to_image
from studio.diffusion.forward import scaled_linear
from studio.diffusion.questions import (
    Attention,
    Context,
    Encode,
    Encoded,
    LatentSpace,
    Pixels,
    Span,
    Words,
)
from studio.engine.wish import Wish

DEFAULTS = Defaults(64, 64, 4, 3.0, "ddim", "fake")


def recipe(**values: object) -> TextToImage:
    """A settled recipe for the fake model."""
    return TextToImage(**({"prompt": "a fox", "seed": 1, "model": "fake"} | values)).settled(
        DEFAULTS
    )


def wish(recipe: TextToImage) -> Wish:
    """The wish that a recipe is painted from words."""
    return Wish(recipe, partial(text_to_image, recipe))


class FakeModel:
    """Predicts no noise but a trace of its input; what it was asked is kept in `passes`.

    Attributes:
        passes: Number of rows of every forward pass.
        fault: Called with the inputs of every pass; may raise, block, or return a replacement for the answer.
    """

    name = "fake"
    device = "cpu"
    dtype = "float32"
    latents = LatentSpace(channels=4, downscale=8)
    sees_mask = False
    noise_schedule = {
        "num_train_timesteps": 1000,
        "beta_schedule": "scaled_linear",
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "prediction_type": "epsilon",
        "clip_sample": False,
    }

    def __init__(self, fault: Callable[[Tensor, Tensor], Tensor | None] | None = None) -> None:
        self.passes: list[int] = []
        self.encoded: list[Words] = []
        self.threads: set[str] = set()
        self.fault = fault

    def encode(self, words: Words) -> Context:
        self.encoded.append(words)
        return Context(torch.full((22, 2), float(len(words.text))))

    def ignored(self, text: str) -> str:
        return " ".join(text.split()[20:])

    def spans(self, text: str) -> tuple[Span, ...]:
        words = list(re.finditer(r"\w+", text))[:20]
        return tuple(Span(word[0], *word.span(), (i + 1,)) for i, word in enumerate(words))

    def denoise(self, x: Tensor, t: Tensor, contexts: Sequence[Context]) -> Tensor:
        self.threads.add(threading.current_thread().name)
        self.passes.append(len(x))
        answer = self.fault(x, t) if self.fault else None
        pull = torch.stack([context.tokens.mean() for context in contexts])[:, None, None, None]
        return 0.1 * x + 0.001 * pull if answer is None else answer

    def attention(self, x: Tensor, t: float, context: Context) -> Attention:
        """The later a token, the more of it where x is bright; the same in both groups but for a sharper "fine"."""
        self.threads.add(threading.current_thread().name)
        answer = self.fault(x, torch.tensor([t])) if self.fault else None
        bright = (x if answer is None else answer)[0, :1].cpu()
        order = torch.arange(len(context.tokens)).reshape(-1, 1, 1) / len(context.tokens)
        coarse, fine = (order * bright).softmax(0), (2 * order * bright).softmax(0)
        return Attention({"coarse": coarse, "fine": fine, "all": (coarse + fine) / 2})

    def denoised(self, x: Tensor, t: float, prediction: Tensor) -> Tensor:
        return x - prediction

    def alpha_bar(self, t: float) -> float:
        return scaled_linear(1000).alpha_bar(t)

    def encode_picture(self, x: Tensor) -> Encoded:
        return Encoded(torch.nn.functional.avg_pool2d(x, 8)[:, [0, 1, 2, 0]])

    def decode(self, x: Tensor) -> list[Pixels]:
        rgb = (
            x[:, :3].clamp(-1, 1).add(1).mul(127.5).repeat_interleave(8, 2).repeat_interleave(8, 3)
        )
        return [np.ascontiguousarray(p) for p in rgb.movedim(1, -1).to(torch.uint8).numpy()]

    def preview(self, x0: Tensor) -> Preview:
        return Preview(1, 1, b"\0\0\0")

    @property
    def projection(self) -> tuple[Tensor, Tensor]:
        return torch.eye(3, 4), torch.zeros(3)


def loaded(model: FakeModel) -> Future[FakeModel]:
    """The model as a catalog hands it out."""
    future: Future[FakeModel] = Future()
    future.set_result(model)
    return future


def answered(algorithm: Callable[[FakeModel], Generator[Any, Any, Any]]) -> Future[Any]:
    """What an algorithm returns when a fake model encodes and decodes for it; as `Studio.ask` tells it."""
    model, told, answer = FakeModel(), Future[Any](), None
    questions = algorithm(model)
    try:
        while True:
            asked = questions.send(answer)
            answer = (
                model.encode_picture(asked.x)
                if isinstance(asked, Encode)
                else model.decode(asked.x)[0]
            )
    except StopIteration as end:
        told.set_result(end.value)
    return told
