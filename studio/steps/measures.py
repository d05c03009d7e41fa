"""What can be measured on the steps of a run: sizes, differences, and how far it has still to go. Numpy only."""

import math
from typing import Any

import numpy as np

from studio.core.errors import GalleryError
from studio.gallery.trajectory import Array, Latent, Trajectory
from studio.steps.course import way_in


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

    The distance is the root mean square of x_A - x_B, noisy latents of unit variance, for the passes that `beside` lays side by
    side; between the timesteps of the second run its x is taken to move evenly, beyond them the two are not compared. Neither
    is the way into noise, whose passes are guesses.

    Raises: GalleryError when their latents have different shapes.
    """
    if one.x.shape[1:] != other.x.shape[1:]:
        raise GalleryError(
            "These two pictures cannot be compared step by step: they differ in size or model.",
            hint="Choose one of the same size.",
        )
    there, rows = beside(one, other), []
    levels, looks = _looks(other)
    for index in range(way_in(one), len(one)):
        t = float(one.t[index])
        if other.t[there[index]] == t:
            x = other.noisy(there[index])
        elif levels[0] < t < levels[-1]:
            high = int(np.searchsorted(levels, t))
            share = (t - levels[high - 1]) / (levels[high] - levels[high - 1])
            below, above = (other.noisy(looks[near][-1]) for near in (high - 1, high))
            x = (1 - share) * below + share * above
        else:
            continue
        rows.append({"index": index, "t": t, "distance": rms(one.noisy(index) - x)})
    return rows


def beside(one: Trajectory, other: Trajectory) -> list[int]:
    """For every pass of a run the pass of another that belongs beside it.

    As long as both ask at the same timesteps that is the same pass. Elsewhere it is the same look at the same timestep, for a
    sampler that looks twice; the last look, where the run really went on from, when the other looked more often or less; and
    the last look at the nearest timestep where there is none. Of a way there and back, only the way back is looked at.
    """
    common = min(len(one), len(other))
    if not np.array_equal(one.t[:common], other.t[:common]):
        common = 0
    mine = dict(zip(*_looks(one), strict=True))
    levels, looks = _looks(other)
    pairs = list(range(common))
    for index in range(common, len(one)):
        t = one.t[index]
        theirs, own = looks[np.abs(levels - t).argmin()], mine.get(t, [])
        alike = index in own and len(own) == len(theirs)
        pairs.append(theirs[own.index(index)] if alike else theirs[-1])
    return pairs


def per_cell(difference: Latent) -> Latent:
    """Root mean square over the channels of a latent (C, h, w): (h, w)."""
    mean: Latent = np.sqrt(np.square(difference).mean(0))
    return mean


def rms(values: Array) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))


def _looks(steps: Trajectory) -> tuple[Array, list[list[int]]]:
    """The timesteps a run asks at, rising, and the passes at each, without the way into noise."""
    begin = way_in(steps)
    levels = np.unique(steps.t[begin:])
    return levels, [(begin + np.flatnonzero(steps.t[begin:] == t)).tolist() for t in levels]
