"""The photos of the page: uploaded, waiting, being made, ready. Each keeps its mattes for the next change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from cyclorama.core.closing import Closing
from cyclorama.core.errors import CaptureError, CycloramaError, SettingsError
from cyclorama.core.frames import SizeWH
from cyclorama.panel.backgrounds import BackgroundNames
from cyclorama.panel.errors import RequestError, why_failed
from cyclorama.panel.stills.mattes import MemoryOfPhotos, PhotoMattes
from cyclorama.panel.stills.networks import Networks
from cyclorama.panel.stills.shelf import Shelf
from cyclorama.panel.stills.stills import MadeStill, check_still, make_still
from cyclorama.panel.web.uploads import Uploads, new_id
from cyclorama.panel.work import Job, WorkQueue
from cyclorama.pictures.decode import open_picture, upright_wh
from cyclorama.settings.stills import CutOutSettings, StillSettings
from cyclorama.stills.cut_out.strokes import Stroke, check_strokes

State = Literal["waiting", "working", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class Order:
    """What to make of a photo. ``options``: as the page gave them, for the page."""

    make: str = "cutout"
    settings: StillSettings = field(default_factory=CutOutSettings)
    strokes: Sequence[Stroke] = ()
    options: dict[str, object] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class PhotoEntry:
    """One photo. Changed under the lock of its book alone. ``made``: the newest result, and ``result`` its file; they
    stay while a new one is made."""

    id: str
    name: str
    size_wh: SizeWH
    mattes: PhotoMattes
    order: Order = field(default_factory=Order)
    state: State = "waiting"
    error: str | None = None
    made: MadeStill | None = None
    result: Path | None = None
    version: int = 0
    deleted: bool = False
    job: Job[None] | None = None
    used_s: float = 0.0


class PhotoBook(Closing):
    """All photos of the page. Safe to call from several threads."""

    def __init__(
        self,
        uploads: Uploads,
        networks: Networks,
        queue: WorkQueue,
        backgrounds: BackgroundNames,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._uploads, self._networks, self._queue = uploads, networks, queue
        self._backgrounds = backgrounds
        self._shelf: Shelf[PhotoEntry] = Shelf("photo", clock)
        self._lock = self._shelf.lock
        self._memory = MemoryOfPhotos()

    def add(self, path: Path, label: str) -> PhotoEntry:
        """Take an upload, and begin to cut it out. Raises CaptureError, RequestError; then the file is deleted."""
        try:
            size_wh = picture_size(path, label)
            mattes = PhotoMattes(path, label, self._networks, self._uploads)
            entry = PhotoEntry(new_id(), label, size_wh, mattes)
            self._shelf.put(entry)
            try:
                self.make(entry.id, Order())
            except CycloramaError:
                self.delete(entry.id)
                raise
            return entry
        except CycloramaError:
            self._uploads.delete(path)
            raise

    def make_once(self, path: Path, label: str, order: Order) -> tuple[MadeStill, Path]:
        """Make one photo and keep nothing but the file of the result. Raises as :func:`make_still` does; OSError."""
        check_still(order.settings, self._backgrounds)
        mattes = PhotoMattes(path, label, self._networks, self._uploads)
        try:
            made = make_still(mattes, order.settings, order.strokes, self._backgrounds)
            return replace(made, data=b""), self._uploads.store(made.data, made.suffix)
        finally:
            mattes.delete()

    def get(self, id: str) -> PhotoEntry:
        """The photo ``id``. Raises RequestError."""
        return self._shelf.get(id)

    def all(self) -> list[PhotoEntry]:
        """All photos, the oldest first."""
        return self._shelf.all()

    def make(self, id: str, order: Order) -> PhotoEntry:
        """Make a photo anew; an earlier order that is not done is cancelled. Raises RequestError, SettingsError."""
        entry = self.get(id)
        check_strokes(order.strokes)
        check_still(order.settings, self._backgrounds)
        with self._lock:
            earlier, entry.job = entry.job, None
        if earlier is not None:
            earlier.cancel()
        with self._lock:
            entry.order, entry.state, entry.error = order, "waiting", None
            try:
                entry.job = self._queue.submit(lambda stop: self._work(entry, order, stop))
            except CycloramaError as error:
                entry.state, entry.error = "failed", str(error)
                raise
        return entry

    def delete(self, id: str) -> None:
        """Delete a photo with all that was made of it. Raises RequestError."""
        entry = self.get(id)
        with self._lock:
            self._shelf.take(entry)
            entry.deleted = True
        if entry.job is not None:
            entry.job.cancel()
        if entry.mattes.lock.acquire(blocking=False):  # otherwise it is being made, and deleted after that
            entry.mattes.lock.release()
            self._discard(entry)

    def sweep(self) -> None:
        """Delete what nobody has asked for since ``AGE_S``, and close what is idle."""
        for entry in self._shelf.unused():
            with suppress(RequestError):  # it was deleted meanwhile
                self.delete(entry.id)
        if not len(self._queue):
            self._memory.clear()
            self._networks.close_idle()

    def close(self) -> None:
        """Release the memory; files are the folder's."""
        self._memory.clear()

    def _work(self, entry: PhotoEntry, order: Order, stop: threading.Event) -> None:
        with entry.mattes.lock:
            if not stop.is_set() and entry.order is order:
                self._set(entry, order, state="working")
                self._make(entry, order)
                self._memory.used(entry.mattes)
        if entry.deleted:
            self._discard(entry)

    def _make(self, entry: PhotoEntry, order: Order) -> None:
        try:
            made = make_still(entry.mattes, order.settings, order.strokes, self._backgrounds)
            result = self._uploads.store(made.data, made.suffix)
        except Exception as error:
            self._set(entry, order, state="failed", error=why_failed(error))
        else:
            self._keep(entry, order, made, result)

    def _keep(self, entry: PhotoEntry, order: Order, made: MadeStill, result: Path) -> None:
        with self._lock:
            newest = entry.order is order
            old = entry.result if newest else result
            if newest:
                entry.result, entry.made, entry.state = result, replace(made, data=b""), "ready"
                entry.version += 1
        self._uploads.delete(old)

    def _discard(self, entry: PhotoEntry) -> None:
        self._memory.drop(entry.mattes)
        self._uploads.delete(entry.result)
        self._uploads.delete(entry.mattes.path)

    def _set(self, entry: PhotoEntry, order: Order, *, state: State, error: str | None = None) -> None:
        with self._lock:
            if entry.order is order:  # no newer one waits
                entry.state, entry.error = state, error


def picture_size(path: Path, label: str) -> SizeWH:
    """Width and height of a picture file, upright; its pixels are not decoded. Raises CaptureError."""
    try:
        with open_picture(path, f"photo {label}") as image:
            return upright_wh(image)
    except SettingsError as error:
        raise CaptureError(str(error)) from error


def stream_names(entries: Sequence[PhotoEntry]) -> Iterator[tuple[PhotoEntry, str]]:
    """Entries with a name of their own for each: of the photo, of what was made, with a number where it is taken."""
    taken: set[str] = set()
    for entry in entries:
        name, number = download_name(entry), 2
        while name.casefold() in taken:
            name, number = download_name(entry, f"-{number}"), number + 1
        taken.add(name.casefold())
        yield entry, name


def download_name(entry: PhotoEntry, number: str = "") -> str:
    """The name that a browser saves a result under."""
    suffix = entry.made.suffix if entry.made else ""
    return f"{Path(entry.name).stem or 'photo'}-{entry.order.make}{number}{suffix}"
