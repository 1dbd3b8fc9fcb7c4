"""The addresses of photos: cut out one at once, or keep many and change them."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from cyclorama.panel import previews
from cyclorama.panel.errors import RequestError
from cyclorama.panel.stills.archive import stream_zip
from cyclorama.panel.stills.photo_book import Order, PhotoBook, PhotoEntry, download_name, stream_names
from cyclorama.panel.stills.shelf import MOST
from cyclorama.panel.web.app import Room
from cyclorama.panel.web.forms import OVERHEAD, read_form
from cyclorama.panel.web.media import BINARY, MEDIA, FileOnce, StoredFile, as_download
from cyclorama.panel.web.options import Options, Pair, form_schema, options_model, read_options
from cyclorama.panel.web.uploads import Uploads
from cyclorama.panel.work import Places, WorkQueue, result_for
from cyclorama.settings.change import make_still_settings
from cyclorama.settings.table import STILLS, of_command
from cyclorama.stills.cut_out.strokes import Stroke

PICTURE_BYTES = 64 << 20
CUTOUTS_AT_ONCE = 48
"""Requests that wait for a cut-out at a time: fewer than the server answers, so that the page goes on."""
OF_FILES = ("sheet",)
"""Options that make further files, which have no place here."""
Id = Annotated[str, Field(description="The id of a photo.")]


class BrushStroke(BaseModel):
    """One stroke of the brush."""

    keep: bool = Field(description="It restores the subject; otherwise it erases.")
    radius: float = Field(description="Of the brush, in pixels of the photo.", ge=0.5, le=10_000)
    points: list[Pair[float]] = Field(
        description="The path of the brush's centre, in pixels of the photo.", min_length=1, max_length=10_000
    )


def _order_model(make: str) -> type[Options]:
    strokes: Any = (
        list[BrushStroke],
        Field(default=[], max_length=1000, description="Of the brush; for cut-outs and products."),
    )
    kind = (Literal[make], Field(description="What to make."))
    name = "".join(word.capitalize() for word in make.split("-")) + "Order"
    return options_model(name, of_command(make), make, without=OF_FILES, make=kind, strokes=strokes)


CutoutOptions = options_model("CutoutOptions", of_command("cutout"), "cutout")
ORDERS = {make: _order_model(make) for make in STILLS}
if TYPE_CHECKING:
    PhotoOrder = Options
else:
    PhotoOrder = Annotated[Union[tuple(ORDERS.values())], Field(discriminator="make")]  # noqa: UP007


class Rule(BaseModel):
    """The result of one rule of an authority or shop."""

    rule: str
    ok: bool | None = Field(description="Null where there is no requirement, or it cannot be measured.")
    text: str


class Photo(BaseModel):
    """A photo, and what is made of it."""

    id: str
    name: str = Field(description="What the file was called.")
    size_wh: Pair[int] = Field(description="Of the photo, upright, in pixels.")
    state: Literal["waiting", "working", "ready", "failed"]
    error: str | None = Field(description="Why it failed.")
    made: dict[str, Any] = Field(description="The order in force, as it was given; of the strokes their number.")
    result_size_wh: Pair[int] | None = Field(description="Of the newest result, in pixels.")
    version: int = Field(description="Counts the results: another number means another picture.")
    report: list[Rule] = Field(description="Of an identity photo or a product: the rules.")
    notes: list[str] = Field(description="Remarks about the newest result.")


class Ids(BaseModel):
    """Photos, by id."""

    ids: list[str] = Field(min_length=1, max_length=MOST["photo"])


def cutouts_room(book: PhotoBook, uploads: Uploads, queue: WorkQueue) -> Room:
    """The room of ``POST /api/cutouts``, which keeps nothing."""
    router = APIRouter(prefix="/api", tags=["photos"])
    places = Places(CUTOUTS_AT_ONCE)

    @router.post(
        "/cutouts",
        summary="Cut out a photo",
        response_class=Response,
        responses={200: {"description": "The picture.", "content": BINARY}, 429: {"description": "Too many wait."}},
        openapi_extra=form_schema(CutoutOptions),
    )
    async def cut_out(request: Request) -> Response:
        """Cut out the photo in the field `file`, and answer with the picture: PNG, or the `format` that is given. The
        other fields are those of `cyclorama cutout`. Nothing is kept."""
        with places.taken():
            return await _cut_out(request)

    async def _cut_out(request: Request) -> Response:
        form = await read_form(request, uploads)
        try:
            settings = make_still_settings(STILLS["cutout"], read_options(CutoutOptions, form.fields))
            job = queue.submit(lambda stop: book.make_once(form.path, form.label, Order(settings=settings)))
            made, path = await result_for(request, job, lambda late: uploads.delete(late[1]))
        finally:
            uploads.delete(form.path)
        name = f"{Path(form.label).stem}-cutout{made.suffix}"
        return FileOnce(uploads, path, media_type=MEDIA[made.suffix], headers=as_download(name))

    return Room(router, {"/api/cutouts": PICTURE_BYTES + OVERHEAD})


def photos_room(book: PhotoBook, uploads: Uploads, previews_queue: WorkQueue) -> Room:
    """The room of the photos that the page keeps."""
    router = APIRouter(prefix="/api/photos", tags=["photos"])

    @router.post(
        "",
        status_code=201,
        summary="Add a photo",
        openapi_extra=form_schema(Options),
        responses={429: {"description": "Too many photos."}},
    )
    async def add(request: Request) -> Photo:
        """Add the photo in the field `file`. It is cut out at once; PUT makes something else of it."""
        form = await read_form(request, uploads, options=False)
        return _photo(await run_in_threadpool(book.add, form.path, form.label))

    @router.get("", summary="All photos")
    async def all_photos() -> list[Photo]:
        """All photos, the oldest first."""
        return [_photo(entry) for entry in book.all()]

    @router.post(
        "/zip",
        summary="Download many results",
        response_class=StreamingResponse,
        responses={200: {"description": "A zip file.", "content": {"application/zip": {}}}, 404: {}, 409: {}},
    )
    async def archive(ids: Ids) -> StreamingResponse:
        """The results of these photos as one zip file, which is written while it is sent."""
        entries = [book.get(id) for id in dict.fromkeys(ids.ids)]
        if not all(entry.result for entry in entries):
            raise RequestError(409, "not every one of these photos is ready: wait, or leave some out")
        files = [(entry.result, name) for entry, name in stream_names(entries) if entry.result]
        headers = as_download("photos.zip")
        return StreamingResponse(stream_zip(files), media_type="application/zip", headers=headers)

    @router.get("/{id}", summary="One photo", responses={404: {}})
    async def one(id: Id) -> Photo:
        """The state of one photo."""
        return _photo(book.get(id))

    @router.put("/{id}", summary="Make something of a photo", responses={404: {}, 429: {}})
    async def make(request: Request, id: Id, order: PhotoOrder) -> Photo:
        """Make a photo anew: another background, crop, preset or stroke. The network does not run again for what it
        has seen."""
        return _photo(await run_in_threadpool(book.make, id, _order(order, await request.json())))

    @router.delete("/{id}", status_code=204, summary="Delete a photo", responses={404: {}})
    async def delete(id: Id) -> None:
        """Delete a photo with its results."""
        await run_in_threadpool(book.delete, id)

    @router.get(
        "/{id}/original",
        summary="A photo as it was",
        response_class=Response,
        responses={200: {"description": "A JPEG.", "content": {"image/jpeg": {}}}, 404: {}, 429: {}},
    )
    async def original(request: Request, id: Id, width: previews.Width = None) -> Response:
        """The photo as it was: upright, in sRGB, its transparent parts white; at most `width` pixels wide."""
        entry = book.get(id)
        job = previews_queue.submit(lambda stop: previews.original_preview(entry.mattes.path, entry.name, width))
        return Response(await result_for(request, job), media_type=MEDIA[".jpg"])

    @router.get(
        "/{id}/result",
        summary="What was made of a photo",
        response_class=Response,
        responses={200: {"description": "The picture.", "content": BINARY}, 404: {}, 409: {}, 429: {}},
    )
    async def result(request: Request, id: Id, width: previews.Width = None) -> Response:
        """The newest result: the whole file, or a picture of it that is at most `width` pixels wide."""
        entry = book.get(id)
        path, made = entry.result, entry.made
        if path is None or made is None:
            raise RequestError(409, f"the photo is {entry.state}: ask again when it is ready")
        if width is None:
            return StoredFile(path, media_type=MEDIA[made.suffix], headers=as_download(download_name(entry)))
        job = previews_queue.submit(lambda stop: previews.result_preview(path.read_bytes(), made.icc, width))
        data, suffix = await result_for(request, job)
        return Response(data, media_type=MEDIA[suffix])

    return Room(router, {"/api/photos": PICTURE_BYTES + OVERHEAD}, book.sweep)


def _order(order: Options, given: dict[str, object]) -> Order:
    options = order.given()
    make = str(options.pop("make"))
    strokes = [Stroke(each.keep, [(x, y) for x, y in each.points], each.radius) for each in options.pop("strokes", ())]
    settings = make_still_settings(STILLS[make], options)
    return Order(make, settings, strokes, {**given, "strokes": len(strokes)})


def _photo(entry: PhotoEntry) -> Photo:
    made = entry.made
    return Photo(
        id=entry.id,
        name=entry.name,
        size_wh=list(entry.size_wh),
        state=entry.state,
        error=entry.error,
        made=entry.order.options or {"make": entry.order.make},
        result_size_wh=list(made.size_wh) if made else None,
        version=entry.version,
        report=[Rule(**asdict(each)) for each in made.report] if made else [],
        notes=list(made.notes) if made else [],
    )
