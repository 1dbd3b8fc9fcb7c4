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
    EdgeStyle,
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


def mixed(alpha: F32) -> U8:
    """A red person before a blue room, by the exact alpha."""
    person, room = np.array((40, 60, 200), np.float32), np.array((180, 170, 60), np.float32)
    return np.rint(alpha[..., None] * person + (1 - alpha[..., None]) * room).astype(np.uint8)


def exact(softness: float) -> F32:
    """A soft disc at full size."""
    alpha = np.zeros((720, 1280), np.float32)
    cv2.circle(alpha, (640, 360), 240, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), softness), np.float32)


@pytest.mark.parametrize(
    ("cells_wh", "guide_wh"),
    [((730, 411), None), ((666, 375), (842, 474)), ((200, 112), (398, 224))],
    ids=["1.15 times as fine", "1.27 times as fine", "no more than twice as fine"],
)
def test_the_guide_of_a_fine_alpha_is_a_fifth_to_twice_as_fine(
    cells_wh: tuple[float, float], guide_wh: tuple[int, int] | None
) -> None:
    assert FINE.guide_size((1920, 1080), cells_wh) == guide_wh


@pytest.mark.parametrize("style", [COARSE, FINE])
@pytest.mark.parametrize("softness", [1, 6])
def test_an_exact_alpha_stays_exact(style: EdgeStyle, softness: float) -> None:
    truth = exact(softness)
    small = np.asarray(cv2.resize(truth, (256, 144), interpolation=cv2.INTER_AREA), np.float32)
    plain = np.asarray(cv2.resize(small, (1280, 720), interpolation=cv2.INTER_LINEAR), np.float32)
    error = np.abs(refine(EdgeRefiner(0.0, 0.5, style), small, mixed(truth)) - truth).mean()
    assert error < 1.3 * np.abs(plain - truth).mean() + 5e-4  # what eight bits and the cut-off take


def test_a_blurred_probability_is_still_sharpened() -> None:
    truth = exact(1)
    soft = np.asarray(cv2.resize(exact(14), (256, 144), interpolation=cv2.INTER_AREA), np.float32)
    plain = np.asarray(cv2.resize(soft, (1280, 720), interpolation=cv2.INTER_LINEAR), np.float32)
    error = np.abs(refine(EdgeRefiner(0.0, 0.5), soft, mixed(truth)) - truth).mean()
    assert error < 0.6 * np.abs(plain - truth).mean()


def test_a_sure_alpha_keeps_its_glass_and_a_doubtful_one_does_not() -> None:
    truth = exact(1)
    y, x = np.mgrid[0:720, 0:1280]
    truth[160:560, 800:1100] = (0.3 + 0.1 * np.sin(x / 25) * np.sin(y / 25))[160:560, 800:1100]
    small = np.asarray(cv2.resize(truth, (256, 144), interpolation=cv2.INTER_AREA), np.float32)
    glass = slice(300, 420), slice(900, 1060)
    assert refine(EdgeRefiner(0.0, 0.5), small, mixed(truth))[glass].mean() == pytest.approx(
        truth[glass].mean(), abs=0.02
    )
    assert refine(EdgeRefiner(0.0, 0.5), small, PLAIN)[glass].max() == 0


def strands() -> F32:
    """Hair: alpha that goes up and down every six cells of a 256x144 grid."""
    truth = exact(1)
    truth[160:560, 800:1100] = 0.5 + 0.4 * np.sin(np.arange(300) * 2 * np.pi / 30)
    return truth


def test_hair_of_a_fine_alpha_is_not_blurred_where_the_picture_tells_nothing() -> None:
    small = np.asarray(cv2.resize(strands(), (256, 144), interpolation=cv2.INTER_AREA), np.float32)
    kept = refine(EdgeRefiner(0.0, 0.5, FINE), small, PLAIN)[300:420, 900:1060]
    assert np.ptp(kept[60]) > 0.45  # the guided filter alone leaves a third of 0.8


def test_a_sure_alpha_is_enlarged_with_more_detail_than_bilinear() -> None:
    truth, hair = strands(), (slice(300, 420), slice(900, 1060))
    small = np.asarray(cv2.resize(truth, (256, 144), interpolation=cv2.INTER_AREA), np.float32)
    plain = np.asarray(cv2.resize(small, (1280, 720), interpolation=cv2.INTER_LINEAR), np.float32)
    sure = refine(EdgeRefiner(0.0, 0.5), small, mixed(truth))
    assert np.abs(sure - truth)[hair].mean() < 0.8 * np.abs(plain - truth)[hair].mean()


def test_cubic_enlargement_leaves_no_ring_in_the_room() -> None:
    """It undershoots beside a step, and the absolute value of that would show the room."""
    step = np.zeros((90, 160), np.float32)
    step[:, :80] = 1
    out = EdgeRefiner(0.0, 0.5, FINE).refine(step, np.full((90, 160, 3), 120, np.uint8))
    assert out[:, 82:].max() == 0 and out[:, :78].min() == 255


def test_a_step_aside_samples_the_picture_at_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    crops = []
    monkeypatch.setattr(
        edges,
        "part_downscaled_to",
        lambda pixels, rows, columns, wh: crops.append((rows, columns)) or np.zeros((*wh[::-1], 3), np.uint8),
    )
    for shift in (0, 1, 2):
        EdgeRefiner(0.0, 0.5).refine(np.roll(disc(radius=50), shift, axis=1), PLAIN)
    assert crops[0] == crops[1] == crops[2]
    rows, columns = crops[0]
    assert rows.start <= 720 * 38 / 180 and rows.stop >= 720 * 142 / 180
    assert columns.start <= 1280 * 108 / 320 and columns.stop >= 1280 * 214 / 320


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
        np.testing.assert_allclose(without_veils(veiled)[30:50, 90:110], sure, atol=0.01)  # in levels, of 255
        np.testing.assert_allclose(without_veils(veiled)[:, :66], soft[:, :66], atol=1e-6)


def test_a_matting_networks_glass_is_left_as_it_is() -> None:
    pixels = np.full((96, 128, 3), 90, np.uint8)
    alpha = np.zeros((96, 128), np.float32)
    alpha[10:90, 10:60] = 1
    alpha[10:90, 60:110] = 0.3
    middle = slice(30, 70), slice(75, 95)
    assert EdgeRefiner(0, 0.5, COARSE).refine(alpha, pixels)[middle].max() == 0
    assert 70 < EdgeRefiner(0, 0.5, FINE).refine(alpha, pixels)[middle].mean() < 80
