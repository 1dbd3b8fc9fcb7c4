"""The live picture as JPEG."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.panel.session.frames import DARK, LIGHT, SQUARE, live_jpeg


def halves(*shape: int) -> U8:
    """A picture whose left half is dark and whose right half is light."""
    pixels = np.full(shape, 40, np.uint8)
    pixels[:, shape[1] // 2 :] = 220
    return pixels


def decoded(data: bytes) -> U8:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)


@pytest.mark.parametrize(("width", "size_wh"), [(100, (100, 56)), (160, (160, 90)), (320, (160, 90))])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_it_is_as_wide_as_was_asked_for_and_never_wider(
    width: int, size_wh: tuple[int, int], channels: tuple[int, ...]
) -> None:
    made = decoded(live_jpeg(halves(90, 160, *channels), width))
    assert made.shape == (size_wh[1], size_wh[0], *channels)
    assert abs(int(made[20, 10].mean()) - 40) < 4 and abs(int(made[20, -10].mean()) - 220) < 4


def test_a_transparent_picture_lies_on_a_chessboard() -> None:
    pixels = np.dstack([halves(64, 64, 3), np.zeros((64, 64), np.uint8)])
    pixels[:32, :, 3] = 255
    made = decoded(live_jpeg(pixels, 64))
    assert abs(int(made[10, 10].mean()) - 40) < 6
    middles = [int(made[32 + SQUARE // 2, SQUARE // 2 + SQUARE * n].mean()) for n in range(2)]
    assert sorted(middles) == pytest.approx([DARK, LIGHT], abs=6)
