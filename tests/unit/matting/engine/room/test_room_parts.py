"""The parts of a remembered room, one by one: what is known, what is learned, and what is believed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.matting.engine.room import alignment, registration
from cyclorama.matting.engine.room.alignment import LONGEST, STILL_FRAMES, Alignment
from cyclorama.matting.engine.room.capture import Captures
from cyclorama.matting.engine.room.collect import LEAST_FRAMES, Collector
from cyclorama.matting.engine.room.evidence import joined, outline_of
from cyclorama.matting.engine.room.learner import EVERY, Learner
from cyclorama.matting.engine.room.likelihood import (
    PERSON_DEVIATION,
    detail_beside,
    log_ratio,
    measured_gain,
    seen_beside,
)
from cyclorama.matting.engine.room.plate import Plate
from cyclorama.matting.engine.room.trust import trust_in
from cyclorama.settings.values import Trim
from doubles.room_scene import FPS, HEIGHT, WIDTH, Scene, guessed, person_at

ROWS, COLUMNS = 40, 60
KNOWN = np.ones((ROWS, COLUMNS), np.uint8)
ONES = np.ones(3, np.float32)
ALPHA = person_at(200)
GUESS = guessed(ALPHA)


def level(value: int) -> U8:
    return np.full((ROWS, COLUMNS, 3), value, np.uint8)


def plate_of(value: float, known: U8 = KNOWN) -> Plate:
    return Plate.of(np.full((ROWS, COLUMNS, 3), value, np.float32), 2.0, known)


# --- the plate


def test_what_comes_into_view_is_unknown_and_what_was_unknown_stays_so() -> None:
    known = KNOWN.copy()
    known[:, 20:23] = 0
    moved = plate_of(90, known).warped(np.float32([[1, 0, 4.5], [0, 1, 0]]))
    assert np.flatnonzero(moved.known[ROWS // 2] == 0).tolist() == [*range(15, 19), *range(COLUMNS - 5, COLUMNS)]


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_cell_beside_an_edge_of_any_colour_is_not_flat(channel: int) -> None:
    color = np.full((ROWS, COLUMNS, 3), 90, np.float32)
    color[:, 30:, channel] += 40
    flat = Plate.of(color, 2.0, KNOWN).flat
    assert np.flatnonzero(flat[ROWS // 2] == 0).tolist() == [29, 30]


# --- collecting it


def test_a_cell_that_flickers_in_one_colour_is_unknown() -> None:
    """By 15 levels, more than six standard deviations of the least noise: 13.3 of it."""
    collector = Collector()
    for number in range(5):
        now = level(90)
        now[:, :20, 0] += 15 * (number % 2)
        collector.add(now, occupied=False)
    assert collector.plate().known.all(axis=0).tolist() == [False] * 20 + [True] * 40


def test_a_camera_that_moved_and_came_back_has_moved() -> None:
    collector = Collector()
    for value in (90, 90, 99, 90, 90, 90):
        collector.add(level(value), occupied=False)
    assert collector.refusal.startswith("the camera or the light moved")


def test_the_given_seconds_count_from_the_first_frame() -> None:
    captures, learned = Captures(by_itself=False, span=Trim(0.5, 1)), []
    for number in range(FPS + 1):
        now = level(90 if number >= FPS // 2 else 40)
        captures.see(now, 100 + number / FPS, learned.append, occupied=False)
    [plate] = learned
    assert plate.color == pytest.approx(90, abs=1e-3)


def test_a_capture_of_a_slow_session_waits_for_the_frames_that_it_needs() -> None:
    """Two frames a second: four of them in the two seconds that a capture looks."""
    captures, learned = Captures(by_itself=False, span=None), []
    asked = captures.ask()
    for number in range(LEAST_FRAMES + 1):
        assert not asked.ended(0) and not learned
        captures.see(level(90), number / 2, learned.append, occupied=False)
    assert asked.ended(0) and asked.refusal == "" and len(learned) == 1


def test_given_seconds_with_too_few_frames_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    captures, learned = Captures(by_itself=False, span=Trim(0, 1)), []
    for number in range(LEAST_FRAMES + 1):
        captures.see(level(90), number / 2, learned.append, occupied=False)
    assert not learned
    assert "only 2 frames show it: give it a second" in caplog.text


def test_a_look_at_another_source_begins_anew() -> None:
    captures, learned = Captures(by_itself=True, span=None), []
    for number in range(2 * FPS):
        if number == 20:
            captures.reset("another source")
        captures.see(level(40 if number < 20 else 44), number / FPS, learned.append, occupied=False)
        assert not learned or number >= 20 + FPS
    [plate] = learned
    assert plate.color == pytest.approx(44, abs=1e-3)


# --- registration


def attempts(monkeypatch: pytest.MonkeyPatch, frames: list[tuple[U8, float]], empty: U8 = KNOWN) -> list[int]:
    """Numbers of the frames, each with how much the plate explains of it, at which a registration is tried."""
    aligned, plate = Alignment(), plate_of(90)
    monkeypatch.setattr(alignment, "registered", lambda now, plate, empty: plate)
    return [number for number, (now, match) in enumerate(frames) if aligned.proposed(now, plate, empty, match)]


def test_a_registration_that_fails_is_tried_more_and_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = attempts(monkeypatch, [(level(90), 0.0)] * (6 * LONGEST))
    assert tried[0] == STILL_FRAMES
    assert np.diff(tried).tolist()[:8] == [6, 12, 24, 48, 96, 192, LONGEST, LONGEST]


def test_a_plate_that_fitted_again_is_registered_soon_after_the_next_move(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, fits = [(level(90), 0.0)] * LONGEST, [(level(90), 1.0)]
    tried = attempts(monkeypatch, lost + fits + lost)
    assert min(number for number in tried if number > LONGEST) == LONGEST + STILL_FRAMES


def test_people_may_move_while_the_camera_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    empty, frames = KNOWN.copy(), []
    empty[:, 20:] = 0
    for number in range(10):
        now = level(90)
        now[:, 20:] += np.uint8(60 * (number % 2))
        frames.append((now, 0.0))
    assert attempts(monkeypatch, frames, empty) == [3, 9]
    assert attempts(monkeypatch, frames) == [], "the camera itself"


def test_a_camera_that_moves_in_every_other_frame_does_not_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [(level(value), 0.0) for value in (90, 90, 150, 150) * 10]
    assert attempts(monkeypatch, frames) == []


@pytest.mark.parametrize(("shift", "is_found"), [(5.0, True), (7.0, False), (-7.0, False), (np.nan, False)])
def test_a_move_farther_than_a_tenth_of_the_picture_is_no_move(
    monkeypatch: pytest.MonkeyPatch, shift: float, is_found: bool
) -> None:
    found = np.float32([[1, 0, shift], [0, 1, 0]])
    monkeypatch.setattr(registration, "_aligned", lambda *_: found.copy())
    moved = registration.registered(level(90), plate_of(90), KNOWN)
    assert (moved is not None) is is_found
    assert moved is None or moved.known.all(axis=0).tolist() == [False] * 5 + [True] * 55


# --- learning


def test_what_was_unknown_is_taken_over_as_it_is_seen_at_the_plates_exposure() -> None:
    known = KNOWN.copy()
    known[:, 30:] = 0
    color = np.full((ROWS, COLUMNS, 3), 100, np.float32)
    color[:, 30:] = 0
    plate, follower = Plate.of(color, 2.0, known), Learner()
    for _ in range(EVERY + 1):
        plate = follower.follow(level(120), plate, ONES * np.float32(1.2), KNOWN, KNOWN)
    assert plate.known.all()
    assert plate.color == pytest.approx(100, abs=0.01)


# --- comparing


def test_the_exposure_is_measured_beside_people() -> None:
    empty = KNOWN.copy()
    empty[:, 28:] = 0
    now = np.full((ROWS, COLUMNS, 3), 240, np.float32)
    now[:, :28] = 120
    gain = measured_gain(now, plate_of(100), empty)
    assert gain == pytest.approx(1.2, abs=0.01)


def striped(amplitude: float) -> Plate:
    color = np.full((ROWS, COLUMNS, 3), 100, np.float32)
    color[:, ::2] += amplitude
    return Plate.of(color, 2.0, KNOWN)


def test_a_darker_room_has_the_same_detail() -> None:
    plate = striped(20)
    assert detail_beside(plate.color * np.float32(0.72), plate, ONES * np.float32(0.72), KNOWN) == pytest.approx(1)


def test_detail_counts_where_the_plate_is_known() -> None:
    known, color = KNOWN.copy(), striped(20).color
    known[:, 30:] = 0
    now = color.copy()
    now[:, 30:] = 100
    assert detail_beside(now, Plate.of(color, 2.0, known), ONES, KNOWN) == pytest.approx(1)


@pytest.mark.parametrize("noise", [2.0, 5.0])
def test_evidence_compares_densities(noise: float) -> None:
    """Of a colour that the room and the person's mean share: the narrower distribution has the higher density."""
    plate = Plate.of(level(90).astype(np.float32), noise, KNOWN)
    seen = seen_beside(level(90).astype(np.float32), plate, ONES)
    expected = 3 * math.log(PERSON_DEVIATION / noise) - math.log(0.7)
    assert log_ratio(seen, seen.now) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("shade", "cost"), [(1.0, 0.0), (0.9, 0.5), (0.8, 2.0)])
def test_a_shadow_costs_the_more_the_deeper_it_is(shade: float, cost: float) -> None:
    """In standard deviations of a tenth, squared and halved; the colours are the room's."""
    seen = seen_beside(np.full((ROWS, COLUMNS, 3), 200 * shade, np.float32), plate_of(200), ONES)
    assert seen.cost == pytest.approx(cost, abs=0.02)


# --- evidence


def test_where_the_plate_is_not_trusted_the_network_alone_counts() -> None:
    scene = Scene()
    plate = Plate.of(scene.wall, 2.0, np.ones((HEIGHT, WIDTH), np.uint8))
    seen = seen_beside(scene.frame(ALPHA).pixels.astype(np.float32), plate, ONES)
    trusted = np.ones((HEIGHT, WIDTH), np.uint8)
    trusted[:, 200:] = 0
    after, evidence = joined(GUESS, seen, trusted)
    assert np.array_equal(after[:, 200:], GUESS[:, 200:]) and not np.array_equal(after[:, :200], GUESS[:, :200])
    assert float(np.abs(evidence[:, 200:]).max()) == 0
    weight = outline_of(after, seen, trusted).weight
    assert weight[:, 200:].max() == 0 and weight[:, :200].max() > 100


@pytest.mark.parametrize(("guess", "is_person"), [(0.8, False), (0.998, True)])
def test_a_large_patch_of_the_walls_colour_is_a_gap_unless_the_network_is_sure(guess: float, is_person: bool) -> None:
    scene = Scene()
    plate = Plate.of(scene.wall, 2.0, np.ones((HEIGHT, WIDTH), np.uint8))
    patch = np.s_[130:170, 180:220]
    now = scene.frame(ALPHA).pixels.astype(np.float32)
    now[patch] = scene.wall[patch]
    probability = GUESS.copy()
    probability[patch] = guess
    after, _ = joined(probability, seen_beside(now, plate, ONES), np.ones((HEIGHT, WIDTH), np.uint8))
    inner = after[140:160, 190:210]
    assert float(inner.min()) > 0.9 if is_person else float(inner.max()) < 0.3


def test_what_the_plate_does_not_know_is_not_trusted() -> None:
    scene = Scene()
    known = np.ones((HEIGHT, WIDTH), np.uint8)
    known[100:130, 100:140] = 0
    seen = seen_beside(scene.frame().pixels.astype(np.float32), Plate.of(scene.wall, 2.0, known), ONES)
    assert np.array_equal(trust_in(seen, known, np.ones_like(known)).cells, known)


@pytest.mark.parametrize(("changed", "is_trusted"), [(0, 1), (40, 0)])
def test_where_no_room_is_seen_around_the_plate_has_to_fit_elsewhere(changed: int, is_trusted: int) -> None:
    scene = Scene()
    known = np.ones((HEIGHT, WIDTH), np.uint8)
    plate = Plate.of(scene.wall.copy(), 2.0, known)
    scene.wall[:, :changed] = (10, 240, 10)
    empty = known.copy()
    empty[:, 200:] = 0
    trust = trust_in(seen_beside(scene.frame().pixels.astype(np.float32), plate, ONES), known, empty)
    assert trust.match == pytest.approx(1 - changed / 200, abs=0.02)
    assert trust.cells[:, 240:].min() == trust.cells[:, 240:].max() == is_trusted
