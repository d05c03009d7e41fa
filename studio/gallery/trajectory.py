"""A trajectory: what a run asked the model and was told, pass by pass, as one safetensors file.

It is enough to see every step again, and to take any of them again: whoever sends the same algorithm the same predictions gets
its solver's history and its random numbers back exactly. So predictions are kept in full; the noisy latents are only looked at
and are kept in half precision (docs/bench.md has what that costs).

A file may come from anyone: its header is bounded before it is parsed, its shapes are compared before anything is read, and
what is no number is refused.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from studio.core.errors import GalleryError, StudioError
from studio.core.recipe import Painting
from studio.core.recipes import recipe_from_values
from studio.diffusion.forward import clean_estimate, noise_estimate
from studio.gallery.home import cause

VERSION = 1
"""Of the file; goes up when an older studio could no longer read it."""

MAX_HEADER = 2**20
"""Bytes; the longest legal recipe needs under 400 KiB of them."""

MAX_PASSES = 2000
"""More than any recipe asks for: 150 steps into noise, each looked at a dozen times, and as many back."""

MAX_CHANNELS, MAX_SIDE, MAX_PATCH = 64, 512, 32
"""Of a latent, and preview pixels per cell."""

Array = np.ndarray[Any, Any]
Latent = np.ndarray[Any, np.dtype[np.float32]]
Pixels = np.ndarray[Any, np.dtype[np.uint8]]

_SAVED = ("t", "alpha_bar", "x", "prediction")
_NUMBERS = {"t": ("F64",), "alpha_bar": ("F64",), "x": ("F16", "F32")}


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """From a clean latent to rough pixels without a model: one linear map per cell.

    Attributes:
        weight: (3 * patch**2, C), float32; a cell's pixels channel by channel, row by row.
        bias: (3 * patch**2,), float32.
        patch: Pixels per cell along one side.
    """

    weight: Latent
    bias: Latent
    patch: int

    def __call__(self, latent: Latent) -> Pixels:
        """Rough pixels (h * patch, w * patch, 3) of a clean latent (C, h, w)."""
        _, height, width = latent.shape
        cells = np.einsum("oc,chw->ohw", self.weight, latent) + self.bias[:, None, None]
        patches = cells.reshape(3, self.patch, self.patch, height, width)
        rows = patches.transpose(3, 1, 4, 2, 0).reshape(height * self.patch, -1, 3)
        pixels: Pixels = ((rows + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
        return pixels


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """The passes of one run, N of them.

    Attributes:
        recipe: What was being made: settled, one picture.
        model: Name of its card.
        revision: Exact version of the model.
        prediction_type: What the predictions are: "epsilon", "v_prediction" or "sample".
        steps_total: Passes of the whole run; more than N when it was stopped or is still under way.
        t: Timesteps (N,), float64.
        alpha_bar: Share of signal variance left in x (N,), float64.
        x: Noisy latents of unit variance (N, C, h, w), float16.
        prediction: The answers, same shape, float32.
        projection: For quick looks.
        latent: What was decoded in the end (C, h, w), float32; None while the run is under way.
        picture: `fingerprint` of the picture it lies beside; "" while there is none.
    """

    recipe: Painting
    model: str
    revision: str
    prediction_type: str
    steps_total: int
    t: Array
    alpha_bar: Array
    x: Array
    prediction: Latent
    projection: Projection
    latent: Latent | None = None
    picture: str = ""

    def __len__(self) -> int:
        """Number of passes."""
        return len(self.t)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        arrays = (self.t, self.alpha_bar, self.x, self.prediction, self.latent)
        return sum(array.nbytes for array in arrays if array is not None)

    def noisy(self, index: int) -> Latent:
        """The noisy latent before a pass (C, h, w), of unit variance."""
        return np.asarray(self.x[index], np.float32)

    def clean(self, index: int) -> Latent:
        """The clean estimate x0 at a pass (C, h, w)."""
        return self._estimate(clean_estimate, index)

    def noise(self, index: int) -> Latent:
        """The noise the model sees in x at a pass (C, h, w)."""
        return self._estimate(noise_estimate, index)

    def _estimate(self, formula: Any, index: int) -> Latent:
        alpha_bar = float(self.alpha_bar[index])
        estimate = formula(
            self.noisy(index), self.prediction[index], alpha_bar, self.prediction_type
        )
        return np.asarray(estimate, np.float32)


def halved(x: Latent) -> Array:
    """Noisy latents in half precision; as they are where a value has no room there."""
    with np.errstate(over="ignore"):
        half = x.astype(np.float16)
    return half if np.isfinite(half).all() else x


def serialised(trajectory: Trajectory) -> bytes:
    """The file of a finished or stopped run."""
    arrays = {name: np.ascontiguousarray(getattr(trajectory, name)) for name in _SAVED}
    if trajectory.latent is not None:
        arrays["latent"] = np.ascontiguousarray(trajectory.latent)
    arrays["projection.weight"] = np.ascontiguousarray(trajectory.projection.weight)
    arrays["projection.bias"] = np.ascontiguousarray(trajectory.projection.bias)
    told = {
        "recipe": trajectory.recipe.as_dict(),
        "model": trajectory.model,
        "revision": trajectory.revision,
        "prediction_type": trajectory.prediction_type,
        "steps_total": trajectory.steps_total,
        "patch": trajectory.projection.patch,
        "picture": trajectory.picture,
    }
    words = json.dumps(told, ensure_ascii=False, allow_nan=False)
    return save(arrays, {"atelier": str(VERSION), "trajectory": words})


def read(path: Path) -> Trajectory:
    """The trajectory in a file.

    Raises: GalleryError that says why it cannot be used.
    """
    try:
        with path.open("rb") as file:
            told = _told(file, path.name)
        with safe_open(path, "np") as arrays:
            return _trajectory(told, arrays, path.name)
    except OSError as error:
        raise _unreadable(path.name, cause(error)) from error
    except SafetensorError:
        raise _unreadable(path.name, "the file is damaged or ends too early") from None


def _told(file: BinaryIO, name: str) -> dict[str, Any]:
    """What the file says of itself, before anything else in it is looked at."""
    length = file.read(8)
    if len(length) < 8 or struct.unpack("<Q", length)[0] > MAX_HEADER:
        raise _unreadable(name, "it is no file of ours, or is damaged")
    try:
        header = json.loads(file.read(struct.unpack("<Q", length)[0]))
        about = header["__metadata__"]
        version = int(about["atelier"][:20])
        told = json.loads(about["trajectory"])
    except (ValueError, RecursionError, LookupError, TypeError):
        raise _unreadable(name, "it is no file of ours, or is damaged") from None
    if version > VERSION:
        raise GalleryError(
            "The steps in {name} were written by a newer studio (version {version} of the format).",
            hint="Update the studio. The picture itself is fine.",
            name=name,
            version=version,
        )
    if version < VERSION:
        raise GalleryError(
            "The steps in {name} were written by an older studio (version {version} of the format).",
            hint="The picture itself is fine; its steps can be made again from its recipe.",
            name=name,
            version=version,
        )
    if not isinstance(told, dict):
        raise _unreadable(name, "it is no file of ours, or is damaged")
    return told


def _trajectory(told: dict[str, Any], arrays: Any, name: str) -> Trajectory:
    try:
        recipe = recipe_from_values(told.get("recipe"))
    except StudioError:
        raise _unreadable(name, "its recipe is none of ours") from None
    kinds: dict[str, type] = {"model": str, "revision": str, "prediction_type": str, "picture": str}
    kinds |= {"steps_total": int, "patch": int}
    if any(type(told.get(key)) is not kind for key, kind in kinds.items()):
        raise _unreadable(name, "it does not say how it was made")
    _check_shapes(arrays, told["patch"], name)
    read = {key: arrays.get_tensor(key) for key in arrays.keys()}  # noqa: SIM118
    if not all(np.isfinite(array).all() for array in read.values()):
        raise _unreadable(name, "some of its values are not numbers")
    levels = read["alpha_bar"]
    known = ("epsilon", "v_prediction", "sample")
    if (levels < 0).any() or (levels > 1).any() or told["prediction_type"] not in known:
        raise _unreadable(name, "its noise levels make no sense")
    projection = Projection(
        read.pop("projection.weight"), read.pop("projection.bias"), told["patch"]
    )
    said = {key: told[key] for key in kinds if key != "patch"}
    return Trajectory(recipe=recipe, projection=projection, **said, **read)


def _check_shapes(arrays: Any, patch: int, name: str) -> None:
    """Nothing is read before every array has the name, kind and shape it must have."""
    shapes, kinds = {}, {}
    for key in arrays.keys():  # noqa: SIM118
        part = arrays.get_slice(key)
        shapes[key], kinds[key] = tuple(part.get_shape()), part.get_dtype()
    passes = shapes.get("x", ())
    if len(passes) != 4:
        raise _unreadable(name, "its arrays have the wrong shape")
    count, channels, height, width = passes
    pixels = 3 * patch**2
    wanted = {
        "t": (count,),
        "alpha_bar": (count,),
        "x": passes,
        "prediction": passes,
        "latent": passes[1:],
        "projection.weight": (pixels, channels),
        "projection.bias": (pixels,),
    }
    bounded = (
        1 <= count <= MAX_PASSES
        and 1 <= channels <= MAX_CHANNELS
        and 1 <= height <= MAX_SIDE
        and 1 <= width <= MAX_SIDE
        and 1 <= patch <= MAX_PATCH
    )
    right_kinds = all(kind in _NUMBERS.get(key, ("F32",)) for key, kind in kinds.items())
    if not bounded or not right_kinds or shapes != wanted:
        raise _unreadable(name, "its arrays have the wrong shape")


def _unreadable(name: str, why: str) -> GalleryError:
    return GalleryError(
        "The steps in {name} cannot be read: {why}.",
        hint="The picture itself is fine; its steps can be made again from its recipe.",
        name=name,
        why=why,
    )
