"""What can be measured on the steps of a run: sizes, differences, and how far it has still to go. Numpy only."""

import math
from typing import Any

import numpy as np

from studio.core.errors import GalleryError
from studio.gallery.trajectory import Array, Latent, Trajectory


def numbers(steps: Trajectory) -> list[dict[str, Any]]:
    """One row of numbers per pass, as plain JSON values.

    Each has "index"; "t", "alpha_bar", "sigma" and "snr_db" of the noise level (None where infinite); "norm_x", "norm_noise" and
    "norm_clean", root mean squares; "change", the root mean square difference of the clean estimate to the one before, 0 at the
    first; and "open", how much a change at this pass can still do: the distance from this clean estimate to the picture that
    came out, as a share of the first one's, 0 to 1 (None while nothing has come out).
    """
    rows: list[dict[str, Any]] = []
    before: Latent | None = None
    way: list[float] = []
    for index in range(len(steps)):
        clean, alpha_bar = steps.clean(index), float(steps.alpha_bar[index])
        rows.append(
            {
                "index": index,
                "t": float(steps.t[index]),
                "alpha_bar": alpha_bar,
                "sigma": math.sqrt((1 - alpha_bar) / alpha_bar) if alpha_bar > 0 else None,
                "snr_db": 10 * math.log10(alpha_bar / (1 - alpha_bar))
                if 0 < alpha_bar < 1
                else None,
                "norm_x": rms(steps.noisy(index)),
                "norm_noise": rms(steps.noise(index)),
                "norm_clean": rms(clean),
                "change": rms(clean - before) if before is not None else 0.0,
            }
        )
        before = clean
        if steps.latent is not None:
            way.append(rms(clean - steps.latent))
    for index, row in enumerate(rows):
        row["open"] = None
        if way:
            row["open"] = min(way[index] / way[0], 1.0) if way[0] else 0.0
    return rows


def distances(one: Trajectory, other: Trajectory) -> list[dict[str, float]]:
    """How far two runs are apart at the timesteps of the first: "index", "t" and "distance".

    The distance is the root mean square of x_A - x_B, noisy latents of unit variance; between the timesteps of the second run
    its x is taken to move evenly, beyond them the two are not compared.

    Raises: GalleryError when their latents have different shapes.
    """
    if one.x.shape[1:] != other.x.shape[1:]:
        raise GalleryError(
            "These two pictures cannot be compared step by step: they differ in size or model.",
            hint="Choose one of the same size.",
        )
    rows = []
    for index, t in enumerate(one.t):
        if other.t.min() <= t <= other.t.max():
            distance = rms(one.noisy(index) - _at(other, float(t)))
            rows.append({"index": index, "t": float(t), "distance": distance})
    return rows


def per_cell(difference: Latent) -> Latent:
    """Root mean square over the channels of a latent (C, h, w): (h, w)."""
    mean: Latent = np.sqrt(np.square(difference).mean(0))
    return mean


def rms(values: Array) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))


def _at(steps: Trajectory, t: float) -> Latent:
    """The noisy latent of a run at t, evenly between its timesteps, which fall."""
    after = int(np.searchsorted(-steps.t, -t))
    if after == 0 or steps.t[after] == t:
        return steps.noisy(after)
    high, low = float(steps.t[after - 1]), float(steps.t[after])
    share = (high - t) / (high - low)
    return (1 - share) * steps.noisy(after - 1) + share * steps.noisy(after)
