"""A video or GIF as a background, looped at its own rate."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from typing_extensions import override

from cyclorama.background.base import Background
from cyclorama.background.fit import centre_crop
from cyclorama.clips.base import DecodedFrame
from cyclorama.clips.readers import open_clip
from cyclorama.clips.times import TimedFrame, timed
from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import U8, SizeWH

log = logging.getLogger(__name__)

MAX_STEP_S = 1.0
"""After a longer gap between two renders (a suspend, another clip) the frame is held instead of catching up."""
TOLERANCE_S = 0.002
"""A frame may be shown this much early: files round their times, Matroska to milliseconds."""
USUAL_FPS = Fraction(25)
"""Of a clip with no frame rate."""


class Video(Background):
    """A clip whose frames follow the time given to ``render`` and start again after the last.

    Frames are decoded in order, as few as possible; the decoder's own threads work ahead. Where a clip cannot be read
    to its end it loops at the last good frame; where it cannot be read again it stays on that frame.
    """

    def __init__(self, name: str, path: Path) -> None:
        """Open ``path`` and decode its first frame. Raises SettingsError."""
        self._name = name
        self._path = path
        self._position_s = self._ends_s = 0.0
        self._ahead: TimedFrame | None = None
        self._last_s: float | None = None
        self._pixels: U8 | None = None
        self._pixels_of: tuple[DecodedFrame, SizeWH] | None = None
        try:
            self._reader = open_clip(path, threads="AUTO")
            self._converter = self._reader.converter(bicubic=True)
            first = self._begin()
            see_through = first is not None and self._converter.upright_with_alpha(first.frame)[1] is not None
        except CaptureError as error:
            raise SettingsError(f"background {error}; choose a picture or another video") from error
        if first is None:
            self._reader.close()
            raise SettingsError(f"background {path} holds no picture: choose a picture or another video")
        if see_through:
            log.warning("background %s: its transparent parts are white", path)
        self._origin_s = first.frame.time or 0.0
        self._show(first)

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
            self._pixels = self._cut(self._shown, size_wh)
            self._pixels.flags.writeable = False
            self._pixels_of = wanted
        return self._pixels

    @override
    def close(self) -> None:
        """Release the file; the last picture stays."""
        self._moves = False
        self._reader.close()

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
        """Start again."""
        self._position_s -= self._ends_s
        self._restart()

    def _restart(self, from_s: float = 0.0) -> None:
        """Decode anew, from the first frame or near ``from_s``. Where that fails the last frame stays."""
        try:
            if from_s == 0:
                self._reader.rewind()
            first = self._begin(from_s)
        except CaptureError as error:
            log.warning("background %s: its last frame stays", error)
            first = None
        if first is None:
            self.close()
        else:
            self._show(first)

    def _begin(self, from_s: float = 0.0) -> TimedFrame | None:
        """Decode the next frame, or a keyframe at or before ``from_s`` seconds; None where there is none.

        Raises CaptureError.
        """
        # A damaged packet ends the clip: the render thread must not search a long damaged file for the next good one.
        if from_s > 0:
            frames = self._reader.frames_from(self._origin_s + from_s, skip_damaged=False)
        else:
            frames = self._reader.frames(skip_damaged=False)
        frame_s = 1.0 / float(self._reader.fps or USUAL_FPS)
        self._frames: Iterator[TimedFrame] = timed(frames, frame_s, self._origin_s if from_s > 0 else None)
        return next(self._frames, None)

    def _show(self, first: TimedFrame) -> None:
        """Show the first frame of those that ``_begin`` decodes."""
        self._ends_s, self._shown = first
        self._ahead = self._next()
        self._moves = self._ahead is not None

    def _next(self) -> TimedFrame | None:
        try:
            return next(self._frames, None)
        except CaptureError as error:
            log.debug("background %s", error)
            return None

    def _cut(self, frame: DecodedFrame, size_wh: SizeWH) -> U8:
        """BGR uint8 (H, W, 3): ``frame`` upright, scaled until it covers ``size_wh``, and cropped to it."""
        return centre_crop(self._converter.covering(frame, size_wh), size_wh)
