"""One panel for each user."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyclorama.control.running_panel import FILE_NAME, RunningPanel, claim_panel
from cyclorama.core.errors import SinkError

HOLD = """
import sys
from pathlib import Path
from cyclorama.control.running_panel import claim_panel
place = claim_panel(Path(sys.argv[1]), wait_s=0)
place.announce(sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def page() -> Iterator[str]:
    """The address of somebody who listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/#token=secret"


def closed_page() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/#token=old"


def claim(folder: Path) -> RunningPanel:
    place = claim_panel(folder, wait_s=0)
    assert isinstance(place, RunningPanel)
    return place


def test_a_second_start_gets_the_page_of_the_first(folder: Path, page: str) -> None:
    with claim(folder) as first:
        first.announce(page)
        assert claim_panel(folder, wait_s=0) == page
    assert not (folder / FILE_NAME).exists()
    claim(folder).close()


def test_the_address_is_for_the_user_alone(folder: Path, page: str) -> None:
    before = os.umask(0)
    try:
        with claim(folder) as place:
            place.announce(page)
            told = json.loads((folder / FILE_NAME).read_text())
            assert told == {"url": page, "pid": os.getpid()}
            if sys.platform != "win32":
                assert (folder / FILE_NAME).stat().st_mode & 0o777 == 0o600
                assert folder.stat().st_mode & 0o777 == 0o700
            assert sorted(path.name for path in folder.iterdir()) == [".panel.lock", FILE_NAME]
    finally:
        os.umask(before)


def test_two_at_once_have_one_place(folder: Path, page: str) -> None:
    places: list[RunningPanel | str] = []
    begin = threading.Barrier(8)

    def start() -> None:
        begin.wait()
        place = claim_panel(folder, wait_s=20)
        if isinstance(place, RunningPanel):
            place.announce(page)
        places.append(place)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = [place for place in places if isinstance(place, RunningPanel)]
    assert len(held) == 1
    assert [place for place in places if isinstance(place, str)] == [page] * 7
    held[0].close()


def test_a_panel_that_starts_is_waited_for(folder: Path, page: str) -> None:
    with claim(folder) as first:
        late = threading.Timer(0.3, first.announce, [page])
        late.start()
        assert claim_panel(folder, wait_s=20) == page
        late.join()


def test_a_panel_that_ends_leaves_its_place_to_who_waits(folder: Path) -> None:
    first = claim(folder)
    first.announce(closed_page())
    ending = threading.Timer(0.3, first.close)  # in another thread
    ending.start()
    place = claim_panel(folder, wait_s=20)
    assert isinstance(place, RunningPanel)
    place.close()
    ending.join()


@pytest.mark.parametrize("announced", [True, False])
def test_a_panel_whose_page_does_not_answer_is_named(folder: Path, announced: bool) -> None:
    with claim(folder) as first:
        if announced:
            first.announce(closed_page())
        with pytest.raises(SinkError, match="does not answer: end it") as raised:
            claim_panel(folder, wait_s=0)
        assert (f"process {os.getpid()}" in str(raised.value)) == announced


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1}', '{"url": "http://127.0.0.1:99999", "pid": 1}'])
def test_what_is_no_address_is_not_opened(folder: Path, text: str) -> None:
    with claim(folder):
        (folder / FILE_NAME).write_text(text)
        with pytest.raises(SinkError, match="does not answer"):
            claim_panel(folder, wait_s=0)


def test_a_killed_panel_leaves_nothing_that_is_opened(folder: Path, page: str) -> None:
    command = [sys.executable, "-c", HOLD, str(folder), page]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        assert claim_panel(folder, wait_s=0) == page
        other.kill()
        other.wait()
        assert (folder / FILE_NAME).exists()
        with claim(folder):
            assert not (folder / FILE_NAME).exists(), "its address is not that of the new panel"


def test_closing_twice_takes_nothing_from_the_next(folder: Path, page: str) -> None:
    first = claim(folder)
    first.close()
    with claim(folder) as second:
        second.announce(page)
        first.close()
        assert claim_panel(folder, wait_s=0) == page


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=r"no panel in .*CYCLORAMA_RUNTIME_DIR"):
        claim_panel(tmp_path / "file" / "run")
