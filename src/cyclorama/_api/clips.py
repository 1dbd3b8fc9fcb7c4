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
    progress: Callable[[int, int | None], None] | None = None,
    overwrite: bool = False,
    config: str | os.PathLike[str] | None = None,
    profile: str | None = None,
    **settings: object,
) -> ConvertReport:
    """Replace the background of the clip ``source`` and write ``target``: every frame at its own time, with its sound.

    ``trim``: (start, end) in seconds from the first frame; end None is the clip's end. ``progress``: called with frames
    done and total frames (None if the container does not say); an exception from it ends the conversion, and no file is
    left. ``config``, ``profile``: a settings file to begin with; its size, fit, fps, codec and crf are ignored.
    ``settings``: background, light_wrap, model, provider, quality, every, smooth, edge, threshold, hardware, size, fit,
    fps, codec, crf. Raises SettingsError, CaptureError, ModelError, SinkError.
    """
    values = read_settings(settings, CONVERT, config=config, profile=profile, overwrite=overwrite, only=CONVERT_FILE)
    values = replace(
        values,
        source=os.fspath(source),
        capture=replace(values.capture, trim=WHOLE if trim is None else _trim_of(trim)),
    )
    return job.convert(
        values, user_path(target), stop=threading.Event(), on_progress=progress or (lambda done, total: None)
    )


def _trim_of(times_s: object) -> Trim:
    """(start, end), the end may be None. Raises SettingsError."""
    try:
        start_s, end_s = cast(tuple[float, float | None], times_s)
        return Trim(as_number(start_s), None if end_s is None else as_number(end_s))
    except (TypeError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"trim {times_s!r} is no (start, end) in seconds, where the end may be None") from None
