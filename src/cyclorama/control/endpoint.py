"""Where a session listens: a socket that only its user may open, named after the session.

On Linux and macOS a Unix socket of mode 0600 in a folder of mode 0700. Where Python has no Unix sockets (Windows):
a TCP port of 127.0.0.1, and a file that only the user may read with the port and a random token, which has to be the
first line of every connection.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import stat
import struct
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import platformdirs
from filelock import FileLock
from typing_extensions import override

from cyclorama.core.errors import SettingsError, SinkError, reason
from cyclorama.files.names import user_path

FOLDER_VARIABLE = "CYCLORAMA_RUNTIME_DIR"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CONNECT_S = 5.0
"""Windows takes two seconds to say that nobody listens."""
BACKLOG = 128
HERE = "127.0.0.1"
LONGEST_PATH = 100
"""Bytes of a Unix socket's path; systems allow 104 to 108."""


class Endpoint(ABC):
    """The place of one session, by name."""

    suffix: str
    _made: tuple[int, int, int] | None = None
    """Device, inode and time of the last change of the file that ``listen`` made; inodes are used again."""

    def __init__(self, folder: Path, name: str) -> None:
        if NAME.fullmatch(name) is None:
            raise SettingsError(f"{name!r} is no name of a session: cyclorama ctl status lists them")
        self.name = name
        self.file = folder / (name + self.suffix)

    @abstractmethod
    def listen(self) -> socket.socket:
        """A socket that listens. The caller holds the folder's lock. Raises OSError."""

    @abstractmethod
    def connect(self) -> socket.socket:
        """A connection to the session, authenticated. Raises OSError if no session listens."""

    @property
    def token(self) -> str | None:
        """What the first line of a connection has to be; None if the file system protects the socket."""
        return None

    def answers(self) -> bool:
        """Whether a session listens, though it may have no time just now."""
        try:
            self.connect().close()
        except (BlockingIOError, TimeoutError):  # too many wait in its queue, or it takes too long
            return True
        except OSError:
            return False
        return True

    def remove(self) -> None:
        """Remove its file, unless another session has taken its place."""
        with suppress(OSError):
            if self._mark() == self._made:
                self.file.unlink()

    def _clear(self) -> None:
        """Remove what a session that was killed has left."""
        with suppress(OSError):
            self.file.unlink()

    def _mark(self) -> tuple[int, int, int]:
        found = self.file.lstat()
        return found.st_dev, found.st_ino, found.st_ctime_ns


class UnixEndpoint(Endpoint):
    """A Unix socket."""

    suffix = ".sock"

    @override
    def listen(self) -> socket.socket:
        """Bind and restrict it to the user."""
        with _kept(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as listener:
            self._clear()
            listener.bind(str(self.file))
            self.file.chmod(0o600)
            listener.listen(BACKLOG)
            self._made = self._mark()
        return listener

    @override
    def connect(self) -> socket.socket:
        """Connect."""
        with _kept(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
            connection.settimeout(CONNECT_S)
            connection.connect(str(self.file))
            if not is_users(connection):
                raise PermissionError(None, f"{self.file} is the socket of another user")
        return connection


class TcpEndpoint(Endpoint):
    """A TCP port of 127.0.0.1, with a token."""

    suffix = ".json"
    _token: str | None = None

    @property
    @override
    def token(self) -> str | None:
        """Drawn by ``listen``."""
        return self._token

    @override
    def listen(self) -> socket.socket:
        """Bind to a free port, and write it with a new token where only the user can read it."""
        with _kept(socket.create_server((HERE, 0), backlog=BACKLOG)) as listener:
            self._token = secrets.token_urlsafe(32)
            self._clear()
            handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump({"port": listener.getsockname()[1], "token": self._token}, file)
            self._made = self._mark()
        return listener

    @override
    def connect(self) -> socket.socket:
        """Connect and send the token."""
        try:
            told = json.loads(self.file.read_text(encoding="ascii"))
            port, token = int(told["port"]), str(told["token"])
            connection = socket.create_connection((HERE, port), CONNECT_S)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise OSError(f"{self.file} does not say where the session listens") from error
        with _kept(connection):
            connection.sendall(token.encode() + b"\n")
        return connection


KIND: type[Endpoint] = TcpEndpoint if sys.platform == "win32" else UnixEndpoint


def runtime_folder() -> Path:
    """The folder of all sessions of this user; it need not exist."""
    if given := os.environ.get(FOLDER_VARIABLE):
        return user_path(given)
    with warnings.catch_warnings(action="ignore"):  # that there is no XDG_RUNTIME_DIR is no news to the user
        return Path(platformdirs.user_runtime_dir("cyclorama", appauthor=False))


def claim(command: str, folder: Path | None = None) -> tuple[Endpoint, socket.socket]:
    """A free name for a session, ``command`` or ``command-2`` and so on, and the socket that listens there.

    Raises SinkError if there can be none.
    """
    folder = runtime_folder() if folder is None else folder
    try:
        prepare_folder(folder)
        with FileLock(folder / ".lock", timeout=CONNECT_S):
            number = 1
            while (endpoint := _endpoint(folder, command, number)).file.exists() and endpoint.answers():
                number += 1
            return endpoint, endpoint.listen()
    except (OSError, NotImplementedError) as error:  # filelock's: Timeout is an OSError; no locks on this disk
        raise SinkError(f"no control socket in {folder}: {reason(error)}; set {FOLDER_VARIABLE} to a folder") from error


@contextmanager
def _kept(opened: socket.socket) -> Iterator[socket.socket]:
    """A socket that outlives the block, unless that raises."""
    with ExitStack() as unless_kept:
        unless_kept.enter_context(opened)
        yield opened
        unless_kept.pop_all()


def is_users(connection: socket.socket) -> bool:
    """Whether the program at the other end of a Unix socket is this user's. Elsewhere than on Linux nobody is asked:
    the modes of socket and folder decide."""
    if sys.platform != "linux":
        return True
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(user == os.geteuid())


def list_sessions(folder: Path | None = None) -> list[Endpoint]:
    """The sessions of this user that listen, by name."""
    folder = runtime_folder() if folder is None else folder
    try:
        names = sorted(path.stem for path in folder.glob("*" + KIND.suffix))
    except OSError:
        return []
    return [
        endpoint for endpoint in (KIND(folder, name) for name in names if NAME.fullmatch(name)) if endpoint.answers()
    ]


def _endpoint(folder: Path, command: str, number: int) -> Endpoint:
    return KIND(folder, command if number == 1 else f"{command}-{number}")


def prepare_folder(folder: Path) -> None:
    """Make the folder, for the user alone. Raises OSError if it belongs to somebody else or others may enter it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":  # the folder is in the user's profile, which others cannot enter
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(None, "it is not a folder of yours")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise PermissionError(None, f"others may look into it (chmod 700 {folder})")
    if len(os.fsencode(folder)) > LONGEST_PATH - 20:
        raise OSError(None, "its path is too long for a socket")
