"""``models optimize``: variants of tiny networks, kept or not."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import cyclorama.cli.app as app
from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.core.frames import F32, Frame
from cyclorama.matting.open import open_model
from cyclorama.models import store
from cyclorama.pipeline.jobs import optimize as module
from cyclorama.pipeline.jobs.optimize import OptimizeReport, optimize
from cyclorama.pipeline.jobs.optimize_plan import OptimizePlan, Steps, plan_for
from doubles.null_model import NullModel


@pytest.fixture(autouse=True)
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, networks: ModuleType) -> None:
    """A store with a tiny RVM and a tiny MODNet."""
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "store"))
    networks.tiny_rvm(tmp_path / "rvm.onnx")
    networks.tiny_picture(tmp_path / "modnet.onnx", size=("h", "w"))
    for name in ("rvm", "modnet"):
        store.import_file(tmp_path / f"{name}.onnx", name)


def timed(monkeypatch: pytest.MonkeyPatch, original_ms: float, variant_ms: float) -> None:
    monkeypatch.setattr(module, "_times", lambda *models: (original_ms, variant_ms))


@pytest.mark.parametrize("name", ["rvm", "modnet"])
@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_a_faster_variant_is_kept_and_can_be_used(
    name: str, precision: module.Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(monkeypatch, 10, 5)
    report = optimize(name, precision, None, max_loss=0.05, provider="cpu")
    assert report.faults == []
    assert report.speed == 2
    assert 0 < report.loss < 0.05
    assert report.path == store.model_path(f"{name}-{precision}")
    kept, original = store.find(f"{name}-{precision}").entry, store.find(name).entry
    assert (kept.input, kept.output, kept.licence) == (original.input, original.output, original.licence)
    assert kept.title.endswith(f", {precision}")
    with open_model(f"{name}-{precision}", "cpu") as model:
        frame = Frame(np.full((48, 64, 3), 120, np.uint8), 0, 0)
        assert model.predict(frame).alpha.dtype == np.float32
    with pytest.raises(ModelError, match="already"):
        optimize(name, precision, None, max_loss=0.05)


def test_rvm_in_half_precision_takes_its_ratio_as_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    from cyclorama.models.inspect import read_graph

    timed(monkeypatch, 2, 1)
    optimize("rvm", "fp16", None, max_loss=0.05)
    types = {tensor.name: tensor.type for tensor in read_graph(store.model_path("rvm-fp16")).inputs}
    assert types.pop("downsample_ratio") == "tensor(float)"
    assert set(types.values()) == {"tensor(float16)"}


@pytest.mark.parametrize(
    ("original_ms", "variant_ms", "max_loss", "says"),
    [(10, 9.9, 1, ["not faster"]), (10, 5, 0, ["loses more"]), (5, 10, 0, ["not faster", "loses more"])],
)
def test_what_is_no_better_is_not_kept(
    original_ms: float, variant_ms: float, max_loss: float, says: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(monkeypatch, original_ms, variant_ms)
    report = optimize("modnet", "int8", None, max_loss=max_loss)
    assert report.path is None
    assert len(report.faults) == len(says)
    assert all(part in fault for part, fault in zip(says, report.faults, strict=True))
    assert not store.model_path("modnet-int8").exists()


@pytest.mark.parametrize(
    ("loss", "variant_ms", "says"),
    [
        (0.01, 10.0, []),
        (0.0101, 10.0, ["it loses more than is allowed"]),
        (float("nan"), 10.0, ["it loses more than is allowed"]),
        (0.0, 19.5, ["it is not faster here"]),
        (0.0, 19.0, []),
        (0.02, 40.0, ["it is not faster here", "it loses more than is allowed"]),
    ],
)
def test_how_much_slower_and_worse_is_too_much(loss: float, variant_ms: float, says: list[str]) -> None:
    """Five hundredths faster is within the noise."""
    report = OptimizeReport("a", "a-int8", "int8", "CPU", 1, loss, 0.01, 20.0, variant_ms, 4, 1, None)
    assert report.faults == says


def test_the_users_pictures_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, 2, 1)
    folder = tmp_path / "pictures"
    folder.mkdir()
    with pytest.raises(SettingsError, match="no file in it"):
        optimize("modnet", "fp16", folder, max_loss=0.05)
    (folder / "notes.txt").write_text("no picture")
    for index in range(3):
        Image.effect_noise((80, 60), 50 + index).save(folder / f"{index}.png")
    assert optimize("modnet", "fp16", folder, max_loss=0.05).pictures == 3
    store.remove("modnet-fp16")
    monkeypatch.setattr(module, "MOST_PICTURES", 2)
    assert optimize("modnet", "fp16", folder, max_loss=0.05).pictures == 2
    with pytest.raises(SettingsError, match="no such folder"):
        optimize("rvm", "fp16", tmp_path / "absent", max_loss=0.05)


def test_times_are_measured() -> None:
    report = optimize("modnet", "fp16", None, max_loss=1)
    assert report.original_ms > 0
    assert report.variant_ms > 0


def test_the_times_are_those_of_the_original_and_the_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]

    def taking(seconds: float) -> NullModel:
        def alpha(frame: Frame) -> F32:
            clock[0] += seconds
            return np.zeros((4, 4), np.float32)

        return NullModel(alpha)

    monkeypatch.setattr(module.time, "perf_counter", lambda: clock[0])
    frames = [Frame(np.zeros((4, 4, 3), np.uint8), 0, 0)]
    times = module._times(taking(0.02), taking(0.005), frames, Steps(20, lambda done, total: None))
    assert times == pytest.approx((20.0, 5.0))


def test_steps_are_told_when_they_are_done() -> None:
    told: list[object] = []
    for item in Steps(9, lambda done, total: told.append((done, total))).counted("ab", 4):
        told.append(item)
    assert told == [(0, 9), "a", (4, 9), "b", (8, 9)]


@pytest.mark.parametrize(("name", "precision"), [("rvm", "int8"), ("modnet", "fp16")])
def test_progress_ends_with_the_last_step(name: str, precision: module.Precision) -> None:
    told: list[tuple[int, int | None]] = []
    plans: list[OptimizePlan] = []
    report = optimize(
        name,
        precision,
        None,
        max_loss=1,
        provider="cpu",
        on_plan=lambda plan: plans.append(plan) or told.append((-1, None)),
        on_progress=lambda done, total: told.append((done, total)),
    )
    (plan,) = plans
    assert told[0] == (-1, None), "the plan is told before anything is done"
    counts = [done for done, _ in told[1:]]
    assert counts == sorted(counts) and counts[0] == 0 and counts[-1] == plan.steps
    assert counts.count(plan.steps) == 1, "it is not there before its end"
    assert {total for _, total in told[1:]} == {plan.steps}
    assert len(set(counts)) > 5 and report.precision == plan.precision == precision


def test_the_plan_is_told_in_words() -> None:
    plan = OptimizePlan("net", "float32", "int8", 1, 2_840_000_000)
    (memory,) = plan.in_words(16_000_000_000)
    assert memory == "this needs about 2.8 GB of memory, 16.0 GB are free"
    assert plan.in_words(1_000_000_000)[0].endswith("that is too little: close other programs first")
    for precision, how in (("int8", "computes in eight bits too"), ("fp16", "has sixteen")):
        already, _ = OptimizePlan("net", "int8", precision, 1, 1).in_words(2)  # type: ignore[arg-type]
        assert already.startswith("net is eight bits already") and already.endswith(f": the new one {how}")


def test_memory_grows_with_weights_pictures_and_width(monkeypatch: pytest.MonkeyPatch) -> None:
    modnet, small, large = (store.find("modnet"), *(Frame(np.zeros((s, s, 3), np.uint8), 0, 0) for s in (512, 1024)))
    needed = plan_for(modnet, "float32", "int8", [small]).memory_bytes
    assert 0.9e9 < needed < 1.1e9
    assert plan_for(modnet, "float32", "int8", [small, large]).memory_bytes > needed + 0.9e9
    assert plan_for(modnet, "int8", "int8", [small]).memory_bytes > needed


def test_what_is_eight_bits_through_and_through_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, 10, 5)
    optimize("modnet", "int8", None, max_loss=1, provider="cpu")
    monkeypatch.setattr(module, "weights_precision", lambda path: "int8")
    with pytest.raises(SettingsError, match=r"modnet-int8 is eight bits already \(int8\), and cannot be made smaller"):
        optimize("modnet-int8", "int8", None, max_loss=1, provider="cpu")


def test_only_float32_networks(networks: ModuleType, tmp_path: Path) -> None:
    networks.tiny_picture(tmp_path / "half.onnx", size=("h", "w"), half=True)
    store.import_file(tmp_path / "half.onnx", "half-net", "modnet")
    with pytest.raises(SettingsError, match="half-net is float16"):
        optimize("half-net", "fp16", None, max_loss=0.05)
    with pytest.raises(SettingsError, match="selfie is no ONNX file"):
        optimize("selfie", "fp16", None, max_loss=0.05)


def test_the_command_says_both_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    timed(monkeypatch, 5, 10)
    assert app.run(["models", "optimize", "modnet", "--precision", "fp16"]) == 0
    said, err = capsys.readouterr()
    assert err.startswith("cyclorama: note: this needs about 0.9 GB of memory, ")
    assert "10.0 ms a picture instead of 5.0 ms" in said
    assert "0.01 is allowed" in said
    assert "modnet-fp16 is not kept: it is not faster here" in said
    assert app.run(["models", "optimize", "modnet", "--precision", "fp16", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] is False
    assert app.run(["models", "optimize", "modnet", "--precision", "int4"]) == 2
    assert app.run(["models", "optimize", "modnet", "--max-loss", "2"]) == 2
