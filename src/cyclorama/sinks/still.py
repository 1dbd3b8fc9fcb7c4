"""One picture to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
from PIL import Image

from cyclorama.errors import SinkError
from cyclorama.frames import U8
from cyclorama.sinks.part_file import ADVICE

FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"compress_level": 4},  # half the time of the usual 6, for files a twentieth larger
    ".webp": {"quality": 92, "exact": True},  # exact: the colours under full transparency stay
    ".tif": {"compression": "tiff_adobe_deflate"},
    ".tiff": {"compression": "tiff_adobe_deflate"},
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
}
"""How each extension is written."""
SUFFIXES = tuple(FORMATS)
OPAQUE = (".jpg", ".jpeg")
"""Extensions of formats that know no transparency."""
RGB = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}


def save_picture(path: Path, pixels: U8, *, overwrite: bool) -> None:
    """Write BGR (H, W, 3), straight BGRA (H, W, 4) or grey (H, W) uint8 ``pixels``, whole or not at all.

    The format follows the extension. Raises SinkError: the file exists and may not be replaced, or it cannot be
    written.
    """
    if path.exists() and not overwrite:
        raise SinkError(f"{path} exists: give --overwrite to replace it, or another name")
    aside = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        image = Image.fromarray(pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, RGB[pixels.shape[2]]))
        image.save(aside, **FORMATS.get(path.suffix.lower(), {}))
        aside.replace(path)
    except (OSError, ValueError) as error:  # ValueError: an extension or size that no format has
        aside.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or error
        advice = ADVICE.get(getattr(error, "errno", None) or 0, "choose another place")
        raise SinkError(f"cannot write {path}: {reason}; {advice}") from error
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
