"""Settings change while the session runs: whatever fails, the room is not shown, no tick is missed, and what was in
force stays. Every test ends with these checks, see ``doubles.live_stage``."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.background.still import Still
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SettingsError
from cyclorama.core.frames import CompositeKind
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.pipeline.runtime.session import State
from cyclorama.settings.values import MattingSettings
from doubles.live_stage import PATIENCE_S, PERSON, RIGHT, Camera, CountedModel, LiveStage, live_stage, running

DARK, TEAL, NAVY = (24, 16, 16), (128, 128, 0), (128, 0, 0)
BOX = {"left": (60, 50), "right": (60, 142)}


def person_is(stage: LiveStage, where: str) -> bool:
    """Whether the newest composite shows the person there and not on the other side."""
    here, there = (
        stage.sink.composites[-1].pixels[BOX[side]] for side in (where, {"left": "right"}.get(where, "left"))
    )
    return stage.near(tuple(here), PERSON) and not stage.near(tuple(there), PERSON)


def test_a_background_takes_the_place_of_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "navy.png"), np.full((30, 40, 3), NAVY, np.uint8))
    with running(monkeypatch) as stage:
        stage.wait(lambda: stage.shows(DARK))
        for text, colour in (("color:teal", TEAL), (str(tmp_path / "navy.png"), NAVY)):
            assert stage.session.change(background=text).compose.background == text
            stage.wait(lambda colour=colour: stage.shows(colour))  # type: ignore[misc]
        assert stage.near(tuple(stage.session.parts.card.pixels[2, 96]), NAVY), "the privacy card is of the new one"
        assert CompositeKind.CARD not in stage.sink.kinds[stage.sink.kinds.index(CompositeKind.COMPOSITE) :]


def broken_backgrounds(folder: Path) -> dict[str, str]:
    (folder / "corrupt.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (folder / "corrupt.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(500))
    cut = folder / "cut.png"
    cv2.imwrite(str(cut), np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    cut.write_bytes(cut.read_bytes()[:700])
    return {
        str(folder / "missing.jpg"): "missing.jpg",
        str(folder / "corrupt.png"): "corrupt.png",
        str(folder / "corrupt.mp4"): "corrupt.mp4",
        str(cut): "cut.png",
        "color:nocolour": "nocolour",
        "transparent": "needs a restart",
        "matte": "needs a restart",
        "": "empty",
    }


def test_a_background_that_does_not_open_leaves_the_one_in_force(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with running(monkeypatch) as stage:
        for text, says in broken_backgrounds(tmp_path).items():
            with pytest.raises(SettingsError, match=says) as refused:
                stage.session.change(background=text, mirror=True)
            assert "\n" not in str(refused.value)
        stage.more()
        assert (
            stage.changes.settings.compose.background == "color:#101018" and not stage.changes.settings.capture.mirror
        )
        assert stage.shows(DARK) and person_is(stage, "left"), "nothing of a change that fails is in force"


def test_a_background_that_breaks_with_its_first_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        with monkeypatch.context() as patch:
            patch.setattr(Still, "card", lambda *of: 1 / 0)
            with pytest.raises(SettingsError, match="teal cannot be shown") as refused:
                stage.session.change(background="color:teal")
        assert isinstance(refused.value.__cause__, ZeroDivisionError)
        stage.more()
        assert stage.shows(DARK)


def refuses(run: int) -> None:
    raise ModelError("injected")


def breaks(run: int) -> None:
    raise ZeroDivisionError("injected")


def nan(run: int) -> np.ndarray:
    return np.full((108, 192), np.nan, np.float32)


@pytest.mark.parametrize("fault", [refuses, breaks, nan])
def test_a_network_that_fails_on_its_first_picture_leaves_the_one_in_force(
    monkeypatch: pytest.MonkeyPatch,
    fault: object,
) -> None:
    with running(monkeypatch) as stage:
        (before,) = stage.open_models
        stage.models["bad"] = lambda: CountedModel(fault)  # type: ignore[arg-type]
        with pytest.raises(ModelError, match=r"injected|nan"):
            stage.session.change(model="bad", background="color:teal")
        stage.more()
        assert stage.open_models == [before] and stage.changes.settings.matting.model == "auto" and stage.shows(DARK)


def test_a_network_that_does_not_load_leaves_the_one_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        (before,) = stage.open_models
        with pytest.raises(ModelError, match="there is no network absent"):
            stage.session.change(model="absent")
        with pytest.raises(SettingsError, match="provider"):
            stage.session.change(provider="abacus")
        stage.more()
        assert stage.open_models == [before] and stage.shows(DARK)


def test_what_was_opened_beside_something_that_does_not_open_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        stage.models["other"], stage.cameras["1"] = CountedModel, lambda: Camera(RIGHT)
        before = stage.changes.settings
        with pytest.raises(CycloramaError, match=r"none\.jpg"):
            stage.session.change(model="other", source="1", background="color:teal", away="none.jpg")
        assert (len(stage.opened), len(stage.open_models), len(stage.open_cameras)) == (4, 1, 1)
        assert stage.changes.settings == before
        stage.more(2)
        stage.wait(lambda: person_is(stage, "left"))


def test_another_network_takes_over_and_the_one_before_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        (before,) = stage.open_models
        stage.models["other"] = CountedModel
        stage.session.change(model="other")
        stage.wait(lambda: not before.open)
        (after,) = stage.open_models
        stage.more()
        assert after is not before and stage.shown(-1)


def test_a_network_that_hangs_after_it_took_over_gives_the_card_and_goes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    with running(monkeypatch, fresh_s=0.3) as stage:

        def hang(run: int) -> None:
            if run == 2:  # the first was its trial
                go_on.wait(PATIENCE_S)

        stage.models["slow"] = lambda: CountedModel(hang)
        begin = stage.sink.count
        stage.session.change(model="slow")
        stage.wait(lambda: stage.sink.kinds[-1] is CompositeKind.CARD)
        assert stage.sink.kinds[begin] is CompositeKind.COMPOSITE, "the last composite, as long as it is fresh"
        stage.session.change(background="color:teal")
        go_on.set()
        stage.wait(lambda: stage.shows(TEAL))


def test_another_camera_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        (before,) = stage.open_cameras
        stage.wait(lambda: person_is(stage, "left"))
        stage.cameras["1"] = lambda: Camera(RIGHT, (384, 216))
        stage.session.change(source="1")
        assert before.closed.is_set()
        stage.wait(lambda: person_is(stage, "right"))
        seqs = [composite.seq for composite in stage.sink.composites if composite.kind is CompositeKind.COMPOSITE]
        assert seqs == sorted(seqs) and {composite.size_wh for composite in stage.sink.composites} == {(192, 108)}
        with pytest.raises(CaptureError, match="there is no camera 2"):
            stage.session.change(source="2")
        assert stage.changes.settings.source == "1"
        stage.more()
        assert person_is(stage, "right")


def test_a_camera_that_stands_still_is_left_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Still(Camera):
        def frames(self, stop: threading.Event):  # type: ignore[no-untyped-def]
            yield from itertools.islice(super().frames(stop), 5)
            stop.wait()

    with live_stage(monkeypatch) as stage:
        stage.cameras["still"], stage.cameras["1"] = Still, lambda: Camera(RIGHT)
        stage.session.start()
        stage.session.change(source="still")
        stage.wait(lambda: stage.sink.count > 3)
        stage.session.change(source="1")
        stage.wait(lambda: stage.shown(-1) and person_is(stage, "right"))


@pytest.mark.parametrize(
    "changes",
    [
        {"mirror": True},
        {"rotate": 180},
        {"fit": "contain"},
        {"zoom": 2.0, "pan": (0.5, 0.5)},
        {"every": 4},
        {"smooth": 1.0},
        {"edge": -5.0},
        {"threshold": 0.8},
        {"light_wrap": 1.0},
        {"quality": "fast"},
        {"provider": "cpu"},
        {"away": "freeze"},
        {"away": "color:teal"},
    ],
    ids=str,
)
def test_every_setting_that_can_change_does(monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]) -> None:
    with running(monkeypatch) as stage:
        stage.wait(lambda: person_is(stage, "left"))
        settings = stage.session.change(**changes)
        sections = (settings, settings.capture, settings.matting, settings.compose)
        for key, value in changes.items():
            found = [
                vars_of[name] for vars_of in map(fields, sections) for name in (key, f"{key}_xy") if name in vars_of
            ]
            assert found == [value]
        stage.more(4)
        stage.wait(lambda: stage.shown(-1))
        stage.wait(
            lambda: person_is(stage, "right" if {"mirror", "rotate"} & set(changes) else "left") or "zoom" in changes
        )


def fields(section: object) -> dict[str, object]:
    return {name: getattr(section, name) for name in section.__slots__}  # type: ignore[attr-defined]


def test_the_edge_that_is_in_force_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def person() -> int:
        return int((stage.sink.composites[-1].pixels[..., 2] > 120).sum())

    with running(monkeypatch) as stage:
        stage.wait(lambda: person_is(stage, "left"))
        whole = person()
        stage.session.change(edge=-20)
        stage.wait(lambda: 0.9 * whole < person() < 0.98 * whole)
        stage.session.change(edge=0)
        stage.wait(lambda: person() == whole)


def test_the_engine_takes_a_change_with_the_next_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[float, float, int]] = []
    adjust = MattingEngine.adjust

    def noting(engine: MattingEngine, settings: MattingSettings) -> None:
        taken.append((settings.edge, settings.smooth, settings.every))
        adjust(engine, settings)

    monkeypatch.setattr(MattingEngine, "adjust", noting)
    with running(monkeypatch) as stage:
        for wanted in ((-5.0, 1.0, 3), (2.0, 0.0, 0)):
            stage.session.change(**dict(zip(("edge", "smooth", "every"), wanted, strict=True)))
            stage.wait(lambda wanted=wanted: taken and taken[-1] == wanted)  # type: ignore[misc]
        stage.more(2)


@pytest.mark.parametrize(("key", "value"), [("size", (64, 48)), ("fps", 15), ("to", ("null",)), ("codec", "h264")])
def test_what_needs_a_restart_is_said(monkeypatch: pytest.MonkeyPatch, key: str, value: object) -> None:
    with running(monkeypatch) as stage:
        with pytest.raises(SettingsError, match=f"{key} cannot change while a session runs: it needs a restart"):
            stage.session.change(**{key: value, "background": "color:teal"})
        with pytest.raises(SettingsError, match="there is no setting backgroud"):
            stage.session.change(backgroud="blur")
        stage.more()
        assert stage.shows(DARK)


def test_a_change_during_the_start_is_in_force_with_the_first_composite(monkeypatch: pytest.MonkeyPatch) -> None:
    with live_stage(monkeypatch) as stage:
        stage.session.change(background="color:navy")
        stage.sink.may_open.clear()
        starting = threading.Thread(target=stage.session.start)
        starting.start()
        stage.wait(lambda: stage.session.state is State.STARTING)
        stage.session.change(background="color:teal", model="auto", mirror=True)
        stage.sink.may_open.set()
        starting.join(PATIENCE_S)
        stage.wait(lambda: stage.shows(TEAL))
        assert all(stage.near(corner, TEAL) for corner in stage.sink.corners), "cards and composites"
        assert person_is(stage, "right")


def test_a_change_during_the_end_is_refused_and_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    opening, go_on, told = threading.Event(), threading.Event(), []

    def change() -> None:
        try:
            stage.session.change(model="late", source="late")
        except CycloramaError as error:
            told.append(error)

    def slow(name: str) -> None:
        if name == "late":
            opening.set()
            go_on.wait(PATIENCE_S)

    with live_stage(monkeypatch) as stage:
        stage.models["late"], stage.cameras["late"] = CountedModel, Camera
        stage.session.start()
        stage.slow = slow
        changing = threading.Thread(target=change)
        changing.start()
        assert opening.wait(PATIENCE_S)
        stage.session.close()
        go_on.set()
        changing.join(PATIENCE_S)
        assert isinstance(told[0], SettingsError) and "the session has ended" in str(told[0])
        with pytest.raises(SettingsError, match="the session has ended"):
            stage.session.change(mirror=True)


def test_while_something_opens_slowly_every_tick_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        stage.models["slow"] = CountedModel
        ticks = []

        def slow(name: str) -> None:
            begin = stage.more(20)  # two seconds of output
            ticks.extend(stage.sink.kinds[begin:])

        stage.slow = slow
        stage.session.change(model="slow")
        assert len(ticks) >= 20 and set(ticks) == {CompositeKind.COMPOSITE}


CHANGES = [
    {"background": "color:teal"},
    {"mirror": True},
    {"model": "other"},
    {"background": "gradient:maroon,black", "light_wrap": 0.5},  # not blur: an even wall that is blurred is the wall
    {"source": "1"},
    {"smooth": 0.9, "edge": 2.0},
    {"every": 3},
    {"background": "none.jpg"},
    {"model": "absent"},
    {"zoom": 1.5},
    {"away": "color:navy"},
    {"background": "gradient:navy,teal", "model": "auto", "mirror": False},
    {"source": "0", "zoom": 1.0, "every": 0},
    {"rotate": 180},
    {"rotate": 0, "away": "card"},
]


def test_three_hundred_changes_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        stage.models["other"], stage.cameras["1"] = CountedModel, lambda: Camera(RIGHT)
        refused = most = 0
        for changes in itertools.islice(itertools.cycle(CHANGES), 300):
            try:
                stage.session.change(**changes)
            except CycloramaError:
                refused += 1
            most = max(most, len(stage.open_models))
        assert refused == 2 * 300 / len(CHANGES), "those that name what is not there"
        assert most < 10, "networks out of use are closed as it goes"
        stage.session.change(background="color:teal")
        stage.wait(lambda: stage.shows(TEAL) and person_is(stage, "left"))
        assert stage.session.fault is None


def test_twenty_changes_a_second_leave_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slider is drawn: the picture goes on meanwhile, with composites and not with cards."""
    with running(monkeypatch) as stage:
        begin = stage.sink.count
        for step in range(60):
            stage.session.change(background=f"color:#{step:02x}1018", edge=step / 10, zoom=1 + step / 1000)
            stage.session.stop_event.wait(0.05)
        kinds = stage.sink.kinds[begin:]
        assert len(kinds) > 10 and set(kinds) == {CompositeKind.COMPOSITE}
        assert len(set(stage.sink.corners[begin:])) > 5, "each background is shown in its turn"


def test_two_threads_change_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        failed: list[BaseException] = []

        def change(key: str, values: list[object]) -> None:
            try:
                for value in values:
                    stage.session.change(**{key: value})
            except BaseException as error:
                failed.append(error)

        colours = [f"color:#{step:02x}0000" for step in range(40)] + ["color:teal"]
        turns = [bool(step % 2) for step in range(41)] + [True]
        threads = [threading.Thread(target=change, args=of) for of in (("background", colours), ("mirror", turns))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert not failed
        assert stage.changes.settings.compose.background == "color:teal" and stage.changes.settings.capture.mirror
        stage.wait(lambda: stage.shows(TEAL) and person_is(stage, "right"))


def test_the_room_is_sent_as_long_as_none_is_in_force_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        stage.session.change(background="none")
        stage.wait(lambda: stage.sink.kinds[-1] is CompositeKind.RAW)
        stage.wait(lambda: not stage.open_models)
        stage.session.change(background="color:teal")
        after = stage.sink.count + 1  # one may be in the midst of being written
        stage.more(5)
        assert CompositeKind.RAW not in stage.sink.kinds[after:]
        stage.wait(lambda: stage.shows(TEAL))


def test_a_room_that_is_held_while_the_user_is_away_goes_with_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch, "none") as stage:
        stage.session.change(away="freeze")
        stage.wait(lambda: stage.sink.kinds[-1] is CompositeKind.RAW)
        stage.gone.set()
        stage.more(4)
        assert stage.sink.kinds[-1] is CompositeKind.RAW, "the last composite, held"
        stage.session.change(background="color:teal")
        after = stage.sink.count + 1
        stage.more(5)
        assert set(stage.sink.kinds[after:]) == {CompositeKind.CARD}
        stage.gone.clear()
        stage.wait(lambda: stage.shows(TEAL))


def test_the_card_of_who_is_away_is_of_the_background_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        stage.gone.set()
        for background, corner in (("color:#101018", DARK), ("color:teal", TEAL)):
            stage.session.change(background=background)
            stage.more(2)
            assert stage.sink.kinds[-1] is CompositeKind.CARD
            assert stage.near(stage.sink.corners[-1], corner)


def test_nothing_piles_up_while_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.pipeline.runtime.on_demand.LINGER_S", 0.1)
    with live_stage(monkeypatch, on_demand=True) as stage:
        stage.models["other"] = CountedModel
        stage.cameras["1"] = lambda: Camera(RIGHT)
        stage.sink.knows_viewers, stage.sink.viewers = "by a test", True
        stage.session.start()
        stage.wait(lambda: stage.shows(DARK))
        stage.sink.viewers = False
        stage.wait(lambda: stage.session.idle)
        for step in range(20):
            stage.session.change(model=("other", "auto")[step % 2], background=f"color:#0000{step:02x}")
            assert len(stage.open_models) <= 2, "the one that had frames, and the newest"
        stage.session.change(source="1")
        (camera,) = stage.open_cameras
        assert camera.released == 1, "a camera stays off while nobody watches"
        stage.sink.viewers = True
        stage.wait(lambda: stage.shown(-1) and person_is(stage, "right"))
        stage.wait(lambda: len(stage.open_models) == 1)


def test_nothing_piles_up_and_nobody_is_shown_while_the_user_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(monkeypatch) as stage:
        stage.models["other"] = CountedModel
        stage.gone.set()
        stage.more(2)
        begin = stage.sink.count
        for step in range(20):
            stage.session.change(
                model=("other", "auto")[step % 2],
                background=f"color:#0000{step:02x}",
                away=("color:teal", "card")[step % 2],
            )
            stage.more(1)
            assert len(stage.open_models) <= 2
        assert set(stage.sink.kinds[begin:]) == {CompositeKind.CARD}
        stage.gone.clear()
        stage.wait(lambda: stage.shown(-1))
        stage.wait(lambda: len(stage.open_models) == 1)
