"""From what a user writes after ``--to`` to a sink."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cyclorama.core.errors import SettingsError
from cyclorama.core.sound import SoundSource
from cyclorama.settings.values import WHOLE, EncodingSettings, Trim
from cyclorama.sinks.base import Sink
from cyclorama.sinks.clip.clip import ClipSink
from cyclorama.sinks.clip.formats import CONTAINERS, PLAIN, SILENT
from cyclorama.sinks.clip.timeline import Timeline
from cyclorama.sinks.null import NullSink
from cyclorama.sinks.picture_sequence import PictureSequenceSink, is_sequence
from cyclorama.sinks.preview import PreviewSink
from cyclorama.sinks.virtual_camera.camera import VirtualCameraSink

FILES = f"{', '.join(CONTAINERS)}, or a sequence as %05d.png"
"""What file names may end in, for messages."""


def open_sink(
    spec: str,
    *,
    overwrite: bool = False,
    encoding: EncodingSettings = PLAIN,
    timeline: Timeline | None = None,
    listen: Callable[[], SoundSource | None] = lambda: None,
) -> Sink:
    """The sink that ``spec`` names, not opened yet: ``camera[:DEVICE]``, ``preview``, ``null`` or a file name.

    A clip becomes a recording of what happens while ``timeline`` runs, with the sound that ``listen`` gives, which is
    asked only where there can be sound. Raises SettingsError for anything else, and what ``listen`` raises.
    """
    if spec == "null":
        return NullSink()
    if spec == "preview":
        return PreviewSink()
    kind, colon, device = spec.partition(":")
    if kind == "camera" and (device or not colon):
        return VirtualCameraSink(device or None)
    path = Path(spec)
    container = CONTAINERS.get(path.suffix.lower())
    if container is not None and timeline is not None:
        sound = None if container in SILENT else listen()
        path = path.expanduser()
        return ClipSink(path, overwrite=overwrite, encoding=encoding, timeline=timeline, microphone=sound)
    if is_file(path):
        return open_file(path.expanduser(), overwrite=overwrite, encoding=encoding)
    raise SettingsError(
        f"cannot send to {spec!r}: give camera, camera:DEVICE, preview, null or a file name ending in {FILES}"
    )


def is_file(path: Path) -> bool:
    """Whether composites can be written to ``path``, going by its name."""
    return path.suffix.lower() in CONTAINERS or is_sequence(path)


def is_made(path: Path) -> bool:
    """Whether the clip or sequence ``path`` is there already. Nothing that was cut short has its name."""
    return PictureSequenceSink(path).is_made if is_sequence(path) else path.exists()


def open_file(
    path: Path,
    *,
    overwrite: bool = False,
    audio_from: Path | None = None,
    trim: Trim = WHOLE,
    encoding: EncodingSettings = PLAIN,
) -> ClipSink | PictureSequenceSink:
    """The sink for a file name, not opened yet. See :class:`ClipSink` for the rest; pictures have no sound and no codec
    to choose. Raises SettingsError for a name that is neither a clip's nor a sequence's."""
    if is_sequence(path):
        if encoding.codec != "auto" or encoding.crf is not None:
            raise SettingsError(f"{path} holds lossless pictures: leave --codec and --crf out")
        return PictureSequenceSink(path, overwrite=overwrite)
    if not is_file(path):
        raise SettingsError(f"{path} is no clip: give it one of the extensions {FILES}")
    return ClipSink(path, overwrite=overwrite, audio_from=audio_from, trim=trim, encoding=encoding)
