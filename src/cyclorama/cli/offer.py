"""Tell the user, once, that there is a finer network, and offer to fetch it.

Each command says it the first time that it runs at a terminal. The question is asked a single time, by whichever comes
first, and nothing more is said after a no, or once the network is installed. Nobody is asked in a script or behind a
pipe, and nothing is said where it could not be remembered.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any, Literal

from cyclorama.core.errors import CycloramaError, SinkError

if TYPE_CHECKING:
    from cyclorama.models.catalogue import Licence, ModelEntry

log = logging.getLogger(__name__)

FINER = "rvm"
NOTE = "offer"
"""Name of the note in the state folder: ``said`` (commands), ``asked`` and ``declined``."""
GAIN = "keeps hair and soft edges that the bundled one cuts off, for about twice the processor time in a call"
Command = Literal["live", "demo", "doctor", "models list"]


def offer_finer_network(command: Command) -> None:
    """Say what the finer network brings and costs, the first time that ``command`` runs at a terminal; ask once whether
    to fetch it now.

    A fetch that fails is told in one line, and the command goes on. Raises typer.Abort for Ctrl-C at the question.
    """
    from cyclorama.files.state import read_state
    from cyclorama.models.store import model_path

    if not _at_terminal() or model_path(FINER).exists():
        return
    note = read_state(NOTE)
    said = [str(word) for word in note.get("said", ())]
    ask = not note.get("asked") and _typed_at_a_prompt()
    if note.get("declined") or (command in said and not ask):
        return
    note = {"said": [*dict.fromkeys([*said, command])], "asked": ask or bool(note.get("asked"))}
    # Before the question: whoever leaves it unanswered, with Ctrl-C, has declined.
    if _remembered({**note, "declined": ask}) and _told(ask=ask):
        _remembered(note)
        _fetch()


def finer_network(model: str) -> str:
    """The network that would do better than the bundled ``model`` and is not here yet; empty where there is none."""
    from cyclorama.models.store import model_path

    return FINER if model.startswith("selfie") and not model_path(FINER).exists() else ""


def _told(*, ask: bool) -> bool:
    """Print the offer, and ask if ``ask``; returns whether the answer was yes."""
    import typer

    from cyclorama.models.catalogue import load_catalogue

    catalogue = load_catalogue()
    entry = catalogue.models[FINER]
    print(offer_text(entry), file=sys.stderr)
    if not ask:
        return False
    print(licence_text(catalogue.licences[entry.licence]), file=sys.stderr)
    return typer.confirm("Fetch it now?", default=False, err=True)


def offer_text(entry: ModelEntry) -> str:
    """What the network brings, what it costs, and the command, on one line."""
    from cyclorama.cli.model_report import size

    cost = f"{size(entry)}, {entry.licence}"
    return f"A finer network, {entry.name}, {GAIN} ({cost}): cyclorama models pull {entry.name}"


def licence_text(licence: Licence) -> str:
    """The licence that a yes accepts, on one line."""
    return f"A yes accepts its licence, {licence.title} ({licence.url}): {licence.summary}"


def _fetch() -> None:
    """Download the network; what fails is told in one line."""
    from cyclorama.cli.download_bar import download_bar
    from cyclorama.cli.errors import complain
    from cyclorama.models import store

    try:
        with download_bar(FINER) as on_progress:
            store.pull(FINER, lambda entry, licence: True, on_progress)
    except CycloramaError as error:
        complain(f"{error}; it works without, and cyclorama models pull {FINER} tries again", "note")
    else:
        print(f"{FINER} is here: --model auto, the default, takes it from now on where it keeps up", file=sys.stderr)


def _remembered(note: dict[str, Any]) -> bool:
    from cyclorama.files.state import write_state

    try:
        write_state(NOTE, note)
    except SinkError as error:
        log.debug("nothing is offered: %s", error)
        return False
    return True


def _at_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def _typed_at_a_prompt() -> bool:
    """Whether a person is likely to wait for this command: an interactive shell gives each of its commands a process
    group and the terminal, where a script's commands share the script's group."""
    if sys.platform == "win32":
        return True
    try:
        return os.getpgrp() == os.getpid() == os.tcgetpgrp(sys.stdin.fileno())
    except OSError:  # the terminal does not control this process
        return False
