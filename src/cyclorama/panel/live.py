"""The addresses of the session: its state, and every change."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cyclorama.control.controls import Controls
from cyclorama.control.keeper import SessionHolder
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError
from cyclorama.panel.app import Room
from cyclorama.panel.backgrounds import BackgroundNames
from cyclorama.panel.changes import changeable, read_changes
from cyclorama.panel.errors import Fix, RequestError, for_page, sayable
from cyclorama.panel.gallery import Gallery
from cyclorama.panel.media import MEDIA, as_download
from cyclorama.pictures.encode import Tags, encoded_picture
from cyclorama.pipeline.runtime.metrics import RecordingStatus
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.written import written_settings

NONE_RUNS = "no session runs: start one"
RETRY = Fix(label="Try again", action="retry")
DEMO = Fix(label="Use the demo picture", action="demo")
DEFAULT_NETWORK = Fix(label="Use the bundled network", action="default-network")
FIXES: dict[str, dict[str, object]] = {"retry": {}, "demo": {"source": "demo"}, "default-network": {"model": "auto"}}
"""What each fix changes before the session is started."""


class Trouble(BaseModel):
    """What is wrong, and what mends it."""

    text: str
    fixes: list[Fix] = []


class RecordingState(BaseModel):
    """A recording that runs, paused or not."""

    paused: bool
    seconds: float
    level: float = Field(description="Of the microphone, 0 to 1.")
    microphone: str | None
    target: str = Field(description="The file, or files.")
    starts_in: int | None


class State(BaseModel):
    """What is in force now."""

    running: bool
    starting: bool
    first: bool = Field(description="Whether nothing was ever used before: the page asks its three questions.")
    terminal: bool = Field(description="Whether a terminal has started the session, and ends with it.")
    name: str | None
    problem: Trouble | None
    settings: dict[str, Any] = Field(description="By key. A background that is a file is its id.")
    status: dict[str, Any] | None = Field(description="Rate, delay, network and more, while it runs.")
    words: str = Field(description="How it runs, in one sentence.")
    away: bool
    recording: RecordingState | None
    last_clip: str | None = Field(description="The recording that was finished last.")


class SettingRow(BaseModel):
    """One row of the table of settings."""

    key: str
    group: str
    kind: str
    choices: list[Any]
    range: tuple[float, float] | None
    default: Any
    unset: str
    help: str
    metavar: str
    live: bool = Field(description="Whether it changes while a session runs; others begin a new one.")


class Switch(BaseModel):
    """On or off."""

    on: bool


class HeadshotOrder(BaseModel):
    """Of which kind, before which backdrop."""

    preset: str = "square"
    background: str = "studio-grey"


class ProfileName(BaseModel):
    """A profile of cyclorama.toml."""

    name: str = Field(min_length=1, max_length=64)
    confirm_room: bool = Field(False, description="Has to be true for a profile that shows the room.")


Changes = Annotated[
    dict[str, Any],
    Body(description="Settings by key (GET /api/settings). With `background: none` also `confirm_room: true`."),
]


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
            away=state.away if state is not None else False,
            recording=_recording(state.status.recording) if state is not None else None,
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


def live_room(desk: Desk) -> Room:
    """The room of the session."""
    router = APIRouter(prefix="/api/session", tags=["session"])

    @router.get("", summary="What is in force")
    async def state() -> State:
        """The session, its settings, and how it runs."""
        return await run_in_threadpool(desk.state)

    @router.patch("", summary="Change settings", responses={409: {}})
    async def change(changes: Changes) -> State:
        """Change settings, all or none. Those that cannot change while it runs begin a new session."""
        return await run_in_threadpool(desk.change, changes)

    @router.post("/start", summary="Start it")
    async def start(changes: Changes = {}) -> State:  # noqa: B006
        """Start the session, or start it again. What cannot be opened is the state's `problem`."""
        return await run_in_threadpool(desk.start, changes)

    @router.post("/stop", summary="End it")
    async def stop() -> State:
        """End the session; a recording is finished."""
        return await run_in_threadpool(desk.after, desk.holder.stop)

    @router.post("/away", summary="Show the away picture", responses={409: {}})
    async def away(switch: Switch) -> State:
        """Show the away picture, or you again."""
        return await _done(desk, lambda controls: controls.away(switch.on))

    @router.post("/recording", summary="Record", responses={409: {}})
    async def recording(switch: Switch) -> State:
        """Start a recording in your folder for videos, or finish it."""
        return await _done(desk, lambda controls: _record(controls, switch.on))

    @router.post("/pause", summary="Pause the recording", responses={409: {}})
    async def pause(switch: Switch) -> State:
        """Pause the recording, or go on."""
        return await _done(desk, lambda controls: controls.pause(switch.on))

    @router.post("/profile", summary="Use a profile", responses={409: {}})
    async def profile(name: ProfileName) -> State:
        """Use the settings of a profile of cyclorama.toml."""
        return await _done(desk, lambda controls: controls.use_profile(name.name, room=name.confirm_room))

    @router.post(
        "/snapshot",
        summary="The picture shown now",
        response_class=Response,
        responses={200: {"description": "A PNG.", "content": {"image/png": {}}}, 409: {}},
    )
    async def snapshot() -> Response:
        """The picture shown now. It never shows the room."""
        controls = desk.controls()
        data = await run_in_threadpool(lambda: encoded_picture(controls.picture(), ".png"))
        return Response(data, media_type=MEDIA[".png"], headers=as_download("snapshot.png"))

    @router.post(
        "/headshot",
        summary="A portrait of the best of two seconds",
        response_class=Response,
        responses={200: {"description": "The picture.", "content": {"image/jpeg": {}, "image/png": {}}}, 409: {}},
    )
    async def headshot(order: HeadshotOrder) -> Response:
        """Wait two seconds, and make a headshot of the best moment."""
        controls = desk.controls()
        behind = desk.names.resolve(order.background, studio=True)
        made = await run_in_threadpool(controls.make_headshot, preset=order.preset, background=behind)
        data = await run_in_threadpool(lambda: encoded_picture(made.pixels, made.suffix, tags=Tags.at(made.dpi)))
        return Response(data, media_type=MEDIA[made.suffix], headers=as_download(f"headshot{made.suffix}"))

    return Room(router)


def settings_room() -> Room:
    """The room of the table of settings, and of fixes."""
    router = APIRouter(prefix="/api/settings", tags=["session"])

    @router.get("", summary="What can be set")
    async def table() -> list[SettingRow]:
        """Every setting that a page may change: its type, range, default and help."""
        return [_row(key) for key in changeable()]

    return Room(router)


def fixes_room(desk: Desk) -> Room:
    """The room of what mends a problem."""
    router = APIRouter(prefix="/api/fixes", tags=["session"])

    @router.post("/{action}", summary="Mend a problem", responses={404: {}})
    async def fix(action: str) -> State:
        """Do what a problem's fix names."""
        if action not in FIXES:
            raise RequestError(404, "there is no such fix: do what the problem says")
        return await run_in_threadpool(desk.after, lambda: desk.holder.start(**FIXES[action]))

    return Room(router)


def quit_room(quit_: Callable[[], None]) -> Room:
    """The room of the last button."""
    router = APIRouter(prefix="/api/quit", tags=["session"])

    @router.post("", status_code=204, summary="End the panel")
    async def leave() -> None:
        """End the session and the panel; recordings are finished."""
        quit_()

    return Room(router)


async def _done(desk: Desk, do: Callable[[Controls], object]) -> State:
    controls = desk.controls()
    return await run_in_threadpool(desk.after, lambda: do(controls))


def _record(controls: Controls, on: bool) -> None:
    if on:
        controls.record()
    else:
        controls.finish_recording()


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


def _row(key: str) -> SettingRow:
    row = SETTINGS[key]
    return SettingRow(
        key=key,
        group=row.group,
        kind=type(row.kind).__name__.lower(),
        choices=list(row.choices),
        range=row.range,
        default=row.kind.text(row.default) if row.default is not None else None,
        unset=row.unset,
        help=row.help,
        metavar=row.metavar,
        live=row.live,
    )
