from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.core.frames import F32, Frame
from cyclorama.matting.networks.onnx import providers
from cyclorama.matting.networks.onnx import session as sessions
from cyclorama.matting.networks.onnx.modnet import ModnetModel
from cyclorama.matting.networks.onnx.precision import weights_precision
from cyclorama.matting.networks.onnx.rvm import RvmModel, inner_size
from cyclorama.matting.networks.onnx.salient import SalientModel
from cyclorama.matting.networks.onnx.session import OnnxSession
from cyclorama.matting.networks.onnx.tensors import alpha_from_tensor, minmax_normalized
from cyclorama.matting.networks.onnx.window import CELL
from cyclorama.matting.open import open_model
from cyclorama.models import store


def grey(level: int, size_wh: tuple[int, int] = (320, 240), seq: int = 0) -> Frame:
    return Frame(np.full((*size_wh[::-1], 3), level, np.uint8), seq, seq * 33_000_000)


@pytest.fixture
def rvm(networks: ModuleType, tmp_path: Path) -> RvmModel:
    return RvmModel(networks.installed("rvm", tmp_path), "cpu")


# --- RVM's memory and sizes


def levels(model: RvmModel, frames: list[Frame]) -> list[float]:
    return [float(model.predict(frame).alpha.mean()) for frame in frames]


def test_rvm_feeds_its_states_back_and_forgets_on_reset(rvm: RvmModel, networks: ModuleType) -> None:
    seen = levels(rvm, [grey(100, seq=seq) for seq in range(4)])
    assert np.diff(seen) == pytest.approx(networks.STEP, abs=1e-5)
    rvm.reset()
    assert levels(rvm, [grey(100)]) == pytest.approx(seen[:1])


def test_rvm_forgets_when_the_size_changes(rvm: RvmModel) -> None:
    first, _, again = levels(rvm, [grey(100), grey(100), grey(100, (240, 320))])
    assert again == pytest.approx(first)


def test_rvm_remembers_when_the_quality_changes(rvm: RvmModel, networks: ModuleType) -> None:
    big = (1280, 720)
    first, _ = levels(rvm, [grey(100, big), grey(100, big)])
    assert rvm.info.input_size == "352x192"
    rvm.look_at("fast")
    assert levels(rvm, [grey(100, big)]) == pytest.approx([first + 2 * networks.STEP], abs=1e-5)
    assert rvm.info.input_size == "256x144"


@given(st.integers(1, 8192), st.integers(1, 8192), st.sampled_from([256, 384, 512]))
def test_the_inner_picture_is_of_the_frames_shape_and_never_large(width: int, height: int, longest: int) -> None:
    inner = inner_size((width, height), longest)
    assert all(side % CELL == 0 and side >= CELL for side in inner)
    assert max(inner) <= longest
    scale = min(1.0, longest / max(width, height))
    assert all(abs(a - b * scale) <= CELL for a, b in zip(inner, (width, height), strict=True))


# --- what makes alpha


def test_an_empty_scene_is_not_stretched_to_noise_nor_a_full_one_to_holes() -> None:
    rng = np.random.default_rng(0)
    noise = rng.random((32, 32), dtype=np.float32)
    assert minmax_normalized(noise * np.float32(0.02)).max() <= 0.04 + 1e-6
    assert minmax_normalized(np.float32(0.9) + noise * np.float32(0.1)).min() >= 0.88
    sure = minmax_normalized(np.float32(0.05) + noise * np.float32(0.8))
    assert sure.min() == 0 and sure.max() == pytest.approx(1)


@given(hnp.arrays(np.float32, (3, 4), elements=st.floats(-50, 50, width=32)))
def test_every_activation_gives_an_alpha(raw: F32) -> None:
    for activation in ("none", "sigmoid", "minmax"):
        alpha = alpha_from_tensor(raw[None, None], activation)  # type: ignore[arg-type]
        assert alpha.dtype == np.float32 and alpha.shape == raw.shape
        assert alpha.min() >= 0 and alpha.max() <= 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("activation", ["none", "sigmoid", "minmax"])
def test_what_is_not_finite_is_refused(activation: Any, value: float) -> None:
    """Bounded to 0 and 1, infinity would show the room."""
    raw = np.full((1, 1, 4, 4), 0.5, np.float32)
    raw[0, 0, 1, 1] = value
    with pytest.raises(ModelError, match="not finite"):
        alpha_from_tensor(raw, activation)


@pytest.mark.parametrize("shape", [(1, 3, 4, 4), (2, 1, 4, 4), (16,), (1, 1, 0, 4)])
def test_what_is_not_one_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="not one alpha picture"):
        alpha_from_tensor(np.zeros(shape, np.float32), "none")


# --- session, provider, precision


def test_what_really_runs_is_told(rvm: RvmModel) -> None:
    assert (rvm.info.name, rvm.info.provider, rvm.info.precision) == ("rvm", "CPU", "float32")
    assert rvm.info.fine


@pytest.mark.parametrize(
    ("card", "told"), [(True, "CPU (CUDA not used: libx is missing)"), (False, "CPU")], ids=["a card", "no card"]
)
def test_a_fall_to_the_cpu_is_told_with_its_reason_where_there_is_a_card(
    networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: bool, told: str
) -> None:
    monkeypatch.setattr("cyclorama.matting.networks.onnx.session.has_nvidia_card", lambda: card)
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    monkeypatch.setattr(
        "cyclorama.matting.networks.onnx.session.missing_library", lambda name: "libx is missing" * (name != "cpu")
    )
    path = networks.installed("isnet", tmp_path).path
    session = OnnxSession(path, "isnet", "auto")
    assert session.provider == told
    with pytest.raises(
        ModelError, match=r"--provider cuda: CUDA cannot run here \(libx is missing\): install NVIDIA's"
    ):
        OnnxSession(path, "isnet", "cuda")


def test_a_provider_that_is_dropped_in_silence_is_not_said_to_run(
    networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that opens is not yet one on the provider it was opened for: the user is told what really runs."""
    real = onnxruntime.InferenceSession

    def on_the_cpu(content: object, options: object, **more: object) -> object:
        return real(content, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "InferenceSession", on_the_cpu)
    monkeypatch.setattr(
        onnxruntime,
        "get_available_providers",
        lambda: ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"],
    )
    monkeypatch.setattr("cyclorama.matting.networks.onnx.session.missing_library", lambda name: "")
    monkeypatch.setattr("cyclorama.matting.networks.onnx.session.has_nvidia_card", lambda: True)
    path = networks.installed("isnet", tmp_path).path
    session = OnnxSession(path, "isnet", "auto")
    assert session.provider == "CPU (CUDA not used: onnxruntime found no device for it)"
    assert session.on_cpu
    with pytest.raises(ModelError, match=r"CUDA cannot run here \(onnxruntime found no device for it\)"):
        OnnxSession(path, "isnet", "cuda")


@pytest.mark.skipif("CUDAExecutionProvider" not in onnxruntime.get_available_providers(), reason="no CUDA build")
def test_a_provider_that_onnxruntime_drops_in_silence_is_an_error(
    networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the libraries said to be there, onnxruntime itself falls back without a word; on a GPU it does not."""
    monkeypatch.setattr("cyclorama.matting.networks.onnx.session.missing_library", lambda name: "")
    path = networks.installed("isnet", tmp_path).path
    try:
        session = OnnxSession(path, "isnet", "cuda")
    except ModelError as error:
        assert "--provider cuda: CUDA cannot run here" in str(error)
    else:
        assert session.provider == "CUDA" and "CUDAExecutionProvider" in session._session.get_providers()
    best = OnnxSession(path, "isnet", "auto")
    official = dict(providers.PROVIDERS.values())
    assert official[best.provider.partition(" (")[0]] in best._session.get_providers()
    assert capfd.readouterr().out == "", "nothing of onnxruntime's own reaches the terminal"


def test_providers_in_order_and_unknown_ones_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = [official for _, official in reversed(providers.PROVIDERS.values())]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: everything)
    assert providers.candidates("auto") == ["tensorrt", "cuda", "coreml", "directml", "cpu"]
    assert providers.candidates("coreml") == ["coreml"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    assert providers.candidates("auto") == ["cpu"]
    with pytest.raises(ModelError, match=r"--provider directml: .* built without DirectML; here it has cpu"):
        providers.candidates("directml")
    with pytest.raises(SettingsError, match="known are auto, tensorrt"):
        providers.candidates("gpu")


@pytest.mark.parametrize("content", [b"", b"not a network" * 50, b"\x08\x08\x3a\xff\xff\x03"])
def test_a_file_that_is_no_network_is_a_model_error_of_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"the network bad cannot be loaded from .*verify bad") as caught:
        OnnxSession(path, "bad", "cpu")
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="cannot be loaded"):
        OnnxSession(tmp_path / "absent.onnx", "absent", "cpu")


def test_a_network_that_fails_says_where_and_what_next(networks: ModuleType, tmp_path: Path) -> None:
    with SalientModel(networks.installed("isnet", tmp_path, "raises"), "cpu") as model:
        with pytest.raises(ModelError, match=r"isnet failed on CPU \(.*\): try another --model") as caught:
            model.predict(grey(100))
        assert caught.value.__cause__ is not None and "\n" not in str(caught.value)


@pytest.mark.parametrize("on_card", [False, True])
@pytest.mark.parametrize("fault", ["transposed", "half as large"])
@pytest.mark.parametrize(("name", "kind"), [("rvm", RvmModel), ("modnet", ModnetModel)])
def test_an_alpha_of_another_size_than_was_looked_at_is_refused(
    name: str,
    kind: Any,
    fault: str,
    on_card: bool,
    networks: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever end makes an alpha of it."""
    if on_card:
        monkeypatch.setitem(sessions.DEVICES, "cpu", "cpu")
    with (
        kind(networks.installed(name, tmp_path, fault), "cpu") as model,
        pytest.raises(ModelError, match=f"the network {name} returned an alpha of .* for a picture of .*: try another"),
    ):
        model.predict(grey(100))


def test_a_closed_network_refuses(rvm: RvmModel) -> None:
    rvm.close()
    with pytest.raises(ModelError, match="was closed"):
        rvm.predict(grey(100))


def test_precision_is_read_from_the_weights(networks: ModuleType, tmp_path: Path, shared: Path) -> None:
    for half, wanted in ((False, "float32"), (True, "float16")):
        assert weights_precision(networks.installed("isnet", tmp_path, half=half).path) == wanted
    assert weights_precision(shared / "models" / "rvm_mobilenetv3_fp32.onnx") == "float32"
    assert weights_precision(shared / "models" / "isnet_general_q8.onnx") == "int8"


# --- opening by name


@pytest.fixture
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv(store.VARIABLE, str(folder))
    return folder


def test_open_by_name(networks: ModuleType, tmp_path: Path, models_dir: Path) -> None:
    for name in ("rvm", "modnet", "isnet"):
        store.import_file(networks.installed(name, tmp_path).path, name, None)
        with open_model(name, "cpu") as model:
            assert model.info.name == name
    with open_model("rvm", "cpu") as best, open_model("rvm", "cpu", "fast") as fast:
        assert (best.info.input_size, fast.info.input_size) == ("512 at most a side", "256 at most a side")


def test_names_that_are_not_here(models_dir: Path) -> None:
    with pytest.raises(ModelError, match="cyclorama models pull birefnet"):
        open_model("birefnet")
    with pytest.raises(SettingsError, match="did you mean modnet"):
        open_model("modnett")
    with pytest.raises(SettingsError, match=r"--provider cuda: selfie runs on the CPU alone"):
        open_model("selfie", "cuda")


def test_a_damaged_file_is_refused(networks: ModuleType, tmp_path: Path, models_dir: Path) -> None:
    store.import_file(networks.installed("isnet", tmp_path).path, "isnet", None)
    with (models_dir / "isnet.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="the model isnet is refused"):
        open_model("isnet", "cpu")
    assert json.loads((models_dir / "isnet.json").read_text())["kind"] == "salient"


# --- the real networks


def imported(shared: Path, file: str, name: str, kind: Any) -> None:
    store.import_file(shared / "models" / file, name, kind)


def test_the_real_rvm_finds_the_person(shared: Path, models_dir: Path) -> None:
    imported(shared, "rvm_mobilenetv3_fp32.onnx", "rvm", "rvm")
    pixels = np.asarray(cv2.imread(str(shared / "photos" / "portrait_2048.jpg")), np.uint8)
    with open_model("rvm", "cpu", "balanced") as model:
        for seq in range(3):
            alpha = model.predict(Frame(pixels, seq, 0)).alpha
    assert alpha.shape == (416, 416)
    assert alpha[217, 208] > 0.99 and alpha[:43].max() < 0.05 and 0.003 < ((alpha > 0.1) & (alpha < 0.9)).mean() < 0.1


def test_the_real_isnet_finds_the_car(shared: Path, models_dir: Path) -> None:
    imported(shared, "isnet_general_q8.onnx", "isnet", "salient")
    pixels = np.asarray(cv2.imread(str(shared / "photos" / "car.jpg")), np.uint8)
    with open_model("isnet", "cpu") as model:
        alpha = model.predict(Frame(pixels, 0, 0)).alpha
    assert alpha.shape == (1024, 1024) and alpha[646, 450] > 0.95 and alpha[:150].max() < 0.1


def test_the_real_rvm_goes_on_at_another_quality(shared: Path, models_dir: Path) -> None:
    imported(shared, "rvm_mobilenetv3_fp32.onnx", "rvm", "rvm")
    pixels = np.asarray(cv2.imread(str(shared / "photos" / "portrait_2048.jpg")), np.uint8)
    with open_model("rvm", "cpu", "balanced") as model:
        assert isinstance(model, RvmModel)
        for seq in range(4):
            before = model.predict(Frame(pixels, seq, 0)).alpha
        model.look_at("fast")
        after = model.predict(Frame(pixels, 4, 0)).alpha
        model.look_at("best")
        finest = model.predict(Frame(pixels, 5, 0)).alpha
    assert (after.shape, finest.shape) == ((256, 256), (512, 512))
    for alpha in (after, finest):
        assert np.abs(cv2.resize(alpha, (416, 416)) - before).mean() < 0.01
