from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.matting.engine.motion import CUT_LEVELS, MotionEstimator


def texture(seed: int = 0) -> U8:
    noise = np.random.default_rng(seed).integers(0, 256, (200, 340, 3), np.uint8)
    blurred = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.asarray(cv2.normalize(blurred, blurred, 0, 255, cv2.NORM_MINMAX), np.uint8)


def crop(picture: U8, dx: int = 0, dy: int = 0) -> U8:
    return np.ascontiguousarray(picture[10 + dy : 190 + dy, 10 + dx : 330 + dx])


def test_there_is_no_motion_of_the_first_frame() -> None:
    estimator = MotionEstimator()
    estimator.see(crop(texture()))
    assert estimator.estimate() is None
    assert not estimator.is_still()


def test_flow_finds_where_the_content_was() -> None:
    estimator, picture = MotionEstimator(), texture()
    estimator.see(crop(picture))
    estimator.see(crop(picture, dx=-4, dy=2))  # the content moved 4 right, 2 up
    motion = estimator.estimate()
    assert motion is not None and not motion.cut
    shift = np.median(motion.flow[15:-15, 15:-15].reshape(-1, 2), axis=0)
    assert motion.flow.shape == (90, 160, 2)
    assert np.allclose(shift, (-2, 1), atol=0.25)
    assert motion.speed.shape == (90, 160)
    assert np.median(motion.speed) == pytest.approx(np.hypot(2, 1) / 90, rel=0.1)


def test_another_scene_is_a_cut() -> None:
    estimator = MotionEstimator()
    estimator.see(crop(texture(1)))
    estimator.see(255 - crop(texture(2)) // 2)
    motion = estimator.estimate()
    assert motion is not None and motion.cut
    estimator.see(np.zeros((180, 320, 3), np.uint8))
    black = estimator.estimate()
    assert black is not None and black.cut


def of_colors(one: tuple[int, int, int], other: tuple[int, int, int]) -> U8:
    """Left and right half, BGR."""
    halves = np.full((180, 320, 3), one, np.uint8)
    halves[:, 160:] = other
    return halves


GREEN, MAGENTA = (40, 150, 40), (250, 40, 175)
"""BGR, of equal brightness."""


def test_colours_of_equal_brightness_are_another_scene_and_not_still() -> None:
    estimator = MotionEstimator()
    before, now = (estimator.see(of_colors(color, color)) for color in (GREEN, MAGENTA))
    assert abs(int(before[0, 0, 0]) - int(now[0, 0, 0])) <= 2, "a camera without colours would see no change"
    assert abs(int(before[0, 0, 1]) - int(now[0, 0, 1])) > 50
    estimator.mark()
    estimator.see(of_colors(GREEN, GREEN))
    motion = estimator.estimate()
    assert motion is not None and motion.cut
    assert not estimator.is_still()


def test_a_part_that_changes_its_colour_alone_is_not_still() -> None:
    estimator = MotionEstimator()
    estimator.see(of_colors(GREEN, GREEN))
    estimator.mark()
    changed = of_colors(GREEN, GREEN)
    changed[60:90, 100:130] = MAGENTA
    estimator.see(changed)
    assert not estimator.is_still()


def test_noise_is_still_and_a_moving_hand_is_not() -> None:
    estimator, picture = MotionEstimator(), crop(texture())
    estimator.see(picture)
    estimator.mark()
    noise = np.random.default_rng(3).normal(0, 2, picture.shape)
    estimator.see(np.clip(picture + noise, 0, 255).astype(np.uint8))
    assert estimator.is_still()
    hand = picture.copy()
    hand[100:130, 100:125] = 255 - hand[100:130, 100:125]
    estimator.see(hand)
    assert not estimator.is_still()


def test_creeping_motion_is_seen_against_the_marked_frame() -> None:
    """Each step is small, their sum is not: the gate compares with the frame that the network saw."""
    estimator, picture = MotionEstimator(), texture()
    estimator.see(crop(picture))
    estimator.mark()
    still = []
    for step in range(9):
        estimator.see(crop(picture, dx=step))
        still.append(estimator.is_still())
    assert still[0]
    assert not still[-1]


def test_a_small_change_is_seen_wherever_it_is() -> None:
    """A hand far away is as large as a few of the cells that the picture is looked at in."""
    estimator, picture = MotionEstimator(), np.full((180, 320, 3), 90, np.uint8)
    for at in range(0, 60, 4):
        estimator.see(picture)
        estimator.mark()
        hand = picture.copy()
        hand[at : at + 8, 2 * at : 2 * at + 8] = 220
        estimator.see(hand)
        assert not estimator.is_still(), at


def test_a_camera_that_turns_is_no_cut() -> None:
    """Every place looks otherwise, but the motion explains it."""
    estimator, picture = MotionEstimator(), np.where(texture()[..., :1] > 128, np.uint8([220]), np.uint8([20]))
    picture = np.ascontiguousarray(np.repeat(picture, 3, axis=2))
    before, now = (estimator.see(crop(picture, dx=dx)) for dx in (-3, 3))
    assert cv2.mean(cv2.absdiff(now, before))[0] > CUT_LEVELS
    motion = estimator.estimate()
    assert motion is not None and not motion.cut
