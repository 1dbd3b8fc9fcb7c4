"""Copy the sound tracks of one clip into another."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import OutputContainer

from cyclorama.clips.sound import SoundPacket, SoundReader
from cyclorama.clips.tags import track_of
from cyclorama.core.errors import CaptureError, reason
from cyclorama.settings.values import WHOLE, Trim

log = logging.getLogger(__name__)

OPUS_RATE = 48_000
STEREO = 2
INTERLEAVED_S = 1.0
"""Interleaving distance: packets of one time may lie this far apart, so this much is read beyond a trim's end."""
MATROSKAS = ("matroska", "webm")
TRANSCODE_TO = {"webm": "libopus"}
"""The codec for sound that does not play in a container as it is; AAC where it is not listed."""
_APPLE = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
_LITTLE_PCM = frozenset({"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"})
PLAYS = {
    # browsers, phones, televisions and the players of Windows and macOS; sound that can merely be muxed (PCM as "ipcm",
    # FLAC, Opus, Vorbis, AC-3, ALAC) is noise or silence in some of them
    "mp4": frozenset({"aac", "mp3"}),
    # QuickTime, and the cutting programs that .mov is made for
    "mov": _APPLE | _LITTLE_PCM | {"pcm_s16be", "pcm_s24be", "pcm_s32be", "pcm_alaw", "pcm_mulaw"},
    # mpv, VLC and Kodi; not TTA, whose decoder takes its length from the file's, which is another one then
    "matroska": _APPLE | _LITTLE_PCM | {"mp2", "flac", "opus", "vorbis", "dts", "truehd", "wavpack"},
    # what the format allows
    "webm": frozenset({"opus", "vorbis"}),
}
"""Sound that is copied, by container: what plays there, which is less than what FFmpeg can mux."""
LEAST_MP3_RATE = 16_000
"""Below, MP3 is of "MPEG 2.5", which is no standard's: MP4 does not take it."""
AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
"""Samples a second that AAC knows (ISO/IEC 14496-3, table 1.18) and players take."""


class SoundError(OSError):
    """Sound could not be encoded or muxed."""


@contextmanager
def sound_named(what: str) -> Iterator[None]:
    """Turn FFmpeg's errors in the block into SoundError, so that nobody blames the picture's encoder."""
    try:
        yield
    except av.FFmpegError as error:
        raise SoundError(f"{what}: {reason(error)}") from error


class Sound:
    """All sound tracks of a file: copied where their codec plays in the container, otherwise transcoded.

    Timestamps are shifted by ``start``, the time in seconds at which the source file begins; those of the picture have
    to be shifted alike, so that both stay in sync. For a trimmed clip they are shifted by the trim's start as well.
    """

    def __init__(self, path: Path, container: OutputContainer, trim: Trim = WHOLE) -> None:
        """Add the tracks to ``container``, and when the file was recorded; never where.

        A file that cannot be read, or is none, gives no tracks.
        """
        self._path = path
        self.start = Fraction(0)
        self._length_s = math.inf if trim.end_s is None else trim.end_s - trim.start_s
        self._container = container
        self._source: SoundReader | None = None
        self._tracks: dict[int, _Track] = {}
        self._packets: Iterator[SoundPacket] = iter(())
        self._next: SoundPacket | None = None
        if not path.is_file():
            return
        try:
            self._source = SoundReader(path)
        except CaptureError as error:
            log.warning("no sound taken: %s", error)
            return
        container.metadata.update(self._source.recorded)
        for what in self._source.left_out:
            log.warning("%s: its %s are left out", path, what)
        self.start = self._source.start
        self._begin = self.start + Fraction(trim.start_s)
        for track in self._source.tracks:
            self._tracks[track.index] = _Track(track, container, self._begin, cut=trim.start_s > 0)
        if self._tracks:
            self._packets = self._source.packets(self._begin)
            self._advance()

    def mux_until(self, time_s: float | None) -> None:
        """Write all sound before ``time_s`` on the output's clock; None = all that is left."""
        while self._next is not None:
            packet = self._next
            if time_s is not None and packet.dts is not None and self._time_s(packet) > time_s:
                return
            track = self._tracks.get(packet.stream.index)
            if track is not None and (packet.dts is None or self._time_s(packet) < self._length_s):
                self._mux(track.carry(packet))
            self._advance()
        if time_s is None:
            for track in self._tracks.values():
                self._mux(track.finish())
            self._tracks.clear()

    def close(self) -> None:
        """Release the source file."""
        self._packets, self._next = iter(()), None
        self._tracks.clear()
        if self._source is not None:
            self._source.close()
            self._source = None

    def _mux(self, packets: Iterable[SoundPacket]) -> None:
        with sound_named(f"the sound of {self._path.name}"):
            for packet in packets:
                self._container.mux_one(packet)

    def _time_s(self, packet: SoundPacket) -> float:
        return float((packet.dts or 0) * packet.time_base - self._begin)

    def _advance(self) -> None:
        try:
            self._next = next(self._packets, None)
            if self._next is not None and self._time_s(self._next) > self._length_s + INTERLEAVED_S:
                self._next = None
        except CaptureError as error:
            log.warning("the sound ends early: %s", error)
            self._next = None


def is_priming(packet: SoundPacket, container: str) -> bool:
    """Whether an encoder's ``packet`` is to be left out in a container (FFmpeg's name of the muxer): in Matroska the
    file would begin with what ends before time zero; an MP4's edit list hides it."""
    return container in MATROSKAS and _is_before_zero(packet)


def _is_before_zero(packet: SoundPacket) -> bool:
    begin = packet.pts if packet.pts is not None else (packet.dts or 0)
    return begin < 0 and begin + (packet.duration or 0) <= 0


def plays_in(container: OutputContainer, codec: str, rate: int) -> bool:
    """Whether sound of FFmpeg's ``codec`` with ``rate`` samples a second plays in a container as it is."""
    if codec == "mp3" and container.format.name == "mp4" and rate < LEAST_MP3_RATE:
        return False
    return codec in PLAYS[container.format.name] and codec in container.supported_codecs


def _aac_rate(rate: int) -> int:
    """The next rate below that AAC knows."""
    return next((known for known in AAC_RATES if known <= rate), AAC_RATES[-1])


class _Track:
    """One sound track: turns its packets into packets of the output."""

    def __init__(self, source: AudioStream, container: OutputContainer, start: Fraction, *, cut: bool) -> None:
        self._source = source
        self._start = start
        self._container = container.format.name
        self._cut = cut
        self._encoded = not plays_in(container, source.codec_context.codec.canonical_name, source.rate)
        self._damaged = 0
        self._end_s: float | None = None
        self._filter: BitStreamFilterContext | None = None
        self._output = self._added(container)
        self._output.metadata.update(track_of(source.metadata, container.format.name))
        self._output.disposition = source.disposition

    def _added(self, container: OutputContainer) -> AudioStream:
        """The track in the output."""
        source, name = self._source, container.format.name
        if not self._encoded:
            copied = container.add_stream_from_template(source)
            if source.codec_context.name == "aac" and not source.codec_context.extradata:
                # Transport streams repeat AAC's configuration in every packet (ADTS); others store it once.
                self._filter = BitStreamFilterContext("aac_adtstoasc", source)
            return copied
        codec = TRANSCODE_TO.get(name, "aac")
        rate = OPUS_RATE if codec == "libopus" else _aac_rate(source.rate)
        layout = "mono" if source.channels == 1 else "stereo"
        output = container.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(output, AudioStream)
        log.info("sound encoded as %s: %s does not play in %s everywhere", codec, source.codec_context.name, name)
        if source.channels > STEREO:
            log.warning("the sound's %d channels become two: its codec does not play in such a file", source.channels)
        return output

    @property
    def _in_matroska(self) -> bool:
        return self._container in MATROSKAS

    def carry(self, packet: SoundPacket) -> Iterator[SoundPacket]:
        """The packets to write for a packet that was read."""
        if self._encoded:
            yield from self._encode(packet)
        elif packet.dts is not None:
            shift = round(self._start / packet.time_base)
            packet.dts -= shift
            if packet.pts is not None:
                packet.pts -= shift
            if (self._in_matroska or self._cut) and _is_before_zero(packet):
                return
            if self._in_matroska:
                packet.dts = max(packet.dts, 0)
                packet.pts = None if packet.pts is None else max(packet.pts, 0)
            for ready in self._filtered(packet):
                ready.stream = self._output
                yield ready

    def finish(self) -> Iterator[SoundPacket]:
        """Flush the encoder, and say what was left out. Call it once."""
        if self._encoded:
            yield from self._unprimed(None)
        if self._damaged:
            log.warning("damaged pieces of sound that were left out: %d", self._damaged)

    def _filtered(self, packet: SoundPacket) -> list[SoundPacket]:
        if self._filter is None:
            return [packet]
        try:
            return list(self._filter.filter(packet))
        except (av.FFmpegError, ValueError):
            self._damaged += 1
            return []

    def _encode(self, packet: SoundPacket) -> Iterator[SoundPacket]:
        try:
            frames = list(self._source.codec_context.decode(packet))
        except (av.FFmpegError, ValueError):
            self._damaged += 1
            return
        for frame in frames:
            if frame.pts is not None and frame.time_base is not None:
                frame.pts -= round(self._start / frame.time_base)
                if (self._cut and frame.pts < 0) or not self._follows(frame, frame.pts, frame.time_base):
                    continue
            yield from self._unprimed(frame)

    def _unprimed(self, frame: av.AudioFrame | None) -> Iterator[SoundPacket]:
        return (packet for packet in self._output.encode(frame) if not is_priming(packet, self._container))

    def _follows(self, frame: av.AudioFrame, pts: int, time_base: Fraction) -> bool:
        """Whether a frame comes after those before it, once it is moved up to their end; not by more than half, or than
        the tick in which the file counts."""
        begin_s, length_s = float(pts * time_base), frame.samples / frame.sample_rate
        if self._end_s is not None and begin_s < self._end_s:
            if begin_s + max(length_s / 2, float(self._source.time_base or 0)) < self._end_s:
                return False
            begin_s = self._end_s
            frame.pts = round(Fraction(begin_s) / time_base)
        self._end_s = begin_s + length_s
        return True
