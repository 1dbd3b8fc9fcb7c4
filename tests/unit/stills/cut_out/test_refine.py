"""Refinement in tiles: no seam, exact ends, and less error than plain enlargement."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import F32, U8
from cyclorama.stills.cut_out import refine
from cyclorama.stills.cut_out.alpha import _steps, remove_haze
from cyclorama.stills.cut_out.refine import refine_alpha

RNG = np.random.default_rng(7)


def scene(height: int, width: int) -> tuple[U8, F32]:
    """A bright blob with a rough, soft edge before a dark, noisy background: picture, exact alpha."""
    rough = cv2.GaussianBlur(RNG.standard_normal((height, width)).astype(np.float32), (0, 0), 7)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot((x - width / 2) / width, (y - height / 2) / height) * 3 + rough * 0.6
    alpha = np.clip((1 - distance) * 25, 0, 1).astype(np.float32)
    noise = RNG.normal(0, 4, (height, width, 3))
    person, room = np.array([200, 190, 210]), np.array([40, 60, 30])
    pixels = alpha[..., None] * person + (1 - alpha[..., None]) * room + noise
    return np.clip(pixels, 0, 255).astype(np.uint8), alpha


def small(alpha: F32, factor: float) -> F32:
    size_wh = round(alpha.shape[1] / factor), round(alpha.shape[0] / factor)
    return np.asarray(cv2.resize(alpha, size_wh, interpolation=cv2.INTER_AREA), np.float32)


@pytest.mark.parametrize(("shape", "factor"), [((600, 800), 4), ((601, 797), 3.3), ((640, 512), 1.5), ((500, 700), 9)])
def test_tiles_give_what_the_whole_gives(shape: tuple[int, int], factor: float) -> None:
    pixels, alpha = scene(*shape)
    coarse = small(alpha, factor)
    whole = refine_alpha(coarse, pixels, tile=4096).astype(int)
    for tile in (64, 200, 512):
        assert np.abs(refine_alpha(coarse, pixels, tile=tile) - whole).max() <= 1


def test_no_gradient_along_the_seams() -> None:
    pixels, alpha = scene(768, 768)
    tiled = refine_alpha(small(alpha, 5), pixels, tile=64).astype(np.float32)
    steps = np.abs(np.diff(tiled, axis=1)).mean(axis=0)
    seams = np.zeros(767, bool)
    seams[63::64] = True
    beside = np.roll(seams, 1) | np.roll(seams, -1)
    assert steps[seams].mean() == pytest.approx(steps[beside].mean(), rel=0.1)


@pytest.mark.parametrize(("factor", "share"), [(2, 1.1), (4, 0.8), (8, 0.8)])
def test_it_is_better_than_enlargement(factor: int, share: float) -> None:
    pixels, alpha = scene(512, 640)
    coarse = small(alpha, factor)
    plain = cv2.resize(coarse, (640, 512), interpolation=cv2.INTER_LINEAR)
    error = np.abs(refine_alpha(coarse, pixels) / np.float32(255) - alpha).mean()
    assert error < share * np.abs(plain - alpha).mean()


def test_what_is_sure_stays_exact() -> None:
    pixels = RNG.integers(0, 256, (400, 400, 3)).astype(np.uint8)
    coarse = np.zeros((100, 100), np.float32)
    coarse[:, 50:] = 1
    alpha = refine_alpha(coarse, pixels)
    assert (alpha[:, :180] == 0).all()
    assert (alpha[:, 220:] == 255).all()
    assert (refine_alpha(np.ones((10, 10), np.float32), pixels) == 255).all()
    assert (refine_alpha(np.zeros((10, 10), np.float32), pixels) == 0).all()


def test_sampling_is_bilinear_about_the_centres() -> None:
    plane = RNG.random((9, 13), dtype=np.float32)
    expected = cv2.resize(plane, (52, 27), interpolation=cv2.INTER_LINEAR)
    for rows, columns in (((0, 27), (0, 52)), ((5, 20), (11, 50)), ((26, 27), (51, 52))):
        part = refine._sample_bilinear(plane, rows, columns, (27, 52))
        np.testing.assert_allclose(part, expected[slice(*rows), slice(*columns)], atol=2e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 5)])
def test_pictures_of_any_shape(shape: tuple[int, int]) -> None:
    pixels = RNG.integers(0, 256, (*shape, 3)).astype(np.uint8)
    for level in (0, 1):
        assert np.array_equal(refine_alpha(np.full((8, 8), level, np.float32), pixels), np.full(shape, 255 * level))
    half = np.zeros((8, 8), np.float32)
    half[:, 4:] = 1
    for alpha, axis in ((refine_alpha(half, pixels), 1), (refine_alpha(half.T.copy(), pixels), 0)):
        assert alpha.shape == shape
        if shape[axis] > 1:
            assert (alpha.take(0, axis) == 0).all() and (alpha.take(-1, axis) == 255).all(), "at its own place"


def test_cleaned_takes_islands_and_haze() -> None:
    alpha = np.full((100, 100), 0.04, np.float32)
    alpha[20:80, 20:80] = 0.97
    alpha[2, 2] = 1.0
    alpha[90:95, 90:95] = 0.3  # a veil with nothing solid in it
    clean = remove_haze(alpha)
    assert (clean[20:80, 20:80] == 1).all()
    assert clean.sum() == 3600
    assert not remove_haze(np.full((10, 10), 0.3, np.float32)).any()


def test_steps_are_equal_and_at_most_fourfold() -> None:
    alpha = np.zeros((100, 100), np.float32)
    assert _steps(alpha, np.zeros((400, 400, 3), np.uint8)) == []
    assert _steps(alpha, np.zeros((50, 50, 3), np.uint8)) == []
    assert _steps(alpha, np.zeros((900, 900, 3), np.uint8)) == [(300, 300)]
    assert _steps(alpha, np.zeros((2700, 2700, 3), np.uint8)) == [(300, 300), (900, 900)]
