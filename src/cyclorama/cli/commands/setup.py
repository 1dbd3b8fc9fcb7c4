"""``cyclorama setup``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from cyclorama.cli.options import JsonOption

if TYPE_CHECKING:
    from cyclorama.doctor.system import System
    from cyclorama.setup.files import SetupFile
    from cyclorama.setup.other_systems import Candidate
    from cyclorama.setup.plan import Change

EXAMPLES = """\b
Examples:
  cyclorama setup                                       shows every file, asks, writes
  cyclorama setup -- --background office --frame auto   what the service gives to `cyclorama live`
  cyclorama setup --no-camera --no-service              the menu entry alone: needs no root
  cyclorama setup --no-service --device 10 --yes        the virtual camera as /dev/video10, and the menu entry
  cyclorama setup --remove                              takes away what it wrote

Linux: the virtual camera at every start of the system, `cyclorama live` at every login, `cyclorama panel` in the menu
of programs. Windows, macOS: `cyclorama panel` in the Start menu or your folder of applications; says which virtual
cameras are registered, and how to register one.
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be set up or removed."""

    camera: bool
    service: bool
    menu: bool
    remove: bool
    device: int | None
    root: Path
    overwrite: bool


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
    camera: Annotated[bool, Option("--camera/--no-camera", help="The virtual camera at every start.")] = True,
    service: Annotated[bool, Option("--service/--no-service", help="Start `cyclorama live` at login. Linux.")] = True,
    menu: Annotated[bool, Option("--menu/--no-menu", help="`cyclorama panel` in the menu of programs.")] = True,
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
    """Set up the virtual camera and a menu entry for good, after showing every file. With --json but not --yes nothing
    is written."""
    from cyclorama.doctor.system import System

    system = System()
    wanted = Wanted(camera, service, menu, remove, _device_number(device), root.absolute(), overwrite)
    if live_options and service and not remove and system.is_linux:
        _check_live_options(live_options)
    changes, notes = _planned(wanted, system, live_options or [])
    found = _candidates(system) if camera and not remove and not system.is_linux else {}
    if not json:
        print(text(changes, [*_camera_lines(found), *notes]))
    done = _confirmed(changes, wanted, asks=not yes, rehearses=json and not yes)
    following = _next_steps(remove, done) if root == Path("/") else []
    if json:
        _print_json(changes, done, [*notes, *following], found)
    else:
        print("\n".join(following) or "Done." if done else "Nothing to do.")
    return _exit_code(found)


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


def _planned(wanted: Wanted, system: System, live_options: list[str]) -> tuple[list[Change], list[str]]:
    """The changes to make, and notes for the user. Raises SettingsError, SinkError."""
    from cyclorama import __version__
    from cyclorama.setup import plan
    from cyclorama.setup.machine import under_sudo
    from cyclorama.setup.menu import menu_files

    files, notes = _camera_files(wanted) if wanted.camera and system.is_linux else ([], [])
    service = wanted.service and system.is_linux
    if (service or wanted.menu) and under_sudo():
        notes.append("note: service and menu entry are yours and not root's: for them run cyclorama setup without sudo")
    else:
        files += _service_files(wanted, live_options) if service else []
        files += menu_files(system.platform, wanted.root, __version__) if wanted.menu else []
    return plan.plan_removal(files) if wanted.remove else plan.plan_setup(files, overwrite=wanted.overwrite), notes


def _camera_files(wanted: Wanted) -> tuple[list[SetupFile], list[str]]:
    """The files of the virtual camera, and notes on other files."""
    from cyclorama.setup.files import system_files
    from cyclorama.setup.machine import other_options

    notes = [f"note: {path} sets options of v4l2loopback too: merge the two" for path in other_options(wanted.root)]
    return system_files(wanted.root, wanted.device), notes


def _service_files(wanted: Wanted, live_options: list[str]) -> list[SetupFile]:
    """The files of the service. Raises SettingsError."""
    import platformdirs

    from cyclorama.setup.files import live_command, service_files
    from cyclorama.setup.machine import program

    command = live_command(program(), wanted.device, live_options)
    return service_files(wanted.root, Path(platformdirs.user_config_dir()).absolute(), command)


def _confirmed(changes: list[Change], wanted: Wanted, *, asks: bool, rehearses: bool) -> list[Change]:
    """Make the changes, after asking; returns those that were made. Raises SinkError, SettingsError, typer.Abort."""
    pending = [change for change in changes if change.pending]
    if not pending or rehearses:
        return []
    if asks:
        _ask()
    return _carry_out(pending, _again(wanted))


def _carry_out(pending: list[Change], again: list[str]) -> list[Change]:
    """Make the changes that this user has the rights for. Raises SinkError with the command for the rest."""
    import shlex

    from cyclorama.core.errors import SinkError
    from cyclorama.setup.desktop_entry import refresh_icons
    from cyclorama.setup.plan import carry_out

    permitted = [change for change in pending if change.permitted()]
    for change in permitted:
        carry_out(change)
    refresh_icons(change.file.path for change in permitted)
    rest = [str(change.file.path) for change in pending if change not in permitted]
    if rest:
        raise SinkError(f"no permission for {', '.join(rest)}; the rest is done by: {shlex.join(again)}")
    return permitted


def _again(wanted: Wanted) -> list[str]:
    """The command line that makes the remaining changes as root."""
    from cyclorama.setup.machine import program

    words = ["sudo", *program(), "setup", "--yes", "--no-service", "--no-menu"]
    words += ["--remove"] if wanted.remove else []
    words += [] if wanted.device is None else ["--device", str(wanted.device)]
    words += [] if wanted.root == Path("/") else ["--root", str(wanted.root)]
    return [*words, "--overwrite"] if wanted.overwrite else words


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


def _print_json(changes: list[Change], done: list[Change], notes: list[str], found: dict[Candidate, bool]) -> None:
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
    cameras = [{"name": c.name, "registered": here, "how": c.how} for c, here in found.items()]
    print_json({"files": files, "cameras": cameras, "notes": [note.strip() for note in notes]})


def _candidates(system: System) -> dict[Candidate, bool]:
    """Windows and macOS: the virtual cameras of other programs, and whether they are registered."""
    from cyclorama.setup.other_systems import candidates, registered

    return {candidate: registered(candidate, system) for candidate in candidates(system)}


def _camera_lines(found: dict[Candidate, bool]) -> list[str]:
    return [f"{c.name}: {'registered' if here else f'not registered: {c.how}'}" for c, here in found.items()]


def _exit_code(found: dict[Candidate, bool]) -> int:
    """That of a missing virtual camera where there are candidates and none is registered."""
    from cyclorama.core.errors import SinkError

    return SinkError.exit_code if found and not any(found.values()) else 0
