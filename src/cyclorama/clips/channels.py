"""The layout of a sound track's channels."""

from __future__ import annotations

import ctypes

from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream


def decode_with_usual_layout(track: AudioStream) -> None:
    """Let a track that lists its channels itself be decoded with FFmpeg's usual layout for as many. Call it first.

    PyAV copies such a layout without its list, and frees that list twice, which ends the process: with every frame, and
    with each look at the layout. Cameras write lists into MOV.
    """
    layout = track.codec_context.layout
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))  # never freed: some ten bytes a track
    if layout.nb_channels and layout.name.startswith(f"{layout.nb_channels} channels ("):  # a damaged track has none
        track.codec_context.layout = _usual(layout.nb_channels)


def _usual(count: int) -> AudioLayout:
    """FFmpeg's layout for ``count`` channels, without names where it has none for as many."""
    try:
        return AudioLayout(f"{count}c")
    except ValueError:
        return AudioLayout(f"{count}C")
