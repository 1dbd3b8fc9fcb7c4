"""What is taken of a stranger, and what is refused before it is decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from cyclorama.clips import probe
from cyclorama.clips.probe import ClipFacts, probe_clip
from cyclorama.core.errors import CaptureError

Clips = Callable[..., Path]


@pytest.fixture
def moving_webp(tmp_path: Path) -> Path:
    """Two pictures of 64x48."""
    first, second = (Image.new("RGB", (64, 48), (level, 0, 0)) for level in (80, 160))
    first.save(tmp_path / "a.webp", save_all=True, append_images=[second], duration=100)
    return tmp_path / "a.webp"


def test_what_a_clip_is(make_clip: Clips) -> None:
    facts, first = probe_clip(make_clip("clip.mp4", 25))
    assert facts == ClipFacts(pytest.approx(2.5), (64, 48), 10.0)
    assert first.shape == (48, 64, 3)


@pytest.mark.parametrize("kind", ["clip", "webp"])
def test_a_clip_may_have_so_many_pixels_and_not_one_more(
    make_clip: Clips, moving_webp: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = make_clip("clip.mp4", 2) if kind == "clip" else moving_webp
    monkeypatch.setattr(probe, "MOST_PIXELS", 64 * 48)
    assert probe_clip(path)[0].size_wh == (64, 48)
    monkeypatch.setattr(probe, "MOST_PIXELS", 64 * 48 - 1)
    with pytest.raises(CaptureError, match=r" is too large \(64x48 pixels\): scale it down$"):
        probe_clip(path)


def test_what_its_header_calls_too_large_is_not_decoded(make_clip: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "MOST_PIXELS", 64 * 48 - 1)
    monkeypatch.setattr(probe, "open_clip", lambda path: pytest.fail("opened for decoding"))
    with pytest.raises(CaptureError, match="is too large"):
        probe_clip(make_clip("clip.mp4", 2))


@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_a_picture_is_no_clip(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"still.{suffix}"
    Image.new("RGB", (64, 48)).save(path)
    with pytest.raises(CaptureError, match=r"still\.\w+ is (a picture, not a video|no video that is taken here)"):
        probe_clip(path)
