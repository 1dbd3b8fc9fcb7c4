"""Read a picture file as the eye would see it: upright, opaque, eight bits; in sRGB, or in its own RGB profile."""

from __future__ import annotations

import importlib
import io
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8

MAX_MEGAPIXELS = 100
KEPT_SIDE = 3840
"""Pixels; a larger picture is shrunk at once until its short side is this long: no output is larger."""
FORMATS = (
    *("JPEG", "MPO", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "GIF"),
    *("BMP", "DIB", "JPEG2000", "PPM", "TGA", "QOI", "PSD", "ICO"),
)
"""What is tried; Pillow knows more, some of which start programs (EPS) or are no pictures."""
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avci")
"""What a HEIF file says of itself in its bytes 8 to 12: phones and messengers give it any extension."""
ORIENTATION = 0x0112
"""The Exif tag."""
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture of each orientation upright."""
STRIP_ROWS = 256
PAPER = (255, 255, 255)
"""What shows through the transparent parts of a picture."""

# Of damaged metadata, which is none of the user's concern, and of many pixels, for which we have a stricter limit.
# Once and for all: warnings.catch_warnings() is not for threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


class NotAPictureError(SettingsError):
    """The file is of no picture format; it may be a video."""


def load_picture(path: Path, *, what: str = "background", kept_side: int | None = KEPT_SIDE) -> U8:
    """Decode ``path`` to BGR uint8 (H, W, 3): EXIF orientation applied, ICC colours to sRGB, alpha over white.

    ``what``: it is called in messages. ``kept_side``: pixels of the short side that a larger picture is shrunk to;
    None: it stays as it is. Needs no more memory than two copies of the picture, three of one that lies on its side.
    Raises SettingsError for what cannot be read and for more than ``MAX_MEGAPIXELS``, which the header tells before
    anything is decoded; NotAPictureError where the format is unknown.
    """
    with open_picture(path, f"{what} {path}") as image:
        return decoded(image, kept_side=kept_side)[0]


@contextmanager
def open_picture(source: Path | bytes | Image.Image, what: str) -> Iterator[Image.Image]:
    """Open a picture file, or the bytes of one, to be decoded inside the block; of a picture in memory it is a copy.

    ``what``: it is called in messages. Raises as :func:`load_picture` does, also for what goes wrong in the block.
    """
    try:
        if isinstance(source, Image.Image):
            _check_size(what, source.width, source.height)
            yield source.copy()
            return
        if isinstance(source, Path):
            _check_file(source, what)
        formats = _formats(source, what)
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=formats) as image:
            _check_size(what, image.width, image.height)
            yield image
    except UnidentifiedImageError as error:
        raise NotAPictureError(f"{what} is no picture that can be read: use JPEG, PNG, WebP or TIFF") from error
    except Image.DecompressionBombError as error:
        raise _too_large(what, "far") from error
    except PermissionError as error:
        raise SettingsError(f"{what} cannot be read: no permission; change the file's rights") from error
    except SettingsError:
        raise
    except FileNotFoundError as error:
        raise SettingsError(f"{what}: there is no such file; check the path") from error
    except IsADirectoryError as error:
        raise SettingsError(f"{what} is a folder: name one picture or video in it") from error
    except MemoryError as error:
        raise SettingsError(f"{what} needs more memory than there is: save it smaller") from error
    except Exception as error:  # a decoder that reads nonsense raises anything
        reason = " ".join(str(error).split())  # some write several lines
        raise SettingsError(f"{what} is damaged ({reason}): save it again or choose another picture") from error


def decoded(image: Image.Image, *, kept_side: int | None = None, keep_profile: bool = False) -> tuple[U8, bytes | None]:
    """The pixels of an opened picture, BGR uint8 (H, W, 3), as :func:`load_picture` has them, and their ICC profile.

    The profile is None for sRGB. ``keep_profile``: where it is a sound profile of RGB colours, and the picture holds
    such colours, they stay as they are. Inside :func:`open_picture` alone.
    """
    if kept_side is not None:
        image.draft("RGB", (kept_side, kept_side))  # lets a JPEG decode at a fraction of its size
    image.load()
    profile = image.info.get("icc_profile") or None
    picture = _upright(image)
    shrink = min(picture.size) // kept_side if kept_side is not None else 1
    if shrink > 1 and not picture.mode.startswith(("I", "F", "P")):
        picture = picture.reduce(shrink)
    picture = _eight_bits(picture)
    paper = None
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper, mask = Image.new("RGB", picture.size, PAPER), picture.getchannel("A")
    if paper is not None or picture.mode == "P":
        picture = picture.convert("RGB")
    kept = profile if keep_profile and picture.mode == "RGB" and profile and _is_sound_rgb(profile) else None
    picture = picture if kept else _to_srgb(picture, profile)
    if paper is not None:
        paper.paste(picture, mask=mask)
        picture = paper
    return _bgr(picture), kept


def alpha_of(image: Image.Image) -> U8 | None:
    """How opaque a picture is that :func:`decoded` has decoded whole: uint8 (H, W), 255 = opaque; None: all of it."""
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return None
    alpha8 = np.asarray((image if "A" in image.getbands() else image.convert("RGBA")).getchannel("A"))
    return None if alpha8.min(initial=255) == 255 else alpha8


def converted_from_srgb(pixels: U8, profile: bytes) -> U8:
    """BGR uint8 (H, W, 3) sRGB ``pixels`` in the colours of ``profile``, one that :func:`decoded` gave."""
    image = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))
    target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), target, inPlace=True)
    return _bgr(image)


def _check_file(path: Path, what: str) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError
    if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
        raise SettingsError(f"{what} is no file, but a pipe or device: choose a picture file")
    if status.st_size == 0:
        raise SettingsError(f"{what} is an empty file: choose another picture")


def _formats(source: Path | bytes, what: str) -> list[str]:
    """The formats that can be read here."""
    if isinstance(source, bytes):
        head = source[:12]
    else:
        with source.open("rb") as file:
            head = file.read(12)
    if head[4:8] == b"ftyp" and head[8:] in HEIF_BRANDS:
        try:
            importlib.import_module("pillow_heif").register_heif_opener()
        except ImportError as error:
            raise SettingsError(f"{what} is HEIF: pip install 'cyclorama[heif]', or save it as JPEG") from error
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _check_size(what: str, width: int, height: int) -> None:
    megapixels = width * height / 1e6
    if megapixels > MAX_MEGAPIXELS:
        raise _too_large(what, f"{megapixels:.0f} megapixels,")


def _too_large(what: str, by: str) -> SettingsError:
    return SettingsError(f"{what} is too large ({by} over {MAX_MEGAPIXELS} megapixels): save it smaller")


def _bgr(image: Image.Image) -> U8:
    """The pixels of an RGB picture, copied in strips: as one array Pillow would make two more copies of them."""
    width, height = image.size
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP_ROWS):
        strip = image.crop((0, top, width, min(height, top + STRIP_ROWS)))
        out[top : top + STRIP_ROWS] = np.asarray(strip)[:, :, ::-1]
    return out


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned as its Exif says. What Pillow has for it also writes the Exif, and fails where that is bad."""
    try:
        method = UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # damaged metadata: the picture is shown as it lies
        return image
    if method is None:
        return image
    image.im = image.im.transpose(method)  # the core is replaced, so that only one of both stays in memory
    image._size = image.im.size
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits to eight; Pillow would clip it at 255."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image).astype(np.float32)
    white = 65535.0 if image.mode.startswith("I") else max(1.0, float(np.nanmax(values)))
    return Image.fromarray(np.nan_to_num(np.clip(values / white, 0, 1) * 255 + 0.5).astype(np.uint8))


def _is_sound_rgb(profile: bytes) -> bool:
    """Whether a program that manages colours can show RGB pixels by it."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return False
    return True


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            same = image.mode == "RGB"  # then in place: a photo of 60 megapixels has 240 MB
            managed = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB", inPlace=same
            )
            return image if managed is None else managed
        except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile, or one of another colour space
            pass
    return image if image.mode == "RGB" else image.convert("RGB")
