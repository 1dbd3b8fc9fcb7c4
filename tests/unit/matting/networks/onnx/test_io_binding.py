"""What happens on a graphics card, with the processor's own memory as the card: all but the recording itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, Frame, SizeWH
from cyclorama.matting.networks.onnx import session as sessions
from cyclorama.matting.networks.onnx.base import OnnxModel
from cyclorama.matting.networks.onnx.fused_io import ALPHA, FINITE, PICTURE, FusedIO
from cyclorama.matting.networks.onnx.io_binding import MOST_SHAPES
from cyclorama.matting.networks.onnx.modnet import ModnetModel
from cyclorama.matting.networks.onnx.rvm import RvmModel
from cyclorama.matting.networks.onnx.salient import SalientModel
from cyclorama.matting.networks.onnx.session import OnnxSession, Rewrite
from cyclorama.matting.networks.onnx.tensors import alpha_from_bytes
from cyclorama.models import store
from cyclorama.models.catalogue import load_catalogue
from cyclorama.models.store import InstalledModel

KINDS: dict[str, Callable[[InstalledModel, str], Any]] = {
    "rvm": RvmModel,
    "modnet": ModnetModel,
    "salient": SalientModel,
}
CATALOGUE = [name for name, entry in load_catalogue().models.items() if entry.kind != "selfie"]
HALF_A_LEVEL = 0.5 / 255 + 1e-5


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the processor counts as a device with memory of its own."""
    monkeypatch.setitem(sessions.DEVICES, "cpu", "cpu")


def pictures(count: int, size_wh: SizeWH = (320, 240)) -> list[Frame]:
    rng = np.random.default_rng(1)
    cells = rng.integers(0, 230, (count, 12, 16, 3), np.uint8)
    scaled = (cv2.resize(cell, size_wh, interpolation=cv2.INTER_CUBIC) for cell in cells)
    return [Frame(np.asarray(pixels, np.uint8), seq, seq * 33_000_000) for seq, pixels in enumerate(scaled)]


def opened(installed: InstalledModel) -> Any:
    return KINDS[installed.entry.kind](installed, "cpu")


def alphas(model: OnnxModel, frames: list[Frame]) -> list[F32]:
    return [model.predict(frame).alpha for frame in frames]  # type: ignore[attr-defined]


class Watched:
    """onnxruntime's session: which recording each run was, with which shapes; ``before`` is called before each."""

    def __init__(self, model: Any, before: Callable[[int], None] = lambda runs: None) -> None:
        runs = model._session._on_device
        self._real, self._before = runs._session, before
        self.numbers: list[int] = []
        runs._session = self

    def io_binding(self) -> Any:
        return self._real.io_binding()

    def run_with_iobinding(self, binding: Any, options: Any) -> None:
        self.numbers.append(int(options.get_run_config_entry("gpu_graph_id")))
        self._before(len(self.numbers))
        self._real.run_with_iobinding(binding, options)


# --- bytes in, bytes out


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("name", CATALOGUE)
def test_the_graphs_own_ends_say_what_the_processors_do(
    name: str, half: bool, networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed, frames = networks.installed(name, tmp_path, half=half), pictures(4)
    with opened(installed) as model:
        expected = alphas(model, frames)
        assert not model._takes_bytes
    monkeypatch.setitem(sessions.DEVICES, "cpu", "cpu")
    with opened(installed) as model:
        assert model._takes_bytes and model._session.input_types[PICTURE] is np.uint8
        kinds = {item.name: item.type for item in model._session._session.get_outputs()}
        assert kinds[ALPHA] == "tensor(uint8)"
        found = alphas(model, frames)
        assert model.info.precision == ("float16" if half else "float32")
    for wanted, alpha in zip(expected, found, strict=True):
        assert alpha.dtype == np.float32 and alpha.shape == wanted.shape and alpha.max() <= 1
        assert np.abs(alpha - wanted).max() < (6e-3 if half else HALF_A_LEVEL)
    assert np.ptp(found[0]) > 0.1


@pytest.mark.parametrize(("opset", "ir"), [(9, 3), (11, 6), (12, 7), (13, 8), (18, 9), (21, 10)])
@pytest.mark.parametrize("name", ["u2net", "birefnet"])
def test_graphs_of_every_age_grow_ends(
    name: str, opset: int, ir: int, networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed, frames = networks.installed(name, tmp_path), pictures(1)
    model = onnx.load(str(installed.path))
    model.ir_version, model.opset_import[0].version = ir, opset
    if ir < 4:  # every weight was an input then
        for weight in model.graph.initializer:
            described = onnx.helper.make_tensor_value_info(weight.name, weight.data_type, list(weight.dims))
            model.graph.input.insert(0, described)
    onnx.save(model, str(installed.path))
    with opened(installed) as plain:
        expected = alphas(plain, frames)
    monkeypatch.setitem(sessions.DEVICES, "cpu", "cpu")
    with opened(installed) as grown:
        assert grown._takes_bytes
        assert np.abs(alphas(grown, frames)[0] - expected[0]).max() < HALF_A_LEVEL


def test_a_size_that_the_graph_insists_on_is_seen_through_its_ends(
    card: None, networks: ModuleType, tmp_path: Path
) -> None:
    installed = networks.installed("u2net", tmp_path)
    networks.tiny_picture(installed.path, size=(64, 96), squash=True)
    free = InstalledModel(load_catalogue().models["modnet"], installed.path, "imported")
    with SalientModel(free, "cpu") as model:
        assert model.info.input_size == "96x64" and alphas(model, pictures(1))[0].shape == (64, 96)


@pytest.mark.parametrize("fault", ["nan", "infinite", "three channels", "raises"])
@pytest.mark.parametrize("name", ["rvm", "modnet", "u2net", "birefnet"])
def test_faults_are_refused_although_a_byte_could_not_tell(
    name: str, fault: str, card: None, networks: ModuleType, tmp_path: Path
) -> None:
    with opened(networks.installed(name, tmp_path, fault)) as model:
        assert model._takes_bytes
        for frame in pictures(4):
            with pytest.raises(ModelError, match=r"not finite|not one alpha picture|failed on CPU"):
                model.predict(frame)
            assert getattr(model, "_states", []) == []


def test_less_than_any_number_is_no_number_either(card: None, networks: ModuleType, tmp_path: Path) -> None:
    installed = networks.installed("modnet", tmp_path, "infinite")
    network = onnx.load(str(installed.path))
    (one,) = (weight for weight in network.graph.initializer if weight.name == "one")
    one.CopyFrom(onnx.numpy_helper.from_array(np.array(-1, np.float32), "one"))
    onnx.save(network, str(installed.path))
    with opened(installed) as model, pytest.raises(ModelError, match="not finite"):
        model.predict(pictures(1)[0])


@pytest.mark.parametrize("finite", [11.0, 13.0, np.nan, np.inf, [12.0, 12.0], []])
def test_every_value_has_to_be_known_for_finite(finite: Any) -> None:
    levels = np.full((1, 1, 3, 4), 255, np.uint8)
    assert (alpha_from_bytes(levels, np.float32([12])) == 1).all()
    with pytest.raises(ModelError, match="not finite"):
        alpha_from_bytes(levels, np.asarray(finite, np.float32))


# --- fixed buffers


def test_recurrent_states_change_places_and_never_move(card: None, networks: ModuleType, tmp_path: Path) -> None:
    with opened(networks.installed("rvm", tmp_path)) as model:
        watched = Watched(model)
        states = []
        for frame in pictures(7):
            model.predict(frame)
            states.append(list(model._states))
    assert all(isinstance(state, onnxruntime.OrtValue) for state in states[0])
    # The first run grows the states from a single zero, the second is the first of its shapes.
    assert watched.numbers == [-1, -1, 1, 2, 1, 2, 1]
    for earlier, later in zip(states[2:], states[4:], strict=False):
        assert all(one is other for one, other in zip(earlier, later, strict=True))
    assert all(one is not other for one, other in zip(states[2], states[3], strict=True))


def test_an_alpha_outlives_the_runs_after_it(card: None, networks: ModuleType, tmp_path: Path) -> None:
    frames = pictures(6)
    with opened(networks.installed("modnet", tmp_path)) as model:
        watched = Watched(model)
        (first,) = model._session.run([ALPHA], feeds(frames[0]))[0]
        second, third = (model._session.run([ALPHA], feeds(frame))[0][0] for frame in frames[1:3])
        kept = third.copy()
        model._session.run([ALPHA], feeds(frames[3]))
    assert watched.numbers == [-1, 1, 1, 1], "a network that remembers nothing has one recording"
    assert np.array_equal(third, kept) and not np.array_equal(second, third) and first.shape == third.shape


def feeds(frame: Frame) -> dict[str, Any]:
    return {PICTURE: np.ascontiguousarray(frame.pixels[None])}


def test_every_recording_has_shapes_of_its_own_and_there_are_few(
    card: None, networks: ModuleType, tmp_path: Path
) -> None:
    sizes = [(320, 240 + 32 * extra) for extra in range(MOST_SHAPES + 2)]
    frames = {size_wh: pictures(1, size_wh)[0] for size_wh in sizes}
    shapes: dict[int, set[tuple[int, ...]]] = {}
    with opened(networks.installed("modnet", tmp_path)) as model:
        watched = Watched(model)
        for size_wh in sizes * 3:
            model._session.run([ALPHA], feeds(frames[size_wh]))
            shapes.setdefault(watched.numbers[-1], set()).add(size_wh)
    recorded = {number: seen for number, seen in shapes.items() if number > 0}
    assert len(recorded) == MOST_SHAPES and all(len(seen) == 1 for seen in recorded.values())


def test_over_frames_resets_and_sizes_the_mattes_are_the_same(
    networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = networks.installed("rvm", tmp_path)
    expected = eventful(RvmModel(installed, "cpu"))
    monkeypatch.setitem(sessions.DEVICES, "cpu", "cpu")
    with RvmModel(installed, "cpu") as model:
        watched = Watched(model)
        found = eventful(model)
    assert len({number for number in watched.numbers if number > 0}) >= 6, "three sizes, two recordings each"
    assert [alpha.shape for alpha in found] == [alpha.shape for alpha in expected]
    assert max(np.abs(one - other).max() for one, other in zip(found, expected, strict=True)) < HALF_A_LEVEL


def eventful(model: RvmModel) -> list[F32]:
    big, tall = pictures(6, (1280, 720)), pictures(4, (480, 640))
    found = alphas(model, big)
    model.reset()
    found += alphas(model, big[:4])
    model.look_at("fast")
    found += alphas(model, big[2:])
    return found + alphas(model, tall) + alphas(model, big[:3])


@pytest.mark.parametrize("broken_run", [3, 4, 5])
def test_a_run_that_fails_in_its_buffers_is_done_without(
    broken_run: int, card: None, networks: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frames = pictures(8)
    with opened(networks.installed("rvm", tmp_path)) as model:
        expected = alphas(model, frames)

    def refuse(runs: int) -> None:
        if runs == broken_run:
            raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL : CUDA error 900: operation not permitted when capturing")

    with opened(networks.installed("rvm", tmp_path)) as model:
        watched = Watched(model, refuse)
        # The buffers hold the session that they were made with: it is the watched one.
        found = alphas(model, frames)
    assert set(watched.numbers[broken_run:]) == {-1} and len(watched.numbers) == len(frames) + 1
    assert all(np.array_equal(one, other) for one, other in zip(expected, found, strict=True))
    assert "running without fixed buffers" in caplog.text


def test_a_lost_device_is_an_error_and_nothing_is_remembered(card: None, networks: ModuleType, tmp_path: Path) -> None:
    frames = pictures(8)
    lost = True

    def lose(runs: int) -> None:
        if lost and runs > 4:
            raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL : CUDA failure 999: unknown error ; GPU=0")

    with opened(networks.installed("rvm", tmp_path)) as model:
        Watched(model, lose)
        expected = alphas(model, frames[:4])
        for frame in frames[4:6]:
            with pytest.raises(ModelError, match="CUDA failure 999"):
                model.predict(frame)
            assert model._states == []
        lost = False
        found = alphas(model, frames[:4])
    assert all(np.array_equal(one, other) for one, other in zip(expected, found, strict=True))


def test_numbers_gone_bad_leave_no_state_behind(card: None, networks: ModuleType, tmp_path: Path) -> None:
    with opened(networks.installed("rvm", tmp_path)) as model:
        expected = alphas(model, pictures(4))
        run = model._session.run
        model._session.run = lambda *of: ([run(*of)[0][0], np.float32([0])], list(model._states))
        with pytest.raises(ModelError, match="not finite"):
            model.predict(pictures(1)[0])
        model._session.run = run
        assert model._states == []
        found = alphas(model, pictures(4))
    assert all(np.array_equal(one, other) for one, other in zip(expected, found, strict=True))


# --- what a provider will not have


def test_recordings_are_asked_of_cuda_alone(
    networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    everything = [official for _, official in sessions.PROVIDERS.values()]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: everything)
    monkeypatch.setattr(sessions, "missing_library", lambda name: "")
    asked: list[tuple[str, Any]] = []
    willing: list[Callable[[Any, Any], bool]] = [lambda content, providers: False]

    def session(content: Any, options: Any, *, providers: Any, enable_fallback: int) -> Any:
        asked.append(("rewritten" if isinstance(content, bytes) else "file", providers))
        if providers[0][0] != "CPUExecutionProvider" and not willing[0](content, providers):
            raise RuntimeError("[ONNXRuntimeError] : not with me")
        return real(content, options, providers=["CPUExecutionProvider"])

    real = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    cuda, graphs = "CUDAExecutionProvider", {"enable_cuda_graph": "1"}
    path = networks.installed("modnet", tmp_path).path
    rewrites: dict[str, Rewrite] = dict.fromkeys(("tensorrt", "cuda"), Path.read_bytes)

    assert OnnxSession(path, "modnet", "auto", rewrites).provider.startswith("CPU (DirectML not used: not with me")
    assert asked == [
        *(
            ("rewritten", [("TensorrtExecutionProvider", {}), cuda]),
            ("file", [("TensorrtExecutionProvider", {}), cuda]),
        ),
        *(("rewritten", [(cuda, graphs)]), ("rewritten", [(cuda, {})])),
        *(("file", [(cuda, graphs)]), ("file", [(cuda, {})])),
        *(
            ("file", [(name, {})])
            for name in ("CoreMLExecutionProvider", "DmlExecutionProvider", "CPUExecutionProvider")
        ),
    ]
    assert "modnet on cuda as rewritten with enable_cuda_graph=1: not with me" in caplog.text

    # The first that is had is taken: without recordings rather than with the processor's conversion.
    monkeypatch.setattr(real, "get_providers", lambda self: [cuda])
    willing[0] = lambda content, providers: providers[0] == (cuda, {})
    assert OnnxSession(path, "modnet", "cuda", rewrites).provider == "CUDA"
    assert asked[-1] == ("rewritten", [(cuda, {})])
    willing[0] = lambda content, providers: not isinstance(content, bytes)
    assert OnnxSession(path, "modnet", "cuda", rewrites).provider == "CUDA"
    assert asked[-1] == ("file", [(cuda, graphs)])


@pytest.mark.parametrize("content", [b"", b"not a network"])
def test_what_the_processor_will_not_have_as_rewritten_it_has_as_it_is(
    content: bytes, networks: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = networks.installed("modnet", tmp_path).path
    session = OnnxSession(path, "modnet", "auto", {"cpu": lambda path: content})
    assert session.on_cpu and "modnet on cpu as rewritten: " in caplog.text and "modnet on cpu: opened" in caplog.text
    (alpha,), _ = session.run(session.outputs[:1], {"picture": np.zeros((1, 3, 32, 32), np.float32)})
    assert alpha.shape[-2:] == (32, 32)


def test_where_no_ends_can_be_grown_the_processor_converts(
    card: None,
    networks: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    installed, frames = networks.installed("rvm", tmp_path), pictures(5)
    with opened(installed) as model:
        expected = alphas(model, frames)
    monkeypatch.setattr(FusedIO, "__call__", lambda self, path: path.read_text("utf-8"))
    with opened(installed) as model:
        assert not model._takes_bytes and "src" in model._session.input_types
        watched = Watched(model)
        found = alphas(model, frames)
    assert watched.numbers == [-1, -1, 1, 2, 1]
    assert max(np.abs(one - other).max() for one, other in zip(expected, found, strict=True)) < HALF_A_LEVEL
    assert "rvm runs as it is in its file (" in caplog.text


# --- the real network


def test_the_real_rvm_sees_the_same(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path))
    store.import_file(shared / "models" / "rvm_mobilenetv3_fp32.onnx", "rvm", "rvm")
    installed = store.find("rvm")
    clip = cv2.VideoCapture(str(shared / "eval" / "room_720p.mp4"))
    frames = [Frame(np.asarray(clip.read()[1], np.uint8), seq, seq * 33_000_000) for seq in range(8)]
    clip.release()
    with RvmModel(installed, "cpu", "balanced") as model:
        expected = finer_and_finer(model, frames)
    monkeypatch.setitem(sessions.DEVICES, "cpu", "cpu")
    with RvmModel(installed, "cpu", "balanced") as model:
        found = finer_and_finer(model, frames)
        assert model._takes_bytes and "downsample_ratio" not in model._session.input_types
    assert np.mean(expected[-1] > 0.9) > 0.05
    # Where the picture is flat, the guided filter divides rounding errors, which the two graphs do not share.
    assert max(np.abs(one - other).max() for one, other in zip(found, expected, strict=True)) < HALF_A_LEVEL + 1e-3


def finer_and_finer(model: RvmModel, frames: list[Frame]) -> list[F32]:
    found = alphas(model, frames[:4])
    model.look_at("fast")
    found += alphas(model, frames[4:])
    model.reset()
    found += alphas(model, frames[:3])
    model.look_at("best")
    return found + alphas(model, frames[3:6])


def test_in_the_real_rvm_no_number_comes_back_from_the_card_to_shape_a_tensor(shared: Path, tmp_path: Path) -> None:
    """A recording cannot wait for one. What says how large a tensor is has to come of shapes and constants alone."""
    from cyclorama.matting.networks.onnx.fused_io import FusedIO

    entry = load_catalogue().models["rvm"]
    rewrite = FusedIO(entry.input, entry.output, {"downsample_ratio": 1.0})
    graph = onnx.load_from_string(rewrite(shared / "models" / "rvm_mobilenetv3_fp32.onnx")).graph
    makers = {output: node for node in graph.node for output in node.output}
    weights = {tensor.name for tensor in graph.initializer}

    def known(name: str) -> bool:
        if name in weights or not name:
            return True
        maker = makers.get(name)
        return maker is not None and (maker.op_type == "Shape" or all(map(known, maker.input)))

    told = {"Expand": slice(1, 2), "Slice": slice(1, None), "Resize": slice(1, None), "Split": slice(1, None)}
    asked = [name for node in graph.node for name in list(node.input)[told.get(node.op_type, slice(0, 0))]]
    assert len(asked) > 20 and all(known(name) for name in asked)
    assert not {"If", "Loop", "Scan"} & {node.op_type for node in graph.node}
    assert {FINITE, ALPHA} < {output.name for output in graph.output}
