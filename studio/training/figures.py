"""The figures of the evaluation: shares with their intervals, distances between sets of pictures, edges kept.

Every one is a short formula with a source, on numpy arrays alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating]

Z95 = 1.959964  # Two-sided 95 % of a normal distribution.
BLUR = 2.0  # Standard deviation in pixels of the blur before edges are looked for.


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many: `right` of `total`."""

    right: int
    total: int

    @property
    def percent(self) -> float:
        """In percent; not a number when there is nothing to count."""
        return 100 * self.right / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % score interval in percent (Wilson 1927, J. Am. Stat. Assoc. 22:209)."""
        if not self.total:
            return 0.0, 100.0
        n, p = self.total, self.right / self.total
        middle = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
        half = Z95 / (1 + Z95**2 / n) * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
        return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)

    def __add__(self, other: Share) -> Share:
        return Share(self.right + other.right, self.total + other.total)


def agreeing(answers: NDArray[np.int64], labels: NDArray[np.int64], none: int) -> Share:
    """How many answers (N,) equal their labels (N,), leaving out the labels `none`."""
    asked = labels != none
    return Share(int((answers[asked] == labels[asked]).sum()), int(asked.sum()))


def kid(x: Features, y: Features) -> float:
    """Unbiased squared maximum mean discrepancy of two sets, 0 in the mean when both come from one distribution.

    Kernel (x . y / d + 1)^3, Binkowski et al. 2018 (arXiv:1801.01401, section 3.1); may be slightly negative.

    Args:
        x: Features (n, d), n >= 2.
        y: Features (m, d), m >= 2.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    n, m, d = len(x), len(y), x.shape[1]
    xx, yy, xy = ((a @ b.T / d + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    same_x = (xx.sum() - np.trace(xx)) / (n * (n - 1))
    same_y = (yy.sum() - np.trace(yy)) / (m * (m - 1))
    return float(same_x + same_y - 2 * xy.mean())


def kid_with_error(
    x: Features, y: Features, subsets: int = 20, seed: int = 0
) -> tuple[float, float]:
    """KID of the whole sets, and the standard deviation of KID over random halves."""
    rng = np.random.default_rng(seed)
    halves = []
    for _ in range(subsets):
        a, b = (z[rng.choice(len(z), max(2, len(z) // 2), replace=False)] for z in (x, y))
        halves.append(kid(a, b))
    return kid(x, y), float(np.std(halves))


def nearest(
    x: Features, known: Features, block: int = 256
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each row of x (n, d) the nearest row of `known` (m, d), by angle.

    Returns: indices (n,) and cosine distances (n,), 0 for the same direction.
    """
    ways = [a / (np.linalg.norm(a, axis=1, keepdims=True) + 1e-12) for a in (x, known)]
    found, distances = [], []
    for start in range(0, len(x), block):
        likeness = ways[0][start : start + block] @ ways[1].T
        best = likeness.argmax(1)
        found.append(best)
        distances.append(1 - likeness[np.arange(len(best)), best])
    return np.concatenate(found), np.concatenate(distances).astype(np.float64)


def edges(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Strength of the edges (H, W) in a picture (H, W, 3): Sobel gradient of its blurred luminance."""
    luminance = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = cv2.GaussianBlur(luminance, (0, 0), BLUR)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return np.asarray(np.hypot(across, down), np.float32)


def edge_agreement(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """How much of a picture's structure another of the same size has: 1 all, 0 no more than chance.

    Pearson correlation of `edges`, the correlation measure of edge preservation of Sattar et al. 1997 (IEEE Trans. Image
    Processing 6:888) with the gradient in the place of their high-pass filter. Brightness, contrast and the sign of an edge
    do not count, a style may change them; a picture without any edge agrees with none.
    """
    x, y = edges(a).ravel().astype(np.float64), edges(b).ravel().astype(np.float64)
    x, y = x - x.mean(), y - y.mean()
    scale = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / scale if scale > 1e-9 else 0.0
