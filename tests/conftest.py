"""Shared by all tests: where the real clips lie, and a guard against leaked threads and logged errors."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def shared() -> Path:
    """The folder with real networks, clips and photos; the test skips where it is absent."""
    if not (SHARED / "clips").is_dir():
        pytest.skip("the folder shared/ with real clips and networks does not stand beside this checkout")
    return SHARED


@pytest.fixture(autouse=True)
def no_leaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test that leaves a thread of ours behind or logs an error it did not expect."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2.0
    while leaked := [t for t in threading.enumerate() if t not in before and t.name.startswith("cyclorama")]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads left running: {[t.name for t in leaked]}")
        time.sleep(0.01)
    errors = [r for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    if errors:
        pytest.fail(f"errors were logged: {[r.getMessage() for r in errors]}")
