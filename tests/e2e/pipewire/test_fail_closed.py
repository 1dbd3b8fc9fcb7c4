"""What a browser sees at thirty frames a second while everything goes wrong: never the room."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doubles.desktop import Desktop
from doubles.faulty_call import faulty_call

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_no_frame_that_a_browser_sees_shows_the_room(
    session: Desktop, call: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", session.environment["XDG_RUNTIME_DIR"])
    with faulty_call(monkeypatch, call, tmp_path, seed=14) as faulty:
        seen = faulty.go_on(12)
    assert seen.failed == []
    assert seen.calls >= 3 and seen.frames > 60, seen
    assert seen.is_private, seen
