"""A video or GIF, looped at its own rate."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation
from typing_extensions import override

from cyclorama.background.base import Background
from cyclorama.background.fit import centre_crop, cover_size
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8, SizeWH

log = logging.getLogger(__name__)

MAX_STEP_S = 1.0
"""A longer gap between two renders (a suspended machine, another clip) holds the picture instead of catching up."""
TOLERANCE_S = 0.002
"""Files round their times, Matroska to whole milliseconds: a frame may come this much early."""
DEFAULT_RATE = 25.0
HD_LINES = 720
"""From this height on, a clip that does not say is taken to be BT.709, below BT.601: players assume the same."""


class Video(Background):
    """A clip whose frames follow the time given to ``render`` and start again after the last.

    Frames are decoded in order, as few as possible; the decoder's own threads work ahead. Where a clip cannot be read
    to its end it loops at the last good frame; where it cannot be read again it stays on that frame.
    """

    def __init__(self, name: str, path: Path) -> None:
        """Open ``path`` and decode its first frame. Raises SettingsError."""
        self._name = name
        self._path = path
        self._container: InputContainer | None = None
        self._position_s = 0.0
        self._last_s: float | None = None
        self._origin_s = 0.0
        self._pixels: U8 | None = None
        self._pixels_of: tuple[VideoFrame, SizeWH] | None = None
        try:
            self._frames = self._decode()
            first = next(self._frames, None)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self.close()
            raise SettingsError(
                f"background {path} cannot be played ({error}): choose a picture or another video"
            ) from error
        if first is None:
            self.close()
            raise SettingsError(f"background {path} holds no picture: choose a picture or another video")
        self._ends_s, self._shown = first
        self._ahead: tuple[float, VideoFrame] | None = self._next()
        self._moves = self._ahead is not None

    @property
    @override
    def name(self) -> str:
        """What the user wrote."""
        return self._name

    @override
    def render(self, pixels: U8, alpha: U8, time_s: float) -> U8:
        """The frame for ``time_s``, at the frame's size."""
        return self.card((pixels.shape[1], pixels.shape[0]), time_s)

    @override
    def card(self, size_wh: SizeWH, time_s: float) -> U8:
        """The frame for ``time_s``, cut to ``size_wh``."""
        step_s = 0.0 if self._last_s is None else time_s - self._last_s
        self._last_s = time_s
        if self._moves and 0.0 < step_s <= MAX_STEP_S:
            self._advance(step_s)
        return self._picture(size_wh)

    def _picture(self, size_wh: SizeWH) -> U8:
        """The frame that is shown, cut to ``size_wh``."""
        wanted = (self._shown, size_wh)
        if self._pixels is None or self._pixels_of != wanted:
            self._pixels = _convert(self._shown, size_wh)
            self._pixels.flags.writeable = False
            self._pixels_of = wanted
        return self._pixels

    @override
    def close(self) -> None:
        """Release the file; the last picture stays."""
        self._moves = False
        if self._container is not None:
            self._container.close()
            self._container = None

    def _advance(self, step_s: float) -> None:
        """Move on by ``step_s``; ``_ends_s`` is when the shown frame's successor is due."""
        self._position_s += step_s
        while self._moves and self._position_s + TOLERANCE_S >= self._ends_s:
            if self._ahead is None:
                self._at_end()
                continue
            self._ends_s, self._shown = self._ahead
            self._ahead = self._next()

    def _at_end(self) -> None:
        """Begin again."""
        length_s = self._ends_s
        self._position_s -= length_s
        try:
            self._frames = self._decode()
            first = next(self._frames, None)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            log.warning("background %s cannot be read any more (%s): its last frame stays", self._path, error)
            first = None
        if first is None:
            self.close()
            return
        self._ends_s, self._shown = first
        self._ahead = self._next()
        self._moves = self._ahead is not None

    def _next(self) -> tuple[float, VideoFrame] | None:
        try:
            return next(self._frames, None)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            log.debug("background %s ends early: %s", self._path, error)
            return None

    def _decode(self, from_s: float = 0.0) -> Iterator[tuple[float, VideoFrame]]:
        """Frames with the time at which each ends, in seconds from the first frame's start; from the keyframe before
        ``from_s`` on."""
        if self._container is not None:
            self._container.close()
        self._container = av.open(str(self._path))
        if not self._container.streams.video:
            raise ValueError("no video in it")
        stream = self._container.streams.video[0]
        stream.thread_type = "AUTO"
        frame_s = 1.0 / float(stream.average_rate or DEFAULT_RATE)
        if from_s == 0:
            return _timed(self._container.decode(stream), frame_s, None)
        self._origin_s = float((stream.start_time or 0) * (stream.time_base or 0))
        self._container.seek(round((self._origin_s + from_s) * av.time_base))
        return _timed(self._container.decode(stream), frame_s, self._origin_s)


def _timed(frames: Iterator[VideoFrame], frame_s: float, origin_s: float | None) -> Iterator[tuple[float, VideoFrame]]:
    """Pair each frame with its end: the start of the next one, or its own duration for the last.

    ``origin_s``: the time of the clip's first frame, None where ``frames`` begin with it.
    """
    before: VideoFrame | None = None
    ends_s = 0.0
    for frame in frames:
        time_s = frame.time
        if origin_s is None:
            origin_s = time_s or 0.0
        if before is not None:
            starts_s = ends_s if time_s is None else time_s - origin_s
            yield max(starts_s, ends_s - frame_s + 1e-6), before
        start_s = ends_s if time_s is None else time_s - origin_s
        lasts_s = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else frame_s
        ends_s = start_s + lasts_s
        before = frame
    if before is not None:
        yield ends_s, before


def _convert(frame: VideoFrame, size_wh: SizeWH) -> U8:
    turns = round(frame.rotation / 90) % 4
    target_wh = size_wh if turns % 2 == 0 else (size_wh[1], size_wh[0])
    width, height = cover_size((frame.width, frame.height), target_wh)
    unspecified = frame.colorspace == 2  # AVCOL_SPC_UNSPECIFIED
    matrix = (Colorspace.ITU709 if frame.height >= HD_LINES else Colorspace.ITU601) if unspecified else None
    bgr = frame.reformat(width, height, "bgr24", src_colorspace=matrix, interpolation=Interpolation.BICUBIC)
    pixels = centre_crop(bgr.to_ndarray().astype(np.uint8, copy=False), target_wh)
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
