"""v4l2loopback, the virtual cameras of Linux: which there are, who may write to them, and how to get one.

With ``exclusive_caps=1``, which browsers need, a device shows one side at a time: OUTPUT while it waits for a writer,
CAPTURE while it has one. Up to version 0.12 a writer that uses write(2), as pyvirtualcam does, leaves it with neither:
no program can write to it again until the module is loaded anew. A second file handle that has started an output
stream puts OUTPUT back when it is closed, also by the kernel when the process is killed: see :func:`hold_output`.
"""

from __future__ import annotations

import os
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SYSFS = Path("/sys/class/video4linux")
MODULES = Path("/lib/modules")
OS_RELEASE = Path("/etc/os-release")
DRIVER = "v4l2 loopback"
LOAD = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=cyclorama"
INSTALL = {
    "debian": "sudo apt install v4l2loopback-dkms",
    "fedora": "sudo dnf install v4l2loopback (from RPM Fusion)",
    "arch": "sudo pacman -S v4l2loopback-dkms",
    "suse": "sudo zypper install v4l2loopback-kmp-default",
}

# linux/videodev2.h
VIDIOC_QUERYCAP = 0x80685600
VIDIOC_STREAMON = 0x40045612
BUF_TYPE_VIDEO_OUTPUT = 2
CAP_VIDEO_CAPTURE = 0x1
CAP_VIDEO_OUTPUT = 0x2
CAPABILITY = struct.Struct("16s32s32s3I12x")


@dataclass(frozen=True, slots=True)
class VirtualCamera:
    """One v4l2loopback device. ``problem``: why nobody can write to it now, empty where one can."""

    path: str
    name: str
    users: tuple[str, ...]
    """Programs of others that hold it open, to read or to write, as ``name (pid)``."""
    problem: str = ""


def list_virtual_cameras() -> list[VirtualCamera]:
    """All v4l2loopback devices by number; none on other systems, whose cameras cannot be listed."""
    if not sys.platform.startswith("linux") or not SYSFS.is_dir():
        return []
    nodes = sorted(SYSFS.glob("video*"), key=lambda node: int(node.name.removeprefix("video") or 0))
    found = (_camera(node) for node in nodes if "virtual" in node.resolve().parts)
    return [camera for camera in found if camera is not None]


def hold_output(path: str) -> int | None:
    """Announce a writer, and undo what ends without a word: a file handle to keep open while writing to ``path``.

    None where the driver needs none of this (0.13 and newer).
    """
    import fcntl

    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.ioctl(handle, VIDIOC_STREAMON, struct.pack("i", BUF_TYPE_VIDEO_OUTPUT))
    except OSError:
        os.close(handle)
        return None
    return handle


def fixed_format(path: str) -> str:
    """What consumers of ``path`` are shown, such as ``YU12:1280x720@30``; empty while no format is fixed."""
    try:
        return (SYSFS / Path(path).name / "format").read_text().strip()
    except OSError:
        return ""


def how_to_get_one() -> str:
    """The next command that gives this system a v4l2loopback device."""
    release = os.uname().release
    with suppress(OSError):
        if (SYSFS.parent.parent / "module" / "v4l2loopback").is_dir():
            return f"sudo modprobe -r v4l2loopback && {LOAD}"
        if "v4l2loopback" in (MODULES / release / "modules.dep").read_text():
            return LOAD
    return f"{_install_command()}, then: {LOAD}"


def _camera(node: Path) -> VirtualCamera | None:
    path = f"/dev/{node.name}"
    name = (node / "name").read_text().strip()
    users = holders(path)
    try:
        driver, capabilities = _query(path)
        if driver != DRIVER:
            return None
        if not capabilities & (CAP_VIDEO_CAPTURE | CAP_VIDEO_OUTPUT):  # its last writer left it with neither
            handle = hold_output(path)  # in vain where no format is set, and yet it puts OUTPUT back
            if handle is not None:
                os.close(handle)
            _, capabilities = _query(path)
    except PermissionError:
        problem = "no permission: sudo usermod -aG video $USER, then log in again"
        return VirtualCamera(path, name, users, problem)
    except OSError as error:
        return VirtualCamera(path, name, users, error.strerror or str(error))
    free = capabilities & CAP_VIDEO_OUTPUT
    problem = "" if free else f"in use by {', '.join(users) or 'another program'}: close it there"
    return VirtualCamera(path, name, users, problem)


def _query(path: str) -> tuple[str, int]:
    """Driver and capabilities of a device."""
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        answer = bytearray(CAPABILITY.size)
        fcntl.ioctl(handle, VIDIOC_QUERYCAP, answer)
    finally:
        os.close(handle)
    driver, _, _, _, _, device_capabilities = CAPABILITY.unpack(answer)
    return driver.split(b"\0")[0].decode(), device_capabilities


def holders(path: str) -> tuple[str, ...]:
    """Programs that hold ``path`` open, this one left out; those of other users only root can see."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        with suppress(OSError):
            if any(str(handle.readlink()) == path for handle in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()} ({process.name})")
    return tuple(found)


def _install_command() -> str:
    try:
        about = OS_RELEASE.read_text()
    except OSError:
        about = ""
    kin = [line.partition("=")[2].strip('"') for line in about.splitlines() if line.startswith(("ID=", "ID_LIKE="))]
    for family, command in INSTALL.items():
        if any(family in names for names in kin):
            return command
    return "install your system's v4l2loopback package"
