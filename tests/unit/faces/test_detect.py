"""Decoding, the parts that are looked at, and what the real network finds."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, U8
from cyclorama.core.tflite import TfliteNetwork
from cyclorama.faces.anchors import anchors, decode
from cyclorama.faces.base import SIDE, Face, FaceNetwork
from cyclorama.faces.detect import SMALL, SearchSquare, find, merged, open_network, parts
from cyclorama.faces.litert import LiteRtFaces
from cyclorama.faces.opencv import OpenCvFaces
from cyclorama.models.bundled import bundled_path

PATH = bundled_path("face_detection.tflite")
FACE = Face(226.0, 130.0, 96.0, 1.0)
"""Of the bundled portrait, by eye."""


@pytest.fixture(scope="module")
def network() -> FaceNetwork:
    return open_network(PATH)


def portrait() -> U8:
    return np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8)


def test_there_are_as_many_anchors_as_the_network_has() -> None:
    points = anchors()
    assert points.shape == (896, 2)
    assert points[0].tolist() == points[1].tolist() == [4, 4]
    assert points[2].tolist() == [12, 4], "x runs first"
    assert points[512].tolist() == points[517].tolist() == [8, 8]
    assert points.max() == 124


def test_a_box_lies_relative_to_its_anchor() -> None:
    boxes, logits = np.zeros((896, 16), np.float32), np.full(896, -9, np.float32)
    boxes[2, :4], logits[2] = (3, -2, 20, 24), 2.0
    [face] = decode(boxes, logits, anchors())
    assert (face.x, face.y, face.side) == (15, 2, 22)
    assert face.score == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-6)


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(1, 200))
def test_overlap_is_a_symmetrical_share(x: float, y: float, side: float) -> None:
    one, other = Face(0, 0, 40, 1), Face(x, y, side, 1)
    assert 0 <= one.overlap(other) <= 1 + 1e-9
    assert one.overlap(other) == pytest.approx(other.overlap(one))
    assert other.overlap(other) == pytest.approx(1)


def test_overlap_of_known_squares() -> None:
    assert Face(0, 0, 2, 1).overlap(Face(1, 0, 2, 1)) == pytest.approx(1 / 3)
    assert Face(0, 0, 4, 1).overlap(Face(0, 0, 2, 1)) == pytest.approx(1 / 4)
    assert Face(0, 0, 2, 1).overlap(Face(5, 0, 2, 1)) == 0


def test_finds_of_one_face_become_one() -> None:
    faces = merged([Face(10, 10, 8, 0.5), Face(12, 10, 8, 1.0), Face(60, 60, 8, 0.7)])
    assert [round(f.x, 2) for f in faces] == [11.33, 60]
    assert faces[0].score == 1.0


@given(st.integers(1, 4000), st.integers(1, 4000))
def test_every_small_face_lies_in_one_part(width: int, height: int) -> None:
    every = parts((width, height))
    assert len(every) <= 1 + 2 * (2 + 2 * max(width / height, height / width) / SMALL) * 3
    side = min(width, height) * SMALL * 0.3
    rng = np.random.default_rng(width * 4001 + height)
    for x, y in rng.uniform((0, 0), (max(0, width - side), max(0, height - side)), (20, 2)):
        assert any(
            p.left <= x + 1 and p.top <= y + 1 and x + side <= p.left + p.side + 1 and y + side <= p.top + p.side + 1
            for p in every
        )


@pytest.mark.parametrize("size", [1.0, 0.5, 0.25, 0.17])
def test_the_face_of_the_portrait_at_several_sizes(network: FaceNetwork, size: float) -> None:
    small = cv2.resize(portrait(), None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    picture = np.full((720, 1280, 3), 90, np.uint8)
    picture[720 - small.shape[0] :, 300 : 300 + small.shape[1]] = small
    face = Face(300 + FACE.x * size, 720 - small.shape[0] + FACE.y * size, FACE.side * size, 1)
    look = SearchSquare(round(face.x - 2 * face.side), round(face.y - 2 * face.side), round(4 * face.side))
    [found] = find(network, picture, look)
    assert found.overlap(face) > 0.5, (found, face)


def test_nothing_is_found_where_nobody_is(network: FaceNetwork) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    assert find(network, noise, SearchSquare(0, 0, 480)) == []
    assert find(network, np.zeros((2, 2, 3), np.uint8), SearchSquare(-500, 0, 400)) == [], "a part beyond the picture"


def test_without_litert_opencv_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = SearchSquare(0, 0, 512)
    [one] = find(LiteRtFaces(PATH), portrait(), whole)
    monkeypatch.setitem(sys.modules, "cyclorama.faces.litert", None)
    other = open_network(PATH)
    assert isinstance(other, OpenCvFaces)
    [two] = find(other, portrait(), whole)
    other.close()
    assert one.overlap(two) > 0.999
    assert two.score == pytest.approx(one.score, abs=1e-4)


def test_a_damaged_network_says_what_to_do(tmp_path: Path) -> None:
    bad = tmp_path / "bad.tflite"
    bad.write_bytes(b"no network")
    for kind in (LiteRtFaces, OpenCvFaces):
        with pytest.raises(ModelError, match=r"bad\.tflite.*install cyclorama again"):
            kind(bad)


def test_the_network_takes_the_picture_as_it_is_documented(network: FaceNetwork) -> None:
    seen: list[U8] = []

    class Watching:
        provider = ""

        def find(self, rgb: U8) -> list[Face]:
            seen.append(rgb)
            return [Face(64, 32, 16, 1)]

        def close(self) -> None:
            pass

    picture = np.zeros((100, 200, 3), np.uint8)
    picture[..., 0] = 255
    [face] = find(Watching(), picture, SearchSquare(0, -50, 200))
    assert seen[0].shape == (SIDE, SIDE, 3)
    assert seen[0][64, 64].tolist() == [0, 0, 255], "RGB"
    assert seen[0][:30].max() == 0, "black outside the picture"
    assert (face.x, face.y, face.side) == (100, 0, 25)


def test_opencv_says_what_fails_in_a_run() -> None:
    network = TfliteNetwork(PATH)
    with pytest.raises(ModelError, match=r"face_detection\.tflite failed in OpenCV: .") as caught:
        network.run(np.zeros((SIDE, SIDE, 1), np.float32))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shapes", [[(1, 896, 16)], [(1, 896, 1)], [(1, 1, 128, 128)], []])
def test_other_outputs_than_boxes_and_scores_are_refused(shapes: list[tuple[int, ...]]) -> None:
    class Other:
        def run(self, rgb: F32) -> list[F32]:
            return [np.zeros(shape, np.float32) for shape in shapes]

    faces = OpenCvFaces(PATH)
    faces._network = Other()  # type: ignore[assignment]
    with pytest.raises(ModelError, match="other outputs than boxes and scores"):
        faces.find(np.zeros((SIDE, SIDE, 3), np.uint8))
