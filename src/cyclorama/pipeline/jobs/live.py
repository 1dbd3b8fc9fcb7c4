"""Settings in, a running session, status out: what ``cyclorama live`` does."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import SettingsError, SinkError, reason
from cyclorama.files.names import user_path
from cyclorama.files.targets import check_not_input
from cyclorama.pipeline.runtime.change import Changes
from cyclorama.pipeline.runtime.live_parts import LiveFactory, LiveParts
from cyclorama.pipeline.runtime.metrics import Metrics, Snapshot
from cyclorama.pipeline.runtime.parts import SessionContext
from cyclorama.pipeline.runtime.recorder import Recorder
from cyclorama.pipeline.runtime.recording import Director, Recording
from cyclorama.pipeline.runtime.room_capture import RoomCaptures
from cyclorama.pipeline.runtime.session import Session
from cyclorama.pipeline.runtime.sink_loop import check_layout
from cyclorama.pipeline.runtime.worker import Worker
from cyclorama.settings.values import Settings
from cyclorama.sinks.base import FileOptions, OutputFormat, Sink
from cyclorama.sinks.open import is_file, open_sink

log = logging.getLogger(__name__)

STATUS_S = 0.5
STATS_EVERY = 2


@dataclass(frozen=True, slots=True)
class RunningLive:
    """A session that runs, for whoever controls it from another thread. ``status``: the session as it is now. ``gone``:
    set while the user is away. ``room``: captures of the empty room."""

    session: Session
    status: Callable[[], Snapshot]
    recorder: Recorder
    gone: threading.Event
    room: RoomCaptures


def run_live(
    settings: Settings,
    *,
    stop: threading.Event,
    away: threading.Event | None = None,
    on_status: Callable[[Snapshot], None] | None = None,
    on_ready: Callable[[Snapshot], None] = lambda snapshot: None,
    on_running: Callable[[RunningLive], None] = lambda running: None,
    metrics: Metrics | None = None,
    director: Director | None = None,
    on_key: Callable[[str], None] = lambda key: None,
    tell: Callable[[str], None] = lambda text: None,
) -> Snapshot:
    """Run until ``stop`` is set, the duration is over or the source ends; returns the final report.

    ``away``: while it is set, sinks show what ``settings.away`` names. ``on_ready`` is called once everything is open,
    ``on_status`` twice a second, both from a thread of their own. ``on_running`` is given the session just before
    ``on_ready`` is called; any thread may change its settings. ``director``: says when clips are recorded, instead of
    from the start to the end. ``on_key``: called with each key pressed in the preview window; it must not block.
    ``tell``: called with a line for the user when the empty room is captured. Raises SettingsError, CaptureError,
    ModelError, SinkError.
    """
    metrics = metrics or Metrics()
    clock = SystemClock()
    gone = away or threading.Event()
    _check_files(settings)
    with ExitStack() as stack:
        stats = stack.enter_context(_open_stats(settings.stats)) if settings.stats else None
        recording = Recording(settings, director, clock)
        stack.callback(recording.close)
        files = FileOptions(
            settings.overwrite, encoding=settings.encoding, timeline=recording.timeline, listen=recording.listen
        )
        for spec in settings.to:  # what is no sink is told before the camera is opened, and that before the microphone
            open_sink(spec, replace(files, listen=lambda: None))
        factory = LiveFactory(metrics, clock, gone, _check_files)
        parts = factory.open(settings)
        stack.callback(parts.close)
        sinks = [open_sink(spec, files) for spec in settings.to]
        output = _output(sinks, parts)
        note = _note(output.fps, parts.opened.fps)
        context = SessionContext(metrics, clock, stop=stop, on_demand=settings.on_demand, on_key=on_key)
        session = Session(parts, sinks, output, context, Changes(settings, factory))
        stack.callback(session.close)
        recorder = Recorder(session, recording, clock, director)
        stack.callback(recorder.close)
        room = RoomCaptures(session, gone)

        def now() -> Snapshot:
            return snapshot(session, recorder, room, note)

        def direct(director: Director) -> None:
            director.direct(
                session.wait_first_frame,
                stop,
                broken=lambda: session.sinks.stopped_recording,
                on_count=lambda: None if on_status is None else on_status(now()),
                on_start=metrics.restart,
            )

        beside = []
        if on_status is not None or stats is not None:
            beside.append(Worker("status", lambda: _report(now, stats, on_status, stop), lambda: None))
        if director is not None:
            beside.append(Worker("director", lambda: direct(director), stop.set))
        if settings.matting.room == "capture":
            beside.append(Worker("room", lambda: _capture_room(session, room, tell), lambda: None))
        recording.begin()
        session.start()
        on_running(RunningLive(session, now, recorder, gone, room))
        on_ready(now())
        for worker in beside:
            worker.start()
        try:
            session.run(settings.duration_s)
        finally:
            stop.set()
            for worker in beside:
                worker.join(1.0)
        for worker in beside:
            if worker.error is not None:
                raise worker.error
        return final(now(), metrics)


def _capture_room(session: Session, room: RoomCaptures, tell: Callable[[str], None]) -> None:
    """Count down from the first picture on and capture the empty room; a failure is told, and the session goes on."""
    while not session.wait_first_frame(STATUS_S):
        if session.stop_event.is_set():
            return
    try:
        room.capture(on_count=lambda left: tell(f"leave the picture: the empty room is captured in {left} s"))
    except SettingsError as error:
        if not session.stop_event.is_set():
            tell(f"{error} (cyclorama ctl room)")
        return
    tell("the empty room is known: come back")


def snapshot(session: Session, recorder: Recorder, room: RoomCaptures, note: str = "") -> Snapshot:
    """The session as it is now. ``note``: what differs from what was asked for."""
    metrics = session.metrics
    latency, parts = metrics.latency(), session.parts
    model = parts.model
    return Snapshot(
        state=session.state.value,
        seconds=round(metrics.elapsed()[0], 3),
        frames=metrics.counted("frames"),
        fps=round(metrics.frames_per_second(), 2),
        latency_ms_p50=latency.p50_ms if latency else None,
        latency_ms_p95=latency.p95_ms if latency else None,
        dropped=session.dropped,
        cards=metrics.counted("cards"),
        matte_age=metrics.matte_age,
        model=model.name,
        provider=model.provider,
        precision=model.precision,
        capture_mode=parts.source.info.mode,
        cpu_cores=round(metrics.cpu_cores(), 3),
        fault=session.fault or recorder.fault,
        away=session.away,
        on_demand=session.on_demand,
        idle=session.idle,
        note=note,
        sinks=session.sinks.names,
        encoders=session.sinks.encoders,
        stages=metrics.stages(),
        recording=recorder.status,
        captured_fps=round(metrics.captured_per_second(), 2),
        recent_ms=metrics.recent_ms(),
        room=room.status(),
    )


def final(now: Snapshot, metrics: Metrics) -> Snapshot:
    """The whole session: rate and processor use over all of it."""
    seconds, cpu_s = metrics.elapsed()
    frames = metrics.counted("frames")
    return replace(now, fps=round(frames / seconds, 2), cpu_cores=round(cpu_s / seconds, 3))


def rate_for(sinks: Sequence[Sink], fps: Fraction) -> Fraction:
    """``fps``, or the highest rate that all sinks can carry."""
    limits = [sink.max_fps for sink in sinks if sink.max_fps is not None]
    return min([fps, *limits])


def _note(fps: Fraction, asked: Fraction) -> str:
    if fps == asked:
        return ""
    return f"{float(fps):g} instead of {float(asked):g} fps, the most that every call takes; "


def _report(
    now: Callable[[], Snapshot],
    stats: BinaryIO | None,
    on_status: Callable[[Snapshot], None] | None,
    stop: threading.Event,
) -> None:
    """Tell how it goes until the session stops; every second one line of the statistics file, while it takes them."""
    turn = 0
    while not stop.wait(STATUS_S):
        told = now()
        if on_status is not None:
            on_status(told)
        turn += 1
        if stats is not None and turn % STATS_EVERY == 0:
            try:
                stats.write(json.dumps(asdict(told)).encode() + b"\n")
            except OSError as error:  # a full disk must not end the call, nor what is told about it
                log.warning("the statistics end early: %s", reason(error))
                stats = None


def _open_stats(path: Path) -> BinaryIO:
    try:
        return path.open("ab", buffering=0)
    except OSError as error:
        raise SinkError(f"cannot write the statistics to {path}: {reason(error)}; give --stats another file") from error


def _check_files(settings: Settings) -> None:
    """Raise SettingsError where a clip or the statistics would be written over what is read, or a clip over another."""
    inputs = settings.source, settings.compose.background, settings.away
    paths = [user_path(spec) for spec in settings.to if is_file(Path(spec))]
    if settings.stats is not None:
        check_not_input(settings.stats, *inputs)
    for index, path in enumerate(paths):
        check_not_input(path, *inputs)
        if path.resolve() in {earlier.resolve() for earlier in paths[:index]}:
            raise SettingsError(f"--to {path} is given twice: each clip needs a name of its own")


def _output(sinks: Sequence[Sink], parts: LiveParts) -> OutputFormat:
    """What all of ``sinks`` are opened with. Raises SettingsError where one cannot carry the background's layout."""
    layout, opened = parts.card.layout, parts.opened
    for sink in sinks:
        check_layout(sink, layout)
    fps = rate_for(sinks, opened.fps)
    return OutputFormat(opened.size_wh, fps, layout, 1 / fps)
