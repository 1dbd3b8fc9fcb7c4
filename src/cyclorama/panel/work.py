"""The queue of the panel's work: a few threads, a bound on what waits, and a way to cancel."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Generic, TypeVar

from starlette.requests import Request

from cyclorama.core.closing import Closing
from cyclorama.panel.errors import GoneError, RequestError
from cyclorama.pipeline.runtime.worker import give_way

T = TypeVar("T")
RETRY_S = 5


class Job(Generic[T]):
    """Work that waits, runs or is done. ``stop`` is set when nobody wants the result any more."""

    def __init__(self, future: Future[T], stop: threading.Event) -> None:
        self.future, self.stop = future, stop

    def cancel(self) -> None:
        """Take waiting work out of the queue, and ask running work to stop."""
        self.stop.set()
        self.future.cancel()


class WorkQueue(Closing):
    """Runs work in ``workers`` threads, in order. More than ``most`` jobs that are not done are refused.

    The threads have a low priority: a live picture comes first."""

    def __init__(self, name: str, *, workers: int, most: int) -> None:
        prefix = f"cyclorama-panel-{name}"
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=prefix, initializer=lambda: give_way())
        self._most, self._lock = most, threading.Lock()
        self._jobs: set[Job[object]] = set()
        self._closed = False

    def submit(self, work: Callable[[threading.Event], T]) -> Job[T]:
        """Queue ``work``, which is given the event of its job. Raises RequestError where too many jobs wait."""
        stop = threading.Event()
        with self._lock:
            if self._closed:
                raise RequestError(503, "the panel closes: start it again")
            if len(self._jobs) >= self._most:
                text = f"{self._most} are waiting already: send this one again in a moment"
                raise RequestError(429, text, retry_after_s=RETRY_S)
            job: Job[T] = Job(self._pool.submit(work, stop), stop)
            self._jobs.add(job)  # type: ignore[arg-type]
        job.future.add_done_callback(lambda _: self._forget(job))
        return job

    def __len__(self) -> int:
        """The number of jobs that are not done."""
        with self._lock:
            return len(self._jobs)

    def cancel_all(self) -> None:
        """Cancel everything, and take no more."""
        with self._lock:
            self._closed = True
            jobs = list(self._jobs)
        for job in jobs:
            job.cancel()

    def close(self) -> None:
        """Cancel everything and wait for what runs; a second call does nothing."""
        self.cancel_all()
        self._pool.shutdown(cancel_futures=True)

    def _forget(self, job: Job[T]) -> None:
        with self._lock:
            self._jobs.discard(job)


class Places:
    """A number of places for requests. Used on the server's loop alone."""

    def __init__(self, count: int) -> None:
        self._free, self._count = count, count

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take a place for the block. Raises RequestError where none is free."""
        if not self._free:
            text = f"{self._count} are waiting already: send this one again in a moment"
            raise RequestError(429, text, retry_after_s=1)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


async def result_for(request: Request, job: Job[T], discard: Callable[[T], object] = lambda result: None) -> T:
    """Wait for ``job``; cancel it where the client of ``request`` goes away. Raises what the work raises.

    ``discard`` gets a result that comes too late for a client that is gone.
    """
    done = asyncio.wrap_future(job.future)
    gone = asyncio.ensure_future(_until_gone(request))
    try:
        await asyncio.wait((done, gone), return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            job.cancel()
            with suppress(Exception, asyncio.CancelledError):
                discard(await done)
            raise GoneError
        if done.cancelled():
            raise RequestError(503, "the panel closes: start it again")
        return done.result()
    finally:
        job.cancel()
        gone.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
