"""Closed-form matting on pictures whose alpha is known."""

from __future__ import annotations

import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.stills.cut_out.matting_laplacian import solve_alpha


def mixed(alpha: F32) -> U8:
    """A reddish foreground over a bluish background, both with a gradient."""
    ramp = np.linspace(0, 40, alpha.shape[1], dtype=np.float32)[None, :, None]
    red, blue = np.float32([30, 40, 190]) + ramp, np.float32([170, 60, 20]) + ramp
    return np.rint(alpha[..., None] * red + (1 - alpha[..., None]) * blue).astype(np.uint8)


def test_a_soft_edge_is_recovered_from_known_sides() -> None:
    true = np.tile(np.clip((np.arange(60, dtype=np.float32) - 22) / 16, 0, 1), (40, 1))
    prior, weight = np.where(true > 0.5, 1, 0).astype(np.float32), np.full_like(true, 1e-4)
    weight[:, :18], weight[:, 42:] = 100, 100
    found = solve_alpha(mixed(true), prior, weight)
    assert np.abs(found - true).max() < 0.05
    assert np.abs(prior - true).max() > 0.45


def test_strands_are_found_in_the_band() -> None:
    true = np.zeros((40, 60), np.float32)
    true[:, :20] = 1
    true[10:12, 20:36], true[24:25, 20:40] = 1, 0.5
    prior, weight = np.zeros_like(true), np.full_like(true, 1e-4)
    prior[:, :20] = 1
    weight[:, :18], weight[:, 42:] = 100, 100
    found = solve_alpha(mixed(true), prior, weight)
    assert found[10:12, 22:34].min() > 0.8
    assert 0.35 < found[24, 22:36].mean() < 0.65
    assert found[30:, 24:].max() < 0.1


def test_held_pixels_stay_and_a_solution_stays() -> None:
    rng = np.random.default_rng(0)
    prior = rng.random((20, 30)).astype(np.float32)
    pixels = rng.integers(0, 256, (20, 30, 3), np.uint8)
    assert np.abs(solve_alpha(pixels, prior, np.full_like(prior, 1e4)) - prior).max() < 0.01
    flat = np.ones((20, 30), np.float32)
    assert np.abs(solve_alpha(pixels, flat, np.full_like(flat, 1e-3)) - 1).max() < 1e-3
