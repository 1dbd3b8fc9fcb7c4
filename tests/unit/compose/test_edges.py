"""Decontamination and light wrap: what they must bring, and what they must never bring."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.compose.decontaminate import edge_colors, foreground_colors
from cyclorama.compose.light_wrap import REACH, LightWrap
from cyclorama.compose.low_res import SHRINK, add_spread, around_person, enlarge, shrink, small_block
from cyclorama.core.frames import U8

PERSON = np.array((150, 110, 70), np.float32)
ROOM = np.array((30, 200, 60), np.float32)


def soft_disc(size: int = 360, softness: float = 6) -> U8:
    y, x = np.mgrid[0:size, 0:size]
    disc = np.where((x - size / 2) ** 2 + (y - size / 2) ** 2 < (size / 4) ** 2, 255, 0).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(disc, (0, 0), softness), np.uint8)


def mixed(alpha8: U8) -> U8:
    a = alpha8[..., None] / 255
    return np.asarray((PERSON * a + ROOM * (1 - a) + 0.5).astype(np.uint8))


def decontaminated(pixels: U8, alpha8: U8) -> np.ndarray:
    """Along the whole picture, not the outline alone."""
    colors = edge_colors(shrink(pixels), shrink(alpha8), 720)
    person, room = (enlarge(small, alpha8.shape).astype(np.float32) for small in (colors.person, colors.room))
    return foreground_colors(pixels, alpha8[..., None] / np.float32(255), person, room)


def test_the_old_room_is_taken_out_of_the_outline() -> None:
    alpha8 = soft_disc()
    pixels = mixed(alpha8)
    band = (alpha8 > 50) & (alpha8 < 205)
    before = np.abs(pixels - PERSON)[band].mean()
    after = np.abs(decontaminated(pixels, alpha8) - PERSON)[band].mean()
    assert after < before / 4


def test_inside_the_person_nothing_changes() -> None:
    alpha8 = soft_disc()
    pixels = np.random.default_rng(0).integers(0, 255, (*alpha8.shape, 3), np.uint8)
    assert np.array_equal(decontaminated(pixels, alpha8)[alpha8 == 255], pixels[alpha8 == 255])


@pytest.mark.parametrize("haze", [0, 1, 20, 100])
def test_the_extended_colours_hold_nothing_of_the_room(haze: int) -> None:
    alpha8 = np.maximum(soft_disc(softness=1), haze)
    y, x = np.mgrid[0 : alpha8.shape[0], 0 : alpha8.shape[1]]
    room = np.where(((x // 20 + y // 20) % 2 == 0)[..., None], (0, 0, 255), (255, 255, 0))
    pixels = np.where((alpha8 > 127)[..., None], PERSON, room).astype(np.uint8)
    extended = edge_colors(shrink(pixels), shrink(alpha8), 720).person
    assert np.abs(extended - PERSON).max() < 40  # the room differs by 185 and more


@pytest.mark.parametrize("level", [0, 1, 90])
def test_without_a_person_the_extended_colour_is_grey(level: int) -> None:
    room = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    extended = edge_colors(room, np.full((40, 60), level, np.uint8), 720).person
    assert (extended == 128).all()


def test_light_falls_on_the_edge_and_not_on_the_middle() -> None:
    alpha8 = soft_disc(720, 1)
    black = np.zeros((720, 720, 3), np.uint8)
    wrap = LightWrap(1.0)
    light = wrap.light(np.full_like(black, 200))
    spill = wrap.spill(light, shrink(black), shrink(alpha8), 720)
    centre, edge = spill[45, 45], spill[45, (720 // 2 - 720 // 4 + 4) // SHRINK]
    assert centre.max() == 0
    assert edge.min() > 60
    inner = (720 // 2 - 720 // 4 + REACH + 2 * SHRINK) // SHRINK
    assert spill[45, inner].max() <= 2


def test_light_has_the_backgrounds_colour_and_the_amount_scales_it() -> None:
    alpha8 = np.zeros((48, 48), np.uint8)
    black = np.zeros((48, 48, 3), np.uint8)
    background = np.full((384, 384, 3), (20, 40, 200), np.uint8)
    full, half = (w.spill(w.light(background), black, alpha8, 384)[24, 24] for w in (LightWrap(1.0), LightWrap(0.5)))
    assert full[2] > 4 * full[1] > 4
    assert abs(int(full[2]) - 2 * int(half[2])) <= 2


def test_a_white_person_gets_no_lighter_than_white_and_no_background_no_light() -> None:
    alpha8 = np.full((20, 20), 128, np.uint8)
    wrap = LightWrap(1.0)
    light = np.full((20, 20, 3), 255, np.uint8)
    person = np.full((20, 20, 3), 230, np.uint8)
    assert (wrap.spill(light, person, alpha8, 720) <= 25).all()
    assert not wrap.spill(np.zeros_like(light), person, alpha8, 720).any()


def test_light_of_a_background_that_stays_is_kept_and_of_another_is_not() -> None:
    wrap = LightWrap(1.0)
    first, second = np.full((80, 80, 3), 10, np.uint8), np.full((80, 80, 3), 90, np.uint8)
    kept = wrap.light(first)
    assert wrap.light(first) is kept
    assert wrap.light(second).mean() == 90


@pytest.mark.parametrize("size", [(96, 128), (97, 131), (720, 1280), (5, 3)])
def test_shrunk_and_enlarged_pictures_fit(size: tuple[int, int]) -> None:
    height, width = size
    ramp = np.tile(np.linspace(0, 250, width).astype(np.uint8)[None, :, None], (height, 1, 3))
    small = shrink(ramp)
    whole = (slice(0, height), slice(0, width))
    assert small.shape[:2] == tuple(s.stop - s.start for s in small_block(whole))
    large = enlarge(small, (height, width))
    assert large.shape == ramp.shape
    if width > 16:
        assert np.abs(large.astype(int) - ramp)[:, 8:-8].max() <= 2 + 8 * 250 / width


def test_around_person() -> None:
    alpha8 = np.zeros((100, 203), np.uint8)
    assert around_person(alpha8, 8) is None
    alpha8[40:50, 190:203] = 1
    rows, columns = around_person(alpha8, 5) or (None, None)
    assert (rows, columns) == (slice(32, 56), slice(184, 203))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (80, 96), (81, 97)])
def test_light_is_added_as_if_it_were_enlarged_first(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (*shape, 3), np.uint8)
    small = np.full((-(-shape[0] // SHRINK), -(-shape[1] // SHRINK), 3), 40, np.uint8)
    small[:, 0] = 200
    expected = cv2.add(pixels, enlarge(small, shape))
    np.testing.assert_array_equal(add_spread(pixels, small), expected)
