"""The one panel of a user: a second `cyclorama panel` opens the page of the first.

A panel holds a lock in the runtime folder as long as it runs; the system releases it however the panel ends. Beside it
lies a file that only the user may read, with the address of the page, its token included.
"""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from cyclorama.control.endpoint import FOLDER_VARIABLE, prepare_folder, runtime_folder
from cyclorama.core.closing import Closing
from cyclorama.core.errors import SinkError, reason

LOCK_NAME = ".panel.lock"
FILE_NAME = "panel.address"
START_S = 20.0
"""How long a panel may take from its start until its page answers."""
LOOK_S = 0.1
CONNECT_S = 2.0


class RunningPanel(Closing):
    """The place of this user's panel, held until ``close``. For one process; any thread may close it."""

    def __init__(self, folder: Path, lock: FileLock) -> None:
        """``lock``: acquired."""
        self._file = folder / FILE_NAME
        self._lock = lock
        self._file.unlink(missing_ok=True)  # of a panel that was killed

    def announce(self, url: str) -> None:
        """Let other starts open ``url``, which has to answer by now. Raises SinkError."""
        aside = self._file.with_suffix(".part")
        try:
            aside.unlink(missing_ok=True)
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"url": url, "pid": os.getpid()}, file)
            aside.replace(self._file)
        except OSError as error:
            raise _no_place(self._file.parent, error) from error

    def close(self) -> None:
        """Forget the address, then give the place up."""
        if self._lock.is_locked:
            with suppress(OSError):
                self._file.unlink()
            self._lock.release()


def claim_panel(folder: Path | None = None, *, wait_s: float = START_S) -> RunningPanel | str:
    """The place of this user's panel, or the address of the panel that has it, once its page answers.

    ``folder``: the runtime folder. ``wait_s``: how long another panel may take to start, or to end. Raises SinkError.
    """
    folder = runtime_folder() if folder is None else folder
    deadline = time.monotonic() + wait_s
    while (place := _claim(folder)) is None:
        told = _read(folder / FILE_NAME)
        if told is not None and _answers(told[0]):
            return told[0]
        if time.monotonic() > deadline:
            process = "" if told is None else f" (process {told[1]})"
            raise SinkError(f"a panel of yours runs{process}, but its page does not answer: end it, and try again")
        time.sleep(LOOK_S)
    return place


def _claim(folder: Path) -> RunningPanel | None:
    """The place; None if another process has it. Raises SinkError."""
    lock = FileLock(folder / LOCK_NAME, timeout=0, thread_local=False)
    try:
        prepare_folder(folder)
        lock.acquire()
        return RunningPanel(folder, lock)
    except Timeout:
        return None
    except (OSError, NotImplementedError) as error:  # the latter: no locks on this disk
        lock.release()
        raise _no_place(folder, error) from error


def _read(file: Path) -> tuple[str, int] | None:
    """Address and process; None if the panel has not said them yet."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return str(told["url"]), int(told["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _answers(url: str) -> bool:
    """Whether somebody listens at the host and port of ``url``."""
    try:
        place = urlsplit(url)
        socket.create_connection((place.hostname or "", place.port or 0), CONNECT_S).close()
    except (OSError, ValueError):
        return False
    return True


def _no_place(folder: Path, error: Exception) -> SinkError:
    return SinkError(f"no panel in {folder}: {reason(error)}; set {FOLDER_VARIABLE} to a folder of yours")
