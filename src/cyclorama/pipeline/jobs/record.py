"""Record a camera and a microphone to a clip, as ``cyclorama record`` does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cyclorama.files.names import user_path
from cyclorama.pipeline.jobs.live import RunningLive, run_live
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.pipeline.runtime.recorder import check_survives
from cyclorama.pipeline.runtime.recording import Director
from cyclorama.settings.values import Settings
from cyclorama.sinks.clip.clip import ClipSink


def run_record(
    settings: Settings,
    target: Path,
    director: Director,
    *,
    preview: bool = False,
    stop: threading.Event,
    on_status: Callable[[Snapshot], None] | None = None,
    on_ready: Callable[[Snapshot], None] = lambda snapshot: None,
    on_running: Callable[[RunningLive], None] = lambda running: None,
    on_key: Callable[[str], None] = lambda key: None,
) -> Snapshot:
    """Record into ``target`` under the control of ``director``; returns the final report.

    ``preview``: also show a window. The other arguments are those of :func:`run_live`. Raises SettingsError,
    CaptureError, ModelError, SinkError; what was recorded before an error is kept.
    """
    ClipSink(user_path(target), overwrite=settings.overwrite).check()  # fail before the camera is opened
    check_survives(target)
    to = (str(target), "preview") if preview else (str(target),)
    return run_live(
        replace(settings, to=to, duration_s=None, on_demand=False),
        stop=stop,
        on_status=on_status,
        on_ready=on_ready,
        on_running=on_running,
        director=director,
        on_key=on_key,
    )
