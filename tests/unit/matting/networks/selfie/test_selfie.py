from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.core.frames import F32, U8, Frame
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.matting.networks.selfie import segmenter, selfie
from cyclorama.matting.networks.selfie.litert import LiteRtNetwork
from cyclorama.matting.networks.selfie.opencv import OpenCvNetwork
from cyclorama.matting.networks.selfie.selfie import TrackedSelfieModel
from cyclorama.matting.open import open_model
from cyclorama.models.bundled import bundled_path
from cyclorama.settings.values import MattingSettings, Quality


def portrait() -> U8:
    return np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8)


def wide_scene(side: int) -> U8:
    """The portrait, ``side`` pixels wide, near the right end of a wide plain wall."""
    pixels = np.full((720, 1280, 3), 170, np.uint8)
    small = cv2.resize(portrait(), (side, side), interpolation=cv2.INTER_AREA)
    pixels[720 - side :, 1000 - side // 2 : 1000 - side // 2 + side] = small
    return pixels


def settle(model: TrackedSelfieModel, pixels: U8, frames: int = 4) -> F32:
    for index in range(frames):
        alpha = model.predict(Frame(pixels, index, index * 33_000_000)).alpha
    return alpha


def test_an_unknown_model_suggests_the_nearest() -> None:
    with pytest.raises(SettingsError, match="selfie-wide"):
        open_model("selfie-wied")
    with pytest.raises(SettingsError, match="known are auto"):
        open_model("qqq")


@pytest.mark.parametrize("name", ["auto", "selfie-square"])
def test_a_damaged_or_missing_file_is_a_model_error(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = tmp_path / "selfie_square.tflite"
    damaged.write_bytes(b"not a network" * 100)
    monkeypatch.setattr(selfie, "bundled_path", lambda file: damaged)
    with pytest.raises(ModelError, match=r"selfie_square\.tflite cannot be loaded.*install cyclorama again"):
        open_model(name)
    monkeypatch.setattr(selfie, "bundled_path", lambda file: tmp_path / "absent.tflite")
    with pytest.raises(ModelError, match="absent"):
        open_model(name)


def test_the_person_is_found() -> None:
    alpha = settle(TrackedSelfieModel(), portrait())
    h, w = alpha.shape
    assert alpha[int(0.3 * h), int(0.45 * w)] > 0.9, "the face"
    assert alpha[int(0.1 * h), int(0.05 * w)] < 0.1, "the corner"


def test_a_small_person_is_seen_at_the_networks_full_resolution() -> None:
    pixels = wide_scene(240)
    model = TrackedSelfieModel()
    settle(model, pixels)
    box = model._region.box
    assert box is not None and box.area < 0.3 * 1280 * 720 and box.x0 > 600
    assert settle(model, pixels).shape[1] > 450


def test_somebody_entering_outside_the_region_is_seen() -> None:
    model = TrackedSelfieModel()
    settle(model, wide_scene(300))
    both = wide_scene(300).copy()
    both[220:, 50:550] = cv2.resize(portrait(), (500, 500), interpolation=cv2.INTER_AREA)
    alpha = settle(model, both, 8)
    h, w = alpha.shape
    assert alpha[int(h * (220 + 150) / 720), int(w * (50 + 230) / 1280)] > 0.8


def test_reset_looks_everywhere_again() -> None:
    model = TrackedSelfieModel()
    settle(model, wide_scene(240))
    model.reset()
    assert model._region.box is None


@pytest.mark.parametrize("kind", ["black", "grey", "noise", "gradient", "stripes"])
def test_an_empty_room_gives_an_empty_matte(kind: str) -> None:
    rng = np.random.default_rng(0)
    ramp = np.linspace(40, 220, 640).astype(np.uint8)
    rooms: dict[str, U8] = {
        "black": np.zeros((360, 640, 3), np.uint8),
        "grey": np.full((360, 640, 3), 128, np.uint8),
        "noise": rng.integers(0, 256, (360, 640, 3), np.uint8),
        "gradient": np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (360, 640, 3))),
        "stripes": np.ascontiguousarray(
            np.broadcast_to(np.where(np.arange(640) // 40 % 2, 200, 60)[None, :, None], (360, 640, 3)), np.uint8
        ),
    }
    with open_model("auto") as model:
        engine = MattingEngine(model, MattingSettings())
        for index in range(3):
            matte = engine.matte(Frame(rooms[kind].copy(), index, index * 33_000_000))
    assert matte.alpha.max() == 0


@pytest.mark.parametrize(("file", "size_wh"), [(selfie.SQUARE, (256, 256)), (selfie.WIDE, (256, 144))])
def test_without_litert_opencv_runs_the_same_networks(
    file: str, size_wh: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "cyclorama.matting.networks.selfie.litert":
            raise ImportError("no wheel for this platform")
        return real(name, *args, **kwargs)

    path = bundled_path(file)
    rgb = segmenter.network_input(portrait(), size_wh)
    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", refuse)
        network = segmenter.open_network(path)
    assert isinstance(network, OpenCvNetwork) and network.size_wh == LiteRtNetwork(path).size_wh == size_wh
    slow = network.run(rgb)
    network.close()
    network.close()
    fast = LiteRtNetwork(path).run(rgb)
    assert np.abs(slow - fast).max() < 0.001


def test_beside_a_region_the_whole_picture_is_looked_at_for_every_other_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = wide_scene(300)
    with TrackedSelfieModel("fast", live=True) as model:
        looks: list[int] = []
        wide = model._networks[selfie.WIDE]
        run = wide.run
        monkeypatch.setattr(wide, "run", lambda rgb: (looks.append(1), run(rgb))[1])
        counts = []
        for seq in range(8):
            alpha = model.predict(Frame(pixels.copy(), seq, seq * 33_000_000)).alpha
            counts.append(len(looks))
        assert alpha.max() > 0.8, "the person is found"
        assert np.diff(counts).tolist()[1:] in ([0, 1, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0])
        model.reset()
        model.predict(Frame(pixels.copy(), 9, 9 * 33_000_000))
        assert len(looks) == counts[-1] + 1


class Told:
    """Stands in for both networks: says ``person`` of what is redder than green, and counts its looks."""

    provider = "none"

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self.size_wh, self.looks = size_wh, 0

    def run(self, rgb: F32) -> F32:
        self.looks += 1
        return (rgb[..., 0] > rgb[..., 1]).astype(np.float32)

    def close(self) -> None:
        """Nothing to release."""


def told_model(
    monkeypatch: pytest.MonkeyPatch, quality: Quality = "fast", *, live: bool = True
) -> tuple[TrackedSelfieModel, Told, Told]:
    wide, square = Told((256, 144)), Told((256, 256))
    monkeypatch.setattr(selfie, "open_network", lambda path: wide if path.name == selfie.WIDE else square)
    return TrackedSelfieModel(quality, live=live), wide, square


GREEN, RED = (60, 150, 60), (60, 60, 200)
VIOLET, BLUE = (60, 100, 95), (130, 100, 105)
"""BGR; what tells the two apart is nearly all blue, of which grey holds a tenth."""


def red_person(left: int, wall: tuple[int, int, int] = GREEN, shirt: tuple[int, int, int] = RED) -> U8:
    """Somebody redder than green, 200 pixels wide, before a wall that is not, 1280x720."""
    pixels = np.full((720, 1280, 3), wall, np.uint8)
    pixels[300:, left : left + 200] = shirt
    return pixels


@pytest.mark.parametrize(("wall", "shirt"), [(GREEN, RED), (VIOLET, BLUE)])
def test_in_a_region_a_look_of_the_frame_before_counts_only_where_the_picture_is_the_same(
    wall: tuple[int, int, int], shirt: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third of what was there two frames ago is enough to show the room with."""
    model, wide, _ = told_model(monkeypatch)
    for index in range(12):
        left = 200 + 40 * max(0, index - 5)
        alpha = model.predict(Frame(red_person(left, wall, shirt), index, index * 33_000_000)).alpha
        columns = (np.arange(alpha.shape[1]) + 0.5) * 1280 / alpha.shape[1]
        away = (columns < left - 20) | (columns > left + 220)
        assert alpha[-60:, away].max() < 0.2, index
        assert alpha[-60:, ~away].mean() > 0.8, index
    assert wide.looks < 10, "not every frame needs a look at the whole picture"


@pytest.mark.parametrize("when", [6, 7])
def test_what_was_taken_for_half_a_person_far_away_is_forgotten_when_it_goes(
    when: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The region does not hold what is no more likely a person than not: only the kept look saw it."""
    model, wide, _ = told_model(monkeypatch)
    monkeypatch.setattr(wide, "run", lambda rgb: np.maximum(rgb[..., 0] > rgb[..., 1], 0.45 * (rgb[..., 2] > 0.7)))
    seen = []
    for index in range(10):
        pixels = red_person(1000)
        if index == when:
            pixels[100:300, 100:300] = (250, 60, 50)
        alpha = model.predict(Frame(pixels, index, index * 33_000_000)).alpha
        height, width = alpha.shape
        seen.append(float(alpha[height * 150 // 720 : height * 250 // 720, width * 150 // 1280 : width // 5].max()))
    assert max(seen[:when] + seen[when + 1 :]) < 0.01


@pytest.mark.parametrize("frames", [6, 7])
def test_who_comes_back_is_looked_for_anew(frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look of before they left says nothing of the frames since."""
    model, wide, _ = told_model(monkeypatch)
    there = [True] * frames + [False] * 2 + [True] * 2
    looks = []
    for index, is_there in enumerate(there):
        model.predict(Frame(red_person(400 if is_there else 2000), index, index * 33_000_000))
        looks.append(wide.looks)
    assert np.diff(looks)[-3:].tolist() == [1, 1, 1]


QUALITIES: tuple[Quality, ...] = ("fast", "balanced", "best")


@pytest.mark.parametrize(("quality", "squares"), [("fast", 8), ("balanced", 10), ("best", 32)])
def test_a_live_session_takes_as_many_looks_as_its_quality_says(
    quality: Quality, squares: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, _, square = told_model(monkeypatch, quality)
    for index in range(12):
        if index == 4:  # the region is found
            begun = square.looks
        model.predict(Frame(red_person(400), index, index * 33_000_000))
    assert square.looks - begun == squares


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_small_person_in_a_photo_is_seen_finely_at_once(quality: Quality, monkeypatch: pytest.MonkeyPatch) -> None:
    model, _, _ = told_model(monkeypatch, quality, live=False)
    alpha = model.predict(Frame(red_person(1000), 0, 0)).alpha
    assert alpha.shape[1] > 400
    assert np.abs(alpha - (cv2.resize(red_person(1000), alpha.shape[::-1])[..., 2] > 190)).mean() < 0.01


@pytest.mark.parametrize("quality", QUALITIES)
def test_whoever_comes_in_outside_the_region_is_seen_in_the_next_look_but_one(
    quality: Quality, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, _, _ = told_model(monkeypatch, quality)
    for index in range(8):
        model.predict(Frame(red_person(1000), index, index * 33_000_000))
    both = np.maximum(red_person(1000), red_person(100))
    both[300:, 100:300] = both[300:, 1000:1200] = RED
    for index in range(8, 10):
        alpha = model.predict(Frame(both.copy(), index, index * 33_000_000)).alpha
    assert alpha[-60:, alpha.shape[1] * 150 // 1280 : alpha.shape[1] * 250 // 1280].min() > 0.9


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("quality", QUALITIES)
def test_a_frame_of_any_shape_has_an_alpha(quality: Quality, live: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    model, _, _ = told_model(monkeypatch, quality, live=live)
    for size_wh in ((1, 1), (4000, 30), (30, 4000), (3, 2), (720, 1280), (1, 7)):
        pixels = np.full((size_wh[1], size_wh[0], 3), GREEN, np.uint8)
        pixels[:, : (size_wh[0] + 1) // 2] = RED
        for index in range(3):
            alpha = model.predict(Frame(pixels, index, index * 33_000_000)).alpha
        assert model.info.fits(alpha, size_wh)
        assert alpha[:, 0].min() > 0.8, size_wh
        assert size_wh[0] == 1 or alpha[:, -1].max() < 0.2, size_wh


@pytest.mark.parametrize("forget", [TrackedSelfieModel.reset, lambda model: model.look_at("best")])
def test_looks_at_tiles_are_forgotten_with_the_source_and_with_the_set_of_tiles(
    forget: Callable[[TrackedSelfieModel], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other tiles have the same numbers."""
    model, _, _ = told_model(monkeypatch, "balanced")
    for index in range(12):
        model.predict(Frame(red_person(400), index, index * 33_000_000))
    assert model._tiles._kept
    forget(model)
    assert not model._tiles._kept


def test_a_change_of_quality_shows_little() -> None:
    pixels = wide_scene(400)
    model = TrackedSelfieModel("fast", live=True)
    before = settle(model, pixels, 6)
    for quality in ("balanced", "best", "fast"):
        model.look_at(quality)
        first = model.predict(Frame(pixels, 6, 6 * 33_000_000)).alpha
        assert first.shape == before.shape
        assert np.abs(first - before).mean() < 0.01
        before = settle(model, pixels, 6)


@pytest.mark.parametrize(("live", "expected"), [(False, "best"), (True, "balanced")])
def test_files_get_all_looks_and_a_live_session_what_it_can_afford(live: bool, expected: Quality) -> None:
    for name in ("selfie", "auto"):
        with open_model(name, live=live) as model:
            assert model.quality == expected
        with open_model(name, quality="fast", live=live) as model:
            assert model.quality == "fast"


def test_all_looks_are_the_same_on_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = wide_scene(400)
    expected = TrackedSelfieModel().predict(Frame(pixels, 0, 0)).alpha
    monkeypatch.setattr(selfie, "open_network", OpenCvNetwork)
    found = TrackedSelfieModel().predict(Frame(pixels, 0, 0)).alpha
    assert np.abs(found - expected).max() < 0.002
