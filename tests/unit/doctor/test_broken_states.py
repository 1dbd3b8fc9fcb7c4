"""The whole report on cameras of machines that are broken on purpose, in ten ways: what it says, and what mends it."""

from __future__ import annotations

import ctypes
import errno
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cyclorama.capture.devices import CameraDevice
from cyclorama.core.v4l2 import JOIN
from cyclorama.doctor import examine as examining
from cyclorama.doctor import portal
from cyclorama.doctor.finding import Finding, exit_code
from cyclorama.doctor.kernel_module import SECURE_BOOT
from cyclorama.doctor.system import System
from cyclorama.sinks.virtual_camera import packages, v4l2loopback
from cyclorama.sinks.virtual_camera.pipewire import check, library, stream
from cyclorama.sinks.virtual_camera.pipewire.library import StreamState
from cyclorama.sinks.virtual_camera.v4l2loopback import VirtualCamera

pytestmark = pytest.mark.needs_linux("v4l2loopback and PipeWire")
RELEASE = "6.1.0-57"
LOADED = ("sys/module/v4l2loopback/parameters/exclusive_caps", "Y,N\n")
BUILT = (f"modules/{RELEASE}/modules.dep", "updates/dkms/v4l2loopback.ko: kernel/videodev.ko")
SOURCES = ("dkms/v4l2loopback/0.12.7/source", "")
HEADERS = (f"modules/{RELEASE}/build", "")
LOG = ("dkms/v4l2loopback/0.12.7/build/make.log", "make: entering\nv4l2loopback.c:700: error: no member 'x'\n\n")
SECURE = (f"sys/firmware/efi/{SECURE_BOOT}", "\x06\0\0\0\x01")
LOAD = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=cyclorama"
FOR_GOOD = "to have it so at every start: cyclorama setup"
NOT_LOADED = "the kernel module v4l2loopback is not loaded"
WEBCAM = CameraDevice("/dev/video0", "Webcam")
LOOPBACK = VirtualCamera("/dev/video10", "cyclorama", ())
BUSY = VirtualCamera("/dev/video10", "cyclorama", ("obs (12)",), "in use by obs (12): close it there")


class FakeLibrary:
    """libpipewire as far as a first connection. ``refused``: the reason why there is none; 0 where there is.
    ``hangs``: whether PipeWire does not answer."""

    def __init__(self, refused: int = 0, *, hangs: bool = False) -> None:
        self._refused, self._hangs = refused, hangs

    def __getattr__(self, name: str) -> Callable[..., object]:
        return lambda *of: 1

    def pw_get_library_version(self) -> bytes:
        return b"1.4.2"

    def pw_context_connect(self, *of: object) -> int | None:
        ctypes.set_errno(self._refused)
        return None if self._refused else 1

    def pw_stream_add_listener(self, stream: object, hook: object, events: Any, data: object) -> None:
        self._events = events._obj

    def pw_thread_loop_start(self, loop: object) -> int:
        if not self._hangs:
            self._events.state_changed(None, StreamState.CONNECTING, StreamState.PAUSED, None)
        return 0


@dataclass(frozen=True)
class Machine:
    """A machine where all is well, but for what a state changes. ``says`` and ``fix`` are of the finding ``id``."""

    name: str
    id: str
    status: str
    says: str
    fix: str
    code: int = 0
    """That the doctor ends with."""
    files: tuple[tuple[str, str], ...] = (LOADED,)
    pipewire: FakeLibrary | Exception = field(default_factory=FakeLibrary)
    daemon: bool = True
    bus: bool = True
    portal: int | None = 0
    """What busctl ends with; None where it does not end."""
    busctl: str = ""
    """What it says then."""
    cameras: tuple[CameraDevice, ...] = (WEBCAM,)
    virtual: tuple[VirtualCamera, ...] = (LOOPBACK,)
    closed: bool = False


no_pipewire = partial(Machine, pipewire=OSError("no such file"))
NO_PIPEWIRE = "no camera through PipeWire: "
UNLISTED = "browsers do not list cameras of PipeWire: "
NO_BUS = f"{UNLISTED}there is no session bus"
IN_SESSION = "start cyclorama in the desktop session, neither with sudo nor over ssh"
UNSEEN = "; programs that take no cameras of PipeWire see none"
START = "systemctl --user start pipewire wireplumber"
GET_PIPEWIRE = f"sudo apt install pipewire wireplumber xdg-desktop-portal, then log in again, or: {START}"
STATES = (
    no_pipewire("no PipeWire", "pipewire", "warn", f"{NO_PIPEWIRE}libpipewire is not installed", GET_PIPEWIRE),
    Machine(
        "no PipeWire runs",
        "pipewire",
        "warn",
        f"{NO_PIPEWIRE}no PipeWire runs for this user",
        f"{START}, in the desktop session (root has none)",
        pipewire=FakeLibrary(errno.EHOSTDOWN),
    ),
    Machine(
        "the library of PipeWire alone",
        "pipewire",
        "warn",
        f"{NO_PIPEWIRE}no PipeWire runs for this user",
        GET_PIPEWIRE,
        pipewire=FakeLibrary(errno.EHOSTDOWN),
        daemon=False,
    ),
    Machine(
        "a PipeWire that hangs",
        "pipewire",
        "warn",
        f"{NO_PIPEWIRE}it does not answer",
        "systemctl --user restart pipewire wireplumber",
        pipewire=FakeLibrary(hangs=True),
    ),
    Machine(
        "no portal",
        "portal",
        "warn",
        f"{UNLISTED}there is no camera portal",
        "sudo apt install xdg-desktop-portal xdg-desktop-portal-gtk",
        portal=1,
        busctl="Failed to get property version on interface org.freedesktop.portal.Camera: Unknown interface",
    ),
    Machine(
        "a portal that hangs",
        "portal",
        "warn",
        f"{UNLISTED}the camera portal does not answer",
        "systemctl --user restart xdg-desktop-portal",
        portal=None,
    ),
    Machine(
        "a portal that busctl waits for in vain",
        "portal",
        "warn",
        f"{UNLISTED}the camera portal does not answer",
        "systemctl --user restart xdg-desktop-portal",
        portal=1,
        busctl="Failed to get property version on interface org.freedesktop.portal.Camera: Connection timed out",
    ),
    Machine(
        "no session bus",
        "portal",
        "warn",
        NO_BUS,
        IN_SESSION,
        bus=False,
    ),
    Machine(
        "the address of a session bus that has ended",
        "portal",
        "warn",
        NO_BUS,
        IN_SESSION,
        portal=1,
        busctl="Failed to connect to bus: No such file or directory",
    ),
    Machine(
        "an old version",
        "pipewire",
        "warn",
        f"{NO_PIPEWIRE}libpipewire is too old: it has to be 0.3.40 or newer",
        "update your system (PipeWire 0.3.40 is of 2021), or take v4l2loopback: cyclorama setup --module",
        pipewire=AttributeError("no symbol"),
    ),
    Machine("no permission", "permissions", "fail", "no permission for {dev}/video0", JOIN, 3, closed=True),
    Machine(
        "no permission for PipeWire",
        "pipewire",
        "warn",
        f"{NO_PIPEWIRE}this user may not connect to it",
        "run cyclorama as the user of the desktop session, without sudo",
        pipewire=FakeLibrary(errno.EACCES),
    ),
    no_pipewire(
        "module not loaded",
        "v4l2loopback",
        "fail",
        "the kernel module v4l2loopback is installed and not loaded",
        f"{LOAD}; {FOR_GOOD}",
        5,
        files=(BUILT,),
    ),
    Machine(
        "module not loaded, beside PipeWire",
        "v4l2loopback",
        "warn",
        f"the kernel module v4l2loopback is installed and not loaded{UNSEEN}",
        f"{LOAD}; {FOR_GOOD}",
        files=(BUILT,),
    ),
    no_pipewire(
        "module not installed",
        "v4l2loopback",
        "fail",
        NOT_LOADED,
        f"sudo apt install v4l2loopback-dkms, then: {LOAD}; {FOR_GOOD}",
        5,
        files=(),
    ),
    no_pipewire(
        "module not built",
        "v4l2loopback",
        "fail",
        f"DKMS could not build v4l2loopback 0.12.7 for the kernel {RELEASE}: v4l2loopback.c:700: error: no member 'x'",
        "a newer v4l2loopback, or an older kernel; the whole log: {dkms}/v4l2loopback/0.12.7/build/make.log",
        5,
        files=(SOURCES, HEADERS, LOG),
    ),
    no_pipewire(
        "an old version of the module beside it",
        "v4l2loopback",
        "fail",
        f"DKMS could not build v4l2loopback 0.12.7 for the kernel {RELEASE}: v4l2loopback.c:700: error: no member 'x'",
        "a newer v4l2loopback, or an older kernel; the whole log: {dkms}/v4l2loopback/0.12.7/build/make.log",
        5,
        files=(("dkms/v4l2loopback/0.9.1/source", ""), SOURCES, HEADERS, LOG),
    ),
    no_pipewire(
        "module not yet built",
        "v4l2loopback",
        "fail",
        f"v4l2loopback is not built for the kernel {RELEASE}",
        f"sudo dkms autoinstall, then: {LOAD}",
        5,
        files=(SOURCES, HEADERS),
    ),
    no_pipewire(
        "headers missing",
        "v4l2loopback",
        "fail",
        f"v4l2loopback is not built: the headers of the kernel {RELEASE} are missing",
        f"sudo apt install linux-headers-{RELEASE}, then: sudo dkms autoinstall and {LOAD}",
        5,
        files=(SOURCES,),
    ),
    no_pipewire(
        "Secure Boot",
        "v4l2loopback",
        "fail",
        "v4l2loopback is installed and not loaded; Secure Boot is on: it takes signed modules alone",
        f"{LOAD}; if that says Key was rejected: sudo mokutil --import /var/lib/dkms/mok.pub, restart, and choose "
        "Enroll MOK",
        5,
        files=(BUILT, SECURE),
    ),
    no_pipewire(
        "without the option that browsers need, and busy",
        "v4l2loopback",
        "warn",
        "v4l2loopback is loaded without exclusive_caps=1: browsers will not list the camera",
        f"sudo modprobe -r v4l2loopback && {LOAD}; {FOR_GOOD}",
        5,
        files=((LOADED[0], "N,N\n"),),
        virtual=(BUSY,),
    ),
    Machine(
        "busy device",
        "camera",
        "fail",
        "every camera is held: /dev/video0 (Webcam) by zoom (4711)",
        "close the camera there: one program at a time can have it",
        3,
        cameras=(CameraDevice("/dev/video0", "Webcam", held_by=("zoom (4711)",)),),
    ),
    no_pipewire(
        "busy virtual camera",
        "virtual-camera",
        "fail",
        "/dev/video10 (cyclorama): in use by obs (12): close it there",
        "stop the program that writes to it",
        5,
        virtual=(BUSY,),
    ),
)
TEN = {
    *("no PipeWire", "no portal", "no session bus", "an old version", "no permission", "module not loaded"),
    *("module not built", "headers missing", "Secure Boot", "busy device"),
}
WELL = Machine("all well", "virtual-camera", "ok", "free: /dev/video10 (cyclorama)", "")


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Machine], dict[str, Finding]]:
    """The findings on a machine by their names."""

    def of(machine: Machine) -> dict[str, Finding]:
        system = make_files(tmp_path, machine)
        fake_programs(monkeypatch, tmp_path, machine)
        monkeypatch.setattr(System, "may_use", lambda self, path: not machine.closed)
        monkeypatch.setattr("cyclorama.capture.devices.list_cameras", lambda: machine.cameras)
        monkeypatch.setattr(v4l2loopback, "list_virtual_cameras", lambda: machine.virtual)
        found = [each for each in examining._devices(system) if each is not None]
        assert exit_code(found) == machine.code
        return {each.id: each for each in found}

    return of


def make_files(root: Path, machine: Machine) -> System:
    for name in ("sys", "proc", "dev", "modules", "dkms"):
        (root / name).mkdir()
    (root / "dev" / "video0").touch()
    (root / "os-release").write_text("ID=debian\n")
    for place, text in machine.files:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
    return System("linux", *(root / name for name in ("sys", "proc", "dev", "modules", "dkms")), release=RELEASE)


def fake_programs(monkeypatch: pytest.MonkeyPatch, root: Path, machine: Machine) -> None:
    def load() -> FakeLibrary:
        if isinstance(machine.pipewire, Exception):
            raise machine.pipewire
        return machine.pipewire

    def ask() -> subprocess.CompletedProcess[str]:
        if machine.portal is None:
            raise subprocess.TimeoutExpired("busctl", 10)
        return subprocess.CompletedProcess([], machine.portal, "" if machine.portal else "u 1\n", machine.busctl)

    monkeypatch.setattr(packages, "OS_RELEASE", root / "os-release")
    monkeypatch.setattr(v4l2loopback, "MODULES", root / "modules")
    monkeypatch.setattr(library, "load", load)
    monkeypatch.setattr(stream, "OPEN_S", 0.05)
    monkeypatch.setattr(portal, "_ask", ask)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "pipewire" and not machine.daemon else name)
    monkeypatch.setattr(check.shutil, "which", shutil.which)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(root))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    if machine.bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/bus")


def test_all_ten_are_there() -> None:
    assert {state.name for state in STATES} >= TEN and len(TEN) == 10


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_broken_state_and_what_mends_it(
    report: Callable[[Machine], dict[str, Finding]], tmp_path: Path, state: Machine
) -> None:
    finding = report(state)[state.id]
    places = {"dev": tmp_path / "dev", "dkms": tmp_path / "dkms"}
    assert (finding.status.value, finding.what) == (state.status, state.says.format(**places))
    assert finding.fix == state.fix.format(**places)
    assert "\n" not in finding.what + finding.fix


def test_nothing_is_said_against_a_machine_where_all_is_well(
    report: Callable[[Machine], dict[str, Finding]],
) -> None:
    found = report(WELL)
    assert {name: finding.status.value for name, finding in found.items()} == dict.fromkeys(
        ("permissions", "camera", "pipewire", "portal", "v4l2loopback", "virtual-camera"), "ok"
    )
    assert found["portal"].what == "the camera portal is there, version 1"
    assert found["pipewire"].what == "PipeWire 1.4.2 takes a camera without a kernel module"
    assert all(finding.fix == "" for finding in found.values())


def test_a_session_bus_by_its_address_or_its_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert not portal.has_session_bus()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert not portal.has_session_bus()
    (tmp_path / "bus").touch()
    assert portal.has_session_bus()
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/bus")
    assert portal.has_session_bus()


def test_without_busctl_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/bus")
    monkeypatch.setattr(portal.shutil, "which", lambda name: None)
    found = portal.look_for_portal()
    assert found.problem == "whether browsers list cameras of PipeWire cannot be told: busctl is missing"
    assert found.fix and not found.lacks_packages


@pytest.mark.parametrize(("ended", "version", "lacks"), [(0, "1", False), (1, "", True)])
def test_packages_are_what_is_lacking_where_no_portal_answers(
    monkeypatch: pytest.MonkeyPatch, ended: int, version: str, lacks: bool
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/bus")
    found = portal.look_for_portal(lambda: subprocess.CompletedProcess([], ended, "u 1\n" if not ended else "", ""))
    assert (found.version, found.lacks_packages) == (version, lacks)
