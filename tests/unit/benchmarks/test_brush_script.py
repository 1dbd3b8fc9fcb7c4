"""``benchmarks/brush.py``, and with it the brush on photos whose alpha is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.matting.open import open_model
from cyclorama.stills.cut_out.alpha import photo_alpha

PHOTOS = ("room_720p", "a_desk720", "woman_hair")


@pytest.fixture
def brush(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("brush")


def disc() -> tuple[U8, U8]:
    """A red disc in a blue room, and its alpha."""
    rng = np.random.default_rng(0)
    alpha8 = np.zeros((240, 240), np.uint8)
    cv2.circle(alpha8, (120, 120), 70, 255, -1)
    colors = np.where(alpha8[..., None] > 0, (40, 50, 180), (170, 110, 60)) + rng.normal(0, 6, (240, 240, 3))
    return np.clip(colors, 0, 255).astype(np.uint8), alpha8


def test_strokes_stay_on_their_side(brush: ModuleType) -> None:
    _, true8 = disc()
    depth = brush.signed_depth(true8 > 127)
    for kind in brush.KINDS:
        rng = np.random.default_rng(3)
        damaged, changed = brush.damage(true8, depth, kind, 20, rng)
        assert (damaged != true8).any() and (cv2.absdiff(damaged, true8) > 13)[changed].all()
        keep = kind not in brush.KEPT_ROOM
        strokes = brush.strokes_over(changed, depth if keep else -depth, 12, keep=keep, rng=rng)
        assert 1 <= len(strokes) <= brush.STROKES
        for stroke in strokes:
            x, y = np.rint(np.array(stroke.points_xy)).astype(int).T
            inside = depth[y, x] if keep else -depth[y, x]
            assert inside.min() > 4, "at most the outer half of the brush reaches over the outline"


def test_figures_tell_a_brush_from_none(brush: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, true8 = disc()
    row, damaged, mended, _ = brush.mend("disc", pixels, true8, true8, "bite", 12.0, 20.0, 0)
    assert row.damaged > 200 and row.mended < 10 and row.matte == 0
    assert cv2.absdiff(mended, true8).sum() < cv2.absdiff(damaged, true8).sum() / 20
    monkeypatch.setattr(brush, "retouch", lambda pixels, alpha8, strokes: alpha8)
    row, *_ = brush.mend("disc", pixels, true8, true8, "bite", 12.0, 20.0, 0)
    assert row.mended == row.damaged and row.excess > 100


def test_a_table_and_json(
    brush: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels, true8 = disc()
    (tmp_path / "a.alpha.mkv").touch()
    monkeypatch.setattr(brush, "frame_of", lambda path, number, pixel_format: (true8, pixels)[pixel_format == "bgr24"])
    monkeypatch.setattr(brush, "photo_alpha", lambda network, pixels: true8)
    monkeypatch.setattr("sys.argv", ["brush.py", str(tmp_path), "--radius", "12", "--seeds", "1", "--json"])
    assert brush.main() == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["kind"] for row in rows} == set(brush.KINDS)
    assert all(row["mended"] < row["damaged"] / 4 for row in rows)
    monkeypatch.setattr("sys.argv", ["brush.py", str(tmp_path), "--radius", "12", "--seeds", "1"])
    assert brush.main() == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("all")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", PHOTOS)
def test_five_strokes_bring_back_the_matte(brush: ModuleType, shared: Path, name: str) -> None:
    pixels = brush.frame_of(shared / "eval" / f"{name}.mp4", 20, "bgr24")
    true8 = brush.frame_of(shared / "eval" / f"{name}.alpha.mkv", 20, "gray")
    with open_model("selfie") as network:
        matte8 = photo_alpha(network, pixels)
    for kind in ("bite", "strip", "hole", "bump"):
        row, _, _, strokes = brush.mend(name, pixels, true8, matte8, kind, 16.0, 28.0, 0)
        assert len(strokes) <= 5 and row.damaged > 2 * row.matte
        assert row.excess <= 0.1, row
