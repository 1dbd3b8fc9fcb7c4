"""What the plate of the empty room does to a matte, and when it must not touch it."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import F32, KnownOutline
from cyclorama.matting.engine.room import evidence, learner
from cyclorama.matting.engine.room.capture import ENDED
from cyclorama.matting.engine.room.learner import Learner
from cyclorama.matting.engine.room.plate import Plate
from cyclorama.matting.engine.room.room import CONTRADICTED_FRAMES, HUNTING_FRAMES, Room
from cyclorama.matting.engine.room.state import BEGAN_ANEW, OTHER_SCENE, SOMEBODY_IN_IT, RoomState
from cyclorama.settings.values import Trim
from doubles.room_scene import FPS, HEIGHT, WIDTH, Scene, guessed, painted, person_at

ALPHA = person_at(200)
GUESS = guessed(ALPHA)


def error(seen: tuple[F32, KnownOutline | None] | F32, truth: F32 = ALPHA) -> float:
    """The mean error of what ``Room.see`` gave, its outline laid over its alpha; or of an alpha."""
    alpha, outline = seen if isinstance(seen, tuple) else (seen, None)
    if outline is not None:
        alpha = alpha + (outline.alpha / np.float32(255) - alpha) * (outline.weight / np.float32(255))
    return float(np.abs(alpha - truth).mean())


def is_untouched(room: Room, scene: Scene, alpha: F32 = ALPHA, guess: F32 = GUESS, *, cut: bool = False) -> bool:
    """Whether the next frame's alpha is the network's, the very array."""
    after, outline = room.see(scene.frame(alpha), guess, cut=cut)
    return after is guess and outline is None


def test_the_outline_is_worked_out_from_the_colours(known: Room, scene: Scene) -> None:
    seen = known.see(scene.frame(ALPHA), GUESS, cut=False)
    assert seen[1] is not None
    assert error(seen) < 0.5 * error(GUESS)
    assert float(seen[0][(ALPHA == 1) & (cv2.erode(ALPHA, np.ones((15, 15))) == 1)].min()) > 0.95


def test_what_the_network_takes_for_a_person_is_room_where_it_looks_as_before(known: Room, scene: Scene) -> None:
    guess = GUESS.copy()
    chair = np.s_[100:200, 20:80]
    guess[chair] = 0.9
    after, _ = known.see(scene.frame(ALPHA), guess, cut=False)
    assert float(after[chair].max()) < 0.35, "a veil, which is room"


@pytest.mark.parametrize(("shade", "is_room"), [(0.85, True), (0.5, False)])
def test_a_shadow_is_room_and_something_dark_may_be_a_person(
    known: Room, scene: Scene, shade: float, is_room: bool
) -> None:
    guess = GUESS.copy()
    place = np.s_[60:120, 20:60]
    guess[place] = 0.9
    scene.wall[place] *= shade
    after, _ = known.see(scene.frame(ALPHA), guess, cut=False)
    inner = after[65:115, 25:55]
    assert float(inner.max()) < 0.4 if is_room else float(inner.min()) > 0.6


def test_a_thing_far_from_anybody_makes_no_person(known: Room, scene: Scene) -> None:
    thing = np.s_[60:110, 20:70]
    scene.wall[thing] = (10, 240, 10)
    guess = GUESS.copy()
    guess[thing] = 0.3
    for _ in range(40):
        after, _ = known.see(scene.frame(ALPHA), guess, cut=False)
        assert float(after[thing].max()) <= 0.31


def test_a_thing_in_doubt_a_little_way_off_makes_no_person(
    known: Room, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "without_veils", lambda probability: probability)  # which sees to it as well
    thing = np.s_[146:154, 273:279]
    scene.wall[thing] = (10, 240, 10)
    guess = GUESS.copy()
    guess[thing] = 0.4
    after, _ = known.see(scene.frame(ALPHA), guess, cut=False)
    assert float(after[thing].max()) <= 0.41


def test_a_shirt_with_a_patch_of_the_walls_colour_has_no_hole(known: Room, scene: Scene) -> None:
    frame = scene.frame(ALPHA)
    pixels = frame.pixels.copy()
    patch = np.s_[145:154, 195:204]
    pixels[patch] = scene.wall[patch].astype(np.uint8)
    guess = np.minimum(GUESS, np.float32(0.95))
    after, _ = known.see(type(frame)(pixels, frame.seq, frame.captured_ns), guess, cut=False)
    assert float(after[patch].min()) > 0.9


@pytest.mark.parametrize(
    ("gain", "used"),
    [(1.2, True), (0.85, True), (0.72, True), (1.45, False), (1.6, False), (0.68, False), (0.5, False)],
)
def test_the_exposure_is_followed_and_another_light_is_not(known: Room, scene: Scene, gain: float, used: bool) -> None:
    scene.gain = gain
    seen = known.see(scene.frame(ALPHA), GUESS, cut=False)
    assert (seen[0] is not GUESS) is used
    assert not used or error(seen) < 0.5 * error(GUESS)


def test_out_of_focus_it_is_not_used_nor_for_half_a_second_after(known: Room, scene: Scene) -> None:
    def sees(sigma: float) -> bool:
        frame = scene.frame(ALPHA)
        pixels = cv2.GaussianBlur(frame.pixels, (0, 0), sigma) if sigma else frame.pixels
        return known.see(type(frame)(pixels, frame.seq, frame.captured_ns), GUESS, cut=False)[0] is not GUESS

    assert sees(0)
    assert not sees(2)
    assert [sees(0) for _ in range(HUNTING_FRAMES)] == [False] * (HUNTING_FRAMES - 1) + [True]


def test_beside_a_lamp_that_was_switched_on_it_is_not_used(known: Room, scene: Scene) -> None:
    _, before = known.see(scene.frame(ALPHA), GUESS, cut=False)
    lit = np.s_[:, 240:]
    scene.wall[lit] = np.minimum(scene.wall[lit] * 1.05, 255)
    _, after = known.see(scene.frame(ALPHA), GUESS, cut=False)
    assert before is not None and after is not None
    assert before.weight[:, 255:].max() > 100 and after.weight[:, 255:].max() == 0
    assert after.weight[:, :170].max() > 100, "on the other side of her it is"


def test_a_plate_of_another_room_is_not_used(known: Room, scene: Scene) -> None:
    scene.wall = painted(2)
    assert all(is_untouched(known, scene) for _ in range(20))


def test_a_cut_to_another_room_forgets_it_and_one_within_the_room_does_not(known: Room, scene: Scene) -> None:
    after, _ = known.see(scene.frame(ALPHA), GUESS, cut=True)
    assert known.is_known and after is not GUESS, "somebody is there at once"
    scene.wall = painted(2)
    assert is_untouched(known, scene, cut=True)
    assert not known.is_known and known.state == RoomState(lost=OTHER_SCENE)


def test_a_camera_that_moves_is_left_alone_until_it_stands_again(known: Room, scene: Scene) -> None:
    there, guess = np.roll(ALPHA, 9, 1), np.roll(GUESS, 9, 1)
    for scene.shift in (12, 15, 10, 13):
        assert is_untouched(known, scene, ALPHA, np.roll(GUESS, scene.shift, 1)), scene.shift
        assert known.is_known and not known.state.used
    scene.shift = 9
    found = [known.see(scene.frame(ALPHA), guess, cut=False) for _ in range(30)]
    assert found[0][0] is guess
    assert error(found[-1], there) < 0.5 * error(guess, there), "registered again"
    assert known.state.used


def test_a_move_that_explains_less_is_not_taken(known: Room, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    plate = known._plate
    assert plate is not None
    wrong = plate.with_color(np.roll(plate.color, 40, 1), plate.known)
    monkeypatch.setattr(known._alignment, "proposed", lambda *_: wrong)
    assert error(known.see(scene.frame(ALPHA), GUESS, cut=False)) < 0.5 * error(GUESS)


def test_a_plate_with_a_person_in_it_is_not_used_and_soon_forgotten(known: Room, scene: Scene) -> None:
    room = Room(by_itself=True)
    for _ in range(31):  # the network sees nobody, in the dark
        room.see(scene.frame(ALPHA), np.zeros_like(GUESS), cut=False)
    assert room.is_known
    assert all(is_untouched(room, scene) for _ in range(CONTRADICTED_FRAMES))
    assert not room.is_known and room.state == RoomState(lost=SOMEBODY_IN_IT)


def test_a_plate_that_contradicts_the_network_now_and_then_is_kept(scene: Scene) -> None:
    room = Room(by_itself=True)
    for _ in range(31):
        room.see(scene.frame(ALPHA), np.zeros_like(GUESS), cut=False)
    room.learn_by_itself(False)
    for _ in range(2):
        assert all(is_untouched(room, scene) for _ in range(CONTRADICTED_FRAMES - 1))
        room.see(scene.frame(ALPHA), np.zeros_like(GUESS), cut=False)
    assert room.is_known


def test_beside_a_change_the_plate_is_unknown_until_it_is_seen(known: Room, scene: Scene) -> None:
    """A thing is put behind somebody: the part that can be seen is learned, the rest is no evidence for a person."""
    scene.wall[100:200, 240:300] = (200, 30, 200)
    for _ in range(learner.EVERY * (learner.DOUBTED_LOOKS + 3)):
        after, _ = known.see(scene.frame(ALPHA), GUESS, cut=False)
    ring = (cv2.dilate(ALPHA, np.ones((9, 9))) > 0) & (cv2.dilate(ALPHA, np.ones((3, 3))) == 0)
    ring[:125], ring[175:], ring[:, :200] = False, False, False
    assert float(np.abs(after - GUESS)[ring].max()) < 0.01, "the network alone"
    assert known._plate is not None and known._plate.known[125:175, 280:300].min() == 1, "that was seen"


def test_what_nobody_can_see_beside_a_change_is_unknown_for_now() -> None:
    plate = Plate.of(np.full((20, 30, 3), 90, np.float32), 2.0, np.ones((20, 30), np.uint8))
    now, gain = np.full((20, 30, 3), 90, np.uint8), np.ones(3, np.float32)
    empty, trusted = np.zeros((20, 30), np.uint8), np.ones((20, 30), np.uint8)
    empty[:, 20:], trusted[:, 10:] = 1, 0
    follower = Learner()
    for _ in range(learner.EVERY * learner.DOUBTED_LOOKS + 1):
        assert plate.known.all()
        plate = follower.follow(now, plate, gain, empty, trusted)
    assert plate.known.all(axis=0).tolist() == [True] * 10 + [False] * 10 + [True] * 10


def test_the_room_is_followed_where_nobody_is_and_nowhere_else(known: Room, scene: Scene) -> None:
    far, behind, near = np.s_[20:50, 30:60], np.s_[140:160, 190:210], np.s_[140:160, 263:266]
    for place in (far, behind, near):
        scene.wall[place] = (90, 220, 90)
    before = known._plate
    for _ in range(90):
        known.see(scene.frame(ALPHA), GUESS, cut=False)
    after = known._plate
    assert before is not None and after is not None
    assert np.abs(after.color - scene.wall)[far].mean() < 4
    for place in (behind, near):
        assert np.array_equal(after.color[place], before.color[place])


def test_it_is_learned_once_nobody_was_there_for_a_second(scene: Scene) -> None:
    room = Room(by_itself=True)
    scene.empty(room, FPS - 3)
    room.see(scene.frame(ALPHA), GUESS, cut=False)
    scene.empty(room, FPS - 3)
    assert not room.is_known
    assert room.state == RoomState()
    begin_s = time.time()
    scene.empty(room, 5)
    assert room.is_known and begin_s <= (room.state.since_s or 0) <= time.time()


def test_the_given_seconds_of_a_clip_are_learned(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(span=Trim(0, 1))
    scene.empty(room, FPS)
    assert not room.is_known
    seen = room.see(scene.frame(ALPHA), GUESS, cut=True)
    assert seen[1] is not None and error(seen) < 0.5 * error(GUESS) and not caplog.records


def test_somebody_in_the_given_seconds_is_told_and_changes_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(span=Trim(0, 1))
    for _ in range(2 * FPS):
        assert is_untouched(room, scene)
    assert [record.getMessage() for record in caplog.records] == [
        "the empty room is not used: somebody is in the picture: leave it, and try again"
    ]


@pytest.mark.parametrize("span", [Trim(0, 60), Trim(50, 60)], ids=["not to its end", "not begun"])
def test_seconds_that_the_clip_does_not_have_are_told_once(
    scene: Scene, caplog: pytest.LogCaptureFixture, span: Trim
) -> None:
    room = Room(span=span)
    scene.empty(room, FPS)
    for _ in range(2):
        room.close()
    assert [record.getMessage() for record in caplog.records] == [f"the empty room is not used: {ENDED}"]


def test_no_seconds_are_missed_once_the_room_is_learned(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(by_itself=True, span=Trim(0, 1))
    scene.empty(room, 2 * FPS)
    room.close()
    room.forget()
    assert not caplog.records


def test_that_the_room_of_a_clip_is_lost_is_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(span=Trim(0, 1))
    scene.empty(room, 2 * FPS)
    assert room.is_known
    for _ in range(2):
        room.forget()
    assert [record.getMessage() for record in caplog.records] == [f"the empty room is not used: {BEGAN_ANEW}"]


def captured(room: Room, scene: Scene, alpha: F32 | None, shake: int = 0) -> str:
    """Why it was not captured."""
    capture = room.capture()
    for number in range(2 * FPS + 1):
        assert not capture.ended(0)
        scene.shift = shake * (number % 2)
        room.see(scene.frame(alpha), np.zeros_like(GUESS) if alpha is None else GUESS, cut=False)
    assert capture.ended(0)
    return capture.refusal


def test_a_capture_replaces_the_plate(known: Room, scene: Scene) -> None:
    scene.wall = painted(3)
    assert captured(known, scene, None) == ""
    assert not is_untouched(known, scene)


def test_a_capture_is_refused_where_somebody_is_or_the_camera_moves(scene: Scene) -> None:
    room = Room()
    assert captured(room, scene, ALPHA).startswith("somebody is in the picture")
    assert captured(room, scene, None, shake=20).startswith("the camera or the light moved")
    assert not room.is_known


def test_who_waits_for_a_capture_finds_the_room_known(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room()
    capture = room.capture()
    known: list[bool] = []
    monkeypatch.setattr(capture, "end", lambda refusal: known.append(room.state.since_s is not None))
    scene.empty(room, 2 * FPS + 1)
    assert known == [True]


def test_another_source_ends_a_capture_and_forgets_the_plate(known: Room, scene: Scene) -> None:
    capture = known.capture()
    known.see(scene.frame(), np.zeros_like(GUESS), cut=False)
    known.forget()
    assert capture.ended(0) and capture.refusal == f"{BEGAN_ANEW}: try again"
    assert is_untouched(known, scene)
    assert known.state == RoomState(lost=BEGAN_ANEW)


def test_a_screen_that_flickers_is_unknown(scene: Scene) -> None:
    room = Room(by_itself=True)
    for number in range(31):
        scene.wall[20:60, 20:80] = 60 + 100 * (number % 2)
        room.see(scene.frame(), np.zeros((HEIGHT, WIDTH), np.float32), cut=False)
    assert room._plate is not None
    assert room._plate.known[25:55, 25:75].max() == 0 and room._plate.known[100:].min() == 1
