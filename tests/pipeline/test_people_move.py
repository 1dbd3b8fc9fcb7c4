"""The room is not shown when people move: scenes with real people and networks, in which it has shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from cyclorama.matting.base import MattingModel
from cyclorama.matting.open import open_model
from cyclorama.models import store
from cyclorama.settings.values import MattingSettings

FRAMES = 64


@pytest.fixture(params=["selfie", "rvm"])
def model(
    request: pytest.FixtureRequest, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MattingModel]:
    if request.param == "rvm":
        monkeypatch.setenv("CYCLORAMA_MODELS_DIR", str(tmp_path))
        store.import_file(shared / "models" / "rvm_mobilenetv3_fp32.onnx", "rvm", "rvm")
    with open_model(request.param, "cpu", "balanced" if request.param == "selfie" else "fast", live=True) as opened:
        yield opened


@pytest.mark.parametrize("late_frames", [0, 2, 5])
@pytest.mark.parametrize("name", ["two", "blink", "walk", "cross", "duck"])
def test_no_block_of_the_room_is_shown(
    name: str, late_frames: int, model: MattingModel, moving: ModuleType, shared: Path
) -> None:
    people = shared / "eval" / "room_720p.mp4", shared / "eval" / "a_knit.mp4"
    shown = list(moving.show(model, moving.scene(name, FRAMES, *people), late_frames))
    assert [index for index, frame in enumerate(shown) if frame.is_breach] == []
    assert len(shown) == FRAMES and all(frame.matte.seq == index for index, frame in enumerate(shown))
    seen = [frame for frame in shown if frame.matte.alpha.mean() > 5]
    assert len(seen) > FRAMES / 8, "and the people are"


@pytest.mark.parametrize("settings", [{"every": 60}, {"every": 4, "smooth": 0.0}, {"every": 1, "smooth": 1.0}])
def test_nor_whatever_the_settings_are(
    settings: dict[str, float], model: MattingModel, moving: ModuleType, shared: Path
) -> None:
    people = shared / "eval" / "room_720p.mp4", shared / "eval" / "a_knit.mp4"
    shown = moving.show(model, moving.scene("two", FRAMES, *people), 2, MattingSettings(**settings))
    assert [index for index, frame in enumerate(shown) if frame.is_breach] == []
