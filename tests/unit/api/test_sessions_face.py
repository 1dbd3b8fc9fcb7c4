"""Running sessions as objects: ``live`` and ``record``; and ``convert``."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import av
import numpy as np
import pytest
from PIL import Image

import cyclorama
from cyclorama._api.sessions import RunningSession
from cyclorama.compose.card import plain_card
from cyclorama.core.frames import U8
from cyclorama.pipeline.jobs.live import RunningLive
from cyclorama.pipeline.runtime import build
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.settings.values import Settings
from doubles.null_model import NullModel

SMALL: dict[str, Any] = {"size": (320, 180), "fps": 30}
LONGEST_S = 30.0
"""For what is waited for: a busy machine takes its time."""


def wait_shown(session: RunningSession, frames: int = 3) -> None:
    """Wait until so many composites were shown."""
    end = time.monotonic() + LONGEST_S
    while session.status.frames < frames:
        assert time.monotonic() < end, session.status
        time.sleep(0.01)


def frames_of(path: Path) -> list[U8]:
    """The frames of a clip, RGB uint8 (H, W, 3)."""
    with av.open(str(path)) as clip:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in clip.decode(video=0)]


def is_teal(pixel: Any, within: int = 0) -> bool:
    return bool(np.abs(np.asarray(pixel).astype(int) - (0, 128, 128)).max() <= within)


def is_skin(pixel: Any) -> bool:
    red, green, blue = (int(value) for value in pixel)
    return red > green > blue and red > 120


def test_a_live_session_tells_how_it_goes_and_shows_what_it_shows() -> None:
    with cyclorama.live(source="demo", to="null", background="color:teal", **SMALL) as session:
        wait_shown(session)
        status, picture = session.status, session.snapshot()
        assert not session.wait(0)
    assert status.state == "running" and status.fault is None and status.sinks == ["null"]
    assert status.model == "selfie" and status.capture_mode == "demo 320x180 at 30 fps"
    assert picture.mode == "RGB" and picture.size == (320, 180)
    assert is_teal(picture.getpixel((2, 2))) and is_skin(picture.getpixel((150, 80)))
    assert session.settings.compose.background == "color:teal"
    assert session.status.state == "closed" and session.status.frames >= status.frames
    assert session.stop() == session.status and session.wait()


def test_the_duration_ends_it() -> None:
    session = cyclorama.live(source="demo", to="null", background="color:teal", duration=0.3, **SMALL)
    assert session.wait(LONGEST_S)
    assert session.status.seconds >= 0.3 and session.status.state == "closed"


def test_a_snapshot_never_shows_the_room() -> None:
    card = plain_card((320, 180))[..., ::-1]
    with cyclorama.live(source="demo", to="null", background="none", **SMALL) as session:
        wait_shown(session)
        assert np.array_equal(session.snapshot(), card)


def test_while_the_network_fails_a_snapshot_is_the_card_and_the_session_ends_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = NullModel(lambda frame: np.full((36, 64), np.nan, np.float32))
    monkeypatch.setattr(build, "open_model", lambda *given, **more: broken)
    session = cyclorama.live(source="demo", to="null", background="blur", **SMALL)
    end = time.monotonic() + LONGEST_S
    while session.status.fault is None:
        assert time.monotonic() < end
    assert np.array_equal(session.snapshot(), plain_card((320, 180))[..., ::-1])
    for end_it in (lambda: session.wait(LONGEST_S), session.stop):
        with pytest.raises(cyclorama.ModelError, match="nan"):
            end_it()
    assert session.status.state == "closed" and "nan" in str(session.status.fault)
    assert np.array_equal(session.snapshot(), plain_card((320, 180))[..., ::-1])


def test_a_transparent_session_gives_rgba() -> None:
    with cyclorama.live(source="demo", to="null", background="transparent", **SMALL) as session:
        wait_shown(session)
        picture = session.snapshot()
    assert picture.mode == "RGBA" and picture.getpixel((2, 2))[3] == 0  # type: ignore[index]
    assert picture.getpixel((150, 80))[3] == 255  # type: ignore[index]


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"source": "nowhere.mp4"}, cyclorama.CaptureError, "no file nowhere.mp4"),
        ({"background": "nowhere.png"}, cyclorama.SettingsError, "no such file"),
        ({"model": "selfi"}, cyclorama.SettingsError, "did you mean selfie?"),
        ({"backgroud": "blur"}, cyclorama.SettingsError, "did you mean background?"),
        ({"to": "preview"}, cyclorama.SettingsError, "preview needs the main thread"),
        ({"background": "transparent", "to": "camera"}, cyclorama.SettingsError, "cannot carry this background"),
    ],
)
def test_what_cannot_be_opened_is_raised_at_once(settings: dict[str, str], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cyclorama.live(**({"source": "demo", "to": "null"} | settings))


@pytest.mark.parametrize("key", ["to", "away", "on_demand"])
def test_what_is_a_setting_of_live_alone_is_none_of_a_recording(tmp_path: Path, key: str) -> None:
    with pytest.raises(cyclorama.SettingsError, match=f"no setting '{key}' here"):
        cyclorama.record(tmp_path / "talk.mp4", source="demo", audio=False, **{key: "null"})
    assert not list(tmp_path.iterdir())


def test_an_error_of_the_callers_ends_the_session_and_is_the_one_that_is_raised() -> None:
    with (
        pytest.raises(ZeroDivisionError),
        cyclorama.live(source="demo", to="null", background="color:teal", **SMALL) as session,
    ):
        wait_shown(session)
        _ = 1 / 0
    assert session.status.state == "closed"


def test_a_change_is_handed_to_the_session_that_runs() -> None:
    changes: list[dict[str, object]] = []
    halt = threading.Event()
    inner = SimpleNamespace(change=lambda **settings: changes.append(settings))
    report = cast(Snapshot, "report")

    def job(tell: Any) -> Snapshot:
        tell(RunningLive(cast(Any, inner), lambda: report, cast(Any, None), threading.Event(), cast(Any, None)))
        halt.wait(LONGEST_S)
        return report

    with RunningSession(Settings(), job, halt.set) as session:
        session.change(background="office", zoom=2)
    assert changes == [{"background": "office", "zoom": 2}]


def test_settings_change_while_it_runs() -> None:
    def wait_corner(color: tuple[int, int, int]) -> None:
        end = time.monotonic() + LONGEST_S
        while (seen := session.snapshot().getpixel((2, 2))) != color:
            assert seen in ((0, 128, 128), color), seen  # nothing of the room in between
            assert time.monotonic() < end

    with cyclorama.live(source="demo", to="null", background="color:teal", light_wrap=0, **SMALL) as session:
        wait_corner((0, 128, 128))
        in_force = session.change(background="color:maroon", mirror=True)
        assert in_force.compose.background == "color:maroon" and in_force.capture.mirror
        wait_corner((128, 0, 0))
        for wrong, says in (
            ({"background": "nowhere.png"}, "no such file"),
            ({"backgroud": "blur"}, "no setting backgroud"),
            ({"zoom": 9, "background": "color:teal"}, "zoom"),
        ):
            with pytest.raises(cyclorama.SettingsError, match=says):
                session.change(**wrong)
        assert session.snapshot().getpixel((2, 2)) == (128, 0, 0)
    with pytest.raises(cyclorama.SettingsError, match="has ended"):
        session.change(background="blur")


def test_a_recording_plays_and_has_its_sound(tmp_path: Path) -> None:
    target = tmp_path / "talk.mp4"
    with cyclorama.record(target, source="demo", mic="demo", background="color:teal", duration=0.6, **SMALL) as session:
        assert session.wait(LONGEST_S)
        report = session.stop()
    assert report.recording is not None and 0.55 < report.recording.seconds < 2, "a busy machine stops it late"
    frames = frames_of(target)
    assert len(frames) >= 4
    assert is_teal(frames[-1][2, 2], within=8) and is_skin(frames[-1][80, 150])
    with av.open(str(target)) as clip:
        assert len(clip.streams.audio) == 1


@pytest.mark.parametrize("countdown_s", [math.nan, math.inf, -1, "3"])
def test_a_countdown_that_is_none(countdown_s: Any, tmp_path: Path) -> None:
    with pytest.raises(cyclorama.SettingsError, match=r"the countdown .* is not a number from 0 to 3600 seconds"):
        cyclorama.record(tmp_path / "a.mp4", source="demo", mic="demo", countdown_s=countdown_s)


def test_a_countdown_stands_before_a_recording(tmp_path: Path) -> None:
    with cyclorama.record(tmp_path / "talk.mp4", source="demo", audio=False, countdown_s=600, **SMALL) as session:
        wait_shown(session)
        recording = session.status.recording
        assert recording is not None and recording.starts_in is not None and 500 < recording.starts_in <= 600
        assert recording.seconds == 0


def test_a_recording_that_is_stopped_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "talk.mp4"
    with cyclorama.record(target, source="demo", audio=False, background="color:teal", **SMALL) as session:
        wait_shown(session, 12)
        assert is_teal(session.snapshot().getpixel((2, 2)))
    assert len(frames_of(target)) >= 6
    with pytest.raises(cyclorama.SinkError, match="exists"):
        cyclorama.record(target, source="demo", audio=False)


@pytest.mark.parametrize("how", ["live", "record"])
def test_a_recording_that_exists_is_replaced_where_that_is_said(tmp_path: Path, how: str) -> None:
    target = tmp_path / "talk.mp4"
    given: dict[str, Any] = {"source": "demo", "audio": False, "background": "color:teal", "duration": 0.4, **SMALL}

    def begin(**more: Any) -> RunningSession:
        if how == "live":
            return cyclorama.live(to=str(target), **given, **more)
        return cyclorama.record(target, **given, **more)

    target.write_bytes(b"mine")
    with pytest.raises(cyclorama.SinkError, match="exists"):
        begin().wait(LONGEST_S)
    assert target.read_bytes() == b"mine"
    assert begin(overwrite=True).wait(LONGEST_S)
    assert is_teal(frames_of(target)[-1][2, 2], within=8)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clip = tmp_path_factory.mktemp("clip") / "talk.mp4"
    cyclorama.live(source="demo", to=str(clip), background="color:maroon", duration=0.5, **SMALL).wait()
    return clip


def test_a_clip_is_converted_and_says_how_far_it_is(talk: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    target = tmp_path / "teal.mp4"
    report = cyclorama.convert(
        talk, target, background="color:teal", progress=lambda done, total: told.append((done, total))
    )
    before, after = frames_of(talk), frames_of(target)
    assert len(after) == len(before) == report.frames
    assert told == [(done, report.frames) for done in range(1, report.frames + 1)]
    assert is_teal(after[-1][2, 2], within=8) and is_skin(after[-1][80, 150])
    assert (report.model, Path(report.target)) == ("selfie", target)


def test_a_part_of_a_clip_and_a_file_of_settings(talk: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('background = "color:teal"\nsize = "4k"\n')  # the size is the camera's
    target = tmp_path / "part.mkv"
    report = cyclorama.convert(str(talk), target, trim=(0.1, 0.3), config=tmp_path / "mine.toml")
    assert 1 <= report.frames <= 8, "a busy machine records fewer frames"
    last = frames_of(target)[-1]
    assert last.shape == (180, 320, 3) and is_teal(last[2, 2], within=8)


@pytest.mark.parametrize("trim", [5, (1,), (0, 1, 2), ("a", "b"), (None, None), (math.nan, None), (1, 0.5)])
def test_times_that_are_no_part(trim: Any, talk: Path, tmp_path: Path) -> None:
    with pytest.raises(cyclorama.SettingsError, match="trim") as refused:
        cyclorama.convert(talk, tmp_path / "a.mp4", trim=trim)
    assert "\n" not in str(refused.value)


def test_what_the_progress_raises_ends_the_conversion_and_nothing_is_left(talk: Path, tmp_path: Path) -> None:
    def enough(done: int, total: int | None) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cyclorama.convert(talk, tmp_path / "out.mp4", background="color:teal", progress=enough)
    assert not list(tmp_path.iterdir())


def test_a_clip_that_exists_is_not_written_over(talk: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"mine")
    with pytest.raises(cyclorama.SinkError, match="exists"):
        cyclorama.convert(talk, target)
    assert target.read_bytes() == b"mine"
    with pytest.raises(cyclorama.SettingsError, match="no setting 'mirror' here"):
        cyclorama.convert(talk, target, mirror=True)
    cyclorama.convert(talk, target, background="matte", overwrite=True, trim=(0.2, None))
    grey = Image.fromarray(frames_of(target)[-1])
    assert max(grey.getpixel((2, 2))) < 16 and min(grey.getpixel((150, 80))) > 230  # type: ignore[arg-type]
