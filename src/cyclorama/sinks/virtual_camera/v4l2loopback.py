"""v4l2loopback, the virtual cameras of Linux: list them, say who may write to them, and how to get one.

With ``exclusive_caps=1``, which browsers need, a device shows one side at a time: OUTPUT while it waits for a writer,
CAPTURE while it has one. Up to version 0.12 a writer that uses write(2), as pyvirtualcam does, leaves it with neither:
no program can write to it again until the module is loaded anew. A second file handle that has started an output
stream puts OUTPUT back when it is closed, also by the kernel when the process is killed: see :func:`hold_output`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cyclorama.core import v4l2
from cyclorama.core.errors import reason
from cyclorama.core.frames import SizeWH
from cyclorama.sinks.virtual_camera.packages import find_family, install_command

MODULES = Path("/lib/modules")
DRIVER = "v4l2 loopback"
LOAD = "sudo modprobe v4l2loopback exclusive_caps=1 card_label=cyclorama"
PACKAGES = {
    "debian": "v4l2loopback-dkms",
    "fedora": "v4l2loopback",
    "arch": "v4l2loopback-dkms",
    "suse": "v4l2loopback-kmp-default",
}
REPOSITORIES = {"fedora": " (from RPM Fusion)"}
OTHERWISE = "install your system's v4l2loopback package"


@dataclass(frozen=True, slots=True)
class VirtualCamera:
    """One v4l2loopback device. ``problem``: why nobody can write to it now, empty where one can."""

    path: str
    name: str
    users: tuple[str, ...]
    """Programs of others that hold it open, to read or to write, as ``name (pid)``."""
    problem: str = ""
    kept_wh: SizeWH | None = None
    """The size that it goes on showing to those who hold it open; None while none is fixed."""


def list_virtual_cameras() -> list[VirtualCamera]:
    """All v4l2loopback devices by number; none on other systems, whose cameras cannot be listed."""
    found = (_camera(node) for node in v4l2.video_nodes() if "virtual" in node.resolve().parts)
    return [camera for camera in found if camera is not None]


def hold_output(path: str) -> int | None:
    """Start an output stream on a second file handle, to keep open while writing to ``path`` (see the module).

    None where the driver needs none of this (0.13 and newer).
    """
    with suppress(OSError):
        return v4l2.hold_stream_on(path, v4l2.BUF_TYPE_VIDEO_OUTPUT)
    return None


def fixed_format(path: str) -> str:
    """What consumers of ``path`` are shown, such as ``YU12:1280x720@30``; empty while no format is fixed."""
    try:
        return (v4l2.SYSFS / Path(path).name / "format").read_text().strip()
    except OSError:
        return ""


def fixed_size(path: str) -> SizeWH | None:
    """The width and height that consumers of ``path`` are shown; None while none are fixed."""
    with suppress(ValueError):
        width, _, height = fixed_format(path).partition(":")[2].partition("@")[0].partition("x")
        return int(width), int(height)
    return None


def how_to_get_one() -> str:
    """The next command that gives this system a v4l2loopback device."""
    with suppress(OSError):
        if (v4l2.SYSFS.parent.parent / "module" / "v4l2loopback").is_dir():
            return f"sudo modprobe -r v4l2loopback && {LOAD}"
    if is_installed(MODULES / os.uname().release):
        return LOAD
    return f"{install_command(PACKAGES, OTHERWISE)}{REPOSITORIES.get(find_family(), '')}, then: {LOAD}"


def is_installed(modules: Path) -> bool:
    """Whether a kernel has the module. ``modules``: the folder of its modules."""
    with suppress(OSError):
        return "v4l2loopback" in (modules / "modules.dep").read_text()
    return False


def _camera(node: Path) -> VirtualCamera | None:
    path = f"/dev/{node.name}"
    name = (node / "name").read_text().strip()
    users = v4l2.holders(path)
    try:
        capabilities = v4l2.query(path)
        if capabilities.driver != DRIVER:
            return None
        if not capabilities.flags & (v4l2.CAP_VIDEO_CAPTURE | v4l2.CAP_VIDEO_OUTPUT):  # shows neither side
            handle = hold_output(path)  # fails where no format is set, and restores OUTPUT all the same
            if handle is not None:
                os.close(handle)
            capabilities = v4l2.query(path)
    except PermissionError:
        return VirtualCamera(path, name, users, v4l2.NO_PERMISSION)
    except OSError as error:
        return VirtualCamera(path, name, users, reason(error))
    free = capabilities.flags & v4l2.CAP_VIDEO_OUTPUT
    problem = "" if free else f"in use by {', '.join(users) or 'another program'}: close it there"
    return VirtualCamera(path, name, users, problem, fixed_size(path) if users else None)
