"""``cyclorama record``: what it refuses, what it hands over, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cyclorama.cli.commands.live import opening_text as live_opening_text
from cyclorama.cli.commands.record import closing_text, opening_text
from cyclorama.cli.status import clock_text, level_text, recording_text, status_text
from cyclorama.core.errors import CaptureError, SinkError
from cyclorama.pipeline.runtime.metrics import RecordingStatus, Snapshot

Run = Callable[..., tuple[int, str, str]]
NOTHING = "Nothing was recorded, and no file was written."
DEMO = ("--source", "demo", "--mic", "demo")
NOW = Snapshot(
    state="running",
    seconds=9,
    frames=240,
    fps=30,
    latency_ms_p50=30,
    latency_ms_p95=40,
    dropped={},
    cards=0,
    matte_age=0,
    model="selfie",
    provider="CPU",
    precision="float32",
    capture_mode="MJPG 1280x720 at 30 fps",
    cpu_cores=0.4,
    fault=None,
    recording=RecordingStatus(8.0, microphone="Desk", level=0.1),
)


def test_what_cannot_be_recorded_is_said_and_nothing_is_lost(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_microphone(text: str, **more: Any) -> None:
        raise CaptureError(f"no microphone is called {text!r}: give one with --mic, or give --no-audio")

    monkeypatch.setattr("cyclorama.pipeline.runtime.recording.open_microphone", no_microphone)
    Path("there.mp4").write_text("mine")
    for name, code, says in (
        ("there.mp4", 5, "--overwrite"),
        ("talk.avi", 2, "talk.avi is no clip"),
        ("talk.webp", 2, "record .mp4"),
        ("none/talk.mp4", 5, "there is no folder none"),
        ("talk.mp4", 3, "--no-audio"),
    ):
        got, out, err = cyclorama("record", name, *DEMO)
        assert (got, out) == (code, "")
        assert says in err
        assert err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["there.mp4"]
    assert Path("there.mp4").read_text() == "mine"


def test_the_camera_is_asked_for_before_the_microphone_the_network_and_the_encoder(
    cyclorama: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def missing(what: str) -> Callable[..., None]:
        def ask(*_: Any, **more: Any) -> None:
            asked.append(what)
            raise CaptureError(f"no {what} here")

        return ask

    monkeypatch.setattr("cyclorama.pipeline.runtime.build.open_source", missing("camera"))
    monkeypatch.setattr("cyclorama.pipeline.runtime.build.open_model", missing("network"))
    monkeypatch.setattr("cyclorama.pipeline.runtime.recording.open_microphone", missing("microphone"))
    monkeypatch.setattr("cyclorama.sinks.clip.clip.ClipSink.open", missing("encoder"))
    assert cyclorama("record", "talk.mp4") == (3, "", "cyclorama: error: no camera here\n")
    assert asked == ["camera"]
    assert cyclorama("record", "talk.webp")[0] == 2, "a wrong name is told before"
    assert asked == ["camera"]


@pytest.mark.parametrize("arguments", [("--countdown", "-1"), ("--countdown", "soon"), ("--duration", "0"), ()])
def test_wrong_usage_is_two(cyclorama: Run, arguments: tuple[str, ...]) -> None:
    name = ("talk.mp4",) if arguments else ()
    assert cyclorama("record", *name, *DEMO, *arguments)[0] == 2


def test_options_reach_the_recording(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    got: dict[str, Any] = {}

    def run_record(settings: Any, target: Path, director: Any, **more: Any) -> None:
        got.update(settings=settings, target=target, director=director, **more)
        raise SinkError("enough")

    monkeypatch.setattr("cyclorama.pipeline.jobs.record.run_record", run_record)
    Path("cyclorama.toml").write_text('to = "camera"\nmic = "usb"\nduration = 5')
    assert cyclorama("record", "a.mov", "--countdown", "7", "--preview", "--no-audio")[0] == 5
    assert (got["settings"].mic, got["settings"].audio, got["target"]) == ("usb", False, Path("a.mov"))
    assert (got["director"].starts_in, got["preview"]) == (7, True)


def test_the_first_line_says_what_is_recorded_and_how_to_stop() -> None:
    text = opening_text(NOW, "a.mp4", "office", keys=True)
    assert text.startswith("record: MJPG 1280x720 at 30 fps and the microphone Desk to a.mp4, background office")
    assert text.endswith("p pauses, q stops")
    silent = opening_text(replace(NOW, recording=RecordingStatus(0)), "a.mp4", "office", keys=False)
    assert "no sound" in silent
    assert silent.endswith("the signal USR2 pauses, Ctrl-C stops")


def test_a_call_says_whether_its_recording_has_sound() -> None:
    assert "recorded with the microphone Desk; " in live_opening_text(NOW, "blur")
    assert "without sound (--audio adds it)" in live_opening_text(replace(NOW, recording=RecordingStatus(0)), "blur")
    assert "recorded" not in live_opening_text(replace(NOW, recording=None), "blur")
    by = live_opening_text(replace(NOW, encoders=["h264_nvenc (hardware)"]), "blur")
    assert "recorded with the microphone Desk by h264_nvenc (hardware); " in by


def test_the_end_says_what_became_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(bytes(1_500_000))
    text = closing_text(NOW, tmp_path / "a.mp4")
    assert text.splitlines() == [
        f"{tmp_path}/a.mp4 is recorded: 8.0 seconds at 30 frames a second, sound from Desk, 1.5 MB.",
        "Cut out by the network selfie, on the processor.",
        f"Next: cyclorama headshot {tmp_path}/a.mp4 makes a portrait of its best moment",
    ]
    bad = replace(NOW, dropped={"matting": 3, "output": 1}, cards=1, fault="camera lost")
    assert closing_text(bad, tmp_path / "a.mp4").splitlines()[1:4] == [
        "4 frames skipped to keep up with the camera.",
        "The privacy card stood in for you in 1 frame.",
        "Last trouble: camera lost",
    ]
    assert closing_text(replace(NOW, recording=RecordingStatus(0)), tmp_path / "none.mp4") == NOTHING


def test_the_status_line_begins_with_the_recording() -> None:
    assert status_text(NOW, "smooth").startswith("recording 0:08 [#######---], smooth, 30 fps, 30 ms behind, ")
    lost = status_text(replace(NOW, fault="camera lost"), "camera lost")
    assert lost.startswith("! camera lost, recording 0:08")
    assert recording_text(RecordingStatus(62, paused=True)) == "paused 1:02"
    assert recording_text(RecordingStatus(0, starts_in=3, microphone="Desk")) == "recording in 3 [----------]"


def test_levels_are_shown_in_decibels() -> None:
    assert [level_text(level) for level in (0, 0.001, 0.0316, 0.5, 0.98, 1)] == [
        "[----------]",
        "[----------]",
        "[#####-----]",
        "[#########-]",
        "[##########]",
        "[ too loud ]",
    ]
    assert [clock_text(seconds) for seconds in (0, 59.9, 61, 3725)] == ["0:00", "0:59", "1:01", "1:02:05"]


def test_what_ends_before_its_first_picture_is_no_error(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.pipeline.jobs.record.run_record", lambda *_, **more: NOW)
    Path("old.mp4").write_text("mine")
    for words in (("new.mp4",), ("old.mp4", "--overwrite")):
        assert cyclorama("record", *words, *DEMO) == (0, f"{NOTHING}\n", "")
