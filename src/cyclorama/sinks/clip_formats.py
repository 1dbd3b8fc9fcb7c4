"""Which codec carries which layout in which container, and how a picture becomes a frame of that codec."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path

import av
from av.video.reformatter import ColorRange, Colorspace

from cyclorama.errors import SettingsError
from cyclorama.frames import U8, Layout
from cyclorama.sinks.picture import pad_to_even

FRAGMENT_US = 500_000
FRAGMENT_BYTES = 1_000_000
HD_HEIGHT = 720
AREA_ROUNDED = 0x20 | 0x40000
"""swscale's flags for area averaging and for rounding: its quick path cuts off, which darkens and tints by a level."""

CONTAINERS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}

_ISO_OPTIONS = {
    # Half-second fragments while it is written, so that a clip cut short plays; one index over all when it is closed.
    "movflags": "hybrid_fragmented+delay_moov",
    "frag_duration": str(FRAGMENT_US),
    "frag_size": str(FRAGMENT_BYTES),
    "flush_packets": "1",
}
_MATROSKA_OPTIONS = {"cluster_time_limit": str(FRAGMENT_US // 1000), "flush_packets": "1"}
MUXER_OPTIONS = {
    "mp4": _ISO_OPTIONS,
    "mov": _ISO_OPTIONS,
    "matroska": _MATROSKA_OPTIONS,
    "webm": _MATROSKA_OPTIONS,
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """A video codec of the library, its pixel format and its options. ``bit_rate`` 0 = by quality alone."""

    codec: str
    pixel_format: str
    options: dict[str, str] = field(default_factory=dict)
    bit_rate: int | None = None

    @property
    def subsampled(self) -> bool:
        """Colour planes of half the size, so even sides."""
        return self.pixel_format.endswith("420p")

    @property
    def is_yuv(self) -> bool:
        """Stored as luma and chroma of limited range, not as the levels that came in."""
        return self.pixel_format.startswith("yuv")


_H264 = Encoding("libx264", "yuv420p", {"preset": "veryfast", "crf": "20"})
_VP9_OPTIONS = {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "lag-in-frames": "0", "crf": "24"}
_VP9 = Encoding("libvpx-vp9", "yuv420p", _VP9_OPTIONS, bit_rate=0)
_FFV1 = {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"}
# A fixed quantiser (2, in units of FF_QP2LAMBDA) takes a sixth of the time that the search for a bit rate takes.
_PRORES = {"profile": "4444", "alpha_bits": "8", "flags": "+qscale", "global_quality": str(2 * 118)}

ENCODINGS: dict[tuple[str, Layout], Encoding] = {
    (".mp4", Layout.BGR): _H264,
    (".mp4", Layout.GRAY): _H264,
    (".mov", Layout.BGR): _H264,
    (".mov", Layout.GRAY): _H264,
    (".mov", Layout.BGRA): Encoding("prores_ks", "yuva444p10le", _PRORES),
    (".mkv", Layout.BGR): _H264,
    (".mkv", Layout.GRAY): Encoding("ffv1", "gray", _FFV1),
    (".mkv", Layout.BGRA): Encoding("ffv1", "bgra", _FFV1),
    (".webm", Layout.BGR): _VP9,
    (".webm", Layout.GRAY): _VP9,
    (".webm", Layout.BGRA): Encoding("libvpx-vp9", "yuva420p", {**_VP9_OPTIONS, "auto-alt-ref": "0"}, bit_rate=0),
}


def layouts_of(suffix: str) -> Set[Layout]:
    """The layouts that files of this extension carry; none for an extension that is no clip's."""
    return frozenset(layout for known, layout in ENCODINGS if known == suffix.lower())


def encoding_for(path: Path, layout: Layout) -> Encoding:
    """How ``layout`` is stored in ``path``. Raises SettingsError where its container cannot carry it."""
    encoding = ENCODINGS.get((path.suffix.lower(), layout))
    if encoding is None:
        able = ", ".join(suffix for suffix, carried in ENCODINGS if carried is layout)
        what = "transparency" if layout is Layout.BGRA else f"{layout.value} pictures"
        raise SettingsError(f"{path} cannot carry {what}: give the output one of the extensions {able}")
    return encoding


def matrix_for(height: int) -> Colorspace:
    """What players assume of a picture this high: BT.709 from 720 lines on, BT.601 below."""
    return Colorspace.ITU709 if height >= HD_HEIGHT else Colorspace.ITU601


def to_video_frame(pixels: U8, layout: Layout, encoding: Encoding) -> av.VideoFrame:
    """A frame of ``encoding`` with its own memory. Odd sides grow by one where colour is halved: the edge repeats."""
    name = {Layout.BGR: "bgr24", Layout.BGRA: "bgra", Layout.GRAY: "gray"}[layout]
    if encoding.pixel_format == name:
        return av.VideoFrame.from_ndarray(pixels, format=name)
    source = pad_to_even(pixels) if encoding.subsampled else pixels
    return av.VideoFrame.from_numpy_buffer(source, format=name).reformat(
        format=encoding.pixel_format,
        dst_colorspace=matrix_for(source.shape[0]),
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=AREA_ROUNDED,
    )
