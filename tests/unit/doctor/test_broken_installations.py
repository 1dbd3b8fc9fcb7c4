"""Installations that are broken on purpose: microphones, OpenCV, windows, ONNX Runtime, other systems."""

from __future__ import annotations

import builtins
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cyclorama.capture import portaudio
from cyclorama.capture.portaudio import MicrophoneDevice
from cyclorama.core.errors import CaptureError
from cyclorama.doctor import examine as examining
from cyclorama.doctor import installation, portal
from cyclorama.doctor.finding import Finding, Status
from cyclorama.doctor.libraries import SOUND_LIBRARY, check_libraries
from cyclorama.doctor.sound import check_microphones
from cyclorama.doctor.system import System

DESK = MicrophoneDevice(3, "Desk", 1, 48_000, is_default=True)
CAMERA = MicrophoneDevice(1, "Camera", 2, 48_000, is_default=False)
APT = "sudo apt install libportaudio2 (elsewhere, your system's package of it), or give --no-audio"
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


def said(finding: Finding) -> tuple[Status, str, str]:
    return finding.status, finding.what, finding.fix


class PortAudioError(Exception):
    pass


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Exception], None]:
    """Makes the import of a module fail."""

    def break_it(name: str, error: Exception) -> None:
        real = builtins.__import__

        def importing(wanted: str, *more: Any) -> Any:
            if wanted.split(".")[0] == name.split(".")[0] and wanted.startswith(name):
                raise error
            return real(wanted, *more)

        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.setattr(builtins, "__import__", importing)

    return break_it


@pytest.mark.parametrize(
    ("found", "status", "what", "fix"),
    [
        ([CAMERA, DESK], Status.OK, "Desk, and 1 more (cyclorama devices)", ""),
        ([CAMERA], Status.OK, "Camera", ""),
        (
            [],
            Status.WARN,
            "no microphone found",
            "plug one in, or switch it on in your system's sound settings; a call needs none; without sound: "
            "cyclorama record --no-audio",
        ),
    ],
    ids=["two", "one", "none"],
)
def test_microphones(found: list[MicrophoneDevice], status: Status, what: str, fix: str) -> None:
    assert said(check_microphones(lambda: found)) == (status, what, fix)


def test_a_system_without_portaudio(without: Callable[[str, Exception], None]) -> None:
    without("sounddevice", OSError("PortAudio library not found"))
    what = "microphones need the system library PortAudio, which is missing"
    assert said(check_microphones(portaudio.list_microphones)) == (Status.WARN, what, APT)


def test_a_portaudio_that_does_not_start(without: Callable[[str, Exception], None]) -> None:
    without("sounddevice", PortAudioError("Error initializing PortAudio: Host error [PaErrorCode -9999]"))
    what = "microphones cannot be listed, since PortAudio does not work (Host error)"
    fix = "start your system's sound service, or log in again, or give --no-audio"
    assert said(check_microphones(portaudio.list_microphones)) == (Status.WARN, what, fix)


def test_a_reason_with_a_colon_is_not_torn_apart(without: Callable[[str, Exception], None]) -> None:
    without("sounddevice", PortAudioError("Error querying host API: Host error [PaErrorCode -9999]"))
    what = "microphones cannot be listed, since PortAudio does not work (Error querying host API: Host error)"
    fix = "start your system's sound service, or log in again, or give --no-audio"
    assert said(check_microphones(portaudio.list_microphones)) == (Status.WARN, what, fix)


def test_a_portaudio_that_lists_nothing_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def query() -> None:
        raise PortAudioError("Internal error [PaErrorCode -9986]")

    broken = SimpleNamespace(
        query_devices=query, PortAudioError=PortAudioError, default=SimpleNamespace(device=(-1, -1))
    )
    monkeypatch.setitem(sys.modules, "sounddevice", broken)
    with pytest.raises(CaptureError, match=r"PortAudio does not work \(Internal error\): start your system's sound"):
        portaudio.list_microphones()


def test_the_missing_library_of_sound_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> None:
        if "portaudio" in name:
            raise OSError(name)

    fine = Finding("fine", installation.CallPart.EXTRA, Status.OK, "fine")
    for name in ("check_bundled", "check_opencv", "check_network", "check_display", "check_onnxruntime"):
        monkeypatch.setattr(installation, name, lambda *_: fine)
    monkeypatch.setattr(examining, "_devices", lambda system: [])
    monkeypatch.setattr(portaudio, "list_microphones", lambda: [DESK])
    for loads, told in ((load, [SOUND_LIBRARY]), (lambda name: None, [SOUND_LIBRARY, "microphone"])):
        monkeypatch.setattr(examining, "check_libraries", lambda loads=loads: check_libraries(loads))
        ids = [finding.id for finding in examining.examine(System("linux"))]
        assert [name for name in ids if name in (SOUND_LIBRARY, "microphone")] == told


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (
            ImportError("libGL.so.1: cannot open shared object file: No such file or directory"),
            "sudo apt install libgl1 (elsewhere, your system's package of it)",
        ),
        (ImportError("No module named 'cv2'"), installation.AGAIN),
    ],
    ids=["no libGL", "no OpenCV"],
)
def test_an_opencv_that_does_not_load(without: Callable[[str, Exception], None], error: Exception, fix: str) -> None:
    without("cv2", error)
    assert said(installation.check_opencv()) == (Status.FAIL, f"OpenCV does not load: {error}", fix)


def test_no_window_without_opencv(without: Callable[[str, Exception], None]) -> None:
    without("cyclorama.sinks.preview", ImportError("cv2"))
    assert said(installation.check_display()) == (Status.WARN, "no preview window without OpenCV", "see opencv")


def test_no_cameras_without_opencv(without: Callable[[str, Exception], None]) -> None:
    without("cyclorama.capture.devices", ImportError("no cv2"))
    assert said(examining._cameras()) == (Status.FAIL, "cameras cannot be listed: no cv2", "see opencv")


@pytest.mark.parametrize("missing", ["there is no display", ""])
def test_a_window_and_a_desktop_without_one(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setattr("cyclorama.sinks.preview.missing_display", lambda: missing)
    expected = (
        (
            Status.WARN,
            "no preview window: there is no display",
            "needed for --to preview alone: start it in a desktop session",
        )
        if missing
        else (Status.OK, "a preview window can be shown", "")
    )
    assert said(installation.check_display()) == expected


def test_a_network_that_gives_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    network = SimpleNamespace(size_wh=(4, 2), run=lambda pixels: np.full((2, 4), np.nan), close=lambda: None)
    monkeypatch.setattr("cyclorama.matting.networks.selfie.segmenter.open_network", lambda path: network)
    assert said(installation.check_network()) == (Status.FAIL, "the network gives no numbers", installation.AGAIN)


@pytest.mark.parametrize(
    ("listed", "granted", "card", "both", "status", "what", "fix"),
    [
        ([CPU], [], False, False, Status.OK, "onnxruntime 1.99 on CPU", ""),
        ([CPU], [], True, False, Status.WARN, "onnxruntime 1.99 is the light one: it does not use the NVIDIA card",
         installation.HEAVY),
        ([CUDA, CPU], [], False, False, Status.OK, "onnxruntime 1.99 on CPU", ""),
        ([CUDA, CPU], [CUDA, CPU], True, False, Status.OK, "onnxruntime 1.99 on CUDA", ""),
        ([CUDA, CPU], [CPU], True, False, Status.WARN, "onnxruntime 1.99 falls back to the CPU: NVIDIA's driver or the "
         "CUDA 13 and cuDNN 9 libraries do not load", "pip install '.[cuda]' in the folder of cyclorama"),
        ([CPU], [], False, True, Status.WARN, "onnxruntime and onnxruntime-gpu are both installed, and each overwrites "
         "files of the other", f"pip uninstall onnxruntime onnxruntime-gpu, then {installation.AGAIN}"),
    ],
    ids=["light", "light beside a card", "heavy", "a card that is used", "a card that is not", "both"],
)  # fmt: skip
def test_onnxruntime(
    monkeypatch: pytest.MonkeyPatch,
    listed: list[str],
    granted: list[str],
    card: bool,
    both: bool,
    status: Status,
    what: str,
    fix: str,
) -> None:
    session = SimpleNamespace(get_providers=lambda: granted)
    fake = SimpleNamespace(
        __version__="1.99",
        get_available_providers=lambda: listed,
        preload_dlls=lambda: None,
        SessionOptions=SimpleNamespace,
        InferenceSession=lambda *of, **more: session,
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    monkeypatch.setattr(installation, "has_nvidia_card", lambda *of: card)
    monkeypatch.setattr(installation, "machine", lambda: "x86_64")
    monkeypatch.setattr(installation, "is_installed", lambda name: both or name == "onnxruntime")
    assert said(installation.check_onnxruntime(System("linux"))) == (status, what, fix)


def test_a_card_that_has_no_other_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(__version__="1.99", get_available_providers=lambda: [CPU])
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    monkeypatch.setattr(installation, "has_nvidia_card", lambda *of: True)
    monkeypatch.setattr(installation, "machine", lambda: "aarch64")
    monkeypatch.setattr(installation, "is_installed", lambda name: name == "onnxruntime")
    assert installation.check_onnxruntime(System("linux")).status is Status.OK


def test_what_pip_knows() -> None:
    assert installation.is_installed("numpy")
    assert not installation.is_installed("no-such-package-of-anybody")


def test_an_onnxruntime_that_does_not_load(without: Callable[[str, Exception], None]) -> None:
    without("onnxruntime", ImportError("no wheel"))
    what = "onnxruntime does not load (no wheel): only the bundled network runs"
    assert said(installation.check_onnxruntime(System("linux"))) == (Status.WARN, what, installation.AGAIN)


def test_a_portal_that_nothing_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/bus")
    monkeypatch.setattr(portal.shutil, "which", lambda name: None)
    what = "whether browsers list cameras of PipeWire cannot be told: busctl is missing"
    assert said(portal.check_portal()) == (Status.WARN, what, "look in the browser; busctl is a part of systemd")


def test_the_portal_is_asked_with_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def run(words: tuple[str, ...], **more: Any) -> subprocess.CompletedProcess[str]:
        asked.update(words=words, **more)
        return subprocess.CompletedProcess(words, 0, "u 3\n", "")

    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/bus")
    monkeypatch.setattr(portal.shutil, "which", lambda name: name)
    monkeypatch.setattr(portal.subprocess, "run", run)
    assert portal.check_portal().what == "the camera portal is there, version 3"
    assert asked["words"][0] == "busctl" and asked["timeout"] == portal.PATIENCE_S


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_the_report_asks_for_obs(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr("cyclorama.capture.devices.list_cameras", list)
    monkeypatch.setattr("cyclorama.doctor.devices.is_there", lambda system: lambda place: False)
    found = {each.id: each for each in examining._devices(System(platform)) if each is not None}
    assert sorted(found) == ["camera", "virtual-camera"]
    assert said(found["virtual-camera"])[:2] == (Status.FAIL, "no virtual camera is installed")
    assert found["virtual-camera"].fix.startswith("install OBS Studio from obsproject.com")


def test_what_this_user_may_use(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    assert System().may_use(tmp_path / "video0")
    assert not System().may_use(tmp_path / "video1")
