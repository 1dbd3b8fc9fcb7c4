"""``cyclorama setup``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from cyclorama.cli.options import JsonOption

if TYPE_CHECKING:
    from cyclorama.doctor.system import System
    from cyclorama.setup.plan import Change

EXAMPLES = """\b
Examples:
  cyclorama setup                                       shows every file, asks, writes
  cyclorama setup -- --background office --frame auto   what the service gives to `cyclorama live`
  cyclorama setup --no-service --device 10 --yes        the virtual camera alone, as /dev/video10
  cyclorama setup --remove                              takes away what it wrote

Linux: the virtual camera at every start of the system, `cyclorama live` at every login. Windows, macOS: says which
virtual cameras are registered, and how to register one.
"""


def setup(
    live_options: Annotated[
        list[str] | None,
        Argument(
            metavar="[-- LIVE OPTIONS]",
            help="For `cyclorama live` in the service; give paths in full.",
            show_default=False,
        ),
    ] = None,
    remove: Annotated[bool, Option("--remove", help="Take away what setup wrote.")] = False,
    service: Annotated[bool, Option("--service/--no-service", help="Start `cyclorama live` at login.")] = True,
    device: Annotated[
        str | None, Option("--device", metavar="N", help="The virtual camera as /dev/videoN. [the first free]")
    ] = None,
    root: Annotated[
        Path, Option("--root", metavar="DIR", help="Write below this folder, for packages and images.")
    ] = Path("/"),
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask.")] = False,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace files that setup did not write.")] = False,
    json: JsonOption = False,
) -> int:
    """Set up the virtual camera for good, after showing every file. With --json but not --yes nothing is written."""
    from cyclorama.doctor.system import System

    system = System()
    if not system.is_linux:
        return _elsewhere(system, json=json)
    number = _device_number(device)
    if live_options and service and not remove:
        _check_live_options(live_options)
    changes, notes = _planned(live_options or [], remove, service, number, root.absolute(), overwrite)
    if json and not yes:
        _print_json(changes, [], notes)
        return 0
    pending = [change for change in changes if change.pending]
    if not json:
        print(text(changes, notes))
    if pending and not yes:
        _ask()
    done = _carry_out(pending, _again(remove, number, root, overwrite))
    following = _next_steps(remove, done) if root == Path("/") else []
    if json:
        _print_json(changes, done, [*notes, *following])
    else:
        print("\n".join(following) or "Done." if done else "Nothing to do.")
    return 0


def _check_live_options(words: list[str]) -> None:
    """Reject options that ``cyclorama live`` would reject: a service that fails at login reports to nobody. Raises
    SettingsError, or the parser's usage error."""
    import typer

    from cyclorama.background.spec import parse_background
    from cyclorama.cli.commands.live import live
    from cyclorama.core.errors import SettingsError
    from cyclorama.settings.sources import default_folders, load_settings
    from cyclorama.settings.table import SETTINGS

    parser = typer.Typer(add_completion=False)
    parser.command()(live)
    given = typer.main.get_command(parser).make_context("cyclorama live", list(words)).params
    settings = load_settings(
        {key: value for key, value in given.items() if key in SETTINGS and value != ()},
        config=given["config"] and Path(given["config"]),
        profile=given["profile"],
        environ={},
        folders=default_folders()[1:],  # the service does not start in this terminal's folder
    )
    behind = parse_background(settings.compose.background)
    if behind.path is not None and not behind.path.is_absolute():
        raise SettingsError(f"--background {behind.text}: the service starts in another folder; give the path in full")


def text(changes: list[Change], notes: list[str]) -> str:
    """Every file that will be written, with its contents."""
    lines = []
    for change in changes:
        root = "  (needs root)" if change.pending and not change.permitted() else ""
        lines.append(f"{change.action.value:<8}{change.file.path}{root}")
        if change.action.value in ("write", "replace"):
            contents = f"-> {change.file.text}" if change.file.is_link else change.file.text.rstrip("\n")
            lines += [f"        {line}".rstrip() for line in contents.split("\n")]
    return "\n".join([*lines, *notes, ""])


def _planned(
    live_options: list[str], remove: bool, service: bool, device: int | None, root: Path, overwrite: bool
) -> tuple[list[Change], list[str]]:
    """The changes to make, and notes for the user. Raises SettingsError, SinkError."""
    import platformdirs

    from cyclorama.setup import files, plan
    from cyclorama.setup.machine import other_options, program, under_sudo

    wanted = files.system_files(root, device)
    notes = [f"note: {path} sets options of v4l2loopback too: merge the two" for path in other_options(root)]
    if service and under_sudo():
        notes.append("note: the service is yours and not root's: for it run cyclorama setup without sudo")
    elif service:
        command = files.live_command(program(), device, live_options)
        wanted += files.service_files(root, Path(platformdirs.user_config_dir()).absolute(), command)
    return plan.plan_removal(wanted) if remove else plan.plan_setup(wanted, overwrite=overwrite), notes


def _carry_out(pending: list[Change], again: list[str]) -> list[Change]:
    """Make the changes that this user has the rights for. Raises SinkError with the command for the rest."""
    import shlex

    from cyclorama.core.errors import SinkError
    from cyclorama.setup.plan import carry_out

    permitted = [change for change in pending if change.permitted()]
    for change in permitted:
        carry_out(change)
    rest = [str(change.file.path) for change in pending if change not in permitted]
    if rest:
        raise SinkError(f"no permission for {', '.join(rest)}; the rest is done by: {shlex.join(again)}")
    return permitted


def _again(remove: bool, device: int | None, root: Path, overwrite: bool) -> list[str]:
    """The command line that makes the remaining changes as root."""
    from cyclorama.setup.machine import program

    words = ["sudo", *program(), "setup", "--yes", "--no-service"]
    words += ["--remove"] if remove else []
    words += [] if device is None else ["--device", str(device)]
    words += [] if root == Path("/") else ["--root", str(root)]
    return [*words, "--overwrite"] if overwrite else words


def _next_steps(remove: bool, done: list[Change]) -> list[str]:
    """The commands that apply the changes now, without a restart."""
    from cyclorama.setup.machine import camera_steps

    service = any(change.file.path.suffix == ".service" for change in done)
    camera = any(change.file.path.suffix == ".conf" for change in done)
    if remove:
        steps = ["systemctl --user stop cyclorama; systemctl --user daemon-reload"] if service else []
        steps += ["sudo modprobe -r v4l2loopback"] if camera else []
    else:
        steps = camera_steps() if camera else []
        steps += ["systemctl --user daemon-reload && systemctl --user start cyclorama"] if service else []
    return ["Done. To have it so now, without a restart:", *(f"  {step}" for step in steps)] if steps else []


def _ask() -> None:
    """Ask for confirmation. Raises typer.Abort on no, SettingsError where stdin is no terminal."""
    import sys

    import typer

    from cyclorama.core.errors import SettingsError

    if not sys.stdin.isatty():
        raise SettingsError("there is nobody to ask whether to write these files: give --yes")
    typer.confirm("Do this?", abort=True)


def _device_number(device: str | None) -> int | None:
    from cyclorama.core.errors import SettingsError

    if device is None:
        return None
    number = device.removeprefix("/dev/video")
    if not number.isascii() or not number.isdigit() or int(number) > 255:
        raise SettingsError(f"--device {device!r} is no video device: write a number from 0 to 255, or /dev/videoN")
    return int(number)


def _print_json(changes: list[Change], done: list[Change], notes: list[str]) -> None:
    from cyclorama.cli.report import print_json

    files = [
        {
            "path": str(change.file.path),
            "action": change.action.value,
            "done": change in done,
            "text": change.file.text,
            "link": change.file.is_link,
        }
        for change in changes
    ]
    print_json({"files": files, "notes": [note.strip() for note in notes]})


def _elsewhere(system: System, *, json: bool) -> int:
    """On Windows and macOS: write nothing."""
    from cyclorama.cli.report import print_json
    from cyclorama.core.errors import SinkError
    from cyclorama.setup.other_systems import candidates, registered

    found = [(candidate, registered(candidate, system)) for candidate in candidates(system)]
    if json:
        print_json({"cameras": [{"name": c.name, "registered": here, "how": c.how} for c, here in found]})
    else:
        for candidate, here in found:
            print(f"{candidate.name}: {'registered' if here else f'not registered: {candidate.how}'}")
    return 0 if any(here for _, here in found) else SinkError.exit_code
