"""The frame on the photo: inside of it always, and as the rules want it wherever there is room."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclorama.core.errors import CaptureError
from cyclorama.stills.id_photo.frame import HeadInPhoto, IdFrame, choose_id_frame
from cyclorama.stills.id_photo.spec import IdSpec, find_spec, load_specs

PHOTO_WH = 3000, 4000
HEAD = HeadInPhoto(eyes=(1500.0, 1600.0), roll_deg=0.0, top=520.0, hair=560.0, chin=480.0)
"""A head of a quarter of the photo's height."""
SPECS = list(load_specs().values())


def corners(frame: IdFrame) -> list[tuple[float, float]]:
    width, height = frame.size_mm
    return [frame.to_photo(corner) for corner in ((0, 0), (width, 0), (0, height), (width, height))]


def heights(frame: IdFrame, head: HeadInPhoto) -> tuple[float, float]:
    """Of the head, and of the eyes above the bottom, in mm."""
    return (head.top + head.chin) / frame.px_per_mm, frame.size_mm[1] - frame.eyes_mm[1]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_with_room_everything_is_as_the_rules_want_it(spec: IdSpec) -> None:
    frame = choose_id_frame(spec, HEAD, PHOTO_WH)
    head, eyes = heights(frame, HEAD)
    assert spec.head[0] <= head <= spec.head[1]
    if spec.eyes is not None:
        assert spec.eyes[0] <= eyes <= spec.eyes[1]
    assert frame.eyes_mm[0] == pytest.approx(spec.size[0] / 2)
    assert frame.eyes_mm[1] - HEAD.hair / frame.px_per_mm > 0, "hair inside"
    assert eyes > HEAD.chin / frame.px_per_mm, "chin inside"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SPECS),
    st.floats(300, 2700),
    st.floats(300, 3700),
    st.floats(60, 600),
    st.floats(-8, 8),
)
def test_no_frame_reaches_beyond_the_photo(spec: IdSpec, x: float, y: float, unit: float, roll: float) -> None:
    head = HeadInPhoto((x, y), roll, unit, unit * 1.1, unit)
    try:
        frame = choose_id_frame(spec, head, PHOTO_WH)
    except CaptureError:
        return
    slack = 0.03 * frame.px_per_mm
    for corner_x, corner_y in corners(frame):
        assert -slack <= corner_x <= PHOTO_WH[0] + slack
        assert -slack <= corner_y <= PHOTO_WH[1] + slack


def test_little_room_above_gives_a_larger_head_within_the_rules() -> None:
    head = HeadInPhoto((1500.0, 620.0), 0.0, 520.0, 560.0, 480.0)  # 60 pixels of air
    frame = choose_id_frame(find_spec("us"), head, PHOTO_WH)
    tall, eyes = heights(frame, head)
    assert 25 <= tall <= 35 and 28 <= eyes <= 35
    assert eyes > heights(choose_id_frame(find_spec("us"), HEAD, PHOTO_WH), HEAD)[1]


def test_little_room_below_gives_a_larger_head_within_the_rules() -> None:
    tall, eyes = heights(choose_id_frame(find_spec("us"), HEAD, (3000, 2420)), HEAD)  # 820 pixels below the eyes
    assert 25 <= tall <= 35 and 28 <= eyes <= 35


@pytest.mark.parametrize(("name", "hair"), [("uk", 900.0), ("icao", 640.0)])
def test_big_hair_is_kept_inside(name: str, hair: float) -> None:
    head, spec = replace(HEAD, hair=hair), find_spec(name)
    frame = choose_id_frame(spec, head, PHOTO_WH)
    assert frame.eyes_mm[1] - head.hair / frame.px_per_mm > 0.5
    assert spec.head[0] - 0.01 <= heights(frame, head)[0] <= spec.head[1]


def test_a_head_at_the_side_moves_off_the_middle() -> None:
    head = HeadInPhoto((560.0, 1600.0), 0.0, 520.0, 560.0, 480.0)
    frame = choose_id_frame(find_spec("canada"), head, PHOTO_WH)
    assert frame.eyes_mm[0] < 25
    assert min(x for x, _ in corners(frame)) >= -1


def test_a_face_that_fills_the_photo_has_no_frame() -> None:
    with pytest.raises(CaptureError, match="ends too near to the face"):
        choose_id_frame(find_spec("us"), HeadInPhoto((50.0, 2000.0), 0.0, 1900.0, 1900.0, 1900.0), (100, 4000))


@given(st.floats(-30, 30), st.floats(0, 50), st.floats(0, 50), st.floats(1, 100))
def test_places_go_there_and_back(roll: float, x: float, y: float, scale: float) -> None:
    frame = IdFrame((50.0, 50.0), (1500.0, 1600.0), (25.0, 20.0), scale, roll)
    assert frame.to_mm(frame.to_photo((x, y))) == pytest.approx((x, y), abs=1e-6)
    distance = math.dist(frame.to_photo((x, y)), frame.to_photo((25.0, 20.0)))
    assert distance == pytest.approx(scale * math.dist((x, y), (25.0, 20.0)), abs=1e-6)


def test_a_tilted_head_stands_upright_in_a_levelled_frame() -> None:
    roll = math.radians(6)
    frame = choose_id_frame(find_spec("uk"), HeadInPhoto((1500.0, 1600.0), 6.0, 520.0, 560.0, 480.0), PHOTO_WH)
    chin = 1500 - 480 * math.sin(roll), 1600 + 480 * math.cos(roll)
    assert frame.to_mm(chin)[0] == pytest.approx(frame.eyes_mm[0])
    assert frame.to_mm(chin)[1] > frame.eyes_mm[1]
