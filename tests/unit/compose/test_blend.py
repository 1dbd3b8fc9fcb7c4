"""The blend: exact at the ends, close to the formula between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cyclorama.compose.blend import Outline, blend
from cyclorama.core.frames import F32, U8

SHAPES = st.tuples(st.integers(1, 90), st.integers(1, 90))


def pictures(seed: int, shape: tuple[int, int]) -> tuple[U8, U8]:
    """A frame and a background that is kept."""
    rng = np.random.default_rng(seed)
    frame, background = rng.integers(0, 256, (*shape, 3), np.uint8), rng.integers(0, 256, (*shape, 3), np.uint8)
    background.flags.writeable = False
    return frame, background


def blended(frame: U8, background: U8, alpha: F32, margin: int = 0) -> U8:
    """The frame's own colours over the background, ``margin`` pixels at the left and top being out of the block."""
    alpha8 = np.rint(alpha * 255).astype(np.uint8)
    block = (slice(margin, alpha.shape[0]), slice(margin, alpha.shape[1]))
    outline = Outline(alpha8, block)
    person = np.ascontiguousarray(frame[block])
    return blend(person, background, alpha8, outline, outline.of(frame))


@given(SHAPES, st.integers(0, 9))
def test_alpha_0_is_exactly_the_background(shape: tuple[int, int], seed: int) -> None:
    frame, background = pictures(seed, shape)
    assert np.array_equal(blended(frame, background, np.zeros(shape, np.float32)), background)


@given(SHAPES, st.integers(0, 9))
def test_alpha_1_is_exactly_the_frame(shape: tuple[int, int], seed: int) -> None:
    frame, background = pictures(seed, shape)
    assert np.array_equal(blended(frame, background, np.ones(shape, np.float32)), frame)


@settings(deadline=None)
@given(
    hnp.arrays(np.float32, SHAPES, elements=st.sampled_from([0.0, 1.0, 0.5, 0.001, 0.999, 0.2]), fill=st.nothing()),
    st.integers(0, 9),
)
def test_any_mix_of_alphas_follows_the_formula(alpha: F32, seed: int) -> None:
    frame, background = pictures(seed, alpha.shape)
    out = blended(frame, background, alpha)
    exact = frame * alpha[..., None] + background * (1 - alpha[..., None])
    assert np.abs(out - exact).max() <= 1.0
    assert np.array_equal(out[alpha == 0], background[alpha == 0])
    assert np.array_equal(out[alpha == 1], frame[alpha == 1])


@pytest.mark.parametrize("level", [0, 1, 2, 127, 128, 253, 254, 255])
def test_every_level_of_alpha_weighs_what_it_says(level: int) -> None:
    white, black = np.full((6, 5, 3), 255, np.uint8), np.zeros((6, 5, 3), np.uint8)
    alpha = np.full((6, 5), level / 255, np.float32)
    assert (blended(white, black.copy(), alpha) == level).all()
    assert (blended(black, white.copy(), alpha) == 255 - level).all()


def test_colours_beyond_black_and_white_stop_there() -> None:
    alpha8 = np.full((2, 3), 99, np.uint8)
    picture = np.zeros((2, 3, 3), np.uint8)
    colors = np.array([-300, -40, -0.6, 254.6, 255.4, 300], np.float32)
    Outline(alpha8, (slice(0, 2), slice(0, 3))).put(picture, np.repeat(colors[:, None], 3, 1))
    assert picture[..., 0].ravel().tolist() == [0, 0, 0, 255, 255, 255]


def test_the_block_may_lie_anywhere_and_the_inputs_stay() -> None:
    frame, background = pictures(0, (70, 130))
    alpha = np.random.default_rng(1).random((70, 130), np.float32)
    alpha[:16], alpha[:, :16] = 0, 0
    before = frame.copy(), background.copy()
    assert np.array_equal(blended(frame, background, alpha, 16), blended(frame, background, alpha))
    assert np.array_equal(frame, before[0]) and np.array_equal(background, before[1])


def test_a_background_that_may_be_written_to_becomes_the_composite() -> None:
    frame, background = pictures(0, (70, 130))
    alpha = np.random.default_rng(1).random((70, 130), np.float32)
    given_away = background.copy()
    out = blended(frame, given_away, alpha)
    assert out is given_away
    assert np.array_equal(out, blended(frame, background, alpha))


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 5000])
def test_an_outline_of_any_length_is_found_and_written(count: int) -> None:
    alpha8 = np.zeros((90, 110), np.uint8)
    alpha8.ravel()[np.random.default_rng(count).permutation(alpha8.size)[:count]] = 7
    outline = Outline(alpha8, (slice(0, 90), slice(0, 110)))
    assert outline.alpha.shape == (count, 3)
    picture = np.zeros((90, 110, 3), np.uint8)
    outline.put(picture, np.full((count, 3), 200.4, np.float32))
    assert np.array_equal(picture[..., 0] == 200, alpha8 == 7)
    assert (outline.of(picture) == 200).all()


def test_a_small_picture_is_sampled_where_it_lies() -> None:
    alpha8 = np.full((64, 96), 128, np.uint8)
    block = (slice(16, 64), slice(32, 96))
    small = np.zeros((6, 8, 3), np.uint8)
    small[..., 0], small[..., 1] = np.arange(8) * 30, np.arange(6)[:, None] * 40
    got = Outline(alpha8, block).of_small(small, 8).reshape(48, 64, 3)
    assert np.allclose(got[20, 4:-4, 0], (np.arange(64)[4:-4] + 0.5) / 8 * 30 - 15, atol=7)
    assert np.allclose(got[4:-4, 20, 1], (np.arange(48)[4:-4] + 0.5) / 8 * 40 - 20, atol=9)
