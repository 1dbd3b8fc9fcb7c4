"""A file is a file, whatever its name or its folder's name looks like, in every place that takes a name."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from cyclorama.background.opening import open_background, open_in_step
from cyclorama.background.spec import BackgroundKind, parse_background
from cyclorama.capture.open import is_camera, open_source
from cyclorama.clips.probe import probe_clip
from cyclorama.clips.sound import SoundReader
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.files.names import as_file
from cyclorama.models import store
from cyclorama.panel.session.gallery import Gallery
from cyclorama.pictures.decode import load_picture
from cyclorama.pictures.encode import save_picture
from cyclorama.pipeline.jobs.convert import convert
from cyclorama.pipeline.jobs.convert_batch import find_clips
from cyclorama.settings.values import CaptureSettings, ComposeSettings, Settings
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.open import open_file, open_sink
from cyclorama.stills.batch.sources import find_photos
from cyclorama.stills.batch.watch import NewPhotos
from networks import tiny_picture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="most of these names cannot be on Windows")

NAMES = [
    *("2024-05-01T12:30", "12:30 talk", "concat:a", "file:a", "pipe:0", "http:a", "rtsp:a", "data:,a"),
    *("subfile,,start,0,end,0,,:a", "cache:a", "50%d[1]?#&", "%03d", "-dash", "--overwrite", "new\nline", " spaced "),
    *("blur:0.5", "none:a", "color:red", "gradient:a,b", "camera:1", "*", "$HOME 'x' \"y\"", "ü 😀"),
]
SIZE_WH = (64, 48)
LEVEL, DECOY = 150, 30


def clip_of(level: int, container: str = "mp4") -> bytes:
    """Two frames of one grey."""
    out = io.BytesIO()
    with av.open(out, "w", container) as clip:
        stream = clip.add_stream("libx264", rate=10, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = *SIZE_WH, "yuv420p"
        for index in range(2):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64), level, np.uint8), format="gray")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            clip.mux(stream.encode(frame))
        clip.mux(stream.encode())
    return out.getvalue()


def picture_of(level: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", SIZE_WH, level).save(out, "PNG")
    return out.getvalue()


CLIP, PICTURE = clip_of(LEVEL), picture_of(LEVEL)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with files that a name read as an address would find instead."""
    monkeypatch.chdir(tmp_path)
    decoy = clip_of(DECOY)
    for name in ("a", "a.mp4", "1.mp4", "001.mp4", "501.mp4"):
        (tmp_path / name).write_bytes(decoy)
    for name in ("a.png", "1.png", "001.png", "501.png"):
        (tmp_path / name).write_bytes(picture_of(DECOY))
    return tmp_path


@pytest.fixture(params=[*NAMES, *(f"{name}/in it" for name in NAMES)])
def name(request: pytest.FixtureRequest) -> str:
    """A name without its extension; its folder is there."""
    name = str(request.param)
    if "/" in name:
        Path(name).parent.mkdir()
    return name


def level_of(pixels: np.ndarray) -> int:
    return int(np.median(pixels))


def composite(seq: int) -> Composite:
    pixels = np.full((48, 64, 3), LEVEL, np.uint8)
    pixels[:4, :4] = 60 * seq  # animated WebP joins equal pictures
    pixels.flags.writeable = False
    return Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, seq, captured_ns=seq)


def first_level(text: str, *, live: bool) -> int:
    with open_source(text, CaptureSettings(), live=live) as source:
        return level_of(next(iter(source.frames(threading.Event()))).pixels)


def test_sources(name: str) -> None:
    Path(f"{name}.mp4").write_bytes(CLIP)
    assert find_clips([f"{name}.mp4"]) == [Path(f"{name}.mp4")]
    assert not is_camera(f"{name}.mp4")
    for live in (False, True):
        assert first_level(f"{name}.mp4", live=live) == pytest.approx(LEVEL, abs=2)
    facts, first = probe_clip(Path(f"{name}.mp4"))
    assert (facts.size_wh, level_of(first)) == (SIZE_WH, pytest.approx(LEVEL, abs=2))
    with SoundReader(Path(f"{name}.mp4")) as sound:
        assert sound.tracks == []


@pytest.mark.parametrize("opened", [open_background, open_in_step])
def test_backgrounds(name: str, opened: Callable[[str], object]) -> None:
    Path(f"{name}.mp4").write_bytes(CLIP)
    Path(f"{name}.png").write_bytes(PICTURE)
    for text in (f"{name}.mp4", f"{name}.png"):
        behind = opened(text).background  # type: ignore[attr-defined]
        assert level_of(behind.card(SIZE_WH, 0.0)) == pytest.approx(LEVEL, abs=2), text
        behind.close()


def test_outputs(name: str) -> None:
    for ending in (".mp4",) if "/" in name else (".mp4", ".mkv", ".webm", ".gif", ".webp", "-%03d.png"):
        if ending.startswith("-") and "%" in name:
            continue  # a second place for the number: no sequence
        sink = open_file(Path(name + ending))
        sink.open(OutputFormat(SIZE_WH, Fraction(10)))
        for seq in range(2):
            sink.write(composite(seq))
        sink.close()
        made = Path(name + ending.replace("%03d", "001"))
        assert made.stat().st_size > 0
        if ending != "-%03d.png":
            assert first_level(as_file(made), live=False) == pytest.approx(LEVEL, abs=2), ending
    assert open_sink(f"{name}-live.mkv").name == f"{name}-live.mkv"


def test_photos(name: str) -> None:
    Path(f"{name}.png").write_bytes(PICTURE)
    found = find_photos([Path(f"{name}.png")])
    assert ([photo.path for photo in found.found], found.problems) == ([Path(f"{name}.png")], [])
    assert level_of(load_picture(Path(f"{name}.png"))) == LEVEL
    save_picture(Path(f"{name}.out.png"), load_picture(Path(f"{name}.png")), overwrite=False)
    assert level_of(load_picture(Path(f"{name}.out.png"))) == LEVEL


def test_watched_folders(name: str) -> None:
    folder = Path(f"{name} inbox")
    folder.mkdir()
    (folder / Path(f"{name}.png").name).write_bytes(PICTURE)
    watched = NewPhotos(folder)
    assert watched.poll() == []
    assert [photo.path.name for photo in watched.poll()] == [Path(f"{name}.png").name]


def test_networks(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "models"))
    path = Path(f"{name}.onnx")
    tiny_picture(path, size=("h", "w"))
    assert store.import_file(path, "mine", "modnet").entry.kind == "modnet"


def test_a_file_that_is_given_to_the_panel(name: str, tmp_path: Path) -> None:
    Path("upload").write_bytes(CLIP)
    choice = Gallery(folder=tmp_path / "backgrounds").add(Path("upload"), f"{Path(name).name}.mp4")
    assert choice.entry.file is not None
    assert choice.entry.file.parent == tmp_path / "backgrounds"
    assert choice.entry.file.read_bytes() == CLIP


@pytest.mark.parametrize("bare", ["demo", "0", "camera", "a b"])
def test_a_clip_whose_bare_name_means_something_else(bare: str, tmp_path: Path) -> None:
    Path(bare).write_bytes(CLIP)
    settings = Settings(source=str(find_clips([f"./{bare}"])[0]), compose=ComposeSettings(background="none"))
    report = convert(settings, tmp_path / "out.mkv", stop=threading.Event())
    assert (report.source, report.frames) == (bare, 2)
    assert first_level("out.mkv", live=False) == pytest.approx(LEVEL, abs=2)


def test_a_right_value_of_a_form_is_no_file() -> None:
    for text, kind in (("blur:0.5", BackgroundKind.BLUR), ("color:red", BackgroundKind.COLOR)):
        Path(text).write_bytes(PICTURE)
        assert parse_background(text).kind is kind
        assert parse_background(f"./{text}").kind is BackgroundKind.FILE


def test_a_url_is_no_clip_and_its_password_is_not_shown() -> None:
    with pytest.raises(CaptureError) as caught:
        find_clips(["http://user:secret@host/a.mp4"])
    assert str(caught.value) == "http://host is no file: fetch it first, or use `cyclorama live --source`"
