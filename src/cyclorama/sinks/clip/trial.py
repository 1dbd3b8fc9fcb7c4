"""How fast an encoder is here and now: tried before a recording, so that it can be said what will be missing."""

from __future__ import annotations

import logging
import time
from fractions import Fraction

import av
import numpy as np

from cyclorama.core.frames import U8, Layout
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.formats import Encoding, framer
from cyclorama.sinks.pixels import even_size

log = logging.getLogger(__name__)

SLOW = ("libvpx-vp9", "libx265", "prores_ks", "ffv1")
"""Encoders that may not hold a camera's rate at full size; the others are several times faster."""
PICTURES = 6
NOISE = 6
"""Levels, as a webcam has in a room."""
CHANNELS = {Layout.BGR: (3,), Layout.BGRA: (4,), Layout.GRAY: ()}


def slow_note(encoding: Encoding, output: OutputFormat) -> str | None:
    """What to say before a recording whose encoder cannot hold the rate; None where it can."""
    if encoding.codec not in SLOW:
        return None
    rate = pictures_a_second(encoding, output)
    if rate is None or rate >= output.fps:
        return None
    instead = {"libvpx-vp9": "record .mov"} if output.layout is Layout.BGRA else {encoding.codec: "record .mp4"}
    otherwise = f", or {instead[encoding.codec]}" if encoding.codec in instead else ""
    return (
        f"{encoding.codec} makes about {max(1, int(rate))} of {float(output.fps):.3g} pictures a second here at "
        f"{output.size_wh[0]}x{output.size_wh[1]}: the others will be missing; give a smaller --size{otherwise}"
    )


def pictures_a_second(encoding: Encoding, output: OutputFormat) -> float | None:
    """The rate at which moving, noisy pictures are encoded; None where it cannot be tried."""
    try:
        context = av.CodecContext.create(encoding.codec, "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height = even_size(output.size_wh) if encoding.subsampled else output.size_wh
        context.pix_fmt, context.options = encoding.pixel_format, encoding.options
        context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
        context.thread_count = 0
        context.bit_rate = encoding.bit_rate or 0
        return _rate(context, encoding, output)
    except (av.FFmpegError, ValueError) as error:
        log.debug("the speed of %s is not known: %s", encoding.codec, error)
        return None


def _rate(context: av.VideoCodecContext, encoding: Encoding, output: OutputFormat) -> float:
    frame_of, picture = framer(output.layout, encoding), _noise(output)
    begin_s = 0.0
    for number in range(PICTURES + 1):
        if number == 1:  # the first one opens the encoder
            begin_s = time.monotonic()
        frame = frame_of(np.roll(picture, number, axis=1))
        frame.pts, frame.time_base = number, Fraction(1, 30)
        context.encode(frame)
    return PICTURES / max(1e-6, time.monotonic() - begin_s)


def _noise(output: OutputFormat) -> U8:
    """A ramp with noise, uint8, of the output's size and layout."""
    width, height = output.size_wh
    shape = (height, width, *CHANNELS[output.layout])
    ramp = np.linspace(40, 200, width, dtype=np.float32).reshape(1, width, *(1,) * (len(shape) - 2))
    noise = np.random.default_rng(0).integers(0, NOISE, shape)
    return np.asarray(ramp + noise, np.uint8)
