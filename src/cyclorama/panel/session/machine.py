"""The addresses of this machine: backgrounds, devices, networks, profiles, and what the doctor finds."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cyclorama.capture.devices import CameraDevice, list_cameras
from cyclorama.capture.portaudio import list_microphones
from cyclorama.core.errors import CycloramaError
from cyclorama.doctor.examine import examine
from cyclorama.models import store
from cyclorama.models.catalogue import Licence, ModelEntry, load_catalogue
from cyclorama.panel.errors import RequestError, for_page, sayable
from cyclorama.panel.session.downloads import Downloads, Task
from cyclorama.panel.session.gallery import Choice, Gallery
from cyclorama.panel.session.meter import MicrophoneMeter
from cyclorama.panel.session.thumbnails import thumbnail
from cyclorama.panel.web.app import Room
from cyclorama.panel.web.forms import read_form
from cyclorama.panel.web.media import MEDIA
from cyclorama.panel.web.uploads import Uploads
from cyclorama.panel.work import WorkQueue, result_for
from cyclorama.settings.profiles import save_profile
from cyclorama.settings.written import Written
from cyclorama.sinks.virtual_camera.pipewire.check import look_for_pipewire
from cyclorama.sinks.virtual_camera.v4l2loopback import list_virtual_cameras

BACKGROUND_BYTES = 512 << 20
DEMO = "demo"


class Background(BaseModel):
    """A background to choose. ``id``: the value of the setting ``background``."""

    id: str
    name: str
    kind: str = Field(description="effect, builtin, recent or folder (yours).")
    moving: bool


class Device(BaseModel):
    """A camera, microphone or virtual camera. ``id``: the value of the setting. ``problem``: why it cannot be used."""

    id: str
    name: str
    problem: str = ""


class Devices(BaseModel):
    """What is plugged in now. ``problems``: why devices of a kind cannot be listed."""

    cameras: list[Device]
    microphones: list[Device]
    outputs: list[Device]
    problems: dict[str, str] = Field(description="By kind: cameras, microphones or outputs. One sentence each.")


class Level(BaseModel):
    """Of a microphone, 0 to 1."""

    level: float


class Network(BaseModel):
    """A network of the catalogue, or an imported one."""

    name: str
    title: str
    licence: str
    licence_summary: str
    permissive: bool
    size_bytes: int | None
    good_for: list[str]
    installed: bool


class Download(BaseModel):
    """A download, in bytes."""

    id: str
    model: str
    state: str = Field(description="waiting, working, done or failed.")
    done: int
    total: int | None
    error: str | None


class Consent(BaseModel):
    """The licence that the user agrees to, for one that is not permissive."""

    licence: str | None = None


class Finding(BaseModel):
    """One line of the doctor. ``fix``: a command or an action; empty where nothing is wrong."""

    id: str
    part: str
    status: str
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class ProfileShelf:
    """The profiles of the settings file. ``in_force``: the values that a new one gets."""

    names: Callable[[], list[str]]
    file: Callable[[], Path]
    in_force: Callable[[], dict[str, Written]]


def backgrounds_room(gallery: Gallery, uploads: Uploads, previews: WorkQueue) -> Room:
    """The room of the gallery. ``previews``: where pictures are decoded, a few at a time."""
    router = APIRouter(prefix="/api/backgrounds", tags=["machine"])

    @router.get("", summary="Backgrounds to choose from")
    async def all_backgrounds() -> list[Background]:
        """Effects, ours, recent ones, and those in your folder."""
        return [_background(choice) for choice in await run_in_threadpool(gallery.choices)]

    @router.get(
        "/{id}/thumbnail",
        summary="A background, small",
        response_class=Response,
        responses={200: {"description": "A JPEG.", "content": {"image/jpeg": {}}}, 404: {}, 429: {}},
    )
    async def small(request: Request, id: str) -> Response:
        """The picture, or the beginning of the clip; nothing for an effect."""
        data = await result_for(request, previews.submit(lambda stop: thumbnail(gallery.find(id).entry)))
        return Response(data, media_type=MEDIA[".jpg"]) if data else Response(status_code=204)

    @router.post("", status_code=201, summary="Add a background", responses={429: {}})
    async def add(request: Request) -> Background:
        """Add the picture or clip in the field `file` to your folder."""
        form = await read_form(request, uploads)
        try:
            return _background(await run_in_threadpool(gallery.add, form.path, form.label))
        finally:
            uploads.delete(form.path)

    @router.delete("/{id}", status_code=204, summary="Delete a background of yours", responses={404: {}, 409: {}})
    async def delete(id: str) -> None:
        """Delete it from your folder."""
        await run_in_threadpool(gallery.delete, id)

    return Room(router, {"/api/backgrounds": BACKGROUND_BYTES})


def machine_room(downloads: Downloads, profiles: ProfileShelf, meter: MicrophoneMeter) -> Room:
    """The room of devices, networks, profiles and the doctor."""
    router = APIRouter(prefix="/api", tags=["machine"])

    @router.get("/devices", summary="Cameras, microphones, virtual cameras")
    async def devices() -> Devices:
        """What is plugged in now."""
        return await run_in_threadpool(_devices)

    @router.get("/microphones/{id}/level", summary="How loud it is", responses={404: {}})
    async def level(id: str) -> Level:
        """The highest peak of the last third of a second. The microphone stays open for three seconds."""
        if id != DEMO and id not in await run_in_threadpool(lambda: {device.id for device in _microphones()}):
            raise RequestError(404, "there is no such microphone: choose one of the list")
        return Level(level=round(await run_in_threadpool(meter.level, id), 4))

    @router.get("/models", summary="Networks")
    async def models() -> list[Network]:
        """Those that are installed, and those that can be downloaded."""
        return await run_in_threadpool(_networks)

    @router.post("/models/{name}/pull", status_code=202, summary="Download a network", responses={404: {}, 429: {}})
    async def pull(name: str, consent: Consent) -> Download:
        """Download it. This is the one address that makes the panel connect to another machine."""
        return _download(downloads.start(name, consent.licence))

    @router.get("/tasks/{id}", summary="How far a download is", responses={404: {}})
    async def task(id: str) -> Download:
        """How far it is."""
        return _download(downloads.get(id))

    @router.delete("/tasks/{id}", status_code=204, summary="Cancel a download", responses={404: {}})
    async def cancel(id: str) -> None:
        """Stop it; nothing is left of it."""
        downloads.cancel(id)

    @router.get("/profiles", summary="Profiles")
    async def all_profiles() -> list[str]:
        """Their names."""
        return await run_in_threadpool(profiles.names)

    @router.put("/profiles/{name}", status_code=204, summary="Save a profile")
    async def save(name: str) -> None:
        """Save what is in force as a profile of cyclorama.toml."""
        await run_in_threadpool(lambda: save_profile(profiles.file(), name, profiles.in_force()))

    @router.get("/doctor", summary="What the doctor finds")
    async def doctor() -> list[Finding]:
        """Whether a call could start, and what to do where not."""
        findings = await run_in_threadpool(examine)
        return [Finding(id=f.id, part=f.part.value, status=f.status.value, what=f.what, fix=f.fix) for f in findings]

    return Room(router)


def camera_ids() -> set[str]:
    """The sources that a page may name."""
    return {_camera_id(camera) for camera in _cameras()}


def _background(choice: Choice) -> Background:
    return Background(id=choice.id, name=sayable(choice.entry.name), kind=choice.kind, moving=choice.entry.moving)


def _devices() -> Devices:
    problems: dict[str, str] = {}

    def listed(kind: str, look: Callable[[], list[Device]]) -> list[Device]:
        try:
            return look()
        except (CycloramaError, OSError) as error:
            problems[kind] = for_page(error)
            return []

    return Devices(
        cameras=[*listed("cameras", _camera_list), Device(id=DEMO, name="Demo picture")],
        microphones=listed("microphones", _microphones),
        outputs=[*listed("outputs", _outputs), Device(id="null", name="None: look and record only")],
        problems=problems,
    )


def _camera_list() -> list[Device]:
    return [Device(id=_camera_id(item), name=item.name, problem=_camera_problem(item)) for item in _cameras()]


def _outputs() -> list[Device]:
    found = [Device(id=f"camera:{item.path}", name=item.name, problem=item.problem) for item in list_virtual_cameras()]
    if sys.platform.startswith("linux"):
        found.append(Device(id="camera:pipewire", name="Cyclorama (PipeWire)", problem=look_for_pipewire().problem))
    return found


def _microphones() -> list[Device]:
    return [Device(id=str(item.index), name=item.name) for item in list_microphones()]


def _cameras() -> list[CameraDevice]:
    return [camera for camera in list_cameras() if not camera.is_virtual]


def _camera_id(camera: CameraDevice) -> str:
    return camera.path


def _camera_problem(camera: CameraDevice) -> str:
    return camera.problem or (f"in use by {', '.join(camera.held_by)}" if camera.held_by else "")


def _networks() -> list[Network]:
    licences = load_catalogue().licences
    return [_network(entry, licences.get(entry.licence), installed=here) for entry, here in store.list_known()]


def _network(entry: ModelEntry, licence: Licence | None, *, installed: bool) -> Network:
    return Network(
        name=entry.name,
        title=entry.title,
        licence=entry.licence,
        licence_summary=licence.summary if licence is not None else "",
        permissive=entry.permissive,
        size_bytes=entry.size_bytes,
        good_for=list(entry.good_for),
        installed=installed,
    )


def _download(task: Task) -> Download:
    return Download(id=task.id, model=task.model, state=task.state, done=task.done, total=task.total, error=task.error)
