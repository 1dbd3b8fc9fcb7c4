"""Decoded frames to upright BGR of eight bits and square pixels, by the matrix, range and transfer of their making."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import cv2
import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from cyclorama.clips.geometry import SQUARE, orientation_of, square_size, upright_size
from cyclorama.clips.open import READ_ERRORS, Place, cause_of, read_failure
from cyclorama.clips.tone_mapping import PLANAR, ToneMapper, is_hdr, peak_of
from cyclorama.core.frames import U8, SizeWH

HD_LINES = 720
UNSPECIFIED = 2
"""AVCOL_SPC_UNSPECIFIED."""
MATRICES = 1, 4, 5, 6, 7, 9
"""Those of AVColorSpace that swscale knows: BT.709, FCC, BT.470 B/G, SMPTE 170M and 240M, BT.2020."""
CONSTANT_LUMINANCE = 10
"""AVCOL_SPC_BT2020_CL: nearly the last one."""
NO_MATRICES = 0, UNSPECIFIED, 3
"""Those that stand for none: RGB, not said, reserved."""
FULL_RANGE = 2
"""AVCOL_RANGE_JPEG."""
OPAQUE = 255


def assumed_matrix(lines: int) -> Colorspace:
    """The matrix of a picture that names none, as players assume it: BT.709 from 720 lines on, BT.601 below."""
    return Colorspace.ITU709 if lines >= HD_LINES else Colorspace.ITU601


def matrix_of(frame: VideoFrame) -> int:
    """The YCbCr matrix of ``frame`` (AVColorSpace)."""
    if frame.colorspace in MATRICES:
        return frame.colorspace
    wide = is_hdr(frame.color_trc) or frame.colorspace == CONSTANT_LUMINANCE
    return Colorspace.bt2020 if wide else assumed_matrix(frame.height)


def range_of(frame: VideoFrame) -> ColorRange:
    """The range of the levels of ``frame``; unspecified is limited range for YCbCr and full range for RGB."""
    return ColorRange.JPEG if frame.color_range == FULL_RANGE else ColorRange.UNSPECIFIED


@cache
def has_alpha(pixel_format: str) -> bool:
    """Whether FFmpeg's pixel format of this name has an alpha component."""
    return any(component.is_alpha for component in VideoFormat(pixel_format).components)


class BgrConverter:
    """Converts the frames of one clip to SDR. Keeps swscale's context from frame to frame; used by one thread.

    ``aspect``: width over height of a stored pixel. The methods that convert raise CaptureError for a frame that cannot
    be: a damaged header may name colours or a size that do not exist.
    """

    def __init__(self, place: Place, aspect: Fraction = SQUARE, *, bicubic: bool = False) -> None:
        """``place``: where the frames come from, for messages. ``bicubic``: scale by bicubic interpolation; otherwise
        bilinear, which is enough to enlarge the chroma."""
        self._place = place
        self.aspect = aspect
        self._interpolation = Interpolation.BICUBIC if bicubic else Interpolation.BILINEAR
        self._reformatter = VideoReformatter()
        self._tone: tuple[tuple[SizeWH, int, float], ToneMapper] | None = None
        self._to_planar, self._from_planar = VideoReformatter(), VideoReformatter()

    def upright_size(self, frame: VideoFrame) -> SizeWH:
        """The size that :meth:`upright` gives the frame."""
        return upright_size(frame, self.aspect)

    def upright(self, frame: VideoFrame) -> U8:
        """BGR uint8 (H, W, 3) of the upright picture with square pixels, transparent parts over white; contiguous."""
        return self.upright_with_alpha(frame)[0]

    def upright_with_alpha(self, frame: VideoFrame) -> tuple[U8, U8 | None]:
        """The same with the frame's alpha, uint8 (H, W); None: it is opaque."""
        return self._upright(frame, square_size((frame.width, frame.height), self.aspect))

    def covering(self, frame: VideoFrame, size_wh: SizeWH) -> U8:
        """The upright picture scaled until it covers ``size_wh``: BGR uint8 (H, W, 3), no side smaller than that."""
        place = orientation_of(frame)
        width, height = square_size((frame.width, frame.height), self.aspect)
        wanted_w, wanted_h = place.size(size_wh)
        scale = max(wanted_w / width, wanted_h / height)
        scaled_wh = max(wanted_w, round(width * scale)), max(wanted_h, round(height * scale))
        return self._upright(frame, scaled_wh)[0]

    def _upright(self, frame: VideoFrame, size_wh: SizeWH) -> tuple[U8, U8 | None]:
        """The frame scaled to ``size_wh`` as it is stored, then turned."""
        place, with_alpha = orientation_of(frame), has_alpha(frame.format.name)
        try:
            stored = self._stored(frame, size_wh, "bgra" if with_alpha else "bgr24")
        except READ_ERRORS as error:
            raise read_failure(self._place, error) from cause_of(self._place, error)
        if not with_alpha:
            return place.upright(stored), None
        bgra = place.upright(stored)
        alpha8 = np.ascontiguousarray(bgra[..., 3])
        bgr = np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2BGR), np.uint8)
        return (bgr, None) if alpha8.min() == OPAQUE else (_over_white(bgr, alpha8), alpha8)

    def _stored(self, frame: VideoFrame, size_wh: SizeWH, pixel_format: str) -> U8:
        if is_hdr(frame.color_trc):
            return self._mapped(frame, size_wh, pixel_format)
        return (
            self._reformatted(self._reformatter, frame, size_wh, pixel_format).to_ndarray().astype(np.uint8, copy=False)
        )

    def _mapped(self, frame: VideoFrame, size_wh: SizeWH, pixel_format: str) -> U8:
        """HDR levels as SDR; of a frame with alpha the colours go this way, and the alpha the usual one."""
        key = size_wh, int(frame.color_trc), peak_of(frame)
        if self._tone is None or self._tone[0] != key:
            self._tone = key, ToneMapper(*key)
        mapped = self._tone[1].map(self._reformatted(self._to_planar, frame, size_wh, PLANAR))
        bgr = self._from_planar.reformat(mapped, format="bgr24").to_ndarray().astype(np.uint8, copy=False)
        if pixel_format == "bgr24":
            return bgr
        bgra = self._reformatted(self._reformatter, frame, size_wh, pixel_format).to_ndarray().astype(np.uint8)
        bgra[..., :3] = bgr
        return bgra

    def _reformatted(
        self, reformatter: VideoReformatter, frame: VideoFrame, size_wh: SizeWH, pixel_format: str
    ) -> VideoFrame:
        return reformatter.reformat(
            frame,
            *size_wh,
            format=pixel_format,
            src_colorspace=matrix_of(frame),
            src_color_range=range_of(frame),
            interpolation=self._interpolation,
        )


def _over_white(bgr: U8, alpha8: U8) -> U8:
    """BGR uint8 (H, W, 3) with straight ``alpha8`` over white: what a network sees, as of photos."""
    lacking = cv2.multiply(cv2.bitwise_not(bgr), cv2.merge([alpha8] * 3), scale=1 / OPAQUE)
    return np.asarray(cv2.bitwise_not(lacking), np.uint8)
