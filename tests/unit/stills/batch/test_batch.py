"""Batches: one network for all, several photos under way, nothing done twice, nothing kept."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.core.frames import F32, U8, Frame
from cyclorama.pictures.encode import save_picture
from cyclorama.pictures.photo import Photo, read_photo
from cyclorama.stills.batch import batch
from cyclorama.stills.batch.batch import CutOutOrder, CutOutReport, CutOutResult, cut_out_photos
from cyclorama.stills.cut_out.cutter import Look
from cyclorama.stills.cut_out.layout import Placing
from doubles.null_model import NullModel

Cut = Callable[..., CutOutReport]


def middle(frame: Frame) -> F32:
    alpha = np.zeros((64, 64), np.float32)
    alpha[16:48, 16:48] = 1
    return alpha


def redness(frame: Frame) -> F32:
    """Keeps what is red."""
    return np.asarray(frame.pixels[:, :, 2] > 128, np.float32)


def save(path: Path, box: tuple[int, int, int, int] = (20, 10, 40, 30), **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    room = np.random.default_rng(1).integers(0, 120, (4, 6, 3), np.uint8)
    image = Image.fromarray(room).resize((60, 40), Image.Resampling.NEAREST)
    image.paste((200, 30, 20), box)
    image.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Cut:
    """Run a batch with a network that keeps what is red."""
    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(redness))

    def run(
        *sources: Path,
        look: Look = Look(),  # noqa: B008
        stop: threading.Event | None = None,
        on_done: Callable[[CutOutResult, int], None] = lambda result, total: None,
        **order: object,
    ) -> CutOutReport:
        return cut_out_photos(
            sources,
            CutOutOrder(**order),
            look,
            stop=stop or threading.Event(),
            on_done=on_done,  # type: ignore[arg-type]
        )

    return run


def test_a_second_run_does_what_is_left(cut: Cut, tmp_path: Path) -> None:
    photos, out = tmp_path / "in", tmp_path / "out"
    for name in ("a.png", "b.jpg"):
        save(photos / name)
    assert len(cut(photos, output=out).written) == 2
    before = (out / "a.png").stat().st_mtime_ns, (out / "b.png").stat().st_mtime_ns
    save(photos / "deep" / "a.png")
    save(photos / "a.webp")
    again = cut(photos, output=out, recursive=True)
    assert ([result.source.name for result in again.skipped], len(again.written)) == (["a.png", "b.jpg"], 2)
    assert ((out / "a.png").stat().st_mtime_ns, (out / "b.png").stat().st_mtime_ns) == before
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.png")} == {
        "a.png", "a-2.png", "b.png", "deep/a.png"}  # fmt: skip


def test_what_is_not_the_same_is_not_skipped_nor_lost(cut: Cut, tmp_path: Path) -> None:
    photo, out = save(tmp_path / "a.png"), tmp_path / "out"
    cut(photo, output=out)
    made = (out / "a.png").read_bytes()
    other_look = cut(photo, output=out, look=Look(placing=Placing(crop=True)))
    with_place = cut(photo, output=out, keep_gps=True)
    save(photo, (0, 0, 50, 20))
    other_photo = cut(photo, output=out)
    for report in (other_look, with_place, other_photo):
        (result,) = report.failed
        assert isinstance(result.error, SinkError)
        assert "--overwrite" in str(result.error)
    assert (out / "a.png").read_bytes() == made
    assert len(cut(photo, output=out, overwrite=True).written) == 1
    assert (out / "a.png").read_bytes() != made


def test_what_is_to_be_overwritten_is_made_anew(cut: Cut, tmp_path: Path) -> None:
    photo = save(tmp_path / "a.png")
    for _ in range(2):
        report = cut(photo, output=tmp_path / "out", overwrite=True)
        assert (len(report.written), len(report.skipped)) == (1, 0)


def test_a_background_is_not_written_over(cut: Cut, tmp_path: Path) -> None:
    photo, behind = save(tmp_path / "in" / "a.png"), save(tmp_path / "a.png")
    data, look = behind.read_bytes(), Look(str(behind))
    with pytest.raises(SettingsError, match="both input and output"):
        cut(photo, output=behind, look=look, overwrite=True)
    (result,) = cut(photo, output=tmp_path, look=look, overwrite=True).written
    assert result.target == tmp_path / "a-2.png" and behind.read_bytes() == data


def test_another_background_of_the_same_name_is_another(cut: Cut, tmp_path: Path) -> None:
    photo, behind = save(tmp_path / "a.png"), save(tmp_path / "behind.png")
    look = Look(str(behind))
    assert len(cut(photo, output=tmp_path / "out", look=look).written) == 1
    assert len(cut(photo, output=tmp_path / "out", look=look).skipped) == 1
    os.utime(behind, ns=(0, 0))
    assert len(cut(photo, output=tmp_path / "out", look=look).failed) == 1


def test_results_come_in_order_and_the_network_takes_one_at_a_time(
    cut: Cut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, most, together = 0, 0, 0
    reading = threading.Barrier(3, timeout=10)

    def alone(frame: Frame) -> F32:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.002)
        inside -= 1
        return middle(frame)

    def read(source: Path, **options: bool) -> Photo:
        nonlocal together
        first = reading.wait() == 0
        if first:
            together += 1
        return read_photo(source, **options)

    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(alone))
    monkeypatch.setattr(batch, "read_photo", read)
    photos = [save(tmp_path / f"{number}.png") for number in range(9)]
    report = cut(*photos, output=tmp_path / "out", jobs=3)
    assert [result.source for result in report.results] == photos
    assert not report.failed
    assert (most, together) == (1, 3), "three were read at the same time, three times"


def test_photos_are_let_go_of(cut: Cut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = most = 0

    def gone() -> None:
        nonlocal alive
        alive -= 1

    def read(source: Path, **options: bool) -> Photo:
        nonlocal alive, most
        photo = read_photo(source, **options)
        weakref.finalize(photo.pixels, gone)
        alive += 1
        most = max(most, alive)
        return photo

    def write(path: Path, pixels: U8, **options: Any) -> None:
        assert alive == 0, "with what was made of it, a photo would need twice the memory"
        save_picture(path, pixels, **options)

    monkeypatch.setattr(batch, "read_photo", read)
    photos = [save(tmp_path / f"{number}.png") for number in range(12)]
    report = cut(*photos, output=tmp_path / "out")
    assert len(report.written) == 12
    assert most <= 2
    monkeypatch.setattr(batch, "save_picture", write)
    assert len(cut(*photos, output=tmp_path / "again", jobs=1).written) == 12


def test_a_background_is_in_the_colours_of_the_photo(cut: Cut, tmp_path: Path) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"  # what is called red is green
    cut(save(tmp_path / "a.png", icc_profile=bytes(profile)), output=tmp_path, look=Look("color:#00ff00"))
    with Image.open(tmp_path / "a-2.png") as image:
        assert image.info["icc_profile"] == profile
        assert np.abs(np.asarray(image)[2, 2].astype(int) - (255, 0, 0)).max() <= 2


@pytest.mark.parametrize("background", ["transparent", "matte", "color:#00ff00"])
def test_what_is_transparent_in_the_photo_stays_so(
    background: str, tmp_path: Path, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(lambda frame: np.ones((64, 64), np.float32)))
    alpha = np.full((40, 60), 255, np.uint8)
    alpha[:10], alpha[10:20] = 0, 100
    image = Image.new("RGB", (60, 40), (200, 30, 20))
    image.putalpha(Image.fromarray(alpha))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    image.save(tmp_path / "a.png", exif=exif)
    image.convert("LA").save(tmp_path / "grey.png", exif=exif)
    image.quantize(8).save(tmp_path / "palette.png", exif=exif)
    report = cut(*sorted(tmp_path.glob("*.png")), output=tmp_path / "out", look=Look(background))
    assert len(report.written) == 3
    for path in (tmp_path / "out").iterdir():
        out = np.asarray(Image.open(path)).astype(int)
        if background == "color:#00ff00":
            assert (out[-5, 30] == (0, 255, 0)).all()
            assert out[-15, 30, 1] >= 150, "it shows through"
        else:
            kept = out if background == "matte" else out[..., 3]
            assert np.abs(kept - alpha[::-1]).max() <= 1


def test_a_stop_leaves_the_rest(cut: Cut, tmp_path: Path) -> None:
    stop = threading.Event()
    photos = [save(tmp_path / f"{number}.png") for number in range(6)]
    report = cut(*photos, output=tmp_path / "out", stop=stop, on_done=lambda result, total: stop.set(), jobs=1)
    assert report.total == 6
    assert 1 <= len(report.results) < 6


def test_a_blurred_room_knows_nothing_of_the_photo_before(cut: Cut, tmp_path: Path) -> None:
    first, second = save(tmp_path / "a.png", (0, 0, 30, 40)), save(tmp_path / "b.png", (40, 10, 50, 30))
    cut(first, second, output=tmp_path / "both", look=Look("blur"), jobs=1)
    cut(second, output=tmp_path / "alone", look=Look("blur"))
    both, alone = (np.asarray(Image.open(tmp_path / name / "b.png")) for name in ("both", "alone"))
    assert (both == alone).all()


def test_a_cropped_blur_lines_up_with_the_room(cut: Cut, tmp_path: Path) -> None:
    photo = save(tmp_path / "a.png")
    cut(photo, output=tmp_path / "whole", look=Look("blur", shadow=True))
    cut(photo, output=tmp_path / "crop", look=Look("blur", shadow=True, placing=Placing(crop=True)))
    whole, crop = (np.asarray(Image.open(tmp_path / name / "a.png")).astype(int) for name in ("whole", "crop"))
    (top, left), (crop_top, crop_left) = (np.argwhere(image[..., 0] > 180).min(axis=0) for image in (whole, crop))
    part = whole[top - crop_top :, left - crop_left :][: crop.shape[0], : crop.shape[1]]
    assert crop.shape[1] > 22, "with room for the shadow beside it"
    assert np.abs(crop[: part.shape[0], : part.shape[1]] - part).max() <= 2


def test_keep(cut: Cut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = NullModel(redness, fine=True)
    monkeypatch.setattr(batch, "open_model", lambda name: network)
    image = Image.new("RGB", (400, 400), (20, 90, 30))
    for box in ((20, 20, 220, 380), (300, 20, 380, 120), (300, 300, 310, 310)):
        image.paste((200, 30, 20), box)
    image.save(tmp_path / "three.png")
    places = {"man": (200, 120), "child": (60, 340), "speck": (305, 305)}
    kept = {}
    for keep in ("all", "largest", "original"):
        cut(tmp_path / "three.png", output=tmp_path / keep, look=Look("matte", keep=keep))  # type: ignore[arg-type]
        matte = np.asarray(Image.open(tmp_path / keep / "three.png"))
        kept[keep] = {name for name, place in places.items() if matte[place] > 127}
    assert kept == {"largest": {"man"}, "all": {"man", "child"}, "original": {"man", "child", "speck"}}


def test_photos_keep_profile_and_date_but_not_the_place(cut: Cut, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    exif.get_ifd(0x8825)[1] = "N"
    photo = save(tmp_path / "a.jpg", exif=exif, dpi=(300, 300))
    cut(photo, output=tmp_path / "out")
    cut(photo, output=tmp_path / "gps", keep_gps=True)
    for folder, place in (("out", {}), ("gps", {1: "N"})):
        with Image.open(tmp_path / folder / "a.png") as image:
            kept = image.getexif()
            assert kept.get_ifd(0x8769)[0x9003] == "2024:05:06 07:08:09"
            assert kept.get_ifd(0x8825) == place
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)


def test_a_place_that_cannot_be_written_fails_each_photo(cut: Cut, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    report = cut(save(tmp_path / "a.png"), save(tmp_path / "b.png"), output=tmp_path / "file" / "out")
    assert [type(result.error) for result in report.failed] == [SinkError, SinkError]
