"""The commands of a session that runs, seen in what its sink is given and in the files that are made. Every test ends
with the checks of ``doubles.live_stage``: no room, no missed tick, nothing left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from cyclorama.background import gallery
from cyclorama.compose.card import plain_card
from cyclorama.control import controls as controls_module
from cyclorama.control.controls import new_file
from cyclorama.core.errors import ModelError, SettingsError, SinkError
from cyclorama.core.frames import CompositeKind, Frame
from cyclorama.pictures.decode import load_picture
from cyclorama.settings.stills import HeadshotSettings
from cyclorama.stills.headshot.burst import BurstHeadshot
from doubles.controlled import controlled
from doubles.live_stage import SIZE_WH

TEAL, DARK = (128, 128, 0), (24, 16, 16)


@pytest.fixture
def backgrounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder for backgrounds; the gallery has its pictures alone."""
    folder = tmp_path / "backgrounds"
    folder.mkdir()
    monkeypatch.setattr(gallery, "user_folder", lambda: folder)
    monkeypatch.setattr(gallery, "list_builtin", dict)
    monkeypatch.setattr(gallery, "EFFECTS", {})
    return folder


def paint(path: Path, colour: tuple[int, int, int]) -> str:
    cv2.imwrite(str(path), np.full((30, 40, 3), colour, np.uint8))
    return str(path)


def test_next_and_previous_go_past_what_does_not_open(monkeypatch: pytest.MonkeyPatch, backgrounds: Path) -> None:
    teal, navy = paint(backgrounds / "a teal.png", TEAL), paint(backgrounds / "c navy ü.png", (128, 0, 0))
    (backgrounds / "b broken.png").write_bytes(b"\x89PNG\r\n")
    with controlled(monkeypatch) as (stage, controls):
        assert controls.background("next") == {"background": teal}
        stage.wait(lambda: stage.shows(TEAL))
        assert controls.background("next") == {"background": navy}
        stage.wait(lambda: stage.shows((128, 0, 0)))
        assert controls.background("next") == {"background": teal}
        assert controls.background("previous") == {"background": navy}
        for path in (teal, navy):
            Path(path).unlink()
        with pytest.raises(SettingsError, match=r"b broken\.png"):
            controls.background("next")
        (backgrounds / "b broken.png").unlink()
        with pytest.raises(SettingsError, match="no other background"):
            controls.background("next")
        assert controls.settings.compose.background == navy


def test_a_change_that_fails_is_told_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with controlled(monkeypatch) as (_, controls):
        before = controls.settings
        for wrong, says in (
            ({"background": "office2"}, "office2"),
            ({"self": "x"}, "there is no setting self"),
            ({"settings": "x"}, "there is no setting settings"),
            ({"size": "64x48"}, "needs a restart"),
            ({"zoom": "9"}, "9 is not a number from 1 to 4"),
            ({"zoom": "2", "mirror": "perhaps"}, "perhaps"),
        ):
            with pytest.raises(SettingsError, match=says):
                controls.change(**wrong)
        with pytest.raises(ModelError, match="no network x"):
            controls.change(model="x")
        assert controls.settings == before
        assert controls.change(mirror="yes", zoom="1.5", pan="0.1,-0.2") == {
            "mirror": True,
            "zoom": 1.5,
            "pan": "0.1,-0.2",
        }


def test_mirror_goes_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with controlled(monkeypatch) as (_, controls):
        assert [controls.mirror(on)["mirror"] for on in (None, None, True, True, False)] == [
            True,
            False,
            True,
            True,
            False,
        ]


def test_away_shows_the_card_and_the_state_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with controlled(monkeypatch) as (stage, controls):
        assert [controls.away(on) for on in (None, None, False, True, True)] == [True, False, False, True, True]
        stage.wait(lambda: stage.sink.kinds[-1] is CompositeKind.CARD)
        state = controls.state()
        assert state.away and state.words == "you are away: the privacy card is shown"
        assert controls.away() is False
        stage.wait(lambda: stage.shows(DARK))
        stage.wait(lambda: controls.state().status.away is None)


def test_a_recording_has_no_away_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    with controlled(monkeypatch, command="record") as (_, controls):
        with pytest.raises(SettingsError, match="record has no away picture: pause the recording"):
            controls.away()
        assert "away" not in controls.state().settings


def test_a_profile_changes_what_can_and_names_what_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = {"work": {"background": "color:teal", "size": (64, 48)}, "same": {"size": SIZE_WH}}
    with controlled(monkeypatch, profiles=lambda: profiles) as (stage, controls):
        assert controls.use_profile("work") == {"background": "color:teal", "needs_restart": ["size"]}
        stage.wait(lambda: stage.shows(TEAL))
        assert controls.use_profile("same") == {}
        with pytest.raises(SettingsError, match="no profile wrok: did you mean work"):
            controls.use_profile("wrok")


def test_without_profiles_it_says_how_to_write_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with controlled(monkeypatch) as (_, controls), pytest.raises(SettingsError, match=r"write a table \[profile\.x\]"):
        controls.use_profile("x")


def test_a_mistake_in_the_profiles_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken() -> dict[str, dict[str, object]]:
        raise SettingsError("cyclorama.toml: [profile.work] zom: did you mean zoom?")

    with controlled(monkeypatch, profiles=mistaken) as (_, controls), pytest.raises(SettingsError, match="zom"):
        controls.use_profile("work")


def test_a_snapshot_is_what_others_see(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with controlled(monkeypatch, "color:teal") as (stage, controls):
        path = tmp_path / "ich ü\n 1.png"
        stage.wait(lambda: stage.shows(TEAL))
        assert controls.snapshot(path) == str(path)
        pixels = load_picture(path)
        assert pixels.shape == (108, 192, 3) and stage.near(tuple(pixels[2, 96]), TEAL)
        before = path.read_bytes()
        with pytest.raises(SinkError, match="exists: give another name"):
            controls.snapshot(path)
        for wrong, says in (
            (tmp_path, "is a folder"),
            (tmp_path / "no" / "a.png", "no folder"),
            (tmp_path / "a.foo", "foo"),
        ):
            with pytest.raises(SinkError, match=says):
                controls.snapshot(wrong)
        assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_snapshot_never_shows_the_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with controlled(monkeypatch) as (stage, controls):
        assert controls.background("none") == {"background": "none"}
        stage.wait(lambda: stage.sink.kinds[-1] is CompositeKind.RAW)
        controls.snapshot(tmp_path / "me.png")
        assert np.array_equal(load_picture(tmp_path / "me.png"), plain_card(SIZE_WH))


def test_a_headshot_is_of_each_frame_of_its_time_once_while_the_camera_is_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looking: list[str] = []
    seen: list[int] = []

    @contextmanager
    def looks() -> Iterator[None]:
        looking.append("on")
        yield
        looking.append("off")

    def headshot_of(frames: Iterable[Frame], settings: HeadshotSettings) -> BurstHeadshot:
        seen.extend(frame.seq for frame in frames)
        assert looking == ["on"] and (settings.preset, settings.background) == (("linkedin",), ("white",))
        return BurstHeadshot(np.zeros((8, 8, 3), np.uint8), ".png", 300)

    monkeypatch.setattr(controls_module, "headshot_of", headshot_of)
    monkeypatch.setattr(controls_module, "BURST_S", 0.3)
    with controlled(monkeypatch) as (stage, controls):
        monkeypatch.setattr(stage.session, "looking", looks)
        assert controls.headshot(tmp_path / "a.png", preset="linkedin", background="white") == str(tmp_path / "a.png")
        assert len(seen) > 2 and seen == sorted(set(seen)) and looking == ["on", "off"]
        with pytest.raises(SinkError, match="exists: give another name"):
            controls.headshot(tmp_path / "a.png")
        assert looking == ["on", "off"], "before it waits for anything"
        controls.away(True)
        with pytest.raises(SettingsError, match="you are away: come back for a headshot"):
            controls.headshot(tmp_path / "b.png")
        controls.away(False)
    with Image.open(tmp_path / "a.png") as image:
        assert round(image.info["dpi"][0]) == 300


def test_files_without_a_name_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(controls_module.platformdirs, "user_pictures_dir", lambda: str(tmp_path / "new" / "pictures"))
    monkeypatch.setattr(controls_module.platformdirs, "user_videos_dir", lambda: str(tmp_path / "videos"))
    with controlled(monkeypatch) as (stage, controls):
        files = [Path(controls.snapshot()) for _ in range(2)]
        assert len(set(files)) == 2 and {file.parent for file in files} == {tmp_path / "new" / "pictures"}
        assert all(load_picture(file).shape == (108, 192, 3) for file in files)
        clip = Path(controls.record())
        assert clip.parent == tmp_path / "videos" and clip.suffix == ".mp4" and controls.recording
        stage.more(6)
        assert controls.finish_recording() == str(clip) and not controls.recording
        assert controls.finish_recording() is None, "a second time"
        with av.open(str(clip)) as container:
            assert len(list(container.decode(video=0))) > 3


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=r"cannot make the folder .*; give a file"):
        new_file(tmp_path / "file" / "in", ".png")
    first = new_file(tmp_path, ".png")
    first.touch()
    second = new_file(tmp_path, ".png")
    assert second != first and not second.exists()


def test_the_state_is_what_is_in_force(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with controlled(monkeypatch) as (stage, controls):
        controls.change(background="color:teal", mirror=True)
        state = controls.state()
        assert (state.name, state.command, state.away) == ("live", "live", False)
        assert state.settings["background"] == "color:teal" and state.settings["mirror"] is True
        assert state.status.model == "null" and state.status.recording is None
        controls.record(tmp_path / "a.mp4")
        stage.wait(lambda: (now := controls.state().status.recording) is not None and now.seconds > 0.1)
        assert controls.pause() is True and controls.pause() is False and controls.pause(False) is False
        recording = controls.state().status.recording
        assert recording is not None and recording.target == str(tmp_path / "a.mp4") and not recording.ended


@pytest.mark.parametrize(
    "do",
    [
        lambda controls: controls.background("color:teal"),
        lambda controls: controls.mirror(),
        lambda controls: controls.record(Path("never.mp4")),
    ],
)
def test_after_the_end_nothing_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, do: Callable[[object], object]
) -> None:
    monkeypatch.chdir(tmp_path)
    with controlled(monkeypatch) as (stage, controls):
        stage.more(1)
        stage.more = lambda count=3: 0  # type: ignore[method-assign]
        controls.stop()
        stage.session.close()
        with pytest.raises(SettingsError, match="the session has ended"):
            do(controls)
        assert controls.state().status.state == "closed"
    assert not list(tmp_path.iterdir())
