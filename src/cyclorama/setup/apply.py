"""Do what was planned and agreed to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cyclorama.doctor.system import System
from cyclorama.setup import commands
from cyclorama.setup.desktop_entry import refresh_icons
from cyclorama.setup.files import LABEL
from cyclorama.setup.plan import Change, carry_out
from cyclorama.setup.steps import Steps, Wanted, refused
from cyclorama.setup.virtual_camera import module_trouble

if TYPE_CHECKING:
    from cyclorama.setup.read_back import Checked


@dataclass
class Outcome:
    """What came of it. ``ended``: the exit status of each command that was run. ``rest``: what only root may do, with
    the commands for it; empty where nothing is left. ``trouble``: why the kernel module does not serve; empty where it
    does or is not wanted."""

    done: list[Change] = field(default_factory=list)
    ended: dict[tuple[str, ...], int] = field(default_factory=dict)
    rest: str = ""
    trouble: str = ""
    checked: list[Checked] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a command has failed."""
        return any(self.ended.values())


def apply(steps: Steps) -> Outcome:
    """Write the files, then run the commands until one fails. Raises SinkError where a file cannot be written."""
    outcome = Outcome()
    left = refused(steps.changes)
    for change in steps.changes:
        if change.pending and change not in left:
            carry_out(change)
            outcome.done.append(change)
    refresh_icons(change.file.path for change in outcome.done)
    if steps.by_root:
        _run_all(steps, outcome)
        outcome.done += left if left and outcome.ended[steps.commands[0]] == 0 else []  # it writes what is left
    elif steps.commands:
        names = ", ".join(str(change.file.path) for change in left)
        why = f"no permission for {names}" if left else "this needs root"
        outcome.rest = f"{why}; the rest is done by: {' && '.join(map(commands.as_root, steps.commands))}"
    return outcome


def check(steps: Steps, wanted: Wanted, system: System, outcome: Outcome) -> None:
    """See whether programs see what is written to the virtual cameras, and why the module does not serve."""
    if not (steps.cameras.module or steps.cameras.pipewire):
        return
    from cyclorama.setup import read_back  # needs OpenCV, and what comes before works without

    if steps.cameras.module and not outcome.rest:
        outcome.trouble = module_trouble(system)
        device = None if wanted.device is None else f"/dev/video{wanted.device}"
        outcome.checked += [] if outcome.trouble else [read_back.check_loopback(device, LABEL)]
    if steps.cameras.pipewire:
        outcome.checked.append(read_back.check_pipewire())


def _run_all(steps: Steps, outcome: Outcome) -> None:
    for words in steps.commands:
        outcome.ended[words] = commands.run([*commands.sudo(), *words])
        if outcome.ended[words]:
            return
