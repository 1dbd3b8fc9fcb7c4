"""Auto-framing through the real pipeline: the size stays, the matte goes with the view, nothing starts over."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from cyclorama.capture.auto_framing import AutoFraming
from cyclorama.capture.geometry import Geometry
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import ModelError
from cyclorama.core.frames import U8, CompositeKind, Frame
from cyclorama.faces.base import Face
from cyclorama.faces.tracker import FaceTracker
from cyclorama.matting.base import MattingModel, ModelInfo, Prediction
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.models.bundled import bundled_path
from cyclorama.pipeline.jobs.live import run_live
from cyclorama.pipeline.runtime.build import open_parts
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.settings.values import CaptureSettings, ComposeSettings, MattingSettings, Settings
from doubles.memory_sink import MemorySink


class Leaping(FaceTracker):
    """Sees one face, which leaps from one side of the picture to the other."""

    def __init__(self) -> None:
        pass

    def see(self, pixels: U8, time_s: float) -> list[Face]:
        return [Face(500 if time_s < 3 else 1500, 600, 150, 1.0)]

    def close(self) -> None:
        pass


class CountingModel(MattingModel):
    info = ModelInfo("counting", "none", "none", "none")

    def __init__(self) -> None:
        self.resets = 0

    def predict(self, frame: Frame) -> Prediction:
        alpha = np.full((36, 64), 0.5, np.float32)
        alpha[0] = 0
        return Prediction(alpha)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        pass


def test_a_view_that_moves_as_fast_as_it_may_is_no_cut() -> None:
    portrait = cv2.imread(str(bundled_path("portrait.png")))
    picture = np.asarray(cv2.resize(portrait, (1920, 1080), interpolation=cv2.INTER_AREA), np.uint8)
    geometry = Geometry(CaptureSettings(size_wh=(640, 360)), AutoFraming(Leaping()))
    model = CountingModel()
    engine = MattingEngine(model, MattingSettings())
    for index in range(30 * 6):
        pixels = geometry.apply(picture, index / 30)
        matte = engine.matte(Frame(pixels, index, index * 1_000_000_000 // 30))
        assert matte.alpha.shape == (360, 640)
    assert model.resets == 0


def test_a_live_session_frames_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = MemorySink()
    monkeypatch.setattr("cyclorama.pipeline.jobs.live.open_sink", lambda spec, files: sink)
    settings = Settings(
        source="demo",
        capture=CaptureSettings(size_wh=(320, 180), fps=30, frame="auto"),
        compose=ComposeSettings(background="color:#101018"),
        duration_s=2.0,
    )
    run_live(settings, stop=threading.Event())
    assert {composite.size_wh for composite in sink.composites} == {(320, 180)}
    assert CompositeKind.COMPOSITE in {composite.kind for composite in sink.composites}


def test_without_the_face_network_live_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModelError(f"the bundled file {name} is missing")

    monkeypatch.setattr("cyclorama.faces.tracker.bundled_path", missing)
    settings = Settings(source="demo", capture=CaptureSettings(frame="auto"))
    with (
        pytest.raises(ModelError, match=r"face_detection\.tflite is missing"),
        open_parts(settings, Metrics(), SystemClock(), live=True),
    ):
        pass
