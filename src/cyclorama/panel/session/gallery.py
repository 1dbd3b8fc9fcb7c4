"""The backgrounds to choose from, by ids that are no paths; and those that the user adds."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cyclorama.background.gallery import CLIPS, PICTURES, GalleryEntry, list_gallery, user_folder
from cyclorama.background.spec import KEYWORDS
from cyclorama.clips.probe import probe_clip
from cyclorama.core.errors import CaptureError, CycloramaError, SettingsError, SinkError, reason
from cyclorama.files.names import create_first, numbered
from cyclorama.panel.errors import RequestError
from cyclorama.pictures.decode import NotAPictureError, load_picture

ID_LETTERS = 16
STEM_LETTERS = 60
MOST = 200
FULL = f"there are {MOST} backgrounds in your folder: delete some first"


@dataclass(frozen=True, slots=True)
class Choice:
    """A background of the gallery. ``id``: what the setting ``background`` takes from a page."""

    id: str
    entry: GalleryEntry
    kind: Literal["effect", "builtin", "recent", "folder"]


class Gallery:
    """Safe to call from several threads. ``recent``: the backgrounds used last."""

    def __init__(self, recent: Callable[[], list[str]] = list, folder: Path | None = None) -> None:
        self._recent = recent
        self._folder = folder or user_folder()

    def choices(self) -> list[Choice]:
        """All of them: effects, our own, those used recently, and the user's."""
        entries = list_gallery(self._folder)
        known = {entry.spec for entry in entries}
        own = [Choice(_id(entry), entry, entry.kind) for entry in entries]
        return own + [Choice(_id(entry), entry, "recent") for entry in self._recent_files(known)]

    def find(self, id: str) -> Choice:
        """The background with this id. Raises RequestError."""
        found = next((choice for choice in self.choices() if choice.id == id), None)
        if found is None:
            raise RequestError(404, "there is no such background: choose another one")
        return found

    def lookup(self, name: str) -> Path | None:
        """The file of the background with the id ``name``; None for anything else."""
        return next((choice.entry.file for choice in self.choices() if choice.id == name), None)

    def id_of(self, spec: str) -> str:
        """The id of the background ``spec``, or ``spec`` where it is no file."""
        path = Path(spec)
        is_file = spec.partition(":")[0] not in KEYWORDS and (path.is_absolute() or bool(path.suffix))
        return _file_id(path) if is_file else spec

    def add(self, uploaded: Path, label: str) -> Choice:
        """Move an upload into the user's folder, under a name of its own. Raises SettingsError, SinkError,
        RequestError."""
        suffix = Path(label).suffix.lower()
        if suffix not in PICTURES + CLIPS:
            raise SettingsError(f"{label} is no background: add a picture ({', '.join(PICTURES)}) or a clip")
        if len(self._user_entries()) >= MOST:
            raise RequestError(429, FULL)
        _check_opens(uploaded, label)
        stem = "".join(letter if letter.isalnum() or letter in " -_" else "-" for letter in Path(label).stem)
        stem = stem.strip(" -")[:STEM_LETTERS] or "background"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path, _ = create_first(numbered(self._folder, stem, suffix, "-"), _create)
            _copy(uploaded, path)
        except OSError as error:
            raise SinkError(f"the background cannot be kept in {self._folder}: {reason(error)}") from error
        return self.find(_file_id(path))

    def delete(self, id: str) -> None:
        """Delete one of the user's own. Raises RequestError, SinkError."""
        choice = self.find(id)
        if choice.kind != "folder" or choice.entry.file is None:
            raise RequestError(409, "only backgrounds that you added can be deleted")
        try:
            choice.entry.file.unlink()
        except OSError as error:
            raise SinkError(f"{choice.entry.name} cannot be deleted: {reason(error)}") from error

    def _user_entries(self) -> list[GalleryEntry]:
        return [entry for entry in list_gallery(self._folder) if entry.kind == "folder"]

    def _recent_files(self, known: set[str]) -> list[GalleryEntry]:
        paths = (Path(spec) for spec in self._recent() if spec not in known)
        return [
            GalleryEntry(str(path), path.stem, "folder", path)
            for path in paths
            if path.suffix.lower() in PICTURES + CLIPS and path.is_file()
        ]


def _id(entry: GalleryEntry) -> str:
    return entry.spec if entry.kind != "folder" or entry.file is None else _file_id(entry.file)


def _file_id(path: Path) -> str:
    return hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:ID_LETTERS]


def _create(path: Path) -> None:
    path.touch(exist_ok=False)


def _copy(uploaded: Path, path: Path) -> None:
    """Copy beside ``path`` and rename: a full disk leaves nothing. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    try:
        shutil.copyfile(uploaded, part)
        part.replace(path)
    except BaseException:
        for left in (part, path):
            left.unlink(missing_ok=True)
        raise


def _check_opens(path: Path, label: str) -> None:
    """Raise CaptureError for what is neither a picture nor a clip that holds everything itself: a list of files would
    be opened as a clip too."""
    try:
        try:
            load_picture(path)
        except NotAPictureError:
            probe_clip(path)
    except CycloramaError as error:
        raise CaptureError(f"{label} cannot be opened: choose another picture or clip") from error
