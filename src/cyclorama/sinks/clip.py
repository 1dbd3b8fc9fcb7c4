"""Clips: composites to a video file that plays, whatever happens while it is written."""

from __future__ import annotations

import logging
import math
from collections.abc import Set
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.codec.hwaccel import HWAccel
from av.container import OutputContainer
from av.packet import Packet
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc
from av.video.stream import VideoStream

from cyclorama.errors import SettingsError, SinkError
from cyclorama.frames import Composite, Layout
from cyclorama.settings import WHOLE, EncodingSettings, Trim
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip_formats import (
    CONTAINERS,
    MAX_FPS,
    MUXER_OPTIONS,
    PLAIN,
    SILENT,
    Encoding,
    encoding_for,
    framer,
    layouts_of,
    matrix_for,
)
from cyclorama.sinks.clip_sound import Sound
from cyclorama.sinks.hardware import on_hardware
from cyclorama.sinks.part_file import PartFile, check_target
from cyclorama.sinks.picture import check_composite, even_size
from cyclorama.sinks.recorded_sound import RecordedSound
from cyclorama.sinks.timeline import FrameNumbers, Timeline
from cyclorama.sound import SoundSource

log = logging.getLogger(__name__)

KEYFRAME_S = 4


class ClipSink:
    """A clip; the container follows the extension: .mp4, .mov, .mkv (H.264), .webm (VP9), .gif or .webp (animated).

    A matte (GRAY) is lossless in .mkv and .gif, transparency (BGRA) goes into .mov (ProRes 4444), .mkv (lossless),
    .webm, .webp and, as on or off, .gif. 4:2:0 pictures have even sides: an odd one grows by one, its last row or
    column repeated. Matroska, WebM and WebP count time in milliseconds, GIF in hundredths of a second, MP4 and MOV keep
    the composites' own time base. A .webp is held in memory and written by ``close``; it and .gif have no sound.

    The clip grows as ``NAME.part.EXT`` and gets its name from ``close``. Cut short (the process killed, the disk full)
    it plays up to its last second; after a failed ``write``, ``close`` keeps what there is under the clip's name.

    A recording (``timeline``) keeps what was captured while the timeline ran, each picture at the time of its capture.
    """

    def __init__(
        self,
        path: Path,
        *,
        overwrite: bool = False,
        audio_from: Path | None = None,
        trim: Trim = WHOLE,
        encoding: EncodingSettings = PLAIN,
        timeline: Timeline | None = None,
        microphone: SoundSource | None = None,
    ) -> None:
        """Prepare to write ``path``, with all sound of the clip ``audio_from``, in step with the composites' own times.

        ``trim``: the part of that clip that the composites show, at times less what was cut off before it.
        ``encoding``: the codec, its quality, and whether a hardware encoder may do it where one works.
        ``timeline``: make it a recording, with the sound of ``microphone``.
        Raises SettingsError for an extension that is no clip's.
        """
        if path.suffix.lower() not in CONTAINERS:
            raise SettingsError(f"{path} is no clip: give it one of the extensions {', '.join(CONTAINERS)}")
        self._path = path
        self._overwrite = overwrite
        silent = CONTAINERS[path.suffix.lower()] in SILENT
        self._audio_from = None if silent else audio_from
        self._trim = trim
        self._settings = encoding
        self._encoder = ""
        self._timeline = timeline
        self._microphone = None if silent else microphone
        self._part: PartFile | None = None
        self._writer: _Writer | None = None

    @property
    def name(self) -> str:
        """The file."""
        return str(self._path)

    @property
    def wants_each(self) -> bool:
        """Whether it is to be given each composite once, when it is made, and not one on every beat."""
        return self._timeline is not None

    @property
    def encoder(self) -> str:
        """What encodes, as ``libx264 (software)``, once it was opened."""
        return self._encoder

    @property
    def max_fps(self) -> Fraction | None:
        """The highest rate that players show as it is."""
        return MAX_FPS.get(self._path.suffix.lower())

    @property
    def layouts(self) -> Set[Layout]:
        """What the container can carry."""
        return layouts_of(self._path.suffix)

    def check(self) -> None:
        """Raise the SinkError that ``open`` would, for a file that cannot be created, without creating it."""
        check_target(self._path, overwrite=self._overwrite)

    def open(self, output: OutputFormat) -> None:
        """Create the file. Raises SinkError, and SettingsError for a layout that the container cannot carry."""
        encoding = encoding_for(self._path, output.layout, self._settings)
        if self._settings.hardware:
            encoding = on_hardware(encoding, output.size_wh) or encoding
        part = PartFile(self._path, overwrite=self._overwrite)
        container = CONTAINERS[self._path.suffix.lower()]
        try:
            if self._timeline is None:
                self._writer = _Writer(part, container, encoding, output, self._audio_from, self._trim)
            else:
                self._writer = _Recorder(part, container, encoding, output, self._timeline, self._microphone)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            part.discard()
            raise SinkError(f"cannot start the clip {self._path}: {error}; try another extension or size") from error
        self._part = part
        self._encoder = f"{encoding.codec} ({'hardware' if encoding.hardware else 'software'})"

    def write(self, composite: Composite) -> None:
        """Encode one composite. Raises SinkError."""
        if self._part is None or self._writer is None:
            raise SinkError(f"{self._path} is not open: call open() before write()")
        check_composite(composite, self._writer.output, self.name)
        try:
            self._writer.write(composite)
        except (av.error.FFmpegError, OSError) as error:
            # The traceback would keep the encoder and its threads alive for as long as somebody holds the error.
            raise self._failure(self._part, error) from error.with_traceback(None)

    def close(self) -> None:
        """Finish the clip and give it its name. Raises SinkError; what was written is then in the file it names."""
        part, writer = self._part, self._writer
        self._part = self._writer = None
        if part is None or writer is None:
            return
        if part.error is not None:  # write() has said so
            writer.release()
            log.warning("%s ends early, where it could not be written any more", self._path)
            part.keep()
            return
        try:
            writer.finish()
        except (av.error.FFmpegError, OSError) as error:
            part.keep()
            raise self._failure(part, error) from error.with_traceback(None)
        part.keep()

    def abort(self) -> None:
        """Give up: no file is left."""
        part = self._stopped()
        if part is not None:
            part.discard()

    def leave(self) -> Path | None:
        """Give up after a failed ``write``: what plays is left beside the target, whose name stays free.

        Returns the file; None where there is none.
        """
        part = self._stopped()
        return None if part is None else part.leave()

    def _stopped(self) -> PartFile | None:
        part, writer = self._part, self._writer
        self._part = self._writer = None
        if part is not None and writer is not None:
            part.seal(part.error or OSError("given up"))
            writer.release()
        return part

    def _failure(self, part: PartFile, error: Exception) -> SinkError:
        """What the disk said where it said something; an encoder's or a muxer's own error numbers mean other things."""
        if part.error is not None:
            return part.failure(part.error)
        advice = "give --no-hardware" if "hardware" in self._encoder else "try another extension"
        return SinkError(f"cannot encode {self._path} with {self._encoder}: {error}; {advice}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Writer:
    """An encoder and a muxer, from the first composite to the last."""

    def __init__(
        self,
        part: PartFile,
        container: str,
        encoding: Encoding,
        output: OutputFormat,
        audio_from: Path | None = None,
        trim: Trim = WHOLE,
    ) -> None:
        self.output = output
        self._part = part
        self._encoding = encoding
        self._time_base = output.time_base or 1 / output.fps
        self._frame_ticks = max(1, round(1 / (output.fps * self._time_base)))
        self._min_ticks = math.ceil(encoding.min_step * (encoding.time_base or self._time_base) / self._time_base)
        self._frame_of = framer(output.layout, encoding)
        self._last_pts: int | None = None
        self._container: OutputContainer = av.open(
            part, "w", format=container, container_options=MUXER_OPTIONS[container]
        )
        self._stream = self._add_video()
        self._sound = Sound(audio_from, self._container, trim) if audio_from is not None else None
        self._shift = round(self._sound.start / self._time_base) if self._sound is not None else 0

    def write(self, composite: Composite) -> None:
        """Encode and mux one composite."""
        self._encode(composite, self._pts(composite))

    def _encode(self, composite: Composite, pts: int) -> None:
        frame = self._frame_of(composite.pixels)
        frame.pts, frame.time_base = pts, self._time_base
        self._last_pts = pts
        for packet in self._stream.encode(frame):
            self._mux(packet)

    def finish(self) -> None:
        """Write what the encoder and the sound's file still hold, and the container's index."""
        try:
            if self._last_pts is not None:
                for packet in self._stream.encode(None):
                    self._mux(packet)
                self._finish_sound()
            self._container.close()
            if self._last_pts is not None:  # a recording that was stopped before it began leaves nothing
                self._part.mark()
        finally:
            self.release()

    def _finish_sound(self) -> None:
        if self._sound is not None:
            self._sound.mux_until(None)

    def release(self) -> None:
        """Free the muxer and close the sound's file; the encoder ends with this object."""
        if self._sound is not None:
            self._sound.close()
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError) as error:
            log.debug("the muxer was closed after a failure: %s", error)

    def _add_video(self) -> VideoStream:
        encoding, output = self._encoding, self.output
        device = HWAccel(encoding.device) if encoding.device is not None else None
        stream = self._container.add_stream(encoding.codec, output.fps, encoding.options, device)
        assert isinstance(stream, VideoStream)
        size_wh = even_size(output.size_wh) if encoding.subsampled else output.size_wh
        stream.width, stream.height = size_wh
        stream.pix_fmt = encoding.pixel_format
        context = stream.codec_context
        context.time_base = encoding.time_base or self._time_base
        context.gop_size = round(KEYFRAME_S * output.fps)
        context.thread_count = 0
        if encoding.tag is not None:
            context.codec_tag = encoding.tag
        if encoding.bit_rate is not None:
            context.bit_rate = encoding.bit_rate
        if encoding.is_yuv:
            # The levels are sRGB's; its primaries are those of BT.709, and players treat the two curves alike.
            context.colorspace = matrix_for(size_wh[1])
            context.color_range = ColorRange.MPEG
            context.color_primaries = ColorPrimaries.BT709
            context.color_trc = ColorTrc.BT709
        return stream

    def _pts(self, composite: Composite) -> int:
        """Its own time where the output keeps times, else one frame after the last; never going back."""
        follows = 0 if self._last_pts is None else self._last_pts + self._frame_ticks
        pts = follows
        if self.output.time_base is not None and composite.pts is not None:
            pts = composite.pts - self._shift
            if self._last_pts is not None:
                pts = max(pts, self._last_pts + self._min_ticks)
        return pts

    def _mux(self, packet: Packet[VideoStream]) -> None:
        """One packet of picture, after the sound that belongs before it."""
        if self._sound is not None and packet.dts is not None:
            self._sound.mux_until(float(packet.dts * packet.time_base))
        self._container.mux_one(packet)
        self._part.mark()


class _Recorder(_Writer):
    """The same for pictures and sound as they are captured: both lie where the timeline says."""

    def __init__(
        self,
        part: PartFile,
        container: str,
        encoding: Encoding,
        output: OutputFormat,
        timeline: Timeline,
        microphone: SoundSource | None,
    ) -> None:
        super().__init__(part, container, encoding, replace(output, time_base=1 / output.fps))
        self._numbers = FrameNumbers(timeline, output.fps)
        self._recorded = RecordedSound(microphone, timeline, self._container) if microphone is not None else None

    def write(self, composite: Composite) -> None:
        """Encode and mux one composite, unless it is not recorded, and the sound that was heard meanwhile."""
        number = self._numbers.number(composite.captured_ns)
        if self._recorded is not None:
            if self._numbers.begin_ns is None:
                self._recorded.listen()
            else:
                self._recorded.mux(self._numbers.begin_ns, self._end_s)
        if number is not None:
            self._encode(composite, number)

    @property
    def _end_s(self) -> float:
        return 0.0 if self._last_pts is None else float((self._last_pts + 1) * self._time_base)

    def _finish_sound(self) -> None:
        if self._recorded is not None and self._numbers.begin_ns is not None:
            self._recorded.finish(self._numbers.begin_ns, self._end_s)
