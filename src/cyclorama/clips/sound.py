"""The sound tracks of a clip, as packets in the order of the file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias, cast

import av
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from cyclorama.clips.channels import decode_with_usual_layout
from cyclorama.clips.continuity import PictureClock, SoundClock
from cyclorama.clips.open import READ_ERRORS, open_container, read_failure
from cyclorama.clips.streams import best_video
from cyclorama.clips.tags import recorded_of
from cyclorama.clips.times import may_restart, start_of
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CaptureError

log = logging.getLogger(__name__)

SoundPacket: TypeAlias = "Packet[AudioStream]"


class SoundReader(Closing):
    """One opening of a file and of all its sound tracks that can be read. Used by one thread.

    ``start``: the time in seconds at which the file begins, its picture included. ``recorded``: when it was made,
    as the file notes it. ``left_out``: what is there beside picture and sound.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``. Raises CaptureError."""
        self._path = path
        self._container = open_container(path)
        self.start = start_of(self._container)
        self.recorded = recorded_of(self._container.metadata)
        beside = {"subtitles": self._container.streams.subtitles, "chapters": self._container.chapters()}
        self.left_out = [what for what, there in beside.items() if there]
        self.tracks = [track for track in self._container.streams.audio if self._is_sound(track)]

    def _is_sound(self, track: AudioStream) -> bool:
        """Whether a track can be decoded: a damaged file may have one of no codec, rate or channels."""
        if track.codec_context is not None and track.codec_context.sample_rate:
            decode_with_usual_layout(track)
            if track.channels:
                return True
        log.warning("%s: sound track %d cannot be read and is left out", self._path, track.index)
        return False

    def packets(self, from_s: Fraction) -> Iterator[SoundPacket]:
        """Yield the packets of all tracks, the last of each without data, from about ``from_s`` on.

        ``from_s``: of the file's own clock, in seconds. Where the file cannot be sought in, they begin earlier. Raises
        CaptureError where it cannot be read any further.
        """
        if from_s > self.start and not may_restart(self._container):
            with suppress(av.FFmpegError):
                self._container.seek(round(from_s * av.time_base))
        try:
            yield from cast(Iterator[SoundPacket], self._mended())
        except READ_ERRORS as error:
            raise read_failure(self._path, error) from error

    def _mended(self) -> Iterator[Packet[Any]]:
        """All packets of sound, on the clock of the picture; the last of each track without data."""
        restarts, picture = may_restart(self._container), self._picture()
        leader = PictureClock(may_restart=restarts)
        clock = SoundClock(leader, may_restart=restarts, has_picture=picture is not None)
        ends = []
        for packet in self._container.demux(*self.tracks, *([] if picture is None else [picture])):
            # not `stream_index`, which is 0 in the packets without data
            if picture is not None and packet.stream.index == picture.index:
                leader.mend(packet)
                yield from clock.settle()
            elif packet.size or packet.dts is not None:
                yield from clock.mend(packet)
            else:
                ends.append(packet)
        yield from clock.settle(at_end=True)
        yield from ends

    def _picture(self) -> VideoStream | None:
        try:
            return best_video(self._container, str(self._path))
        except CaptureError:
            return None

    def close(self) -> None:
        """Release the file; a second call does nothing."""
        self._container.close()
