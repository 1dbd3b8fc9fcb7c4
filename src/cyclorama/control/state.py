"""The state of a running session as data for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.settings.table import of_command
from cyclorama.settings.values import Settings
from cyclorama.settings.written import Written, written_settings

SMOOTH_SHARE = 0.9
"""Of the asked rate, from which on a picture is called smooth."""


@dataclass(frozen=True, slots=True)
class SessionState:
    """What is in force now. ``settings``: of the settings table, as JSON has them. ``away``: whether the away picture
    was asked for. ``words``: how it runs, in one sentence. ``last_clip``: the recording that was finished last."""

    name: str
    command: str
    settings: dict[str, Written]
    status: Snapshot
    away: bool
    words: str
    last_clip: str | None

    def plain(self) -> dict[str, Any]:
        """Nested dicts, lists, texts and numbers."""
        return asdict(self)


def shown_settings(settings: Settings, command: str) -> dict[str, Written]:
    """The settings that ``command`` takes."""
    return written_settings(settings, [row.key for row in of_command(command)])


def words(status: Snapshot, asked_fps: float) -> str:
    """How a session runs, for people."""
    if status.fault:
        return status.fault
    if status.idle:
        return "nobody watches: the camera is off"
    if status.away:
        return f"you are away: {status.away} is shown"
    if status.fps < SMOOTH_SHARE * asked_fps:
        return f"your processor is busy: {status.fps:.0f} of {asked_fps:g} pictures a second"
    if status.matte_age > 1:
        return "smooth; your processor is busy: the network looks at fewer pictures"
    return "smooth"
