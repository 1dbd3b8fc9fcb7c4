"""Files: everything in order, nothing lost, every failure raised in the caller."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from cyclorama.background.opening import open_background
from cyclorama.compose.compositor import Compositor
from cyclorama.core.errors import CaptureError, ModelError, SinkError
from cyclorama.core.frames import Composite, Frame, Matte
from cyclorama.pipeline.runtime.chain import Chain, run_chain
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.pipeline.runtime.worker import Worker, give_way
from cyclorama.settings.values import ComposeSettings

SIZE_WH = (64, 36)


def frames(count: int, fail_at: int | None = None) -> Iterator[Frame]:
    for seq in range(count):
        if seq == fail_at:
            raise CaptureError("truncated")
        pixels = np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8)
        yield Frame(pixels, seq, 0, pts=seq * seq, time_base=Fraction(1, 600))


class Engine:
    def __init__(self, fail_at: int | None = None, nan_at: int | None = None) -> None:
        self._fail_at, self._nan_at = fail_at, nan_at

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        return matte

    def coarse(self, frame: Frame) -> Matte:
        if frame.seq == self._fail_at:
            raise ModelError("injected")
        if frame.seq == self._nan_at:
            return Matte(np.full(frame.pixels.shape[:2], np.nan, np.float32), frame.seq)
        return Matte(np.full(frame.pixels.shape[:2], 128, np.uint8), frame.seq)


def run(
    source: Iterator[Frame], engine: Engine, written: list[Composite], stop: threading.Event | None = None
) -> Metrics:
    metrics = Metrics()
    compositor = Compositor(open_background("color:teal"), ComposeSettings(), SIZE_WH)
    run_chain(lambda halt: source, Chain(engine, compositor), written.append, metrics, stop or threading.Event())
    return metrics


def test_every_frame_in_order_with_its_own_time() -> None:
    written: list[Composite] = []
    metrics = run(frames(50), Engine(), written)
    assert [c.seq for c in written] == list(range(50))
    assert [c.pts for c in written] == [n * n for n in range(50)]
    assert {c.time_base for c in written} == {Fraction(1, 600)}
    assert metrics.counted("frames") == 50
    assert metrics.stages()["matting"].count == 50


def test_source_that_breaks_off_gives_what_it_had_then_its_error() -> None:
    written: list[Composite] = []
    with pytest.raises(CaptureError, match="truncated"):
        run(frames(50, fail_at=20), Engine(), written)
    assert [c.seq for c in written] == list(range(20))


@pytest.mark.parametrize("engine", [Engine(fail_at=7), Engine(nan_at=7)], ids=["raises", "nan"])
def test_bad_matte_is_an_error_and_no_card_is_written(engine: Engine) -> None:
    written: list[Composite] = []
    with pytest.raises(ModelError):
        run(frames(50), engine, written)
    assert len(written) <= 7


def test_writer_that_fails_ends_all_threads() -> None:
    def write(composite: Composite) -> None:
        raise SinkError("disk full")

    compositor = Compositor(open_background("color:teal"), ComposeSettings(), SIZE_WH)
    with pytest.raises(SinkError, match="disk full"):
        run_chain(lambda halt: frames(10**6), Chain(Engine(), compositor), write, Metrics(), threading.Event())


def test_stop_ends_soon() -> None:
    stop = threading.Event()

    def endless() -> Iterator[Frame]:
        for frame in frames(10**9):
            time.sleep(0.01)
            yield frame

    threading.Timer(0.3, stop.set).start()
    written: list[Composite] = []
    run(endless(), Engine(), written, stop)
    assert 0 < len(written) < 1000


def test_empty_source_ends_at_once() -> None:
    written: list[Composite] = []
    run(frames(0), Engine(), written)
    assert written == []


@pytest.mark.needs_linux("threads have no niceness of their own")
def test_a_thread_that_gives_way_leaves_the_others_as_they_are() -> None:
    found: list[int] = []

    def work() -> None:
        give_way()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    worker = Worker("test", work, lambda: None)
    worker.start()
    assert worker.join(5.0) and worker.error is None
    assert found == [min(19, before + 10)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
