"""Watch a folder, and cut out the photos that arrive in it.

The folder is polled once a second, which works on every system and on network drives and costs little. A photo counts
as complete when its size and modification time are the same in two polls.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from cyclorama.core.clock import wait
from cyclorama.core.errors import CaptureError, SettingsError, reason
from cyclorama.stills.batch.batch import Batch, CutOutOrder, CutOutReport, CutOutResult, OnDone
from cyclorama.stills.batch.sources import FoundPhoto, photos_in
from cyclorama.stills.cut_out.cutter import Look

POLL_S = 1.0
State = tuple[int, int]
"""Size in bytes, and modification time in nanoseconds."""


class NewPhotos:
    """Reports the photos of a folder that are new or changed, and complete."""

    def __init__(self, folder: Path, *, recursive: bool = False, outside: Path | None = None) -> None:
        """Take the arguments of :func:`photos_in`."""
        self._folder, self._recursive, self._outside = folder, recursive, outside
        self._before: dict[Path, State] = {}
        self._taken: dict[Path, State] = {}

    def poll(self) -> list[FoundPhoto]:
        """The photos that have not changed since the last poll and were not reported in this state before.

        Raises CaptureError where the folder cannot be read.
        """
        now, arrived = {}, []
        try:
            for found in photos_in(self._folder, recursive=self._recursive, outside=self._outside):
                status = found.path.stat()
                state = now[found.path] = status.st_size, status.st_mtime_ns
                if state[0] and state == self._before.get(found.path) and state != self._taken.get(found.path):
                    self._taken[found.path] = state
                    arrived.append(found)
        except FileNotFoundError:  # a photo vanished while it was listed; a missing folder is reported below
            pass
        except OSError as error:
            raise CaptureError(f"folder {self._folder} cannot be watched: {reason(error)}; watch another") from error
        if not self._folder.is_dir():
            raise CaptureError(f"folder {self._folder} is not there, or no folder: create it, or watch another")
        self._before = now
        return arrived


def watch_folder(
    folder: Path, order: CutOutOrder, look: Look, *, stop: threading.Event, on_done: OnDone, poll_s: float = POLL_S
) -> CutOutReport:
    """Cut out the photos in ``folder`` that are not done yet, then each that arrives, until ``stop``.

    Raises what :func:`cut_out_photos` raises, and CaptureError where the folder cannot be read. The report has the last
    result of each photo: a photo that was incomplete and failed is tried again when it changes.
    """
    if order.output is None or order.output.resolve() == folder.resolve():
        raise SettingsError("--watch: give --output a folder other than the one that is watched")
    begin = time.perf_counter()
    batch = Batch(order, look)
    results: dict[Path, CutOutResult] = {}
    try:
        if batch.names.folder is None:
            raise SettingsError(f"--output {order.output} is one file for many photos: give a folder")
        arrivals = NewPhotos(folder, recursive=order.recursive, outside=batch.names.folder)
        batch.open_network()
        while not stop.is_set():
            for result in batch.run(arrivals.poll(), stop):
                results.pop(result.source, None)
                results[result.source] = result
                on_done(result, len(results))
            wait(stop, poll_s)
    finally:
        batch.close()
    seconds = round(time.perf_counter() - begin, 3)
    return CutOutReport(batch.model, batch.cutter.background, seconds, len(results), list(results.values()))
