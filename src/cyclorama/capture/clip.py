"""A video file as a source: every frame in order, or played like a camera, at its own rate and looped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from typing_extensions import override

from cyclorama.capture.base import Source, SourceInfo
from cyclorama.clips.base import DecodedFrame
from cyclorama.clips.ends import Extent
from cyclorama.clips.open import check_file
from cyclorama.clips.readers import open_clip
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame, SizeWH
from cyclorama.settings.values import WHOLE, Trim

log = logging.getLogger(__name__)

USUAL_FPS = Fraction(30)
"""Of a played file that has neither times nor a rate."""


class ClipSource(Source):
    """A video file or animated GIF.

    ``live`` False: frames keep their ``pts`` and ``time_base``, also at a variable rate; in a trimmed clip the start
    is subtracted. ``live`` True: frames come at the file's own rate, start again at its end, and carry no ``pts``.
    """

    def __init__(self, path: Path, *, live: bool, clock: Clock | None = None, trim: Trim = WHOLE) -> None:
        """Open the file and decode its first frame. ``trim``: the part to read. Raises CaptureError."""
        self._path = path
        self._live = live
        self._clock = clock or SystemClock()
        self._closed = threading.Event()
        check_file(path)
        self._reader = open_clip(path)
        self._converter = self._reader.converter()
        try:
            first = self._first()
            self._begin_s = first.time or 0.0
            self._extent = Extent(str(path), self._reader.frame_count, self._reader.duration_s, trim)
            self._info = self._described(self._converter.upright_size(first))
        except CaptureError:
            self._reader.close()
            raise

    @property
    @override
    def info(self) -> SourceInfo:
        """What was opened."""
        return self._info

    @override
    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield the frames. Raises CaptureError where the file breaks off, after all that could be read."""
        return self._played(stop) if self._live else self._read(stop)

    @override
    def close(self) -> None:
        """Tell the reading thread to release the file; it does within a frame."""
        self._closed.set()

    def _first(self) -> DecodedFrame:
        if self._reader.is_still and not self._live:
            raise CaptureError(f"{self._path} is a picture, not a video: give a video file")
        first = next(self._reader.frames(), None)
        if first is None:
            raise CaptureError(f"{self._path} holds no picture that can be decoded: is it damaged, or sound only?")
        return first

    def _described(self, size_wh: SizeWH) -> SourceInfo:
        """Raises CaptureError where nothing of the file is to be read."""
        fps, length_s = self._reader.fps, self._extent.length_s()
        rate = f" at {float(fps):.4g} fps" if fps else ""
        return SourceInfo(
            self._path.name,
            size_wh,
            fps,
            self._live,
            mode=f"{self._reader.codec} {size_wh[0]}x{size_wh[1]}{rate}",
            frame_count=None if self._live else self._extent.count(length_s, fps),
            duration_s=None if self._live else length_s,
            begin_s=self._begin_s - self._extent.trim.start_s,
        )

    def _read(self, stop: threading.Event) -> Iterator[Frame]:
        """The frames of the part that is to be read, as fast as they are taken."""
        extent, start_s = self._extent, self._extent.trim.start_s
        seq, last_pts, at_s = 0, -1, 0.0
        for decoded in self._decoded(start_s):
            if stop.is_set() or self._closed.is_set():
                break
            if decoded.time is not None:
                at_s = decoded.time - self._begin_s
            if extent.is_before(at_s):
                continue
            if extent.is_behind(at_s):
                break
            last_pts = _next_pts(decoded, start_s, last_pts)
            pixels, alpha = self._converter.upright_with_alpha(decoded)
            yield Frame(pixels, seq, self._clock.now_ns(), last_pts, decoded.time_base, alpha)
            seq += 1
        else:
            extent.check_end(seq, self._reader.packets, at_s)
        self._reader.close()

    def _played(self, stop: threading.Event) -> Iterator[Frame]:
        """The frames in real time, again and again."""
        seq = 0
        start_ns = self._clock.now_ns()
        step_ns = int(1e9 / (self.info.fps or USUAL_FPS))
        while not (stop.is_set() or self._closed.is_set()):
            begin_s: float | None = None
            due_ns = start_ns
            for decoded in self._decoded():
                at_s = decoded.time if decoded.time is not None else seq * step_ns / 1e9
                begin_s = at_s if begin_s is None else begin_s
                due_ns = start_ns + int((at_s - begin_s) * 1e9)
                if self._clock.wait_until(due_ns, stop) or self._closed.is_set():
                    break
                pixels, alpha = self._converter.upright_with_alpha(decoded)
                yield Frame(pixels, seq, self._clock.now_ns(), alpha=alpha)
                seq += 1
            start_ns = max(due_ns + step_ns, self._clock.now_ns() - step_ns)
        self._reader.close()

    def _decoded(self, start_s: float = 0.0) -> Iterator[DecodedFrame]:
        """Frames from a keyframe at or before ``start_s`` on; packets that cannot be decoded are left out."""
        self._reader.rewind()
        yield from self._reader.frames_from(self._begin_s + start_s) if start_s > 0 else self._reader.frames()
        if self._reader.damaged:
            log.warning("%s: %d damaged packets were left out", self._path, self._reader.damaged)


def _next_pts(decoded: DecodedFrame, start_s: float, last_pts: int) -> int:
    """The frame's time less ``start_s``, in units of its time base, and later than ``last_pts``."""
    if decoded.pts is None or decoded.time_base is None:
        return last_pts + 1  # raw streams and damaged files have frames without a time
    return max(decoded.pts - round(start_s / decoded.time_base), last_pts + 1)
