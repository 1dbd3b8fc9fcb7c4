"""The newest item wins, and the beat does not drift."""

from __future__ import annotations

import threading
from fractions import Fraction

from cyclorama.pipeline.runtime.pacing import Pacer
from cyclorama.pipeline.runtime.slot import Slot
from doubles.held_clock import HeldClock


def test_newest_item_wins_and_the_rest_is_counted() -> None:
    slot: Slot[int] = Slot()
    for item in range(5):
        slot.put(item)
    assert slot.take(0.1) == 4
    assert slot.dropped == 4
    assert slot.take(0.01) is None


def test_close_wakes_a_waiting_taker() -> None:
    slot: Slot[int] = Slot()
    got: list[int | None] = [7]
    thread = threading.Thread(target=lambda: got.append(slot.take(30)), name="cyclorama-test")
    thread.start()
    slot.close()
    thread.join(2)
    assert got == [7, None]


def test_closed_slot_gives_nothing_even_when_full() -> None:
    slot: Slot[int] = Slot()
    slot.put(1)
    slot.close()
    assert slot.take(0.01) is None


def test_beat_has_no_drift_over_an_hour_of_30000_1001() -> None:
    clock = HeldClock()
    fps = Fraction(30000, 1001)
    pacer = Pacer(fps, clock)
    stop = threading.Event()
    beats = [pacer.wait(stop) for _ in range(107892)]
    assert beats == list(range(107892))
    assert abs(clock.ns - 107891 / fps * 10**9) < 2


def test_missed_beats_are_skipped_not_made_up() -> None:
    clock = HeldClock()
    pacer = Pacer(Fraction(10), clock)
    stop = threading.Event()
    assert [pacer.wait(stop) for _ in range(2)] == [0, 1]
    clock.ns += 350_000_000
    assert pacer.wait(stop) == 4
    assert pacer.wait(stop) == 5


def test_stop_ends_the_beat() -> None:
    stop = threading.Event()
    stop.set()
    assert Pacer(Fraction(10), HeldClock()).wait(stop) is None
