"""The soak: a short one, and its verdict on made-up samples. No absolute speed is asserted."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


def test_a_short_soak_neither_grows_nor_leaks(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    soak = script("soak")
    monkeypatch.setattr(soak, "AWAY_EVERY_S", 6.0)
    monkeypatch.setattr(soak, "AWAY_S", 3.0)
    samples, sink = soak.soak(20.0, (160, 90), 10.0)
    verdict = soak.verdict(samples)
    assert len(samples) >= 15
    assert verdict["more_threads"] <= soak.PASSING_THREADS and verdict["more_descriptors"] <= 0, verdict
    assert abs(verdict["rss_growth"]) < 0.2, "libraries still fill their pools"
    assert samples[-1].frames > 0
    assert sink.fps > 0
    assert len(sink.returns) >= 2 and min(sink.returns) > 0


@pytest.mark.parametrize(
    ("change", "steady", "kept_beat"),
    [
        ({}, True, True),
        ({"rss_mib": lambda second: 100 + second * 0.05}, False, True),
        ({"rss_mib": lambda second: 100 + (5 if second < 15 else 0)}, True, True),
        ({"threads": lambda second: 9 + second // 25}, False, True),
        ({"threads": lambda second: 9 + (second % 20 == 0)}, True, True),
        ({"descriptors": lambda second: 30 + second // 10}, False, True),
        ({"missed": lambda second: int(second > 50)}, True, False),
        ({"missed": lambda second: int(second > 2)}, True, True),
    ],
)
def test_the_verdict(script: Script, change: dict[str, Callable[[int], float]], steady: bool, kept_beat: bool) -> None:
    soak = script("soak")
    usual = {"rss_mib": 100.0, "threads": 9, "descriptors": 30, "missed": 0, "frames": 0}
    samples = [
        soak.Sample(**usual | {name: of(second) for name, of in change.items()}, seconds=float(second))
        for second in range(100)
    ]
    verdict = soak.verdict(samples)
    assert (verdict["steady"], verdict["kept_beat"]) == (steady, kept_beat), verdict
