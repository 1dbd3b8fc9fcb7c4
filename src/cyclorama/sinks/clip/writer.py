"""Encode composites and mux them with their sound."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import cast

import av
from av.codec.context import Flags as CodecFlags
from av.codec.hwaccel import HWAccel
from av.container import OutputContainer
from av.packet import Packet
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc
from av.video.stream import VideoStream
from typing_extensions import override

from cyclorama.clips.color import assumed_matrix
from cyclorama.core.frames import Composite
from cyclorama.core.sound import SoundSource
from cyclorama.files.part_file import PartFile
from cyclorama.settings.values import WHOLE, Trim
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.animated_webp import lasting
from cyclorama.sinks.clip.copied_sound import Sound
from cyclorama.sinks.clip.formats import MUXER_OPTIONS, Encoding, framer
from cyclorama.sinks.clip.recorded_sound import RecordedSound
from cyclorama.sinks.clip.trial import slow_note
from cyclorama.sinks.pixels import even_size
from cyclorama.sinks.timeline import FramePlaces, Timeline

log = logging.getLogger(__name__)

KEYFRAME_S = 4
NO_MATRIX = 0
"""AVCOL_SPC_RGB."""
AT_ONCE = {
    "libx264": {"tune": "zerolatency", "preset": "superfast", "rc-lookahead": "2", "x264-params": "mbtree=1"},
    "libx265": {"tune": "zerolatency"},
    "libvpx-vp9": {"cpu-used": "8"},  # a quarter less time than 7, and files of the same size
}
"""Options for live pictures. Most encoders buffer a dozen pictures otherwise, which a killed process loses: on a busy
machine, seconds. H.264 files grow by a tenth; without any lookahead they would double. With so short a lookahead
the preset "veryfast" saves nothing over "superfast" and takes a third more time."""

LONGEST_S = 0.1
"""A picture that stands longer is repeated, so that encoders deliver packets and players see no long gap."""
RUNS, LAST_RUNS = 4, 5
"""But no sooner than an encoder takes for RUNS pictures as quick as the quickest of the last LAST_RUNS: one that is
late already would be later for it."""


class Writer:
    """Encodes and muxes the composites of one file. Its methods raise FFmpegError and OSError."""

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
        self._begins_at: int | None = None
        """How long the file was without anything that plays."""
        self._last_ticks = self._frame_ticks
        self._first_pts = 0
        self._container: OutputContainer = av.open(
            part, "w", format=container, container_options=MUXER_OPTIONS[container]
        )
        self._stream = self._add_video()
        self._sound = Sound(audio_from, self._container, trim) if audio_from is not None else None
        self._shift = round(self._sound.start / self._time_base) if self._sound is not None else 0

    def write(self, composite: Composite) -> None:
        """Encode and mux one composite."""
        pts = self._pts(composite)
        keeps_times = self.output.time_base is not None
        self._last_ticks = (composite.duration if keeps_times else None) or self._frame_ticks
        frame = self._frame_of(composite.pixels)
        frame.duration = self._last_ticks
        self._encode(frame, pts)

    def _encode(self, frame: av.VideoFrame, pts: int) -> None:
        frame.pts, frame.time_base = pts, self._time_base
        self._first_pts = pts if self._last_pts is None else self._first_pts
        self._last_pts = pts
        for packet in self._stream.encode(frame):
            self._mux(packet)

    def finish(self) -> None:
        """Flush the encoder and the sound, and write the container's index."""
        try:
            if self._last_pts is not None:
                packets = [self._with_its_length(packet) for packet in self._stream.encode(None)]
                if packets:
                    self._lengthen(packets[-1])
                for packet in packets:
                    self._mux(packet)
                self._finish_sound()
            self._container.close()
            if self._last_pts is not None:  # a recording that was stopped before its first picture leaves no file
                self._part.mark()
        finally:
            self.release()

    def _with_its_length(self, packet: Packet[VideoStream]) -> Packet[VideoStream]:
        """A packet that is a whole WebP, whose last picture is shown up to the clip's end; others as they are."""
        if self._encoding.codec != "libwebp_anim" or self._last_pts is None:
            return packet
        length_s = (self._last_pts + self._last_ticks - self._first_pts) * self._time_base
        whole = cast("Packet[VideoStream]", Packet(lasting(bytes(packet), round(length_s * 1000))))
        whole.stream, whole.time_base, whole.pts, whole.dts = self._stream, packet.time_base, packet.pts, packet.dts
        return whole

    def _lengthen(self, last: Packet[VideoStream]) -> None:
        """Extend the last packet to the clip's end: with reordering, later pictures were written before it.

        The MP4 muxer takes the end of its last fragment's last packet for the end of the clip, and cuts off the rest.
        """
        if self._last_pts is not None and last.pts is not None:
            end_s = (self._last_pts + self._last_ticks) * self._time_base
            last.duration = max(last.duration or 0, round(end_s / last.time_base) - last.pts)

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
        context.flags |= CodecFlags.frame_duration  # packets are as long as their pictures
        context.gop_size = round(KEYFRAME_S * output.fps)
        context.thread_count = 0
        if encoding.tag is not None:
            context.codec_tag = encoding.tag
        if encoding.bit_rate is not None:
            context.bit_rate = encoding.bit_rate
        if encoding.is_yuv:
            # The levels are sRGB, which has the primaries of BT.709; players treat the two transfer functions alike.
            context.colorspace = assumed_matrix(size_wh[1])
            context.color_range = ColorRange.MPEG
            context.color_primaries = ColorPrimaries.BT709
            context.color_trc = ColorTrc.BT709
        elif encoding.is_rgb:
            context.colorspace = NO_MATRIX
            context.color_range = ColorRange.JPEG
            context.color_primaries = ColorPrimaries.BT709
            context.color_trc = ColorTrc.IEC61966_2_1
        return stream

    def _pts(self, composite: Composite) -> int:
        """Its own time where the output keeps times, else one frame after the last; strictly increasing."""
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
        if self._begins_at is None:  # the first one writes the header, and most muxers keep the packet itself
            self._begins_at = self._part.tell()
        if self._part.tell() > self._begins_at:
            self._part.mark()


class Recorder(Writer):
    """A writer for live pictures and sound: the timeline maps their capture times to times in the file."""

    def __init__(
        self,
        part: PartFile,
        container: str,
        encoding: Encoding,
        output: OutputFormat,
        timeline: Timeline,
        microphone: SoundSource | None,
    ) -> None:
        at_once = replace(encoding, options={**encoding.options, **AT_ONCE.get(encoding.codec, {})})
        self._places = FramePlaces(timeline, output.fps)
        super().__init__(part, container, at_once, replace(output, time_base=1 / self._places.a_second))
        self._timeline = timeline
        self._runs_s: deque[float] = deque(maxlen=LAST_RUNS)
        if (note := slow_note(at_once, output)) is not None:
            log.warning("%s", note)
        self._shown: av.VideoFrame | None = None
        self._recorded = RecordedSound(microphone, timeline, self._container) if microphone is not None else None

    @override
    def write(self, composite: Composite) -> None:
        """Encode and mux one composite, unless it is not recorded, and the sound that was heard meanwhile."""
        place = self._places.place(composite.captured_ns)
        if self._recorded is not None:
            if self._places.begin_ns is None:
                self._recorded.listen()
            else:
                self._recorded.mux(self._places.begin_ns, self._end_s)
        if place is not None:
            self._repeat_until(place)
            begin_s = time.monotonic()
            self._shown = self._frame_of(composite.pixels)
            self._encode(self._shown, place)
            self._runs_s.append(time.monotonic() - begin_s)

    @override
    def finish(self) -> None:
        """Also show the last picture up to the recording's end: what came after it was not encoded in time."""
        begin_ns = self._places.begin_ns
        if begin_ns is not None and not self._timeline.running:
            length_s = (self._timeline.length_ns(0) - begin_ns) / 1e9
            self._repeat_until(math.floor(length_s * self._places.a_second))
            last = math.floor(length_s * self._places.a_second) - self._places.step
            if self._shown is not None and self._last_pts is not None and last > self._last_pts:
                self._encode(self._shown, last)
        super().finish()

    def _repeat_until(self, place: int) -> None:
        """Repeat the picture that is shown while it stands before the one at ``place``."""
        if self._shown is None or self._last_pts is None:
            return
        run_s = min(self._runs_s) if len(self._runs_s) == LAST_RUNS else 0.0
        step = max(1, round(max(LONGEST_S, RUNS * run_s) * self._places.a_second))
        for between in range(self._last_pts + step, place, step):
            self._encode(self._shown, between)

    @property
    def _end_s(self) -> float:
        return 0.0 if self._last_pts is None else float((self._last_pts + self._places.step) * self._time_base)

    @override
    def _finish_sound(self) -> None:
        if self._recorded is not None and self._places.begin_ns is not None:
            self._recorded.finish(self._places.begin_ns, self._end_s)
