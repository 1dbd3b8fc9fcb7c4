"""Windows and macOS: virtual cameras of other programs, whether they are registered, and how to register them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cyclorama.doctor.devices import OBS_CLASS, OBS_ON_MACOS, UNITY_CLASS, is_there
from cyclorama.doctor.system import System


@dataclass(frozen=True, slots=True)
class Candidate:
    """A virtual camera that cyclorama can write to. ``how``: instructions to install and register it."""

    name: str
    places: tuple[str, ...]
    """Registry keys (Windows) or paths; one of them exists where it is registered."""
    how: str


OBS_WINDOWS = Candidate(
    "OBS Virtual Camera",
    (OBS_CLASS,),
    "install OBS Studio from obsproject.com, which registers it; of a portable OBS, run as administrator "
    r"data\obs-plugins\win-dshow\virtualcam-install.bat in its folder",
)
UNITY_WINDOWS = Candidate(
    "Unity Capture",
    (UNITY_CLASS,),
    "download github.com/schellingb/UnityCapture to where it shall stay and run Install.bat in its folder Install as "
    "administrator",
)
OBS_MACOS = Candidate(
    "OBS Virtual Camera",
    tuple(map(str, OBS_ON_MACOS)),
    "install OBS Studio from obsproject.com, start its virtual camera once, allow its camera extension in System "
    "Settings (Privacy & Security, or General > Login Items & Extensions), then stop it again",
)


def candidates(system: System) -> list[Candidate]:
    """The virtual cameras of this system."""
    return [OBS_WINDOWS, UNITY_WINDOWS] if system.platform == "win32" else [OBS_MACOS]


def registered(candidate: Candidate, system: System, exists: Callable[[str], bool] | None = None) -> bool:
    """Whether ``candidate`` is registered. ``exists``: tells whether a registry key or path exists."""
    there = exists or is_there(system)
    return any(there(place) for place in candidate.places)
