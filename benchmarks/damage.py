"""Small pictures and clips of every format, and what can go wrong with a file: every kind, from a fixed seed."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.random import Generator, default_rng
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, features

from cyclorama.core.frames import U8
from cyclorama.models.bundled import bundled_path

FRAMES = 6
PILLOW_NAMES = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000", "heic": "HEIF"}
Damage = Callable[[bytes, Generator], bytes]


def portrait() -> U8:
    """The bundled person, small: there is somebody to cut out."""
    picture = cv2.imread(str(bundled_path("portrait.png")))
    return np.asarray(cv2.resize(picture, (160, 160), interpolation=cv2.INTER_AREA), np.uint8)


def photo_seeds() -> dict[str, bytes]:
    """A photo in every format, by its extension."""
    image = Image.fromarray(np.ascontiguousarray(portrait()[..., ::-1]))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    kinds: list[tuple[str, Image.Image, dict[str, Any]]] = [
        ("jpg", image, {"quality": 80, "exif": exif}),
        ("progressive.jpg", image, {"progressive": True}),
        ("cmyk.jpg", image.convert("CMYK"), {}),
        ("png", image, {"exif": exif}),
        ("palette.png", image.convert("P"), {"transparency": 3}),
        ("sixteen.png", Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257), {}),
        ("webp", image, {"quality": 80}),
        ("lossless.webp", image.convert("RGBA"), {"lossless": True}),
        ("tiff", image, {"compression": "tiff_adobe_deflate"}),
        ("lzw.tif", image, {"compression": "tiff_lzw"}),
        ("gif", image.convert("P"), {}),
        ("bmp", image, {}),
        ("jp2", image, {}),
        ("ppm", image, {}),
        ("tga", image, {"rle": True}),
    ]
    if features.check("avif"):
        kinds.append(("avif", image, {}))
    try:
        import pillow_heif
    except ImportError:
        pass
    else:
        pillow_heif.register_heif_opener()
        kinds.append(("heic", image, {}))
    seeds = {}
    for name, picture, options in kinds:
        file, extension = io.BytesIO(), name.rpartition(".")[2]
        picture.save(file, PILLOW_NAMES.get(extension, extension), **options)
        seeds[name] = file.getvalue()
    return seeds


def sound_seeds(folder: Path) -> dict[str, bytes]:
    """Sound without a picture: a tenth of a second of a tone."""
    path = folder / "seed.wav"
    tone = (8000 * np.sin(np.arange(4800) / 10)).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(tone.tobytes())
    return {"wav": path.read_bytes()}


def network_seeds() -> dict[str, bytes]:
    """A small network for pictures (1x3x32x32 in, alpha out) and the head of one of LiteRT's."""
    weights = numpy_helper.from_array(np.full((1, 3, 1, 1), 0.3, np.float32), "weights")
    nodes = [helper.make_node("Conv", ["picture", "weights"], ["mixed"]), helper.make_node("Sigmoid", ["mixed"], ["a"])]
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 32, 32])
    alpha = helper.make_tensor_value_info("a", TensorProto.FLOAT, [1, 1, 32, 32])
    graph = helper.make_graph(nodes, "small", [picture], [alpha], [weights])
    onnx = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return {"onnx": onnx.SerializeToString(), "tflite": bundled_path("selfie_wide.tflite").read_bytes()}


def clip_seeds(folder: Path) -> dict[str, bytes]:
    """A clip of FRAMES frames in every container."""
    kinds = [
        ("mp4", "libx264", "yuv420p", True),
        ("fragmented.mp4", "libx264", "yuv420p", False),
        ("mkv", "ffv1", "bgr0", False),
        ("h264.mkv", "libx264", "yuv420p", True),
        ("webm", "libvpx-vp9", "yuva420p", False),
        ("mov", "prores_ks", "yuv422p10le", False),
        ("avi", "mjpeg", "yuvj420p", False),
        ("ts", "libx264", "yuv420p", True),
        ("gif", "gif", "bgr8", False),
    ]
    seeds = {}
    for name, codec, pixel_format, sound in kinds:
        path = folder / f"seed.{name}"
        options = {"movflags": "frag_keyframe+empty_moov"} if name.startswith("fragmented") else {}
        with av.open(str(path), "w", options=options) as container:
            stream = container.add_stream(codec, rate=Fraction(25))
            stream.width, stream.height, stream.pix_fmt = 96, 64, pixel_format
            tone = container.add_stream("aac", rate=16000) if sound else None
            for index in range(FRAMES):
                picture = np.roll(cv2.resize(portrait(), (96, 64)), index, axis=1)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
            container.mux(stream.encode(None))
            if tone is not None:
                samples = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
                samples.sample_rate = 16000
                container.mux([*tone.encode(samples), *tone.encode(None)])
        seeds[name] = path.read_bytes()
    return seeds


def flipped(data: bytes, rng: Generator) -> bytes:
    """A few bits are others."""
    out = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 30)):
        out[at] ^= 1 << int(rng.integers(8))
    return bytes(out)


def header_flipped(data: bytes, rng: Generator) -> bytes:
    """The same at the start, where sizes and types stand."""
    start = min(len(data), 256)
    return flipped(data[:start], rng) + data[start:]


def cut(data: bytes, rng: Generator) -> bytes:
    return data[: int(rng.integers(0, len(data)))]


def cut_out(data: bytes, rng: Generator) -> bytes:
    """A piece is missing in the middle."""
    start, end = sorted(int(at) for at in rng.integers(0, len(data), 2))
    return data[:start] + data[end:]


def overwritten(data: bytes, rng: Generator) -> bytes:
    """A piece is zeros, ones or noise."""
    start = int(rng.integers(0, len(data)))
    length = int(min(len(data) - start, rng.integers(1, 200)))
    filling = (bytes(length), b"\xff" * length, rng.bytes(length))[int(rng.integers(3))]
    return data[:start] + filling + data[start + length :]


def swapped(data: bytes, rng: Generator) -> bytes:
    """Two neighbouring pieces of equal length have changed places."""
    length = int(rng.integers(1, max(2, len(data) // 3)))
    start = int(rng.integers(0, max(1, len(data) - 2 * length)))
    first, second = data[start : start + length], data[start + length : start + 2 * length]
    return data[:start] + second + first + data[start + 2 * length :]


def tail_lost(data: bytes, rng: Generator) -> bytes:
    """The last few bytes are missing."""
    return data[: -int(rng.integers(1, 17))]


def repeated(data: bytes, rng: Generator) -> bytes:
    """The file stands twice, or has noise behind it."""
    return data + (data if rng.integers(2) else rng.bytes(int(rng.integers(1, 500))))


def nothing(data: bytes, rng: Generator) -> bytes:
    """No byte at all, or zeros alone."""
    return b"" if rng.integers(2) else bytes(len(data))


def lying(data: bytes, rng: Generator) -> bytes:
    """Numbers of two and four bytes near the start are extreme; a PNG's checksums are right again."""
    out = bytearray(data)
    extremes = (0, 1, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF, 30000, 65000)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(4, max(5, min(len(out) - 4, 600))))
        value = extremes[int(rng.integers(len(extremes)))]
        layout = (">I", "<I", ">H", "<H")[int(rng.integers(4))]
        number = struct.pack(layout, value & (0xFFFF if "H" in layout else 0xFFFFFFFF))
        out[at : at + len(number)] = number
    return with_sums(bytes(out))


def with_sums(data: bytes) -> bytes:
    """The checksums of a PNG's chunks made right: its lies are believed."""
    if not data.startswith(b"\x89PNG"):
        return data
    out, at = bytearray(data), 8
    while at + 12 <= len(out):
        (length,) = struct.unpack(">I", out[at : at + 4])
        end = at + 8 + length
        if end + 4 > len(out):
            break
        out[end : end + 4] = struct.pack(">I", zlib.crc32(out[at + 4 : end]))
        at = end + 4
    return bytes(out)


DAMAGES: tuple[Damage, ...] = (flipped, header_flipped, cut, cut_out, overwritten, lying)
MORE_DAMAGES: tuple[Damage, ...] = (*DAMAGES, swapped, tail_lost, repeated, nothing)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One of a PNG's."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bombs() -> dict[str, bytes]:
    """Small files that claim, or hold, far more pixels than memory."""

    def png(width: int, height: int, rows: bytes, depth: int = 8) -> bytes:
        header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
        packed = chunk(b"IDAT", zlib.compress(rows, 9))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + packed + chunk(b"IEND", b"")

    bmp = struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0)
    tiny = io.BytesIO()
    Image.new("1", (7000, 7000)).save(tiny, "TIFF", compression="group4")
    text = zlib.compress(bytes(80_000_000), 9)
    return {
        "claims.png": png(50_000, 50_000, b"\0" * 100),
        "holds.png": png(40_000, 20_000, bytes(5001 * 20_000), depth=1),
        "text.png": png(8, 8, bytes(72))[:33] + chunk(b"zTXt", b"k\0\0" + text) + png(8, 8, bytes(72))[33:],
        "largest.png": png(0x7FFFFFFF, 0x7FFFFFFF, b""),
        "claims.gif": b"GIF89a"
        + struct.pack("<HHBBB", 65535, 65535, 0xF0, 0, 0)
        + bytes(6)
        + b","
        + bytes(9)
        + b"\2\0;",
        "claims.bmp": b"BM" + struct.pack("<IHHI", 60, 0, 0, 54) + bmp,
        "fax.tif": tiny.getvalue(),
        "empty.jpg": b"",
        "words.jpg": b"This is no picture.\n" * 40,
        "noise.webp": default_rng(9).bytes(5000),
    }


def damaged(seeds: dict[str, bytes], count: int, seed: int) -> dict[str, bytes]:
    """``count`` damaged files by their names, of all formats and kinds of damage in turn."""
    names, rng = list(seeds), default_rng(seed)
    files = {}
    for number in range(count):
        name = names[number % len(names)]
        kind = DAMAGES[number // len(names) % len(DAMAGES)]
        files[f"{number:05}-{kind.__name__}.{name}"] = kind(seeds[name], rng)
    return files
