"""What the commands for photos say at their end: how many of how many, what is left, what to do next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cyclorama.cli.still_report import cutout_text, headshot_text, product_text
from cyclorama.core.errors import CaptureError
from cyclorama.matting.base import ModelInfo
from cyclorama.stills.batch.batch import CutOutReport, CutOutResult
from cyclorama.stills.headshot.headshot import HeadshotReport, Shot
from cyclorama.stills.product.check import ProductCheck
from cyclorama.stills.product.product import ProductReport, ProductResult
from cyclorama.stills.product.spec import load_shops

SELFIE = ModelInfo("selfie", "LiteRT, CPU (XNNPACK)", "float32", "256x256")
ISNET = replace(SELFIE, name="isnet")
AGAIN = "Next: run the same again: what is made is kept, the rest is made"
MEND = "Next: mend what failed, then run the same again: what is made is kept"
DAMAGED = CaptureError("photo c.png is damaged")
FULL, SIDE = (ProductCheck(name, name == "side", "70 %", "85 %", "go nearer") for name in ("fill", "side"))
KEPT = ProductResult(Path("a.png"), Path("a.jpg"), 0.5, 1000, 1.0, [SIDE])
BROKEN = ProductResult(Path("b.png"), Path("b.jpg"), 0.5, 1000, 1.0, [FULL, FULL, SIDE], ["a hand is in the picture"])
BEFORE = ProductResult(Path("d.png"), Path("d.jpg"))
FAILED = ProductResult(Path("c.png"), None, error=DAMAGED)


def products(*results: ProductResult, total: int, model: ModelInfo = ISNET) -> list[str]:
    return product_text(ProductReport(model, load_shops()["amazon"], 12.0, total, list(results))).splitlines()


def test_pictures_for_a_shop() -> None:
    lines = products(KEPT, BROKEN, BEFORE, total=3)
    assert lines[0] == "a.jpg, from a.png" and lines[1].split() == ["kept", "side", "70", "%", "wanted:", "85", "%"]
    at = lines.index("b.jpg, from b.png")
    assert [line.split()[0] for line in lines[at + 1 : at + 4]] == ["BROKEN", "BROKEN", "kept"]
    assert lines[at + 4 : at + 7] == ["  do this: go nearer"] * 2 + ["  note  a hand is in the picture"]
    assert lines[at + 7 : at + 9] == [
        "2 of 3 photos made and 1 done before, in 12 seconds.",
        "1 of them against a rule.",
    ]
    assert not lines[-1].startswith("Next")


@pytest.mark.parametrize(
    ("results", "total", "model", "following"),
    [
        ([KEPT], 2, SELFIE, AGAIN),
        ([KEPT, FAILED], 3, ISNET, AGAIN),
        ([KEPT, FAILED], 2, SELFIE, MEND),
        ([KEPT], 1, SELFIE, "Next: cyclorama models pull isnet gets a network for things"),
    ],
    ids=["stopped", "stopped after a failure", "failed", "by the network for people"],
)
def test_what_is_not_made_of_a_shop_s_pictures_comes_first(
    results: list[ProductResult], total: int, model: ModelInfo, following: str
) -> None:
    lines = products(*results, total=total, model=model)
    assert lines[-1].startswith(following)
    failed, left = results.count(FAILED), total - len(results)
    (outcome,) = (line for line in lines if f" of {total} photo" in line)
    assert "done before" not in outcome
    assert ("1 failed" in outcome) is bool(failed) and ("1 left" in outcome) is bool(left)


def test_one_photo_that_failed_has_said_all() -> None:
    assert products(FAILED, total=1) == []
    report = CutOutReport(SELFIE, "transparent", 1.0, 1, [CutOutResult(Path("c.png"), None, error=DAMAGED)])
    assert cutout_text(report, rows=True) == ""


@pytest.mark.parametrize(("left", "failed", "following"), [(1, 0, AGAIN), (1, 1, AGAIN), (0, 1, MEND)])
def test_cut_outs(left: int, failed: int, following: str) -> None:
    written = CutOutResult(Path("a.png"), Path("a-cutout.png"), 0.42, (600, 400))
    results = [written, CutOutResult(Path("c.png"), None, error=DAMAGED)][: 1 + failed]
    report = CutOutReport(SELFIE, "transparent", 75.0, len(results) + left, results)
    lines = cutout_text(report, rows=True).splitlines()
    assert lines[0] == "  a-cutout.png  from a.png,  600x400,  0.4 seconds"
    assert lines[1].startswith(f"1 of {report.total} photos made") and lines[1].endswith("in 1 minute 15 seconds.")
    assert lines[-1] == following
    assert not cutout_text(report, rows=False).startswith("  a-cutout.png")


@pytest.mark.parametrize("slope", [3.2, -3.2, 0.4])
def test_portraits(slope: float) -> None:
    shot = Shot(Path("me-headshot.jpg"), "square", "studio-grey", (1024, 1024), 1.0, 1.0)
    report = HeadshotReport("me.jpg", SELFIE, slope, 1, None, None, None, [shot])
    text = headshot_text(report)
    assert text.startswith("1 portrait made from me.jpg:\n  me-headshot.jpg  1024x1024,  square, before studio-grey\n")
    assert ("The head was turned upright by 3.2 degrees." in text) is (abs(slope) > 1)
    assert "faces are in the picture" not in text and "--sheet sheet.jpg" in text
    more = headshot_text(replace(report, faces=2, time_s=1.5, sheet=Path("all.jpg"), shots=[shot, shot]))
    assert more.startswith("2 portraits made from me.jpg, of its best moment, at 1.50 seconds:")
    assert "2 faces are in the picture; this is the largest." in more
    assert "all.jpg shows them all" in more and "Next" not in more
