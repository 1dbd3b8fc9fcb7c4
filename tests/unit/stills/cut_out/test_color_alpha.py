"""Colours beside the outline correct the network."""

from __future__ import annotations

import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.stills.cut_out.color_alpha import correct_by_color

RNG = np.random.default_rng(5)


def half(dark: float, bright: float) -> tuple[U8, F32]:
    """A dark object on the left, a bright room on the right; alpha knows the border to within ten pixels."""
    pixels = np.full((120, 160, 3), float(bright))
    pixels[:, :80] = dark
    pixels += RNG.normal(0, 2, pixels.shape)
    alpha = np.clip((90 - np.arange(160)) / 20, 0, 1).astype(np.float32)
    return np.clip(pixels, 0, 255).astype(np.uint8), np.tile(alpha, (120, 1))


def test_room_between_strands_is_room() -> None:
    pixels, alpha = half(40, 220)
    fixed = correct_by_color(alpha, pixels, 20)
    assert fixed[:, 82:88].mean() < 0.05, "the wall, which alpha took for up to a half of the object"
    assert fixed[:, 72:78].mean() > 0.93
    assert (fixed[:, :60] == 1).all()
    assert (fixed[:, 100:] == 0).all()


def test_colours_that_are_alike_say_nothing() -> None:
    pixels, alpha = half(128, 128)
    assert np.abs(correct_by_color(alpha, pixels, 20) - alpha).max() < 0.02


def test_colours_alone_make_no_object() -> None:
    pixels, alpha = half(40, 220)
    pixels[50:70, 86:89] = 40  # as dark as the object, where alpha sees little of it
    fixed = correct_by_color(alpha, pixels, 20)
    assert (fixed <= 2 * alpha + 1e-6).all()


def test_without_a_room_or_an_object_nothing_changes() -> None:
    pixels = RNG.integers(0, 256, (50, 60, 3)).astype(np.uint8)
    for value in (0.0, 0.5, 1.0):
        alpha = np.full((50, 60), value, np.float32)
        assert np.abs(correct_by_color(alpha, pixels, 8) - alpha).max() < 1e-3
