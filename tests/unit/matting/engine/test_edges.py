from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine import edges
from cyclorama.matting.engine.edges import (
    COARSE,
    FINE,
    EdgeRefiner,
    offset_outline,
    with_threshold,
    without_specks,
    without_veils,
)


def disc(size_wh: tuple[int, int] = (320, 180), radius: int = 60) -> F32:
    alpha = np.zeros(size_wh[::-1], np.float32)
    cv2.circle(alpha, (size_wh[0] // 2, size_wh[1] // 2), radius, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 2), np.float32)


def refine(refiner: EdgeRefiner, soft: F32, pixels: U8) -> F32:
    """In units of one, for the eye's sake."""
    alpha8 = refiner.refine(soft, pixels)
    assert alpha8.dtype == np.uint8 and alpha8.shape == pixels.shape[:2]
    return alpha8 * np.float32(1 / 255)


PLAIN = np.full((720, 1280, 3), 120, np.uint8)


def test_well_inside_is_exactly_one_and_well_outside_exactly_zero() -> None:
    full = refine(EdgeRefiner(0.0, 0.5), disc(), PLAIN)
    assert full.shape == (720, 1280)
    assert full[340:380, 620:660].min() == 1.0
    assert full[:80].max() == 0.0 and full[:, :300].max() == 0.0
    assert ((full > 0) & (full < 1)).any()


def test_the_outline_snaps_to_the_picture() -> None:
    """The network's outline is soft and a little off; the picture shows where the person really ends."""
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[:, :640] = (40, 60, 200)
    pixels[:, 640:] = (200, 160, 40)
    soft = np.zeros((180, 320), np.float32)
    soft[:, :162] = 1
    soft = np.asarray(cv2.GaussianBlur(soft, (0, 0), 3), np.float32)
    truth = np.zeros((720, 1280), np.float32)
    truth[:, :640] = 1
    unguided = refine(EdgeRefiner(0.0, 0.5), soft, PLAIN)
    refined = refine(EdgeRefiner(0.0, 0.5), soft, pixels)
    assert np.abs(refined - truth).mean() < 0.8 * np.abs(unguided - truth).mean()


def test_an_edge_setting_moves_the_outline_by_pixels_of_a_720_line_picture() -> None:
    def width(edge: float) -> float:
        return float(refine(EdgeRefiner(edge, 0.5), disc(), PLAIN)[360].sum())

    plain = width(0)
    assert width(8) == pytest.approx(plain + 16, abs=6)
    assert width(-8) == pytest.approx(plain - 16, abs=6)
    assert plain < width(2) < width(8)


def test_a_higher_threshold_keeps_less() -> None:
    kept = [float(refine(EdgeRefiner(0.0, value), disc(), PLAIN).sum()) for value in (0.2, 0.5, 0.8)]
    assert kept[0] > kept[1] > kept[2]


@given(st.floats(0.05, 0.95), hnp.arrays(np.float32, (4, 5), elements=st.floats(0, 1, width=32)))
def test_threshold_keeps_range_and_ends_and_becomes_one_half(threshold: float, alpha: F32) -> None:
    out = with_threshold(alpha, threshold)
    assert out.dtype == np.float32
    assert np.isfinite(out).all() and out.min() >= 0 and out.max() <= 1
    assert with_threshold(np.float32([[0, threshold, 1]]), threshold)[0] == pytest.approx([0, 0.5, 1], abs=1e-5)


def test_the_outline_moves_by_parts_of_a_cell() -> None:
    alpha = disc()
    areas = [float(offset_outline(alpha, cells).sum()) for cells in (-1.5, -1, -0.5, 0, 0.5, 1, 1.5)]
    assert areas == sorted(areas) and len(set(areas)) == len(areas)


def test_an_empty_room_gives_an_empty_matte_without_noise() -> None:
    rng = np.random.default_rng(0)
    noise = (rng.random((180, 320), dtype=np.float32) * 0.45).astype(np.float32)
    assert refine(EdgeRefiner(0.0, 0.5), noise, PLAIN).max() == 0
    few = np.zeros((180, 320), np.float32)
    few[10:14, 10:14] = 1
    assert refine(EdgeRefiner(0.0, 0.5), few, PLAIN).max() == 0


def test_specks_go_and_a_second_person_stays() -> None:
    alpha = disc()
    alpha[5:8, 5:8] = 0.9
    second = disc(radius=20)
    both = np.maximum(alpha, np.roll(second, 120, axis=1))
    clean = without_specks(both, COARSE)
    assert clean[:20, :20].max() == 0
    assert clean[90, 280] > 0.9 and clean[90, 160] == 1


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 500), (853, 481), (127, 71), (1920, 1080), (2160, 3840)])
def test_any_size(size_wh: tuple[int, int]) -> None:
    pixels = np.full((size_wh[1], size_wh[0], 3), 90, np.uint8)
    full = refine(EdgeRefiner(3.0, 0.4), np.ones((20, 30), np.float32), pixels)
    assert full.shape == pixels.shape[:2]
    assert full.min() == full.max() == 1


def test_a_fine_alpha_keeps_its_hair() -> None:
    """Strands that a coarse alpha's clean ends would cut off."""
    soft = disc()
    soft[20:40, 158:162] = 0.3
    fine = refine(EdgeRefiner(0.0, 0.5, FINE), soft, PLAIN)
    assert fine[120, 640] > 0.15
    assert fine[340:380, 620:660].min() == 1.0 and fine[:40].max() == 0.0


def test_a_fine_alpha_of_nearly_the_frames_size_is_left_as_it_is() -> None:
    soft = disc()
    noise = np.random.default_rng(0).integers(0, 256, (180, 320, 3), np.uint8)
    assert np.allclose(refine(EdgeRefiner(0.0, 0.5, FINE), soft, noise), soft, atol=0.01)


def test_the_picture_adds_the_outline_between_the_cells_of_a_fine_alpha() -> None:
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[:, 643:] = 200
    truth = np.zeros((720, 1280), np.float32)
    truth[:, :643] = 1
    soft = np.asarray(cv2.resize(truth, (320, 180), interpolation=cv2.INTER_AREA), np.float32)
    error = [
        float(np.abs(alpha - truth).mean())
        for alpha in (refine(EdgeRefiner(0.0, 0.5, FINE), soft, pixels), cv2.resize(soft, (1280, 720)))
    ]
    assert error[0] < 0.7 * error[1]


def test_what_is_no_number_is_no_alpha(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "guided_filter", lambda guide, alpha, *_: np.where(alpha > 0.9, np.nan, alpha))
    with pytest.raises(ValueError, match="no number"):
        EdgeRefiner(0.0, 0.5).refine(disc(), PLAIN)


def test_a_veil_is_made_up_to_one_or_the_other_and_an_outline_stays() -> None:
    alpha = np.zeros((60, 120), np.float32)
    alpha[:, :60] = 1
    soft = cv2.blur(alpha, (5, 5))
    np.testing.assert_allclose(without_veils(soft), soft, atol=1e-6)
    for doubt, sure in ((0.3, 0), (0.59, 0), (0.7, 0.5), (0.81, 1), (0.9, 1)):
        veiled = soft.copy()
        veiled[20:60, 80:120] = doubt
        np.testing.assert_allclose(without_veils(veiled)[30:50, 90:110], sure, atol=1e-6)
        np.testing.assert_allclose(without_veils(veiled)[:, :66], soft[:, :66], atol=1e-6)


def test_a_matting_networks_glass_is_left_as_it_is() -> None:
    pixels = np.full((96, 128, 3), 90, np.uint8)
    alpha = np.zeros((96, 128), np.float32)
    alpha[10:90, 10:60] = 1
    alpha[10:90, 60:110] = 0.3
    middle = slice(30, 70), slice(75, 95)
    assert EdgeRefiner(0, 0.5, COARSE).refine(alpha, pixels)[middle].max() == 0
    assert 70 < EdgeRefiner(0, 0.5, FINE).refine(alpha, pixels)[middle].mean() < 80
