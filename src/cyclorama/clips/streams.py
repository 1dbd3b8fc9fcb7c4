"""Which stream of a container is the picture, and what its header says about it."""

from __future__ import annotations

import logging
from fractions import Fraction

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from cyclorama.clips.geometry import SQUARE
from cyclorama.core.errors import CaptureError

log = logging.getLogger(__name__)

STILL_FORMATS = ("image2", "_pipe")
"""Parts of the names of FFmpeg's demuxers for still pictures."""
COVER = Disposition.attached_pic
ASIDE = Disposition.still_image | Disposition.timed_thumbnails | Disposition.dependent
"""Streams that accompany a film: shown only where there is nothing else."""
ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""FFmpeg's own decoders of these leave Matroska's alpha layer out."""


def best_video(container: InputContainer, name: str) -> VideoStream:
    """The stream to show: the largest, of several such the default one, else the first; never a cover picture.

    ``name`` is for the message. Raises CaptureError.
    """
    videos = [stream for stream in container.streams.video if not stream.disposition & COVER]
    if not videos:
        raise CaptureError(_no_video(container, name))
    known = [stream for stream in videos if stream.codec_context is not None]  # FFmpeg has no codec for the others
    if not known:
        raise CaptureError(
            f"{name} holds no picture that can be decoded: is it damaged, or of a codec that FFmpeg lacks?"
        )
    return max(known, key=_rank)


def _rank(stream: VideoStream) -> tuple[bool, int, bool]:
    is_film = not stream.disposition & ASIDE
    return is_film, stream.width * stream.height, bool(stream.disposition & Disposition.default)


def _no_video(container: InputContainer, name: str) -> str:
    if not container.streams.audio:
        return f"{name} holds no video"
    cover = ", its picture is a cover" if container.streams.video else ""
    return f"{name} is sound only{cover}: give a file with video"


def holds_several(container: InputContainer) -> bool:
    """Whether the container holds more than one video, covers and thumbnails aside."""
    return sum(not stream.disposition & (COVER | ASIDE) for stream in container.streams.video) > 1


def is_still(container: InputContainer) -> bool:
    """Whether the file is a still picture, which FFmpeg reads as a video of one frame."""
    return any(part in container.format.name for part in STILL_FORMATS)


def alpha_decoder(stream: VideoStream) -> VideoCodecContext | None:
    """A decoder for the second layer in which Matroska keeps the alpha of VP8 and VP9; None where it has none."""
    name = ALPHA_DECODERS.get(stream.codec_context.name)
    if name is None or stream.metadata.get("alpha_mode") != "1":
        return None
    try:
        decoder = av.CodecContext.create(name, "r")
    except ValueError:
        log.warning("its alpha is dropped: FFmpeg was built without %s here", name)
        return None
    assert isinstance(decoder, VideoCodecContext)
    return decoder


def pixel_aspect(stream: VideoStream) -> Fraction:
    """Width over height of one stored pixel; 1 where the file does not say."""
    return stream.sample_aspect_ratio or SQUARE
