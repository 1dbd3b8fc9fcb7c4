"""Read a picture file as the eye would see it: upright, sRGB, opaque, eight bits."""

from __future__ import annotations

import importlib
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from cyclorama.errors import SettingsError
from cyclorama.frames import U8

MAX_MEGAPIXELS = 100
KEPT_SIDE = 3840
"""Pixels; a larger picture is shrunk at once until its short side is this long: no output is larger."""
HEIF_SUFFIXES = (".heic", ".heif", ".hif", ".avci")
STRIP_ROWS = 256
PAPER = (255, 255, 255)
"""What shows through the transparent parts of a picture."""


class NotAPictureError(SettingsError):
    """The file is of no picture format; it may be a video."""


def load_picture(path: Path, *, what: str = "background", kept_side: int | None = KEPT_SIDE) -> U8:
    """Decode ``path`` to BGR uint8 (H, W, 3): EXIF orientation applied, ICC colours to sRGB, alpha over white.

    ``what``: it is called in messages. ``kept_side``: pixels of the short side that a larger picture is shrunk to;
    None: it stays as it is. Needs no more memory than two copies of the picture, three of one that lies on its side.
    Raises SettingsError for what cannot be read and for more than ``MAX_MEGAPIXELS``, which the header tells before
    anything is decoded; NotAPictureError where the format is unknown.
    """
    what = f"{what} {path}"
    heif = path.suffix.lower() in HEIF_SUFFIXES
    if heif:
        _register_heif(what)
    try:
        if path.stat().st_size == 0:
            raise SettingsError(f"{what} is an empty file: choose another picture")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit, below, is stricter
            with Image.open(path) as image:
                _check_size(what, image.width, image.height)
                if kept_side is not None:
                    image.draft("RGB", (kept_side, kept_side))  # lets a JPEG decode at a fraction of its size
                return _bgr(_upright_srgb(image, kept_side))
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
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError) as error:  # what Pillow's decoders raise
        raise SettingsError(f"{what} is damaged ({error}): save it again or choose another picture") from error


def _check_size(what: str, width: int, height: int) -> None:
    megapixels = width * height / 1e6
    if megapixels > MAX_MEGAPIXELS:
        raise _too_large(what, f"{megapixels:.0f} megapixels,")


def _too_large(what: str, by: str) -> SettingsError:
    return SettingsError(f"{what} is too large ({by} over {MAX_MEGAPIXELS} megapixels): save it smaller")


def _register_heif(what: str) -> None:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError as error:
        raise SettingsError(f"{what} is HEIF: pip install 'cyclorama[heif]', or save it as JPEG") from error


def _bgr(image: Image.Image) -> U8:
    """The pixels of an RGB picture, copied in strips: as one array Pillow would make two more copies of them."""
    width, height = image.size
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP_ROWS):
        strip = image.crop((0, top, width, min(height, top + STRIP_ROWS)))
        out[top : top + STRIP_ROWS] = np.asarray(strip)[:, :, ::-1]
    return out


def _upright_srgb(image: Image.Image, kept_side: int | None) -> Image.Image:
    profile = image.info.get("icc_profile")
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    whole = image
    shrink = min(whole.size) // kept_side if kept_side is not None else 1
    if shrink > 1 and not whole.mode.startswith(("I", "F", "P")):
        whole = whole.reduce(shrink)
    whole = _eight_bits(whole)
    if whole.mode in ("RGBA", "LA", "PA") or "transparency" in whole.info:
        rgba = whole.convert("RGBA")
        colour, alpha = rgba.convert("RGB"), rgba.getchannel("A")
        colour = _to_srgb(colour, profile)
        paper = Image.new("RGB", colour.size, PAPER)
        paper.paste(colour, mask=alpha)
        return paper
    if whole.mode == "P":
        whole = whole.convert("RGB")
    return _to_srgb(whole, profile)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits to eight; Pillow would clip it at 255."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image).astype(np.float32)
    white = 65535.0 if image.mode.startswith("I") else max(1.0, float(np.nanmax(values)))
    return Image.fromarray(np.nan_to_num(np.clip(values / white, 0, 1) * 255 + 0.5).astype(np.uint8))


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
