"""Whether an encoder holds the rate, said before a recording."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cyclorama.core.frames import Layout
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip import trial
from cyclorama.sinks.clip.formats import encoding_for


def note(monkeypatch: pytest.MonkeyPatch, name: str, layout: Layout, rate: float | None) -> str | None:
    monkeypatch.setattr(trial, "pictures_a_second", lambda encoding, output: rate)
    return trial.slow_note(encoding_for(Path(name), layout), OutputFormat((1280, 720), Fraction(30), layout))


def test_what_is_said_of_an_encoder_that_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = (
        "libvpx-vp9 makes about 12 of 30 pictures a second here at 1280x720: the others will be missing; "
        "give a smaller --size, or record .mov"
    )
    assert note(monkeypatch, "a.webm", Layout.BGRA, 12.7) == expected
    assert note(monkeypatch, "a.webm", Layout.BGR, 12.7) == expected.replace(".mov", ".mp4")
    assert note(monkeypatch, "a.mov", Layout.BGRA, 0.3) == (
        "prores_ks makes about 1 of 30 pictures a second here at 1280x720: the others will be missing; "
        "give a smaller --size"
    )


@pytest.mark.parametrize(("name", "rate"), [("a.webm", 30.0), ("a.webm", None), ("a.mp4", 1.0)])
def test_nothing_is_said_of_one_that_holds_it_or_was_not_tried(
    monkeypatch: pytest.MonkeyPatch, name: str, rate: float | None
) -> None:
    assert note(monkeypatch, name, Layout.BGR, rate) is None


@pytest.mark.parametrize(
    ("name", "layout"),
    [("a.webm", Layout.BGR), ("a.webm", Layout.BGRA), ("a.mov", Layout.BGRA), ("a.mkv", Layout.GRAY)],
)
def test_the_rate_is_that_of_pictures_that_were_encoded(
    monkeypatch: pytest.MonkeyPatch, name: str, layout: Layout
) -> None:
    """By a clock that stands at each look for a tenth of a second: six pictures in one tenth."""
    looks = iter(range(100))
    monkeypatch.setattr(trial.time, "monotonic", lambda: next(looks) / 10)
    output = OutputFormat((64, 48), Fraction(30), layout)
    assert trial.pictures_a_second(encoding_for(Path(name), layout), output) == pytest.approx(60.0)
