"""Checks of cameras and virtual cameras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from cyclorama.core.v4l2 import IDLE_USERS, JOIN
from cyclorama.doctor.finding import CallPart, Finding, Status
from cyclorama.doctor.system import System
from cyclorama.sinks.virtual_camera.pipewire.check import PipeWire
from cyclorama.sinks.virtual_camera.v4l2loopback import VirtualCamera, how_to_get_one

GET_OBS = "install OBS Studio from obsproject.com, start its virtual camera once, then stop it; more: cyclorama setup"
OBS_CLASS = r"SOFTWARE\Classes\CLSID\{A3FCE0F5-3493-419F-958A-ABA1250EC20B}"
UNITY_CLASS = r"SOFTWARE\Classes\CLSID\{5C2CD55C-92AD-4999-8666-912BD3E70010}"
OBS_ON_MACOS = (
    Path("/Applications/OBS.app"),
    Path("/Library/CoreMediaIO/Plug-Ins/DAL/obs-mac-virtualcam.plugin"),
)


class Camera(Protocol):
    """A camera, as the checks see it."""

    @property
    def name(self) -> str:
        """Display name."""

    @property
    def path(self) -> str:
        """Device path, or index."""

    @property
    def is_virtual(self) -> bool:
        """Whether it is a virtual camera."""

    @property
    def held_by(self) -> Sequence[str]:
        """Programs that have it open."""

    @property
    def problem(self) -> str:
        """Why it cannot be queried; empty where it can."""


def check_permissions(system: System) -> Finding | None:
    """Permissions of /dev/video*; None where there is no device, or not Linux."""
    if not system.is_linux:
        return None
    nodes = sorted(system.dev.glob("video[0-9]*"))
    closed = [node for node in nodes if not system.may_use(node)]
    if not nodes:
        return None
    if closed:
        names = ", ".join(map(str, closed))
        status = Status.FAIL if len(closed) == len(nodes) else Status.WARN
        return Finding("permissions", CallPart.CAMERA, status, f"no permission for {names}", JOIN)
    return Finding("permissions", CallPart.CAMERA, Status.OK, f"this user may use all {len(nodes)} video devices")


def check_cameras(cameras: Sequence[Camera]) -> Finding:
    """A camera exists and is free."""
    real = [camera for camera in cameras if not camera.is_virtual]
    if not real:
        fix = "plug one in (a virtual machine has to pass it through); without: cyclorama live --source demo"
        return Finding("camera", CallPart.CAMERA, Status.FAIL, "no camera found", fix)
    usable = [camera for camera in real if not camera.problem]
    if not usable:
        closed = "; ".join(f"{camera.path} ({camera.name}): {camera.problem}" for camera in real)
        fix = JOIN if all("permission" in camera.problem for camera in real) else "unplug it and plug it in again"
        return Finding("camera", CallPart.CAMERA, Status.FAIL, f"no camera can be used: {closed}", fix)
    free = [camera for camera in usable if all(user.split()[0] in IDLE_USERS for user in camera.held_by)]
    if not free:
        busy = "; ".join(f"{camera.path} ({camera.name}) by {', '.join(camera.held_by)}" for camera in usable)
        fix = "close the camera there: one program at a time can have it"
        return Finding("camera", CallPart.CAMERA, Status.FAIL, f"every camera is held: {busy}", fix)
    names = ", ".join(f"{camera.path} ({camera.name})" for camera in free)
    return Finding("camera", CallPart.CAMERA, Status.OK, f"free: {names}")


def check_virtual_cameras(cameras: Sequence[VirtualCamera]) -> Finding:
    """A v4l2loopback device exists and can be written to."""
    if not cameras:
        what = "no virtual camera: no v4l2loopback device"
        return Finding("virtual-camera", CallPart.VIRTUAL_CAMERA, Status.FAIL, what, how_to_get_one())
    free = [camera for camera in cameras if not camera.problem]
    if free:
        taken = free[0]  # the one that cyclorama live takes by default
        if taken.kept_wh is not None:
            size = f"{taken.kept_wh[0]}x{taken.kept_wh[1]}"
            what = f"{taken.path} ({taken.name}) still shows {size} to {', '.join(taken.users)}"
            fix = f"close it there, or keep that size: cyclorama live --size {size}"
            return Finding("virtual-camera", CallPart.VIRTUAL_CAMERA, Status.WARN, what, fix)
        names = ", ".join(f"{camera.path} ({camera.name})" for camera in free)
        return Finding("virtual-camera", CallPart.VIRTUAL_CAMERA, Status.OK, f"free: {names}")
    what = "; ".join(f"{camera.path} ({camera.name}): {camera.problem}" for camera in cameras)
    fix = JOIN if all("permission" in camera.problem for camera in cameras) else "stop the program that writes to it"
    return Finding("virtual-camera", CallPart.VIRTUAL_CAMERA, Status.FAIL, what, fix)


def check_pipewire(pipewire: PipeWire) -> Finding:
    """PipeWire runs, so that a camera needs no kernel module."""
    if pipewire.problem:
        return Finding("pipewire", CallPart.EXTRA, Status.WARN, pipewire.problem, pipewire.fix)
    what = f"PipeWire {pipewire.version} takes a camera without a kernel module"
    return Finding("pipewire", CallPart.VIRTUAL_CAMERA, Status.OK, what)


def beside_pipewire(finding: Finding) -> Finding:
    """A finding about v4l2loopback where PipeWire has a camera: what fails there stops no call."""
    if finding.status is not Status.FAIL:
        return finding
    what = f"{finding.what}; programs that take no cameras of PipeWire see none"
    return replace(finding, part=CallPart.EXTRA, status=Status.WARN, what=what)


def check_obs(system: System, exists: Callable[[str], bool] | None = None) -> Finding:
    """Windows, macOS: a virtual camera is installed. ``exists``: tells whether a registry key or path exists."""
    windows = system.platform == "win32"
    places = (OBS_CLASS, UNITY_CLASS) if windows else tuple(map(str, OBS_ON_MACOS))
    there = exists or is_there(system)
    if any(there(place) for place in places):
        return Finding("virtual-camera", CallPart.VIRTUAL_CAMERA, Status.OK, "a virtual camera is installed")
    return Finding("virtual-camera", CallPart.VIRTUAL_CAMERA, Status.FAIL, "no virtual camera is installed", GET_OBS)


def is_there(system: System) -> Callable[[str], bool]:
    """A function that tells whether a registry key (Windows) or a path (elsewhere) exists."""
    return _in_registry if system.platform == "win32" else lambda path: Path(path).exists()


def _in_registry(key: str) -> bool:
    import importlib

    winreg = importlib.import_module("winreg")  # on Windows only
    try:
        winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key).Close()
    except OSError:
        return False
    return True
