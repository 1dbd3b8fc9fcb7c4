"""Decode a picture file for display: upright, opaque, eight bits; in sRGB, or in its own RGB profile."""

from __future__ import annotations

import importlib
import io
import logging
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from cyclorama.core.errors import SettingsError, reason
from cyclorama.core.frames import U8, SizeWH
from cyclorama.pictures.arrays import bgr_of
from cyclorama.pictures.icc import is_sound_rgb, to_srgb
from cyclorama.pictures.tail import mended
from cyclorama.pictures.tiff import is_raw, second_is_reduced

log = logging.getLogger(__name__)

MAX_MEGAPIXELS = 100
KEPT_SIDE = 3840
"""Pixels of the short side to which larger pictures are shrunk at once: no output is larger."""
FORMATS = (
    *("JPEG", "MPO", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "GIF"),
    *("BMP", "DIB", "JPEG2000", "PPM", "TGA", "QOI", "PSD", "ICO"),
)
"""Formats that are tried; Pillow knows more, some of which start programs (EPS) or are no pictures."""
SEVERAL = ("GIF", "WEBP", "PNG", "AVIF", "TIFF")
"""Formats whose further pictures are as good as the first one."""
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avci")
"""Major brands of HEIF, bytes 8 to 12 of the file: phones and messengers give it any extension."""
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
"""The transposition that makes a picture of each orientation upright."""
LYING = (5, 6, 7, 8)
"""The orientations that swap width and height."""
PAPER = (255, 255, 255)
"""The colour behind the transparent parts of a picture."""

# Warnings about damaged metadata, which do not concern the user, and about many pixels, where our limit is stricter.
# For the whole process, because warnings.catch_warnings() is not thread-safe.
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
def open_picture(source: Path | bytes | Image.Image, what: str, *, head_only: bool = False) -> Iterator[Image.Image]:
    """Open a picture file, or the bytes of one, to be decoded inside the block; of a picture in memory it is a copy.

    ``what``: it is called in messages. ``head_only``: nothing will be decoded, so that the end of the file is not
    looked at. Raises as :func:`load_picture` does, also for what goes wrong in the block.
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
            if is_raw(image):
                raise SettingsError(f"{what} is a camera's raw file: save it as JPEG or TIFF with the camera's program")
            with nullcontext(image) if head_only else _with_end(image, source, what) as whole:
                yield whole
    except UnidentifiedImageError as error:
        raise NotAPictureError(f"{what} is no picture that can be read: save it as JPEG or PNG") from error
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
        said = " ".join(reason(error).split())  # some write several lines
        if isinstance(error, OSError) and error.errno is not None:  # the system's, and none of the picture's
            raise SettingsError(f"{what} cannot be read: {said}; check its name and its disk") from error
        raise SettingsError(f"{what} is damaged ({said}): copy it again or choose another picture") from error


@contextmanager
def _with_end(image: Image.Image, source: Path | bytes, what: str) -> Iterator[Image.Image]:
    """``image``, or the same with an end where its file lacks its last bytes, which is told."""
    data = mended(source)
    if data is None:
        yield image
        return
    log.warning("%s lacks its last bytes: a few pixels at its lower edge may be wrong; copy it again if you can", what)
    with Image.open(io.BytesIO(data), formats=[image.format or ""]) as whole:
        yield whole


def further_pictures(image: Image.Image) -> int:
    """How many pictures an opened file holds after its first one: of an animation, or a TIFF's pages. Copies for
    other screens and eyes, as in a phone's JPEG, are none."""
    if image.format not in SEVERAL:
        return 0
    count = getattr(image, "n_frames", 1) - 1
    return 0 if count and image.format == "TIFF" and second_is_reduced(image) else count


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
    kept = profile if keep_profile and picture.mode == "RGB" and profile and is_sound_rgb(profile) else None
    picture = picture if kept else to_srgb(picture, profile)
    if paper is not None:
        paper.paste(picture, mask=mask)
        picture = paper
    return bgr_of(picture), kept


def alpha_of(image: Image.Image) -> U8 | None:
    """The alpha of a picture that :func:`decoded` has decoded at full size, uint8 (H, W); None: opaque."""
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return None
    alpha8 = np.asarray((image if "A" in image.getbands() else image.convert("RGBA")).getchannel("A"))
    return None if alpha8.min(initial=255) == 255 else alpha8


def stored_pixels(data: bytes) -> U8:
    """The pixels of a picture file's bytes as they are stored: BGR, BGRA or grey, uint8 (H, W, 3), (H, W, 4) or (H, W).

    For what we encoded ourselves: orientation and profile are not looked at, and damage is not told.
    """
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)


def _check_file(path: Path, what: str) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError
    if not stat.S_ISREG(status.st_mode):  # reading a pipe would block
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


def upright_wh(image: Image.Image) -> SizeWH:
    """Width and height of an opened picture once it is upright; its pixels are not decoded."""
    width, height = image.size
    return (height, width) if _orientation(image) in LYING else (width, height)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # damaged metadata: the picture is shown as it lies
        return 1


def _upright(image: Image.Image) -> Image.Image:
    """Apply the Exif orientation. Pillow's own function rewrites the Exif too, and fails where that is damaged."""
    method = UPRIGHT.get(_orientation(image))
    if method is None:
        return image
    image.im = image.im.transpose(method)  # the core is replaced, so that only one of both stays in memory
    image._size = image.im.size
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale grey of 16 or 32 bits to eight bits; Pillow would clip it at 255."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image).astype(np.float32)
    white = 65535.0 if image.mode.startswith("I") else max(1.0, float(np.nanmax(values)))
    return Image.fromarray(np.nan_to_num(np.clip(values / white, 0, 1) * 255 + 0.5).astype(np.uint8))
