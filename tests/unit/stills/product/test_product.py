"""Product pictures of several photos: results, checks of the files, and orders that the shop refuses."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import F32, Frame
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.batch import batch
from cyclorama.stills.product.product import ProductOrder, ProductReport, make_products
from cyclorama.stills.product.spec import load_shops
from doubles.null_model import NullModel

SHOPS = load_shops()


def redness(frame: Frame) -> F32:
    return np.asarray(frame.pixels[:, :, 2] > 128, np.float32)


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A red box of 170x100 in a blue room, and a network that keeps what is red."""
    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(redness))
    pixels = np.full((200, 300, 3), (120, 30, 20), np.uint8)
    pixels[50:150, 60:230] = (20, 20, 200)
    cv2.imwrite(str(tmp_path / "thing.png"), pixels)
    return tmp_path / "thing.png"


def made(*sources: Path, stop: threading.Event | None = None, **order: object) -> ProductReport:
    shop = SHOPS[str(order.pop("shop", "square"))]
    return make_products(sources, ProductOrder(shop, **order), stop=stop or threading.Event())  # type: ignore[arg-type]


def test_the_picture_lies_beside_the_photo_and_its_checks_are_in_the_report(photo: Path) -> None:
    report = made(photo, side=1000)
    (result,) = report.written
    assert result.target == photo.with_name("thing-product.jpg")
    assert result.side == 1000
    assert result.enlarged == pytest.approx(SHOPS["square"].aim * 1000 / 170, rel=0.02)
    pixels = np.asarray(cv2.imread(str(result.target)), np.uint8).astype(int)
    assert (pixels[0] == 255).all() and (pixels[-1] == 255).all()
    assert np.abs(pixels[500, 500] - (20, 20, 200)).max() <= 6
    checks = {check.name: check.passed for check in result.checks}
    assert checks["border"] and checks["background"] and checks["fill"] and checks["centre"] and checks["whole"]
    assert [check.name for check in result.broken] == [name for name, passed in checks.items() if not passed]


def test_a_second_run_does_nothing_again(photo: Path, tmp_path: Path) -> None:
    assert len(made(photo, output=tmp_path / "out").written) == 1
    again = made(photo, output=tmp_path / "out")
    assert again.total == 1 and again.written == [] and again.failed == []


@pytest.mark.parametrize(
    "other", [{"side": 1000}, {"shadow": True}, {"shop": "ebay"}], ids=lambda other: next(iter(other))
)
def test_another_order_is_not_taken_for_done(photo: Path, tmp_path: Path, other: dict[str, object]) -> None:
    made(photo, output=tmp_path / "out")
    (result,) = made(photo, output=tmp_path / "out", **other).failed
    assert "--overwrite" in str(result.error)


def test_people_are_looked_for_in_the_photo(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(1.0))
    (result,) = made(bundled_path("portrait.png"), output=tmp_path / "out").written
    assert result.notes[0].startswith("a person seems to be in the picture")


def test_a_photo_that_cannot_be_read_fails_alone(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    report = made(photo, tmp_path / "broken.jpg", output=tmp_path / "out")
    assert [result.source.name for result in report.results] == ["thing.png", "broken.jpg"], (
        "in the order of the photos"
    )
    assert [result.source.name for result in report.failed] == ["broken.jpg"]
    assert [result.source.name for result in report.written] == ["thing.png"]


def test_after_stop_no_photo_is_started(photo: Path) -> None:
    stop = threading.Event()
    stop.set()
    report = made(photo, stop=stop)
    assert (report.total, report.results) == (1, [])
    assert not photo.with_name("thing-product.jpg").exists()


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ({"shop": "amazon", "transparent": True}, "wants white"),
        ({"shop": "amazon", "side": 1}, "--size 1: .* takes"),
        ({"shop": "square", "suffix": ".webp"}, "takes .*, not webp"),
        ({"output": Path("-")}, "reads and writes files"),
    ],
)
def test_orders_that_the_shop_refuses(photo: Path, order: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        made(photo, **order)
