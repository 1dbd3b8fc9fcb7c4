"""The sound tracks of a clip, as packets in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias, cast

import av
from av.audio.stream import AudioStream
from av.packet import Packet

from cyclorama.clips.open import READ_ERRORS, open_container, read_failure
from cyclorama.clips.tags import recorded_of
from cyclorama.clips.times import start_of
from cyclorama.core.closing import Closing

SoundPacket: TypeAlias = "Packet[AudioStream]"


class SoundReader(Closing):
    """One opening of a file and of all its sound tracks that have a codec. Used by one thread.

    ``start``: the time in seconds at which the file begins, its picture included. ``recorded``: when it was made,
    as the file notes it. ``has_subtitles``: whether there are some.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``. Raises CaptureError."""
        self._path = path
        self._container = open_container(path)
        self.start = start_of(self._container)
        self.recorded = recorded_of(self._container.metadata)
        self.has_subtitles = bool(self._container.streams.subtitles)
        self.tracks = [track for track in self._container.streams.audio if track.codec_context is not None]

    def packets(self, from_s: Fraction) -> Iterator[SoundPacket]:
        """Yield the packets of all tracks, the last of each without data, from about ``from_s`` on.

        ``from_s``: of the file's own clock, in seconds. Where the file cannot be sought in, they begin earlier. Raises
        CaptureError where it cannot be read any further.
        """
        if from_s > self.start:
            with suppress(av.FFmpegError):
                self._container.seek(round(from_s * av.time_base))
        try:
            yield from cast(Iterator[SoundPacket], self._container.demux(*self.tracks))
        except READ_ERRORS as error:
            raise read_failure(self._path, error) from error

    def close(self) -> None:
        """Release the file; a second call does nothing."""
        self._container.close()
