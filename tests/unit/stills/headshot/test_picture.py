"""Headshots before a backdrop: the person's own pixels, the backdrop, and light wrap along the edge alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.background.still import Still
from cyclorama.core.frames import U8
from cyclorama.stills.headshot.frame import FrameBox
from cyclorama.stills.headshot.person import Framed
from cyclorama.stills.headshot.picture import before_backdrop
from cyclorama.stills.headshot.preset import load_presets


@pytest.fixture
def framed() -> Framed:
    """A grey disc with a soft edge."""
    alpha = np.zeros((400, 400), np.uint8)
    cv2.circle(alpha, (200, 200), 120, 255, -1)
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 2), np.uint8)
    pixels = np.full((400, 400, 3), 80, np.uint8)
    box = FrameBox(0, 0, 400, 400, 0.0, 1.0)
    return Framed(load_presets()["square"], np.dstack([pixels, alpha]), pixels, box, 1.0)


def white(size_wh: tuple[int, int]) -> U8:
    return np.full((size_wh[1], size_wh[0], 3), 255, np.uint8)


def test_without_light_wrap_it_is_plain_compositing(framed: Framed) -> None:
    out = before_backdrop(framed, Still("white", white), 0.0)
    share = framed.cutout[..., 3:].astype(float) / 255
    assert np.abs(out - np.rint(80 * share + 255 * (1 - share))).max() <= 1
    assert (out[200, 200] == 80).all() and (out[5, 5] == 255).all()


def test_light_wrap_lightens_the_edge_more_the_stronger_and_never_the_middle(framed: Framed) -> None:
    plain, weak, strong = (
        before_backdrop(framed, Still("white", white), amount).astype(int) for amount in (0.0, 0.3, 1.0)
    )
    edge = 200, 200 - 115
    assert plain[edge][0] < weak[edge][0] < strong[edge][0]
    assert np.abs(strong[190:210, 190:210] - plain[190:210, 190:210]).max() <= 1
    assert np.array_equal(strong[:20], plain[:20]), "the backdrop stays as it is"
