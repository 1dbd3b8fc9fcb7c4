"""Of many frames the best one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest

from cyclorama.capture.base import Source, SourceInfo
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8, Frame
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.headshot.best_frame import LOOKS, Score, best_of_burst, best_of_clip, score_frame
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry

PORTRAIT = np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8)[:320, 80:400]
PORTRAIT.flags.writeable = False
BLURRED = cv2.GaussianBlur(PORTRAIT, (0, 0), 2).astype(np.uint8)
NOBODY = np.full_like(PORTRAIT, 90)


class Pictures(Source):
    """A source of given pictures, ten a second; ``ends`` is raised at their end."""

    info = SourceInfo("", (1, 1), None, live=True)

    def __init__(self, pictures: list[U8], *, live: bool = False, ends: CaptureError | None = None) -> None:
        count = None if live else len(pictures)
        self.info = SourceInfo("pictures", (320, 320), Fraction(10), live, frame_count=count)
        self._pictures, self._live, self._ends = pictures, live, ends

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        for seq, pixels in enumerate(self._pictures):
            if stop.is_set():
                return
            time = (None, None) if self._live else (seq, Fraction(1, 10))
            yield Frame(pixels.copy(), seq, 5_000_000_000 + seq * 100_000_000, *time)
        if self._ends is not None:
            raise self._ends

    def close(self) -> None:
        pass

    def __enter__(self) -> Pictures:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as opened:
        yield opened


@pytest.fixture(scope="module")
def face(finder: FaceFinder) -> FaceGeometry:
    return finder.find(PORTRAIT)[0]


def clip(finder: FaceFinder, source: Pictures, done: Callable[..., None] = lambda *_: None) -> Any:
    return best_of_clip(source, finder, threading.Event(), done)


def test_each_share_falls_with_what_it_stands_for(face: FaceGeometry) -> None:
    good = score_frame(PORTRAIT, face)
    assert min(good.open, good.calm, good.frontal, good.ahead, good.whole) > 0.9
    assert score_frame(BLURRED, face).sharp < 0.5 * good.sharp
    shut = replace(face, points=face.points.copy())
    for upper, lower in ((159, 145), (160, 144), (158, 153)):
        shut.points[upper] = shut.points[lower]
    assert score_frame(PORTRAIT, shut).open == 0, "one shut eye is enough"
    gaping = replace(face, points=face.points.copy())
    gaping.points[14, 1] += 40
    assert score_frame(PORTRAIT, gaping).calm < 0.5
    aside = replace(face, points=face.points.copy())
    aside.points[[33, 133, 263, 362], 0] += 4  # as if the irises were to the left in the eyes
    assert score_frame(PORTRAIT, aside).ahead < 0.6
    small = cv2.resize(PORTRAIT, (160, 160), interpolation=cv2.INTER_AREA)
    canvas = np.zeros((640, 640, 3), np.uint8)
    canvas[200:360, 200:360] = small
    far = replace(face, points=face.points * np.float32(0.5) + np.array([200, 200, 0], np.float32))
    assert score_frame(canvas, far).large < 0.8 * good.large
    cut = PORTRAIT[int(face.eyes[1]) - 20 :]
    beyond = replace(face, points=face.points - np.array([0, int(face.eyes[1]) - 20, 0], np.float32))
    assert score_frame(cut, beyond).whole < 0.7


def test_light_does_not_count(face: FaceGeometry) -> None:
    dark = cv2.convertScaleAbs(PORTRAIT, alpha=0.6).astype(np.uint8)
    assert score_frame(dark, face).sharp == pytest.approx(score_frame(PORTRAIT, face).sharp, rel=0.1)


def test_the_sharp_frame_of_a_clip_wins(finder: FaceFinder) -> None:
    told: list[tuple[int, int | None]] = []
    pictures = [NOBODY, BLURRED, BLURRED, PORTRAIT, BLURRED, NOBODY]
    best = clip(finder, Pictures(pictures), lambda done, total: told.append((done, total)))
    assert best.time_s == pytest.approx(0.3)
    assert (best.pixels == PORTRAIT).all()
    assert told[-1] == (6, 6)


def moved(picture: U8, *, up: int = 0, left: int = 0) -> U8:
    """``picture``, moved over its border, whose pixels are repeated on the other side."""
    wide = np.pad(picture, ((0, up), (0, left), (0, 0)), mode="edge")
    return np.ascontiguousarray(wide[up:, left:])


@pytest.mark.parametrize("cut", [{"up": 60}, {"left": 110}], ids=["above", "at the side"])
def test_a_whole_head_comes_before_sharpness(finder: FaceFinder, cut: dict[str, int]) -> None:
    sharp, blurred = moved(PORTRAIT, **cut), BLURRED
    scores = [score_frame(picture, finder.find(picture)[0]) for picture in (sharp, blurred)]
    assert not scores[0].has_whole_head and scores[1].has_whole_head
    assert scores[0].sharp > 1.5 * scores[1].sharp
    best = clip(finder, Pictures([sharp, sharp, blurred, sharp]))
    assert best.time_s == pytest.approx(0.2)
    burst = best_of_burst(
        Pictures([sharp, blurred, sharp], live=True),
        finder,
        threading.Event(),
        countdown_s=0,
        on_wait=lambda seconds: None,
    )
    assert burst is not None and burst.time_s == pytest.approx(0.1)


def test_where_no_head_is_whole_sharpness_decides(finder: FaceFinder) -> None:
    sharp, blurred = moved(PORTRAIT, up=60), moved(BLURRED, up=60)
    assert clip(finder, Pictures([blurred, sharp, blurred])).time_s == pytest.approx(0.1)


def test_shut_eyes_are_not_saved_by_a_whole_head() -> None:
    shut, cut = (Score(1, eyes, 1, 1, 1, 1, whole) for eyes, whole in ((0, 1), (0.5, 0.8)))
    assert cut.rank > shut.rank


def test_in_a_long_clip_a_whole_head_is_found_between_sharper_frames(
    finder: FaceFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cyclorama.stills.headshot.best_frame.LOOKS", 2)
    sharp = moved(PORTRAIT, up=60)
    pictures = [sharp] * 6 + [sharp, sharp, sharp, sharp, BLURRED, BLURRED]
    assert clip(finder, Pictures(pictures)).time_s == pytest.approx(1.0, abs=0.11)


def test_the_last_frames_of_a_clip_are_looked_at_too(finder: FaceFinder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.stills.headshot.best_frame.LOOKS", 2)
    best = clip(finder, Pictures([BLURRED] * 3 + [NOBODY, PORTRAIT]))  # an interval of three, and two thirds of one
    assert best.time_s == pytest.approx(0.4)


def test_a_clip_that_is_stopped_gives_nothing(finder: FaceFinder) -> None:
    stop = threading.Event()
    source = Pictures([NOBODY] * 9)
    assert best_of_clip(source, finder, stop, lambda done, total: stop.set()) is None


def test_a_long_clip_is_looked_at_so_often_and_no_oftener(finder: FaceFinder, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[U8] = []
    find = finder.find
    monkeypatch.setattr(finder, "find", lambda pixels: looks.append(pixels) or find(pixels))
    pictures = [BLURRED] * (2 * LOOKS + 3)
    pictures[101] = PORTRAIT
    best = clip(finder, Pictures(pictures))
    assert best.time_s == pytest.approx(10.1)
    assert LOOKS / 2 < len(looks) <= LOOKS


def test_nobody_in_a_clip(finder: FaceFinder) -> None:
    with pytest.raises(CaptureError, match="no face was found"):
        clip(finder, Pictures([NOBODY, NOBODY]))


def test_a_clip_that_breaks_off_gives_what_it_has(finder: FaceFinder) -> None:
    assert clip(finder, Pictures([PORTRAIT], ends=CaptureError("breaks off"))).time_s == 0
    with pytest.raises(CaptureError, match="breaks off"):
        clip(finder, Pictures([NOBODY], ends=CaptureError("breaks off")))


def test_a_camera_is_looked_at_after_the_countdown(finder: FaceFinder) -> None:
    told: list[int] = []
    pictures = [PORTRAIT] * 20 + [BLURRED] * 2 + [PORTRAIT] + [BLURRED] * 20
    best = best_of_burst(Pictures(pictures, live=True), finder, threading.Event(), countdown_s=2.0, on_wait=told.append)
    assert told == [2, 1, 0]
    assert best is not None and best.time_s == pytest.approx(2.2)


def test_a_camera_that_is_stopped_gives_nothing(finder: FaceFinder) -> None:
    stop = threading.Event()

    def wait(seconds: int) -> None:
        stop.set()

    source = Pictures([PORTRAIT] * 50, live=True)
    assert best_of_burst(source, finder, stop, countdown_s=2.0, on_wait=wait) is None


def test_nobody_before_a_camera(finder: FaceFinder) -> None:
    source = Pictures([NOBODY] * 3, live=True)
    with pytest.raises(CaptureError, match="look into the camera"):
        best_of_burst(source, finder, threading.Event(), countdown_s=0.0, on_wait=lambda seconds: None)
