"""Cut-outs strip by strip: what the compositor gives for the whole, in bounded memory."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.background.opening import open_background
from cyclorama.compose.compositor import Compositor
from cyclorama.frames import U8, CompositeKind, Frame, Matte
from cyclorama.settings import ComposeSettings
from cyclorama.stills.compose import cut_out, lay_over

RNG = np.random.default_rng(3)


def photo(height: int, width: int) -> tuple[U8, U8]:
    pixels = cv2.GaussianBlur(RNG.integers(0, 256, (height, width, 3)).astype(np.uint8), (0, 0), 2)
    y, x = np.mgrid[0:height, 0:width]
    distance = np.hypot(x - width / 2, y - height / 2)
    return pixels, np.clip((min(height, width) / 3 - distance) * 12 + 128, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("shape", [(300, 400), (203, 149), (16, 16), (5, 300), (1, 1)])
@pytest.mark.parametrize("rows", [16, 104])
def test_strips_give_what_the_compositor_gives(shape: tuple[int, int], rows: int) -> None:
    pixels, alpha8 = photo(*shape)
    frame, matte = Frame(pixels, 0, 0), Matte((alpha8 / 255).astype(np.float32), 0)
    compositor = Compositor(open_background("transparent"), ComposeSettings(light_wrap=0), frame.size_wh)
    whole = compositor.compose(frame, matte)
    assert whole.kind is CompositeKind.COMPOSITE
    assert np.abs(cut_out(pixels, alpha8, rows).astype(int) - whole.pixels).max() <= 1


def test_over_a_background() -> None:
    pixels, alpha8 = photo(200, 150)
    background = np.full_like(pixels, (200, 10, 90))
    out = lay_over(pixels, alpha8, background, rows=64)
    assert (out[alpha8 == 0] == (200, 10, 90)).all()
    assert (out[alpha8 == 255] == pixels[alpha8 == 255]).all()
    bgra = cut_out(pixels, alpha8, rows=64)
    share = bgra[..., 3:].astype(np.float32) / 255
    over = bgra[..., :3] * share + background * (1 - share)
    assert np.abs(over - out).max() <= 1.5, "the cut-out, laid over it later, gives the same"


def test_nothing_of_the_room_under_full_transparency() -> None:
    height, width = 240, 320
    pixels = np.full((height, width, 3), (10, 250, 10), np.uint8)  # a green room
    pixels[60:180, 80:240] = (60, 60, 200)
    alpha8 = np.zeros((height, width), np.uint8)
    alpha8[60:180, 80:240] = 255
    bgra = cut_out(pixels, alpha8, rows=40)
    hidden = bgra[bgra[..., 3] == 0]
    assert hidden[:, 1].max() < 100
