"""The port for sinks, over every implementation."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PIL import Image, ImageSequence

from cyclorama.core import v4l2
from cyclorama.core.errors import SinkError
from cyclorama.core.frames import U8, Composite, CompositeKind, Layout, SizeWH
from cyclorama.sinks import preview
from cyclorama.sinks.base import FileOptions, FileSink, OutputFormat, Sink
from cyclorama.sinks.null import NullSink
from cyclorama.sinks.open import open_file
from cyclorama.sinks.preview import PreviewSink
from cyclorama.sinks.timeline import Timeline
from cyclorama.sinks.virtual_camera import camera as virtual_camera
from cyclorama.sinks.virtual_camera import linux
from cyclorama.sinks.virtual_camera.camera import VirtualCameraSink
from doubles.memory_sink import MemorySink

SIZE = (64, 48)
CHANNELS = {Layout.BGR: (3,), Layout.BGRA: (4,), Layout.GRAY: ()}

Shown = Callable[[Sink], list[U8]]
"""The pictures that a sink has let out, as far as they can be looked at."""


class FakeCamera:
    """Stands in for pyvirtualcam's camera: keeps what was sent, refuses what the real one refuses."""

    sent: list[U8]
    open_cameras = 0

    def __init__(self, width: int, height: int, fps: float, **options: Any) -> None:
        self.shape, self.device = (height, width, 3), options.get("device") or "/dev/video10"
        assert width % 2 == height % 2 == 0
        FakeCamera.open_cameras += 1
        FakeCamera.sent = []

    def send(self, pixels: U8) -> None:
        assert pixels.shape == self.shape
        assert pixels.flags.c_contiguous
        FakeCamera.sent.append(pixels.copy())

    def close(self) -> None:
        FakeCamera.open_cameras -= 1


def composite(pixels: U8, layout: Layout = Layout.BGR, seq: int = 0) -> Composite:
    return Composite(pixels, layout, CompositeKind.COMPOSITE, seq, captured_ns=seq)


def picture(size_wh: SizeWH, layout: Layout, level: int = 100) -> U8:
    pixels = np.full((size_wh[1], size_wh[0], *CHANNELS[layout]), level, np.uint8)
    pixels.flags.writeable = False
    return pixels


def decoded(sink: Sink) -> list[U8]:
    if sink.name.endswith(".png"):
        return [cv2.imread(str(path)) for path in sorted(Path(sink.name).parent.glob("*.png"))]
    if sink.name.endswith(".webp"):  # the library writes animated ones and does not read them
        with Image.open(sink.name) as image:
            return [np.asarray(frame.convert("RGB"))[..., ::-1] for frame in ImageSequence.Iterator(image)]
    with av.open(sink.name) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def device_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[U8]]:
    """A file in the place of a v4l2loopback device; returns what reads the pictures that it was given."""
    path = tmp_path / "video10"
    size_wh: list[SizeWH] = []

    def fix(handle: int, fourcc: bytes, wanted_wh: SizeWH, fps: Fraction) -> tuple[bytes, SizeWH]:
        assert wanted_wh[0] % 2 == wanted_wh[1] % 2 == 0
        size_wh[:] = [wanted_wh]
        path.write_bytes(b"")
        return fourcc, wanted_wh

    def shown() -> list[U8]:
        ((width, height),) = size_wh
        i420 = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, height * 3 // 2, width)
        # as browsers and OBS read a camera: with FFmpeg's scaler, BT.601, limited range
        frames = (av.VideoFrame.from_ndarray(np.ascontiguousarray(one), format="yuv420p") for one in i420)
        return [frame.to_ndarray(format="bgr24") for frame in frames]

    path.write_bytes(b"")
    monkeypatch.setattr(virtual_camera, "sys", types.SimpleNamespace(platform="linux"))
    monkeypatch.setattr(linux, "find_device", lambda device: str(path))
    monkeypatch.setattr(v4l2, "set_output_format", fix)
    return shown


FILES = ["mp4", "mov", "mkv", "webm", "gif", "webp", "frames/%03d.png"]


@pytest.fixture(params=["null", "memory", *FILES, "loopback", "camera elsewhere", "preview"])
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sink, Any]]:
    """A sink, and how to see after ``close`` what it let out (None where nobody can)."""
    kind = request.param
    if kind == "null":
        yield NullSink(), None
    elif kind == "memory":
        yield MemorySink(), lambda sink: [item.pixels for item in sink.composites]
    elif kind == "loopback":
        shown_by_device = device_file(tmp_path, monkeypatch)
        yield VirtualCameraSink(), lambda sink: shown_by_device()
    elif kind == "camera elsewhere":
        fake = types.ModuleType("pyvirtualcam")
        fake.Camera = FakeCamera  # type: ignore[attr-defined]
        fake.PixelFormat = types.SimpleNamespace(BGR="bgr")  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "pyvirtualcam", fake)
        monkeypatch.setattr(virtual_camera, "sys", types.SimpleNamespace(platform="win32"))
        yield VirtualCameraSink(), lambda sink: FakeCamera.sent
        assert FakeCamera.open_cameras == 0
    elif kind == "preview":
        shown: list[U8] = []
        monkeypatch.setattr(preview, "missing_display", lambda: "")
        for name in ("namedWindow", "resizeWindow", "destroyWindow"):
            monkeypatch.setattr(preview.cv2, name, lambda *given: None)
        monkeypatch.setattr(preview.cv2, "getWindowProperty", lambda *given: 1.0)
        monkeypatch.setattr(preview.cv2, "pollKey", lambda: -1)
        monkeypatch.setattr(preview.cv2, "imshow", lambda title, pixels: shown.append(pixels.copy()))
        yield PreviewSink(), lambda sink: shown
    else:
        yield open_file(tmp_path / (kind if "/" in kind else f"clip.{kind}"), FileOptions(overwrite=True)), decoded


@pytest.fixture
def sink(made: tuple[Sink, Any]) -> Sink:
    return made[0]


def test_it_has_a_name_and_layouts(sink: Sink) -> None:
    assert sink.name
    assert sink.layouts
    assert sink.layouts <= frozenset(Layout)


def test_files_alone_keep_the_nominal_rate_to_the_end(sink: Sink) -> None:
    """Numbered pictures have no times: they are played at the rate that they were ordered at."""
    assert sink.exact_rate == isinstance(sink, FileSink)


def test_every_layout_it_names_is_written_with_its_levels(made: tuple[Sink, Shown | None]) -> None:
    sink, shown = made
    for layout in sorted(sink.layouts, key=lambda layout: layout.value):
        levels = [130, 150, 170]  # WebP joins equal ones
        with sink:
            sink.open(OutputFormat(SIZE, Fraction(30), layout))
            assert sink.name
            for seq, level in enumerate(levels):
                pixels = picture(SIZE, layout, level).copy()
                if layout is Layout.BGRA:
                    pixels[..., 3] = 255
                sink.write(composite(pixels, layout, seq))
        if shown is None:
            continue
        pictures = shown(sink)[-len(levels) :]
        assert [one.shape[:2] for one in pictures] == [(48, 64)] * 3
        for one, level in zip(pictures, levels, strict=True):
            seen = (one[..., :3] if one.ndim == 3 else one).astype(int)
            assert np.abs(seen - level).max() <= 3, layout


def test_colours_come_out_as_they_went_in(made: tuple[Sink, Shown | None]) -> None:
    """Blue, green and red, each its own: with two of them exchanged a face is blue."""
    sink, shown = made
    if shown is None:
        pytest.skip("nobody can see what this sink was given")
    colours = [(40, 60, 200), (200, 60, 40), (60, 200, 40)]
    pixels = np.empty((48, 64, 3), np.uint8)
    for place, colour in enumerate(colours):
        pixels[:, place * 22 : (place + 1) * 22] = colour
    with sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        sink.write(composite(pixels))
    (seen,) = shown(sink)
    for place, colour in enumerate(colours):
        middle = np.median(seen[8:-8, place * 22 + 6 : place * 22 + 16], axis=(0, 1))
        assert np.abs(middle - colour).max() <= 4, place


def test_what_goes_in_comes_out_and_buffers_may_be_used_again(made: tuple[Sink, Shown | None]) -> None:
    sink, shown = made
    if shown is None:
        pytest.skip("nobody can see what this sink was given")
    buffer = np.empty((48, 64, 3), np.uint8)
    levels = [40, 120, 200, 80]
    with sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        for seq, level in enumerate(levels):
            buffer[:] = level
            sink.write(composite(buffer, seq=seq))
            assert (buffer == level).all()
        buffer[:] = 0
    pictures = shown(sink)
    assert len(pictures) == len(levels)
    for pixels, level in zip(pictures, levels, strict=True):
        assert np.abs(pixels.astype(int) - level).max() <= 3


@pytest.mark.parametrize("size_wh", [(63, 47), (64, 47), (63, 48)])
def test_odd_sizes(made: tuple[Sink, Shown | None], size_wh: SizeWH) -> None:
    sink, shown = made
    with sink:
        sink.open(OutputFormat(size_wh, Fraction(30)))
        for seq in range(3):
            sink.write(composite(picture(size_wh, Layout.BGR, 130 + 20 * seq), seq=seq))  # WebP joins equal ones
    if shown is not None:
        pictures = shown(sink)
        assert len(pictures) == 3
        for seq, pixels in enumerate(pictures):
            assert np.abs(pixels.astype(int) - 130 - 20 * seq).max() <= 3


def test_another_size_or_layout_is_refused_and_the_sink_goes_on(made: tuple[Sink, Shown | None]) -> None:
    sink, shown = made
    with sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        sink.write(composite(picture(SIZE, Layout.BGR)))
        with pytest.raises(SinkError, match=r"64x48 bgr .* 32x48 bgr"):
            sink.write(composite(picture((32, 48), Layout.BGR)))
        with pytest.raises(SinkError, match="gray"):
            sink.write(composite(picture(SIZE, Layout.GRAY), Layout.GRAY))
        sink.write(composite(picture(SIZE, Layout.BGR, 140), seq=1))
    if shown is not None:
        assert len(shown(sink)) == 2


def test_writing_needs_open(sink: Sink) -> None:
    with pytest.raises(SinkError, match="not open"):
        sink.write(composite(picture(SIZE, Layout.BGR)))
    sink.open(OutputFormat(SIZE, Fraction(30)))
    sink.close()
    with pytest.raises(SinkError, match="not open"):
        sink.write(composite(picture(SIZE, Layout.BGR)))


def test_close_may_come_at_any_time_and_twice(sink: Sink) -> None:
    sink.close()
    sink.open(OutputFormat(SIZE, Fraction(30)))
    sink.close()
    sink.close()


def test_it_opens_again_after_close(sink: Sink) -> None:
    for size_wh in (SIZE, (32, 32)):
        sink.open(OutputFormat(size_wh, Fraction(30)))
        sink.write(composite(picture(size_wh, Layout.BGR)))
        sink.close()


def test_leaving_with_an_error_releases_it(made: tuple[Sink, Shown | None]) -> None:
    sink, shown = made
    with pytest.raises(ZeroDivisionError), sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        sink.write(composite(picture(SIZE, Layout.BGR)))
        raise ZeroDivisionError
    with pytest.raises(SinkError, match="not open"):
        sink.write(composite(picture(SIZE, Layout.BGR)))
    if shown is not None:
        assert len(shown(sink)) == 1


def recording(path: Path) -> Sink:
    return open_file(path, FileOptions(overwrite=True, timeline=Timeline()))


def test_what_it_may_say_of_itself_it_says_before_and_after_open(sink: Sink) -> None:
    is_file = isinstance(sink, FileSink)
    for opened in (False, True):
        if opened:
            sink.open(OutputFormat(SIZE, Fraction(30)))
            sink.write(composite(picture(SIZE, Layout.BGR)))
        assert sink.max_fps is None or 0 < sink.max_fps <= 240
        assert sink.wants_each is False
        assert sink.main_thread is isinstance(sink, PreviewSink)
        assert sink.closed is False
        assert sink.take_keys() == ""
        assert sink.watched() in (True, False, None)
        assert isinstance(sink.knows_viewers, str) or sink.watched() is None, "who cannot say how knows nothing"
    assert bool(sink.encoder) is is_file
    if is_file:
        assert sink.encoder.endswith(("(software)", "(hardware)"))
    sink.conclude(0)
    sink.close()
    assert not is_file or sink.is_made, "what is no recording ends as it would"


def test_a_clip_that_records_wants_each(tmp_path: Path) -> None:
    assert recording(tmp_path / "clip.mp4").wants_each


@pytest.mark.parametrize("made", ["preview"], indirect=True)
def test_a_window_that_its_user_closes_says_so(made: tuple[Sink, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sink, _ = made
    with sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        monkeypatch.setattr(preview.cv2, "pollKey", lambda: ord("q"))
        sink.write(composite(picture(SIZE, Layout.BGR)))
        assert sink.closed
        assert sink.take_keys() == "", "it closes, and means nothing else"


@pytest.mark.parametrize("made", ["preview"], indirect=True)
def test_keys_pressed_in_a_window_are_taken_once(made: tuple[Sink, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sink, _ = made
    codes = [ord("n"), -1, ord("?"), ord(" "), 0x100000 | ord("M")]  # GTK adds 0x100000 while the number lock is on
    with sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        for code in codes:
            monkeypatch.setattr(preview.cv2, "pollKey", lambda code=code: code)
            sink.write(composite(picture(SIZE, Layout.BGR)))
        assert sink.take_keys() == "n? M"
        assert sink.take_keys() == ""


@pytest.mark.parametrize("code", [0xFF51, 0xFF52, 0xFFE1, 0xF702, 0x250000, 0x10FF53, 13, 9, 0])
@pytest.mark.parametrize("made", ["preview"], indirect=True)
def test_arrows_and_other_keys_without_a_character_mean_nothing(
    made: tuple[Sink, Any], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The low bytes of the left and the up arrow are Q and R."""
    sink, _ = made
    monkeypatch.setattr(preview.cv2, "pollKey", lambda: code)
    with sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        sink.write(composite(picture(SIZE, Layout.BGR)))
        assert sink.take_keys() == "" and not sink.closed


@pytest.mark.parametrize("made", FILES, indirect=True)
def test_a_file_is_made_whole_or_not_at_all(sink: Sink, tmp_path: Path) -> None:
    assert isinstance(sink, FileSink)
    before = sorted(tmp_path.rglob("*"))
    sink.check()
    assert sorted(tmp_path.rglob("*")) == before and not sink.is_made, "checking creates nothing"
    for give_up in (sink.abort, sink.leave):
        sink.open(OutputFormat(SIZE, Fraction(30)))
        assert give_up() is None, "nothing was written"
        assert not sink.is_made and not [path for path in tmp_path.rglob("*") if path.is_file()]
    with sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        sink.write(composite(picture(SIZE, Layout.BGR)))
        assert not sink.is_made
    assert sink.is_made and type(sink).takes(Path(sink.name))


@pytest.mark.parametrize("made", FILES, indirect=True)
def test_what_is_left_of_a_file_lies_beside_it(sink: Sink) -> None:
    assert isinstance(sink, FileSink)
    sink.open(OutputFormat(SIZE, Fraction(30)))
    for seq in range(3):
        sink.write(composite(picture(SIZE, Layout.BGR, 40 * seq), seq=seq))
    left = sink.leave()
    assert not sink.is_made
    assert left is None or (left.exists() and str(left) != sink.name)
