"""The codec for each container and pixel layout, and the conversion of pictures to its frames."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc

from cyclorama.clips.color import assumed_matrix
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8, Layout
from cyclorama.settings.values import EncodingSettings
from cyclorama.sinks.clip.palette import Indexed
from cyclorama.sinks.pixels import pad_to_even

FRAGMENT_US = 250_000
FRAGMENT_BYTES = 1_000_000
AREA_ROUNDED = 0x20 | 0x40000
"""swscale's flags for area averaging and accurate rounding: its fast path truncates, which tints by a level."""

CONTAINERS = {
    ".mp4": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".gif": "gif",
    ".webp": "webp",
}
SILENT = ("gif", "webp")
"""Containers without sound."""

_ISO_OPTIONS = {
    # Fragments while it is written, so that a clip cut short plays; one index over all when it is closed.
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
    "gif": {"loop": "0", "flush_packets": "1"},  # 0: for ever, as every animation on a page does
    "webp": {"loop": "0"},
}
PLAIN = EncodingSettings()
LEAST_WEBP_MS = 11
MAX_FPS = {".gif": Fraction(50), ".webp": Fraction(1000 // LEAST_WEBP_MS)}
"""Players show a GIF frame with a delay below two hundredths of a second for ten hundredths, and so that of a WebP with
one of up to a hundredth."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A video codec of the library, its pixel format and its options.

    ``bit_rate`` 0 = by quality alone. ``tag``: what an ISO container calls the codec, where the muxer's choice does not
    play everywhere. ``time_base``, ``min_step``: of codecs that have their own unit of time, and the least that lies
    between two frames in it. ``hardware``: done by a chip for it. ``device``: the
    kind that frames are uploaded to, where they have to be.
    """

    codec: str
    pixel_format: str
    options: dict[str, str] = field(default_factory=dict)
    bit_rate: int | None = None
    tag: str | None = None
    time_base: Fraction | None = None
    min_step: int = 1
    hardware: bool = False
    device: str | None = None

    @property
    def subsampled(self) -> bool:
        """Colour planes of half the size, so even sides."""
        return self.pixel_format.endswith("420p") or self.pixel_format == "nv12"

    @property
    def is_yuv(self) -> bool:
        """Stored as luma and chroma of limited range, not as the levels that came in."""
        return self.pixel_format.startswith("yuv") or self.pixel_format == "nv12"

    @property
    def is_rgb(self) -> bool:
        """Stored as the levels of red, green and blue that came in."""
        return self.pixel_format in ("bgr0", "bgra", "rgb24", "argb")


_H264 = Encoding("libx264", "yuv420p", {"preset": "veryfast", "crf": "20"})
_HEVC = Encoding("libx265", "yuv420p", {"preset": "veryfast", "crf": "22", "x265-params": "log-level=error"})
_HVC1 = replace(_HEVC, tag="hvc1")  # the parameter sets in one place, as Apple's players want them
_VP9_OPTIONS = {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "lag-in-frames": "0", "crf": "24"}
_VP9 = Encoding("libvpx-vp9", "yuv420p", _VP9_OPTIONS, bit_rate=0)
_VP9_ALPHA = Encoding("libvpx-vp9", "yuva420p", {**_VP9_OPTIONS, "auto-alt-ref": "0"}, bit_rate=0)
_FFV1 = {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"}
# A fixed quantiser (2, in units of FF_QP2LAMBDA) takes a sixth of the time that the search for a bit rate takes.
_PRORES = {"profile": "4444", "alpha_bits": "8", "flags": "+qscale", "global_quality": str(2 * 118)}
_GIF = Encoding("gif", "pal8", time_base=Fraction(1, 100), min_step=2)
# The alpha is lossless; effort 2 of 6 takes half the time of the usual 4 and makes files a thirtieth larger.
_WEBP_OPTIONS = {"quality": "85", "compression_level": "2"}
_WEBP = Encoding("libwebp_anim", "bgra", _WEBP_OPTIONS, time_base=Fraction(1, 1000), min_step=LEAST_WEBP_MS)

_MP4 = {"h264": _H264, "hevc": _HVC1}
_MKV = {"h264": _H264, "hevc": _HEVC}

ENCODINGS: dict[tuple[str, Layout], dict[str, Encoding]] = {
    (".mp4", Layout.BGR): _MP4,
    (".mp4", Layout.GRAY): _MP4,
    (".mov", Layout.BGR): {**_MP4, "qtrle": Encoding("qtrle", "rgb24")},
    (".mov", Layout.GRAY): _MP4,
    (".mov", Layout.BGRA): {
        "prores": Encoding("prores_ks", "yuva444p10le", _PRORES),
        "qtrle": Encoding("qtrle", "argb"),
    },
    (".mkv", Layout.BGR): {**_MKV, "ffv1": Encoding("ffv1", "bgr0", _FFV1)},
    (".mkv", Layout.GRAY): {"ffv1": Encoding("ffv1", "gray", _FFV1)},
    (".mkv", Layout.BGRA): {"ffv1": Encoding("ffv1", "bgra", _FFV1)},
    (".webm", Layout.BGR): {"vp9": _VP9},
    (".webm", Layout.GRAY): {"vp9": _VP9},
    (".webm", Layout.BGRA): {"vp9": _VP9_ALPHA},
    (".gif", Layout.BGR): {"gif": _GIF},
    (".gif", Layout.GRAY): {"gif": _GIF},
    (".gif", Layout.BGRA): {"gif": _GIF},
    (".webp", Layout.BGR): {"webp": _WEBP},
    (".webp", Layout.GRAY): {"webp": _WEBP},
    (".webp", Layout.BGRA): {"webp": _WEBP},
}
"""By codec name; the first is the default."""


def layouts_of(suffix: str) -> Set[Layout]:
    """The layouts that files of this extension carry; none for an extension that is no clip's."""
    return frozenset(layout for known, layout in ENCODINGS if known == suffix.lower())


def encoding_for(path: Path, layout: Layout, settings: EncodingSettings = PLAIN) -> Encoding:
    """How ``layout`` is stored in ``path``, in software. Raises SettingsError where that cannot be."""
    known = ENCODINGS.get((path.suffix.lower(), layout))
    what = "transparency" if layout is Layout.BGRA else f"{layout.value} pictures"
    if known is None:
        able = ", ".join(suffix for suffix, carried in ENCODINGS if carried is layout)
        raise SettingsError(f"{path} cannot carry {what}: give the output one of the extensions {able}")
    name = next(iter(known)) if settings.codec == "auto" else settings.codec
    if name not in known:
        raise SettingsError(f"--codec {name}: {path} holds {what} as {' or '.join(known)}; choose one of these")
    encoding = known[name]
    if settings.crf is None:
        return encoding
    if "crf" not in encoding.options:
        raise SettingsError(f"--crf: {name} in {path} has no such scale; it is for h264, hevc and vp9")
    return replace(encoding, options={**encoding.options, "crf": str(settings.crf)})


def framer(layout: Layout, encoding: Encoding) -> Callable[[U8], av.VideoFrame]:
    """The converter from pictures of ``layout`` to frames of ``encoding`` with their own memory."""
    if encoding.pixel_format == "pal8":
        return Indexed(layout)
    return partial(to_video_frame, layout=layout, encoding=encoding)


def to_video_frame(pixels: U8, layout: Layout, encoding: Encoding) -> av.VideoFrame:
    """A frame of ``encoding`` with its own memory. Odd sides grow by one where colour is halved: the edge repeats."""
    name = {Layout.BGR: "bgr24", Layout.BGRA: "bgra", Layout.GRAY: "gray"}[layout]
    if encoding.pixel_format == name:
        return av.VideoFrame.from_ndarray(pixels, format=name)
    source = pad_to_even(pixels) if encoding.subsampled else pixels
    frame = av.VideoFrame.from_numpy_buffer(source, format=name)
    if not encoding.is_yuv:
        return frame.reformat(format=encoding.pixel_format)
    stored = frame.reformat(
        format=encoding.pixel_format,
        dst_colorspace=assumed_matrix(source.shape[0]),
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=AREA_ROUNDED,
    )
    # ProRes is labelled by its frames, others by their encoder
    stored.color_primaries, stored.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return stored
