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
from cyclorama.clips.open import check_file, still_failure
from cyclorama.clips.readers import open_clip
from cyclorama.clips.times import ShownFrame, shown, time_base_of
from cyclorama.clips.whole import is_cut_short
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame, SizeWH
from cyclorama.settings.values import WHOLE, Trim

log = logging.getLogger(__name__)

FINE = Fraction(1, 90_000)
USUAL_FPS = Fraction(30)
"""Of a file that has neither times nor a rate."""


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
            self._begin = first.start
            self._extent = self._extent_of(trim)
            self._info = self._described(self._converter.upright_size(first.frame))
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

    def _extent_of(self, trim: Trim) -> Extent:
        reader = self._reader
        frame_s = float(1 / (reader.fps or USUAL_FPS))
        return Extent(self._path, reader.frame_count, reader.duration_s, trim, reader.is_exact, frame_s)

    def _first(self) -> ShownFrame:
        if self._reader.is_still and not self._live:
            raise still_failure(self._path)
        first = next(self._shown(self._reader.frames()), None)
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
            begin_s=float(self._begin) - self._extent.trim.start_s,
        )

    def _read(self, stop: threading.Event) -> Iterator[Frame]:
        """The frames of the part that is to be read, as fast as they are taken."""
        extent = self._extent
        seq, ticks, at_s = 0, Ticks(self._begin, extent), 0.0
        for one in self._decoded(extent.trim.start_s):
            if stop.is_set() or self._closed.is_set():
                break
            at_s = float(one.start - self._begin)
            if extent.is_before(at_s, float(one.end - self._begin)):
                continue
            if extent.is_behind(at_s):
                break
            pts, duration, time_base = ticks.of(one)
            pixels, alpha = self._converter.upright_with_alpha(one.frame)
            yield Frame(pixels, seq, self._clock.now_ns(), pts, time_base, duration, alpha)
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
            begin: Fraction | None = None
            due_ns = end_ns = start_ns
            for one in self._decoded():
                begin = one.start if begin is None else begin
                due_ns, end_ns = (start_ns + int((at - begin) * 1_000_000_000) for at in (one.start, one.end))
                if self._clock.wait_until(due_ns, stop) or self._closed.is_set():
                    break
                pixels, alpha = self._converter.upright_with_alpha(one.frame)
                yield Frame(pixels, seq, self._clock.now_ns(), alpha=alpha)
                seq += 1
            start_ns = max(end_ns, due_ns + step_ns, self._clock.now_ns() - step_ns)
        self._reader.close()

    def _shown(self, frames: Iterator[DecodedFrame]) -> Iterator[ShownFrame]:
        return shown(frames, 1 / (self._reader.fps or USUAL_FPS), self._end)

    def _end(self) -> Fraction | None:
        return None if is_cut_short(self._path) else self._reader.end

    def _decoded(self, start_s: float = 0.0) -> Iterator[ShownFrame]:
        """Frames from a keyframe at or before ``start_s`` on; packets that cannot be decoded are left out."""
        self._reader.rewind()
        from_s = float(self._begin) + start_s
        yield from self._shown(self._reader.frames_from(from_s) if start_s > 0 else self._reader.frames())
        if self._reader.damaged:
            log.warning("%s: %d damaged packets were left out", self._path, self._reader.damaged)


class Ticks:
    """Times of frames in whole units of their time base, each later than the one before; a trim's start is zero."""

    def __init__(self, begin: Fraction, extent: Extent) -> None:
        """``begin``: of the whole clip, in seconds of the file's clock."""
        self._begin, self._trim = begin, extent.trim
        self._last: int | None = None

    def of(self, one: ShownFrame) -> tuple[int, int, Fraction]:
        """Time, duration and time base of a frame; what the trim cuts off of it does not count."""
        time_base = time_base_of(one.frame) or FINE
        first, last = self._begin + Fraction(self._trim.start_s), one.end
        if self._trim.end_s is not None:
            last = min(last, self._begin + Fraction(self._trim.end_s))
        start = max(one.start, first) if self._trim.start_s else one.start
        offset = Fraction(self._trim.start_s)
        pts = round((start - offset) / time_base)
        if self._last is not None:
            pts = max(pts, self._last + 1)
        self._last = pts
        return pts, max(1, round((last - start) / time_base)), time_base
