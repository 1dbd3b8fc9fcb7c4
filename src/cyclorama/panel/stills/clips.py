"""The addresses of clips: add one, convert it, see its progress, fetch the result."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cyclorama.panel.backgrounds import BackgroundNames
from cyclorama.panel.errors import RequestError
from cyclorama.panel.stills.clip_book import ClipBook, ClipEntry
from cyclorama.panel.web.app import Room
from cyclorama.panel.web.forms import OVERHEAD, read_form
from cyclorama.panel.web.media import MEDIA, StoredFile, as_download
from cyclorama.panel.web.options import Options, Pair, form_schema, options_model
from cyclorama.panel.web.uploads import Uploads
from cyclorama.pipeline.jobs.convert_batch import FORMATS, SEQUENCE
from cyclorama.settings.change import change_settings
from cyclorama.settings.table import of_command
from cyclorama.settings.values import Settings, Trim

CLIP_BYTES = 4 << 30
KINDS = tuple(kind for kind in FORMATS if kind != SEQUENCE)
VIDEO: dict[str, Any] = {MEDIA[f".{kind}"]: {} for kind in KINDS}
FORMAT = (Literal[KINDS] | None, Field(None, description="Of the file; without it, the clip's own where that is able."))
TRIM = (
    Pair[Annotated[float, Field(ge=0)] | None] | None,
    Field(None, description="The part to convert: from, to, in seconds; null is the clip's own beginning or end."),
)
Id = Annotated[str, Field(description="The id of a clip.")]

if TYPE_CHECKING:
    ClipOrder = Options
else:
    ClipOrder = options_model("ClipOrder", of_command("convert"), "convert", format=FORMAT, trim=TRIM)


class Clip(BaseModel):
    """A clip, and how far its conversion is."""

    id: str
    name: str = Field(description="What the file was called.")
    seconds: float | None = Field(description="Its length; null where the file does not say.")
    size_wh: Pair[int] = Field(description="Upright, in pixels.")
    fps: float | None = Field(description="Frames a second; null where the file does not say.")
    state: Literal["added", "waiting", "working", "ready", "failed"]
    progress: float = Field(description="From 0 to 1.")
    eta_s: float | None = Field(description="Seconds until it is done; null where that is unknown.")
    error: str | None = Field(description="Why it failed.")


def clips_room(book: ClipBook, uploads: Uploads, backgrounds: BackgroundNames) -> Room:
    """The room of clips."""
    router = APIRouter(prefix="/api/clips", tags=["clips"])

    @router.post(
        "",
        status_code=201,
        summary="Add a clip",
        openapi_extra=form_schema(Options),
        responses={429: {"description": "Too many clips."}},
    )
    async def add(request: Request) -> Clip:
        """Add the clip in the field `file`."""
        form = await read_form(request, uploads, options=False)
        return _clip(await run_in_threadpool(book.add, form.path, form.label), book)

    @router.get("", summary="All clips")
    async def all_clips() -> list[Clip]:
        """All clips, the oldest first."""
        return [_clip(entry, book) for entry in book.all()]

    @router.get("/{id}", summary="One clip", responses={404: {}})
    async def one(id: Id) -> Clip:
        """The state of one clip."""
        return _clip(book.get(id), book)

    @router.post("/{id}/start", summary="Convert a clip", responses={404: {}, 409: {}, 429: {}})
    async def start(id: Id, order: ClipOrder) -> Clip:
        """Convert a clip, with the settings of `cyclorama convert`. One clip is converted at a time."""
        settings, kind = _settings(order, backgrounds)
        return _clip(await run_in_threadpool(book.start, id, settings, kind), book)

    @router.delete("/{id}", status_code=204, summary="Delete a clip", responses={404: {}})
    async def delete(id: Id) -> None:
        """Stop converting a clip, and delete it with its result."""
        await run_in_threadpool(book.delete, id)

    @router.get(
        "/{id}/thumbnail",
        summary="The first frame",
        response_class=Response,
        responses={200: {"description": "A JPEG.", "content": {"image/jpeg": {}}}, 404: {}},
    )
    async def thumbnail(id: Id) -> Response:
        """The first frame of the clip, as it was added."""
        return Response(book.get(id).thumbnail, media_type=MEDIA[".jpg"])

    @router.get(
        "/{id}/result",
        summary="What was made of a clip",
        response_class=Response,
        responses={
            200: {"description": "The clip.", "content": VIDEO},
            206: {"description": "The part that a Range header asks for.", "content": VIDEO},
            404: {},
            409: {},
            416: {"description": "The Range header asks for what is not there."},
        },
    )
    async def result(id: Id) -> Response:
        """The converted clip; answers requests for a range, so that players can seek."""
        entry = book.get(id)
        target = entry.target
        if target is None:
            raise RequestError(409, f"the clip is {entry.state}: ask again when it is ready")
        name = f"{entry.name.rpartition('.')[0] or entry.name}-cyclorama{target.suffix}"
        return StoredFile(target, media_type=MEDIA[target.suffix], headers=as_download(name))

    return Room(router, {"/api/clips": CLIP_BYTES + OVERHEAD}, book.sweep)


def _settings(order: Options, backgrounds: BackgroundNames) -> tuple[Settings, str | None]:
    options = order.given()
    kind, trim = options.pop("format", None), options.pop("trim", None)
    options["background"] = backgrounds.resolve(options.get("background", Settings().compose.background))
    settings = change_settings(Settings(), **options)
    if trim is not None:
        settings = replace(settings, capture=replace(settings.capture, trim=Trim(trim[0] or 0.0, trim[1])))
    return settings, kind


def _clip(entry: ClipEntry, book: ClipBook) -> Clip:
    facts = entry.facts
    eta_s = entry.eta_s(book.clock())
    return Clip(
        id=entry.id,
        name=entry.name,
        seconds=facts.seconds,
        size_wh=list(facts.size_wh),
        fps=facts.fps,
        state=entry.state,
        progress=round(entry.progress, 4),
        eta_s=None if eta_s is None else round(eta_s, 1),
        error=entry.error,
    )
