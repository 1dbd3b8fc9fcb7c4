"""Decoded frames to BGR, with the colour matrix and range that they were made with."""

from __future__ import annotations

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from cyclorama.clips.geometry import quarter_turns, turned
from cyclorama.core.frames import U8, SizeWH

HD_LINES = 720
UNSPECIFIED = 2
"""AVCOL_SPC_UNSPECIFIED."""
FULL_RANGE = 2
"""AVCOL_RANGE_JPEG."""


def assumed_matrix(lines: int) -> Colorspace:
    """The matrix of a picture that names none, as players assume it: BT.709 from 720 lines on, BT.601 below."""
    return Colorspace.ITU709 if lines >= HD_LINES else Colorspace.ITU601


def matrix_of(frame: VideoFrame) -> int:
    """The YCbCr matrix of ``frame`` (AVColorSpace)."""
    return assumed_matrix(frame.height) if frame.colorspace == UNSPECIFIED else frame.colorspace


def range_of(frame: VideoFrame) -> ColorRange:
    """The range of the levels of ``frame``; unspecified is limited range for YCbCr and full range for RGB."""
    return ColorRange.JPEG if frame.color_range == FULL_RANGE else ColorRange.UNSPECIFIED


class BgrConverter:
    """Converts the frames of one clip. Keeps swscale's context from frame to frame; used by one thread.

    The transfer function is left as it is: HDR levels come out as if they were SDR. Alpha is dropped: what lies under
    it shows in its full colour.
    """

    def __init__(self, *, bicubic: bool = False) -> None:
        """``bicubic``: scale by bicubic interpolation; otherwise bilinear, which is enough to enlarge the chroma."""
        self._interpolation = Interpolation.BICUBIC if bicubic else Interpolation.BILINEAR
        self._reformatter = VideoReformatter()

    def stored(self, frame: VideoFrame, size_wh: SizeWH | None = None) -> U8:
        """BGR uint8 (H, W, 3) as the frame is stored, not turned; scaled to ``size_wh`` where it is given."""
        width, height = size_wh or (frame.width, frame.height)
        bgr = self._reformatter.reformat(
            frame,
            width,
            height,
            format="bgr24",
            src_colorspace=matrix_of(frame),
            src_color_range=range_of(frame),
            interpolation=self._interpolation,
        )
        return bgr.to_ndarray().astype("uint8", copy=False)

    def upright(self, frame: VideoFrame) -> U8:
        """BGR uint8 (H, W, 3) of the upright picture, contiguous."""
        return turned(self.stored(frame), quarter_turns(frame))
