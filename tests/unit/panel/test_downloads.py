"""Networks that the page fetches: under which licence, how far they are, and how they end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.panel.errors import RequestError
from cyclorama.panel.session import downloads as module
from cyclorama.panel.session.downloads import Downloads, Task


class Store:
    """Stands for the store: tells of ten bytes, and goes on with the rest when it may."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.go, self.begun = threading.Event(), threading.Event()
        self.pulled: list[str] = []
        self._fails = fails

    def __call__(self, name: str, agree: Callable[..., bool], on_progress: Callable[[int, int], None]) -> None:
        on_progress(10, 30)
        self.begun.set()
        assert self.go.wait(30)
        if self._fails is not None:
            raise self._fails
        on_progress(30, 30)
        self.pulled.append(name)


def ended(task: Task) -> tuple[str, str | None]:
    assert task.job is not None
    task.job.future.exception(30)
    return task.state, task.error


@pytest.mark.parametrize("licence", [None, "", "MIT", "gpl-3.0"])
def test_a_licence_that_is_not_permissive_has_to_be_named(licence: str | None) -> None:
    refused = pytest.raises(SettingsError, match=r"rvm comes under GPL-3\.0: accept that licence")
    with Downloads(lambda *given: pytest.fail("it is not pulled")) as downloads, refused:
        downloads.start("rvm", licence)


def test_it_says_how_far_it_is_and_one_comes_after_the_other() -> None:
    store = Store()
    with Downloads(store) as downloads:
        first, second = downloads.start("rvm", "GPL-3.0"), downloads.start("u2netp", None)
        assert store.begun.wait(30)
        assert (downloads.get(first.id).state, first.done, first.total) == ("working", 10, 30)
        assert downloads.get(second.id).state == "waiting"
        store.go.set()
        assert ended(second) == ended(first) == ("done", None) and (first.done, first.total) == (30, 30)
    assert store.pulled == ["rvm", "u2netp"]


def test_a_cancelled_one_ends_with_its_next_bytes_or_before_its_first() -> None:
    store = Store()
    with Downloads(store) as downloads:
        running, waiting = downloads.start("u2netp", None), downloads.start("u2netp", None)
        assert store.begun.wait(30)
        downloads.cancel(waiting.id)
        downloads.cancel(running.id)
        assert (waiting.state, waiting.error) == ("failed", "cancelled")
        store.go.set()
        assert ended(running) == ("failed", "cancelled")
        with pytest.raises(RequestError, match="no such task"):
            downloads.cancel("nothing")
    assert store.pulled == []


@pytest.mark.parametrize(
    ("error", "says"), [(ModelError("no connection"), "no connection"), (ZeroDivisionError(), "the download failed")]
)
def test_why_it_failed_is_kept(error: Exception, says: str) -> None:
    store = Store(error)
    store.go.set()
    with Downloads(store) as downloads:
        state, told = ended(downloads.start("u2netp", None))
    assert state == "failed" and told is not None and told.startswith(says)


def test_those_that_are_refused_leave_nothing_and_old_ones_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_TASKS", 1)
    store: Any = Store()
    with Downloads(store) as downloads:
        tasks = [downloads.start("u2netp", None) for _ in range(module.MOST_TASKS)]
        for _ in range(3):
            with pytest.raises(RequestError, match="are waiting already"):
                downloads.start("u2netp", None)
        assert len(downloads._tasks) == module.MOST_TASKS
        store.go.set()
        assert {ended(task) for task in tasks} == {("done", None)}
        last = downloads.start("u2netp", None)
        assert set(downloads._tasks) == {tasks[-1].id, last.id}
        with pytest.raises(RequestError, match="no such task"):
            downloads.get(tasks[0].id)
