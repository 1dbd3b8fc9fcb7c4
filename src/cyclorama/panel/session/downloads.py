"""Networks that the page downloads, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError, SettingsError
from cyclorama.models import store
from cyclorama.panel.errors import RequestError, for_page
from cyclorama.panel.web.uploads import new_id
from cyclorama.panel.work import Job, WorkQueue

MOST_TASKS = 8
"""Downloads that wait or run."""
KEPT_TASKS = 32


@dataclass(slots=True)
class Task:
    """A download. ``done``, ``total``: bytes; ``total`` None where unknown. ``error``: one sentence."""

    id: str
    model: str
    state: str = "waiting"
    done: int = 0
    total: int | None = None
    error: str | None = None
    job: Job[None] | None = field(default=None, repr=False)


class DownloadCancelledError(CycloramaError):
    """Nobody wants the download any more."""


class Downloads(Closing):
    """Pulls networks, one after the other. Safe to call from several threads."""

    def __init__(self, pull: Callable[..., object] = store.pull) -> None:
        self._pull = pull
        self._queue = WorkQueue("downloads", workers=1, most=MOST_TASKS)
        self._lock = threading.Lock()
        self._tasks: dict[str, Task] = {}

    def start(self, model: str, accepted: str | None) -> Task:
        """Pull ``model``. ``accepted``: the licence that the user agrees to. Raises SettingsError for an unknown model
        or another licence, RequestError where too many wait."""
        entry = store.published(model)
        if not entry.permissive and accepted != entry.licence:
            raise SettingsError(f"{model} comes under {entry.licence}: accept that licence to download it")
        task = Task(new_id(), model)
        with self._lock:
            task.job = self._queue.submit(lambda stop: self._work(task, stop))
            for old in [each for each in self._tasks.values() if each.state in ("done", "failed")][:-KEPT_TASKS]:
                del self._tasks[old.id]
            self._tasks[task.id] = task
        return task

    def get(self, id: str) -> Task:
        """The task with this id. Raises RequestError."""
        with self._lock:
            if id not in self._tasks:
                raise RequestError(404, "there is no such task: it may be over for long")
            return self._tasks[id]

    def cancel(self, id: str) -> None:
        """Stop a download. Raises RequestError."""
        task = self.get(id)
        if task.job is not None:
            task.job.cancel()
        if task.state == "waiting":
            task.state, task.error = "failed", "cancelled"

    def close(self) -> None:
        """Stop all."""
        self._queue.close()

    def _work(self, task: Task, stop: threading.Event) -> None:
        def on_progress(done: int, total: int | None) -> None:
            if stop.is_set():
                raise DownloadCancelledError("cancelled")
            task.done, task.total = done, total

        task.state = "working"
        try:
            self._pull(task.model, lambda entry, licence: True, on_progress)
            task.state = "done"
        except CycloramaError as error:
            task.state, task.error = "failed", for_page(error)
        except BaseException:
            task.state, task.error = "failed", "the download failed: try again"
            raise
