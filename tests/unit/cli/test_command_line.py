"""Exit codes, messages and JSON of every command."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from cyclorama import __version__
from cyclorama.cli.errors import missing_library
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SettingsError, SinkError
from cyclorama.pipeline.jobs import demo
from cyclorama.settings.values import CaptureSettings

Run = Callable[..., tuple[int, str, str]]
COMMANDS = ("live", "record", "convert", "demo", "bench", "devices", "doctor", "setup")


def one_line(err: str) -> str:
    assert err.startswith("cyclorama: error: ")
    assert err.count("\n") == 1
    return err


def test_help_names_all_commands_and_exit_codes(cyclorama: Run) -> None:
    for arguments in ((), ("--help",)):
        code, out, _ = cyclorama(*arguments)
        assert code == 0
        assert all(f"\n  {name} " in out for name in COMMANDS)
        assert "130 interrupted" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_by_example(cyclorama: Run, command: str) -> None:
    code, out, _ = cyclorama(command, "--help")
    assert code == 0
    assert f"Examples:\n    cyclorama {command}" in out


def test_version(cyclorama: Run) -> None:
    assert cyclorama("--version")[:2] == (0, f"cyclorama {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["liev"], "did you mean live?"),
        (["zzz"], "known are live, panel, record, convert"),
        (["live", "--backgroud", "x"], "--background"),
        (["convert", "a.mp4"], "OUT"),
        (["convert", "a.mp4", ""], "an empty name is given: is a variable of your shell not set?"),
        (["cutout", ""], "an empty name is given"),
        (["live", "--source", ""], "an empty name is given"),
        (["headshot", "x" * 300], "the name is too long for a file"),
        (["bench", "--source", "x" * 300], "the name is too long for a file"),
        (["convert", "a.mp4", "b.mp4", "--background"], "(cyclorama convert --help)"),
        (["models", "info", "rvm", "--json=1"], "(cyclorama models info --help)"),
        (["cutout", "a.jpg", "--keep", "x"], "--keep: 'x' is not one of all, largest, original"),
        (["bench", "--seconds", "0"], "--seconds"),
        (["bench", "--seconds", "soon"], "--seconds"),
        (["bench", "--live", "--memory"], "--memory"),
        (["live", "--fps", "fast"], "--fps"),
        (["live", "--profile", "work"], "[profile.work]"),
        (["live", "--config", "none.toml"], "none.toml"),
        (["live", "--source", "demo", "--to", "fax"], "cannot send to 'fax'"),
        (["live", "--source", "demo", "--to", "null", "--background", "ofice"], "did you mean office?"),
        (["live", "--source", "demo", "--to", "a.mp4", "--to", "./a.mp4"], "given twice"),
        (["live", "--source", "demo", "--to", "null", "--model", "selfy"], "did you mean selfie?"),
    ],
)
def test_wrong_usage_is_two_and_one_line(cyclorama: Run, arguments: list[str], says: str) -> None:
    code, out, err = cyclorama(*arguments)
    assert (code, out) == (2, "")
    assert says in one_line(err)


def test_an_unknown_variable_and_an_unknown_key(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYCLORAMA_SMOTH", "1")
    code, _, err = cyclorama("live")
    assert code == 2
    assert "CYCLORAMA_SMOOTH" in one_line(err)
    monkeypatch.delenv("CYCLORAMA_SMOTH")
    Path("cyclorama.toml").write_text("smoth = 1")
    code, _, err = cyclorama("live")
    assert code == 2
    assert "did you mean smooth?" in one_line(err)


def test_clips_that_cannot_be_read_are_three(cyclorama: Run) -> None:
    Path("text.mp4").write_text("no video")
    for name in ("missing.mp4", "text.mp4"):
        code, _, err = cyclorama("convert", name, "out.mp4")
        assert code == 3
        assert name in one_line(err)
    assert not Path("out.mp4").exists()


def test_outputs_that_cannot_be_written_are_five(cyclorama: Run) -> None:
    Path("file").touch()
    code, _, err = cyclorama("demo", "--out", "file")
    assert code == 5
    assert "file" in one_line(err)


def fake_module(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    """Put a module in the place of a real one, also where the package already holds it."""
    module = ModuleType(name)
    for member, value in members.items():
        setattr(module, member, value)
    monkeypatch.setitem(sys.modules, name, module)
    package, _, child = name.rpartition(".")
    monkeypatch.setattr(sys.modules[package], child, module, raising=False)


def raising(error: BaseException) -> Callable[..., Any]:
    def run(*arguments: object, **options: object) -> None:
        raise error

    return run


@pytest.mark.parametrize("kind", [SettingsError, CaptureError, ModelError, SinkError, CycloramaError])
def test_each_error_has_its_exit_code(
    cyclorama: Run, monkeypatch: pytest.MonkeyPatch, kind: type[CycloramaError]
) -> None:
    fake_module(monkeypatch, "cyclorama.pipeline.jobs.live", run_live=raising(kind("two\nlines")))
    code, _, err = cyclorama("live")
    assert code == kind.exit_code
    assert err == "cyclorama: error: two lines\n"


def test_what_nobody_expected_is_one_line_until_debug(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_module(monkeypatch, "cyclorama.pipeline.jobs.live", run_live=raising(ZeroDivisionError("by zero")))
    code, _, err = cyclorama("live")
    assert code == 1
    assert "ZeroDivisionError: by zero" in one_line(err)
    assert "--debug" in err
    code, _, err = cyclorama("live", "--debug", debug=True)
    assert code == 1
    assert "Traceback" in err


def test_an_interrupt_before_the_work_began_is_130_and_silent(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_module(monkeypatch, "cyclorama.pipeline.jobs.live", run_live=raising(KeyboardInterrupt()))
    code, out, err = cyclorama("live")
    assert (code, out, err.strip()) == (130, "", "")


def test_a_missing_system_library_names_its_package(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "libGL.so.1: cannot open shared object file: No such file or directory"
    fake_module(monkeypatch, "cyclorama.pipeline.jobs.live", run_live=raising(ImportError(text)))
    code, _, err = cyclorama("live")
    assert code == 1
    assert "libGL.so.1" in one_line(err)
    assert "libgl1 " in err


def test_missing_libraries_are_seen_through_other_errors() -> None:
    error = RuntimeError("outer")
    error.__cause__ = OSError("libxcb.so.1: cannot open shared object file: No such file")
    assert "libxcb1" in str(missing_library(error))
    assert "libportaudio2" in str(missing_library(OSError("PortAudio library not found")))
    assert "package av" in str(missing_library(ModuleNotFoundError("No module named 'av'", name="av")))
    assert missing_library(OSError("disk full")) is None


def test_options_reach_the_settings_and_the_session(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[Any] = []

    def run_live(settings: Any, **more: Any) -> None:
        got.append(settings)
        raise SinkError("enough")

    fake_module(monkeypatch, "cyclorama.pipeline.jobs.live", run_live=run_live)
    Path("cyclorama.toml").write_text("mirror = true\nfps = 20")
    assert (
        cyclorama("live", "-s", "demo", "-t", "null", "-t", "a.mp4", "--no-mirror", "--every", "3", "--overwrite")[0]
        == 5
    )
    settings = got[0]
    assert (settings.source, settings.to) == ("demo", ("null", "a.mp4"))
    assert (settings.capture.mirror, settings.capture.fps) == (False, 20)
    assert (settings.matting.every, settings.overwrite) == (3, True)


def test_convert_leaves_the_cameras_settings_alone(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import cyclorama.pipeline.jobs.convert as pipeline

    got: list[Any] = []

    def convert(settings: Any, target: Path, **more: Any) -> None:
        got.append(settings)
        raise SinkError("enough")

    monkeypatch.setattr(pipeline, "convert", convert)
    Path("cyclorama.toml").write_text('mirror = true\nsize = "720p"\nsource = 3\nbackground = "office"')
    assert cyclorama("convert", "a.mp4", "b.mp4")[0] == 5
    assert (got[0].source, got[0].compose.background) == ("a.mp4", "office")
    assert (got[0].capture.mirror, got[0].capture.size_wh) == (False, None)


def test_live_runs_and_reports_as_json(cyclorama: Run) -> None:
    command = ("live", "--source", "demo", "--to", "null", "--size", "320x180", "--duration", "1", "--json", "--quiet")
    code, out, err = cyclorama(*command)
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert report["frames"] > 0
    assert report["model"] == "selfie"


def test_bench_reports_as_json_and_as_text(cyclorama: Run) -> None:
    code, out, _ = cyclorama("bench", "--seconds", "0.5", "--json")
    assert code == 0
    assert json.loads(out)["stages"]["network"]["p50_ms"] > 0
    code, out, _ = cyclorama("bench", "--seconds", "0.5", "--background", "none")
    assert code == 0
    assert "background none" in out
    assert "p95 ms" in out


def test_bench_from_memory_sees_the_frames_again_and_again(cyclorama: Run) -> None:
    code, out, _ = cyclorama("bench", "--seconds", "0.5", "--memory", "--size", "160x90", "--json")
    report = json.loads(out)
    assert code == 0 and report["mode"] == "flat out, frames in memory"
    assert report["stages"]["motion"]["count"] > 0


def test_the_demo_twice_in_its_own_folder_never_over_a_users(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(demo.SETTINGS, capture=CaptureSettings(size_wh=(320, 180), fps=4))
    monkeypatch.setattr(demo, "SETTINGS", small)  # as it is: tests/e2e/test_tutorial.py
    monkeypatch.setattr(demo, "FRAMES", 20)
    for _ in range(2):
        code, out, _ = cyclorama("demo", "--json")
        assert code == 0
        report = json.loads(out)
        assert Path(report["clip"]).stat().st_size > 0
        assert Path(report["picture"]).stat().st_size > 0
    code, _, err = cyclorama("demo", "--out", "cyclorama-demo")
    assert code == 5
    assert "--overwrite" in one_line(err)


@dataclass(frozen=True)
class FakeCamera:
    path: str = "/dev/video0"
    name: str = "Webcam"
    driver: str = "uvcvideo"
    modes: tuple[str, ...] = ("MJPG 1280x720 30",)
    is_virtual: bool = False
    held_by: tuple[str, ...] = ()
    problem: str = ""


def test_devices_says_what_to_do_where_there_is_none(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from cyclorama.sinks.virtual_camera.pipewire.check import PipeWire

    fake_module(monkeypatch, "cyclorama.capture.devices", list_cameras=list)
    monkeypatch.setattr("cyclorama.sinks.virtual_camera.v4l2loopback.list_virtual_cameras", list)
    monkeypatch.setattr("cyclorama.capture.portaudio.list_microphones", list)
    monkeypatch.setattr(
        "cyclorama.sinks.virtual_camera.pipewire.check.look_for_pipewire",
        lambda: PipeWire("1.4.2", "none runs", "start it"),
    )
    monkeypatch.setattr("sys.platform", "linux")
    code, out, _ = cyclorama("devices")
    assert code == 0
    assert "pipewire  Cyclorama  [none runs]" in out
    assert out.count("plug one in") == 2
    assert "--no-audio" in out
    assert "--source demo" in out
    code, out, _ = cyclorama("devices", "--json")
    pipewire = {"version": "1.4.2", "problem": "none runs", "fix": "start it"}
    assert json.loads(out) == {"cameras": [], "virtual_cameras": [], "pipewire": pipewire, "microphones": []}


def test_devices_shows_modes_and_who_holds_what(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from cyclorama.capture.portaudio import MicrophoneDevice
    from cyclorama.sinks.virtual_camera.v4l2loopback import VirtualCamera

    loop = FakeCamera(path="/dev/video10", name="cyclorama", is_virtual=True)
    cameras = [FakeCamera(held_by=("zoom (4711)",)), loop]
    fake_module(monkeypatch, "cyclorama.capture.devices", list_cameras=lambda: cameras)
    virtual = [VirtualCamera("/dev/video10", "cyclorama", ("firefox (9)",))]
    monkeypatch.setattr("cyclorama.sinks.virtual_camera.v4l2loopback.list_virtual_cameras", lambda: virtual)
    desk = MicrophoneDevice(3, "Desk microphone", 1, 48_000, is_default=True)
    monkeypatch.setattr("cyclorama.capture.portaudio.list_microphones", lambda: [desk])
    _, out, _ = cyclorama("devices")
    assert "3  Desk microphone  1 channel, 48000 Hz  [the system's]" in out
    assert "MJPG 1280x720 30" in out
    assert "held by zoom (4711)" in out
    assert "firefox (9)" in out
    assert out.count("/dev/video10") == 1


def test_doctor_reports_and_exits_as_live_would(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from cyclorama.doctor.finding import CallPart, Finding, Status

    findings = [
        Finding("network", CallPart.NETWORK, Status.OK, "runs"),
        Finding("virtual-camera", CallPart.VIRTUAL_CAMERA, Status.FAIL, "none", "sudo modprobe it"),
        Finding("display", CallPart.EXTRA, Status.WARN, "none", "sit before one"),
    ]
    monkeypatch.setattr("cyclorama.doctor.examine.examine", lambda: findings)
    code, out, _ = cyclorama("doctor")
    assert code == 5
    assert "-> sudo modprobe it" in out
    assert out.endswith("A call cannot start yet. First mend: virtual-camera\n")
    code, out, _ = cyclorama("doctor", "--json")
    report = json.loads(out)
    assert (code, report["exit_code"], report["live_would_work"]) == (5, 5, False)
    assert [item["status"] for item in report["findings"]] == ["ok", "fail", "warn"]
    assert report["findings"][1]["needed_for_live"] is True


def test_doctor_looks_at_this_machine(cyclorama: Run) -> None:
    code, out, err = cyclorama("doctor", "--json")
    assert code in (0, 3, 4, 5)
    assert err == ""
    assert {"bundled-files", "network", "opencv", "camera"} <= {item["id"] for item in json.loads(out)["findings"]}


def test_a_group_alone_shows_its_help(cyclorama: Run) -> None:
    for group in ("ctl", "models"):
        code, out, err = cyclorama(group)
        assert (code, err) == (0, "")
        assert out.startswith(f"Usage: cyclorama {group} ")


def test_an_output_that_no_file_can_have_is_five(cyclorama: Run, empty_folder: Path) -> None:
    photo = "x" * 250 + ".png"
    Image.new("RGB", (64, 64)).save(empty_folder / photo)
    for command in (["cutout", photo], ["product", photo, "--for", "amazon"], ["headshot", photo]):
        code, _, err = cyclorama(*command)
        assert code == 5
        assert err.endswith(": File name too long; give a shorter name\n")
    assert cyclorama("cutout", photo, "-o", "x" * 300 + ".png")[0] == 2
