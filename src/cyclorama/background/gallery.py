"""The backgrounds to choose from: our own, and the pictures and clips in the user's folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs

from cyclorama.background.builtin import list_builtin

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
CLIPS = (".mp4", ".mov", ".mkv", ".webm", ".gif")
EFFECTS = {"blur": "blurred room"}


@dataclass(frozen=True, slots=True)
class GalleryEntry:
    """``spec``: what the setting ``background`` takes. ``name``: for people. ``kind``: an effect, one of our own, or of
    the user's folder. ``file``: the picture or clip; None for an effect."""

    spec: str
    name: str
    kind: Literal["effect", "builtin", "folder"]
    file: Path | None = None

    @property
    def moving(self) -> bool:
        """Whether it is a clip."""
        return self.file is not None and self.file.suffix.lower() in CLIPS


def user_folder() -> Path:
    """The folder for the user's own backgrounds; it need not exist."""
    return Path(platformdirs.user_data_dir("cyclorama", appauthor=False)) / "backgrounds"


def list_gallery(folder: Path | None = None) -> list[GalleryEntry]:
    """All of them: effects, our own, those in ``folder`` (the user's), each sorted by name."""
    effects = [GalleryEntry(spec, name, "effect") for spec, name in EFFECTS.items()]
    own = [GalleryEntry(name, name.replace("-", " "), "builtin", path) for name, path in list_builtin().items()]
    return [*effects, *own, *_of_user(folder or user_folder())]


def neighbours(current: str, step: int) -> Iterator[str]:
    """All other backgrounds of the gallery, which goes round, from the one after ``current`` (``step`` 1) or before it
    (-1) on; from the first, or last, where ``current`` is not in it."""
    specs = [entry.spec for entry in list_gallery()][::step]
    kept = current if current in specs else current.partition(":")[0]  # blur:0.4 stands where blur does
    place = specs.index(kept) + 1 if kept in specs else 0
    yield from (spec for spec in [*specs[place:], *specs[:place]] if spec != kept)


def _of_user(folder: Path) -> list[GalleryEntry]:
    try:
        files = sorted(folder.iterdir(), key=lambda path: path.name.casefold())
    except OSError:  # there is none yet, or it cannot be read
        return []
    return [
        GalleryEntry(str(path), path.stem, "folder", path)
        for path in files
        if path.suffix.lower() in PICTURES + CLIPS and not path.name.startswith(".") and path.is_file()
    ]
