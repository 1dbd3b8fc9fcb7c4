"""What may stand after --to."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.sinks.base import FileOptions
from cyclorama.sinks.clip.clip import ClipSink
from cyclorama.sinks.null import NullSink
from cyclorama.sinks.open import open_sink
from cyclorama.sinks.picture_sequence import PictureSequenceSink
from cyclorama.sinks.preview import PreviewSink
from cyclorama.sinks.virtual_camera.camera import VirtualCameraSink


@pytest.mark.parametrize(
    ("spec", "kind", "name"),
    [
        ("null", NullSink, "null"),
        ("preview", PreviewSink, "preview"),
        ("camera", VirtualCameraSink, "camera"),
        ("camera:/dev/video9", VirtualCameraSink, "camera:/dev/video9"),
        ("camera:OBS: Virtual", VirtualCameraSink, "camera:OBS: Virtual"),
        ("a/clip.MP4", ClipSink, str(Path("a/clip.MP4"))),
        ("clip.webm", ClipSink, "clip.webm"),
        ("wave.gif", ClipSink, "wave.gif"),
        ("frames/%05d.png", PictureSequenceSink, str(Path("frames/%05d.png"))),
    ],
)
def test_forms(spec: str, kind: type, name: str) -> None:
    sink = open_sink(spec)
    assert type(sink) is kind
    assert sink.name == name


@pytest.mark.parametrize("spec", ["", "camera:", "window", "clip", "clip.avi", "/tmp/", "null.txt"])
def test_anything_else_is_told_the_forms(spec: str) -> None:
    with pytest.raises(SettingsError, match=r"camera, camera:DEVICE, preview, null or a file name ending in \.mp4"):
        open_sink(spec)


def test_nothing_is_created_before_open(tmp_path: Path) -> None:
    open_sink(str(tmp_path / "clip.mp4"), FileOptions(overwrite=True))
    assert not list(tmp_path.iterdir())
