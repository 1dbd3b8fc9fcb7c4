"""Cut-outs and photos over a background, strip by strip."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.stills.cut_out.compose import composite_over, cut_out

RNG = np.random.default_rng(3)


def photo(height: int, width: int) -> tuple[U8, U8]:
    pixels = cv2.GaussianBlur(RNG.integers(0, 256, (height, width, 3)).astype(np.uint8), (0, 0), 2)
    y, x = np.mgrid[0:height, 0:width]
    distance = np.hypot(x - width / 2, y - height / 2)
    return pixels, np.clip((min(height, width) / 3 - distance) * 12 + 128, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("shape", [(300, 400), (203, 149), (16, 16), (5, 300), (300, 5), (1, 1)])
def test_strips_give_what_the_whole_gives(shape: tuple[int, int]) -> None:
    pixels, alpha8 = photo(*shape)
    background = np.full_like(pixels, (200, 10, 90))
    strip = 16 * shape[1]
    assert np.array_equal(cut_out(pixels, alpha8, strip), cut_out(pixels, alpha8))
    assert np.array_equal(composite_over(pixels, alpha8, background, strip), composite_over(pixels, alpha8, background))


def test_over_a_background() -> None:
    pixels, alpha8 = photo(200, 150)
    background = np.full_like(pixels, (200, 10, 90))
    out = composite_over(pixels, alpha8, background)
    assert (out[alpha8 == 0] == (200, 10, 90)).all()
    assert (out[alpha8 == 255] == pixels[alpha8 == 255]).all()
    bgra = cut_out(pixels, alpha8)
    assert (bgra[..., 3] == alpha8).all()
    share = bgra[..., 3:].astype(np.float32) / 255
    over = bgra[..., :3] * share + background * (1 - share)
    assert np.abs(over - out).max() <= 1, "the cut-out, laid over it later, gives the same"


def test_nothing_of_the_room_under_full_transparency() -> None:
    height, width = 240, 320
    pixels = np.full((height, width, 3), (10, 250, 10), np.uint8)  # a green room
    pixels[60:180, 80:240] = (60, 60, 200)
    alpha8 = np.zeros((height, width), np.uint8)
    alpha8[60:180, 80:240] = 255
    bgra = cut_out(pixels, alpha8, 40 * width)
    hidden = bgra[bgra[..., 3] == 0]
    assert hidden[:, 1].max() < 100
