"""``cyclorama setup``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from cyclorama.cli import setup_report
from cyclorama.cli.options import JsonOption

if TYPE_CHECKING:
    from cyclorama.doctor.system import System
    from cyclorama.setup.apply import Outcome
    from cyclorama.setup.other_systems import Candidate
    from cyclorama.setup.steps import Steps, Wanted

EXAMPLES = """\b
Examples:
  cyclorama setup                                       shows every file and command, asks, does it, tries the camera
  cyclorama setup -- --background office --frame auto   what the service gives to `cyclorama live`
  cyclorama setup --no-camera --no-service              the menu entry alone: needs no root
  cyclorama setup --no-service --device 10 --yes        the virtual camera as /dev/video10, and the menu entry
  cyclorama setup --remove                              takes away what it wrote

Linux: the virtual camera, now and at every start of the system, `cyclorama live` at every login, `cyclorama panel` in
the menu of programs. Where PipeWire takes a camera, the kernel module v4l2loopback is installed with --module or
--device alone; where it does not, the system's package is installed, by sudo, and the module loaded. Then a picture is
written to each virtual camera and read back, as a call does. Windows, macOS: `cyclorama panel` in the Start menu or
your folder of applications; says which virtual cameras are registered, and how to register one.
"""


def setup(
    live_options: Annotated[
        list[str] | None,
        Argument(
            metavar="-- LIVE OPTIONS",
            help="For `cyclorama live` in the service; give paths in full.",
            show_default=False,
        ),
    ] = None,
    remove: Annotated[bool, Option("--remove", help="Take away what setup wrote; packages stay.")] = False,
    camera: Annotated[bool, Option("--camera/--no-camera", help="The virtual camera, and at every start.")] = True,
    module: Annotated[
        bool, Option("--module", help="Linux: v4l2loopback too where PipeWire takes a camera: more programs see it.")
    ] = False,
    service: Annotated[bool, Option("--service/--no-service", help="Start `cyclorama live` at login. Linux.")] = True,
    menu: Annotated[bool, Option("--menu/--no-menu", help="`cyclorama panel` in the menu of programs.")] = True,
    device: Annotated[
        str | None, Option("--device", metavar="N", help="The virtual camera as /dev/videoN. [the first free]")
    ] = None,
    root: Annotated[
        Path | None,
        Option("--root", metavar="DIR", help="Only write files, below this folder: for packages and images."),
    ] = None,
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask.")] = False,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace files that setup did not write.")] = False,
    json: JsonOption = False,
) -> int:
    """Set up the virtual camera and a menu entry for good, after showing every file and every command. With --json but
    not --yes nothing is done."""
    from cyclorama import __version__
    from cyclorama.core.errors import SinkError
    from cyclorama.doctor.system import System
    from cyclorama.setup.steps import Wanted, plan_steps

    system = System()
    wanted = Wanted(camera, module, service, menu, remove, _device_number(device), root, overwrite)
    if live_options and service and not remove and system.is_linux:
        _check_live_options(live_options)
    steps = plan_steps(wanted, system, live_options or [], __version__)
    found = _candidates(system) if camera and not remove and not system.is_linux else {}
    if not json:
        if begins := setup_report.introduction(steps, wanted):
            print(f"{begins}\n")
        print(setup_report.text(steps, found))
    outcome = _done(steps, wanted, system, asks=not yes, rehearses=json and not yes)
    following = setup_report.next_steps(steps, outcome, wanted) if root is None else []
    if json:
        setup_report.print_setup(steps, outcome, following, found)
    else:
        print("\n".join(following) or ("Done." if outcome.done else "Nothing to do."))
    if outcome.rest:
        raise SinkError(outcome.rest)
    return _exit_code(steps, found, outcome, wanted)


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


def _done(steps: Steps, wanted: Wanted, system: System, *, asks: bool, rehearses: bool) -> Outcome:
    """Do it, after asking, and look at the cameras. Raises SinkError, SettingsError, typer.Abort."""
    from cyclorama.setup.apply import Outcome, apply, check

    if rehearses:
        return Outcome()
    if steps.pending and asks:
        _ask()
    outcome = apply(steps)
    if wanted.root is None and not wanted.remove:
        check(steps, wanted, system, outcome)
    return outcome


def _ask() -> None:
    """Ask for confirmation. Raises typer.Abort on no, SettingsError where stdin is no terminal."""
    import sys

    import typer

    from cyclorama.core.errors import SettingsError

    if not sys.stdin.isatty():
        raise SettingsError("there is nobody to ask whether to do this: give --yes")
    typer.confirm("Do this?", abort=True)


def _device_number(device: str | None) -> int | None:
    from cyclorama.core.errors import SettingsError

    if device is None:
        return None
    number = device.removeprefix("/dev/video")
    if not number.isascii() or not number.isdigit() or int(number) > 255:
        raise SettingsError(f"--device {device!r} is no video device: write a number from 0 to 255, or /dev/videoN")
    return int(number)


def _candidates(system: System) -> dict[Candidate, bool]:
    """Windows and macOS: the virtual cameras of other programs, and whether they are registered."""
    from cyclorama.setup.other_systems import candidates, registered

    return {candidate: registered(candidate, system) for candidate in candidates(system)}


def _exit_code(steps: Steps, found: dict[Candidate, bool], outcome: Outcome, wanted: Wanted) -> int:
    """That of a missing virtual camera where there could be one, and none works."""
    from cyclorama.core.errors import SinkError

    works = [checked.works for checked in outcome.checked] or list(found.values())
    if outcome.failed or outcome.trouble:  # PipeWire's camera, the last, does as well where nobody asks for the other
        good = bool(steps.cameras.pipewire) and works[-1] and not wanted.needs_module
    else:
        good = any(works) or not works
    return 0 if good else SinkError.exit_code
