"""Connectivity by hand, and the table over models and qualities."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pytest

from cyclorama.core.frames import F32
from cyclorama.models import store


@pytest.fixture(scope="module")
def quality(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("quality")


def block(value: float = 1.0) -> F32:
    alpha = np.zeros((20, 30), np.float32)
    alpha[4:16, 4:16] = value
    return alpha


def test_equal_mattes_are_equally_connected(quality: ModuleType) -> None:
    alpha = np.random.default_rng(1).random((20, 30), dtype=np.float32)
    assert quality.connectivity_error(alpha, alpha) == 0
    assert quality.connectivity_error(np.zeros_like(alpha), np.zeros_like(alpha)) == 0


def test_an_island_counts_whole(quality: ModuleType) -> None:
    pred = block()
    pred[8:10, 24:27] = 1  # six pixels apart from the rest: their phi is 0 instead of 1
    assert quality.connectivity_error(pred, block()) == 6


def test_the_same_pixels_joined_by_a_bridge(quality: ModuleType) -> None:
    true = block()
    true[8:10, 16:27] = 1
    cut = true.copy()
    cut[:, 20] = 0
    # In the truth too the far part hangs on nothing that both mattes have: 2 x 6 pixels lose their level in both, and
    # only the two of the bridge differ.
    assert quality.connectivity_error(cut, true) == pytest.approx(2)


def test_softness_below_the_threshold_is_forgiven(quality: ModuleType) -> None:
    assert quality.connectivity_error(block(1.0), block(0.95)) == 0, "l is 0.9 in both"
    assert quality.connectivity_error(block(1.0), block(0.5)) == pytest.approx(144 * 0.5)


def test_the_smaller_of_two_regions_is_detached(quality: ModuleType) -> None:
    both = block()
    both[4:16, 20:24] = 1
    only = block()
    assert quality.connectivity_error(both, only) == 48
    assert quality.connectivity_error(both, both) == 0


def write(path: Path, frames: list[F32], pixel_format: str, codec: str) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0], pixel_format
        for alpha in frames:
            grey = np.rint(alpha * 255).astype(np.uint8)
            picture = av.VideoFrame.from_ndarray(grey, format="gray")
            container.mux(stream.encode(picture.reformat(format=pixel_format)))
        container.mux(stream.encode())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "none"))
    frames = [np.kron(block(), np.ones((8, 8), np.float32))] * 7
    write(tmp_path / "one.alpha.mkv", frames, "gray", "ffv1")
    write(tmp_path / "one.mp4", frames, "yuv420p", "mpeg4")
    return tmp_path


def run(quality: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["quality.py", *arguments])
    return int(quality.main())


def test_every_installed_model_is_measured(
    quality: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quality, monkeypatch, str(folder), "--frames", "3", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    measured = [(row["model"], row["quality"]) for row in found["results"]]
    levels = [("selfie", level) for level in ("fast", "balanced", "best")]
    assert measured == [*levels, ("selfie-wide", "auto"), ("selfie-square", "auto")]
    assert all(row["frames"] == 3 for row in found["results"])
    assert "cores" in found["machine"]


def test_networks_are_opened_as_a_live_session_does_where_that_is_asked_for(
    quality: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = []
    real = quality.open_model

    def note(*args: Any, live: bool) -> Any:
        opened.append(live)
        return real(*args, live=live)

    monkeypatch.setattr(quality, "open_model", note)
    for more in ([], ["--live"]):
        assert run(quality, monkeypatch, str(folder), "--model", "selfie", "--quality", "fast", *more) == 0
    assert opened == [False, True]


def test_rvm_is_measured_at_every_quality(
    quality: ModuleType, networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "store"))
    networks.tiny_rvm(tmp_path / "rvm.onnx")
    store.import_file(tmp_path / "rvm.onnx", "rvm")
    assert list(quality.cases(["rvm", "selfie-wide"], None)) == [
        ("rvm", "fast"), ("rvm", "balanced"), ("rvm", "best"), ("selfie-wide", "auto"),
    ]  # fmt: skip
    assert list(quality.cases(["rvm"], ["best"])) == [("rvm", "best")]


def test_predicted_clips_and_the_table(
    quality: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    predicted = folder / "predicted"
    predicted.mkdir()
    (predicted / "one.mkv").write_bytes((folder / "one.alpha.mkv").read_bytes())
    assert run(quality, monkeypatch, str(folder), "--predicted", str(predicted)) == 0
    head, line, mean = capsys.readouterr().out.splitlines()
    assert head.split() == ["model", "quality", "clip", "MAD", "MSE", "Grad", "Conn", "dtSSD", "frames"]
    assert line.split() == ["predicted", "one", "0.00", "0.00", "0.0000", "0.000", "0.000", "7"]
    assert mean.split()[1] == "mean"


def test_the_edge_stage_is_measured_beside_plain_enlargement(
    quality: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quality, monkeypatch, str(folder), "--exact", "--frames", "2", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    mad = {(row["model"].removeprefix("exact, "), row["quality"]): row["mad"] for row in rows}
    assert set(mad) == {(grid, how) for grid in ("square", "engine", "fine") for how in ("edges", "plain")}
    assert mad["engine", "plain"] == 0, "that grid is as fine as the clip"
    assert mad["square", "edges"] < 0.5 < mad["square", "plain"], "a crisp block gets its edges back"


@pytest.mark.parametrize(
    ("frame_wh", "size_wh"), [((1280, 720), (256, 144)), ((512, 512), (256, 256)), ((480, 908), (128, 256))]
)
def test_a_fine_networks_size(quality: ModuleType, frame_wh: tuple[int, int], size_wh: tuple[int, int]) -> None:
    assert quality.fine_size(frame_wh) == size_wh


def test_the_seconds_of_the_empty_room_are_not_scored(
    quality: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    def mattes(path: Path, settings: Any, *, live: bool) -> Iterator[F32]:
        asked.append(settings.empty_room)
        wrong, right = np.ones((160, 240), np.float32), np.kron(block(), np.ones((8, 8), np.float32))
        return iter([wrong] * 3 + [right] * 4)

    monkeypatch.setattr(quality, "engine_alpha", mattes)
    arguments = [str(folder), "--model", "selfie", "--quality", "best", "--room", "0-0.3", "--json"]
    assert run(quality, monkeypatch, *arguments) == 0
    (row,) = json.loads(capsys.readouterr().out)["results"]
    assert (row["frames"], row["mad"]) == (4, 0)
    assert asked == [quality.Trim(0, 0.3)]


def test_an_empty_folder_is_said(
    quality: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quality, monkeypatch, str(tmp_path)) == 2
    assert "no NAME.alpha.mkv" in capsys.readouterr().err
