"""Faces followed and searched for, with a network that sees painted squares, and the real one on real clips."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.faces.base import Face
from cyclorama.faces.tracker import HOLD_S, FaceTracker

LOOK_S = 0.2


class SquaresNetwork:
    """Sees every white square that lies inside, as the real one does: only where it is large enough."""

    provider = "test"

    def __init__(self) -> None:
        self.looks = 0

    def find(self, rgb: U8) -> list[Face]:
        self.looks += 1
        _, _, boxes, _ = cv2.connectedComponentsWithStats((rgb[..., 0] > 128).astype(np.uint8))
        faces = []
        for left, top, width, height, _ in boxes[1:]:
            if min(width, height) >= 16 and max(width, height) < 1.3 * min(width, height):
                faces.append(Face(left + width / 2, top + height / 2, (width + height) / 2, 0.9))
        return faces

    def close(self) -> None:
        pass


def scene(*faces: tuple[int, int, int]) -> U8:
    """Black, 1280x720, with a white square for each x, y, side."""
    pixels = np.zeros((720, 1280, 3), np.uint8)
    for x, y, side in faces:
        pixels[y - side // 2 : y + side // 2, x - side // 2 : x + side // 2] = 255
    return pixels


def follow(tracker: FaceTracker, pixels: U8, start_s: float, seconds: float) -> float:
    for _ in range(round(seconds / LOOK_S)):
        tracker.see(pixels, start_s)
        start_s += LOOK_S
    return start_s


@pytest.mark.parametrize("face", [(640, 360, 200), (1100, 200, 80), (90, 650, 60)])
def test_a_face_is_found_and_placed(face: tuple[int, int, int]) -> None:
    tracker = FaceTracker(SquaresNetwork())
    follow(tracker, scene(face), 0, 4)
    [found] = tracker.faces
    assert (found.x, found.y, found.side) == pytest.approx(face, abs=5)


def test_several_faces_each_once() -> None:
    tracker = FaceTracker(SquaresNetwork())
    follow(tracker, scene((300, 300, 120), (640, 300, 110), (1000, 400, 90)), 0, 8)
    assert sorted(round(face.x, -1) for face in tracker.faces) == [300, 640, 1000]


def test_every_turn_costs_two_looks() -> None:
    network = SquaresNetwork()
    tracker = FaceTracker(network)
    for turn in range(1, 30):
        tracker.see(scene((300, 300, 120), (640, 300, 110)), turn * LOOK_S)
        assert network.looks == 2 * turn


def test_a_moving_face_is_followed() -> None:
    tracker = FaceTracker(SquaresNetwork())
    now = follow(tracker, scene((300, 300, 120)), 0, 2)
    for x in range(300, 900, 60):
        tracker.see(scene((x, 300, 120)), now)
        now += LOOK_S
        assert len(tracker.faces) == 1
    assert tracker.faces[0].x == pytest.approx(840, abs=60)


def test_a_face_that_goes_is_believed_for_a_while_and_then_forgotten() -> None:
    tracker = FaceTracker(SquaresNetwork())
    now = follow(tracker, scene((300, 300, 120)), 0, 2)
    now = follow(tracker, scene(), now, HOLD_S - 1)
    assert len(tracker.faces) == 1
    follow(tracker, scene(), now, 2)
    assert tracker.faces == []


def test_what_only_one_look_saw_is_no_face() -> None:
    tracker = FaceTracker(SquaresNetwork())
    for turn in range(60):
        tracker.see(scene((300, 300, 300)) if turn % 9 == 0 else scene(), turn * LOOK_S)
        assert tracker.faces == []


def test_another_size_of_picture_starts_anew() -> None:
    tracker = FaceTracker(SquaresNetwork())
    now = follow(tracker, scene((300, 300, 120)), 0, 2)
    assert tracker.see(np.zeros((360, 640, 3), np.uint8), now) == []


@pytest.mark.parametrize("name", ["desk_audio.mp4", "kitchen.mp4", "room_720p.mp4"])
def test_the_person_of_a_real_clip(shared: Path, name: str) -> None:
    clip = cv2.VideoCapture(str(shared / "clips" / name))
    step = round(clip.get(cv2.CAP_PROP_FPS) * LOOK_S)
    tracker = FaceTracker()
    counts = []
    for index in range(step * 25):
        ok, pixels = clip.read()
        if not ok:
            break
        if index % step == 0:
            counts.append(len(tracker.see(np.asarray(pixels, np.uint8), index / step * LOOK_S)))
    tracker.close()
    assert counts[5:].count(1) >= 0.9 * len(counts[5:]), counts


@pytest.mark.parametrize("size", [0.5, 0.3])
def test_the_person_of_a_real_clip_far_away(shared: Path, size: float) -> None:
    clip = cv2.VideoCapture(str(shared / "clips" / "kitchen.mp4"))
    tracker = FaceTracker()
    for turn in range(25):
        _, pixels = clip.read()
        small = cv2.resize(pixels, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        wide = np.full((720, 1280, 3), 70, np.uint8)
        wide[-small.shape[0] :, 900 : 900 + small.shape[1]] = small
        tracker.see(wide, turn * LOOK_S)
    [face] = tracker.faces
    tracker.close()
    assert 900 < face.x < 900 + small.shape[1]
