"""The person that a face belongs to, cut out and seen through a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import F32, U8, Frame
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.headshot.person import cut_out_person, framed
from cyclorama.stills.headshot.preset import load_presets
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry
from doubles.null_model import NullModel

PORTRAIT = np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8)
SQUARE = load_presets()["square"]
Alpha = Callable[[Frame], F32]


@pytest.fixture(scope="module")
def face() -> Iterator[FaceGeometry]:
    with FaceFinder() as finder:
        yield finder.find(PORTRAIT)[0]


def blobs(*places: tuple[float, float, float]) -> Alpha:
    """The alpha of discs: x, y and radius in shares of the frame's sides."""

    def alpha(frame: Frame) -> F32:
        height, width = frame.pixels.shape[:2]
        out = np.zeros((height, width), np.float32)
        for x, y, radius in places:
            cv2.circle(out, (round(x * width), round(y * height)), round(radius * height), 1.0, -1)
        return out

    return alpha


HEAD = (0.435, 0.22, 0.2)


def test_what_does_not_touch_the_person_goes(face: FaceGeometry) -> None:
    network = NullModel(blobs(HEAD, (0.85, 0.3, 0.08), (0.1, 0.8, 0.08)))
    alpha = cut_out_person(PORTRAIT, face, network, [SQUARE]).cutout[..., 3]
    height, width = alpha.shape
    assert alpha[round(0.22 * height), round(0.435 * width)] == 255
    assert (alpha[:, round(0.7 * width) :] == 0).all()
    assert (alpha[round(0.6 * height) :] == 0).all()


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_what_is_transparent_in_the_photo_is_no_person(turns: int) -> None:
    lying = np.ascontiguousarray(np.rot90(PORTRAIT, turns))
    opaque = np.full(PORTRAIT.shape[:2], 255, np.uint8)
    opaque[:60] = 0  # above the middle of the forehead
    with FaceFinder() as finder:
        found = finder.find(lying)[0]
    network = NullModel(blobs(HEAD))
    person = cut_out_person(lying, found, network, [SQUARE])
    whole, edge = person.cutout[..., 3], round(60 * person.scale)
    less = cut_out_person(lying, found, network, [SQUARE], opaque=np.rot90(opaque, turns)).cutout[..., 3]
    assert whole[edge - 10].any()
    assert not less[: edge - 4].any()
    assert (less[edge + 4 :] == whole[edge + 4 :]).all()


def test_a_network_that_misses_the_person_is_told(face: FaceGeometry) -> None:
    with pytest.raises(CaptureError, match="no person where the face is"):
        cut_out_person(PORTRAIT, face, NullModel(blobs((0.85, 0.8, 0.1))), [SQUARE])


def test_a_frame_shows_the_photo_where_the_person_is(face: FaceGeometry) -> None:
    """Seen through the frame the face is the photo's own, at its place, in its colours."""

    def body(frame: Frame) -> F32:
        alpha = blobs(HEAD)(frame)
        alpha[round(0.3 * len(alpha)) :] = 1
        return alpha

    shot = framed(cut_out_person(PORTRAIT, face, NullModel(body), [SQUARE]), SQUARE)
    assert shot.cutout.shape == (1024, 1024, 4) and shot.pixels.shape == (1024, 1024, 3)
    solid = cv2.erode(shot.cutout[..., 3], np.ones((9, 9), np.uint8)) == 255
    assert solid[500, 512]
    assert np.abs(shot.cutout[..., :3][solid].astype(int) - shot.pixels[solid]).max() <= 1
    colour: U8 = shot.cutout[560, 512, :3]
    x, y = face.at(0, 0)
    near = PORTRAIT[round(y) + 10 : round(y) + 60, round(x) - 30 : round(x) + 30].reshape(-1, 3)
    assert np.abs(near.astype(int) - colour).max(axis=1).min() < 12
