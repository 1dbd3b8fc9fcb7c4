"""One sink and its beat: ticks, cards, failures, a closed window, and the rate while nobody watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Set
from fractions import Fraction

import numpy as np
import pytest

from cyclorama.core.errors import CycloramaError, SinkError
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.pipeline.runtime.on_demand import IDLE_FPS, LINGER_S, OnDemand
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.pipeline.runtime.sink_loop import DRIVER_PICTURES, SinkContext, SinkLoop
from cyclorama.sinks.base import OutputFormat, Sink
from doubles.held_clock import HeldClock

SIZE = (8, 6)
MS = 1_000_000


class ScriptedSink(Sink):
    """Keeps what it is given; ``at_write`` is called after each, with how many there were."""

    name = "scripted"
    layouts: Set[Layout] = frozenset(Layout)
    max_fps: Fraction | None = None
    encoder = ""
    knows_viewers: str | None = "test"
    main_thread = False
    wants_each = False
    exact_rate = False
    closed = False

    def __init__(self, at_write: Callable[[int], None] = lambda count: None) -> None:
        self.at_write = at_write
        self.at_open: Callable[[], None] = lambda: None
        self.written: list[Composite] = []
        self.concluded: list[int] = []
        self.is_open = False

    def open(self, output: OutputFormat) -> None:
        self.at_open()
        self.is_open = True

    def write(self, composite: Composite) -> None:
        assert self.is_open
        self.written.append(composite)
        self.at_write(len(self.written))

    def conclude(self, now_ns: int) -> None:
        assert self.is_open
        self.concluded.append(now_ns)

    def watched(self) -> bool | None:
        return False

    def close(self) -> None:
        self.is_open = False

    @property
    def ticks(self) -> list[int | None]:
        return [composite.pts for composite in self.written]


class Bench:
    """A loop with all its parts; ``firsts`` and ``ends`` keep what it calls back with."""

    def __init__(self, sink: ScriptedSink, fps: int = 10) -> None:
        self.sink = sink
        self.clock = HeldClock()
        self.stop = threading.Event()
        self.metrics = Metrics()
        card = Composite(np.zeros((*SIZE[::-1], 3), np.uint8), Layout.BGR, CompositeKind.CARD, -1, 0)
        self.stage = ProgramOutput(card, fresh_s=1e6, clock=self.clock)
        self.demand = OnDemand([sink], self.stage, self.clock)
        self.firsts: list[int] = []
        self.ends: list[CycloramaError | None] = []
        self.keys: list[str] = []
        self.loop = self._loop(OutputFormat(SIZE, Fraction(fps), time_base=Fraction(1, fps)))

    def _loop(self, output: OutputFormat) -> SinkLoop:
        """The one place that knows what a loop is made of."""
        context = SinkContext(
            self.stage,
            self.demand,
            self.metrics,
            self.clock,
            self.stop,
            on_first=lambda: self.firsts.append(len(self.sink.written)),
            on_end=self.ends.append,
            on_key=self.keys.append,
        )
        return SinkLoop(self.sink, output, context)

    def publish(self, seq: int) -> None:
        pixels = np.full((*SIZE[::-1], 3), seq, np.uint8)
        self.stage.publish(Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, seq, self.clock.ns))

    def stop_after(self, count: int) -> None:
        self.sink.at_write = lambda written: self.stop.set() if written == count else None

    def nobody_watches(self) -> None:
        """From now on."""
        self.clock.ns += int((LINGER_S + 1) * 1e9)
        self.demand.look()
        assert self.demand.idle


def test_a_composite_on_every_tick_at_exact_multiples_of_the_frame_time() -> None:
    bench, seen_ns = Bench(ScriptedSink(), fps=30), []
    bench.publish(7)

    def look(count: int) -> None:
        seen_ns.append(bench.clock.ns)
        if count == 31:
            bench.stop.set()

    bench.sink.at_write = look
    bench.loop.show()
    assert bench.sink.ticks == list(range(31))
    assert {composite.time_base for composite in bench.sink.written} == {Fraction(1, 30)}
    assert seen_ns[30] == 1_000 * MS
    assert bench.metrics.counted("missed ticks") == 0
    assert bench.ends == [None]
    assert not bench.sink.is_open


@pytest.mark.parametrize("alone", [False, True])
def test_a_sink_is_told_when_the_session_ends_and_not_when_it_ends_alone(alone: bool) -> None:
    bench = Bench(ScriptedSink())
    bench.sink.at_write = lambda count: None if count < 3 else bench.loop.end() if alone else bench.stop.set()
    bench.loop.show()
    assert bench.sink.concluded == ([] if alone else [bench.clock.ns])
    assert not bench.sink.is_open


@pytest.mark.parametrize("exact_rate", [False, True])
def test_ticks_come_soon_after_composites_unless_the_sink_keeps_the_exact_rate(exact_rate: bool) -> None:
    """The source publishes 40 ms after each of the first ticks, so that composites wait for 60."""
    bench, waited_ms = Bench(ScriptedSink()), []
    bench.sink.exact_rate = exact_rate

    def meanwhile(count: int) -> None:
        newest = bench.sink.written[-1]
        if newest.kind is CompositeKind.COMPOSITE and newest.captured_ns is not None:
            waited_ms.append((bench.clock.ns - newest.captured_ns) / MS)
        bench.clock.ns += (40 * MS - bench.clock.ns) % (100 * MS)
        bench.publish(count)
        if count == 120:
            bench.stop.set()

    bench.sink.at_write = meanwhile
    bench.loop.show()
    assert waited_ms[-1] == pytest.approx(60 if exact_rate else 11, abs=2)
    assert bench.metrics.counted("missed ticks") == 0


def test_a_slow_write_misses_ticks_and_they_are_counted_not_made_up() -> None:
    bench = Bench(ScriptedSink())
    bench.publish(0)

    def slow(count: int) -> None:
        if count == 3:
            bench.clock.ns += 350 * MS
        if count == 5:
            bench.stop.set()

    bench.sink.at_write = slow
    bench.loop.show()
    assert bench.sink.ticks == [0, 1, 2, 5, 6]
    assert bench.metrics.counted("missed ticks") == 2


def test_times_are_the_composites_own_where_the_output_keeps_none() -> None:
    bench = Bench(ScriptedSink())
    bench.loop = bench._loop(OutputFormat(SIZE, Fraction(10)))
    bench.publish(0)
    bench.stop_after(3)
    bench.loop.show()
    assert bench.sink.ticks == [None, None, None]


def test_cards_and_new_frames_are_counted_and_repeated_frames_are_not() -> None:
    bench = Bench(ScriptedSink())

    def script(count: int) -> None:
        if count in (3, 6):  # three cards, then three times one composite, then another one
            bench.publish(count)
        if count == 7:
            bench.stop.set()

    bench.sink.at_write = script
    bench.loop.show()
    kinds = [composite.kind for composite in bench.sink.written]
    assert kinds == [CompositeKind.CARD] * 3 + [CompositeKind.COMPOSITE] * 4
    assert [composite.seq for composite in bench.sink.written][3:] == [3, 3, 3, 6]
    assert bench.metrics.counted("cards") == 3
    assert bench.metrics.counted("frames") == 2
    assert bench.firsts == [4, 7]
    assert bench.metrics.stages()["sink"].count == 7


def test_a_sink_that_fails_ends_alone() -> None:
    bench = Bench(ScriptedSink())
    failure = SinkError("disk full")

    def fail(count: int) -> None:
        if count == 3:
            raise failure

    bench.sink.at_write = fail
    bench.loop.show()
    assert bench.loop.error is failure
    assert bench.ends == [failure]
    assert bench.loop.ended
    assert not bench.stop.is_set(), "the session goes on"
    assert not bench.sink.is_open, "what it held is released"


def test_an_error_that_is_no_sink_error_is_raised_and_still_told() -> None:
    def fail(count: int) -> None:
        raise RuntimeError("a bug")

    bench = Bench(ScriptedSink(fail))
    with pytest.raises(RuntimeError, match="a bug"):
        bench.loop.show()
    assert bench.loop.ended
    assert bench.ends == [None]
    assert not bench.sink.is_open


def test_a_sink_that_does_not_open_says_so_to_who_waits_for_it() -> None:
    bench = Bench(ScriptedSink())

    def taken() -> None:
        raise SinkError("the camera is taken")

    bench.sink.at_open = taken
    bench.loop.show()
    assert not bench.loop.opened.is_set()
    with pytest.raises(SinkError, match="the camera is taken"):
        bench.loop.wait_open(1.0)


def test_a_sink_that_does_not_open_says_so_though_the_session_ends_with_it() -> None:
    bench = Bench(ScriptedSink())

    def taken() -> None:
        raise SinkError("the camera is taken")

    def ends() -> bool:
        """Between two looks of who waits."""
        if not bench.loop.ended:
            bench.loop.show()
        return True

    bench.sink.at_open = taken
    bench.stop.is_set = ends  # type: ignore[method-assign]
    with pytest.raises(SinkError, match="the camera is taken"):
        bench.loop.wait_open(10.0)


def test_waiting_for_a_sink_to_open_has_an_end() -> None:
    bench = Bench(ScriptedSink())
    with pytest.raises(SinkError, match=r"scripted did not open within 0\.05 s"):
        bench.loop.wait_open(0.05)
    bench.stop.set()
    bench.loop.wait_open(0.05)


def test_a_window_is_not_waited_for() -> None:
    sink = ScriptedSink()
    sink.main_thread = True
    Bench(sink).loop.wait_open(0.0)


def test_a_window_that_was_closed_ends_its_loop_without_an_error() -> None:
    bench = Bench(ScriptedSink())

    def close(count: int) -> None:
        bench.sink.closed = count == 2

    bench.sink.at_write = close
    bench.loop.show()
    assert len(bench.sink.written) == 2
    assert bench.ends == [None]
    assert not bench.stop.is_set()


def test_while_nobody_watches_the_card_goes_out_seldom() -> None:
    """All pictures that the driver keeps are the card first; none of them is counted as one."""
    bench = Bench(ScriptedSink(), fps=30)
    bench.publish(0)
    bench.nobody_watches()
    bench.stop_after(DRIVER_PICTURES + 4)
    bench.loop.show()
    step = 30 // IDLE_FPS
    seldom = [tick for tick in range(100) if tick >= DRIVER_PICTURES and tick % step == 0]
    assert bench.sink.ticks == [*range(DRIVER_PICTURES), *seldom[:4]]
    assert {composite.kind for composite in bench.sink.written} == {CompositeKind.CARD}
    assert bench.metrics.counted("cards") == 0
    assert bench.metrics.counted("missed ticks") == 0


def test_whenever_nobody_watches_the_card_fills_what_the_driver_keeps() -> None:
    bench = Bench(ScriptedSink(), fps=30)
    bench.nobody_watches()
    came = DRIVER_PICTURES + 2

    def script(count: int) -> None:
        if count == came:
            with bench.demand.looking():
                bench.demand.look()
            assert not bench.demand.idle
        elif count == came + 2:
            bench.nobody_watches()
        elif count == came + 2 + DRIVER_PICTURES:
            bench.stop.set()

    bench.sink.at_write = script
    bench.loop.show()
    again = bench.sink.ticks[came + 2 :]
    assert np.diff(np.array(again, int)).tolist() == [1] * (DRIVER_PICTURES - 1)


def test_a_recording_is_given_each_composite_when_it_is_made() -> None:
    sink = ScriptedSink()
    sink.wants_each = True
    bench = Bench(sink)
    bench.publish(0)

    def more(count: int) -> None:
        if count == 6:
            bench.stop.set()
        bench.publish(count)

    sink.at_write = more
    bench.loop.show()
    assert bench.loop.records
    assert [composite.seq for composite in sink.written] == [0, 1, 2, 3, 4, 5]
    assert bench.clock.ns == 0, "on no beat"


def test_keys_of_a_window_are_handed_on_in_their_order() -> None:
    bench = Bench(ScriptedSink())
    waiting = {1: "n", 3: "m?"}
    bench.sink.take_keys = lambda: waiting.pop(len(bench.sink.written), "")  # type: ignore[method-assign]
    bench.stop_after(4)
    bench.loop.show()
    assert bench.keys == ["n", "m", "?"]


def test_a_loop_that_is_told_to_end_closes_its_sink_and_tells() -> None:
    bench = Bench(ScriptedSink())

    def end(count: int) -> None:
        if count == 3:
            bench.loop.end()

    bench.sink.at_write = end
    bench.loop.show()
    assert len(bench.sink.written) == 3 and not bench.sink.is_open
    assert bench.ends == [None] and not bench.stop.is_set()
