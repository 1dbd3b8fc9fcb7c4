from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType

import cv2
import numpy as np
import pytest

from cyclorama.compose.compositor import MAX_MATTE_AGE
from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.core.frames import F32, U8, Frame, Matte
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.engine.answers import on_grid
from cyclorama.matting.engine.carry import DOUBTFUL
from cyclorama.matting.engine.engine import GAP_S, MattingEngine
from cyclorama.matting.engine.schedule import MAX_AGE_S
from cyclorama.settings.values import MattingSettings
from doubles.null_model import NullModel

SIZE = (180, 320)
FPS = 30


def scene(shift: int = 0, seed: int = 0) -> U8:
    """A textured wall with a bright disc in front of it, ``shift`` pixels right of the middle."""
    noise = np.random.default_rng(seed).integers(0, 160, (*SIZE, 3), np.uint8)
    pixels = np.ascontiguousarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    cv2.circle(pixels, (160 + shift, 90), 45, (90, 200, 250), -1)
    cv2.circle(pixels, (150 + shift, 80), 9, (20, 20, 90), -1)
    return pixels


def disc_alpha(shift: int = 0) -> F32:
    alpha = np.zeros(SIZE, np.float32)
    cv2.circle(alpha, (160 + shift, 90), 45, 1.0, -1)
    return alpha


def see_disc(frame: Frame) -> F32:
    """A perfect network for ``scene``."""
    return (frame.pixels[..., 2] > 200).astype(np.float32)


def seen_as(matte: Matte) -> F32:
    """The alpha as a network would put it, 0 to 1."""
    return np.asarray(matte.alpha, np.float32) * np.float32(1 / 255)


def frame(index: int, pixels: U8 | None = None, fps: float = FPS) -> Frame:
    return Frame(scene() if pixels is None else pixels, index, round(index * 1e9 / fps))


class Recording(NullModel):
    """Counts its calls."""

    def __init__(self, alpha: float | Callable[[Frame], F32] = 1.0) -> None:
        super().__init__(alpha)
        self.seen: list[int] = []
        self.resets = 0

    def predict(self, frame: Frame):  # type: ignore[no-untyped-def]
        self.seen.append(frame.seq)
        return super().predict(frame)

    def reset(self) -> None:
        self.resets += 1


def engine(model: NullModel, fps: float | None = None, **settings: float) -> MattingEngine:
    return MattingEngine(model, replace(MattingSettings(), **settings), target_fps=fps)


def test_a_matte_has_the_frames_size_seq_and_age() -> None:
    matte = engine(NullModel(1.0)).matte(frame(7))
    assert (matte.alpha.shape, matte.alpha.dtype, matte.seq, matte.age) == (SIZE, np.uint8, 7, 0)
    assert matte.alpha[20:].min() == 255 and matte.alpha[0].max() < 64


def test_each_matte_is_an_array_of_its_own() -> None:
    matter = engine(NullModel(see_disc))
    first = matter.matte(frame(0))
    kept = first.alpha.copy()
    for index in range(1, 5):
        matter.matte(frame(index, scene(20 * index)))
    assert np.array_equal(first.alpha, kept)


def all_but_a_row(level: float = 1.0) -> F32:
    alpha = np.full((9, 16), level, np.float32)
    alpha[0] = 0
    return alpha


def bad_alpha(kind: str) -> F32:
    good = np.full((9, 16), 0.5, np.float32)
    if kind == "nan":
        good[3, 3] = np.nan
    elif kind == "inf":
        good[3, 3] = np.inf
    elif kind == "-inf":
        good[3, 3] = -np.inf
    elif kind == "above":
        good[3, 3] = 1.5
    elif kind == "below":
        good[3, 3] = -0.1
    elif kind == "double":
        return good.astype(np.float64)  # type: ignore[return-value]
    elif kind == "levels":
        return np.full((9, 16), 255, np.uint8)  # type: ignore[return-value]
    elif kind == "colour":
        return np.full((9, 16, 3), 0.5, np.float32)
    elif kind == "empty":
        return np.empty((0, 16), np.float32)
    elif kind == "none":
        return None  # type: ignore[return-value]
    return good


KINDS = ["nan", "inf", "-inf", "above", "below", "double", "levels", "colour", "empty", "none"]


@pytest.mark.parametrize("kind", KINDS)
def test_nonsense_from_the_network_is_a_model_error(kind: str) -> None:
    with pytest.raises(ModelError, match="the network null returned") as caught:
        engine(NullModel(lambda frame: bad_alpha(kind))).matte(frame(0))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [RuntimeError("boom"), ValueError("shape"), MemoryError(), KeyError("x")])
def test_whatever_the_network_raises_is_a_model_error_with_its_cause(error: Exception) -> None:
    def fail(frame: Frame) -> F32:
        raise error

    with pytest.raises(ModelError, match="frame 3") as caught:
        engine(NullModel(fail)).matte(frame(3))
    assert caught.value.__cause__ is error


def test_after_a_failure_nothing_old_is_reused_and_it_recovers() -> None:
    answer = "most"

    def model_says(frame: Frame) -> F32:
        if answer == "nan":
            return bad_alpha("nan")
        return all_but_a_row() if answer == "most" else see_disc(frame)

    matter = engine(NullModel(model_says), every=10, smooth=1.0)
    for index in range(10):
        assert matter.matte(frame(index)).alpha[40:].min() == 255
    answer = "nan"
    for index in (10, 11):  # nor is frame 11 given the matte of frame 9 moved along
        with pytest.raises(ModelError):
            matter.matte(frame(index))
    answer = "disc"
    matte = matter.matte(frame(12))
    assert (matte.seq, matte.age) == (12, 0)
    assert np.abs(seen_as(matte) - disc_alpha()).mean() < 0.03, "smoothed with the past"


def test_every_n_reuses_moves_and_tells_the_age() -> None:
    model = Recording(see_disc)
    matter = engine(model, every=3, smooth=0.0)
    for index in range(9):
        matte = matter.matte(frame(index, scene(3 * index)))
        assert (matte.seq, matte.age) == (index, index % 3)
        assert np.abs(seen_as(matte) - disc_alpha(3 * index)).mean() < 0.03, "the matte is where the person is"
    assert model.seen == [0, 3, 6]


def test_an_old_matte_that_is_not_moved_would_be_worse() -> None:
    matter = engine(Recording(see_disc), every=6, smooth=0.0)
    first = matter.matte(frame(0))
    for index in range(1, 6):
        moved = matter.matte(frame(index, scene(4 * index)))
    assert moved.age == 5
    truth = disc_alpha(20)
    assert np.abs(seen_as(moved) - truth).mean() < 0.4 * np.abs(seen_as(first) - truth).mean()


def test_a_picture_that_comes_back_takes_its_matte_back() -> None:
    """It then looks as it did when the network ran, and not as it did a frame ago."""
    matter = engine(Recording(see_disc), every=6, smooth=0.0)
    for index, shift in enumerate([0, 8, 0, 8, 0, 0]):
        matte = matter.matte(frame(index, scene(shift)))
        assert np.abs(seen_as(matte) - disc_alpha(shift)).mean() < 0.01, index


def test_age_is_bounded_in_seconds() -> None:
    model = Recording(see_disc)
    matter = engine(model, every=60)
    ages = [matter.matte(frame(index, fps=10)).age for index in range(30)]
    assert max(ages) < 0.5 * 10


def test_a_still_live_picture_needs_no_inference_and_a_file_always_does() -> None:
    live, file = Recording(see_disc), Recording(see_disc)
    live_matter, file_matter = engine(live, fps=FPS), engine(file)
    for index in range(90):
        held = live_matter.matte(frame(index))
        file_matter.matte(frame(index))
    assert len(live.seen) < 25
    assert len(file.seen) == 90
    assert np.abs(seen_as(held) - disc_alpha()).mean() < 0.03


def test_motion_in_a_still_live_picture_runs_the_network_at_once() -> None:
    model = Recording(see_disc)
    matter = engine(model, fps=FPS)
    for index in range(40):
        matter.matte(frame(index))
    resting = len(model.seen)
    matter.matte(frame(40, scene(12)))
    assert len(model.seen) == resting + 1


@pytest.mark.parametrize("what", ["gap", "backwards", "resize", "cut", "reset"])
def test_a_break_forgets_the_past(what: str) -> None:
    """After a break the matte comes from the new frame alone, however calm the smoothing and rare the network."""
    model = Recording(see_disc)
    matter = engine(model, every=10, smooth=1.0)
    for index in range(4):
        matter.matte(frame(index))
    resets = model.resets
    pixels, index = scene(70), 4
    if what == "gap":
        index = 4 + round(GAP_S * FPS) + 1
    elif what == "backwards":
        index = 0
    elif what == "resize":
        pixels = np.ascontiguousarray(pixels[:, :300])
    elif what == "cut":
        pixels = np.ascontiguousarray(
            cv2.circle(255 - scene(70, seed=5) // 4, (230, 90), 45, (0, 0, 255), -1), np.uint8
        )
    else:
        matter.reset()
    if what == "cut":  # the whole wall is red enough: the answer is all of it
        pixels[..., 2] = np.where(disc_alpha(70) > 0, 255, 190)
    matte = matter.matte(frame(index, pixels))
    assert model.seen[-1] == index and matte.age == 0
    assert model.resets > resets
    truth = disc_alpha(70)[:, : pixels.shape[1]]
    assert matte.alpha.shape == truth.shape
    assert np.abs(seen_as(matte) - truth).mean() < 0.03


def test_smoothing_calms_a_flickering_network() -> None:
    def flicker(frame: Frame) -> F32:
        return all_but_a_row(0.4 if frame.seq % 2 else 0.75)

    def spread(smooth: float) -> float:
        matter = engine(NullModel(flicker), smooth=smooth)
        means = [float(matter.matte(frame(index)).alpha.mean()) for index in range(40)]
        return float(np.abs(np.diff(means[20:])).max())

    assert spread(0.5) < 0.25 * spread(0.0)


@pytest.mark.parametrize(("fine", "expected"), [(False, 0.75), (True, 0.5)])
def test_one_half_is_doubt_where_a_network_is_coarse_and_glass_where_it_is_fine(fine: bool, expected: float) -> None:
    """Smoothed so little that memory alone has nothing left of the frame before."""
    model = NullModel(lambda frame: all_but_a_row(0.5 if frame.seq else 1.0), fine=fine)
    matter = engine(model, smooth=0.01)
    assert matter.coarse(frame(0)).alpha[-1].min() == 1
    soft = matter.coarse(frame(1)).alpha
    assert soft[-1] == pytest.approx(np.full(soft.shape[1], expected), abs=1e-3)


def test_a_fine_network_is_smoothed_a_quarter_as_much() -> None:
    def left_of_a_step(fine: bool, smooth: float) -> float:
        matter = engine(NullModel(lambda frame: all_but_a_row(1.0 if frame.seq else 0.0), fine=fine), smooth=smooth)
        matter.coarse(frame(0))
        return 1 - float(matter.coarse(frame(1)).alpha[-1].mean())

    assert left_of_a_step(True, 1.0) == pytest.approx(left_of_a_step(False, 0.25), abs=1e-3)
    assert 0.5 < left_of_a_step(True, 1.0) < left_of_a_step(False, 1.0) - 0.1


def test_timer_names_the_stages() -> None:
    stages: Counter[str] = Counter()

    @contextmanager
    def timer(stage: str) -> Iterator[None]:
        stages[stage] += 1
        yield

    matter = MattingEngine(NullModel(see_disc), MattingSettings(every=2), timer=timer)
    for index in range(4):
        matter.matte(frame(index))
    assert stages == {"motion": 4, "network": 2, "temporal": 4, "room": 4}


@pytest.mark.parametrize(
    "settings", [{"every": -1}, {"smooth": 1.1}, {"edge": 50.0}, {"threshold": 0.0}, {"smooth": float("nan")}]
)
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=next(iter(settings))):
        engine(NullModel(), **settings)


def test_a_run_may_outlive_its_engine() -> None:
    """A session that ends while the network hangs leaves the matting thread behind, and closes the engine."""
    at_work, go_on = threading.Event(), threading.Event()

    def slow(seen: Frame) -> F32:
        at_work.set()
        assert go_on.wait(30)
        return see_disc(seen)

    late = engine(NullModel(slow), fps=FPS)
    mattes: list[Matte] = []
    thread = threading.Thread(target=lambda: mattes.append(late.coarse(frame(0))))
    thread.start()
    assert at_work.wait(30)
    late.close()
    go_on.set()
    thread.join(30)
    assert [matte.seq for matte in mattes] == [0], "and no error of ours"


def test_close_twice_and_info() -> None:
    matter = engine(NullModel())
    assert matter.info.name == "null"
    matter.close()
    matter.close()


@pytest.mark.parametrize("fps", [24, 30, 60, 120])
def test_no_matte_is_older_than_the_pipeline_lets_the_compositor_take(fps: int) -> None:
    matter = engine(NullModel(see_disc), fps=fps)
    ages = [matter.matte(frame(index, fps=fps)).age for index in range(2 * fps)]
    assert 0 < max(ages) <= MAX_AGE_S * fps


def test_nor_where_a_camera_gives_more_frames_than_it_said() -> None:
    """Its still picture would be taken for one of too old a matte, and the card be shown every other quarter of a
    second."""
    matter = engine(Recording(see_disc), fps=30.0)
    assert max(matter.matte(frame(index, fps=90)).age for index in range(150)) <= MAX_MATTE_AGE


def test_in_a_file_the_network_sees_every_frame_once_and_after_a_cut_with_nothing_remembered() -> None:
    events: list[str] = []

    class Telling(NullModel):
        def predict(self, frame: Frame):  # type: ignore[no-untyped-def]
            events.append(f"frame {frame.seq}")
            return super().predict(frame)

        def reset(self) -> None:
            events.append("reset")

    matter = engine(Telling(see_disc))
    for index in range(5):
        matter.matte(frame(index, scene(index) if index < 3 else 255 - scene(index, seed=9)))
    assert events == ["frame 0", "frame 1", "frame 2", "frame 3", "reset", "frame 3", "frame 4"]


def test_in_a_file_the_network_works_while_the_motion_is_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    def slow(frame: Frame) -> F32:
        begun.set()
        return see_disc(frame)

    matter = engine(NullModel(slow))
    matter.matte(frame(0))
    begun.clear()
    monkeypatch.setattr(matter._motion, "estimate", lambda: begun.wait(5) and None)
    matter.matte(frame(1))
    assert begun.is_set()


def flat_scene(disc: tuple[int, int, int] | None, at: int = 0) -> U8:
    """An even green wall, and a disc of one colour (BGR) before it, ``at`` pixels right of the middle."""
    pixels = np.full((*SIZE, 3), (60, 150, 60), np.uint8)
    if disc is not None:
        cv2.circle(pixels, (160 + at, 90), 45, disc, -1)
    return pixels


def is_disc(frame: Frame) -> F32:
    """A perfect network for ``flat_scene``."""
    return (frame.pixels[..., 1] < 100).astype(np.float32)


RED = (90, 40, 250)
AS_BRIGHT = (235, 60, 172)
"""As bright as the wall: to a camera without colours it would be the wall."""


@pytest.mark.parametrize("color", [RED, AS_BRIGHT])
@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_who_left_leaves_no_silhouette(color: tuple[int, int, int], smooth: float, moving: ModuleType) -> None:
    """Not for a single frame, though the network's answer comes five frames late."""
    matter, runner = moving.late_engine(NullModel(is_disc), 5, replace(MattingSettings(), smooth=smooth))
    shares = []
    for index in range(24):
        runner.now_s = index / FPS
        there = index < 12
        matte = matter.matte(frame(index, flat_scene(color if there else None)))
        shares.append(float(seen_as(matte)[70:110, 140:180].mean()))
    assert min(shares[:12]) > 0.99 and max(shares[12:]) < 0.01


def test_the_test_colours_are_as_bright_as_each_other() -> None:
    wall, disc = (cv2.cvtColor(np.uint8([[color]]), cv2.COLOR_BGR2GRAY).item() for color in ((60, 150, 60), AS_BRIGHT))
    assert abs(wall - disc) <= 2


def test_who_came_and_left_while_the_network_looked_is_not_shown(moving: ModuleType) -> None:
    """The answer is about a frame that nobody sees any more."""
    model = Recording(is_disc)
    matter, runner = moving.late_engine(model, 4, MattingSettings())
    peaks = []
    for index in range(20):
        runner.now_s = index / FPS
        there = 6 <= index < 8
        matte = matter.matte(frame(index, flat_scene(RED if there else None)))
        if not there:
            peaks.append(int(matte.alpha.max()))
    assert {6, 7} & set(model.seen), "the network looked at it"
    assert max(peaks) == 0


def test_an_answer_of_before_a_jump_is_not_shown_where_it_was(moving: ModuleType) -> None:
    model = Recording(is_disc)
    matter, runner = moving.late_engine(model, 3, replace(MattingSettings(), smooth=0.5))
    wrong = []
    for index in range(30):
        runner.now_s = index / FPS
        at = -80 if index % 16 < 8 else 80
        alpha = seen_as(matter.matte(frame(index, flat_scene(RED, at))))
        wrong.append(float(alpha[70:110, 160 - at - 20 : 160 - at + 20].mean()))
    assert max(wrong) < 0.01


def test_what_is_lost_is_asked_for_at_once_and_much_is_waited_for(moving: ModuleType) -> None:
    """Whatever --every says: a hole is a blemish that shall not last."""
    model = Recording(is_disc)
    matter, runner = moving.late_engine(model, 3, replace(MattingSettings(), every=60, smooth=0.0))
    for index in range(6):
        runner.now_s = index / FPS
        matter.matte(frame(index, flat_scene(RED)))
    assert model.seen == [0]
    hurt = flat_scene(RED)
    cv2.circle(hurt, (160, 80), 12, (250, 60, 40), -1)  # something new in the middle of the person
    runner.now_s = 6 / FPS
    matte = matter.matte(frame(6, hurt))
    assert model.seen == [0, 6] and matte.age == 6
    assert matte.alpha[80, 160] == 0 and matte.alpha[120, 160] == 255
    runner.now_s = 7 / FPS
    matte = matter.matte(frame(7, flat_scene(RED, 90)))  # most of it is lost: the answer is waited for
    assert model.seen[-1] == 7 and matte.age == 0
    assert np.abs(seen_as(matte) - is_disc(frame(7, flat_scene(RED, 90)))).mean() < 0.01


@pytest.mark.parametrize("level", [1.0, 0.9, 0.5, 0.3])
def test_an_alpha_without_any_room_is_no_alpha(level: float) -> None:
    matter = engine(NullModel(lambda frame: np.full((9, 16), level, np.float32)))
    for index in range(3):
        with pytest.raises(ModelError, match="the network null takes the whole picture for a person"):
            matter.matte(frame(index))


def test_nobody_is_shown_while_a_network_that_saw_room_sees_none(caplog: pytest.LogCaptureFixture) -> None:
    """As where a hand covers the camera. A clip must not fail of it."""
    full = False

    def model_says(frame: Frame) -> F32:
        return np.ones((9, 16), np.float32) if full else see_disc(frame)

    matter = engine(NullModel(model_says), smooth=1.0)
    assert matter.matte(frame(0)).alpha.max() == 255
    full = True
    hand = np.full((*SIZE, 3), (90, 120, 180), np.uint8)
    for index in range(1, 6):
        assert matter.matte(frame(index, hand)).alpha.max() == 0
    assert [record.getMessage() for record in caplog.records] == [
        "the network null takes the whole picture for a person: nobody is shown until it sees some of the room"
    ]
    full = False
    assert np.abs(seen_as(matter.matte(frame(6))) - disc_alpha()).mean() < 0.03


@pytest.mark.parametrize("shape", [(16, 9), (180, 100), (1, 320), (64, 64)])
def test_an_alpha_of_another_shape_than_the_picture_is_refused_with_the_networks_name(shape: tuple[int, int]) -> None:
    alpha = np.zeros((4 * shape[0], 4 * shape[1]), np.float32)
    size = f"{alpha.shape[1]}x{alpha.shape[0]}"
    with pytest.raises(
        ModelError, match=f"the network null returned an alpha of {size}, which does not fit a picture of 320x180"
    ):
        engine(NullModel(lambda frame: alpha)).matte(frame(0))


def test_networks_that_squeeze_pictures_say_so() -> None:
    squeezed, free = ModelInfo("a", "cpu", "float32", "", input_wh=(64, 64)), ModelInfo("b", "cpu", "float32", "")
    square, wide = np.zeros((64, 64), np.float32), np.zeros((144, 256), np.float32)
    assert squeezed.fits(square, (1280, 720)) and not squeezed.fits(wide, (1280, 720))
    assert free.fits(wide, (1280, 720)) and not free.fits(square, (1280, 720))
    assert free.fits(np.zeros((512, 928), np.float32), (1280, 720)), "both sides are multiples of 32"
    assert free.fits(np.zeros((512, 896), np.float32), (1280, 720))
    assert not free.fits(np.zeros((512, 1024), np.float32), (1280, 720))
    assert not free.fits(np.zeros((512, 800), np.float32), (1280, 720))


def test_the_shape_of_a_network_that_squeezes_is_not_to_be_transposed() -> None:
    info = ModelInfo("a", "cpu", "float32", "", input_wh=(256, 144))
    for frame_wh in ((1280, 720), (720, 1280), (256, 256)):
        assert info.fits(np.zeros((144, 256), np.float32), frame_wh)
        assert not info.fits(np.zeros((256, 144), np.float32), frame_wh)


def test_a_few_dark_pixels_are_no_room() -> None:
    """A network that is broken has some by chance."""
    alpha = np.ones((36, 64), np.float32)
    alpha[0, :8] = 0
    matter = engine(NullModel(lambda frame: alpha))
    with pytest.raises(ModelError, match="takes the whole picture for a person"):
        matter.matte(frame(0))
    alpha[0] = 0
    assert matter.matte(frame(1)).alpha[40:].min() == 255


def test_a_network_that_saw_room_is_believed_to_after_a_break(caplog: pytest.LogCaptureFixture) -> None:
    """A hand before the camera at the moment of a resume must not end the session."""
    full = False
    matter = engine(NullModel(lambda frame: np.ones((9, 16), np.float32) if full else see_disc(frame)))
    matter.matte(frame(0))
    full = True
    matter.reset()
    assert matter.matte(frame(1)).alpha.max() == 0
    assert matter.matte(frame(1 + round(2 * GAP_S * FPS))).alpha.max() == 0
    assert len(caplog.records) == 1


def test_in_a_file_an_alpha_is_of_its_own_frame_and_is_not_moved() -> None:
    """However much moved since the frame before."""
    matter = engine(NullModel(is_disc), smooth=0.0)
    for index in range(8):
        pixels = scene(0, seed=4) // 2 + 60
        cv2.circle(pixels, (100 + 12 * index, 90), 45, RED, -1)
        matte = matter.coarse(frame(index, pixels))
        assert np.array_equal(np.asarray(matte.alpha), on_grid(is_disc(frame(index, pixels)), SIZE[::-1])), index


def test_an_answer_of_long_ago_is_not_used_where_the_camera_stutters(moving: ModuleType) -> None:
    model = Recording(is_disc)
    matter, runner = moving.late_engine(model, 60, MattingSettings())
    for index, time_s in enumerate([0.0, 0.05, 0.1, 0.4, 0.85]):
        runner.now_s = time_s
        matte = matter.matte(Frame(flat_scene(RED), index, round(time_s * 1e9)))
    assert model.seen == [0, 1, 4], "the run on frame 1 is eight tenths of a second old"
    assert matte.age == 0


def test_a_late_answer_is_measured_against_what_the_network_saw(moving: ModuleType) -> None:
    """And not against the frame at which it came: a picture that fades would be taken for what was seen twice as
    long."""
    model = Recording(lambda frame: disc_alpha())
    matter, runner = moving.late_engine(model, 4, replace(MattingSettings(), every=4))
    ages = []
    for index in range(22):
        runner.now_s = index / FPS
        level = 40 + 2 * index
        ages.append(matter.matte(frame(index, flat_scene((level, level, level)))).age)
    assert {4} <= set(ages), "its answers are late"
    assert max(ages) <= DOUBTFUL / 2


def test_after_a_cut_nothing_is_remembered_even_where_it_looks_the_same() -> None:
    """Who was in black there, and a dark corner of the next room."""
    one, other = np.full((*SIZE, 3), 200, np.uint8), np.full((*SIZE, 3), (90, 30, 20), np.uint8)
    one[:, :100] = other[:, :100] = 10
    alpha = np.zeros(SIZE, np.float32)
    alpha[:, :100] = 1
    matter = engine(NullModel(lambda frame: alpha if frame.seq < 4 else np.zeros(SIZE, np.float32)), smooth=1.0)
    for index in range(4):
        assert matter.coarse(frame(index, one)).alpha[:, 20].min() == 1
    assert matter.coarse(frame(4, other)).alpha.max() == 0


def test_who_has_nearly_the_walls_colours_is_waited_for_when_they_leave(moving: ModuleType) -> None:
    """The wall behind would pass for them: only the network can tell."""
    near = (75, 165, 75)  # 15 levels brighter than the wall

    def is_brighter(frame: Frame) -> F32:
        return (frame.pixels[..., 1] > 157).astype(np.float32)

    model = Recording(is_brighter)
    matter, runner = moving.late_engine(model, 5, MattingSettings())
    for index in range(14):
        runner.now_s = index / FPS
        matte = matter.matte(frame(index, flat_scene(near if index < 12 else None)))
        assert matte.alpha[90, 160] == (255 if index < 12 else 0), index
    assert 12 in model.seen and matte.age <= 1
