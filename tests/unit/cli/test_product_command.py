"""``cyclorama product``: batches, reports, failures; real files, decoded again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from cyclorama.core.frames import F32, U8, Frame
from cyclorama.stills.batch import batch
from cyclorama.stills.product import product
from doubles.null_model import NullModel

Run = Callable[..., tuple[int, str, str]]


def disc(frame: Frame) -> F32:
    """Alpha of a disc in the middle, for photos of one on a table."""
    height, width = frame.pixels.shape[:2]
    alpha = np.zeros((height, width), np.float32)
    cv2.circle(alpha, (width // 2, height // 2), height // 3, 1.0, -1)
    return alpha


@pytest.fixture
def discs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(disc))


def plate(path: Path, size_wh: tuple[int, int] = (900, 600)) -> Path:
    width, height = size_wh
    table = np.full((height, width, 3), (40, 60, 80), np.uint8)
    cv2.circle(table, (width // 2, height // 2), height // 3, (60, 30, 200), -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), table)
    return path


@pytest.mark.usefixtures("discs")
def test_a_folder_for_a_shop(cyclorama: Run, empty_folder: Path) -> None:
    plate(empty_folder / "in" / "a.png", (2700, 1800))
    plate(empty_folder / "in" / "b.jpg", (300, 200))
    (empty_folder / "in" / "c.jpg").write_bytes(b"broken")
    code, said, err = cyclorama("product", "in", "x*.png", "--for", "amazon", "-o", "shop", "--json")
    assert code == 3 and err.count("cyclorama: error: photo in/c.jpg") == 1, err
    assert err.count("cyclorama: error: pattern x*.png: there is no photo") == 1
    report = json.loads(said)
    assert report["total"] == 4 and report["failed"] == 2
    assert report["shop"]["source"] and report["shop"]["checked"].startswith("2026")
    sides = {Path(photo["source"]).name: photo["side"] for photo in report["photos"]}
    assert sides == {"a.png": 1334, "b.jpg": 1000, "c.jpg": None, "x*.png": None}
    errors = {Path(photo["source"]).name: photo["error"] for photo in report["photos"]}
    assert errors["a.png"] is errors["b.jpg"] is None and "in/c.jpg is no picture" in errors["c.jpg"]
    assert "there is no photo" in errors["x*.png"]
    enlarged = {Path(photo["source"]).name: photo["enlarged"] for photo in report["photos"]}
    assert enlarged["a.png"] == 1 and enlarged["b.jpg"] > 6
    for name in ("a.jpg", "b.jpg"):
        with Image.open(empty_folder / "shop" / name) as image:
            pixels = np.asarray(image)
        assert pixels.shape[0] == pixels.shape[1]
        for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
            assert (edge == 255).all()
        seen = np.flatnonzero((pixels < 200).any(axis=2).any(axis=0))
        assert np.ptp(seen) / len(pixels) == pytest.approx(0.9, abs=0.01)
        assert abs(seen.mean() - len(pixels) / 2) < 3


@pytest.mark.usefixtures("discs")
def test_what_a_person_reads(cyclorama: Run, empty_folder: Path) -> None:
    plate(empty_folder / "cup.png", (150, 100))
    code, said, err = cyclorama("product", "cup.png", "--for", "ebay", "--shadow")
    assert code == 0, err
    lines = said.splitlines()
    assert lines[0] == "cup-product.jpg, from cup.png"
    assert sum(line.startswith("  kept ") for line in lines) == 8 and "BROKEN" not in said
    assert "enlarged" in said and "no sharper than the photo" in said
    assert "1 of 1 photo made, in " in said and "The rules are those of eBay, listing photo, read on 2026-" in said
    pixels = np.asarray(Image.open("cup-product.jpg").convert("L")).astype(int)
    below = pixels[len(pixels) * 93 // 100 + 2, len(pixels) // 2]
    assert 0 < below < 250, "a shadow"


def test_a_second_thing_is_said(cyclorama: Run, empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def two(frame: Frame) -> F32:
        alpha = disc(frame)
        alpha[:160, :160] = 1.0
        return alpha

    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(two))
    plate(empty_folder / "cup.png")
    _, said, _ = cyclorama("product", "cup.png", "--for", "ebay")
    assert "  note  2 separate things are in the picture" in said
    _, said, _ = cyclorama("product", "cup.png", "--for", "ebay", "--overwrite", "--json")
    (note,) = json.loads(said)["photos"][0]["notes"]
    assert "option keep: largest" in note


@pytest.mark.usefixtures("discs")
def test_a_rule_that_is_broken_is_another_exit_code(cyclorama: Run, empty_folder: Path) -> None:
    plate(empty_folder / "cup.png", (150, 100))
    code, said, err = cyclorama("product", "cup.png", "--for", "google")
    assert code == 6 and not err
    assert next(line for line in said.splitlines() if line.startswith("  BROKEN")).split()[1] == "resolution"
    assert "The rules are those of Google Shopping" in said and "  do this: take the photo from nearer" in said
    assert (empty_folder / "cup-product.jpg").is_file()


@pytest.mark.usefixtures("discs")
def test_the_checks_are_of_the_file_and_not_of_what_was_meant(
    cyclorama: Run, empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = product.save_picture

    def smudged(path: Path, picture: U8, **options: Any) -> None:
        picture = picture.copy()
        picture[0, 7] = 200
        real(path, picture, **options)

    monkeypatch.setattr(product, "save_picture", smudged)
    plate(empty_folder / "cup.png")
    code, said, _ = cyclorama("product", "cup.png", "--for", "ebay")
    assert code == 6
    assert "border" in [line.split()[1] for line in said.splitlines() if line.startswith("  BROKEN")]


@pytest.mark.usefixtures("discs")
def test_transparent_and_a_size_of_ones_own(cyclorama: Run, empty_folder: Path) -> None:
    plate(empty_folder / "cup.png")
    code, _, err = cyclorama("product", "cup.png", "--for", "square", "--transparent", "--size", "700", "-o", "out.png")
    assert code == 0, err
    with Image.open("out.png") as image:
        assert image.mode == "RGBA" and image.size == (700, 700)
        assert image.getchannel("A").getextrema() == (0, 255)


@pytest.mark.usefixtures("discs")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["cup.png"], 2, "whose rules"),
        (["--for", "amazon"], 2, "give photos"),
        (["cup.png", "--for", "etsy"], 2, "etsy"),
        (["cup.png", "--for", "amazon", "--transparent"], 2, "wants white"),
        (["cup.png", "--for", "google", "--transparent", "-o", "cup.jpg"], 2, "no transparency"),
        (["cup.png", "--for", "amazon", "-o", "cup.webp"], 2, "takes jpg, png"),
        (["cup.png", "--for", "amazon", "--size", "800"], 2, "1000 to 10000"),
        (["cup.png", "--for", "amazon", "-o", "cup.png"], 2, "both input and output"),
        (["cup.png", "also.png", "--for", "amazon", "-o", "one.jpg"], 2, "give a folder"),
        (["-", "--for", "amazon"], 2, "reads and writes files"),
        (["absent.png", "--for", "amazon"], 3, "absent.png"),
        (["also.png", "--for", "amazon"], 3, "also.png"),
        (["cup.png", "--for", "amazon", "-o", "there.jpg"], 5, "there.jpg exists"),
    ],
)
def test_what_cannot_be_done(cyclorama: Run, empty_folder: Path, arguments: list[str], code: int, says: str) -> None:
    plate(empty_folder / "cup.png")
    (empty_folder / "also.png").write_bytes(b"no picture")
    (empty_folder / "there.jpg").write_bytes(b"mine")
    before = sorted(empty_folder.iterdir())
    got, _, err = cyclorama("product", *arguments)
    assert got == code, err
    assert says in err and err.count("\n") == 1, err
    assert sorted(empty_folder.iterdir()) == before and (empty_folder / "there.jpg").read_bytes() == b"mine"


def test_a_second_run_does_what_is_not_done(cyclorama: Run, empty_folder: Path, discs: None) -> None:
    plate(empty_folder / "cup.png")
    assert cyclorama("product", ".", "--for", "square")[0] == 0
    plate(empty_folder / "saucer.png")
    code, said, _ = cyclorama("product", ".", "--for", "square", "--json")
    assert code == 0, "nothing is made of what the first run made"
    assert [(Path(photo["source"]).name, photo["passed"]) for photo in json.loads(said)["photos"]] == [
        ("cup.png", None),
        ("saucer.png", True),
    ]
    code, said, _ = cyclorama("product", ".", "--for", "square")
    assert code == 0 and "0 of 2 photos made and 2 done before, in " in said
    assert cyclorama("product", ".", "--for", "google")[0] == 5, "another picture of that name is there"
    names = sorted(path.name for path in empty_folder.iterdir())
    assert names == ["cup-product.jpg", "cup.png", "saucer-product.jpg", "saucer.png"]


def test_the_rules_can_be_read(cyclorama: Run) -> None:
    code, said, _ = cyclorama("product", "--shops")
    assert code == 0
    for word in ("amazon", "google", "ebay", "square", "6324350", "2026-"):
        assert word in said


def test_a_real_photo(cyclorama: Run, empty_folder: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A man on a runway, by ISNet: white wherever he is not, and nothing left of the runway."""
    monkeypatch.setenv("CYCLORAMA_MODELS_DIR", str(empty_folder / "models"))
    network = shared / "models" / "isnet_general_q8.onnx"
    assert cyclorama("models", "import", str(network), "--name", "isnet")[0] == 0
    photo = shared / "photos" / "shirt.jpg"
    code, said, err = cyclorama("product", str(photo), "--for", "amazon", "-o", "shirt.jpg", "--json")
    assert code == 0, err
    (result,) = json.loads(said)["photos"]
    assert result["passed"] and result["enlarged"] == 1 and result["side"] == pytest.approx(1168, abs=12)
    pixels = np.asarray(Image.open("shirt.jpg")).astype(int)
    white = (pixels == 255).all(axis=2)
    assert 0.8 < white.mean() < 0.88
    assert white[:, :300].all() and white[:, -300:].all()


@pytest.mark.usefixtures("discs")
def test_what_is_transparent_in_the_photo_is_no_product(cyclorama: Run, empty_folder: Path) -> None:
    plate(empty_folder / "cup.png", (600, 600))
    with Image.open("cup.png") as image:
        cut = image.convert("RGBA")
    cut.paste((255, 255, 255, 0), (0, 0, 300, 600))  # its left half
    cut.save("half.png")
    code, said, err = cyclorama("product", "half.png", "--for", "square", "--transparent")
    assert code == 0, said + err
    _, _, width, height = cv2.boundingRect(np.asarray(Image.open("half-product.png").getchannel("A")))
    assert width / height == pytest.approx(0.5, abs=0.02)
