"""The state of a running session as data for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cyclorama.background.spec import shows_room
from cyclorama.capture.open import is_camera
from cyclorama.matting.engine.schedule import ENOUGH_HZ, SHARE
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.settings.table import of_command
from cyclorama.settings.values import Settings
from cyclorama.settings.written import Written, written_settings

SMOOTH_SHARE = 0.9
"""Of the asked rate, from which on a picture is called smooth."""
THREADS = (("prepare",), ("matting",), ("edges", "compose"))
"""The stages that a frame goes through, by the thread that they run in."""


@dataclass(frozen=True, slots=True)
class SessionState:
    """What is in force now. ``settings``: of the settings table, as JSON has them. ``away``: whether the away picture
    was asked for. ``words``: how it runs, in one sentence. ``busy``: whether the processor is too busy for the asked
    rate. ``last_clip``: the recording that was finished last."""

    name: str
    command: str
    settings: dict[str, Written]
    status: Snapshot
    away: bool
    words: str
    busy: bool
    last_clip: str | None

    def plain(self) -> dict[str, Any]:
        """Nested dicts, lists, texts and numbers."""
        return asdict(self)


def shown_settings(settings: Settings, command: str) -> dict[str, Written]:
    """The settings that ``command`` takes."""
    return written_settings(settings, [row.key for row in of_command(command)])


def words(status: Snapshot, settings: Settings, asked_fps: float) -> str:
    """How a session with these settings in force runs, for people."""
    if status.fault:
        return status.fault
    if status.idle:
        return "nobody watches: the camera is off"
    if status.away:
        return f"you are away: {status.away} is shown"
    if not status.fps:
        return "starting"
    if is_busy(status, asked_fps):
        return f"your processor is busy: {_rate(status, asked_fps)}"
    if _is_slow(status, asked_fps):
        gives = f"gives {_rate(status, asked_fps)}"
        return f"the camera {gives}: more light helps" if is_camera(settings.source) else f"the source {gives}"
    if _network_is_slow(status, settings, asked_fps):
        return "smooth; your processor is busy: the network looks at fewer pictures"
    return "smooth"


def is_busy(status: Snapshot, asked_fps: float) -> bool:
    """Whether the processor is why fewer pictures are shown than asked for. It is the source where it gives fewer, all
    of them are shown, and every stage is fast enough for the asked rate."""
    keeps_up = status.fps >= SMOOTH_SHARE * status.captured_fps and _slowest_ms(status) <= 1000 / asked_fps
    return _is_slow(status, asked_fps) and not keeps_up


def _is_slow(status: Snapshot, asked_fps: float) -> bool:
    return not status.idle and 0 < status.fps < SMOOTH_SHARE * asked_fps


def _rate(status: Snapshot, asked_fps: float) -> str:
    return f"{status.fps:.0f} of {asked_fps:g} pictures a second"


def _slowest_ms(status: Snapshot) -> float:
    """The median time for a frame in the thread that takes the longest."""
    return max(sum(status.recent_ms.get(name, 0.0) for name in names) for names in THREADS)


def _network_is_slow(status: Snapshot, settings: Settings, asked_fps: float) -> bool:
    """Whether a run of the network takes so long that an adaptive session runs it less often than it wants to."""
    if settings.matting.every or shows_room(settings.compose.background):
        return False
    return status.recent_ms.get("network", 0.0) > 1000 * SHARE / min(asked_fps, ENOUGH_HZ)
