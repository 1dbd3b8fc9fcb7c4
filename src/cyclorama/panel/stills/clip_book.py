"""The clips of the page: uploaded, converted one at a time, with progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from cyclorama.clips.probe import ClipFacts, probe_clip
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError
from cyclorama.panel.errors import RequestError, why_failed
from cyclorama.panel.previews import at_most
from cyclorama.panel.stills.shelf import Shelf
from cyclorama.panel.web.uploads import Uploads, new_id, without_paths
from cyclorama.panel.work import Job, WorkQueue
from cyclorama.pictures.encode import encoded_picture
from cyclorama.pipeline.jobs.convert import convert
from cyclorama.pipeline.jobs.convert_batch import layout_for, plan
from cyclorama.settings.values import Settings

ETA_FROM_S = 1.0
"""Before this time, the rest cannot be estimated."""
THUMBNAIL = 640
"""Its width at most, in pixels."""
State = Literal["added", "waiting", "working", "ready", "failed"]


@dataclass(eq=False, slots=True)
class ClipEntry:
    """One clip. Changed under the lock of its book alone. ``done``: frames; ``total``: None where unknown.
    ``thumbnail``: a JPEG of its first frame."""

    id: str
    name: str
    path: Path
    facts: ClipFacts
    thumbnail: bytes
    state: State = "added"
    error: str | None = None
    done: int = 0
    total: int | None = None
    began_s: float = 0.0
    target: Path | None = None
    job: Job[None] | None = None
    used_s: float = 0.0

    @property
    def progress(self) -> float:
        """From 0 to 1; 0 where it is unknown."""
        if self.state == "ready":
            return 1.0
        return min(1.0, self.done / self.total) if self.total else 0.0

    def eta_s(self, now_s: float) -> float | None:
        """Seconds until it is done; None where that is unknown."""
        took_s = now_s - self.began_s
        if self.state != "working" or not self.progress or took_s < ETA_FROM_S:
            return None
        return took_s * (1 - self.progress) / self.progress


class ClipBook(Closing):
    """All clips of the page. Safe to call from several threads."""

    def __init__(self, uploads: Uploads, queue: WorkQueue, clock: Callable[[], float] = time.monotonic) -> None:
        self._uploads, self._queue, self.clock = uploads, queue, clock
        self._shelf: Shelf[ClipEntry] = Shelf("clip", clock)
        self._lock = self._shelf.lock

    def add(self, path: Path, label: str) -> ClipEntry:
        """Take an upload. Raises CaptureError, RequestError; then the file is deleted."""
        try:
            with without_paths(label, path):
                facts, first = probe_clip(path)
            thumbnail = encoded_picture(at_most(first, THUMBNAIL), ".jpg")
            entry = ClipEntry(new_id(), label, path, facts, thumbnail)
            self._shelf.put(entry)
            return entry
        except CycloramaError:
            self._uploads.delete(path)
            raise

    def get(self, id: str) -> ClipEntry:
        """The clip ``id``. Raises RequestError."""
        return self._shelf.get(id)

    def all(self) -> list[ClipEntry]:
        """All clips, the oldest first."""
        return self._shelf.all()

    def start(self, id: str, settings: Settings, kind: str | None) -> ClipEntry:
        """Convert a clip; ``kind``: mp4, ..., None for its own. Raises RequestError, SettingsError."""
        entry = self.get(id)
        # the folder is not made: only the extension is taken
        (job,) = plan([entry.path], self._uploads.folder / "made", layout_for(settings.compose.background), kind)
        target = self._uploads.new_path(job.target.suffix)
        settings = replace(settings, source=str(entry.path))
        with self._lock:
            if entry.state in ("waiting", "working"):
                raise RequestError(409, "the clip is being converted already: wait, or delete it")
            self._uploads.delete(entry.target)
            entry.state, entry.error, entry.target = "waiting", None, None
            entry.done, entry.total = 0, None
            try:
                entry.job = self._queue.submit(lambda stop: self._work(entry, settings, target, stop))
            except CycloramaError:
                entry.state = "added"
                raise
        return entry

    def delete(self, id: str) -> None:
        """Stop converting a clip, and delete it with its result. Raises RequestError."""
        entry = self.get(id)
        with self._lock:
            self._shelf.take(entry)
            running = entry.job is not None and entry.state == "working"
        if entry.job is not None:
            entry.job.cancel()
        if not running:  # otherwise the worker deletes the files
            self._discard(entry)

    def sweep(self) -> None:
        """Delete what nobody has asked for since ``AGE_S``, unless it is being converted."""
        for entry in self._shelf.unused():
            if entry.state not in ("waiting", "working"):
                with suppress(RequestError):  # it was deleted meanwhile
                    self.delete(entry.id)

    def close(self) -> None:
        """Nothing to release: files are the folder's, jobs are the queue's."""

    def _work(self, entry: ClipEntry, settings: Settings, target: Path, stop: threading.Event) -> None:
        with self._lock:
            entry.state, entry.began_s = "working", self.clock()

        def on_progress(done: int, total: int | None) -> None:
            entry.done, entry.total = done, total

        error = self._convert(entry, settings, target, stop, on_progress)
        with self._lock:
            entry.state, entry.error = ("ready", None) if error is None else ("failed", error)
            entry.target = target if error is None else None
            entry.used_s = self.clock()
            deleted = not self._shelf.has(entry)
        if error is not None:
            self._delete_parts(target)
        if deleted:
            self._discard(entry)

    def _convert(
        self,
        entry: ClipEntry,
        settings: Settings,
        target: Path,
        stop: threading.Event,
        on_progress: Callable[[int, int | None], None],
    ) -> str | None:
        """Write ``target``; the sentence that says why it failed, None if it did not."""
        try:
            with without_paths(entry.name, entry.path, target):
                convert(settings, target, stop=stop, on_progress=on_progress)
            if stop.is_set():
                return "stopped"
            self._uploads.count(target)
        except Exception as error:
            return why_failed(error)
        return None

    def _delete_parts(self, target: Path) -> None:
        """Delete the file, and what a failed conversion leaves beside it."""
        for path in self._uploads.folder.glob(f"*{target.stem}*"):
            self._uploads.delete(path)

    def _discard(self, entry: ClipEntry) -> None:
        self._uploads.delete(entry.path)
        self._uploads.delete(entry.target)
