"""Checks of system libraries that the wheels depend on."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from cyclorama.doctor.finding import CallPart, Finding, Status

PACKAGES = {
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libSM.so.6": "libsm6",
    "libXext.so.6": "libxext6",
    "libportaudio.so.2": "libportaudio2",
}
"""Shared library to Debian package."""
OPENCV = ("libGL.so.1", "libglib-2.0.so.0")
SOUND_LIBRARY = "libraries-sound"
"""Name of the finding."""
SOUND = ("libportaudio.so.2",)


def how_to_install(*libraries: str) -> str:
    """The command that installs ``libraries`` on Debian and its derivatives, and a hint for other systems."""
    known = list(dict.fromkeys(PACKAGES[name] for name in libraries if name in PACKAGES))
    if not known:
        return f"install your system's package that holds {', '.join(libraries)}"
    return f"sudo apt install {' '.join(known)} (elsewhere, your system's package of it)"


def check_libraries(load: Callable[[str], object] = ctypes.CDLL) -> list[Finding]:
    """One finding for OpenCV, one for microphones. ``load`` raises OSError where a library is missing."""
    return [
        _check("libraries", CallPart.NETWORK, Status.FAIL, "OpenCV", OPENCV, load),
        _check(SOUND_LIBRARY, CallPart.EXTRA, Status.WARN, "sound", SOUND, load),
    ]


def _check(
    name: str, part: CallPart, bad: Status, whose: str, wanted: tuple[str, ...], load: Callable[[str], object]
) -> Finding:
    missing = []
    for library in wanted:
        try:
            load(library)
        except OSError:
            missing.append(library)
    if not missing:
        return Finding(name, part, Status.OK, f"the system libraries for {whose} are there")
    return Finding(name, part, bad, f"missing: {', '.join(missing)}, which {whose} needs", how_to_install(*missing))
