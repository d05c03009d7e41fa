"""What is known of pictures that went into noise and came back: how near they came, and what lay between."""

from __future__ import annotations

import logging
import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from studio.core.errors import StudioError
from studio.core.events import Recovery, Result
from studio.core.recipes import Recover
from studio.gallery.inputs import Inputs

if TYPE_CHECKING:
    from studio.diffusion.inversion import Evidence
    from studio.diffusion.questions import Pixels

log = logging.getLogger(__name__)

REMEMBERED = 1000
"""Recipes whose evidence is known; the pictures themselves are on disk."""


_HEAT = ((12, 10, 20), (80, 18, 123), (182, 54, 121), (251, 136, 97), (252, 253, 191))
"""Colours of the difference map, from none to the largest."""


class Recoveries:
    """Evidence by recipe: the same recipe shows the same, whoever asked for it. Methods may be called from any thread."""

    def __init__(self, inputs: Inputs) -> None:
        """Nothing is known yet; pictures are kept among these inputs."""
        self._inputs = inputs
        self._lock = threading.Lock()
        self._known: dict[Recover, Recovery] = {}

    def note(self, recipe: Recover, evidence: Evidence) -> None:
        """Take the evidence of a run down; its pictures are left out when the disk refuses them."""
        found = Recovery(
            psnr(evidence.recovered, evidence.round_trip),
            psnr(evidence.recovered, evidence.original),
            int(gaps(*map(Image.fromarray, (evidence.recovered, evidence.round_trip))).max()),
            evidence.mean,
            evidence.std,
            self._kept(evidence),
        )
        with self._lock:
            self._known[recipe] = found
            while len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]

    def of(self, recipe: Recover) -> Recovery | None:
        """What a run of this recipe showed."""
        with self._lock:
            return self._known.get(recipe)

    def picture(self, result: Result, name: str) -> Image.Image | None:
        """What lies behind a recovered picture: "original", "round_trip", "diffused", or where it differs: "difference".

        None when there is no such picture, or it is not on disk any more.
        """
        kept = result.recovery.pictures if result.recovery else {}
        try:
            if name != "difference" and name in kept:
                return self._inputs.get(kept[name])
            if name == "difference" and "round_trip" in kept:
                with Image.open(result.path) as recovered:
                    return difference(recovered, self._inputs.get(kept["round_trip"]))
        except (StudioError, OSError) as error:
            log.warning("what lay between a picture and its noise is gone: %s", error)
        return None

    def _kept(self, evidence: Evidence) -> dict[str, str]:
        try:
            return {
                name: self._inputs.put(Image.fromarray(getattr(evidence, name)))
                for name in ("original", "round_trip", "diffused")
            }
        except StudioError as error:
            log.warning("what lay between a picture and its noise could not be kept: %s", error)
            return {}


def psnr(one: Pixels, other: Pixels) -> float | None:
    """Peak signal-to-noise ratio of two pictures of one size, dB; None when every pixel is equal."""
    error = float(np.square(one.astype(np.float64) - other.astype(np.float64)).mean())
    return 10 * math.log10(255**2 / error) if error else None


def difference(one: Image.Image, other: Image.Image) -> Image.Image:
    """Where two pictures of one size differ: dark where nothing does, pale where the difference is largest."""
    heat = gaps(one, other)
    share = heat / max(int(heat.max()), 1) * (len(_HEAT) - 1)
    table = np.stack(
        [np.interp(share, range(len(_HEAT)), channel) for channel in zip(*_HEAT, strict=True)], -1
    )
    return Image.fromarray(table.round().astype(np.uint8))


def gaps(one: Image.Image, other: Image.Image) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Largest difference of the three colours at every pixel (H, W), 0 to 255."""
    both = [np.asarray(image.convert("RGB"), np.int16) for image in (one, other)]
    worst: np.ndarray[Any, np.dtype[np.int16]] = np.abs(both[0] - both[1]).max(2)
    return worst
