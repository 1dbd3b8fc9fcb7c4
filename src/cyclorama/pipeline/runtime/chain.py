"""Process a file: every frame, in order, one thread per stage, with short queues between them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import Composite, CompositeKind, Frame, Matte
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.pipeline.runtime.parts import Compose, Matter
from cyclorama.pipeline.runtime.worker import Worker, give_way

T = TypeVar("T")
DEPTH = 4
"""Queue length between two stages, in frames: evens out their run times, and keeps memory low for 4K clips."""
POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Chain:
    """The stages between a source and its file. ``engine``: None only for ``--background none``, which passes the
    picture through unchanged."""

    engine: Matter | None
    compositor: Compose


class Pipe(Generic[T]):
    """A bounded queue whose reader and writer wake on ``stop``. Iteration ends after the writer's last item."""

    def __init__(self, stop: threading.Event) -> None:
        self._queue: Queue[T | None] = Queue(DEPTH)
        self._stop = stop

    def put(self, item: T | None) -> None:
        """Append an item (None = the end) once there is room; dropped if ``stop`` is set."""
        while not self._stop.is_set():
            try:
                return self._queue.put(item, timeout=POLL_S)
            except Full:
                continue
        return None

    def __iter__(self) -> Iterator[T]:
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=POLL_S)
            except Empty:
                continue
            if item is None:
                return
            yield item


def run_chain(
    frames: Callable[[threading.Event], Iterator[Frame]],
    chain: Chain,
    write: Callable[[Composite], None],
    metrics: Metrics,
    stop: threading.Event,
) -> None:
    """Run ``frames`` through matting and compositing into ``write``, which is called in this thread.

    Returns at the end of the stream or once ``stop`` is set, after all threads have ended. Raises the first error of a
    stage. A frame without a valid matte is a ModelError, because a clip is made whole or not at all. If only the source
    fails, all frames before the failure are written first.
    """
    engine, compositor = chain.engine, chain.compositor
    halt = threading.Event()  # set by the caller's stop, or by a stage that failed
    decoded: Pipe[Frame] = Pipe(halt)
    matted: Pipe[tuple[Frame, Matte | None]] = Pipe(halt)
    composed: Pipe[Composite] = Pipe(halt)
    source_failure: list[BaseException] = []

    def capture() -> None:
        # The network's threads synchronise many times a frame: if one of them waits for a core, all of them wait.
        give_way()
        try:
            source = frames(halt)
            while not halt.is_set():
                with metrics.timer("capture"):
                    frame = next(source, None)
                if frame is None:
                    break
                decoded.put(frame)
        except Exception as error:  # the frames before it are still written; raised at the end
            source_failure.append(error)
        decoded.put(None)

    def matting() -> None:
        for frame in decoded:
            if engine is None:
                matted.put((frame, None))
                continue
            with metrics.timer("matting"):
                matte = engine.coarse(frame)
            matted.put((frame, matte))
        matted.put(None)

    def compose() -> None:
        give_way()
        for frame, matte in matted:
            if engine is not None and matte is not None:
                with metrics.timer("edges"):
                    matte = engine.refine(frame, matte)
            with metrics.timer("compose"):
                composite = compositor.compose(frame, matte)
            if composite.kind is CompositeKind.CARD:
                raise ModelError(f"frame {frame.seq} could not be composited ({composite.reason}); nothing was written")
            composed.put(composite)
        composed.put(None)

    workers: list[Worker] = []

    def ended(index: int) -> Callable[[], None]:
        return lambda: halt.set() if workers[index].error is not None else None

    for index, (name, target) in enumerate((("capture", capture), ("matting", matting), ("compose", compose))):
        workers.append(Worker(name, target, ended(index)))
    watcher = Worker("stop", lambda: _follow(stop, halt), lambda: None)
    for worker in (*workers, watcher):
        worker.start()
    try:
        for composite in composed:
            with metrics.timer("sink"):
                write(composite)
            metrics.shown(composite.seq, None)
    finally:
        halt.set()
        for worker in (*workers, watcher):
            worker.join(1.0)
    for worker in workers:
        if worker.error is not None:
            raise worker.error
    if source_failure:
        raise source_failure[0]


def _follow(stop: threading.Event, halt: threading.Event) -> None:
    """Set ``halt`` once ``stop`` is set; return once ``halt`` is set."""
    while not halt.is_set():
        if stop.wait(POLL_S):
            halt.set()
