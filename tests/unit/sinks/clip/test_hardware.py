"""Hardware encoders: chosen where one works, and nowhere else. Real chips are stood in for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from cyclorama.core.frames import Composite, Layout
from cyclorama.settings.values import EncodingSettings
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip import clip, hardware
from cyclorama.sinks.clip.clip import ClipSink
from cyclorama.sinks.clip.copied_sound import SoundError
from cyclorama.sinks.clip.formats import encoding_for

Plain = Callable[..., Composite]
H264 = encoding_for(Path("a.mp4"), Layout.BGR, EncodingSettings(crf=18))
HEVC = encoding_for(Path("a.mp4"), Layout.BGR, EncodingSettings("hevc"))
SIZE = (64, 48)


class Chip:
    """The library's encoders as on a machine with the chips ``present``; ``dead`` ones open and give nothing."""

    def __init__(self, present: set[str], dead: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self.present, self.dead = present, dead
        self.asked: list[str] = []
        self.opened: Any = None

    def create(self, name: str, mode: str, hwaccel: Any = None) -> Any:
        self.asked.append(name)
        if name not in self.present | self.dead:
            raise av.error.PermissionError(1, "Operation not permitted")
        real = av.CodecContext.create("mpeg4", "w")
        chip = self

        class Context:
            width = height = 0
            pix_fmt, time_base, framerate, options = "", None, None, None

            def encode(self, frame: av.VideoFrame | None) -> list[av.Packet]:
                chip.opened = self
                if name in chip.dead or frame is None:
                    return []
                real.width, real.height, real.pix_fmt, real.time_base = *SIZE, "yuv420p", Fraction(1, 30)
                return real.encode(frame.reformat(*SIZE, format="yuv420p"))

        return Context()


@pytest.fixture
def chips(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Chip]]:
    def present(*names: str, dead: tuple[str, ...] = ()) -> Chip:
        chip = Chip(set(names), set(dead))
        hardware.works.cache_clear()
        library = type("av", (), {"CodecContext": chip, "VideoFrame": av.VideoFrame, "error": av.error})
        library.VideoCodecContext = object  # type: ignore[attr-defined]
        monkeypatch.setattr(hardware, "av", library)
        monkeypatch.setattr(hardware, "HWAccel", lambda kind: kind)
        return chip

    yield present
    hardware.works.cache_clear()


def test_the_first_that_works_is_taken(chips: Callable[..., Chip]) -> None:
    chip = chips("h264_amf", "h264_qsv", dead=("h264_nvenc",))
    found = hardware.on_hardware(H264, SIZE)
    assert found is not None
    assert (found.codec, found.pixel_format, found.hardware) == ("h264_qsv", "nv12", True)
    assert found.options == {"global_quality": "18"}
    assert chip.asked == ["h264_nvenc", "h264_videotoolbox", "h264_qsv"]


def test_each_is_asked_once_for_a_size(chips: Callable[..., Chip]) -> None:
    chip = chips("hevc_nvenc")
    for _ in range(3):
        assert hardware.on_hardware(HEVC, SIZE) is not None
    assert chip.asked == ["hevc_nvenc"]
    hardware.on_hardware(HEVC, (128, 128))
    assert chip.asked == ["hevc_nvenc"] * 2


def test_odd_sizes_are_asked_for_as_they_are_encoded(chips: Callable[..., Chip]) -> None:
    chip = chips("h264_nvenc")
    assert hardware.on_hardware(H264, (63, 47)) is not None
    assert (chip.opened.width, chip.opened.height) == (64, 48)


def test_the_tag_goes_with_the_codec_and_vaapi_uploads(chips: Callable[..., Chip]) -> None:
    chips("hevc_vaapi")
    found = hardware.on_hardware(HEVC, SIZE)
    assert found is not None
    assert (found.codec, found.tag, found.device) == ("hevc_vaapi", "hvc1", "vaapi")


@pytest.mark.parametrize("name", ["a.webm", "a.gif", "a.webp"])
def test_other_codecs_ask_for_nothing(chips: Callable[..., Chip], name: str) -> None:
    chip = chips("h264_nvenc")
    assert hardware.on_hardware(encoding_for(Path(name), Layout.BGR), SIZE) is None
    assert chip.asked == []


@pytest.mark.parametrize("kind", hardware.KINDS)
def test_better_quality_is_asked_for_by_every_kind(kind: str) -> None:
    def scale(crf: int) -> float:
        options = hardware.alternative(
            encoding_for(Path("a.mp4"), Layout.BGR, EncodingSettings(crf=crf)), "h264", kind
        ).options
        value = next(float(options[key]) for key in ("cq", "global_quality", "qp_i", "qp") if key in options)
        return -value if kind == "videotoolbox" else value

    assert scale(10) < scale(20) < scale(40)


def test_without_a_chip_software_encodes_and_says_so(chips: Callable[..., Chip], tmp_path: Path, plain: Plain) -> None:
    chip = chips()
    with ClipSink(tmp_path / "a.mp4") as sink:
        sink.open(OutputFormat(SIZE, Fraction(25)))
        sink.write(plain(SIZE))
    assert sink.encoder == "libx264 (software)"
    assert chip.asked == [f"h264_{kind}" for kind in hardware.KINDS]


def test_what_this_machine_has_is_found_without_an_error(tmp_path: Path, plain: Plain) -> None:
    """The real library: on a machine without a chip every encoder says no, in its own way."""
    hardware.works.cache_clear()
    found = hardware.on_hardware(H264, (256, 144))
    with ClipSink(tmp_path / "a.mp4") as sink:
        sink.open(OutputFormat((256, 144), Fraction(25)))
        for seq in range(5):
            sink.write(plain((256, 144), seq=seq))
    assert sink.encoder == ("libx264 (software)" if found is None else f"{found.codec} (hardware)")
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert len(list(container.decode(video=0))) == 5


def test_software_can_be_asked_for(tmp_path: Path, plain: Plain, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(clip, "on_hardware", lambda encoding, size_wh: asked.append(size_wh))
    for wanted in (False, True):
        with ClipSink(tmp_path / f"{wanted}.mp4", encoding=EncodingSettings(hardware=wanted)) as sink:
            sink.open(OutputFormat(SIZE, Fraction(25)))
            sink.write(plain(SIZE))
    assert asked == [SIZE]


def test_software_goes_on_where_a_chip_refuses_the_first_frame(
    tmp_path: Path, plain: Plain, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """NVENC takes a few encoders at once on some cards: the trial works, the encoder then does not."""
    broken = replace(hardware.alternative(H264, "h264", "nvenc"), options={"preset": "none such"})
    monkeypatch.setattr(clip, "on_hardware", lambda encoding, size_wh: broken)
    with ClipSink(tmp_path / "a.mp4") as sink:
        sink.open(OutputFormat(SIZE, Fraction(25)))
        assert sink.encoder == "h264_nvenc (hardware)"
        for seq in range(4):
            sink.write(plain(SIZE, seq=seq))
    assert sink.encoder == "libx264 (software)"
    assert "h264_nvenc (hardware) does not work after all" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert len(list(container.decode(video=0))) == 4


def test_a_chip_that_fails_later_is_named_with_the_way_out(
    tmp_path: Path, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip, "on_hardware", lambda encoding, size_wh: replace(encoding, hardware=True))
    sink = ClipSink(tmp_path / "a.mp4")
    sink.open(OutputFormat(SIZE, Fraction(25)))
    sink.write(plain(SIZE))

    def fail(pixels: Any) -> None:
        raise av.error.ExternalError(1, "the driver was reset")

    monkeypatch.setattr(sink._writer, "_frame_of", fail)
    with pytest.raises(clip.SinkError, match=r"libx264 \(hardware\): .*driver was reset.*; give --no-hardware"):
        sink.write(plain(SIZE))
    sink.abort()
    assert not list(tmp_path.iterdir())


def test_a_chip_is_not_blamed_for_the_sound(
    tmp_path: Path, plain: Plain, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clip, "on_hardware", lambda encoding, size_wh: replace(encoding, hardware=True))
    with ClipSink(tmp_path / "a.mp4") as sink:
        sink.open(OutputFormat(SIZE, Fraction(25)))

        def fail(pixels: Any) -> None:
            raise SoundError("the sound of b.mp4: its times run back")

        monkeypatch.setattr(sink._writer, "_frame_of", fail)
        with pytest.raises(clip.SinkError, match=r"a\.mp4: the sound of b\.mp4: its times run back; try an \.mkv"):
            sink.write(plain(SIZE))
        assert sink.encoder == "libx264 (hardware)"
        sink.abort()
    assert caplog.messages == []
