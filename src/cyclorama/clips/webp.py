"""Animated WebP, which FFmpeg cannot read: its times by its chunks, its pictures by Pillow.

WebP Container Specification (RFC 9649), section 2.7.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from PIL import Image
from typing_extensions import override

from cyclorama.clips.base import DecodedFrame, FrameReader
from cyclorama.clips.color import BgrConverter
from cyclorama.clips.webp_chunks import durations_ms
from cyclorama.core.errors import CaptureError, reason

TICK = Fraction(1, 1000)
SHORTEST_MS, INSTEAD_MS = 10, 100
"""Frames of up to this duration are shown for that long instead, as browsers do: 0 stands for "not said"."""
MAX_PIXELS = 100_000_000
ANIMATION = 0x02
"""The flag in the header chunk VP8X."""


def is_animated_webp(head: bytes) -> bool:
    """Whether a file that begins with ``head``, 21 bytes or more, is an animated WebP."""
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) > 20 and bool(head[20] & ANIMATION)


class AnimatedWebp(FrameReader):
    """One opening of an animated WebP. Its transparency is straight alpha."""

    def __init__(self, path: Path) -> None:
        """Open ``path``. Raises CaptureError."""
        self._path = path
        self.name = str(path)
        self.packets = self.damaged = 0
        try:
            with path.open("rb") as file:
                self._lengths_ms = [_shown_ms(length_ms) for _, length_ms in durations_ms(file)]
            # the decoder takes the whole file at once
            self._image = _opened(path)
        except Exception as error:  # a decoder that reads nonsense raises anything
            raise CaptureError(f"{path} is not a video that can be read ({_brief(error)})") from error
        if self._image.width * self._image.height > MAX_PIXELS:
            self.close()
            raise CaptureError(f"{path} is too large ({self._image.width}x{self._image.height} pixels): scale it down")

    @property
    @override
    def codec(self) -> str:
        """Always webp."""
        return "webp"

    @property
    @override
    def fps(self) -> Fraction | None:
        """The average."""
        total_ms = sum(self._lengths_ms)
        return Fraction(1000 * len(self._lengths_ms), total_ms) if total_ms else None

    @property
    @override
    def duration_s(self) -> float | None:
        """The sum of all durations."""
        return sum(self._lengths_ms) / 1000

    @property
    @override
    def end(self) -> Fraction | None:
        """The sum of all durations."""
        return sum(self._lengths_ms) * TICK

    @property
    @override
    def is_exact(self) -> bool:
        """Always."""
        return True

    @property
    @override
    def frame_count(self) -> int:
        """By the chunks of the file."""
        return len(self._lengths_ms)

    @property
    @override
    def is_still(self) -> bool:
        """Never."""
        return False

    @override
    def converter(self, *, bicubic: bool = False) -> BgrConverter:
        """The pixels are square."""
        return BgrConverter(self._path, bicubic=bicubic)

    @override
    def rewind(self) -> None:
        """The decoder goes back by itself."""
        self.packets = self.damaged = 0

    @override
    def frames(self, *, skip_damaged: bool = True, stop: threading.Event | None = None) -> Iterator[DecodedFrame]:
        """Yield all frames; the first that cannot be decoded is an error, since all others build upon it."""
        starts = pairwise(accumulate(self._lengths_ms, initial=0))
        for index, (start_ms, end_ms) in enumerate(starts):
            if stop is not None and stop.is_set():
                return
            frame = self._decoded(index)
            frame.pts, frame.time_base, frame.duration = start_ms, TICK, end_ms - start_ms
            self.packets += 1
            yield frame

    @override
    def frames_from(self, time_s: float, *, skip_damaged: bool = True) -> Iterator[DecodedFrame]:
        """Yield all frames: each builds upon the one before."""
        yield from self.frames(skip_damaged=skip_damaged)

    @override
    def close(self) -> None:
        """Release the file; a second call does nothing."""
        self._image.close()

    def _decoded(self, index: int) -> DecodedFrame:
        try:
            self._image.seek(index)
            pixels = np.asarray(self._image, np.uint8)
        except Exception as error:
            raise CaptureError(f"{self._path} cannot be read any further: {_brief(error)}") from error
        return av.VideoFrame.from_ndarray(pixels, format="rgba")


def _opened(path: Path) -> Image.Image:
    """The file as Pillow reads it, with alpha also where the header denies it: what no frame covers is transparent."""
    image: Any = Image.open(path, formats=["WEBP"])
    image.rawmode = image._mode = "RGBA"
    return cast(Image.Image, image)


def _shown_ms(length_ms: int) -> int:
    return length_ms if length_ms > SHORTEST_MS else INSTEAD_MS


def _brief(error: Exception) -> str:
    return reason(error) if isinstance(error, OSError) else " ".join(str(error).split())
