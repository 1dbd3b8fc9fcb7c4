"""The guided filter: a linear model of all three colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.matting.engine.guided import guided_filter


@pytest.mark.parametrize("slopes", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.2, 0.5, -0.3)])
def test_an_alpha_that_is_linear_in_the_colours_stays_as_it_is(slopes: tuple[float, float, float]) -> None:
    """Also where two colours go together, and none has the mean of another."""
    patches = np.random.default_rng(3).uniform(0, 1, (9, 12, 3)).astype(np.float32)
    patches[..., 2] = 0.6 * patches[..., 0] + 0.4 * patches[..., 2]
    colors = cv2.resize(patches, (192, 144), interpolation=cv2.INTER_CUBIC) * np.float32([60, 100, 150]) + 40
    guide = np.clip(np.rint(colors), 0, 255).astype(np.uint8)
    alpha = (guide.astype(np.float32) / 255) @ np.float32(slopes) + np.float32(0.3)
    found = guided_filter(guide, alpha, radius=8, epsilon=1e-7)
    assert np.abs(found - alpha)[16:-16, 16:-16].max() < 0.03
    assert np.abs(found - alpha)[16:-16, 16:-16].mean() < 0.002
