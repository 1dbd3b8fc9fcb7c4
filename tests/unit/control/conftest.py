"""A folder for sockets, both kinds of endpoints, and commands that only note what they are asked."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cyclorama.control import endpoint
from cyclorama.control.endpoint import Endpoint, TcpEndpoint, UnixEndpoint


@pytest.fixture
def folder() -> Iterator[Path]:
    """For sockets, whose paths have to be short; the user's alone."""
    with tempfile.TemporaryDirectory(prefix="cyc-", dir="/tmp" if sys.platform != "win32" else None) as path:
        yield Path(path)


@pytest.fixture(params=["unix", "tcp"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Endpoint]:
    """Both ways to listen, on every system that can."""
    if request.param == "unix" and sys.platform == "win32":
        pytest.skip("Python has no Unix sockets on Windows")
    chosen = UnixEndpoint if request.param == "unix" else TcpEndpoint
    monkeypatch.setattr(endpoint, "KIND", chosen)
    return chosen


class Noted:
    """Stands for Controls: keeps each call as ``(name, arguments)``; ``answers`` are values or functions by name."""

    def __init__(self, **answers: Any) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.recording = False
        self._answers = answers

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self.calls.append((name, given, named))
            answer = self._answers.get(name, {})
            return answer(*given, **named) if callable(answer) else answer

        return call


@pytest.fixture
def noted() -> type[Noted]:
    """The class of commands that only note what they are asked."""
    return Noted
