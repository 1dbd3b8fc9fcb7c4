"""Downloads that are asked for too often."""

from __future__ import annotations

import threading

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.panel.errors import RequestError
from cyclorama.panel.session import downloads as module
from cyclorama.panel.session.downloads import MOST_TASKS, Downloads


def test_one_that_is_refused_is_not_kept() -> None:
    enough = threading.Event()
    with Downloads(pull=lambda *of: enough.wait(30)) as downloads:
        name = next(entry.name for entry in module.store.load_catalogue().models.values() if entry.permissive)
        for _ in range(MOST_TASKS):
            downloads.start(name, None)
        for _ in range(3):
            with pytest.raises(RequestError):
                downloads.start(name, None)
        assert len(downloads._tasks) == MOST_TASKS
        enough.set()


def test_a_failure_is_told_as_a_page_says_it() -> None:
    def fail(*of: object) -> None:
        raise SettingsError("the network cannot be used:\n try another --model")

    with Downloads(pull=fail) as downloads:
        name = next(entry.name for entry in module.store.load_catalogue().models.values() if entry.permissive)
        task = downloads.start(name, None)
        assert task.job is not None
        task.job.future.result(30)
        assert (task.state, task.error) == ("failed", "the network cannot be used: try another model")
