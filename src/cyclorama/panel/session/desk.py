"""What the page may ask of a session, and what it is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from cyclorama.control.controls import Controls
from cyclorama.control.keeper import SessionHolder
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError
from cyclorama.panel.backgrounds import BackgroundNames
from cyclorama.panel.errors import Fix, RequestError, for_page, sayable
from cyclorama.panel.session.changes import changeable, read_changes
from cyclorama.panel.session.gallery import Gallery
from cyclorama.panel.session.models import EmptyRoom, RecordingState, State, Trouble
from cyclorama.pipeline.runtime.metrics import RecordingStatus, RoomStatus
from cyclorama.settings.written import written_settings

NONE_RUNS = "no session runs: start one"
RETRY = Fix(label="Try again", action="retry")
DEMO = Fix(label="Use the demo picture", action="demo")
DEFAULT_NETWORK = Fix(label="Use the bundled network", action="default-network")
FIXES: dict[str, dict[str, object]] = {"retry": {}, "demo": {"source": "demo"}, "default-network": {"model": "auto"}}
"""What each fix changes before the session is started."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the live addresses work on. ``cameras``: the sources that a page may name. ``terminal``: a terminal has
    started the session. ``first``: whether nothing was ever used before."""

    holder: SessionHolder
    names: BackgroundNames
    gallery: Gallery
    cameras: Callable[[], set[str]]
    terminal: bool
    first: Callable[[], bool]

    def controls(self) -> Controls:
        """Of the session that runs. Raises RequestError."""
        controls = self.holder.controls
        if controls is None:
            raise RequestError(409, NONE_RUNS)
        return controls

    def state(self) -> State:
        """What is in force now."""
        controls = self.holder.controls
        state = controls.state() if controls is not None else None
        return State(
            running=state is not None,
            starting=self.holder.starting,
            first=self.first(),
            terminal=self.terminal,
            name=state.name if state is not None else None,
            problem=_trouble(self.holder.problem),
            settings=sayable(self._shown()),
            status=sayable(asdict(state.status)) if state is not None else None,
            words=sayable(state.words) if state is not None else "nothing runs",
            busy=state.busy if state is not None else False,
            away=state.away if state is not None else False,
            recording=_recording(state.status.recording) if state is not None else None,
            room=_room(state.status.room) if state is not None else None,
            last_clip=sayable(state.last_clip) if state is not None else None,
        )

    def change(self, body: dict[str, Any]) -> State:
        """Change settings. Raises CycloramaError."""
        return self.after(lambda: self.holder.change(**self._read(body)))

    def start(self, body: dict[str, Any]) -> State:
        """Start the session, with changed settings. Raises SettingsError."""
        return self.after(lambda: self.holder.start(**self._read(body)))

    def after(self, do: Callable[[], object]) -> State:
        """What is in force after ``do``. Raises what that raises."""
        do()
        return self.state()

    def _read(self, body: dict[str, Any]) -> dict[str, object]:
        return read_changes(body, self.names, cameras=self.cameras)

    def _shown(self) -> dict[str, Any]:
        settings: dict[str, Any] = {**written_settings(self.holder.settings, changeable())}
        for key in ("background", "away"):
            settings[key] = self.gallery.id_of(str(settings[key]))
        return settings


def _trouble(error: CycloramaError | None) -> Trouble | None:
    if error is None:
        return None
    fixes = [RETRY]
    if isinstance(error, CaptureError):
        fixes.append(DEMO)
    if isinstance(error, ModelError):
        fixes = [DEFAULT_NETWORK, RETRY]
    return Trouble(text=for_page(error), fixes=fixes)


def _recording(status: RecordingStatus | None) -> RecordingState | None:
    return None if status is None else RecordingState(**sayable(asdict(status)))


def _room(status: RoomStatus) -> EmptyRoom:
    return EmptyRoom(**{**asdict(status), "refused": for_page(status.refused)})
