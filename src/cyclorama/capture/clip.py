"""A video file: read as a file, every frame in order, or played like a camera, at its own rate and looped."""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream

from cyclorama.capture.base import SourceInfo
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CaptureError, reason
from cyclorama.core.frames import U8, Frame, SizeWH
from cyclorama.settings.values import WHOLE, Trim

log = logging.getLogger(__name__)

PICTURE_FORMATS = ("image2", "_pipe")
HD_LINES = 720
TOLERANCE_S = 0.001
"""Files round their times, Matroska to whole milliseconds."""
SHORT_S = 1.0
"""How much earlier than its length a trimmed clip may end: lengths are not exact, and sound may last longer."""
UNSPECIFIED = 2
FULL_RANGE = 2
TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
"""PyAV gives the counterclockwise turn that puts the picture upright."""


class ClipSource(Closing):
    """A video file or animated GIF by PyAV.

    ``live`` False: frames keep their ``pts`` and ``time_base``, whatever the rate does; of a trimmed clip, less the
    time that was cut off. ``live`` True: frames come at the file's own rate, start again at its end, and carry no
    ``pts``.
    """

    def __init__(self, path: Path, *, live: bool, clock: Clock | None = None, trim: Trim = WHOLE) -> None:
        """Open the file and read its first frame. ``trim``: what is read of it. Raises CaptureError."""
        self._path = path
        self._live = live
        self._trim = trim
        self._clock = clock or SystemClock()
        self._container: av.container.InputContainer | None = None
        self._closed = threading.Event()
        self._picture = Picture()
        check_file(path)
        stream = self._open()
        first = next(self._decode(stream), None)
        if first is None:
            raise CaptureError(f"{path} holds no picture that can be decoded: is it damaged, or sound only?")
        self._begin_s = first.time or 0.0
        size_wh = self._picture.size_wh(first)
        fps = stream.average_rate or stream.guessed_rate
        codec = stream.codec_context.name
        self._frames, self._whole_s = stream.frames, _duration_s(self._container, stream)
        duration_s = self._trimmed_s()
        count = self._frames if self._frames and trim == WHOLE else _guess_count(duration_s, fps)
        self.info = SourceInfo(
            path.name,
            size_wh,
            Fraction(fps) if fps else None,
            live,
            mode=f"{codec} {size_wh[0]}x{size_wh[1]}" + (f" at {float(fps):.4g} fps" if fps else ""),
            frame_count=None if live else count,
            duration_s=None if live else duration_s,
            begin_s=self._begin_s - trim.start_s,
        )

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield the frames. Raises CaptureError where the file breaks off, after all that could be read."""
        return self._played(stop) if self._live else self._read(stop)

    def close(self) -> None:
        """Let go of the file; the reading thread sees it within a frame."""
        self._closed.set()

    def _read(self, stop: threading.Event) -> Iterator[Frame]:
        start_s, end_s = self._trim.start_s, math.inf if self._trim.end_s is None else self._trim.end_s
        seq, last_pts, at_s = 0, -1, 0.0
        for decoded in self._decode_from(start_s):
            if stop.is_set() or self._closed.is_set():
                break
            if decoded.time is not None:
                at_s = decoded.time - self._begin_s
            if at_s < start_s - TOLERANCE_S:
                continue
            if at_s > end_s - TOLERANCE_S:
                break
            # A frame without a time (raw streams, damaged files) follows the one before it.
            if decoded.pts is not None and decoded.time_base is not None:
                last_pts = max(decoded.pts - round(start_s / decoded.time_base), last_pts + 1)
            else:
                last_pts += 1
            yield Frame(self._picture.bgr(decoded), seq, self._clock.now_ns(), last_pts, decoded.time_base)
            seq += 1
        else:
            self._check_end(seq, at_s, end_s)
        self._release()

    def _decode_from(self, start_s: float) -> Iterator[VideoFrame]:
        """Frames from a keyframe before ``start_s`` on, or from the first where the file cannot be sought in."""
        stream = self._open()
        if start_s > 0 and self._container is not None and stream.time_base is not None:
            try:
                self._container.seek(round((self._begin_s + start_s) / stream.time_base), stream=stream)
                frames = self._decode(stream)
                first = next(frames, None)
            except (av.FFmpegError, OSError, CaptureError):
                first = None
            if first is not None and first.time is not None and first.time - self._begin_s <= start_s + TOLERANCE_S:
                yield first
                yield from frames
                return
            stream = self._open()
        yield from self._decode(stream)

    def _check_end(self, count: int, at_s: float, end_s: float) -> None:
        """Raise CaptureError where the file ended before it should have; ``at_s``: its last frame's time."""
        if self._trim == WHOLE:
            if 0 < self._packets < self._frames:
                raise CaptureError(
                    f"{self._path} breaks off after {count} of {self._frames} frames: it was cut short; fetch it again"
                )
        elif self._whole_s is not None and at_s + SHORT_S < min(end_s, self._whole_s):
            raise CaptureError(f"{self._path} breaks off at {at_s:.1f} s: it was cut short; fetch it again")

    def _trimmed_s(self) -> float | None:
        """How long what is read lasts. Raises CaptureError where that is nothing."""
        if self._whole_s is None:
            return None
        start_s, end_s = self._trim.start_s, self._trim.end_s
        if start_s >= self._whole_s:
            raise CaptureError(f"{self._path} is {self._whole_s:.1f} s long: nothing lies after {start_s:g} s")
        return min(self._whole_s, self._whole_s if end_s is None else end_s) - start_s

    def _played(self, stop: threading.Event) -> Iterator[Frame]:
        seq = 0
        start_ns = self._clock.now_ns()
        step_ns = int(1e9 / (self.info.fps or 30))
        while not (stop.is_set() or self._closed.is_set()):
            begin_s: float | None = None
            due_ns = start_ns
            for decoded in self._decode(self._open()):
                at_s = decoded.time if decoded.time is not None else seq * step_ns / 1e9
                begin_s = at_s if begin_s is None else begin_s
                due_ns = start_ns + int((at_s - begin_s) * 1e9)
                if self._clock.wait_until(due_ns, stop) or self._closed.is_set():
                    break
                yield Frame(self._picture.bgr(decoded), seq, self._clock.now_ns())
                seq += 1
            start_ns = max(due_ns + step_ns, self._clock.now_ns() - step_ns)
        self._release()

    def _open(self) -> VideoStream:
        self._release()
        try:
            self._container = av.open(self._path, metadata_errors="ignore")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise CaptureError(f"{self._path} is not a video that can be read ({reason(error)})") from error
        if not self._container.streams.video:
            raise CaptureError(f"{self._path} holds no video: it has sound or data only")
        if any(kind in self._container.format.name for kind in PICTURE_FORMATS) and not self._live:
            raise CaptureError(f"{self._path} is a picture, not a video: give a video file")
        stream = self._container.streams.video[0]
        stream.thread_type = "FRAME"
        self._packets = 0
        return stream

    def _decode(self, stream: VideoStream) -> Iterator[VideoFrame]:
        """Frames in order; packets that cannot be decoded are left out and counted in the log."""
        damaged = 0
        assert self._container is not None
        packets = self._container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as error:
                raise CaptureError(f"{self._path} cannot be read any further: {reason(error)}") from error
            if packet is None:
                break
            self._packets += packet.size > 0
            try:
                yield from packet.decode()
            except (av.FFmpegError, ValueError):
                damaged += 1
        if damaged:
            log.warning("%s: %d damaged packets were left out", self._path, damaged)

    def _release(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None


class Picture:
    """Decoded frames to upright BGR, with the colour matrix and range that they were made with."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def size_wh(self, frame: VideoFrame) -> SizeWH:
        """Size of the upright picture."""
        turned = round(frame.rotation) % 180 == 90
        return (frame.height, frame.width) if turned else (frame.width, frame.height)

    def bgr(self, frame: VideoFrame) -> U8:
        """BGR uint8 (H, W, 3). Where a file does not name its matrix, BT.709 is taken from 720 lines up, else
        BT.601."""
        space: int = frame.colorspace
        if space == UNSPECIFIED:
            space = Colorspace.ITU709 if frame.height >= HD_LINES else Colorspace.ITU601
        full = frame.color_range == FULL_RANGE
        pixels = self._reformatter.reformat(
            frame,
            format="bgr24",
            src_colorspace=space,
            src_color_range=ColorRange.JPEG if full else ColorRange.UNSPECIFIED,
        ).to_ndarray()
        turn = TURNS.get(round(frame.rotation) % 360)
        upright = pixels if turn is None else cv2.rotate(pixels, turn)
        return np.ascontiguousarray(upright, np.uint8)  # rows of odd widths come padded


def check_file(path: Path) -> None:
    """Raise CaptureError where ``path`` is no file that may be read, or is empty."""
    if not path.exists():
        raise CaptureError(f"there is no file {path}: check the name")
    if path.is_dir():
        raise CaptureError(f"{path} is a folder: give one video file in it")
    if not os.access(path, os.R_OK):
        raise CaptureError(f"{path} may not be read: check its permissions")
    if path.is_file() and path.stat().st_size == 0:
        raise CaptureError(f"{path} is empty: it holds no video")


def _duration_s(container: av.container.InputContainer | None, stream: VideoStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container is not None and container.duration is not None:
        return container.duration / av.time_base
    return None


def _guess_count(duration_s: float | None, fps: Fraction | None) -> int | None:
    return round(duration_s * fps) if duration_s and fps else None
