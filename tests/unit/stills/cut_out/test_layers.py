"""Alpha compositing of layers: exact at both ends, and associative."""

from __future__ import annotations

import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.stills.cut_out.layers import STRIP_ROWS, over, with_shadow

RNG = np.random.default_rng(11)


def test_a_shadow_under_a_picture_is_what_lies_between_it_and_any_background() -> None:
    picture = RNG.integers(0, 256, (600, 30, 4)).astype(np.uint8)
    shadow = RNG.integers(0, 256, (600, 30)).astype(np.uint8)
    background = RNG.integers(0, 256, (600, 30, 3)).astype(np.uint8)
    at_once = over(with_shadow(picture, shadow), background).astype(int)
    dimmed = np.rint(background * (1 - shadow[..., None] / 255)).astype(np.uint8)
    assert np.abs(at_once - over(picture, dimmed)).max() <= 2
    assert (with_shadow(picture, np.zeros_like(shadow))[..., 3] == picture[..., 3]).all()


def test_over_is_exact_at_both_ends() -> None:
    picture = RNG.integers(0, 256, (40, 30, 4)).astype(np.uint8)
    background = RNG.integers(0, 256, (40, 30, 3)).astype(np.uint8)
    picture[:20, :, 3], picture[20:, :, 3] = 0, 255
    out = over(picture, background)
    assert (out[:20] == background[:20]).all()
    assert (out[20:] == picture[20:, :, :3]).all()


@pytest.mark.parametrize(("alpha", "expected"), [(0, 40), (51, 72), (128, 120), (255, 200)])
def test_over_is_the_compositing_equation(alpha: int, expected: int) -> None:
    picture = np.full((STRIP_ROWS + 3, 2, 4), (200, 200, 200, alpha), np.uint8)
    out = over(picture, np.full((STRIP_ROWS + 3, 2, 3), 40, np.uint8))
    assert (out == expected).all(), "200 a + 40 (1 - a), in the second strip too"


def test_a_shadow_under_half_transparent_pixels() -> None:
    picture = np.full((1, 1, 4), (90, 120, 150, 102), np.uint8)  # alpha 0.4
    shadow: U8 = np.full((1, 1), 128, np.uint8)
    blue, green, red, alpha = with_shadow(picture, shadow)[0, 0]
    assert alpha == 179, "0.4 + 0.6 * 128 / 255 = 0.7012"
    assert (blue, green, red) == (51, 68, 86), "the colours times 0.4 / 0.7012"
