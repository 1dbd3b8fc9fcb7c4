"""Where sessions listen: names, what is left of a session that was killed, and folders that are no place for a
socket."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cyclorama.control import endpoint
from cyclorama.control.client import find_session
from cyclorama.control.endpoint import Endpoint, TcpEndpoint, UnixEndpoint, claim, list_sessions, runtime_folder
from cyclorama.core.errors import SettingsError, SinkError

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes of POSIX")
as_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only Linux's root can be another user"
)
NOBODY = 65534


@pytest.fixture
def claimed(folder: Path, kind: type[Endpoint]) -> Iterator[ExitStack]:
    """Closes the sockets that are put on it."""
    with ExitStack() as stack:
        yield stack


def names(folder: Path) -> list[str]:
    return [each.name for each in list_sessions(folder)]


def test_sessions_are_named_after_their_command_and_numbered(folder: Path, claimed: ExitStack) -> None:
    found = [claim(command, folder) for command in ("live", "live", "record", "live")]
    for _, listener in found:
        claimed.enter_context(listener)
    assert [each.name for each, _ in found] == ["live", "live-2", "record", "live-3"]
    assert names(folder) == ["live", "live-2", "live-3", "record"]


def test_a_killed_sessions_name_is_free_again(folder: Path, claimed: ExitStack) -> None:
    first, listener = claim("live", folder)
    listener.close()
    assert first.file.exists() and names(folder) == [] and not first.answers()
    again, listener = claim("live", folder)
    claimed.enter_context(listener)
    assert again.name == "live" and names(folder) == ["live"]


def test_who_ends_late_does_not_remove_its_successor(folder: Path, claimed: ExitStack) -> None:
    first, listener = claim("live", folder)
    listener.close()
    first.file.unlink()  # the system cleaned up
    again, listener = claim("live", folder)
    claimed.enter_context(listener)
    first.remove()
    assert names(folder) == ["live"]
    again.remove()
    assert names(folder) == []


def test_sessions_that_start_at_once_get_names_of_their_own(folder: Path, claimed: ExitStack) -> None:
    begin, found = threading.Barrier(8), []

    def start() -> None:
        begin.wait()
        found.append(claim("live", folder))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _, listener in found:
        claimed.enter_context(listener)
    assert sorted(each.name for each, _ in found) == ["live", *(f"live-{number}" for number in range(2, 9))]


@posix
def test_a_session_that_has_no_time_keeps_its_name(
    folder: Path, claimed: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped, or its processor is busy: its queue is full."""
    monkeypatch.setattr(endpoint, "CONNECT_S", 0.2)
    monkeypatch.setattr(endpoint, "BACKLOG", 0)
    first, listener = claim("live", folder)
    claimed.enter_context(listener)
    family, address = (
        (socket.AF_UNIX, str(first.file))
        if isinstance(first, UnixEndpoint)
        else (socket.AF_INET, listener.getsockname())
    )
    for _ in range(4):
        client = claimed.enter_context(socket.socket(family))
        client.setblocking(False)
        client.connect_ex(address)
    with pytest.raises(OSError):
        first.connect()
    second, listener = claim("live", folder)
    claimed.enter_context(listener)
    assert second.name == "live-2" and names(folder) == ["live", "live-2"]


@posix
def test_nobody_else_may_open_it(folder: Path, claimed: ExitStack) -> None:
    place = folder / "new" / "cyclorama"
    made, listener = claim("live", place)
    claimed.enter_context(listener)
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def in_a_link(folder: Path) -> tuple[Path, str]:
    (folder / "own").mkdir(mode=0o700)
    (folder / "link").symlink_to(folder / "own")
    return folder / "link", "not a folder of yours"


def in_a_file(folder: Path) -> tuple[Path, str]:
    (folder / "file").touch()
    return folder / "file", "exists"


def in_a_folder_of_all(folder: Path) -> tuple[Path, str]:
    (folder / "all").mkdir()
    (folder / "all").chmod(0o755)
    return folder / "all", "others may look into it"


def in_a_folder_of_the_group(folder: Path) -> tuple[Path, str]:
    (folder / "group").mkdir()
    (folder / "group").chmod(0o730)
    return folder / "group", "others may look into it"


def in_a_deep_folder(folder: Path) -> tuple[Path, str]:
    return folder / ("deep" * 20), "too long"


@posix
@pytest.mark.parametrize("make", [in_a_link, in_a_file, in_a_folder_of_all, in_a_folder_of_the_group, in_a_deep_folder])
def test_a_folder_that_is_no_place_for_it_is_refused_and_stays(folder: Path, make: object) -> None:
    place, says = make(folder)  # type: ignore[operator]
    before = place.stat().st_mode if place.exists() else None
    with pytest.raises(SinkError, match=says) as refused:
        claim("live", place)
    assert str(place) in str(refused.value) and "CYCLORAMA_RUNTIME_DIR" in str(refused.value)
    assert before is None or place.stat().st_mode == before


@as_root
def test_a_folder_of_another_user_is_refused(folder: Path) -> None:
    place = folder / "theirs"
    place.mkdir(mode=0o700)
    os.chown(place, NOBODY, NOBODY)
    with pytest.raises(SinkError, match="not a folder of yours"):
        claim("live", place)
    assert not list(place.iterdir())


@as_root
def test_a_folder_that_cannot_be_written_is_refused(folder: Path) -> None:
    place = folder / "own"
    place.mkdir(mode=0o500)
    os.chown(place, NOBODY, NOBODY)
    folder.chmod(0o755)
    done = child(
        "from pathlib import Path; from cyclorama.control.endpoint import claim\n"
        "try: claim('live', Path(sys.argv[1]))\nexcept Exception as error: print(type(error).__name__, error)",
        place,
    )
    assert done.startswith("SinkError") and "Permission denied" in done


@pytest.mark.parametrize("name", ["", "../live", "a/b", ".hidden", "a" * 65, "live\n", "ä"])
def test_what_is_no_name_is_refused(folder: Path, kind: type[Endpoint], name: str) -> None:
    with pytest.raises(SettingsError, match="no name of a session"):
        kind(folder, name)
    with pytest.raises(SettingsError, match="no session"):
        find_session(name, folder)


@pytest.mark.parametrize(
    "told",
    [b"", b"{", b"[]", b'{"port": 1}', b'{"port": 99999999, "token": "x"}', b'{"port": "x", "token": 1}', b"\xff"],
)
def test_a_file_that_does_not_tell_a_port_is_no_session(
    folder: Path, monkeypatch: pytest.MonkeyPatch, told: bytes
) -> None:
    monkeypatch.setattr(endpoint, "KIND", TcpEndpoint)
    (folder / "live.json").write_bytes(told)
    assert list_sessions(folder) == []
    made, listener = claim("live", folder)
    with listener:
        assert made.name == "live" and names(folder) == ["live"]


def test_a_port_is_told_with_a_token_that_is_new_each_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "KIND", TcpEndpoint)
    tokens = []
    for _ in range(2):
        made, listener = claim("live", folder)
        with listener:
            assert listener.getsockname()[0] == "127.0.0.1"
            told = json.loads(made.file.read_text())
            assert told == {"port": listener.getsockname()[1], "token": made.token}
            tokens.append(made.token)
    assert tokens[0] != tokens[1] and min(map(len, tokens)) >= 43, "256 bits"


def test_what_else_lies_in_the_folder_is_no_session(folder: Path, kind: type[Endpoint]) -> None:
    for name in ("notes.txt", f"live{kind.suffix}", f".x{kind.suffix}", f"a b{kind.suffix}"):
        (folder / name).touch()
    assert list_sessions(folder) == []
    assert list_sessions(folder / "missing") == []


def test_the_folder_is_the_users_or_the_one_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYCLORAMA_RUNTIME_DIR", "~/x")
    assert runtime_folder() == Path.home() / "x"
    monkeypatch.delenv("CYCLORAMA_RUNTIME_DIR")
    assert runtime_folder().name == "cyclorama"


def child(code: str, *arguments: object) -> str:
    """What Python code prints that another user runs."""
    begin = f"import os, sys; sys.path[:0] = {sys.path!r}\nimport cyclorama.control.client\n"
    drop = f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + drop + code, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).strip()


@as_root
def test_another_users_socket_is_no_session_of_ours(folder: Path) -> None:
    """Who may write to the folder's parent can put a folder of his own there, and a socket that listens."""
    folder.chmod(0o777)
    listening = (
        "listener = socket.socket(socket.AF_UNIX)\nlistener.bind(sys.argv[1])\n"
        "os.chmod(sys.argv[1], 0o777)\nlistener.listen()\nprint('ready', flush=True)\ntime.sleep(60)"
    )
    begin = f"import os, socket, sys, time\nos.setgid({NOBODY}); os.setuid({NOBODY})\n"
    path = folder / "live.sock"
    process = subprocess.Popen([sys.executable, "-c", begin + listening, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        with pytest.raises(PermissionError, match="another user"):
            UnixEndpoint(folder, "live").connect()
        assert list_sessions(folder) == []
    finally:
        process.kill()
        process.communicate()
