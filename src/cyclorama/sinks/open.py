"""From what a user writes after ``--to`` to a sink."""

from __future__ import annotations

from pathlib import Path

from cyclorama.errors import SettingsError
from cyclorama.sinks.base import Sink
from cyclorama.sinks.clip import ClipSink
from cyclorama.sinks.clip_formats import CONTAINERS
from cyclorama.sinks.null import NullSink
from cyclorama.sinks.preview import PreviewSink
from cyclorama.sinks.virtual_camera import VirtualCameraSink


def open_sink(spec: str, *, overwrite: bool = False) -> Sink:
    """The sink that ``spec`` names, not opened yet: ``camera[:DEVICE]``, ``preview``, ``null`` or a clip's file name.

    Raises SettingsError for anything else.
    """
    if spec == "null":
        return NullSink()
    if spec == "preview":
        return PreviewSink()
    kind, colon, device = spec.partition(":")
    if kind == "camera" and (device or not colon):
        return VirtualCameraSink(device or None)
    if Path(spec).suffix.lower() in CONTAINERS:
        return ClipSink(Path(spec).expanduser(), overwrite=overwrite)
    extensions = ", ".join(CONTAINERS)
    raise SettingsError(
        f"cannot send to {spec!r}: give camera, camera:DEVICE, preview, null or a file name ending in {extensions}"
    )
