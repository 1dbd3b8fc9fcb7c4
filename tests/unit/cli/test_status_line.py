"""The status of a live session, on a terminal and elsewhere."""

from __future__ import annotations

import io
import os
from dataclasses import replace

import pytest

from cyclorama.cli.commands.live import opening_text
from cyclorama.cli.report import drops, stage_table
from cyclorama.cli.status import StatusLine, status_text
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
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 24)))


def test_everything_is_in_the_line() -> None:
    text = status_text(NOW)
    for part in ("30.0 fps", "33/41 ms", "4 (matting 3, output 1)", "matte age 2", "CPU 42 %", "selfie on LiteRT, CPU"):
        assert part in text
    assert status_text(replace(NOW, fault="camera\nlost")).startswith("! camera lost | ")
    assert status_text(replace(NOW, away="card")).startswith("away, showing card | ")
    assert "latency" not in status_text(replace(NOW, latency_ms_p50=None))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "rec 1:05 [##########]"),
        ({"paused": True}, "paused 1:05 [##########]"),
        ({"starts_in": 3}, "recording in 3 [##########]"),
        ({"microphone": None}, "rec 1:05"),
        ({"paused": True, "ended": True}, "recorded 1:05"),
    ],
    ids=str,
)
def test_how_a_recording_goes_comes_first(changes: dict[str, object], says: str) -> None:
    recording = replace(RecordingStatus(65.2, microphone="usb", level=0.98), **changes)  # type: ignore[arg-type]
    assert status_text(replace(NOW, recording=recording)).startswith(f"{says} | ")


def test_a_terminal_gets_one_line_that_fits(width: None) -> None:
    stream = Terminal()
    line = StatusLine(stream)
    for _ in range(3):
        line.update(NOW)
    written = stream.getvalue()
    assert "\n" not in written
    assert all(len(part) < 40 for part in written.split("\r\x1b[K"))
    line.close()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_a_fault_is_red_unless_colour_is_unwanted(width: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = replace(NOW, fault="camera lost")
    stream = Terminal()
    StatusLine(stream).update(fault)
    assert "\x1b[31m" in stream.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    StatusLine(stream).update(fault)
    assert "\x1b[31m" not in stream.getvalue()


def test_elsewhere_a_plain_line_every_five_seconds() -> None:
    stream = io.StringIO()
    line = StatusLine(stream, clock_s=0.0)
    for half_seconds in range(1, 25):
        line.update(NOW, clock_s=half_seconds / 2)
    line.close()
    assert stream.getvalue() == (status_text(NOW) + "\n") * 2


def test_a_reader_that_went_away_does_not_end_the_call() -> None:
    class Broken(Terminal):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    StatusLine(Broken()).update(NOW)


def test_stages_come_in_the_order_of_the_pipeline() -> None:
    stages = {name: StageTimes(1, 2, 3) for name in ("sink", "other", "network", "matting", "capture")}
    names = [line.split()[0] for line in stage_table(stages).splitlines()]
    assert names == ["stage", "capture", "matting", "network", "sink", "other"]
    assert "\n  network" in stage_table(stages)


def test_drops_name_their_places() -> None:
    assert drops({"matting": 0}) == "0"
    assert drops({"matting": 2, "output": 1}) == "3 (matting 2, output 1)"


def test_that_nobody_watches_comes_first() -> None:
    assert status_text(replace(NOW, idle=True)).startswith("nobody watches, camera off | ")


def test_the_first_line_says_when_the_camera_is_off_and_what_was_not_granted() -> None:
    plain = opening_text(NOW, "blur")
    assert plain.endswith("float32; Ctrl-C stops")
    told = opening_text(replace(NOW, on_demand="by who holds it open", note="55 instead of 60 fps; "), "blur")
    assert "camera off while nobody watches (by who holds it open); 55 instead of 60 fps; Ctrl-C" in told
