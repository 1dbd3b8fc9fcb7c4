"""Frame by frame: ``open_matting`` and ``VirtualBackground``, with the bundled network and with broken ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

import cyclorama
from cyclorama.core.frames import F32, U8, Frame
from cyclorama.models.bundled import bundled_path
from cyclorama.pipeline.runtime import build
from doubles.null_model import NullModel

PERSON, CORNER = (150, 215), (5, 505)
"""Pixels (y, x) of the portrait: a cheek, and the flag in its corner."""
TEAL_BGR = (128, 128, 0)
ROOM = (20, 250, 20)
CARD_BGR = (46, 40, 36)


@pytest.fixture(scope="module")
def portrait() -> U8:
    return np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Callable[[float | Callable[[Frame], F32]], None]:
    """Put a network in the place of every other one."""

    def use(alpha: float | Callable[[Frame], F32]) -> None:
        monkeypatch.setattr(build, "open_model", lambda *given, **more: NullModel(alpha))

    return use


def room(height: int = 90, width: int = 160) -> U8:
    return np.full((height, width, 3), ROOM, np.uint8)


def right_half(frame: Frame) -> F32:
    alpha = np.zeros((36, 64), np.float32)
    alpha[:, 32:] = 1
    return alpha


def test_alpha_is_255_inside_the_person_and_0_outside(portrait: U8) -> None:
    before = portrait.copy()
    with cyclorama.open_matting(fps=None) as matting:
        alpha = matting(portrait)
        assert matting.model_info.name == "selfie" and matting.settings.model == "auto"
    assert alpha.dtype == np.uint8 and alpha.shape == portrait.shape[:2]
    assert alpha[PERSON] == 255 and alpha[CORNER] == 0
    assert 0.3 < (alpha == 255).mean() < 0.7
    assert np.array_equal(portrait, before) and portrait.flags.writeable and alpha.flags.writeable


def test_rgb_gives_the_same_alpha_and_rgb_colours(portrait: U8) -> None:
    rgb = np.ascontiguousarray(portrait[..., ::-1])
    with cyclorama.open_matting(fps=None) as one, cyclorama.open_matting(fps=None, color="rgb") as other:
        assert np.array_equal(one(portrait), other(rgb))
        assert np.array_equal(one.foreground, other.foreground[..., ::-1])


def test_a_view_that_is_not_contiguous_is_taken(portrait: U8) -> None:
    with cyclorama.open_matting(fps=None) as one, cyclorama.open_matting(fps=None) as other:
        assert np.array_equal(one(portrait[:, ::-1]), other(np.ascontiguousarray(portrait[:, ::-1])))


def test_the_foreground_holds_nothing_of_the_room(network: Callable[..., None]) -> None:
    network(right_half)
    frame = room()
    frame[:, 80:] = (60, 60, 190)
    with cyclorama.open_matting(fps=None, smooth=0) as matting:
        alpha = matting(frame)
        foreground = matting.foreground
    assert alpha[45, 150] == 255 and alpha[45, 5] == 0
    assert np.array_equal(foreground[45, 150], (60, 60, 190))
    assert foreground[..., 1].max() < 110  # the room's green is 250


@pytest.mark.parametrize("fps", [None, 30])
def test_each_frame_gets_its_own_alpha(network: Callable[..., None], fps: float | None) -> None:
    """A person in red at one side, then at the other."""
    network(lambda frame: np.asarray(cv2.resize(frame.pixels, (64, 36))[..., 2] > 128, np.float32))
    left, right = room(), room()
    left[:, :80] = right[:, 80:] = (60, 60, 190)
    with cyclorama.open_matting(fps=fps, smooth=0) as matting:
        for count, (frame, person, empty) in enumerate([(left, 40, 120), (right, 120, 40), (left, 40, 120)]):
            alpha = matting(frame, time_s=count / 30)
            assert alpha[45, person] == 255 and alpha[45, empty] == 0, count
            assert np.array_equal(matting.foreground[45, person], (60, 60, 190))


def test_there_is_no_foreground_before_the_first_frame_or_after_a_failure(network: Callable[..., None]) -> None:
    broken = False

    def alpha(frame: Frame) -> F32:
        if broken:
            raise RuntimeError("out of memory")
        return right_half(frame)

    network(alpha)
    with cyclorama.open_matting(fps=None) as matting:
        with pytest.raises(cyclorama.CycloramaError, match="no foreground yet"):
            _ = matting.foreground
        matting(room())
        assert matting.foreground.shape == (90, 160, 3)
        broken = True
        with pytest.raises(cyclorama.ModelError, match="out of memory"):
            matting(room())
        with pytest.raises(cyclorama.CycloramaError, match="no foreground yet"):
            _ = matting.foreground
        broken = False
        assert matting(room())[45, 150] == 255


def test_files_do_not_depend_on_the_clock_and_live_does(network: Callable[..., None]) -> None:
    seen: list[float] = []

    def alpha(frame: Frame) -> F32:
        seen.append(frame.time_s)
        return right_half(frame)

    network(alpha)
    with cyclorama.open_matting(fps=None) as matting:
        for _ in range(3):
            matting(room())
        matting(room(), time_s=7.5)
    assert seen == pytest.approx([0, 1 / 30, 2 / 30, 7.5], abs=1e-6)
    seen.clear()
    with cyclorama.open_matting(fps=30) as matting:
        matting(room(), time_s=100.0)
        matting(room(), time_s=200.0)  # a gap: the network has to look again
        assert seen == [100.0, 200.0]


@pytest.mark.parametrize(
    "picture", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), None, "frame.png"]
)
def test_what_is_no_frame(picture: Any) -> None:
    with cyclorama.VirtualBackground("color:teal") as background:
        with pytest.raises(cyclorama.CaptureError, match=r"a frame has to be uint8 .H, W, 3., and this is"):
            background(picture)
        assert background(room()).shape == (90, 160, 3)


@pytest.mark.parametrize("time_s", [math.nan, math.inf, -math.inf, 1e300, "now", 1e12])
def test_what_is_no_time(time_s: Any) -> None:
    with cyclorama.VirtualBackground("color:teal") as background:
        with pytest.raises(cyclorama.CaptureError, match="is no time: give seconds"):
            background(room(), time_s=time_s)
        assert background(room(), time_s=np.float32(2)).shape == (90, 160, 3)


def test_a_background_that_is_not_given_or_a_path(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), "navy").save(tmp_path / "navy.png")
    with cyclorama.VirtualBackground(tmp_path / "navy.png") as background:
        assert background.settings.compose.background == str(tmp_path / "navy.png")
    with cyclorama.VirtualBackground(None) as background:
        assert background.settings.compose.background == "blur"


@pytest.mark.parametrize("word", ["None", "NONE", " None "])
def test_a_value_that_was_left_out_does_not_ask_for_the_room(word: str) -> None:
    with pytest.raises(cyclorama.SettingsError, match="in small letters"):
        cyclorama.VirtualBackground(word)


def test_settings_that_cannot_be() -> None:
    with pytest.raises(cyclorama.SettingsError, match=r"did you mean smooth?"):
        cyclorama.open_matting(smoth=1)
    with pytest.raises(cyclorama.SettingsError, match="color 'yuv' is not one of bgr, rgb"):
        cyclorama.open_matting(color="yuv")  # type: ignore[arg-type]
    with pytest.raises(cyclorama.SettingsError, match="no setting 'source' here"):
        cyclorama.VirtualBackground("blur", source="0")
    with pytest.raises(cyclorama.SettingsError, match="no such file"):
        cyclorama.VirtualBackground("nowhere.png")


def test_closed_things_say_so() -> None:
    matting, background = cyclorama.open_matting(), cyclorama.VirtualBackground("color:teal")
    for thing in (matting, background):
        thing.close()
        thing.close()
        with pytest.raises(cyclorama.CycloramaError, match="is closed: open another one"):
            thing(room())


def test_the_network_is_closed_with_what_it_was_opened_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counted(NullModel):
        closes = 0

        def close(self) -> None:
            self.closes += 1

    for opening in (cyclorama.open_matting, lambda: cyclorama.VirtualBackground("color:teal")):
        model = Counted(right_half)
        monkeypatch.setattr(build, "open_model", lambda *given, one=model, **more: one)
        with opening() as thing:  # type: ignore[no-untyped-call]
            thing(room())
            assert model.closes == 0
        assert model.closes == 1
        thing.close()
        assert model.closes == 1


def test_the_person_stands_before_the_background(portrait: U8) -> None:
    with cyclorama.VirtualBackground("color:teal", light_wrap=0) as background:
        picture = background(portrait)
        assert background.fault is None and background.model_info.name == "selfie"
    assert tuple(picture[CORNER]) == TEAL_BGR
    assert np.array_equal(picture[PERSON], portrait[PERSON])
    picture[:] = 0  # it is the caller's


def test_transparent_matte_and_none(portrait: U8) -> None:
    rgb = np.ascontiguousarray(portrait[..., ::-1])
    with cyclorama.VirtualBackground("transparent", color="rgb") as background:
        cut = background(rgb)
    assert cut.shape == (512, 512, 4) and cut[CORNER][3] == 0 and tuple(cut[PERSON]) == (*rgb[PERSON], 255)
    with cyclorama.VirtualBackground("matte") as background:
        matte = background(portrait)
    assert matte.shape == (512, 512) and matte[PERSON] == 255 and matte[CORNER] == 0
    with cyclorama.VirtualBackground("none") as background:
        assert np.array_equal(background(portrait), portrait) and background.model_info.name == "none"


def test_the_size_is_given_or_the_first_frames_and_stays(portrait: U8) -> None:
    with cyclorama.VirtualBackground("color:teal", (320, 180)) as background:
        assert background(portrait).shape == (180, 320, 3)
    with cyclorama.VirtualBackground("color:teal", "480p") as background:
        assert background(portrait).shape == (480, 854, 3)
    with cyclorama.VirtualBackground("color:teal") as background:
        assert background(room(120, 200)).shape == (120, 200, 3)
        assert background(portrait).shape == (120, 200, 3)
    with cyclorama.VirtualBackground("color:teal") as background, pytest.raises(cyclorama.CaptureError, match="size"):
        background(room(4, 4))


def test_the_picture_is_turned_as_asked(portrait: U8) -> None:
    with cyclorama.VirtualBackground("color:teal", mirror=True, fps=None, light_wrap=0) as background:
        picture = background(portrait)
    assert np.array_equal(picture[PERSON[0], 511 - PERSON[1]], portrait[PERSON])
    assert tuple(picture[5, 6]) == TEAL_BGR


def test_auto_framing_follows_the_face(portrait: U8) -> None:
    wide = cv2.copyMakeBorder(portrait, 100, 0, 100, 700, cv2.BORDER_CONSTANT, value=ROOM)
    with cyclorama.VirtualBackground("matte", (320, 180), frame="auto", fps=None, quality="fast") as background:
        first = (background(wide) > 128).mean()
        for _ in range(60):  # two seconds of a file
            last = (background(wide) > 128).mean()
        assert background.fault is None
    assert last > 1.25 * first > 0


def test_a_picture_that_is_shown_whole_leaves_room_for_the_background(network: Callable[..., None]) -> None:
    network(1.0)
    frame = np.full((90, 90, 3), (60, 60, 190), np.uint8)
    with cyclorama.VirtualBackground("color:teal", (160, 90), fit="contain", light_wrap=0, smooth=0) as background:
        picture = background(frame)
    assert picture.shape == (90, 160, 3)
    assert tuple(picture[45, 80]) == (60, 60, 190)
    assert (picture[:, [5, 155]] == TEAL_BGR).all()


def test_a_network_that_fails_gives_the_card_and_the_next_frame_may_work(network: Callable[..., None]) -> None:
    faults: list[BaseException | F32] = []

    def alpha(frame: Frame) -> F32:
        fault = faults.pop(0) if faults else right_half(frame)
        if isinstance(fault, BaseException):
            raise fault
        return fault

    network(alpha)
    everything = np.ones((36, 64), np.float32)
    nan = np.full((36, 64), np.nan, np.float32)
    for fault in (
        RuntimeError("no memory"),
        cyclorama.ModelError("gone"),
        nan,
        everything,
        np.zeros((2, 90), np.float32),
    ):
        with cyclorama.VirtualBackground("blur", fps=None, smooth=0) as background:
            faults.append(fault)
            card = background(room())
            assert background.fault
            assert tuple(card[2, 2]) == CARD_BGR and not (card[..., 1] > 160).any()
            picture = background(room())
            assert background.fault is None
            assert tuple(picture[45, 155]) == ROOM  # the network says that this is the person


def test_the_card_is_the_background_where_it_can_stand_alone(network: Callable[..., None]) -> None:
    network(lambda frame: np.full((36, 64), np.nan, np.float32))
    with cyclorama.VirtualBackground("color:teal") as background:
        for _ in range(3):
            assert (background(room()) == TEAL_BGR).all()
            assert background.fault and "nan" in background.fault


@pytest.mark.parametrize("fps", [30, None])
def test_threads_that_share_one_get_each_frame_with_its_own_matte(
    network: Callable[..., None], fps: int | None
) -> None:
    network(lambda frame: (frame.pixels[::2, ::2, 0] < 128).astype(np.float32))
    scenes = []
    for left in range(0, 120, 20):  # a black square that is the person, before a white room
        scenes.append(np.full((90, 160, 3), 255, np.uint8))
        scenes[-1][30:80, left : left + 40] = 0

    def rooms(scene: U8) -> list[int]:
        """How much of each picture is room, which is white; the background is black."""
        shown = [background(scene) for _ in range(20)]
        return [int((pixels.min(axis=2) > 200).sum()) for pixels in shown]

    with (
        cyclorama.VirtualBackground("color:black", fps=fps, light_wrap=0) as background,
        cyclorama.open_matting(fps=fps) as matting,
        ThreadPoolExecutor(6) as pool,
    ):
        assert max(map(max, pool.map(rooms, scenes))) < 24 * 24
        for alpha, scene in zip(pool.map(matting, scenes * 10), scenes * 10, strict=True):
            assert (alpha[scene[..., 0] == 255] > 128).sum() < 24 * 24, "an alpha of another frame"


def test_the_callers_memory_may_be_used_again(network: Callable[..., None]) -> None:
    network(right_half)
    buffer = room()
    with cyclorama.VirtualBackground("color:teal", light_wrap=0) as background:
        first = background(buffer)
        buffer[:] = 0
        assert tuple(first[45, 155]) == ROOM
        assert tuple(background(buffer)[45, 5]) == TEAL_BGR
