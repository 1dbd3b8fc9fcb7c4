"""Whether a camera of PipeWire can be made here, without making one."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from cyclorama.core.errors import SinkError
from cyclorama.sinks.virtual_camera.packages import install_command
from cyclorama.sinks.virtual_camera.pipewire.stream import connect, load_library

INSTALL = {
    "debian": "sudo apt install pipewire wireplumber xdg-desktop-portal",
    "fedora": "sudo dnf install pipewire wireplumber xdg-desktop-portal",
    "arch": "sudo pacman -S pipewire wireplumber xdg-desktop-portal",
    "suse": "sudo zypper install pipewire wireplumber xdg-desktop-portal",
}
OTHERWISE = "install your system's packages of PipeWire, WirePlumber and xdg-desktop-portal"
START = "then log in again, or: systemctl --user start pipewire wireplumber"


@dataclass(frozen=True, slots=True)
class PipeWire:
    """PipeWire as this user has it. ``version``: of its library, such as ``1.4.2``; empty without one. ``problem``: why
    no camera can be made, empty where one can."""

    version: str
    problem: str


def look_for_pipewire() -> PipeWire:
    """Connect once, and leave."""
    version = ""
    try:
        library = load_library()
        version = library.pw_get_library_version().decode()
        with ExitStack() as opened:
            connect(library, opened)
    except SinkError as error:
        return PipeWire(version, str(error))
    return PipeWire(version, "")


def how_to_get_pipewire() -> str:
    """The next command that gives this system a camera of PipeWire."""
    return f"{install_command(INSTALL, OTHERWISE)}, {START}"
