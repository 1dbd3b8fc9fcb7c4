"""One picture to a file."""

from __future__ import annotations

from pathlib import Path

import cv2
from PIL import Image

from cyclorama.errors import SinkError
from cyclorama.frames import U8


def save_picture(path: Path, pixels: U8, *, overwrite: bool) -> None:
    """Write BGR uint8 (H, W, 3) ``pixels`` to ``path``, whole or not at all; the format follows the extension.

    Raises SinkError: the file exists and may not be replaced, or it cannot be written.
    """
    if path.exists() and not overwrite:
        raise SinkError(f"{path} exists: give --overwrite to replace it, or another name")
    aside = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)).save(aside)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise SinkError(f"cannot write {path}: {error.strerror or error}; choose another place") from error
