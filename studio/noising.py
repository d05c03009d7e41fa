"""Pictures on their way into noise: what the page, the command line and programs are shown of it.

One picture, one noise, one schedule; every timestep is a formula away (`studio.diffusion.forward`). In pixels that needs no
model; in a model's latent space the model says once where the picture lies in it, and may decode any x_t.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from studio import film
from studio.core.errors import ModelUnavailable, StudioError
from studio.core.forward import MODEL, Forward
from studio.diffusion.forward import SCHEDULES, NoiseSchedule, noised, of_config

if TYPE_CHECKING:
    from studio.diffusion.questions import Ask, Model

AREA, GRID = 256 * 256, 16
"""Pixels a picture is shown with, and what its sides are a multiple of: whole latent cells of every model."""

Array = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What there is to say about one timestep.

    Attributes:
        t: The timestep.
        alpha_bar: Share of signal variance left.
        sigma: Standard deviation of the noise where the signal keeps its size; infinite in pure noise.
        snr_db: Signal-to-noise ratio, dB; infinite at either end.
    """

    t: int
    alpha_bar: float
    sigma: float
    snr_db: float


@dataclass(frozen=True, slots=True)
class Noising:
    """A picture, the noise that covers it, and how fast.

    Attributes:
        x0: Pixels (3, H, W) in [-1, 1] or a latent (C, h, w).
        eps: Standard normal noise, same shape; the same at every t.
        schedule: Levels of noise.
    """

    x0: Array
    eps: Array
    schedule: NoiseSchedule

    def at(self, t: int) -> Array:
        """x_t, same shape as x0."""
        x: Array = noised(self.x0, self.eps, self.schedule.alpha_bar(t))
        return x

    def numbers(self, t: int) -> Numbers:
        """The levels at t."""
        levels = self.schedule
        return Numbers(t, levels.alpha_bar(t), levels.sigma(t), levels.snr_db(t))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture lies in a model's latent space.

    Attributes:
        x0: Its latent (C, h, w).
        weight: Linear map from a latent cell to the pixels it stands for (3 * p * p, C), pixels as pixel_shuffle orders them.
        bias: (3 * p * p,).
    """

    x0: Array
    weight: Array
    bias: Array


class Noisings:
    """The forward process for the pictures of one studio. Methods may be called from any thread."""

    def __init__(
        self,
        folder: Callable[[str], Path],
        ask: Callable[..., Future[Any]],
        status: Callable[[str], Any],
    ) -> None:
        """Args: where a model's files lie; who answers an algorithm's questions (`Studio.ask`); whether it is loaded."""
        self._folder = folder
        self._ask = ask
        self._status = status

    def schedule(self, wish: Forward, model: str = "palette") -> NoiseSchedule:
        """The schedule wished for; the model's own has as many timesteps as the model, whatever T.

        Raises: ModelUnavailable when it is not on this machine or its schedule is not known here.
        """
        if wish.schedule != MODEL:
            return SCHEDULES[wish.schedule](wish.T)
        file = self._folder(model) / "scheduler" / "scheduler_config.json"
        try:
            return of_config(json.loads(file.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise ModelUnavailable(
                "The model's own noise schedule cannot be read.",
                hint="Choose another schedule, or get the model again.",
            ) from error

    def pixels(self, wish: Forward, image: Image.Image, model: str = "palette") -> Noising:
        """The picture on its way into noise, pixel by pixel."""
        x0 = of_picture(shown(image))
        return Noising(x0, pixel_noise(x0.shape, wish.seed), self.schedule(wish, model))

    def latent(self, wish: Forward, place: Place, model: str = "palette") -> Noising:
        """The picture on its way into noise, where the model works."""
        return Noising(
            place.x0, latent_noise(place.x0.shape, wish.seed), self.schedule(wish, model)
        )

    def place(
        self, image: Image.Image, owner: str, model: str = "palette", *, wait: bool = True
    ) -> Place:
        """Where a picture lies in a model's latent space.

        Args:
            image: RGB.
            owner: Who wants to know.
            model: Whose latent space.
            wait: Until the model is loaded.

        Raises: ModelUnavailable when the model is not there, or not yet and nobody waits; what it raises.
        """
        if not wait:
            self._refuse_early(model)
        small = shown(image)
        x0 = of_picture(small)

        def encode(loaded: Model) -> Generator[Ask, Any, Place]:
            import torch

            from studio.diffusion.questions import Encode

            encoded = yield Encode(torch.from_numpy(x0)[None])
            weight, bias = loaded.projection
            return Place(
                *(
                    np.ascontiguousarray(one.cpu().numpy())
                    for one in (encoded.mean[0], weight, bias)
                )
            )

        placed: Place = self._ask(encode, owner, model=model, size=small.size).result()
        return placed

    def decoded(self, x: Array, owner: str, model: str = "palette") -> Image.Image:
        """What a model's decoder makes of a latent (C, h, w), noisy or not.

        Raises: QueueFull, ModelUnavailable.
        """

        def decode(loaded: Model) -> Generator[Ask, Any, Any]:
            import torch

            from studio.diffusion.questions import Decode

            latent = torch.from_numpy(np.ascontiguousarray(x))[None].to(loaded.device)
            return (yield Decode(latent))

        return Image.fromarray(self._ask(decode, owner, model=model).result())

    def _refuse_early(self, model: str) -> None:
        status = self._status(model)
        if status.problem is not None:
            raise status.problem
        if not status.ready:
            raise ModelUnavailable(
                "The model is still loading.", hint="This part comes by itself when it is there."
            )


def clamped(
    timesteps: Sequence[int], T: int, kind: str = "gif"
) -> tuple[list[int], list[StudioError]]:
    """Timesteps brought into [0, T), no more than a film of this kind may hold; what was changed, in words."""
    notices = []
    within = [max(0, min(t, T - 1)) for t in timesteps] or [0]
    strange = [t for t in timesteps if not 0 <= t < T]
    if strange:
        notices.append(
            StudioError(
                "Timestep {t} is out of range; the nearest one from 0 to {last} is shown.",
                t=str(strange[0])[:20],
                last=T - 1,
            )
        )
    if not timesteps:
        notices.append(StudioError("No timestep was named; timestep 0 is shown."))
    most = film.most_frames(kind)
    if len(within) > most:
        notices.append(_too_many(len(within), most))
    return within[:most], notices


def spaced(frames: int, T: int, kind: str = "gif") -> tuple[list[int], list[StudioError]]:
    """Timesteps at even distances from 0 to the last, as many as wished and possible; what was changed, in words."""
    timesteps = film.spread(frames, T, kind)
    notices = []
    if frames > film.most_frames(kind):
        notices.append(_too_many(frames, len(timesteps)))
    elif frames < 1:
        notices.append(StudioError("A film has at least one picture; timestep 0 is shown."))
    return timesteps, notices


def _too_many(count: int, most: int) -> StudioError:
    return StudioError(
        "{count} pictures are too many; {most} are shown.", count=str(count)[:20], most=most
    )


def shown(image: Image.Image) -> Image.Image:
    """A picture at the size it is shown here: its own proportions, about AREA pixels, sides multiples of GRID."""
    ratio = (AREA / (image.width * image.height)) ** 0.5
    width, height = (max(GRID, round(side * ratio / GRID) * GRID) for side in image.size)
    if image.size == (width, height):
        return image
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)


def of_picture(image: Image.Image) -> Array:
    """Pixels (3, H, W) in [-1, 1] of an RGB picture."""
    rgb = np.asarray(image, dtype=np.float32).transpose(2, 0, 1)
    return np.ascontiguousarray(rgb / np.float32(127.5) - np.float32(1))


def to_picture(x: Array) -> Image.Image:
    """The picture of pixels (3, H, W); what lies beyond [-1, 1] is cut."""
    rgb = np.rint((x + 1) * 127.5).clip(0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(rgb.transpose(1, 2, 0)))


def pixel_noise(shape: tuple[int, ...], seed: int) -> Array:
    """Standard normal noise of a seed."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def latent_noise(shape: tuple[int, ...], seed: int) -> Array:
    """Standard normal noise of a seed: the very noise a painting of this seed and size starts from."""
    import torch

    random = torch.Generator("cpu").manual_seed(seed)
    drawn: Array = torch.randn((1, *shape), generator=random)[0].numpy()
    return drawn


def packed(arrays: dict[str, Array]) -> bytes:
    """Arrays as one safetensors file, which a browser reads without copying."""
    from safetensors.numpy import save

    return save(arrays)
