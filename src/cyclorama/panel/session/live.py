"""The addresses of the session: its state, and every change."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cyclorama.control.controls import Controls
from cyclorama.panel.errors import RequestError
from cyclorama.panel.session.changes import changeable
from cyclorama.panel.session.desk import FIXES, Desk
from cyclorama.panel.session.models import Changes, Countdown, HeadshotOrder, ProfileName, SettingRow, State, Switch
from cyclorama.panel.web.app import Room
from cyclorama.panel.web.media import MEDIA, as_download
from cyclorama.pictures.encode import Tags, encoded_picture
from cyclorama.settings.table import SETTINGS


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

    @router.post("/room", summary="Remember the empty room", responses={409: {}})
    async def room(countdown: Countdown = Countdown()) -> State:  # noqa: B008
        """Count down while you leave the picture, then learn the empty room from two seconds of it; one at a time.

        The answer comes when the room is known; it is refused where somebody is in the picture, or the camera moves.
        Meanwhile `room` of the state says how far it is.
        """
        return await _done(desk, lambda controls: controls.capture_room(countdown.seconds))

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
