"""Which stream is the picture, and what its header says."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest
from av.stream import Disposition
from PIL import Image

from cyclorama.clips import streams
from cyclorama.clips.open import open_container
from cyclorama.core.errors import CaptureError


def test_a_cover_picture_is_no_video(song_with_cover: Path) -> None:
    with open_container(song_with_cover) as container:
        assert [stream.codec_context.name for stream in container.streams.video] == ["mjpeg"]
        with pytest.raises(CaptureError, match=r"^song\.mp3 holds no video: it has sound or data only$"):
            streams.best_video(container, "song.mp3")


def test_a_cover_picture_before_the_video_is_passed_over() -> None:
    cover, film, other = (
        SimpleNamespace(disposition=flags, codec_context=object())
        for flags in (Disposition.attached_pic | Disposition.default, Disposition(0), Disposition.default)
    )
    container: Any = SimpleNamespace(streams=SimpleNamespace(video=[cover, film, other]))
    assert streams.best_video(container, "film") is film


def test_a_codec_that_nobody_knows_is_named_as_the_reason(make_clip: Callable[..., Path]) -> None:
    """As in a file whose header is damaged."""
    path = make_clip("clip.mp4", 2)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzC"))
    with open_container(path) as container, pytest.raises(CaptureError, match="can be decoded: is it damaged"):
        streams.best_video(container, "clip.mp4")


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "expected"),
    [
        ("clip.mp4", "libx264", "yuv420p", False),
        ("clip.mov", "qtrle", "argb", True),
        ("clip.mov", "qtrle", "rgb24", False),
        ("clip.webm", "libvpx-vp9", "yuva420p", True),
        ("clip.webm", "libvpx-vp9", "yuv420p", False),
    ],
)
def test_transparency(make_clip: Callable[..., Path], name: str, codec: str, pixel_format: str, expected: bool) -> None:
    path = make_clip(name, 2, codec=codec, pixel_format=pixel_format, options={"auto-alt-ref": "0"})
    with open_container(path) as container:
        stream = container.streams.video[0]
        assert streams.has_alpha(stream) is expected
        assert ("its alpha is dropped" in streams.ignored_properties(stream)) is expected


def test_hdr_and_pixels_that_are_not_square(make_clip: Callable[..., Path]) -> None:
    plain = make_clip("plain.mp4", 2)
    wide = make_clip("wide.mp4", 2, sample_aspect_ratio=Fraction(4, 3), color_trc=16)
    with open_container(plain) as container:
        stream = container.streams.video[0]
        assert (streams.pixel_aspect(stream), streams.is_hdr(stream)) == (1, False)
        assert streams.ignored_properties(stream) == []
    with open_container(wide) as container:
        stream = container.streams.video[0]
        assert (streams.pixel_aspect(stream), streams.is_hdr(stream)) == (Fraction(4, 3), True)
        assert streams.ignored_properties(stream) == [
            "its HDR levels are taken for SDR",
            "its pixels of 4/3 are taken for square ones",
        ]


def test_a_still_picture(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    still = tmp_path / "still.png"
    Image.new("RGB", (8, 8)).save(still)
    for path, expected in ((still, True), (make_clip(), False)):
        with av.open(str(path)) as container:
            assert streams.is_still(container) is expected
