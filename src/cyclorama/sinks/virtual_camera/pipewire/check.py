"""Whether a camera of PipeWire can be made here, without making one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from fractions import Fraction

from cyclorama.sinks.virtual_camera.packages import MANAGERS, install_command
from cyclorama.sinks.virtual_camera.pipewire import library as pw
from cyclorama.sinks.virtual_camera.pipewire.stream import (
    NoPipeWireError,
    PictureStream,
    Why,
    load_library,
)

PACKAGES = dict.fromkeys(MANAGERS, "pipewire wireplumber xdg-desktop-portal")
OTHERWISE = "install your system's packages of PipeWire, WirePlumber and xdg-desktop-portal"
START = "systemctl --user start pipewire wireplumber"
RESTART = "systemctl --user restart pipewire wireplumber"
UPDATE = "update your system (PipeWire 0.3.40 is of 2021), or take v4l2loopback: cyclorama setup --module"
USER = "run cyclorama as the user of the desktop session, without sudo"
PROPERTIES = {"media.class": "Stream/Input/Video", "node.name": "cyclorama-question"}


@dataclass(frozen=True, slots=True)
class PipeWire:
    """PipeWire as this user has it. ``version``: of its library, such as ``1.4.2``; empty without one. ``problem``: why
    no camera can be made, empty where one can. ``fix``: the next step."""

    version: str
    problem: str
    fix: str = ""


class Question(PictureStream):
    """A stream that is connected to no other, and that no program lists as a camera: PipeWire answers, or it hangs."""

    direction = pw.INPUT
    flags = 0


def look_for_pipewire() -> PipeWire:
    """Connect once, and leave."""
    version = ""
    try:
        version = load_library().pw_get_library_version().decode()
        Question((2, 2), Fraction(1), PROPERTIES).close()
    except NoPipeWireError as error:
        return PipeWire(version, str(error), _fix(error.why))
    return PipeWire(version, "")


def _fix(why: Why) -> str:
    if why is Why.OLD:
        return UPDATE
    if why is Why.NO_PERMISSION:
        return USER
    if why is Why.HANGS:
        return RESTART
    if why is Why.NONE_RUNS and shutil.which("pipewire") is not None:
        return f"{START}, in the desktop session (root has none)"
    return f"{install_command(PACKAGES, OTHERWISE)}, then log in again, or: {START}"
