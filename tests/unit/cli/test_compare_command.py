"""``cyclorama models compare``: the sheet, the times, and the list that remembers them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import cv2
import numpy as np
import pytest

from cyclorama.cli.commands.compare import text
from cyclorama.compose.contact_sheet import CAPTION_H, GAP
from cyclorama.compose.network_sheet import DETAIL, TILE_SIDE, Drawn, detail_of, sheet_of
from cyclorama.core.frames import Frame, Matte
from cyclorama.matting.base import Prediction
from cyclorama.models import store
from cyclorama.models.bundled import bundled_path
from cyclorama.pipeline.jobs import compare
from cyclorama.settings.values import Quality
from doubles.null_model import NullModel

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Three frames, and a memory of its own."""
    monkeypatch.setattr(compare, "FRAMES", 3)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.usefixtures("quick")
def test_a_photo_by_two_networks_and_what_the_list_remembers(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = Path("me.png")
    photo.write_bytes(bundled_path("portrait.png").read_bytes())
    measured = iter((7.0, 60.0))
    monkeypatch.setattr(compare._RunTimes, "settled_ms", lambda self: next(measured))
    code, out, err = cyclorama("models", "compare", "me.png", "--model", "selfie-wide", "--model", "selfie-square")
    assert (code, err) == (0, "")
    first, *rows, following = out.splitlines()
    assert first == "me-networks.png shows me.png cut out by 2 networks, the fastest first:"
    assert [line.split()[:5] for line in rows] == [
        ["selfie-wide", "7.0", "ms", "a", "picture"],
        ["selfie-square", "60.0", "ms", "a", "picture"],
    ]
    assert ["quick" in rows[0], "for files" in rows[1]] == [True, True]
    assert following == "Next: cyclorama live --model NAME uses one; the first, selfie-wide, is the fastest"
    sheet = cv2.imread("me-networks.png")
    side, high = TILE_SIDE + GAP, TILE_SIDE + CAPTION_H + GAP
    assert sheet is not None and sheet.shape == (GAP + 2 * high, GAP + 3 * side, 3)
    person, _, matte = (sheet[GAP : GAP + TILE_SIDE, GAP + k * side : GAP + k * side + TILE_SIDE] for k in range(3))
    assert person[20, 20].tolist() == [0x94, 0x8A, 0x7D], "the ground, and not the wall"
    assert matte[20, 20].tolist() == [0, 0, 0] and matte[360, 300].tolist() == [255, 255, 255]
    rows = {line.split()[0]: line for line in cyclorama("models", "list")[1].splitlines() if line}
    assert "quick, 7 ms" in rows["selfie-wide"]
    assert "for files, 60 ms" in rows["selfie-square"]
    assert "ms" not in rows["selfie"]
    listed = {each["name"]: each for each in json.loads(cyclorama("models", "list", "--json")[1])}
    speeds = listed["selfie-wide"]["speeds"]
    assert [(speed["ms"], speed["size_wh"], speed["quality"]) for speed in speeds] == [(7.0, [512, 512], "")]


def test_two_networks_that_take_the_same_time_are_in_the_order_given() -> None:
    ran = [compare.Compared(name, "", "cpu", ms) for name, ms in (("slow", 9.0), ("one", 1.0), ("other", 1.0))]
    lines = text(compare.CompareReport("sheet.png", (2, 2), ran), "me.png").splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["one", "other", "slow"]


@pytest.mark.usefixtures("quick")
def test_a_network_with_qualities_has_two_rows_and_one_that_fails_none(
    cyclorama: Run, networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "store"))
    store.import_file(networks.installed("rvm", tmp_path).path, "rvm")
    store.import_file(networks.installed("modnet", tmp_path, "nan").path, "modnet")
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, :64], picture[:, 64:] = (0, 0, 255), (255, 0, 0)
    cv2.imwrite("half.png", picture)
    code, out, err = cyclorama("models", "compare", "half.png", "--json", "--model", "rvm", "--model", "modnet")
    assert code == 0
    assert err.startswith("cyclorama: error: modnet: the network returned values") and err.count("\n") == 1
    report = json.loads(out)
    assert [(each["name"], each["quality"], each["ms"] is None) for each in report["networks"]] == [
        ("rvm", "balanced", False),
        ("rvm", "best", False),
        ("modnet", "", True),
    ]
    listed = {each["name"]: each for each in json.loads(cyclorama("models", "list", "--json")[1])}
    assert [speed["quality"] for speed in listed["rvm"]["speeds"]] == ["balanced", "best"]
    assert listed["modnet"]["speeds"] == [], "nothing was measured"
    sheet = cv2.imread(report["sheet"])
    assert sheet is not None and sheet.shape[0] == GAP + 2 * (TILE_SIDE // 2 + CAPTION_H + GAP)


@pytest.mark.usefixtures("quick")
def test_of_a_clip_the_middle_is_taken(tmp_path: Path) -> None:
    import av

    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", 30, options={})
        stream.width, stream.height, stream.pix_fmt = 32, 16, "bgr0"
        for level in range(60):
            frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), 4 * level, np.uint8), "bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    levels = [int(frame.pixels[0, 0, 0]) // 4 for frame in compare.read_frames(str(path))]
    assert levels == [27, 28, 29]


class Noted(NullModel):
    """Offers two qualities, and writes down what is asked of it. The engine also begins anew with each."""

    costs: ClassVar = {"balanced": 1.0, "best": 2.0}

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def look_at(self, quality: Quality) -> None:
        self.asked.append(quality)

    def reset(self) -> None:
        if self.asked[-1] != "reset":
            self.asked.append("reset")

    def predict(self, frame: Frame) -> Prediction:
        self.asked.append(str(frame.seq))
        return super().predict(frame)


def three_frames() -> list[Frame]:
    return [Frame(np.full((36, 64, 3), 90, np.uint8), seq, 0, seq, Fraction(1, 30)) for seq in range(3)]


def test_each_quality_begins_anew_and_sees_each_frame_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Noted()
    monkeypatch.setattr(compare, "open_model", lambda name, quality: model)
    results = list(compare._compared("null", three_frames(), threading.Event()))
    assert [(compared.label, matte and matte.seq) for compared, matte in results] == [
        ("null balanced", 2),
        ("null best", 2),
    ]
    assert model.asked[:10] == ["balanced", "reset", "0", "1", "2", "best", "reset", "0", "1", "2"]


def test_the_time_of_a_network_is_that_of_its_later_runs() -> None:
    times = compare._RunTimes([9, 8, 7, 1, 2, 3])
    for stage in ("motion", "network", "temporal"):
        with times(stage):
            pass
    assert len(times.seconds) == 7, "the network's alone"
    assert compare._RunTimes([9, 8, 7, 1, 2, 3]).settled_ms() == 2000
    assert compare._RunTimes([5]).settled_ms() == 5000


def test_after_a_stop_nothing_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stop, sheet = threading.Event(), tmp_path / "sheet.png"
    monkeypatch.setattr(compare, "read_frames", lambda source: three_frames())
    monkeypatch.setattr(compare, "open_model", lambda name, quality: NullModel())
    monkeypatch.setattr(compare, "_remember", lambda report: pytest.fail("times of a run that was stopped"))
    stop.set()
    compare.compare_models("me.png", sheet, models=["selfie"], overwrite=False, stop=stop)
    assert not sheet.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("none.jpg",), 3, "there is no file none.jpg"),
        (("text.txt",), 3, "text.txt is not a video that can be read"),
        (("demo", "-o", "sheet.gif"), 2, "--out sheet.gif: write a name ending in .png"),
        (("demo", "-o", "text.png"), 5, "text.png exists: give --overwrite"),
        (("text.png", "-o", "text.png", "--overwrite"), 2, "text.png is both input and output"),
        (("demo", "--model", "selfi", "-o", "x.png"), 2, "there is no model called 'selfi': did you mean selfie"),
        (("demo", "--model", "rvm", "-o", "x.png"), 4, "the model rvm is not on this machine yet"),
    ],
)
@pytest.mark.usefixtures("quick")
def test_what_cannot_be_done_is_one_line(cyclorama: Run, arguments: tuple[str, ...], code: int, says: str) -> None:
    Path("text.txt").write_text("no picture")
    Path("text.png").write_text("no picture")
    got, out, err = cyclorama("models", "compare", *arguments)
    assert (got, out) == (code, "")
    assert says in err and err.count("\n") == 1


def test_the_detail_is_where_the_networks_differ_most() -> None:
    one = np.zeros((90, 120), np.uint8)
    one[20:, 40:80] = 255
    other = one.copy()
    other[60:80, 100:110] = 200
    rows, columns = detail_of([one, other])
    assert (rows.stop - rows.start, columns.stop - columns.start) == (90 // DETAIL, 120 // DETAIL)
    assert rows.start <= 60 and rows.stop >= 80 and columns.start <= 100 and columns.stop >= 110
    soft = one.copy()
    soft[10:15, 30:35] = 120
    rows, columns = detail_of([soft])
    assert rows.start <= 10 and rows.stop >= 15 and columns.start <= 30 and columns.stop >= 35


@pytest.mark.parametrize("size_wh", [(1, 1), (2, 2), (2000, 1), (1, 2000)])
def test_a_tiny_or_thin_picture_has_a_sheet(size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    pixels = np.full((height, width, 3), 50, np.uint8)
    frame, alpha = Frame(pixels, 0, 0), np.full((height, width), 255, np.uint8)
    sheet = sheet_of([Drawn("network", 1.0, frame, Matte(alpha, 0, 0))])
    high, wide = (max(1, round(TILE_SIDE * side / max(size_wh))) for side in (height, width))
    assert sheet.shape == (2 * GAP + high + CAPTION_H, GAP + 3 * (wide + GAP), 3)
    person, matte = sheet[GAP, GAP], sheet[GAP, GAP + 2 * (wide + GAP)]
    assert person.tolist() == [50, 50, 50] and matte.tolist() == [255, 255, 255]
