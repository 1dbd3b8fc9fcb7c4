"""From what a user writes after ``--to`` to a sink."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import cast

from cyclorama.core.errors import SettingsError
from cyclorama.files.names import user_path
from cyclorama.sinks.base import FileOptions, FileSink, Sink


@dataclass(frozen=True, slots=True)
class SinkEntry:
    """``adapter``: the class, as ``module:Class``, imported when it is used. ``takes_device``: it may be told which
    device, after a colon."""

    adapter: str
    takes_device: bool = False


SINKS: dict[str, SinkEntry] = {
    "camera": SinkEntry("cyclorama.sinks.virtual_camera.camera:VirtualCameraSink", takes_device=True),
    "preview": SinkEntry("cyclorama.sinks.preview:PreviewSink"),
    "null": SinkEntry("cyclorama.sinks.null:NullSink"),
}
"""By the word that names it. A new sink is one class and one line here."""
FILE_SINKS: list[str] = [
    "cyclorama.sinks.clip.clip:ClipSink",
    "cyclorama.sinks.picture_sequence:PictureSequenceSink",
]
"""Of files; the first one that takes the name makes it."""


def open_sink(spec: str, options: FileOptions | None = None) -> Sink:
    """The sink that ``spec`` names, not opened yet: ``camera[:DEVICE]``, ``preview``, ``null`` or a file name.

    ``options``: for files. Raises SettingsError for anything else, and what ``options.listen`` raises.
    """
    word, colon, device = spec.partition(":")
    entry = SINKS.get(word)
    if entry is not None and not colon:
        return cast(Sink, resolve_name(entry.adapter)())
    path = Path(spec)
    if entry is not None and entry.takes_device and device and not is_file(path):
        return cast(Sink, resolve_name(entry.adapter)(device))
    if is_file(path):
        return open_file(user_path(path), options)
    raise SettingsError(f"cannot send to {spec!r}: give {_words()} or a file name ending in {_endings()}")


def open_file(path: Path, options: FileOptions | None = None) -> FileSink:
    """The sink for a file name, not opened yet. Raises SettingsError for a name that no sink takes."""
    adapter = _file_sink(path)
    if adapter is None:
        raise SettingsError(f"{path} is no clip: give it one of the extensions {_endings()}")
    return adapter.to(path, options or FileOptions())


def is_file(path: Path) -> bool:
    """Whether composites can be written to ``path``, going by its name."""
    return _file_sink(path) is not None


def is_made(path: Path) -> bool:
    """Whether the clip or sequence ``path`` is there already. Nothing that was cut short has its name."""
    return open_file(path).is_made


def _file_sinks() -> list[type[FileSink]]:
    return [cast("type[FileSink]", resolve_name(adapter)) for adapter in FILE_SINKS]


def _file_sink(path: Path) -> type[FileSink] | None:
    return next((adapter for adapter in _file_sinks() if adapter.takes(path)), None)


def _words() -> str:
    """All words, for messages."""
    return ", ".join(f"{word}, {word}:DEVICE" if entry.takes_device else word for word, entry in SINKS.items())


def _endings() -> str:
    """All endings of file names, for messages."""
    *most, last = (ending for adapter in _file_sinks() for ending in adapter.endings())
    return f"{', '.join(most)}, or {last}"
