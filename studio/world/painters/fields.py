"""What painters measure in a picture before they paint: tone, edges, flow, flat areas; and the paper they paint on."""

from __future__ import annotations

import cv2
import numpy as np

from studio.world.canvas import Image, Plane


def unit_of(pixels: Image) -> float:
    """Scale of marks: the short side over 256."""
    return float(min(pixels.shape[:2])) / 256


def tone(pixels: Image) -> Plane:
    """Brightness (H, W) float32 in [0, 255]."""
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)


def flow(pixels: Image, smooth: float = 3.0) -> Plane:
    """Direction along edges (H, W) in radians: the structure tensor's minor axis (Kang et al. 2007)."""
    grey = cv2.GaussianBlur(tone(pixels), (0, 0), smooth)
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    wide = smooth * 1.6
    xx, yy = cv2.GaussianBlur(dx * dx, (0, 0), wide), cv2.GaussianBlur(dy * dy, (0, 0), wide)
    xy = cv2.GaussianBlur(dx * dy, (0, 0), wide)
    return np.asarray(0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2, np.float32)


def detail(pixels: Image, smooth: float = 1.5) -> Plane:
    """Edge strength (H, W) in [0, 1], 1 at strong outlines, over all colour channels."""
    soft = cv2.GaussianBlur(pixels, (0, 0), smooth)
    dx, dy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    strength = np.sqrt((dx * dx + dy * dy).max(2))
    return np.asarray(np.clip(strength / 90, 0, 1), np.float32)


def flattened(pixels: Image, radius: int) -> Image:
    """Kuwahara filter: each pixel takes the mean of its calmest quadrant, so areas go flat and edges stay."""
    colours = pixels.astype(np.float32)
    grey = tone(pixels)
    side = radius + 1
    means, mean, square = (
        cv2.blur(colours, (side, side)),
        cv2.blur(grey, (side, side)),
        cv2.blur(grey * grey, (side, side)),
    )
    variance = square - mean * mean
    best = np.full(grey.shape, np.inf, np.float32)
    result = np.zeros_like(colours)
    half = (radius + 1) // 2
    height, width = grey.shape
    variance = cv2.copyMakeBorder(variance, half, half, half, half, cv2.BORDER_REPLICATE)
    means = cv2.copyMakeBorder(means, half, half, half, half, cv2.BORDER_REPLICATE)
    for dy in (0, 2 * half):
        for dx in (0, 2 * half):
            candidate = variance[dy : dy + height, dx : dx + width]
            calmer = (candidate < best).astype(np.uint8)
            cv2.copyTo(candidate, calmer, best)
            cv2.copyTo(means[dy : dy + height, dx : dx + width], calmer, result)
    return np.clip(result, 0, 255).astype(np.uint8)


def outlines(pixels: Image, low: float = 40, high: float = 110, width: float = 1.0) -> Plane:
    """Drawn contours (H, W) in [0, 1]: Canny edges of a calmed picture, thickened to `width` pixels."""
    edges = cv2.Canny(pixels, low, high)
    size = max(1, round(width))
    if size > 1:
        edges = cv2.dilate(edges, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return np.asarray(cv2.GaussianBlur(edges, (0, 0), 0.6).astype(np.float32) / 255, np.float32)


def grain(rng: np.random.Generator, shape: tuple[int, int], size: float = 0.8) -> Plane:
    """Fine noise (H, W) of unit variance: tooth of paper or canvas."""
    raw = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), size)
    return raw / (float(raw.std()) + 1e-6)


def finish(colours: Plane) -> Image:
    """Float colours to uint8."""
    return np.clip(colours, 0, 255).astype(np.uint8)


def vivid(pixels: Image, saturation: float, brightness: float = 1.0) -> Image:
    """Scale saturation and brightness."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 1] = np.clip(hsv[..., 1] * saturation, 0, 255)
    hsv[..., 2] = np.clip(hsv[..., 2] * brightness, 0, 255)
    return cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)


def few_colours(
    pixels: Image, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """K-means palette of a picture.

    Returns: labels (H, W) int in [0, count) and palette (count, 3) float32.
    """
    height, width = pixels.shape[:2]
    small = cv2.resize(
        pixels, (max(8, width // 6), max(8, height // 6)), interpolation=cv2.INTER_AREA
    )
    points = small.reshape(-1, 3).astype(np.float32)
    cv2.setRNGSeed(int(rng.integers(1 << 30)))
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 8, 2.0)
    none = np.empty((0, 1), np.int32)
    _, _, palette = cv2.kmeans(points, count, none, stop, 1, cv2.KMEANS_PP_CENTERS)
    flat = pixels.reshape(-1, 3).astype(np.float32)
    distance = (palette**2).sum(1)[None] - 2 * flat @ palette.T
    return distance.argmin(1).reshape(height, width), palette
