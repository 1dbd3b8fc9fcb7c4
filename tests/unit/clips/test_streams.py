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


def test_a_song_with_a_cover_is_sound_only(song_with_cover: Path) -> None:
    with open_container(song_with_cover) as container:
        assert [stream.codec_context.name for stream in container.streams.video] == ["mjpeg"]
        with pytest.raises(CaptureError) as caught:
            streams.best_video(container, "song.mp3")
    assert str(caught.value) == "song.mp3 is sound only, its picture is a cover: give a file with video"


NONE = Disposition(0)


def of(*videos: Any, sound: bool = True) -> Any:
    return SimpleNamespace(streams=SimpleNamespace(video=list(videos), audio=[object()] if sound else []))


def video(width: int, height: int, flags: Disposition = NONE, codec: object = True) -> Any:
    return SimpleNamespace(disposition=flags, codec_context=codec, width=width, height=height)


@pytest.mark.parametrize(
    ("videos", "best"),
    [
        ([video(160, 120), video(1280, 720), video(640, 360)], 1),
        ([video(4000, 4000, Disposition.attached_pic | Disposition.default), video(640, 360)], 1),
        ([video(640, 360), video(640, 360, Disposition.default), video(640, 360)], 1),
        ([video(160, 120, Disposition.default), video(640, 360)], 1),
        ([video(640, 360), video(640, 360)], 0),
        ([video(640, 360, codec=None), video(160, 120)], 1),
        ([video(1920, 1080, Disposition.timed_thumbnails), video(160, 120)], 1),
        ([video(1920, 1080, Disposition.still_image), video(160, 120)], 1),
        ([video(1920, 1080, Disposition.dependent), video(160, 120)], 1),
        ([video(640, 100), video(480, 360)], 1),
    ],
)
def test_the_largest_stream_then_the_default_one_then_the_first(videos: list[Any], best: int) -> None:
    assert streams.best_video(of(*videos), "film") is videos[best]


@pytest.mark.parametrize(
    ("flags", "expected"), [(NONE, True), (Disposition.attached_pic, False), (Disposition.timed_thumbnails, False)]
)
def test_two_films_are_several_and_a_film_with_its_cover_is_not(flags: Disposition, expected: bool) -> None:
    assert streams.holds_several(of(video(640, 360), video(320, 180, flags))) is expected
    assert not streams.holds_several(of(video(640, 360)))


def test_what_is_said_where_there_is_no_video() -> None:
    for container, text in ((of(), "a is sound only: give a file with video"), (of(sound=False), "a holds no video")):
        with pytest.raises(CaptureError) as caught:
            streams.best_video(container, "a")
        assert str(caught.value) == text


def test_a_codec_that_nobody_knows_is_named_as_the_reason(make_clip: Callable[..., Path]) -> None:
    """As in a file whose header is damaged."""
    path = make_clip("clip.mp4", 2)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzC"))
    with open_container(path) as container, pytest.raises(CaptureError, match="can be decoded: is it damaged"):
        streams.best_video(container, "clip.mp4")


def test_the_shape_of_pixels(make_clip: Callable[..., Path]) -> None:
    plain = make_clip("plain.mp4", 2)
    wide = make_clip("wide.mp4", 2, sample_aspect_ratio=Fraction(4, 3))
    for path, expected in ((plain, Fraction(1)), (wide, Fraction(4, 3))):
        with open_container(path) as container:
            assert streams.pixel_aspect(container.streams.video[0]) == expected


@pytest.mark.parametrize(
    ("codec", "pixel_format", "expected"),
    [
        ("libvpx-vp9", "yuva420p", "libvpx-vp9"),
        ("libvpx", "yuva420p", "libvpx"),
        ("libvpx-vp9", "yuv420p", None),
        ("libvpx", "yuv420p", None),
    ],
)
def test_an_alpha_layer_needs_another_decoder(
    make_clip: Callable[..., Path], codec: str, pixel_format: str, expected: str | None
) -> None:
    path = make_clip("clip.webm", 2, codec=codec, pixel_format=pixel_format, options={"auto-alt-ref": "0"})
    with open_container(path) as container:
        decoder = streams.alpha_decoder(container.streams.video[0])
    assert (decoder.name if decoder is not None else None) == expected


def test_a_track_that_says_that_it_has_no_alpha_layer_has_none() -> None:
    for mode, expected in (("0", False), ("1", True)):
        track: Any = SimpleNamespace(codec_context=SimpleNamespace(name="vp9"), metadata={"alpha_mode": mode})
        assert (streams.alpha_decoder(track) is not None) is expected


def test_a_still_picture(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    still = tmp_path / "still.png"
    Image.new("RGB", (8, 8)).save(still)
    for path, expected in ((still, True), (make_clip(), False)):
        with av.open(str(path)) as container:
            assert streams.is_still(container) is expected
