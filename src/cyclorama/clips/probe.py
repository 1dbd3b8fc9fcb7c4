"""What a clip from a stranger is: looked at with care, before anything else reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from av.container import InputContainer

from cyclorama.clips.open import check_file, open_container, still_failure
from cyclorama.clips.readers import is_animation, open_clip
from cyclorama.clips.streams import best_video, is_still
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8, SizeWH

FORMATS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpegts", "mpeg", "ogg", "flv"),
    *("asf", "gif", "apng", "webp_anim", "webp_pipe", "mxf", "dv", "h264", "hevc", "ivf"),
)
"""FFmpeg's names of the demuxers of files that hold everything themselves; playlists and lists of files are none."""
MOST_PIXELS = 8192 * 4320


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """``seconds``, ``fps``: None where the file does not say. ``size_wh``: upright."""

    seconds: float | None
    size_wh: SizeWH
    fps: float | None


def probe_clip(path: Path) -> tuple[ClipFacts, U8]:
    """Look at a clip; also give its first frame, upright, BGR uint8 (H, W, 3).

    Raises CaptureError: no video, a playlist, a picture, more than ``MOST_PIXELS``, nothing that can be decoded.
    """
    check_file(path)
    if not is_animation(path):  # of which none names other files
        _check_container(path)
    with open_clip(path) as reader:
        first = next(reader.frames(), None)
        if first is None:
            raise CaptureError(f"{path} holds no picture that can be decoded: is it damaged, or sound only?")
        _check_pixels(path, first.width, first.height)
        fps = None if reader.fps is None else float(reader.fps)
        converter = reader.converter()
        return ClipFacts(reader.duration_s, converter.upright_size(first), fps), converter.upright(first)


def _check_container(path: Path) -> None:
    """Raise CaptureError where another demuxer than those of ``FORMATS`` would read it, or no video."""
    with _open(path) as container:
        stream = best_video(container, str(path))
        if is_still(container) and (stream.frames or 1) == 1:
            raise still_failure(path)
        _check_pixels(path, stream.width, stream.height)


def _check_pixels(path: Path, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise CaptureError(f"{path} is too large ({width}x{height} pixels): scale it down")


def _open(path: Path) -> InputContainer:
    try:
        return open_container(path, formats=FORMATS)
    except CaptureError as error:
        raise CaptureError(f"{path} is no video that is taken here: use MP4, MOV, MKV, WebM or GIF") from error
