"""Open a moving picture for reading: the one call of ``av.open`` that reads, and the one mapping of its errors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer

from cyclorama.clips import address
from cyclorama.clips.whole import is_cut_short
from cyclorama.core.errors import CaptureError, reason

Place: TypeAlias = Path | str
"""A file, or the URL of a stream that the user gave."""
NO_PATTERN = {"pattern_type": "none"}
"""A ``%d`` in the name of a picture is no place for a number: FFmpeg would read other files."""
READ_ERRORS = (av.FFmpegError, OSError, ValueError)
"""What PyAV raises while it opens, demuxes or decodes."""


def open_container(place: Place, *, formats: Sequence[str] = ()) -> InputContainer:
    """Open ``place`` and probe its streams. Raises CaptureError; of a URL it names scheme and host alone.

    ``formats``: FFmpeg's names of the only demuxers that may read a file, for one from a stranger: a playlist would
    open other files.
    """
    try:
        if isinstance(place, Path):
            only = {"format_whitelist": ",".join(formats), "protocol_whitelist": "file"} if formats else {}
            return av.open(ffmpeg_name(place), options=NO_PATTERN | only, metadata_errors="ignore")
        limits_s = (address.OPEN_S, address.READ_S)
        return av.open(place, options=dict(address.OPTIONS), timeout=limits_s, metadata_errors="ignore")
    except READ_ERRORS as error:
        if isinstance(place, Path):
            raise CaptureError(
                f"{place} was cut short, and without its end it cannot be read: fetch it again"
                if is_cut_short(place)
                else f"{place} is not a video that can be read ({reason(error)}): does another program play it?"
            ) from error
        raise read_failure(place, error) from None


def ffmpeg_name(path: Path) -> str:
    """What FFmpeg is given to open a file; without the prefix it would take ``a:b.mp4`` for an address, and
    ``http:b.mp4`` for one on the network."""
    return f"file:{path}"


def name_of(place: Place) -> str:
    """What messages call ``place``. Raises CaptureError for a URL without a host."""
    return str(place) if isinstance(place, Path) else address.public_name(place)


def read_failure(place: Place, error: Exception) -> CaptureError:
    """The error to raise where reading fails after the opening. Chain it to :func:`cause_of` of ``error``."""
    if isinstance(place, Path):
        return CaptureError(f"{place} cannot be read any further: {reason(error)}")
    return CaptureError(f"{address.public_name(place)} cannot be read: {address.public_reason(error)}")


def cause_of(place: Place, error: Exception) -> Exception | None:
    """``error`` as the cause of our own; None for a URL, which FFmpeg's error would give away."""
    return error if isinstance(place, Path) else None


def still_failure(path: Path) -> CaptureError:
    """The error of a picture that is given for a clip."""
    return CaptureError(f"{path} is a picture, not a video: give a video file; for photos there is cyclorama cutout")


def check_file(path: Path) -> None:
    """Raise CaptureError where ``path`` is no file that may be read, or an empty one."""
    if not path.exists():
        raise CaptureError(f"there is no file {path}: check the name")
    if path.is_dir():
        raise CaptureError(f"{path} is a folder: give one file in it")
    if not os.access(path, os.R_OK):
        raise CaptureError(f"{path} may not be read: check its permissions")
    if not path.is_file():  # opening a pipe would wait for whoever writes into it
        raise CaptureError(f"{path} is no file, but a pipe or device: give a video file")
    if path.stat().st_size == 0:
        raise CaptureError(f"{path} is empty: it holds no video; copy it again")
