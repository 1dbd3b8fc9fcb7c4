"""How sure an alpha is: a matte that the picture explains, and a probability that it does not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.sureness import EVERY, Sureness, explained_share, sureness

SIZE_WH = (240, 160)
PERSON, ROOM = np.array((40, 60, 200), np.float32), np.array((180, 170, 60), np.float32)


def strip(softness: float) -> F32:
    """A person in the middle third, with a soft outline."""
    alpha = np.zeros(SIZE_WH[::-1], np.float32)
    alpha[:, 80:160] = 1
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), softness), np.float32)


def picture(alpha: F32, noise: float = 1) -> U8:
    """Person and room mixed by ``alpha``, with the noise of a camera."""
    mixed = alpha[..., None] * PERSON + (1 - alpha[..., None]) * ROOM
    noisy = mixed + np.random.default_rng(0).normal(0, noise, mixed.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def test_a_matte_is_sure_and_a_probability_over_a_sharp_picture_is_not() -> None:
    soft = strip(4)
    assert explained_share(soft, picture(soft)) > 0.8
    assert sureness(soft, picture(soft)) == 1
    assert explained_share(soft, picture(strip(0.3))) < 0.2
    assert sureness(soft, picture(strip(0.3))) == 0


def test_a_matte_stays_sure_in_a_larger_picture() -> None:
    soft = strip(4)
    large = np.asarray(cv2.resize(picture(soft), (1280, 854), interpolation=cv2.INTER_LINEAR), np.uint8)
    assert sureness(soft, large) == 1


def test_doubt_before_a_still_wall_is_not_sure() -> None:
    wall = np.full((*SIZE_WH[::-1], 3), 120, np.uint8)
    assert explained_share(strip(4), wall) == 0
    assert sureness(strip(4), picture(np.zeros(SIZE_WH[::-1], np.float32), noise=3)) == 0


def test_an_outline_that_lies_elsewhere_in_the_picture_is_not_sure() -> None:
    soft = strip(3)
    assert sureness(np.roll(soft, 24, axis=1), picture(soft)) == 0


def test_a_few_soft_cells_say_little() -> None:
    """The rest of the outline is crisp, and is not explained by being crisp."""
    soft, crisp = strip(4), strip(0.6)
    crisp[:8] = soft[:8]
    assert explained_share(soft, picture(soft)) > 0.8
    assert explained_share(crisp, picture(crisp)) < 0.8


@pytest.mark.parametrize("size_wh", [(1, 1), (7, 40), (40, 7), (8, 8)])
def test_a_grid_smaller_than_a_block_is_not_sure(size_wh: tuple[int, int]) -> None:
    alpha = np.full(size_wh[::-1], 0.5, np.float32)
    assert sureness(alpha, np.zeros((90, 120, 3), np.uint8)) == 0


def test_nobody_and_an_all_crisp_outline_are_not_sure() -> None:
    pixels = picture(strip(0.3))
    assert sureness(np.zeros(SIZE_WH[::-1], np.float32), pixels) == 0
    assert sureness((strip(0.3) > 0.5).astype(np.float32), pixels) == 0


def test_it_is_measured_every_few_frames_and_moves_half_way() -> None:
    soft = strip(4)
    sureness_of = Sureness()
    assert sureness_of.see(soft, picture(soft)) == 1
    seen = [sureness_of.see(soft, picture(strip(0.3))) for _ in range(2 * EVERY)]
    assert seen == [1.0] * (EVERY - 1) + [0.5] * EVERY + [0.25]
