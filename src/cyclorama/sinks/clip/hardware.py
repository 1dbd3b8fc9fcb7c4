"""Hardware encoders: the equivalents of the software ones, and whether one works here."""

from __future__ import annotations

import logging
from fractions import Fraction
from functools import cache

import av
from av.codec.hwaccel import HWAccel

from cyclorama.core.frames import SizeWH
from cyclorama.sinks.clip.formats import Encoding
from cyclorama.sinks.pixels import even_size

log = logging.getLogger(__name__)

KINDS = ("nvenc", "videotoolbox", "qsv", "amf", "vaapi")
"""NVIDIA, Apple, Intel, AMD on Windows, and Mesa's on Linux, in the order in which they are tried."""
FAMILIES = {"libx264": "h264", "libx265": "hevc"}


def on_hardware(encoding: Encoding, size_wh: SizeWH) -> Encoding | None:
    """The first hardware encoder that works at this size in the place of ``encoding``; None where there is none."""
    family = FAMILIES.get(encoding.codec)
    if family is None:
        return None
    for kind in KINDS:
        if works(f"{family}_{kind}", even_size(size_wh)):
            return alternative(encoding, family, kind)
    return None


def alternative(encoding: Encoding, family: str, kind: str) -> Encoding:
    """``encoding`` by a hardware encoder of ``kind``, at about the same quality."""
    return Encoding(
        f"{family}_{kind}",
        _pixel_format(kind),
        _quality(kind, int(encoding.options["crf"])),
        bit_rate=0 if kind == "nvenc" else None,
        tag=encoding.tag,
        hardware=True,
        device="vaapi" if kind == "vaapi" else None,
    )


@cache
def works(name: str, size_wh: SizeWH) -> bool:
    """Whether the encoder ``name`` takes a frame: the library may know it, without the chip or the driver for it."""
    kind = name.partition("_")[2]
    try:
        context = av.CodecContext.create(name, "w", hwaccel=HWAccel("vaapi") if kind == "vaapi" else None)
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height = size_wh
        context.pix_fmt = _pixel_format(kind)
        context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
        context.options = _quality(kind, 20)
        frame = av.VideoFrame(*size_wh, format=_pixel_format(kind))
        frame.pts, frame.time_base = 0, Fraction(1, 30)
        packets = context.encode(frame) + context.encode(None)
    except (av.error.FFmpegError, OSError, ValueError, NotImplementedError) as error:
        # ValueError: not in this build of the library; NotImplementedError: built without its kind of device
        log.debug("no encoder %s here: %s", name, error)
        return False
    return any(packet.size for packet in packets)


def _pixel_format(kind: str) -> str:
    return "nv12" if kind in ("qsv", "vaapi") else "yuv420p"


def _quality(kind: str, crf: int) -> dict[str, str]:
    """Options that match ``crf`` of libx264 and libx265 approximately; their quantiser scales are the same."""
    if kind == "nvenc":
        return {"preset": "p4", "rc": "vbr", "cq": str(crf)}
    if kind == "videotoolbox":  # 1 to 100, the higher the better, in units of FF_QP2LAMBDA
        return {"flags": "+qscale", "global_quality": str(118 * max(1, 100 - 2 * crf)), "allow_sw": "0"}
    if kind == "qsv":
        return {"global_quality": str(crf)}
    if kind == "amf":
        return {"rc": "cqp", "qp_i": str(crf), "qp_p": str(crf)}
    return {"rc_mode": "CQP", "qp": str(crf)}
