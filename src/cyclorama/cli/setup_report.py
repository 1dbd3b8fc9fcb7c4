"""What `cyclorama setup` says: before its question, and after it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cyclorama.cli.report import listed

if TYPE_CHECKING:
    from cyclorama.setup.apply import Outcome
    from cyclorama.setup.other_systems import Candidate
    from cyclorama.setup.plan import Change
    from cyclorama.setup.read_back import Checked
    from cyclorama.setup.steps import Steps, Wanted

START = "systemctl --user daemon-reload && systemctl --user start cyclorama"
STOP = "systemctl --user stop cyclorama; systemctl --user daemon-reload"
SWITCH = (
    "Browsers list PipeWire's camera once chrome://flags/#enable-webrtc-pipewire-camera (Firefox: "
    "media.webrtc.camera.allow-pipewire in about:config) is on; other programs: docs/cameras.md"
)
NO_CAMERA = "No virtual camera works yet; what is in the way: cyclorama doctor"


def introduction(steps: Steps, wanted: Wanted) -> str:
    """What will happen, in one sentence; empty where nothing will."""
    if not steps.pending:
        return ""
    if wanted.remove:
        return "This takes away what cyclorama setup wrote:"
    files = [change.file.path for change in steps.changes if change.pending]
    service = [path for path in files if path.suffix == ".service"]
    camera = [path for path in files if "etc" in path.parts]
    what = ["a virtual camera, now and at every start"] if steps.commands or camera else []
    what += ["cyclorama live at every login"] if service else []
    what += ["cyclorama in your menu of programs"] if wanted.menu and len(files) > len(service) + len(camera) else []
    return f"This sets up {listed(what) or 'the rest'}. These are the files and commands:"


def text(steps: Steps, found: dict[Candidate, bool]) -> str:
    """Every file that will be written, with its contents, and every command that will run."""
    from cyclorama.setup.commands import as_root

    lines = [line for change in steps.changes for line in _change_lines(change)]
    root = "" if steps.by_root else "  (needs root)"
    lines += [f"{'run':<8}{as_root(words)}{root}" for words in steps.commands]
    return "\n".join([*lines, *_candidate_lines(found), *steps.notes, ""])


def next_steps(steps: Steps, outcome: Outcome, wanted: Wanted) -> list[str]:
    """What came of it, and what the user does now."""
    lines = [f"failed  {shlex.join(words)}: it ended with {code}" for words, code in outcome.ended.items() if code]
    lines += [f"v4l2loopback: {outcome.trouble}"] if outcome.trouble else []
    lines += [_checked_line(checked) for checked in outcome.checked]
    service = any(change.file.path.suffix == ".service" for change in outcome.done)
    if service:
        lines += (
            ["To stop it now:", f"  {STOP}"] if wanted.remove else ["To start it without a new login:", f"  {START}"]
        )
    if any(checked.works for checked in outcome.checked):
        before = "Open" if wanted.service else "Run cyclorama live, open"
        lines.append(f"{before} your call and pick Cyclorama.")
        lines += [SWITCH] if steps.cameras.pipewire else []
    elif outcome.checked or outcome.trouble:
        lines.append(NO_CAMERA)
    return lines


def print_setup(steps: Steps, outcome: Outcome, following: list[str], found: dict[Candidate, bool]) -> None:
    """The same for programs."""
    from cyclorama.cli.report import print_json

    files = [
        {
            "path": str(change.file.path),
            "action": change.action.value,
            "done": change in outcome.done,
            "text": change.file.text,
            "link": change.file.is_link,
        }
        for change in steps.changes
    ]
    print_json(
        {
            "files": files,
            "commands": [{"command": shlex.join(c), "exit_code": outcome.ended.get(c)} for c in steps.commands],
            "cameras": [{"name": c.name, "registered": here, "how": c.how} for c, here in found.items()],
            "checked": [{"camera": c.camera, "works": c.works, "problem": c.problem} for c in outcome.checked],
            "notes": [note.strip() for note in [*steps.notes, *following]],
        }
    )


def _change_lines(change: Change) -> list[str]:
    root = "  (needs root)" if change.pending and not change.permitted() else ""
    lines = [f"{change.action.value:<8}{change.file.path}{root}"]
    if change.action.value in ("write", "replace"):
        contents = f"-> {change.file.text}" if change.file.is_link else change.file.text.rstrip("\n")
        lines += [f"        {line}".rstrip() for line in contents.split("\n")]
    return lines


def _candidate_lines(found: dict[Candidate, bool]) -> list[str]:
    return [f"{c.name}: {'registered' if here else f'not registered: {c.how}'}" for c, here in found.items()]


def _checked_line(checked: Checked) -> str:
    if checked.in_use:
        return f"in use  {checked.camera}: {checked.problem}"
    if checked.problem:
        return f"fails   {checked.camera}: {checked.problem}"
    return f"works   {checked.camera}: a picture was written to it and read back, as a call does"
