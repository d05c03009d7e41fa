"""What a job asks and who answers: the seam between an algorithm and the machine it runs on.

An algorithm is a generator. It yields one of the questions below and is sent the answer; it returns
the finished pixels. It never calls a model, so whoever drives it may answer many jobs with one
forward pass, and a test may answer with a formula.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from studio.core.events import Preview

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
"""A finished picture: (H, W, 3), 0 to 255, sRGB."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the words mean to one model.

    Attributes:
        tokens: Embedding per token (length, width), on the model's device.
        pooled: Embedding of the whole prompt (width,), for models that want one (SDXL), else None.
    """

    tokens: Tensor
    pooled: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """Asks what these words mean; the answer is a `Context`.

    Attributes:
        text: The words.
        against: They are a negative prompt; some models mean nothing by an empty one.
    """

    text: str
    against: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Asks what the model predicts (eps or v) in x at timestep t; the answer has the shape of x.

    Attributes:
        x: Model input (1, C, h, w): noisy latent, scaled to unit variance. Inpainting models get the mask and the
            masked picture's latent as further channels behind it.
        t: Timestep in [0, T); solvers may ask between whole ones.
        guidance_scale: 1 or less asks for the prediction under `words` alone.
        words: The prompt.
        against: The negative prompt; None when guidance_scale is 1 or less.
        index: Which step this is, 0 = first.
        total: Number of steps.
        shows_x: A preview of this step shows x itself, not the clean estimate in it: on the way into noise.
    """

    x: Tensor
    t: float
    guidance_scale: float
    words: Context
    against: Context | None
    index: int
    total: int
    shows_x: bool = False

    @property
    def rows(self) -> int:
        """Rows it takes in a forward pass: two when guided, one when not."""
        return 1 if self.against is None else 2


@dataclass(frozen=True, slots=True)
class Pass:
    """One answered question, as it is remembered: enough to see a step, and to make it again without the network.

    Attributes:
        t: Timestep.
        x: Noisy latent of unit variance (1, C, h, w), float32, on the CPU.
        prediction: The (guided) answer, same shape, float32, on the CPU.
    """

    t: float
    x: Tensor
    prediction: Tensor


@dataclass(frozen=True, slots=True)
class Encode:
    """Asks for the latent of pixels x (1, 3, H, W) in [-1, 1]; the answer is an `Encoded`."""

    x: Tensor


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture in the model's latent space.

    Attributes:
        mean: Latent (1, C, h, w), scaled as the model denoises it.
        std: Standard deviation of the latent where the autoencoder is a distribution, same shape, else None.
    """

    mean: Tensor
    std: Tensor | None = None

    def sample(self, random: torch.Generator) -> Tensor:
        """A latent drawn from the distribution; the mean where there is none."""
        if self.std is None:
            return self.mean
        return self.mean + self.std * torch.randn(self.mean.shape, generator=random).to(
            self.std.device
        )


@dataclass(frozen=True, slots=True)
class Attend:
    """Asks where the model looks for each token of the words in x at timestep t; the answer is an `Attention`.

    Attributes:
        x: Model input (1, C, h, w), as in `Question`.
        t: Timestep in [0, T).
        words: The prompt.
    """

    x: Tensor
    t: float
    words: Context


@dataclass(frozen=True, slots=True)
class Attention:
    """Where a model looks: of each place's attention, the share that each token draws.

    Attributes:
        maps: Group of layers -> (tokens, h, w), float32, on the CPU, at the size of the latent; over the tokens every
            place sums to 1. "all" is the average of all layers; models that look at several resolutions also have "coarse"
            (what is where), "fine" (edges and texture) and, from three resolutions on, "middle".
    """

    maps: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Span:
    """A word of a text and the tokens it became.

    Attributes:
        word: As it stands in the text.
        start: Its first character, counted in code points.
        end: Behind its last.
        tokens: Their places among all tokens the model reads, the start mark being 0.
    """

    word: str
    start: int
    end: int
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Aside:
    """Asks for the result of work that needs no model, such as resizing; done beside the device, not on its thread."""

    work: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Decode:
    """Asks for the picture of a clean latent x (1, C, h, w); the answer is `Pixels`."""

    x: Tensor


Ask = Words | Question | Attend | Encode | Decode | Aside
Algorithm = Generator[Ask, Any, Pixels]


class Stopped(Exception):
    """Thrown into an algorithm at an open question: no more steps, finish with the clean estimate x0 there is."""

    def __init__(self, x0: Tensor) -> None:
        super().__init__("stopped")
        self.x0 = x0


@dataclass(frozen=True, slots=True)
class LatentSpace:
    """Geometry of the space a model denoises in.

    Attributes:
        channels: Latent channels; 4 for Stable Diffusion 1.x.
        downscale: Image pixels per latent cell along one side.
    """

    channels: int
    downscale: int

    def __post_init__(self) -> None:
        if self.channels < 1 or self.downscale < 1:
            raise ValueError(f"channels and downscale must be at least 1, got {self}")

    def shape(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Shape (1, C, h, w) of one latent for a picture of width x height pixels."""
        return (1, self.channels, height // self.downscale, width // self.downscale)


class Model(Protocol):
    """What a loaded model can answer. Called by one thread at a time; only `encode`, `ignored` and `spans` must bear several.

    Attributes:
        name: Name of its card.
        device: Where it runs, as torch writes it.
        dtype: Number format of the forward pass, as torch writes it without the prefix.
        latents: Its latent space.
        sees_mask: Its input has channels for a mask and the picture under it.
        noise_schedule: Configuration of its noise schedule, as diffusers schedulers read it.
    """

    name: str
    device: str
    dtype: str
    latents: LatentSpace
    sees_mask: bool
    noise_schedule: dict[str, Any]

    def encode(self, words: Words) -> Context:
        """The meaning of a prompt."""

    def ignored(self, text: str) -> str:
        """The words beyond the token limit, which the model never sees; "" when there are none."""

    def spans(self, text: str) -> tuple[Span, ...]:
        """The words of a text that the model sees, with their tokens; of a word the limit cuts, the tokens that are left."""

    def denoise(self, x: Tensor, t: Tensor, contexts: Sequence[Context]) -> Tensor:
        """Predictions (R, C, h, w) in float32 for inputs x (R, C, h, w) at timesteps t (R,), one context a row."""

    def attention(self, x: Tensor, t: float, context: Context) -> Attention:
        """Where it looks for the words in x (1, C, h, w) at t: one pass, which changes nothing for those that follow."""

    def denoised(self, x: Tensor, t: float, prediction: Tensor) -> Tensor:
        """The clean estimate x0 from a model input x (1, C or more, h, w) at t and the (guided) prediction in it."""

    def alpha_bar(self, t: float) -> float:
        """Share of signal variance left in a model input at t; linear between whole timesteps."""

    def encode_picture(self, x: Tensor) -> Encoded:
        """The latent of pixels x (1, 3, H, W) in [-1, 1]."""

    def decode(self, x: Tensor) -> list[Pixels]:
        """Pictures of clean latents x (B, C, h, w)."""

    def preview(self, x0: Tensor) -> Preview:
        """A cheap look at a clean estimate x0 (1, C, h, w); never the full decoder."""

    @property
    def projection(self) -> tuple[Tensor, Tensor]:
        """The linear map behind `preview`: weight (3 * p * p, C) and bias, pixels in the order of pixel_shuffle."""
