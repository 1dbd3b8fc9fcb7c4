"""List the cameras of this machine, and find the one that a user names.

On Linux the kernel reports everything without opening a camera. On Windows and macOS, OpenCV 5.1 and newer reports
names and numbers; modes and the programs that hold a camera are unknown there.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from typing_extensions import override

from cyclorama.core import v4l2
from cyclorama.core.errors import CaptureError, reason

VIRTUAL_NAMES = ("obs virtual", "unity video capture", "cyclorama")
"""How the names of virtual cameras begin on Windows and macOS."""
NO_LIST = "this OpenCV cannot list cameras: pip install --upgrade opencv-contrib-python; or try --source 0, 1, 2"


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """One camera. ``path``: of /dev on Linux, else its number. ``name``: what it calls itself.

    ``bus``: where it is plugged in, empty where unknown. ``is_virtual``: a program feeds it. ``held_by``: programs of
    others that have it open, as ``name (pid)``. ``modes``: a line for each pixel format. ``problem``: why it cannot be
    asked, empty where it can.
    """

    path: str
    name: str
    bus: str = ""
    is_virtual: bool = False
    held_by: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    problem: str = ""

    @override
    def __str__(self) -> str:
        return f"{self.path} ({self.name})"


def list_cameras(*, in_full: bool = True) -> list[CameraDevice]:
    """All cameras, by number. Opens none. Raises CaptureError where an old OpenCV cannot tell (Windows, macOS).

    ``in_full`` False leaves ``held_by`` and ``modes`` empty, which are slow to read: the file handles of all programs
    are searched, and drivers may have thousands of modes.
    """
    if sys.platform.startswith("linux"):
        found = (_from_node(node, in_full=in_full) for node in v4l2.video_nodes())
        return [camera for camera in found if camera is not None]
    return _from_opencv()


def find_camera(text: str, last: CameraDevice | None = None) -> CameraDevice:
    """The camera that ``text`` names by number, path or part of its name.

    ``last``: the camera that was open before. It is searched for first, since a camera that was plugged in again may
    have another number, and its modes are not queried again. ``held_by`` stays empty. Raises CaptureError, which lists
    the cameras that there are.
    """
    try:
        cameras = list_cameras(in_full=False)
    except CaptureError:
        if not text.isdigit():
            raise
        return CameraDevice(text, f"camera {text}")
    return _with_modes(_chosen(text, cameras, last), last)


def _chosen(text: str, cameras: list[CameraDevice], last: CameraDevice | None) -> CameraDevice:
    if last is not None:
        for same in (lambda c: (c.bus, c.name, c.path), lambda c: (c.bus, c.name), lambda c: c.name):
            for camera in cameras:
                if same(camera) == same(last):
                    return camera
    for means in (_is_called, _is_called_partly):
        for camera in cameras:
            if means(text, camera.path, camera.name):
                return camera
    if last is not None:
        raise CaptureError(f"camera {last} is gone: plug it in again")
    raise CaptureError(_not_found(text, cameras))


def _with_modes(camera: CameraDevice, last: CameraDevice | None) -> CameraDevice:
    if camera.problem or not camera.path.startswith("/dev/"):
        return camera
    if last is not None and (last.bus, last.name) == (camera.bus, camera.name) and not camera.is_virtual:
        return replace(camera, modes=last.modes)  # a virtual camera has those of its writer, which may have changed
    try:
        return replace(camera, modes=_modes(v4l2.modes(camera.path)))
    except OSError as error:
        return replace(camera, problem=reason(error))


def _is_called(text: str, path: str, name: str) -> bool:
    if text.isdigit():
        return path in (str(int(text)), f"/dev/video{int(text)}")
    return os.path.realpath(text) == path if text.startswith("/dev/") else text == name


def _is_called_partly(text: str, path: str, name: str) -> bool:
    return text.lower() in name.lower() and not text.isdigit() and not text.startswith("/dev/")


def _not_found(text: str, cameras: list[CameraDevice]) -> str:
    for node in v4l2.video_nodes():
        path = f"/dev/{node.name}"
        name = (node / "name").read_text().strip()
        if _is_called(text, path, name) or _is_called_partly(text, path, name):
            return f"{path} ({name}) gives no pictures now: is it a virtual camera that no program feeds yet?"
    if not cameras:
        return (
            f"no camera {text}: this machine has none; plug one in (cyclorama devices lists it), or take demo for it, "
            "as in cyclorama live --source demo"
        )
    return f"no camera {text}: there are {', '.join(map(str, cameras))}; give --source one of these, or demo"


def _from_node(node: Path, *, in_full: bool) -> CameraDevice | None:
    path = f"/dev/{node.name}"

    def users() -> tuple[str, ...]:
        return v4l2.holders(path) if in_full else ()

    try:
        name = (node / "name").read_text().strip()
        is_virtual = "virtual" in node.resolve().parts
    except OSError:  # unplugged meanwhile
        return None
    try:
        asked = v4l2.query(path)
        if not asked.captures:
            return None
        modes = _modes(v4l2.modes(path)) if in_full else ()
        return CameraDevice(path, name, asked.bus, is_virtual, users(), modes)
    except FileNotFoundError:  # unplugged meanwhile
        return None
    except PermissionError:
        # Its capabilities cannot be queried; the second and later nodes of a camera mostly carry metadata.
        if _index(node) > 0:
            return None
        return CameraDevice(path, name, "", is_virtual, users(), (), v4l2.NO_PERMISSION)
    except OSError as error:
        return CameraDevice(path, name, "", is_virtual, users(), (), reason(error))


def _index(node: Path) -> int:
    try:
        return int((node / "index").read_text())
    except (OSError, ValueError):
        return 0


def _modes(modes: list[v4l2.Mode]) -> tuple[str, ...]:
    """Lines such as ``MJPG: 1280x720 at 60 fps, 1920x1080 at 30 fps``, with the highest rate of each size."""
    lines = []
    for fourcc, of_format in groupby(modes, key=lambda mode: mode.fourcc):
        sizes = []
        for mode in of_format:
            rate = f" at {float(mode.fps[0]):.4g} fps" if mode.fps else ""
            sizes.append(f"{mode.size_wh[0]}x{mode.size_wh[1]}{rate}")
        lines.append(f"{fourcc}: {', '.join(sizes)}")
    return tuple(lines)


def _from_opencv() -> list[CameraDevice]:
    import cv2

    if not hasattr(cv2.videoio_registry, "enumerateDevices"):
        raise CaptureError(NO_LIST)
    backend = cv2.CAP_DSHOW if sys.platform == "win32" else cv2.CAP_AVFOUNDATION
    return [
        CameraDevice(str(found.cam_idx), found.cam_name, is_virtual=found.cam_name.lower().startswith(VIRTUAL_NAMES))
        for found in cv2.videoio_registry.enumerateDevices(backend)
    ]
