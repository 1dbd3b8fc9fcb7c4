"""The status of a live session, on a terminal and elsewhere."""

from __future__ import annotations

import io
import os
from dataclasses import replace

import pytest

from cyclorama.cli.commands.live import opening_text
from cyclorama.cli.report import drops, stage_table
from cyclorama.cli.status import StatusLine, columns_of, status_parts, status_text
from cyclorama.pipeline.runtime.metrics import RecordingStatus, Snapshot, StageTimes

NOW = Snapshot(
    state="running",
    seconds=3.0,
    frames=90,
    fps=29.96,
    latency_ms_p50=33.4,
    latency_ms_p95=41.2,
    dropped={"matting": 3, "compose": 0, "output": 1},
    cards=0,
    matte_age=2,
    model="selfie",
    provider="LiteRT, CPU",
    precision="float32",
    capture_mode="MJPG 1280x720 at 30 fps",
    cpu_cores=0.42,
    fault=None,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "40")


def test_everything_is_in_the_line_in_whole_words() -> None:
    assert status_text(NOW, "smooth") == (
        "smooth, 30 fps, 33 ms behind, 4 frames skipped, 42 % of a processor core, network selfie on LiteRT, CPU"
    )
    assert status_text(replace(NOW, latency_ms_p50=None, dropped={}), "smooth", 30) == "smooth, 30 fps"


@pytest.mark.parametrize(
    ("changes", "words", "says"),
    [
        ({"fault": "camera\nlost"}, "camera\nlost", "! camera lost, 30 fps, "),
        ({"away": "card"}, "you are away: card is shown", "you are away, card is shown, 33 ms behind"),
        ({"idle": True}, "nobody watches: the camera is off", "nobody watches, the camera is off, "),
        ({}, "your processor is busy: 12 of 30 pictures a second", "your processor is busy, 12 of 30 pictures a sec"),
        (
            {},
            "smooth; your processor is busy: the network looks at fewer pictures",
            "smooth, 30 fps, 33 ms behind, your processor is busy: the network looks at fewer pictures, 4 frames",
        ),
    ],
    ids=["fault", "away", "nobody", "busy", "busy network"],
)
def test_how_it_runs_comes_first(changes: dict[str, object], words: str, says: str) -> None:
    assert status_text(replace(NOW, **changes), words).startswith(says)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "recording 1:05 [##########]"),
        ({"paused": True}, "paused 1:05 [##########]"),
        ({"starts_in": 3}, "recording in 3 [##########]"),
        ({"microphone": None}, "recording 1:05"),
        ({"paused": True, "ended": True}, "recorded 1:05"),
    ],
    ids=str,
)
def test_how_a_recording_goes_comes_first(changes: dict[str, object], says: str) -> None:
    recording = replace(RecordingStatus(65.2, microphone="usb", level=0.98), **changes)  # type: ignore[arg-type]
    assert status_text(replace(NOW, recording=recording), "smooth").startswith(f"{says}, smooth, 30 fps")


@pytest.mark.parametrize("columns", range(1, 130))
def test_what_does_not_fit_is_left_out_in_whole_phrases(columns: int) -> None:
    parts = status_parts(NOW, "smooth")
    text = status_text(NOW, "smooth", columns)
    assert len(text) <= columns
    if columns >= len("smooth"):
        shown = text.split(", ") if "LiteRT" not in text else parts
        assert shown == parts[: len(shown)], "the least important go first"
        longer = ", ".join(parts[: len(shown) + 1])
        assert len(shown) == len(parts) or len(longer) > columns, "no more than has to"
    else:
        assert text == "smooth"[:columns]


def test_wide_characters_take_two_cells() -> None:
    lost = replace(NOW, fault="摄像头")
    assert status_text(lost, "", 12) == "! 摄像头"
    assert status_text(lost, "", 7) == "! 摄像"


@pytest.mark.parametrize(
    ("has", "told", "wide"),
    [(100, None, 100), (100, "60", 60), (50, "200", 50), (0, None, 80), (None, None, 80), (None, "40", 40),
     (100, "0", 100), (100, "wide", 100)],
)  # fmt: skip
def test_the_line_is_as_wide_as_the_terminal_of_its_stream(
    monkeypatch: pytest.MonkeyPatch, has: int | None, told: str | None, wide: int
) -> None:
    """And not that of standard output, which may be a file; COLUMNS makes it narrower."""
    monkeypatch.delenv("COLUMNS", raising=False)
    if told is not None:
        monkeypatch.setenv("COLUMNS", told)

    def size(descriptor: int) -> os.terminal_size:
        assert descriptor == 77
        if has is None:
            raise OSError("no terminal")
        return os.terminal_size((has, 24))

    class Stream(io.StringIO):
        def fileno(self) -> int:
            return 77

    monkeypatch.setattr("os.get_terminal_size", size)
    assert columns_of(Stream()) == wide


def test_a_terminal_gets_one_line_that_fits_also_after_it_was_made_narrower(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    line = StatusLine(stream)
    for columns in (40, 15, 14, 9):
        monkeypatch.setenv("COLUMNS", str(columns))
        line.update(NOW, "smooth")
    shown = stream.getvalue().split("\r\x1b[K")
    fits = len("smooth, 30 fps")
    assert fits == 14, "and the last cell of the terminal stays free: a line that fills it is wrapped"
    assert shown == ["", "smooth, 30 fps, 33 ms behind", "smooth, 30 fps", "smooth", "smooth"]
    line.close()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_a_fault_is_red_unless_colour_is_unwanted(width: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = replace(NOW, fault="camera lost")
    stream = Terminal()
    StatusLine(stream).update(fault, "camera lost")
    assert "\x1b[31m" in stream.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    StatusLine(stream).update(fault, "camera lost")
    assert "\x1b[31m" not in stream.getvalue()


def test_elsewhere_a_plain_line_every_five_seconds() -> None:
    stream = io.StringIO()
    line = StatusLine(stream, clock_s=0.0)
    for half_seconds in range(1, 25):
        line.update(NOW, "smooth", clock_s=half_seconds / 2)
    line.close()
    assert stream.getvalue() == (status_text(NOW, "smooth") + "\n") * 2


def test_a_reader_that_went_away_does_not_end_the_call() -> None:
    class Broken(Terminal):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    StatusLine(Broken()).update(NOW, "smooth")


def test_stages_come_in_the_order_of_the_pipeline() -> None:
    stages = {name: StageTimes(1, 2, 3) for name in ("sink", "other", "network", "matting", "capture")}
    names = [line.split()[0] for line in stage_table(stages).splitlines()]
    assert names == ["stage", "capture", "matting", "network", "sink", "other"]
    assert "\n  network" in stage_table(stages)


def test_drops_name_their_places() -> None:
    assert drops({"matting": 0}) == "0"
    assert drops({"matting": 2, "output": 1}) == "3 (matting 2, output 1)"


def test_the_first_line_says_when_the_camera_is_off_and_what_was_not_granted() -> None:
    plain = opening_text(NOW, "blur")
    assert plain.endswith("network selfie on LiteRT, CPU; Ctrl-C stops")
    told = opening_text(replace(NOW, on_demand="by who holds it open", note="55 instead of 60 fps; "), "blur")
    assert "camera off while nobody watches (by who holds it open); 55 instead of 60 fps; Ctrl-C" in told
