"""``cyclorama cutout``: names, batches, failures."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cyclorama.cli.progress import Progress
from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, Frame
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.batch import batch
from cyclorama.stills.cut_out import choice
from cyclorama.stills.cut_out.alpha import photo_alpha
from doubles.null_model import NullModel

Run = Callable[..., tuple[int, str, str]]


def middle(frame: Frame) -> F32:
    alpha = np.zeros((64, 64), np.float32)
    alpha[16:48, 16:48] = 1
    return alpha


@pytest.fixture
def boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that keeps the middle of every photo."""
    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(middle))


def save(path: Path, size_wh: tuple[int, int] = (60, 40), **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size_wh, (200, 30, 20)).save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.usefixtures("boxes")
def test_a_batch_goes_on_past_failures(cyclorama: Run, tmp_path: Path) -> None:
    good, turned = save(tmp_path / "good.jpg"), tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    save(turned, (60, 40), exif=exif)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(good.read_bytes()[:300])
    out = tmp_path / "new" / "out"
    code, said, err = cyclorama("cutout", str(broken), str(good), "absent.jpg", str(turned), "-o", str(out), "--json")
    assert code == 3
    report = json.loads(said)
    assert [report[count] for count in ("written", "failed", "skipped", "left")] == [2, 2, 0, 0]
    errors = {Path(photo["source"]).name: photo["error"] for photo in report["photos"]}
    assert "broken.jpg is damaged" in errors["broken.jpg"] and "absent.jpg" in errors["absent.jpg"]
    assert errors["good.jpg"] is errors["turned.jpg"] is None
    assert [photo["size_wh"] for photo in report["photos"]] == [None, [60, 40], None, [40, 60]]
    assert sorted(path.name for path in out.iterdir()) == ["good.png", "turned.png"]
    assert err.count("cyclorama: error: photo ") == 2
    assert err.count("\n") == 2
    cut = np.asarray(Image.open(out / "good.png"))
    assert cut.shape == (40, 60, 4)
    assert np.abs(cut[20, 30].astype(int) - [200, 30, 20, 255]).max() <= 2, "as JPEG has it"
    assert cut[0, 0, 3] == 0


@pytest.mark.usefixtures("boxes")
@pytest.mark.parametrize("command", [("cutout",), ("product", "--for", "square")], ids=lambda command: command[0])
def test_what_is_done_is_counted_to_the_last(
    cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    shown: list[tuple[int, int | None]] = []
    monkeypatch.setattr(Progress, "__call__", lambda self, *counts: shown.append(counts))
    photos = [str(save(tmp_path / f"{name}.png")) for name in "abc"]
    (tmp_path / "b.png").write_bytes(b"no picture")
    assert cyclorama(*command, *photos, str(tmp_path / "x*"), "-o", str(tmp_path / "out"))[0] == 3
    assert shown == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.usefixtures("boxes")
@pytest.mark.parametrize(("room", "code"), [(0, 0), (-1, 3)])
def test_no_more_is_read_from_standard_input_than_a_photo_has(
    cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, code: int
) -> None:
    data = save(tmp_path / "p.png").read_bytes()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False, buffer=io.BytesIO(data)))
    monkeypatch.setattr(batch, "MAX_INPUT", len(data) + room)
    got, _, err = cyclorama("cutout", "-", "-o", "out.png")
    assert got == code and ("photo from standard input: more than" in err) is bool(code)


@pytest.mark.usefixtures("boxes")
def test_backgrounds_and_mattes(cyclorama: Run, tmp_path: Path) -> None:
    source = str(save(tmp_path / "p.png"))
    for arguments, mode in (
        (("-o", "white.jpg", "--background", "color:white"), "RGB"),
        (("-o", "soft.png", "--background", "blur"), "RGB"),
        (("-o", "alpha.png", "--matte-only"), "L"),
        (("-o", "cut.webp"), "RGBA"),
        (("-o", "cut.tiff"), "RGBA"),
    ):
        code, out, _ = cyclorama("cutout", source, *arguments)
        assert code == 0
        assert "1 of 1 photo made, in " in out
        with Image.open(arguments[1]) as image:
            assert (image.mode, image.size) == (mode, (60, 40))
    assert np.asarray(Image.open("white.jpg"))[0, 0].min() >= 254


@pytest.mark.usefixtures("boxes")
def test_nothing_is_overwritten_unasked(cyclorama: Run, tmp_path: Path) -> None:
    source, target = save(tmp_path / "p.png"), save(tmp_path / "out.png")
    before = target.read_bytes()
    code, _, err = cyclorama("cutout", str(source), "-o", str(target))
    assert code == 5
    assert "--overwrite" in err
    assert target.read_bytes() == before
    assert cyclorama("cutout", str(source), "-o", str(target), "--overwrite")[0] == 0
    assert target.read_bytes() != before


@pytest.mark.usefixtures("boxes")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("--background", "none"), "change nothing"), (("--matte-only", "-b", "office"), "--background out")],
)
def test_what_makes_no_sense_is_said(arguments: tuple[str, ...], says: str, cyclorama: Run, tmp_path: Path) -> None:
    code, _, err = cyclorama("cutout", str(save(tmp_path / "p.png")), *arguments)
    assert code == 2
    assert says in err


def test_a_failing_network_fails_each_photo(cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(np.nan))
    code, out, err = cyclorama("cutout", str(save(tmp_path / "p.png")), str(save(tmp_path / "q.png")), "-o", "out")
    assert code == 4
    assert [line.partition("photo ")[2].partition(": ")[0] for line in err.splitlines()] == [
        str(tmp_path / "p.png"),
        str(tmp_path / "q.png"),
    ]
    assert "0 of 2 photos made and 2 failed, in " in out
    assert list(Path("out").iterdir()) == []


def test_an_empty_photo_is_an_error() -> None:
    with pytest.raises(ModelError, match="finds nothing"):
        photo_alpha(NullModel(0.0), np.zeros((20, 30, 3), np.uint8))


def test_the_best_general_network_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Entry:
        def __init__(self, name: str, *good_for: str) -> None:
            self.name, self.good_for = name, good_for

    class Installed:
        def __init__(self, entry: Entry) -> None:
            self.entry = entry

    here = [Installed(Entry("selfie", "live", "people"))]
    monkeypatch.setattr(choice.store, "list_installed", lambda: here)
    assert choice.best_model() == "selfie"
    here.append(Installed(Entry("my-net", "stills", "anything")))
    assert choice.best_model() == "my-net"
    here.append(Installed(Entry("isnet", "stills", "anything")))
    here.append(Installed(Entry("u2net", "stills", "anything")))
    assert choice.best_model() == "isnet"


def test_the_bundled_network_cuts_out_the_bundled_portrait(
    cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYCLORAMA_MODELS_DIR", str(tmp_path / "none"))
    code, out, _ = cyclorama("cutout", str(bundled_path("portrait.png")), "-o", "cut.png")
    assert code == 0
    assert "Cut out by the network selfie, on the processor." in out
    cut = np.asarray(Image.open("cut.png"))
    assert cut[100, 225, 3] == 255, "the face"
    assert cut[5, 5, 3] == 0


@pytest.mark.usefixtures("boxes")
def test_crop_scale_shadow_and_format(cyclorama: Run, tmp_path: Path) -> None:
    image = Image.new("RGB", (60, 40), (250, 240, 230))
    image.paste((20, 30, 90), (15, 10, 45, 30))  # what the network keeps
    image.save(tmp_path / "p.png")
    source = str(tmp_path / "p.png")
    for arguments, name, mode, size_wh in (
        (("--crop", "--margin", "5"), "p.png", "RGBA", (40, 30)),
        (("--crop", "--margin", "50%", "--format", "webp"), "p.webp", "RGBA", (60, 50)),
        (("--scale", "50%", "--position", "0%,0%", "-b", "color:white", "--format", "jpg"), "p.jpg", "RGB", (60, 40)),
    ):
        code, _, err = cyclorama("cutout", source, "-o", "out", *arguments)
        assert code == 0, err
        with Image.open(Path("out", name)) as image:
            assert (image.mode, image.size) == (mode, size_wh)
    placed = np.asarray(Image.open("out/p.jpg").convert("L"))
    assert placed[10, 10] < 150, "the subject"
    assert placed[30:, 40:].min() > 240
    assert cyclorama("cutout", source, "-o", "dark.png", "--crop", "--margin", "4", "--shadow")[0] == 0
    shadow = np.asarray(Image.open("dark.png"))[-4, 20]
    assert shadow[3] > 20 > shadow[:3].max()


@pytest.mark.usefixtures("boxes")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give photos"),
        (("p.png", "--watch", "."), "give photos"),
        (("p.png", "--crop", "--scale", "50%"), "--margin"),
        (("p.png", "--margin", "5%"), "--crop too"),
        (("p.png", "--scale", "5"), "1% to 100%"),
        (("p.png", "--position", "left"), "center"),
        (("p.png", "--matte-only", "--shadow"), "no shadow"),
        (("p.png", "-o", "-", "--json"), "--output FILE"),
        (("p.png", "q.png", "-o", "-"), "one file"),
        (("p.png", "--format", "jpg"), "no transparency"),
        (("--watch", "."), "other than"),
    ],
)
def test_what_does_not_go_together_is_said(arguments: tuple[str, ...], says: str, cyclorama: Run) -> None:
    save(Path("p.png"))
    code, _, err = cyclorama("cutout", *arguments)
    assert code == 2
    assert says in err
    assert err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["p.png"]


@pytest.mark.usefixtures("boxes")
def test_a_second_run_says_what_was_done_before(cyclorama: Run) -> None:
    save(Path("in/a.png"))
    cyclorama("cutout", "in", "-o", "out")
    save(Path("in/b.png"))
    code, out, _ = cyclorama("cutout", "in/*.png", "empty-*", "-o", "out")
    assert code == 3, "of the pattern"
    assert "1 of 3 photos made, 1 done before and 1 failed, in " in out
    code, out, _ = cyclorama("cutout", "in", "-o", "out", "--json")
    assert code == 0
    assert [photo["skipped"] for photo in json.loads(out)["photos"]] == [True, True]


@pytest.mark.usefixtures("boxes")
def test_beside_the_photos_a_second_run_makes_nothing_of_the_first(cyclorama: Run) -> None:
    save(Path("a.png"))
    save(Path("a.jpg"))
    for _ in range(2):
        assert cyclorama("cutout", ".")[0] == 0
    assert sorted(path.name for path in Path().iterdir()) == ["a-cutout-2.png", "a-cutout.png", "a.jpg", "a.png"]
