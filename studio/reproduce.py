"""Makes a picture again from its own file and says whether it came out the same, and if not, why.

Pixels depend on the recipe alone; what may still differ is who computes them: other weights, another device or number format,
another version of torch, company in the same forward pass. A file remembers all of that, so the verdict can name it.
"""

import dataclasses
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image, ImageChops

from studio.core.errors import GalleryError
from studio.core.events import Cancelled, Event, Failed, Finished, Result
from studio.core.recipe import Painting
from studio.gallery.metadata import Made, Picture, fingerprint, read

LARGEST = 4096 * 4096
"""Pixels; more than any recipe can ask for."""

LARGEST_FILE = 64 * 2**20
"""Bytes; the largest picture a recipe can ask for has 12 MiB of pixels."""

_WITNESSES = {
    "model_hash": "other weights",
    "device": "another device",
    "dtype": "other numbers",
    "torch": "another torch",
    "diffusers": "another diffusers",
    "app": "another version of the studio",
}


class Run(Protocol):
    """A wish on its way."""

    def events(self) -> Iterator[Event]:
        """Its events, blocking, until the last."""
        ...


class Painter(Protocol):
    """Who makes the picture again: the studio, as far as needed here."""

    def submit(self, recipe: Painting, owner: str, *, keep: bool, stop_after: int | None) -> Run:
        """Accept a wish; see `Studio.submit`."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a picture came out the same.

    Attributes:
        identical: Every pixel is equal.
        max_difference: Largest difference of any value of any pixel, 0 to 255.
        psnr: Peak signal-to-noise ratio, dB; infinite when identical.
        reasons: What may explain a difference, in words; empty when identical.
    """

    identical: bool
    max_difference: int
    psnr: float
    reasons: tuple[str, ...]


def reproduce(path: Path, studio: Painter) -> Verdict:
    """Make the picture in a file again, alone, and compare.

    Args:
        path: A PNG made by a studio.
        studio: Makes it; nothing is added to the gallery.

    Raises: GalleryError when the file holds no recipe or no readable pixels; RecipeError, ModelUnavailable and the other errors
        of `Studio.submit`; the error that ended the second making.
    """
    kept = read(path)
    before = _pixels(path)
    # The revision in the file is compared afterwards: other weights are a reason, not a refusal.
    recipe = dataclasses.replace(kept.recipe, count=1, revision=None)
    stopped = kept.made.steps_done < kept.made.steps_total
    run = studio.submit(
        recipe, "reproduce", keep=False, stop_after=kept.made.steps_done if stopped else None
    )
    result = _last(run)
    try:
        again, after = read(result.path), _pixels(result.path)
    finally:
        result.path.unlink(missing_ok=True)
    return compare(before, kept, after, again)


def compare(before: Image.Image, kept: Picture, after: Image.Image, again: Picture) -> Verdict:
    """The verdict on two RGB pictures and what their files say about themselves."""
    if before.size != after.size:
        now, then = (f"{image.width}x{image.height}" for image in (before, after))
        return Verdict(False, 255, 0.0, (f"the file has {now} pixels, its recipe makes {then}",))
    values = ImageChops.difference(before, after).histogram()
    counts = [sum(values[i::256]) for i in range(256)]
    largest = max(value for value in range(256) if counts[value])
    if largest == 0:
        return Verdict(True, 0, math.inf, ())
    error = sum(count * value**2 for value, count in enumerate(counts)) / sum(counts)
    psnr = 10 * math.log10(255**2 / error)
    return Verdict(False, largest, psnr, _reasons(before, kept.made, again.made))


def _reasons(before: Image.Image, then: Made, now: Made) -> tuple[str, ...]:
    reasons = []
    if fingerprint(before) != then.pixels:
        reasons.append("the pixels of the file were changed after it was made")
    for name, what in _WITNESSES.items():
        was, is_now = str(getattr(then, name))[:40], str(getattr(now, name))[:40]
        if was != is_now:
            reasons.append(f"made with {what} ({was}, here {is_now})")
    if then.batch > 1:
        others = then.batch - 1
        reasons.append(f"made together with {others} other{'s' if others > 1 else ''}, here alone")
    if then.steps_done != now.steps_done:
        reasons.append(f"stopped after step {then.steps_done}, here after {now.steps_done}")
    return tuple(reasons) or ("no cause is known: same weights, device and versions",)


def _last(run: Run) -> Result:
    """Waits for the picture's end."""
    for event in run.events():
        match event:
            case Finished(result=result):
                return result
            case Cancelled(result=result) if result is not None:
                return result
            case Failed(error=error):
                raise error
    raise GalleryError("The picture could not be made again: it was stopped before the first step.")


def _pixels(path: Path) -> Image.Image:
    """The pixels of a PNG, RGB; a file that no recipe could have made is refused before it is unpacked."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError("it is far larger than any picture made here")
        with path.open("rb") as file:
            _refuse_large(*struct.unpack(">16xII", file.read(24)))
        with Image.open(path, formats=("PNG",)) as image:
            _refuse_large(*image.size)
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        raise GalleryError(
            "The pixels of {name} cannot be read: {reason}.",
            hint="The file is damaged or was changed; choose another copy.",
            name=path.name,
            reason=str(error)[:120] or type(error).__name__,
        ) from error


def _refuse_large(width: int, height: int) -> None:
    if width * height > LARGEST:
        raise ValueError(f"it has {width}x{height} pixels")
