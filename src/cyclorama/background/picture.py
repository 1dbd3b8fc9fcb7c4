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
PAPER = (255, 255, 255)
"""What shows through the transparent parts of a picture."""


class NotAPictureError(SettingsError):
    """The file is of no picture format; it may be a video."""


def load_picture(path: Path) -> U8:
    """Decode ``path`` to BGR uint8 (H, W, 3): EXIF orientation applied, ICC colours to sRGB, alpha over white.

    Raises SettingsError for what cannot be read and for more than ``MAX_MEGAPIXELS``, which the header tells before
    anything is decoded; NotAPictureError where the format is unknown.
    """
    heif = path.suffix.lower() in HEIF_SUFFIXES
    if heif:
        _register_heif(path)
    try:
        if path.stat().st_size == 0:
            raise SettingsError(f"background {path} is an empty file: choose another picture")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit, below, is stricter
            with Image.open(path) as image:
                _check_size(path, image.width, image.height)
                image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # lets a JPEG decode at a fraction of its size
                return np.ascontiguousarray(np.asarray(_upright_srgb(image))[:, :, ::-1])
    except UnidentifiedImageError as error:
        raise NotAPictureError(
            f"background {path} is no picture that can be read: use JPEG, PNG, WebP or TIFF"
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, "far") from error
    except PermissionError as error:
        raise SettingsError(f"background {path} cannot be read: no permission; change the file's rights") from error
    except SettingsError:
        raise
    except FileNotFoundError as error:
        raise SettingsError(f"background {path}: there is no such file; check the path") from error
    except IsADirectoryError as error:
        raise SettingsError(f"background {path} is a folder: name one picture or video in it") from error
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError) as error:  # what Pillow's decoders raise
        raise SettingsError(
            f"background {path} is damaged ({error}): save it again or choose another picture"
        ) from error


def _check_size(path: Path, width: int, height: int) -> None:
    megapixels = width * height / 1e6
    if megapixels > MAX_MEGAPIXELS:
        raise _too_large(path, f"{megapixels:.0f} megapixels,")


def _too_large(path: Path, by: str) -> SettingsError:
    return SettingsError(
        f"background {path} is too large ({by} over {MAX_MEGAPIXELS} megapixels): save it smaller, 3840x2160 will do"
    )


def _register_heif(path: Path) -> None:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError as error:
        raise SettingsError(f"background {path} is HEIF: pip install 'cyclorama[heif]', or save it as JPEG") from error


def _upright_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    image.load()
    whole: Image.Image = ImageOps.exif_transpose(image)
    short = min(whole.size)
    if short > KEPT_SIDE and not whole.mode.startswith(("I", "F")):
        whole = whole.reduce(short // KEPT_SIDE) if whole.mode != "P" else whole
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
            managed = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if managed is not None:
                return managed
        except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile, or one of another colour space
            pass
    return image.convert("RGB")
