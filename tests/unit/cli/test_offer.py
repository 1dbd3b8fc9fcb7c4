"""The finer network is offered at a terminal: the line once for each command, the question once, and no more after a
no."""

from __future__ import annotations

import io
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cyclorama.cli import offer
from cyclorama.core.errors import ModelError
from cyclorama.models import store

pty = pytest.importorskip("pty", reason="terminals of POSIX")
Run = Callable[..., tuple[int, str, str]]
LINE = "A finer network, rvm, keeps hair"
COMMAND = "(15.0 MB, GPL-3.0): cyclorama models pull rvm"
QUESTION = "Fetch it now? [y/N]"


class Screen(io.StringIO):
    """What a terminal shows."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The note of what was said; nothing was, yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "store"))
    return tmp_path / "state" / "cyclorama" / "offer.json"


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end of a terminal at which a person types; the other end is standard input."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(offer, "_typed_at_a_prompt", lambda: True)
        yield ours
    os.close(ours)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, state: Path) -> Callable[[str], str]:
    """Offers as ``command`` does, and returns what the terminal shows."""

    def run(command: str) -> str:
        screen = Screen()
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setattr(sys, "stdout", screen)
        offer.offer_finer_network(command)  # type: ignore[arg-type]
        return screen.getvalue()

    return run


def test_asked_once_and_nothing_after_a_no(person: int, said: Callable[[str], str], state: Path) -> None:
    os.write(person, b"n\n")
    first = said("demo")
    assert first.splitlines()[0].startswith(LINE) and first.splitlines()[0].endswith(COMMAND)
    assert "GNU General Public License, version 3 (https://www.gnu.org/" in first.splitlines()[1]
    assert first.count(QUESTION) == 1
    assert json.loads(state.read_text()) == {"said": ["demo"], "asked": True, "declined": True}
    assert [said(command) for command in ("demo", "live", "doctor", "models list")] == [""] * 4


def test_a_yes_fetches_it_under_its_licence(
    person: int, said: Callable[[str], str], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[tuple[str, bool]] = []

    def pull(name: str, accept: Callable[..., bool], on_progress: Any) -> None:
        fetched.append((name, accept(None, None)))
        store.model_path(name).parent.mkdir(parents=True)
        store.model_path(name).write_bytes(b"a network")

    monkeypatch.setattr(store, "pull", pull)
    os.write(person, b"y\n")
    assert "rvm is here: --model auto, the default, takes it" in said("live")
    assert fetched == [("rvm", True)]
    assert [said(command) for command in ("live", "doctor")] == ["", ""], "it is installed"


def test_a_fetch_that_fails_is_one_line_and_the_others_still_say_how_to_get_it(
    person: int, said: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pull(*_: object) -> None:
        raise ModelError("no network here")

    monkeypatch.setattr(store, "pull", pull)
    os.write(person, b"y\n")
    shown = said("live").splitlines()
    assert shown[-1].endswith("no network here; it works without, and cyclorama models pull rvm tries again")
    assert said("live") == ""
    doctor = said("doctor")
    assert doctor.count("\n") == 1 and doctor.endswith(f"{COMMAND}\n"), "the line, and no question"
    os.write(person, b"n\n")
    assert QUESTION not in said("models list"), "nor by a third"
    assert [said(command) for command in ("live", "doctor", "models list")] == [""] * 3, "each has said it"


def test_in_a_script_at_a_terminal_the_line_is_said_once_and_nobody_is_asked(
    person: int, said: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offer, "_typed_at_a_prompt", lambda: False)
    assert said("demo").endswith(f"{COMMAND}\n")
    assert said("demo") == ""
    monkeypatch.setattr(offer, "_typed_at_a_prompt", lambda: True)
    os.write(person, b"\n")
    assert QUESTION in said("demo"), "a person comes later, and is asked"
    assert said("live") == "", "no answer is a no"


def test_nothing_where_it_cannot_be_remembered(
    person: int, said: Callable[[str], str], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.parent.parent.mkdir(parents=True)
    state.parent.write_text("a file in the folder's place")
    assert said("demo") == ""


@pytest.mark.parametrize("behind", ["stdin", "stdout", "stderr"])
def test_behind_a_pipe_nothing_is_said(person: int, state: Path, monkeypatch: pytest.MonkeyPatch, behind: str) -> None:
    screen = Screen()
    for name in ("stderr", "stdout"):
        monkeypatch.setattr(sys, name, screen)
    pipe = io.StringIO("y\n")
    monkeypatch.setattr(sys, behind, pipe)
    offer.offer_finer_network("live")
    assert (screen.getvalue(), pipe.getvalue()) == ("", "y\n")
    assert not state.exists()


@pytest.mark.parametrize(
    ("arguments", "offered"),
    [
        (("doctor",), ["doctor"]),
        (("doctor", "--json"), []),
        (("models", "list"), ["models list"]),
        (("models", "list", "--json"), []),
    ],
)
def test_which_commands_offer_it(
    cyclorama: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], offered: list[str]
) -> None:
    commands: list[str] = []
    monkeypatch.setattr(offer, "offer_finer_network", commands.append)
    cyclorama(*arguments)
    assert commands == offered


@pytest.mark.parametrize(("options", "offered"), [((), ["live"]), (("--quiet",), []), (("--json",), [])])
def test_live_offers_it_before_it_opens_anything(
    cyclorama: Run, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], offered: list[str]
) -> None:
    commands: list[str] = []
    monkeypatch.setattr(offer, "offer_finer_network", commands.append)

    def run_live(*_: object, **__: object) -> None:
        raise ModelError("opened")

    monkeypatch.setattr("cyclorama.pipeline.jobs.live.run_live", run_live)
    code, _, err = cyclorama("live", "--source", "demo", "--to", "null", *options)
    assert (code, "opened" in err) == (4, True)
    assert commands == offered


# --- a process at a terminal of its own


def at_terminal(command: list[str], types: bytes) -> str:
    """Run ``command`` in a new terminal; type ``types`` once it asks. Returns what the terminal shows."""
    child, terminal = pty.fork()
    if child == 0:
        try:
            os.execv(command[0], command)
        finally:
            os._exit(127)
    shown, typed, deadline = b"", False, time.monotonic() + 60
    try:
        while time.monotonic() < deadline and select.select([terminal], [], [], 60)[0]:
            try:
                sent = os.read(terminal, 4096)
            except OSError:  # Linux says so at the end
                break
            if not sent:
                break
            shown += sent
            if QUESTION.encode() in shown and not typed:
                os.write(terminal, types)
                typed = True
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    return shown.decode()


def test_a_person_is_asked_a_script_is_not(state: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cyclorama", "models", "list"]
    script = tmp_path / "script.sh"
    script.write_text(f"{' '.join(command)}\necho done\n")
    shown = at_terminal(["/bin/sh", str(script)], b"y\n")
    assert LINE in shown and QUESTION not in shown and "done" in shown
    shown = at_terminal(command, b"n\n")
    assert QUESTION in shown and LINE in shown
    assert json.loads(state.read_text())["declined"] is True
    assert LINE not in at_terminal(command, b"y\n")


def test_a_pipe_leaves_no_note(state: Path) -> None:
    command = [sys.executable, "-m", "cyclorama", "models", "list"]
    done = subprocess.run(command, input="y\n", capture_output=True, text=True, check=True)
    assert LINE not in done.stdout + done.stderr
    assert not state.exists()
