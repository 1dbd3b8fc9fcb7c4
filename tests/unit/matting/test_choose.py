"""``--model auto``."""

from __future__ import annotations

import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cyclorama.core.errors import ModelError
from cyclorama.matting import choose
from cyclorama.matting.networks.onnx.rvm import RvmModel
from cyclorama.matting.open import open_model
from cyclorama.models import store


@pytest.fixture(autouse=True)
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv(store.VARIABLE, str(folder))
    return folder


def install(name: str, networks: ModuleType, tmp_path: Path) -> None:
    store.import_file(networks.installed(name, tmp_path).path, name, None)


def slow_down(monkeypatch: pytest.MonkeyPatch, balanced_s: float) -> None:
    """Make RVM take this long at its balanced look, and in proportion at the others."""
    real: Any = RvmModel.predict

    def predict(self: RvmModel, frame: Any) -> Any:
        time.sleep(balanced_s * self.costs[self.quality] / self.costs["balanced"])
        return real(self, frame)

    monkeypatch.setattr(RvmModel, "predict", predict)


def test_with_nothing_else_installed_it_is_the_bundled_one() -> None:
    for live in (True, False):
        with open_model("auto", live=live) as model:
            assert model.info.name == "selfie"


def test_for_files_it_is_the_best_installed(networks: ModuleType, tmp_path: Path) -> None:
    install("modnet", networks, tmp_path)
    with open_model("auto") as model:
        assert model.info.name == "modnet (auto: the best installed)"
    install("rvm", networks, tmp_path)
    with open_model("auto") as model:
        assert model.info.name == "rvm (auto: the best installed)"


def test_what_is_not_made_for_people_or_for_moving_pictures_is_not_chosen(networks: ModuleType, tmp_path: Path) -> None:
    install("isnet", networks, tmp_path)
    with open_model("auto") as model:
        assert model.info.name == "selfie"


def test_live_it_has_to_keep_up(networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install("rvm", networks, tmp_path)
    with open_model("auto", live=True) as model:
        assert model.info.name.startswith("rvm (auto: ") and model.info.name.endswith(" ms a run here)")
    slow_down(monkeypatch, 0.3)
    begin = time.monotonic()
    with open_model("auto", live=True) as model:
        assert model.info.name.startswith("selfie (auto: rvm takes 1")
    assert time.monotonic() - begin < 2


def test_live_a_coarser_look_is_tried_where_it_is_left_to_us(
    networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("rvm", networks, tmp_path)
    slow_down(monkeypatch, 0.08)
    with open_model("auto", live=True) as model:
        assert isinstance(model, RvmModel) and model.quality == "fast"
    with open_model("auto", quality="balanced", live=True) as model:
        assert model.info.name.startswith("selfie (auto: rvm takes ")


def test_the_trial_leaves_no_memory(networks: ModuleType, tmp_path: Path) -> None:
    model = RvmModel(networks.installed("rvm", tmp_path), "cpu")
    assert choose.held_cost(model, coarser=True) > 0
    assert model._states == []


def test_a_damaged_model_is_passed_over(
    networks: ModuleType, tmp_path: Path, models_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install("rvm", networks, tmp_path)
    with (models_dir / "rvm.onnx").open("ab") as file:
        file.write(b"\0")
    with open_model("auto") as model:
        assert model.info.name == "selfie"
    assert "passes over rvm: the model rvm is refused" in caplog.text


def test_a_provider_that_nothing_installed_can_use_is_an_error() -> None:
    with pytest.raises(ModelError, match="--model auto finds none for this --provider"):
        open_model("auto", "cuda")
