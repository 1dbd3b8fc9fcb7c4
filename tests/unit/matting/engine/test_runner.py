"""A network that is slower than the picture: it works beside the pipeline."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, U8, Frame, Matte
from cyclorama.matting.engine.engine import MattingEngine, no_timer
from cyclorama.matting.engine.runner import Runner
from cyclorama.settings.values import MattingSettings
from doubles.null_model import NullModel

FPS = 30
HEIGHT, WIDTH = 180, 320


class Slow(NullModel):
    """Sees the disc of ``scene``; from its second run on it answers only once told to."""

    def __init__(self) -> None:
        super().__init__(lambda frame: (frame.pixels[..., 2] > 200).astype(np.float32))
        self.answer = threading.Event()
        self.seen: list[int] = []
        self.resets = 0
        self.error: Exception | None = None

    def predict(self, frame: Frame):  # type: ignore[no-untyped-def]
        self.seen.append(frame.seq)
        if len(self.seen) > 1:
            self.answer.wait(10)
        if self.error is not None:
            raise self.error
        return super().predict(frame)

    def reset(self) -> None:
        self.resets += 1


def scene(index: int) -> U8:
    noise = np.random.default_rng(0).integers(0, 160, (HEIGHT, WIDTH, 3), np.uint8)
    pixels = np.ascontiguousarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    cv2.circle(pixels, (120 + 3 * index, 90), 45, (90, 200, 250), -1)
    return pixels


def truth(index: int) -> F32:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(alpha, (120 + 3 * index, 90), 45, 1.0, -1)
    return alpha


def seen_as(matte: Matte) -> F32:
    """The alpha as a network would put it, 0 to 1."""
    return np.asarray(matte.alpha, np.float32) * np.float32(1 / 255)


def frame(index: int) -> Frame:
    return Frame(scene(index), index, round(index * 1e9 / FPS))


@pytest.fixture
def model() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.answer.set()


@pytest.fixture
def engine(model: Slow) -> Iterator[MattingEngine]:
    engine = MattingEngine(model, MattingSettings(smooth=0.0), target_fps=FPS)
    yield engine
    model.answer.set()
    engine.close()


def answered(model: Slow) -> None:
    """Let the run under way end, and be over."""
    model.answer.set()
    time.sleep(0.1)
    model.answer.clear()


def test_frames_do_not_wait_for_a_slow_network_and_the_matte_moves_with_the_person(
    model: Slow, engine: MattingEngine
) -> None:
    engine.matte(frame(0))
    begin = time.monotonic()
    ages = []
    for index in range(1, 9):
        matte = engine.matte(frame(index))
        ages.append(matte.age)
        assert np.abs(seen_as(matte) - truth(index)).mean() < 0.03
    assert time.monotonic() - begin < 2
    assert ages == list(range(1, 9)) and len(model.seen) == 2


def test_a_late_answer_is_moved_on_to_the_newest_frame(model: Slow, engine: MattingEngine) -> None:
    for index in range(7):
        engine.matte(frame(index))
    begun = model.seen[-1]
    answered(model)
    matte = engine.matte(frame(7))
    assert matte.age == 7 - begun > 0
    assert np.abs(seen_as(matte) - truth(7)).mean() < 0.03
    still_there = truth(begun)
    assert np.abs(seen_as(matte) - truth(7)).mean() < 0.5 * np.abs(still_there - truth(7)).mean()


def test_what_is_too_old_is_not_shown_the_network_is_waited_for(model: Slow, engine: MattingEngine) -> None:
    for index in range(15):
        assert engine.matte(frame(index)).age < 0.5 * FPS
    timer = threading.Timer(0.3, model.answer.set)
    timer.start()
    begin = time.monotonic()
    matte = engine.matte(frame(15))
    timer.join()
    assert time.monotonic() - begin > 0.2
    assert matte.age < 15


def test_who_left_their_place_at_once_is_not_looked_for_there(model: Slow, engine: MattingEngine) -> None:
    """A jump within one room is no cut. A matte that was moved along would show the room where the person was, and so
    would the answer to a frame from before it."""
    for index in range(5):
        engine.matte(frame(index))
    assert len(model.seen) == 2, "the network looks at a frame from before the jump"
    timer = threading.Timer(0.2, model.answer.set)
    timer.start()
    far = 40
    after = Frame(scene(far), 5, frame(5).captured_ns)
    matte = engine.matte(after)
    timer.join()
    assert matte.age == 0 and model.seen[-1] == 5
    assert np.abs(seen_as(matte) - truth(far)).mean() < 0.03
    assert seen_as(matte)[truth(0) > 0].mean() < 0.03, "the room is seen where the person was"


def test_a_late_answer_that_has_lost_a_part_is_asked_for_again_at_once(model: Slow) -> None:
    """Somebody passes by while the network looks: a tenth of what it saw is gone when it answers."""
    by = scene(0)
    cv2.circle(by, (270, 60), 18, (90, 200, 250), -1)
    pictures = {0: scene(0), 1: scene(0), 2: by, 3: by}
    engine = MattingEngine(model, MattingSettings(smooth=0.0, every=3), target_fps=FPS)
    for index in range(6):
        if index == 5:
            assert model.seen == [0, 3]
            answered(model)
            timer = threading.Timer(0.2, model.answer.set)
            timer.start()
        matte = engine.matte(Frame(pictures.get(index, scene(0)), index, frame(index).captured_ns))
    timer.join()
    assert model.seen == [0, 3, 5]
    assert np.abs(seen_as(matte) - truth(0)).mean() < 0.03
    engine.close()


def test_a_failure_beside_is_a_failure_of_the_frame_that_would_have_used_it(model: Slow, engine: MattingEngine) -> None:
    for index in range(4):
        engine.matte(frame(index))
    model.error = RuntimeError("boom")
    answered(model)
    with pytest.raises(ModelError, match="boom"):
        engine.matte(frame(4))
    model.error = None
    model.answer.set()
    engine.reset()
    assert engine.matte(frame(5)).age == 0


def test_a_reset_waits_for_the_run_under_way_and_drops_what_it_says(model: Slow) -> None:
    runner = Runner(model, no_timer, beside=True)
    runner.start(frame(0))
    assert runner.take(None) is not None
    runner.start(frame(1))
    runner.reset()
    assert model.resets == 0, "nobody touches a network at work"
    with pytest.raises(RuntimeError, match="at work"):
        runner.start(frame(2))
    assert runner.take(0.01) is None and runner.busy
    model.answer.set()
    assert runner.take(None) is None
    assert model.resets == 1 and not runner.busy
    runner.start(frame(2))
    run = runner.take(None)
    assert run is not None and run.time_s == frame(2).time_s


def test_a_run_is_given_once(model: Slow) -> None:
    runner = Runner(model, no_timer, beside=False)
    assert runner.take(None) is None
    runner.start(frame(0))
    assert runner.busy and runner.take(0) is not None
    assert not runner.busy and runner.take(0) is None
    runner.close()
    runner.close()
