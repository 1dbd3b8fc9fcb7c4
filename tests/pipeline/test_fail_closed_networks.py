"""The promise, with real adapters: whatever an ONNX network does, sinks get its frame's composite or the card."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cyclorama.background.opening import open_background
from cyclorama.compose.compositor import Compositor
from cyclorama.core.errors import CycloramaError, ModelError
from cyclorama.core.frames import Composite, CompositeKind, Frame
from cyclorama.matting.base import MattingModel
from cyclorama.matting.engine import answers
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.matting.networks.onnx import session as sessions
from cyclorama.matting.networks.onnx.modnet import ModnetModel
from cyclorama.matting.networks.onnx.rvm import RvmModel
from cyclorama.matting.networks.onnx.salient import SalientModel
from cyclorama.pipeline.runtime.parts import Limits, SessionContext, SessionParts
from cyclorama.pipeline.runtime.session import Session
from cyclorama.settings.values import ComposeSettings, MattingSettings
from cyclorama.sinks.base import OutputFormat
from doubles.memory_sink import MemorySink
from doubles.synthetic_source import SyntheticSource

SIZE_WH = (192, 108)
FPS = 60
ADAPTERS = {"rvm": RvmModel, "modnet": ModnetModel, "u2net": SalientModel}
FAULTS = ["nan", "infinite", "three channels", "raises"]


@pytest.fixture(autouse=True)
def _any_alpha_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LEAST_ROOM", 0)  # the tiny networks are never sure of any


def opened(name: str, networks: ModuleType, folder: Path, fault: str = "") -> MattingModel:
    return ADAPTERS[name](networks.installed(name, folder, fault), "cpu")  # type: ignore[abstract]


class Watched(MemorySink):
    """Sets ``stop`` once ``enough`` says so of the kinds of all that it was shown."""

    stop: threading.Event | None = None

    def __init__(self, enough: Callable[[list[CompositeKind]], bool]) -> None:
        super().__init__(limit=100_000)
        self._enough = enough

    def write(self, composite: Composite) -> None:
        super().write(composite)
        if self.stop is not None and self._enough([item.kind for item in self.composites]):
            self.stop.set()


def person_card_and_person(kinds: list[CompositeKind]) -> bool:
    if CompositeKind.COMPOSITE not in kinds:
        return False
    later = kinds[kinds.index(CompositeKind.COMPOSITE) :]
    return CompositeKind.CARD in later and later[-1] is CompositeKind.COMPOSITE


def run(
    model: MattingModel, duration_s: float, enough: Callable[[list[CompositeKind]], bool] = lambda kinds: False
) -> tuple[MemorySink, CycloramaError | None]:
    """A live session of the synthetic camera with ``model``, until the sink was shown ``enough`` or the time is over;
    what the sink was shown, and the session's error."""
    source, sink = SyntheticSource(SIZE_WH, FPS, 10_000, live=True), Watched(enough)
    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    with closing(compositor), model:
        engine = MattingEngine(model, MattingSettings(), target_fps=FPS)
        output = OutputFormat(SIZE_WH, Fraction(FPS), compositor.layout)
        card = compositor.card(time.monotonic_ns(), "starting", 0.0)
        limits = Limits(fresh_s=0.15, model_failing_s=0.3)
        session = Session(SessionParts(source, engine, compositor, card), [sink], output, SessionContext(limits=limits))
        sink.stop = session.stop_event
        try:
            session.start()
            session.run(duration_s)
        except CycloramaError as error:
            return sink, error
    return sink, None


class Hooked:
    """onnxruntime's session with something in front of every run."""

    def __init__(self, model: Any, before: Any) -> None:
        self._real, self._before, self._runs = model._session._session, before, 0
        model._session._session = self

    def run(self, *of: Any) -> Any:
        self._runs += 1
        self._before(self._runs)
        return self._real.run(*of)


@pytest.mark.parametrize("on_card", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ADAPTERS)
def test_a_network_at_fault_gives_nothing_but_the_card(
    name: str, fault: str, on_card: bool, networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if on_card:  # the processor's memory stands for a card's: bytes go there and come back, which hold no NaN
        monkeypatch.setitem(sessions.DEVICES, "cpu", "cpu")
    sink, error = run(opened(name, networks, tmp_path, fault), 20.0)
    assert sink.count > 5 and {item.kind for item in sink.composites} == {CompositeKind.CARD}
    assert isinstance(error, ModelError) and "\n" not in str(error)


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_lost_device_gives_the_card_and_ends_the_session_with_the_reason(
    name: str, networks: ModuleType, tmp_path: Path
) -> None:
    def lose(runs: int) -> None:
        if runs > 5:
            raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL : CUDA failure 999: unknown error ; GPU=0")

    model = opened(name, networks, tmp_path)
    Hooked(model, lose)
    sink, error = run(model, 20.0)
    kinds = [item.kind for item in sink.composites]
    assert CompositeKind.COMPOSITE in kinds and kinds[-1] is CompositeKind.CARD
    assert isinstance(error, ModelError) and "CUDA failure 999" in str(error) and "try another --model" in str(error)


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_stall_gives_the_card_until_it_answers(name: str, networks: ModuleType, tmp_path: Path) -> None:
    model = opened(name, networks, tmp_path)
    Hooked(model, lambda runs: time.sleep(1.2 if runs == 6 else 0))
    sink, error = run(model, 30, person_card_and_person)
    assert error is None and person_card_and_person([item.kind for item in sink.composites])


def test_after_a_failure_the_recurrent_network_begins_anew(networks: ModuleType, tmp_path: Path) -> None:
    """States that a failed run left behind are worth nothing."""
    model = opened("rvm", networks, tmp_path)

    def fail_once(runs: int) -> None:
        if runs == 4:
            raise RuntimeError("injected")

    Hooked(model, fail_once)
    frames = [Frame(SyntheticSource(SIZE_WH).picture(0), seq, seq * 16_000_000) for seq in range(5)]
    first, *_ = [model.predict(frame).alpha for frame in frames[:3]]
    with pytest.raises(ModelError):
        model.predict(frames[3])
    assert model.predict(frames[4]).alpha == pytest.approx(first)
