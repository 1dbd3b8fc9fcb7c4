"""Convert a clip."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from cyclorama._api.given import CONVERT, CONVERT_FILE, read_settings
from cyclorama.core.errors import SettingsError
from cyclorama.files.names import user_path
from cyclorama.pipeline.jobs import convert as job
from cyclorama.pipeline.jobs.convert import ConvertReport
from cyclorama.settings.reading import as_number
from cyclorama.settings.values import WHOLE, Trim

__all__ = ["ConvertReport", "convert"]


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    trim: tuple[float, float | None] | None = None,
    room: tuple[float, float] | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    overwrite: bool = False,
    config: str | os.PathLike[str] | None = None,
    profile: str | None = None,
    **settings: object,
) -> ConvertReport:
    """Replace the background of the clip ``source`` and write ``target``: every frame at its own time, with its sound.

    ``trim``: (start, end) in seconds from the first frame; end None is the clip's end. ``room``: (start, end), within
    ``trim``, when the clip shows the empty room: finer mattes, if the camera stands still. ``progress``: called with
    frames done and total frames (None if the container does not say); an exception from it ends the conversion, and no
    file is left. ``config``, ``profile``: a settings file to begin with; its size, fit, fps, codec and crf are ignored.
    ``settings``: background, light_wrap, model, provider, quality, every, smooth, edge, threshold, hardware, size, fit,
    fps, codec, crf. Raises SettingsError, CaptureError, ModelError, SinkError.
    """
    values = read_settings(settings, CONVERT, config=config, profile=profile, overwrite=overwrite, only=CONVERT_FILE)
    part = WHOLE if trim is None else _part_of("trim", trim)
    values = replace(
        values,
        source=os.fspath(source),
        capture=replace(values.capture, trim=part),
        matting=replace(values.matting, empty_room=None if room is None else _room_of(room, part)),
    )
    return job.convert(
        values, user_path(target), stop=threading.Event(), on_progress=progress or (lambda done, total: None)
    )


def _room_of(times_s: object, trim: Trim) -> Trim:
    """(start, end) in seconds from the start of ``trim``. Raises SettingsError."""
    part = _part_of("room", times_s)
    if part.end_s is None:
        raise SettingsError(f"room {times_s!r} has no end: write (start, end) in seconds, as in (0, 1)")
    within = part.within(trim)
    if within is None:
        raise SettingsError(f"room {times_s!r} is not all within trim: let that begin with the empty room")
    return within


def _part_of(name: str, times_s: object) -> Trim:
    """The keyword ``name``: (start, end), the end may be None. Raises SettingsError."""
    try:
        start_s, end_s = cast(tuple[float, float | None], times_s)
        return Trim(as_number(start_s), None if end_s is None else as_number(end_s))
    except (TypeError, ValueError):
        raise SettingsError(f"{name} {times_s!r} is no (start, end) in seconds, the start before the end") from None
