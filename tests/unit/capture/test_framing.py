"""The camera operator against people made of numbers, and the whole of auto-framing against the demo."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclorama.capture.auto_framing import AutoFraming
from cyclorama.capture.demo import DemoSource
from cyclorama.capture.framing import FOLLOW, MAX_ENLARGED, MAX_ZOOM, Operator
from cyclorama.capture.view import View, widest
from cyclorama.core.frames import U8, SizeWH
from cyclorama.faces.base import Face

PICTURE_WH = (1920, 1080)
OUTPUT_WH = (1280, 720)
LOOK_S = 0.2
Faces = Callable[[float], Sequence[Face]]


def face(x: float, y: float = 500, side: float = 200) -> Face:
    return Face(x, y, side, 0.9)


def run(faces: Faces, seconds: float, fps: float = 30, operator: Operator | None = None) -> list[View]:
    """The views of all frames, faces looked for every ``LOOK_S``."""
    operator = operator or Operator(PICTURE_WH, OUTPUT_WH)
    views, next_look = [], 0.0
    for index in range(round(seconds * fps)):
        time_s = index / fps
        if time_s >= next_look - 1e-9:
            operator.see(faces(time_s))
            next_look += LOOK_S
        views.append(operator.move(1 / fps))
    return views


def holds(view: View, face: Face) -> bool:
    half = face.side / 2
    return (
        abs(face.x - view.x) + half <= view.width / 2 + 1e-6 and abs(face.y - view.y) + half <= view.height / 2 + 1e-6
    )


def speeds(values: Sequence[float], fps: float = 30) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.diff(np.asarray(values)) * fps


def test_a_face_ends_at_its_place_and_size() -> None:
    last = run(lambda t: [face(800)], 8)[-1]
    assert (800 - last.x) / last.height == pytest.approx(0, abs=0.03)
    assert (500 - last.y) / last.height == pytest.approx(-0.083, abs=0.03), "eyes above the middle"
    assert 200 / last.height == pytest.approx(0.278, abs=0.02)


def test_it_arrives_within_seconds_and_never_swings_past() -> None:
    views = run(lambda t: [face(800)], 8)
    for values in ([v.x for v in views], [v.y for v in views], [v.height for v in views]):
        assert abs(values[90] - values[-1]) < 0.1 * abs(values[0] - values[-1])
        change = np.diff(values) * np.sign(values[-1] - values[0])
        assert (change > -1e-6).all(), "one way all the time"


def test_it_starts_and_stops_softly() -> None:
    x = [v.x for v in run(lambda t: [face(400 if t < 5 else 1200)], 12)]
    acceleration = np.abs(np.diff(speeds(x))) * 30
    assert acceleration.max() < 2.5 * FOLLOW.rate * FOLLOW.pan * PICTURE_WH[1]
    assert abs(speeds(x)[-1]) < 1


@given(st.integers(0, 10**6), st.floats(400, 1500))
@settings(max_examples=15, deadline=None)
def test_jitter_and_small_moves_are_ignored(seed: int, x: float) -> None:
    rng = np.random.default_rng(seed)
    operator = Operator(PICTURE_WH, OUTPUT_WH)
    run(lambda t: [face(x)], 10, operator=operator)
    height = operator.view.height

    def shaking(t: float) -> list[Face]:
        dx, dy = rng.uniform(-0.06, 0.06, 2) * height
        return [face(x + dx, 500 + dy, 200 * rng.uniform(0.93, 1.07))]

    views = run(shaking, 10, operator=operator)
    assert max(abs(v.x - views[0].x) for v in views) < 0.005 * height
    assert max(abs(v.height - views[0].height) for v in views) < 0.005 * height


def walking(t: float) -> list[Face]:
    if t < 3:
        return [face(500)]
    if t < 8:
        return [face(500 + (t - 3) * 180, 500 + 30 * math.sin(t), 180)]
    return [face(1400, 480, 240)] if t < 13 else []


@pytest.mark.parametrize("fps", [15, 24, 60])
def test_the_path_does_not_depend_on_the_frame_rate(fps: int) -> None:
    reference, other = run(walking, 18, 120), run(walking, 18, fps)
    for second in range(1, 18):
        one, two = reference[second * 120 - 1], other[second * fps - 1]
        assert (two.x, two.y, two.height) == pytest.approx((one.x, one.y, one.height), abs=0.01 * PICTURE_WH[1])


def test_somebody_walking_stays_in() -> None:
    for time_s, view in zip(np.arange(18 * 30) / 30, run(walking, 18), strict=True):
        if 2 < time_s < 12:
            assert holds(view, walking(time_s)[0]), time_s


def test_somebody_running_is_caught_by_a_wider_view() -> None:
    def runner(t: float) -> list[Face]:
        return [face(300 if t < 6 else min(1700, 300 + (t - 6) * 900), 500, 150)]

    views = run(runner, 16)
    assert max(v.height for v in views[190:260]) > 1.2 * views[170].height
    assert views[-1].height == pytest.approx(views[170].height, rel=0.05)
    assert holds(views[-1], runner(16)[0])
    assert all(holds(v, runner(9)[0]) for v in views[round(8.5 * 30) :]), "a second after the run"


def test_two_people_are_both_kept_in() -> None:
    def pair(t: float) -> list[Face]:
        return [face(600, 500, 120)] if t < 4 else [face(600, 500, 120), face(1300, 450, 140)]

    views = run(pair, 12)
    assert all(holds(views[-1], each) for each in pair(12))
    assert views[-1].height > 1.3 * views[119].height


def test_nobody_there_leads_back_to_everything_slowly() -> None:
    operator = Operator(PICTURE_WH, OUTPUT_WH)
    near = run(lambda t: [face(500)], 6, operator=operator)[-1]
    views = run(lambda t: [], 20, operator=operator)
    assert views[60].height < (near.height + PICTURE_WH[1]) / 2, "not yet half-way after two seconds"
    assert views[-1].height == pytest.approx(PICTURE_WH[1], rel=0.01)


def test_with_nobody_the_picture_stays_whole() -> None:
    assert run(lambda t: [], 3)[-1] == widest(PICTURE_WH, 16 / 9)


def test_it_does_not_zoom_without_limit() -> None:
    assert run(lambda t: [face(900, 500, 10)], 15)[-1].height == pytest.approx(720 / MAX_ENLARGED, rel=0.01)
    large = run(lambda t: [face(1900, 1000, 10)], 15, operator=Operator((3840, 2160), (640, 360)))[-1]
    assert large.height == pytest.approx(2160 / MAX_ZOOM, rel=0.01)
    small = run(lambda t: [face(320, 180, 10)], 5, operator=Operator((640, 360), (1920, 1080)))[-1]
    assert small.height == pytest.approx(360), "a picture that is enlarged already"


SIZES = st.tuples(st.integers(16, 4000), st.integers(16, 4000))


@given(SIZES, SIZES, st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_view_is_always_inside_and_of_the_outputs_shape(picture: SizeWH, output: SizeWH, seed: int) -> None:
    rng = np.random.default_rng(seed)
    operator = Operator(picture, output)
    for _ in range(30):
        places = rng.uniform((-0.2 * picture[0], -0.2 * picture[1], 1), (*(1.2 * s for s in picture), max(picture)))
        operator.see([Face(*map(float, places), 1.0)] * int(rng.integers(0, 3)))
        view = operator.move(float(rng.choice([0.0, 0.001, 0.033, 0.5, 100.0, -3.0])))
        assert view.height > 0 and view.aspect == output[0] / output[1]
        assert view.x - view.width / 2 >= -1e-6 * picture[0] and view.x + view.width / 2 <= picture[0] * (1 + 1e-6)
        assert view.y - view.height / 2 >= -1e-6 * picture[1] and view.y + view.height / 2 <= picture[1] * (1 + 1e-6)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_speed_has_a_limit_whatever_the_faces_do(seed: int) -> None:
    rng = np.random.default_rng(seed)
    operator = Operator(PICTURE_WH, OUTPUT_WH)
    before = operator.view
    for _ in range(200):
        operator.see([face(*map(float, rng.uniform((0, 0, 40), (*PICTURE_WH, 300))))])
        for _ in range(6):
            view = operator.move(1 / 30)
            moved = math.hypot(view.x - before.x, view.y - before.y) * 30
            zoomed = abs(view.height - before.height) * 30
            # the push back from a border comes on top of the pan: at most half the zoom, times the aspect
            assert moved <= FOLLOW.pan * PICTURE_WH[1] * 1.02 + zoomed * 16 / 9
            assert zoomed <= FOLLOW.zoom * PICTURE_WH[1] * 1.02
            before = view


def wide_scene(source: DemoSource, time_s: float) -> U8:
    """The demo's hand-held picture in the lower right quarter of a grey wall."""
    wall = np.full((720, 1280, 3), 120, np.uint8)
    wall[360:, 640:] = source.view(time_s)
    return wall


def test_auto_framing_of_a_real_face_settles_and_then_stands_still() -> None:
    source = DemoSource((640, 360), 10.0, live=False)
    framing = AutoFraming()
    views = [framing.view(wide_scene(source, i / 10), (1280, 720), i / 10) for i in range(150)]
    framing.close()
    assert views[-1].height < 600 and views[-1].x > 700
    later = [(v.x, v.y, v.height) for v in views[100:]]
    assert np.ptp(later, axis=0).max() < 0.03 * 720, "hand-held sway is no reason to move"


def test_another_size_of_picture_starts_whole_again() -> None:
    framing = AutoFraming()
    source = DemoSource((640, 360), 10.0, live=False)
    for index in range(40):
        last = framing.view(wide_scene(source, index / 10), (1280, 720), index / 10)
    assert last.height < 700
    assert framing.view(np.zeros((480, 640, 3), np.uint8), (1280, 720), 4.1) == widest((640, 480), 16 / 9)
    framing.close()
