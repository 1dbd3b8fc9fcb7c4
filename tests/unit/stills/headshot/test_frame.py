"""A headshot's frame: as it was asked for, or tighter, but never with a body that ends in the air."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.headshot.frame import FrameBox, choose_frame, frame_axes
from cyclorama.stills.headshot.preset import Preset, load_presets
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry
from cyclorama.stills.portrait.head import measure_head

PRESETS = load_presets()


@pytest.fixture(scope="module")
def face() -> FaceGeometry:
    """The bundled portrait's."""
    with FaceFinder() as finder:
        return finder.find(np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8))[0]


def placed(face: FaceGeometry, x: float, y: float, unit: float, roll_deg: float) -> FaceGeometry:
    """The face elsewhere: the middle of its eyes, the distance from there to the chin, and its slope."""
    upright = (face.points[:, :2] - np.asarray(face.eyes)) @ frame_axes(face.roll_deg).T * (unit / face.eyes_to_chin)
    points = face.points.copy()
    points[:, :2] = upright @ frame_axes(roll_deg) + (x, y)
    return replace(face, points=points)


def person(face: FaceGeometry, size_wh: tuple[int, int], shoulders: float = 1.6) -> U8:
    """The matte of a head on a body that goes on down without an end."""
    alpha = np.zeros((size_wh[1], size_wh[0]), np.uint8)
    unit, roll = face.eyes_to_chin, face.roll_deg
    head_wh = round(0.8 * unit), round(1.15 * unit)
    cv2.ellipse(alpha, tuple(map(round, face.eyes)), head_wh, roll, 0, 360, 255, -1)
    corners = [(-0.4, 0.5), (0.4, 0.5), (shoulders, 1.5), (shoulders, 30), (-shoulders, 30), (-shoulders, 1.5)]
    body = np.array([face.at(across * unit, down * unit) for across, down in corners])
    cv2.fillPoly(alpha, [np.rint(body).astype(np.int32)], 255)
    return alpha


def seen(box: FrameBox, face: FaceGeometry, alpha: U8, side: int = 500) -> tuple[U8, U8]:
    """Through the frame: the matte, and where the photo is."""
    height = round(side * box.height / box.width)
    zoom = side / box.width
    linear = frame_axes(box.roll_deg) * zoom
    offset = -linear @ np.asarray(face.eyes) - zoom * np.array([box.left, box.top])
    matrix = np.column_stack([linear, offset + linear @ (0.5, 0.5) - 0.5])
    photo = np.full_like(alpha, 255)
    return (
        cv2.warpAffine(alpha, matrix, (side, height), flags=cv2.INTER_NEAREST),
        cv2.warpAffine(photo, matrix, (side, height), flags=cv2.INTER_NEAREST),
    )


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
@pytest.mark.parametrize("roll_deg", [0, -12, 25, 90])
def test_with_room_enough_the_frame_is_what_was_asked_for(face: FaceGeometry, preset: Preset, roll_deg: float) -> None:
    here = placed(face, 1500, 1500, 200, roll_deg)
    alpha = person(here, (3000, 3000))
    head = measure_head(here, alpha)
    box = choose_frame(here, head, alpha, preset)
    assert box.tighter == 1 and box.roll_deg == pytest.approx(roll_deg, abs=0.1)
    assert head.height / box.height == pytest.approx(preset.head, rel=1e-3)
    assert box.width / box.height == pytest.approx(preset.size[0] / preset.size[1], rel=1e-3)
    assert (-here.below_eyes(head.hair_top) - (-box.top)) / box.height == pytest.approx(-preset.headroom, rel=0.02)
    assert abs(box.left + box.width / 2) < 0.05 * box.width, "the face is in the middle"


@given(
    size_wh=st.tuples(st.integers(200, 600), st.integers(200, 600)),
    x=st.floats(0.2, 0.8),
    y=st.floats(0.2, 0.8),
    unit=st.floats(20, 110),
    roll_deg=st.floats(-40, 40),
    shoulders=st.floats(0.8, 3),
    preset=st.sampled_from(list(PRESETS.values())),
)
@settings(max_examples=40, deadline=None)
def test_no_body_ends_in_the_air(
    face: FaceGeometry,
    size_wh: tuple[int, int],
    x: float,
    y: float,
    unit: float,
    roll_deg: float,
    shoulders: float,
    preset: Preset,
) -> None:
    here = placed(face, x * size_wh[0], y * size_wh[1], unit, roll_deg)
    alpha = person(here, size_wh, shoulders)
    try:
        box = choose_frame(here, measure_head(here, alpha), alpha, preset)
    except CaptureError:
        assume(False)
    shown, photo = seen(box, here, alpha)
    # A body's pixel with something beyond the photo beside it, inside the frame: that is the straight edge.
    beyond = cv2.dilate(255 - photo, np.ones((3, 3), np.uint8))
    assert not ((shown > 0) & (beyond > 0))[2:-2, 2:-2].any()
    assert (shown[-1] > 0).any(), "the body reaches the lower edge"


def test_a_face_at_the_edge_of_a_photo_is_none_for_a_headshot(face: FaceGeometry) -> None:
    here = placed(face, 20, 200, 150, 0)
    alpha = np.full((400, 400), 255, np.uint8)
    with pytest.raises(CaptureError, match="too near"):
        choose_frame(here, measure_head(here, alpha), alpha, PRESETS["square"])


def test_a_photo_too_tight_to_be_turned_far_is_turned_less(face: FaceGeometry) -> None:
    here = placed(face, 250, 230, 130, 18)
    alpha = np.full((500, 500), 255, np.uint8)
    box = choose_frame(here, measure_head(here, alpha), alpha, PRESETS["square"])
    assert box.roll_deg == pytest.approx(9, abs=0.1), "half of the roll is levelled"
    assert box.tighter > 1.05, "and the frame is tighter than the preset asks for"
