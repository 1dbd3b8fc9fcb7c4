"""The session behind the panel: started, restarted, and what happens where it cannot be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cyclorama.control import keeper as module
from cyclorama.control.keeper import Keeper
from cyclorama.control.last import read_last
from cyclorama.core.errors import CaptureError, ModelError, SettingsError, SinkError
from cyclorama.settings.change import change_settings
from cyclorama.settings.values import Settings
from doubles.panel_session import at_home, wait_for


class FakeJob:
    """Stands in for ``run_live``: ``fails`` says with what it cannot open; ``ends`` makes one that runs fail."""

    def __init__(self) -> None:
        self.fails: Callable[[Settings], Exception | None] = lambda settings: None
        self.opened: list[Settings] = []
        self.running = 0
        self.ends = threading.Event()

    def __call__(self, settings: Settings, *, stop: threading.Event, on_running: Callable[[Any], None]) -> None:
        error = self.fails(settings)
        if error is not None:
            raise error
        session = SimpleNamespace(settings=settings)
        session.change = lambda **changes: self._change(session, changes)
        self.opened.append(settings)
        self.running += 1
        try:
            on_running(SimpleNamespace(session=session, recorder=None, gone=threading.Event(), status=None))
            while not stop.wait(0.005):
                if self.ends.is_set():
                    raise CaptureError("the camera was unplugged")
        finally:
            self.running -= 1

    @staticmethod
    def _change(session: SimpleNamespace, changes: dict[str, object]) -> Settings:
        if changes.get("model") == "broken":
            raise ModelError("the network cannot be loaded")
        session.settings = change_settings(session.settings, **changes)
        return session.settings  # type: ignore[no-any-return]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeJob]:
    at_home(monkeypatch, tmp_path)
    job = FakeJob()
    monkeypatch.setattr(module, "run_live", job)
    yield job
    assert job.running == 0, "a session is left behind"


def test_it_starts_changes_and_stops(job: FakeJob) -> None:
    with Keeper(Settings()) as keeper:
        assert (keeper.controls, keeper.problem) == (None, None)
        keeper.start(background="office")
        assert keeper.controls is not None and keeper.settings.compose.background == "office"
        keeper.change(mirror=True)
        assert len(job.opened) == 1 and keeper.settings.capture.mirror
        keeper.stop()
        assert keeper.controls is None and keeper.settings.capture.mirror, "for the next start"
        keeper.start()
        assert job.opened[-1].capture.mirror and job.opened[-1].compose.background == "office"


def test_after_a_failure_the_settings_in_force_are_those_of_the_next_start(job: FakeJob) -> None:
    """Not those of the last start: the room, shown then, was replaced by a key, a profile or ctl."""
    with Keeper(change_settings(Settings(), background="none")) as keeper:
        keeper.start()
        assert keeper.controls is not None
        keeper.controls.change(background="office")
        job.ends.set()
        wait_for(lambda: keeper.problem)
        job.ends.clear()
        assert keeper.settings.compose.background == "office"
        keeper.change(mirror=True)
        assert (keeper.settings.capture.mirror, str(keeper.problem)) == (True, "the camera was unplugged")
        keeper.start()
        assert job.opened[-1].compose.background == "office" and job.opened[-1].capture.mirror


def test_what_was_changed_by_others_is_kept_and_remembered(job: FakeJob) -> None:
    with Keeper(Settings()) as keeper:
        keeper.start()
        assert keeper.controls is not None
        keeper.controls.change(zoom=2)
        keeper.stop()
        assert keeper.settings.capture.zoom == 2
        keeper.start()
        assert job.opened[-1].capture.zoom == 2 and keeper.controls is not None
        keeper.controls.change(mirror=True)
    last = read_last()
    assert last is not None and (last.settings["zoom"], last.settings["mirror"]) == (2, True)


def test_what_cannot_change_while_it_runs_begins_a_new_session(job: FakeJob) -> None:
    with Keeper(Settings()) as keeper:
        keeper.start()
        keeper.change(mirror=True)
        keeper.change(fps=20)
        assert [item.capture.fps for item in job.opened] == [None, 20]
        assert job.opened[-1].capture.mirror and job.running == 1


def test_what_cannot_run_goes_back_and_says_why(job: FakeJob) -> None:
    job.fails = lambda settings: CaptureError("no such mode") if settings.capture.fps == 60 else None
    with Keeper(Settings()) as keeper:
        keeper.start()
        with pytest.raises(CaptureError, match="no such mode"):
            keeper.change(fps=60, background="office")
        assert keeper.controls is not None and keeper.problem is None
        assert (keeper.settings.capture.fps, keeper.settings.compose.background) == (None, "blur")


def test_a_change_that_the_session_refuses_changes_nothing(job: FakeJob) -> None:
    with Keeper(Settings()) as keeper:
        keeper.start()
        before = keeper.settings
        for wrong, error in (
            ({"model": "broken"}, ModelError),
            ({"zoom": 9}, SettingsError),
            ({"x": 1}, SettingsError),
        ):
            with pytest.raises(error):
                keeper.change(**wrong)
            assert keeper.settings == before
        assert len(job.opened) == 1


def test_without_a_virtual_camera_it_runs_without_one(job: FakeJob) -> None:
    job.fails = lambda settings: SinkError("no virtual camera") if settings.to == ("camera",) else None
    with Keeper(Settings()) as keeper:
        keeper.start()
        assert keeper.controls is not None and job.opened[-1].to == ("null",)
        assert isinstance(keeper.problem, SinkError) and keeper.settings.to == ("camera",)
        keeper.stop()
        assert keeper.problem is None and keeper.settings.to == ("camera",), "nothing runs, and nothing is wrong"
        job.fails = lambda settings: None
        keeper.start()
        assert keeper.problem is None and job.opened[-1].to == ("camera",)


@pytest.mark.parametrize("error", [CaptureError("no camera"), ModelError("no network"), SinkError("nowhere")])
def test_where_nothing_can_run_the_reason_is_kept(job: FakeJob, error: Exception) -> None:
    job.fails = lambda settings: error
    with Keeper(Settings()) as keeper:
        keeper.start()
        assert (keeper.controls, keeper.problem, keeper.starting) == (None, error, False)
        keeper.change(mirror=True)
        assert keeper.settings.capture.mirror and keeper.problem is error
        job.fails = lambda settings: None
        keeper.start()
        assert keeper.controls is not None and keeper.problem is None


def test_a_session_that_breaks_off_is_a_problem(job: FakeJob) -> None:
    with Keeper(Settings()) as keeper:
        keeper.start()
        job.ends.set()
        ended = threading.Event()
        while keeper.controls is not None:
            ended.wait(0.01)
        assert str(keeper.problem) == "the camera was unplugged"
        job.ends.clear()
        keeper.start()
        assert keeper.problem is None and keeper.controls is not None


def test_changes_from_many_threads_are_made_one_after_the_other(job: FakeJob) -> None:
    with Keeper(Settings()) as keeper:
        keeper.start()
        job.fails = lambda settings: time.sleep(0.01)  # others come meanwhile
        threads = [threading.Thread(target=keeper.change, kwargs={"fps": 10 + n}) for n in range(8)]
        threads += [threading.Thread(target=keeper.start) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert job.running == 1 and keeper.settings.capture.fps in range(10, 18)
