"""A picture file as a background."""

from __future__ import annotations

from pathlib import Path

from cyclorama.background.fit import cover
from cyclorama.background.still import Still
from cyclorama.core.frames import U8, SizeWH
from cyclorama.pictures.decode import load_picture


def image(name: str, path: Path) -> Still:
    """A background from a picture file, which is decoded at once. Raises SettingsError."""
    picture = load_picture(path)

    def paint(size_wh: SizeWH) -> U8:
        return cover(picture, size_wh)

    return Still(name, paint)
