"""Which stream of a container is the picture, and what its header says about it."""

from __future__ import annotations

from fractions import Fraction

from av.container import InputContainer
from av.stream import Disposition
from av.video.reformatter import ColorTrc
from av.video.stream import VideoStream

from cyclorama.core.errors import CaptureError

STILL_FORMATS = ("image2", "_pipe")
"""Parts of the names of FFmpeg's demuxers for still pictures."""
HDR_TRANSFERS = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
"""PQ and HLG."""


def best_video(container: InputContainer, name: str) -> VideoStream:
    """The stream to show: the first that is no cover picture. ``name`` is for the message. Raises CaptureError."""
    videos = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not videos:
        raise CaptureError(f"{name} holds no video: it has sound or data only")
    for stream in videos:
        if stream.codec_context is not None:  # None: FFmpeg knows no such codec, or the header is damaged
            return stream
    raise CaptureError(f"{name} holds no picture that can be decoded: is it damaged, or of a codec that FFmpeg lacks?")


def is_still(container: InputContainer) -> bool:
    """Whether the file is a still picture, which FFmpeg reads as a video of one frame."""
    return any(part in container.format.name for part in STILL_FORMATS)


def has_alpha(stream: VideoStream) -> bool:
    """Whether the stream has transparency: in its pixel format, or in a second VP8 or VP9 layer of Matroska's."""
    pixel_format = stream.codec_context.format
    in_pixels = pixel_format is not None and any(part.is_alpha for part in pixel_format.components)
    return in_pixels or stream.metadata.get("alpha_mode") == "1"


def is_hdr(stream: VideoStream) -> bool:
    """Whether the stream's transfer function is PQ or HLG."""
    return stream.codec_context.color_trc in HDR_TRANSFERS


def pixel_aspect(stream: VideoStream) -> Fraction:
    """Width over height of one pixel; 1 where the file does not say."""
    return stream.sample_aspect_ratio or Fraction(1)


def ignored_properties(stream: VideoStream) -> list[str]:
    """What the stream has and the readers do not honour: transparency, HDR, pixels that are not square."""
    ignored = []
    if has_alpha(stream):
        ignored.append("its alpha is dropped")
    if is_hdr(stream):
        ignored.append("its HDR levels are taken for SDR")
    if pixel_aspect(stream) != 1:
        ignored.append(f"its pixels of {pixel_aspect(stream)} are taken for square ones")
    return ignored
