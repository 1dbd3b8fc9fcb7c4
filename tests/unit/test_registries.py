"""A new sink, and a new network, is one class and one line in its registry: done here, from end to end."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from pkgutil import resolve_name
from types import ModuleType

import numpy as np
import pytest
from typing_extensions import override

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import Composite, CompositeKind, Frame, Layout
from cyclorama.matting.base import MattingModel
from cyclorama.matting.networks.onnx.base import OnnxModel
from cyclorama.matting.networks.onnx.modnet import ModnetModel
from cyclorama.matting.networks.registry import BUNDLED
from cyclorama.matting.open import open_model
from cyclorama.models import store
from cyclorama.models.catalogue import load_catalogue
from cyclorama.models.kinds import KINDS, NetworkKind
from cyclorama.sinks.base import FileSink, OutputFormat, Sink
from cyclorama.sinks.null import NullSink
from cyclorama.sinks.open import FILE_SINKS, SINKS, SinkEntry, open_sink


class Projector(NullSink):
    """A sink that somebody adds."""

    def __init__(self, device: str = "any") -> None:
        super().__init__()
        self.device = device

    @property
    @override
    def name(self) -> str:
        return f"projector:{self.device}"


class Cautious(ModnetModel):
    """A network that somebody adds: half as sure as MODNet."""

    @override
    def predict(self, frame: Frame):  # type: ignore[no-untyped-def]
        prediction = super().predict(frame)
        return replace(prediction, alpha=prediction.alpha / 2)


def test_a_sink_is_one_class_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="cannot send to 'projector'"):
        open_sink("projector")
    monkeypatch.setitem(SINKS, "projector", SinkEntry(f"{__name__}:Projector", takes_device=True))
    monkeypatch.setattr("cyclorama.sinks.open.resolve_name", found_here)
    with open_sink("projector:HDMI-1") as sink:
        assert sink.name == "projector:HDMI-1" and open_sink("projector").name == "projector:any"
        sink.open(OutputFormat((4, 2), Fraction(30)))
        sink.write(Composite(np.zeros((2, 4, 3), np.uint8), Layout.BGR, CompositeKind.COMPOSITE, 0, 0))
    with pytest.raises(SettingsError, match=r"camera:DEVICE, preview, null, projector, projector:DEVICE or a file"):
        open_sink("nowhere")


def test_a_network_is_one_class_and_one_line(
    monkeypatch: pytest.MonkeyPatch, networks: ModuleType, tmp_path: Path
) -> None:
    stored = networks.installed("modnet", tmp_path)
    cautious = replace(stored, entry=replace(stored.entry, name="modnet", kind="cautious"))
    monkeypatch.setitem(KINDS, "cautious", NetworkKind(f"{__name__}:Cautious", like="modnet"))
    monkeypatch.setattr("cyclorama.matting.networks.registry.resolve_name", found_here)
    frame = Frame(np.full((64, 64, 3), 200, np.uint8), 0, 0)
    alphas = []
    for model in (stored, cautious):
        monkeypatch.setattr(store, "find", lambda name, model=model: model)
        with open_model("modnet", "cpu") as opened:
            alphas.append(opened.predict(frame).alpha)
    assert alphas[0].max() > 0.1
    assert alphas[1] == pytest.approx(alphas[0] / 2)


def found_here(name: str) -> object:
    """``resolve_name``, which finds this module too, whatever it was imported as."""
    module, _, attribute = name.partition(":")
    return globals()[attribute] if module == __name__ else resolve_name(name)


def test_every_line_names_a_class_of_its_port() -> None:
    for entry in SINKS.values():
        assert issubclass(resolve_name(entry.adapter), Sink)
    for adapter in FILE_SINKS:
        assert issubclass(resolve_name(adapter), FileSink)
    for adapter in BUNDLED.values():
        assert issubclass(resolve_name(adapter), MattingModel)
    for name, kind in KINDS.items():
        assert name == "selfie" or issubclass(resolve_name(kind.adapter), OnnxModel)


def test_every_network_of_the_catalogue_has_an_adapter_and_every_kind_a_contract() -> None:
    models = load_catalogue().models
    assert {entry.kind for entry in models.values()} == set(KINDS)
    assert {name for name, entry in models.items() if entry.kind == "selfie"} == set(BUNDLED)
    for name, kind in KINDS.items():
        assert not kind.like or models[kind.like].kind == name
