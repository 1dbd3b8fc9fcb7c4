"""Check of microphones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from cyclorama.core.errors import CaptureError
from cyclorama.doctor.finding import CallPart, Finding, Status

ID = "microphone"
WITHOUT = "a call needs none; without sound: cyclorama record --no-audio"


class Named(Protocol):
    """A microphone, as the check sees it."""

    @property
    def name(self) -> str:
        """As the system calls it."""

    @property
    def is_default(self) -> bool:
        """Whether the system takes it where nobody chooses."""


def check_microphones(list_all: Callable[[], Sequence[Named]]) -> Finding:
    """A microphone for recordings is there. ``list_all``: raises CaptureError where they cannot be listed."""
    try:
        microphones = list_all()
    except CaptureError as error:
        what, _, fix = str(error).rpartition(": ")  # its reason may have a colon, our advice has none
        return Finding(ID, CallPart.EXTRA, Status.WARN, what, fix)
    if not microphones:
        fix = f"plug one in, or switch it on in your system's sound settings; {WITHOUT}"
        return Finding(ID, CallPart.EXTRA, Status.WARN, "no microphone found", fix)
    usual = next((each for each in microphones if each.is_default), microphones[0])
    others = f", and {len(microphones) - 1} more (cyclorama devices)" if len(microphones) > 1 else ""
    return Finding(ID, CallPart.EXTRA, Status.OK, f"{usual.name}{others}")
