"""Multi-level foreground estimation: exact pictures, strips, and what lies beyond the outline."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclorama.compose.decontaminate import edge_colors, foreground_colors
from cyclorama.compose.low_res import enlarge, shrink, unit
from cyclorama.core.frames import F32, U8
from cyclorama.stills.cut_out.foreground import foreground_strips


def estimated(pixels: U8, alpha8: U8, strip_pixels: int = 1 << 20) -> U8:
    rows, parts = zip(*foreground_strips(pixels, alpha8, strip_pixels), strict=True)
    assert [(part.start, part.stop) for part in rows] == list(
        zip([0, *(part.stop for part in rows)], [part.stop for part in rows], strict=False)
    )
    return np.concatenate(parts)


def smooth(rng: np.random.Generator, height: int, width: int, sigma: float, low: int, high: int) -> U8:
    """Colours that change over ``sigma`` pixels."""
    noise = cv2.GaussianBlur(rng.random((height, width, 3)).astype(np.float32), (0, 0), sigma)
    spread = (noise - noise.min()) / (noise.max() - noise.min())
    return np.asarray(np.rint(low + (high - low) * spread), np.uint8)


def strands(height: int, width: int) -> U8:
    """Alpha of a disc with hair: thin lines that end in the open."""
    alpha = np.zeros((height, width), np.uint8)
    centre = np.array([width / 2, height / 2])
    cv2.circle(alpha, (width // 2, height // 2), height // 4, 255, -1, cv2.LINE_AA)
    for angle in np.linspace(0, 2 * np.pi, 90, endpoint=False):
        tip = centre + height * (0.36 + 0.08 * np.cos(7 * angle)) * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(alpha, (width // 2, height // 2), tuple(int(v) for v in tip), 255, 1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 0.8), np.uint8)


def composite(foreground: U8, background: U8, alpha8: U8) -> U8:
    share = unit(alpha8)[..., None]
    return np.rint(share * foreground + (1 - share) * background).astype(np.uint8)


def blur_fusion(pixels: U8, alpha8: U8) -> F32:
    shape = alpha8.shape[0], alpha8.shape[1]
    colors = edge_colors(shrink(pixels), shrink(alpha8), shape[0])
    person, room = (enlarge(part, shape).astype(np.float32) for part in (colors.person, colors.room))
    return foreground_colors(pixels.astype(np.float32), np.repeat(unit(alpha8)[..., None], 3, 2), person, room)


def edge_error(found: U8 | F32, true: U8, alpha8: U8) -> float:
    band = (alpha8 > 0) & (alpha8 < 255)
    off = np.abs(np.clip(found[band], 0, 255).astype(np.float32) - true[band])
    return float((off * unit(alpha8)[band][:, None]).mean())


@pytest.mark.parametrize("seed", range(3))
def test_hair_before_an_exact_background(seed: int) -> None:
    rng = np.random.default_rng(seed)
    alpha8 = strands(360, 480)
    foreground, background = smooth(rng, 360, 480, 12, 0, 120), smooth(rng, 360, 480, 12, 90, 255)
    pixels = composite(foreground, background, alpha8)
    before, fused, ours = (
        edge_error(found, foreground, alpha8)
        for found in (pixels, blur_fusion(pixels, alpha8), estimated(pixels, alpha8))
    )
    assert ours < fused / 2
    assert ours < before / 5


def test_two_plain_colours_are_found_exactly() -> None:
    alpha8 = strands(200, 260)
    foreground, background = np.full((2, 200, 260, 3), 0, np.uint8)
    foreground[:], background[:] = (20, 60, 200), (230, 140, 10)
    found = estimated(composite(foreground, background, alpha8), alpha8)
    assert np.abs(found[alpha8 > 60].astype(int) - foreground[alpha8 > 60]).max() <= 6
    assert np.abs(found.astype(int) - foreground).mean() < 1


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 150), width=st.integers(1, 150), strip=st.integers(1, 4000), seed=st.integers(0, 9))
def test_strips_are_what_the_whole_gives(height: int, width: int, strip: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = smooth(rng, height, width, 1.5, 0, 255)
    alpha8 = np.clip(smooth(rng, height, width, 4, -200, 455)[..., 0].astype(int), 0, 255).astype(np.uint8)
    whole = estimated(pixels, alpha8)
    assert np.array_equal(estimated(pixels, alpha8, strip), whole)
    assert np.array_equal(whole[alpha8 == 255], pixels[alpha8 == 255])


def test_nothing_of_the_background_where_nothing_is_kept() -> None:
    pixels = np.full((120, 200, 3), (10, 250, 10), np.uint8)
    found = estimated(pixels, np.zeros((120, 200), np.uint8))
    assert (found == found[0, 0]).all()
    assert abs(int(found[0, 0, 1]) - 250) > 100


def test_all_kept_is_the_photo() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)
    assert np.array_equal(estimated(pixels, np.full((70, 90), 255, np.uint8)), pixels)


def test_memory_beside_a_photo_that_is_all_edge() -> None:
    """Every pixel uncertain: what is held at a time is the levels below, and one strip."""
    height, width, strip = 1500, 2000, 1 << 16
    pixels = np.full((height, width, 3), 90, np.uint8)
    alpha8 = np.full((height, width), 128, np.uint8)
    tracemalloc.start()
    try:
        for _ in foreground_strips(pixels, alpha8, strip):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < pixels.nbytes + 450 * (strip + 32 * width)
