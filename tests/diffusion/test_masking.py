"""Masks and canvases, against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.recipes import Inpaint, Outpaint
from studio.diffusion.masking import (
    box_sum,
    coverage,
    effective_mask,
    fitted_size,
    inpainting_canvas,
    outpainting_canvas,
    painting_box,
    proof,
    specks,
)


def blob(height: int = 40, width: int = 60) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[10:20, 15:35] = True
    return mask


def brute_box(mask: np.ndarray, radius: int) -> np.ndarray:
    out = np.zeros(mask.shape, int)
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            rows = slice(max(0, y - radius), y + radius + 1)
            out[y, x] = mask[rows, max(0, x - radius) : x + radius + 1].sum()
    return out


@pytest.mark.parametrize("radius", [0, 1, 3, 100])
def test_box_sums_equal_counting(radius: int):
    mask = np.random.default_rng(0).random((13, 17)) > 0.7
    assert (box_sum(mask, radius) == brute_box(mask, radius)).all()


@pytest.mark.parametrize("feather", [0, 1, 2, 7, 8])
def test_coverage_is_one_on_the_mask_and_zero_beyond_the_feather(feather: int):
    mask = blob()
    share = coverage(mask, feather)
    assert (share[mask] == 1).all()
    assert (share[brute_box(mask, feather) == 0] == 0).all()
    if feather > 1:
        assert ((share > 0) & (share < 1)).any()


def test_grow_and_shrink_are_opposites_on_a_box():
    mask = blob()
    grown = effective_mask(Inpaint(grow=3), mask)
    assert grown.sum() == 16 * 26
    assert (effective_mask(Inpaint(grow=-3), grown) == mask).all()


def test_A12_single_pixels_are_dropped_and_counted():
    mask = blob()
    mask[2, 2] = mask[38, 58] = True
    assert specks(Inpaint(), mask) == 2
    assert (effective_mask(Inpaint(), mask) == blob()).all()


def test_a_thin_brush_line_is_not_a_speck():
    mask = np.zeros((20, 20), bool)
    mask[10, 3:17] = True
    assert (effective_mask(Inpaint(), mask) == mask).all()


def test_A12_an_inverted_empty_mask_is_everything():
    assert effective_mask(Inpaint(invert=True), np.zeros((9, 9), bool)).all()


def test_looking_at_the_mask_takes_context_along_and_stays_inside():
    left, top, right, bottom = painting_box(Inpaint(region="mask"), blob(200, 300))
    assert left < 15 and top <= 10 and right > 35 and bottom > 20
    assert left >= 0 and top >= 0 and right <= 300 and bottom <= 200


@pytest.mark.parametrize(
    ("size", "area"),
    [((1000, 700), 65536), ((100, 3000), 65536), ((16, 16), 262144), ((4000, 250), 65536)],
)
def test_fitted_sizes_keep_aspect_and_area(size: tuple[int, int], area: int):
    width, height = fitted_size(*size, area)
    assert width % 16 == 0 and height % 16 == 0 and min(width, height) >= 64
    assert width * height == pytest.approx(area, rel=0.2)


def test_a_canvas_painted_with_its_own_start_changes_next_to_nothing():
    """Putting back what was there: no correction, no shift, at most resampling noise."""
    y, x = np.mgrid[0:80, 0:96]
    source = np.stack([x * 2, y * 3, 0 * x + 90], -1).astype(np.uint8)
    mask = np.zeros((80, 96), bool)
    mask[20:50, 30:70] = True
    canvas = inpainting_canvas(Inpaint(feather=6), source, mask, (96, 80))
    result = canvas.filled(canvas.start)
    assert np.abs(result.astype(int) - source).max() <= 1


def test_a_constant_colour_shift_of_the_model_leaves_no_seam():
    """The new part is led to the colours at the edge: a shift by 40 is gone there."""
    source = np.full((300, 340, 3), 120, np.uint8)
    mask = np.zeros((300, 340), bool)
    mask[20:280, 20:320] = True
    canvas = inpainting_canvas(Inpaint(feather=0), source, mask, (340, 300))
    result = canvas.filled(np.full((300, 340, 3), 160, np.uint8))
    assert proof(source, result, canvas.coverage).seam < 3
    assert result[150, 170, 0] == 160


def test_an_outpainted_edge_meets_the_original():
    source = np.full((64, 64, 3), 100, np.uint8)
    canvas = outpainting_canvas(Outpaint(left=32), source, (96, 64))
    result = canvas.filled(np.full((64, 96, 3), 140, np.uint8))
    assert np.abs(result[:, 31].astype(int) - result[:, 32]).max() <= 3


def test_the_proof_counts_every_changed_pixel():
    source = np.zeros((40, 60, 3), np.uint8)
    result = source.copy()
    result[blob()] = 200
    share = coverage(blob(), 4)
    clean = proof(source, result, share)
    assert clean.changed_outside == 0 and clean.seam == 200
    result[0, 0, 1] = result[39, 59, 2] = 1
    assert proof(source, result, share).changed_outside == 2
