"""A live stage whose session takes commands, as the program's own sessions do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from cyclorama.control.controls import Controls, Hosted
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import CaptureError
from cyclorama.pipeline.jobs.live import RunningLive, snapshot
from cyclorama.pipeline.runtime import recording
from cyclorama.pipeline.runtime.recorder import Recorder
from cyclorama.pipeline.runtime.recording import Recording
from cyclorama.pipeline.runtime.room_capture import RoomCaptures
from doubles.live_stage import LiveStage, running


def without_microphone(*given: object, **more: object) -> Any:
    raise CaptureError("no microphone found")


def recorder_of(stage: LiveStage) -> Recorder:
    """Of a session that was started without a clip."""
    settings = stage.session.settings
    return Recorder(stage.session, Recording(settings, None, SystemClock()), SystemClock())


@contextmanager
def controlled(
    monkeypatch: pytest.MonkeyPatch,
    background: str = "color:#101018",
    *,
    command: str = "live",
    profiles: Callable[[], Mapping[str, Mapping[str, object]]] = dict,
    **options: Any,
) -> Iterator[tuple[LiveStage, Controls]]:
    """A stage that runs, and its commands. There is no microphone."""
    monkeypatch.setattr(recording, "open_microphone", without_microphone)
    with running(monkeypatch, background, **options) as stage:
        recorder = recorder_of(stage)
        room = RoomCaptures(stage.session, stage.gone)
        live = RunningLive(stage.session, lambda: snapshot(stage.session, recorder, room), recorder, stage.gone, room)
        yield stage, Controls(live, Hosted(command, command, stage.session.stop_event.set, profiles))
        recorder.finish()
        recorder.close()
