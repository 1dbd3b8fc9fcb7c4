"""Each check against a machine made of folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cyclorama.core.errors import CaptureError, ModelError
from cyclorama.doctor import devices, installation
from cyclorama.doctor import examine as examining
from cyclorama.doctor.finding import CallPart, Finding, Status, exit_code
from cyclorama.doctor.kernel_module import check_module
from cyclorama.doctor.libraries import check_libraries, how_to_install
from cyclorama.doctor.privacy import check_private
from cyclorama.doctor.system import System
from cyclorama.models.bundled import DIGESTS, bundled_path
from cyclorama.sinks.virtual_camera.pipewire.check import PipeWire
from cyclorama.sinks.virtual_camera.v4l2loopback import VirtualCamera

MANIFEST = Path(__file__).parents[3] / "build_hook" / "bundle.json"


@dataclass(frozen=True)
class FakeCamera:
    path: str = "/dev/video0"
    name: str = "Webcam"
    is_virtual: bool = False
    held_by: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class FakeSystem(System):
    closed: tuple[str, ...] = ()

    def may_use(self, path: Path) -> bool:
        return path.name not in self.closed


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., FakeSystem]:
    for name in ("sys", "proc", "dev"):
        (tmp_path / name).mkdir()

    def make(platform: str = "linux", closed: tuple[str, ...] = ()) -> FakeSystem:
        folders = {name: tmp_path / name for name in ("sys", "proc", "dev", "modules", "dkms")}
        return FakeSystem(platform, **folders, release="6.1.0-57", closed=closed)

    return make


def test_the_digests_are_those_that_the_build_hook_pins() -> None:
    packages = json.loads(MANIFEST.read_text())
    assert {m["name"]: m["sha256"] for package in packages for m in package["members"]} == DIGESTS


def test_bundled_files_of_this_installation() -> None:
    assert installation.check_bundled().status is Status.OK


def test_a_damaged_network_fails_and_a_damaged_portrait_warns(tmp_path: Path) -> None:
    def with_damage(name: str) -> Finding:
        bad = tmp_path / name
        bad.write_bytes(b"x")
        return installation.check_bundled(lambda wanted: bad if wanted == name else bundled_path(wanted))

    network = with_damage("selfie_wide.tflite")
    assert (network.status, network.part) == (Status.FAIL, CallPart.NETWORK)
    assert "selfie_wide.tflite damaged" in network.what
    assert network.fix
    assert with_damage("portrait.png").status is Status.WARN


def test_missing_bundled_files_are_named() -> None:
    def missing(name: str) -> Path:
        raise ModelError(name)

    finding = installation.check_bundled(missing)
    assert finding.status is Status.FAIL
    assert all(name in finding.what for name in DIGESTS)


def test_the_network_runs_here() -> None:
    assert installation.check_network().status is Status.OK


def test_a_network_that_does_not_load_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tflite"
    bad.write_bytes(b"no network")
    monkeypatch.setattr(installation, "bundled_path", lambda name: bad)
    finding = installation.check_network()
    assert (finding.status, finding.part) == (Status.FAIL, CallPart.NETWORK)
    assert "bad.tflite" in finding.what


def test_missing_libraries_come_with_their_packages() -> None:
    def load(name: str) -> None:
        if name in ("libGL.so.1", "libportaudio.so.2"):
            raise OSError(name)

    opencv, sound = check_libraries(load)
    assert (opencv.status, opencv.part) == (Status.FAIL, CallPart.NETWORK)
    assert "apt install libgl1 " in opencv.fix
    assert (sound.status, sound.part) == (Status.WARN, CallPart.EXTRA)
    assert sound.what == "missing: libportaudio.so.2, which sound needs"
    assert "libportaudio2" in sound.fix
    assert "libfoo.so" in how_to_install("libfoo.so")


def test_libraries_that_are_there() -> None:
    assert [finding.status for finding in check_libraries(lambda name: None)] == [Status.OK, Status.OK]


def test_onnxruntime_says_what_a_session_gets(
    machine: Callable[..., FakeSystem], monkeypatch: pytest.MonkeyPatch
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(installation, "_granted", lambda module: ["CPUExecutionProvider"])
    system = machine()
    name = f"onnxruntime {onnxruntime.__version__}"
    assert installation.check_onnxruntime(system).what == f"{name} on CPU", "without a card, no word of CUDA"
    version = system.proc / "driver" / "nvidia" / "version"
    version.parent.mkdir(parents=True)
    version.write_text("NVRM")
    finding = installation.check_onnxruntime(system)
    assert finding.status is Status.WARN
    assert ".[cuda]" in finding.fix
    monkeypatch.setattr(installation, "_granted", lambda module: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    assert installation.check_onnxruntime(system).status is Status.OK


def test_the_identity_graph_is_a_model_that_runs() -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(installation.identity_graph(), providers=["CPUExecutionProvider"])
    import numpy as np

    assert session.run(None, {"x": np.array([3.5], np.float32)})[0] == [3.5]


def test_permissions(machine: Callable[..., FakeSystem]) -> None:
    assert devices.check_permissions(machine()) is None
    for name in ("video0", "video1"):
        (machine().dev / name).touch()
    good = devices.check_permissions(machine())
    some = devices.check_permissions(machine(closed=("video1",)))
    none = devices.check_permissions(machine(closed=("video0", "video1")))
    assert good and some and none
    assert (good.status, some.status, none.status) == (Status.OK, Status.WARN, Status.FAIL)
    assert "video1" in some.what
    assert "usermod -aG video" in none.fix
    assert devices.check_permissions(machine("darwin")) is None


def test_cameras_none_busy_free() -> None:
    assert devices.check_cameras([]).status is Status.FAIL
    assert devices.check_cameras([FakeCamera(is_virtual=True)]).status is Status.FAIL
    busy = FakeCamera(held_by=("zoom (4711)",))
    held = devices.check_cameras([busy])
    assert held.status is Status.FAIL
    assert "zoom (4711)" in held.what
    assert devices.check_cameras([FakeCamera(held_by=("pipewire (1)", "wireplumber (2)"))]).status is Status.OK
    closed = devices.check_cameras([FakeCamera(problem="no permission: ...")])
    assert (closed.status, closed.fix) == (Status.FAIL, devices.JOIN)
    broken = FakeCamera("/dev/video2", problem="Input/output error")
    assert "plug it in again" in devices.check_cameras([broken]).fix
    assert "plug it in again" in devices.check_cameras([FakeCamera(problem="no permission: ..."), broken]).fix
    assert devices.check_cameras([broken, FakeCamera()]).what == "free: /dev/video0 (Webcam)"
    assert devices.check_cameras([FakeCamera(held_by=("pipewire (1)", "zoom (4711)"))]).status is Status.FAIL
    assert devices.check_cameras([busy, FakeCamera("/dev/video2")]).status is Status.OK


def test_the_module_not_loaded_loaded_badly_loaded_well(machine: Callable[..., FakeSystem]) -> None:
    system = machine()
    missing = check_module(system)
    assert missing.status is Status.FAIL
    assert "v4l2loopback" in missing.fix
    parameters = system.sys / "module" / "v4l2loopback" / "parameters"
    parameters.mkdir(parents=True)
    (parameters / "exclusive_caps").write_text("N,N,N,N\n")
    plain = check_module(system)
    assert plain.status is Status.WARN
    assert "exclusive_caps=1" in plain.fix
    (parameters / "exclusive_caps").write_text("Y,N,N,N\n")
    assert check_module(system).status is Status.OK


def test_pipewire_is_enough_for_a_call_and_its_lack_is_no_failure() -> None:
    there, absent = PipeWire("1.4.2", ""), PipeWire("", "no camera through PipeWire: none runs", "start it")
    assert devices.check_pipewire(there).status is Status.OK
    assert "1.4.2" in devices.check_pipewire(there).what
    finding = devices.check_pipewire(absent)
    assert (finding.status, finding.part, finding.what) == (Status.WARN, CallPart.EXTRA, absent.problem)
    assert finding.fix == absent.fix
    failing = devices.check_virtual_cameras([])
    beside = devices.beside_pipewire(failing)
    assert (beside.status, beside.part, beside.fix) == (Status.WARN, CallPart.EXTRA, failing.fix)
    assert exit_code([beside]) == 0 and exit_code([failing]) == 5
    fine = devices.check_virtual_cameras([VirtualCamera("/dev/video11", "b", ())])
    assert devices.beside_pipewire(fine) == fine


@pytest.mark.parametrize(("problem", "code"), [("", 0), ("none runs", 5)])
def test_the_whole_report_takes_pipewire_for_a_virtual_camera(
    monkeypatch: pytest.MonkeyPatch, machine: Callable[..., FakeSystem], problem: str, code: int
) -> None:
    monkeypatch.setattr(
        "cyclorama.sinks.virtual_camera.pipewire.check.look_for_pipewire", lambda: PipeWire("1.4.2", problem)
    )
    monkeypatch.setattr(examining, "_cameras", lambda: Finding("camera", CallPart.CAMERA, Status.OK, "one"))
    found = examining._devices(machine())
    assert exit_code(each for each in found if each is not None) == code
    portal = [] if problem else ["portal"]
    assert [each.id for each in found if each is not None] == ["camera", "pipewire", *portal, "v4l2loopback"]


def test_virtual_cameras_none_busy_free() -> None:
    assert devices.check_virtual_cameras([]).status is Status.FAIL
    busy = VirtualCamera("/dev/video10", "cyclorama", (), "in use by obs (12): close it there")
    assert "obs (12)" in devices.check_virtual_cameras([busy]).what
    assert devices.check_virtual_cameras([busy]).status is Status.FAIL
    closed = VirtualCamera("/dev/video10", "cyclorama", (), "no permission: ...")
    assert devices.check_virtual_cameras([closed]).fix == devices.JOIN
    assert devices.check_virtual_cameras([closed, busy]).fix == "stop the program that writes to it"
    assert devices.check_virtual_cameras([busy, VirtualCamera("/dev/video11", "b", ())]).status is Status.OK


def test_a_virtual_camera_whose_size_is_pinned_is_a_warning_with_both_ways_out() -> None:
    pinned = VirtualCamera("/dev/video10", "cyclorama", ("zoom (7)",), kept_wh=(640, 480))
    finding = devices.check_virtual_cameras([pinned])
    assert finding.status is Status.WARN
    assert "still shows 640x480 to zoom (7)" in finding.what
    assert "close it there, or keep that size: cyclorama live --size 640x480" in finding.fix


@pytest.mark.parametrize(("platform", "mark"), [("win32", "CLSID"), ("darwin", "OBS.app")])
def test_obs_elsewhere(machine: Callable[..., FakeSystem], platform: str, mark: str) -> None:
    assert devices.check_obs(machine(platform), lambda place: mark in place).status is Status.OK
    finding = devices.check_obs(machine(platform), lambda place: False)
    assert finding.status is Status.FAIL
    assert "obsproject.com" in finding.fix


def test_the_exit_code_is_of_the_first_part_that_fails() -> None:
    def bad(part: CallPart, status: Status = Status.FAIL) -> Finding:
        return Finding("x", part, status, "")

    assert exit_code([]) == 0
    assert exit_code([bad(CallPart.EXTRA), bad(CallPart.CAMERA, Status.WARN)]) == 0
    assert exit_code([bad(CallPart.VIRTUAL_CAMERA)]) == 5
    assert exit_code([bad(CallPart.VIRTUAL_CAMERA), bad(CallPart.CAMERA)]) == 3
    assert exit_code([bad(CallPart.VIRTUAL_CAMERA), bad(CallPart.CAMERA), bad(CallPart.NETWORK)]) == 4


def test_cameras_that_cannot_be_listed_are_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from cyclorama.doctor.examine import _cameras

    def refuse() -> None:
        raise CaptureError("this OpenCV cannot list cameras: pip install --upgrade it")

    monkeypatch.setattr("cyclorama.capture.devices.list_cameras", refuse)
    finding = _cameras()
    assert (finding.status, finding.part) == (Status.WARN, CallPart.CAMERA)
    assert "--upgrade" in finding.fix


def test_nothing_connects_where_the_switch_is_in_force() -> None:
    finding = check_private({"ORT_DISABLE_TELEMETRY": "1"})
    assert (finding.id, finding.status, finding.fix) == ("private", Status.OK, "")
    assert finding.what.startswith("nothing but `models pull` and a source given as a URL connects: checked")
    assert "strace -f" in finding.what
    assert "strace" not in check_private({"ORT_DISABLE_TELEMETRY": "1"}, is_linux=False).what


@pytest.mark.parametrize("own", ["0", "no", ""])
def test_what_the_user_has_switched_on_is_a_warning_with_its_fix(own: str) -> None:
    finding = check_private({"ORT_DISABLE_TELEMETRY": own})
    assert (finding.status, finding.part) == (Status.WARN, CallPart.EXTRA)
    assert f"ORT_DISABLE_TELEMETRY={own} is set" in finding.what
    assert finding.fix == "unset ORT_DISABLE_TELEMETRY: cyclorama then switches it off"
    assert exit_code([finding]) == 0


def test_this_process_is_private() -> None:
    assert check_private().status is Status.OK


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_whether_it_is_private_is_among_what_is_examined(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*of: object) -> Finding:
        return Finding("something", CallPart.EXTRA, Status.OK, "fine")

    for name in ("check_bundled", "check_opencv", "check_network", "check_display", "check_onnxruntime"):
        monkeypatch.setattr(installation, name, nothing)
    monkeypatch.setattr(examining, "check_libraries", list)
    monkeypatch.setattr(examining, "_devices", lambda system: [])
    found = [each for each in examining.examine(FakeSystem(platform=platform)) if each.id == "private"]
    assert len(found) == 1 and ("strace" in found[0].what) == (platform == "linux")
