"""What of a clip is not shown as it is stored, in the words of users; ``docs/caveats.md`` lists the same."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries

from cyclorama.clips.color import MATRICES, NO_MATRICES
from cyclorama.clips.geometry import is_plausible, orientation_of
from cyclorama.clips.tone_mapping import is_hdr

INTERLACED = "it is interlaced: its half pictures are joined, and fast motion may look softer"
HDR = "it is HDR: its colours are turned into ordinary ones (SDR), and the brightest parts lose detail"
WIDE = "its colours are of a wider range (P3 or BT.2020): they are shown as ordinary ones, somewhat paler"
RESTARTED = "its clock starts anew inside: its pieces are put one behind the other"
SEVERAL = "it holds several videos: the largest is shown"
OBLIQUE = "it is to be turned by an odd angle: the nearest right angle is taken"
RESHAPED = "its picture changes its shape inside: it is cut to the one that it begins with"
MATRIX = "its colours are stored in a way that is not known here: they are read as usual ones, and may be off"
WIDE_PRIMARIES = (ColorPrimaries.BT2020, ColorPrimaries.SMPTE432)


def losses_of(frame: VideoFrame, aspect: Fraction) -> Iterator[str]:
    """What is lost of ``frame``, whose stored pixels are ``aspect`` as wide as high."""
    if is_hdr(frame.color_trc):
        yield HDR
    elif frame.color_primaries in WIDE_PRIMARIES:
        yield WIDE
    if frame.colorspace not in (*MATRICES, *NO_MATRICES):
        yield MATRIX
    if orientation_of(frame).oblique:
        yield OBLIQUE
    if not is_plausible(aspect):
        yield f"its pixels are said to be {aspect.numerator}:{aspect.denominator}: they are taken for square ones"
