"""A settings file that is saved while a session runs."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cyclorama.control import reload
from cyclorama.control.reload import Reload
from cyclorama.core.errors import SettingsError
from cyclorama.settings.sources import load_settings, settings_file
from doubles.live_stage import wait


class Saved:
    """A settings file, what the session was asked to change, and what its user was told."""

    def __init__(self, folder: Path, text: str | None = 'background = "office"\n') -> None:
        self.folder = folder
        self.file = folder / "cyclorama.toml"
        self.changed: list[dict[str, object]] = []
        self.told: list[str] = []
        self.refuse: SettingsError | None = None
        if text is not None:
            self.file.write_text(text)
        self.reload = Reload(self.load(), self.where, self.load, self.change, self.told.append)
        self.looks(3)
        assert not self.told and not any(self.changed)
        self.changed.clear()

    def where(self) -> Path | None:
        return settings_file(None, [self.folder])

    def load(self):  # type: ignore[no-untyped-def]
        return load_settings({}, environ={}, folders=[self.folder])

    def change(self, **settings: object) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.changed.append(settings)

    def save(self, text: str) -> None:
        """At another time than before, however coarse the file system's clock is."""
        before = self.file.stat().st_mtime_ns if self.file.exists() else 0
        self.file.write_text(text)
        now = max(self.file.stat().st_mtime_ns, before + 10**9)
        os.utime(self.file, ns=(now, now))

    def looks(self, count: int = 2) -> None:
        for _ in range(count):
            self.reload.look()


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    return Saved(tmp_path)


def test_what_was_saved_is_changed_and_nothing_else(saved: Saved) -> None:
    saved.save('background = "office"\nmirror = true\nzoom = 1.5\n')
    saved.looks()
    assert saved.changed == [{"mirror": True, "zoom": 1.5}]
    assert saved.told == ["changed: mirror yes, zoom 1.5"]
    saved.looks(5)
    assert len(saved.changed) == 1, "once"
    saved.save('background = "office"\n')
    saved.looks()
    assert saved.changed[1:] == [{"mirror": False, "zoom": 1.0}]


def test_a_file_that_is_being_written_waits(saved: Saved) -> None:
    for text in ("back", 'background = "co', 'background = "color:teal"\n'):
        saved.save(text)
        saved.looks(1)
    assert not saved.changed and not saved.told
    saved.looks(1)
    assert saved.changed == [{"background": "color:teal"}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("zom = 2\n", "did you mean zoom"),
        ("zoom = \n", "cyclorama.toml"),
        ("zoom = 99\n", "99 is not a number from 1 to 4"),
        ("\x00\xff", "cyclorama.toml"),
    ],
)
def test_a_mistake_is_told_once_in_one_line_and_changes_nothing(saved: Saved, text: str, says: str) -> None:
    saved.save(text)
    saved.looks(5)
    assert not saved.changed
    assert len(saved.told) == 1 and "\n" not in saved.told[0]
    assert saved.told[0].startswith("the saved settings change nothing: ") and says in saved.told[0]
    saved.save('background = "office"\nzoom = 2\n')
    saved.looks()
    assert saved.changed == [{"zoom": 2.0}], "compared with what was in force"


def test_what_the_session_refuses_is_told_and_tried_again_with_the_next_saving(saved: Saved) -> None:
    saved.refuse = SettingsError("no such picture")
    saved.save('background = "me.png"\n')
    saved.looks(4)
    assert saved.told == ["the saved settings change nothing: no such picture"]
    saved.refuse = None
    saved.save('background = "me.png" # there now\n')
    saved.looks()
    assert saved.changed == [{"background": "me.png"}]


def test_what_needs_a_restart_is_told(saved: Saved) -> None:
    saved.save('background = "office"\nsize = "640x480"\nfps = 15\n')
    saved.looks()
    assert saved.told == ["fps and size will change at the next start"]
    saved.save('background = "office"\nsize = "640x480"\nfps = 15\nmirror = true\n')
    saved.looks()
    assert saved.told[1:] == ["changed: mirror yes"]


def test_a_file_that_is_gone_changes_nothing_and_is_read_when_it_is_back(saved: Saved) -> None:
    """The disk that it lies on may be gone for a moment, in the middle of a call."""
    saved.file.unlink()
    saved.looks(4)
    assert not saved.changed and not saved.told
    saved.save('background = "color:teal"\n')
    saved.looks()
    assert saved.changed == [{"background": "color:teal"}]


def test_a_file_that_appears_is_read(tmp_path: Path) -> None:
    saved = Saved(tmp_path, None)
    saved.save("mirror = true\n")
    saved.looks()
    assert saved.changed == [{"mirror": True}]


def test_a_file_saved_while_the_session_started_is_read(tmp_path: Path) -> None:
    saved = Saved(tmp_path)
    before = saved.load()
    saved.save("mirror = true\n")
    late = Reload(before, saved.where, saved.load, saved.change, saved.told.append)
    late.look()
    late.look()
    assert saved.changed == [{"mirror": True, "background": "blur"}]


@pytest.mark.skipif(sys.platform == "win32" or os.name != "posix" or os.geteuid() != 0, reason="only root gives away")
def test_a_file_of_another_user_is_not_read(tmp_path: Path) -> None:
    """In a folder where all may write, one that appears could ask for the room."""
    saved = Saved(tmp_path, None)
    saved.save('background = "none"\n')
    os.chown(saved.file, 65534, 65534)
    saved.looks(4)
    assert not saved.changed
    assert saved.told == [f"the saved settings change nothing: {saved.file} belongs to another user"]


def test_it_looks_until_it_is_stopped(saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "LOOK_S", 0.005)
    stop = threading.Event()
    thread = threading.Thread(target=saved.reload.run, args=(stop,))
    thread.start()
    saved.save("mirror = true\n")
    wait(lambda: saved.changed)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_folder_that_cannot_be_looked_into_changes_nothing(saved: Saved) -> None:
    def refuse() -> Callable[[], Path]:
        raise PermissionError

    saved.reload._file = refuse  # type: ignore[assignment]
    saved.looks(3)
    assert not saved.changed and not saved.told
