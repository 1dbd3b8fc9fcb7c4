"""Downloads that are asked for too often."""

from __future__ import annotations

import threading

import pytest

from cyclorama.panel import downloads as module
from cyclorama.panel.downloads import MOST_TASKS, Downloads
from cyclorama.panel.errors import RequestError


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
