"""The ``cyclorama`` command line. Each command imports its work when it is called, so that ``--help`` stays fast."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cyclorama import __version__
from cyclorama.cli.commands import (
    backgrounds,
    bench,
    convert,
    ctl,
    cutout,
    demo,
    devices,
    doctor,
    headshot,
    id_photo,
    live,
    models,
    panel,
    product,
    record,
    setup,
)
from cyclorama.cli.errors import BROKEN_PIPE, INTERRUPTED, USAGE, complain, report, report_output, usage_text
from cyclorama.cli.help import GroupedCommand, help_if_alone, write_sources
from cyclorama.cli.signals import ignore_all, protected
from cyclorama.cli.streams import OutputError, hush_libraries, prepare_streams, reader_left
from cyclorama.core.errors import SettingsError
from cyclorama.core.suggest import did_you_mean

DEBUG = "--debug"
USAGE_ERRORS: Any = typer.BadParameter.__mro__[1]
"""The base class of the parser's usage errors. Newer versions of typer vendor click, so take the class from typer."""


HELP = """A virtual background for any webcam: private, offline, free.

\b
Start here:
  cyclorama demo        see it work: no camera needed
  cyclorama doctor      is this machine ready for a call? what to fix if not
  cyclorama panel       all of it on a page in your browser: calls, clips, photos
  cyclorama live        run it: pick the virtual camera in Zoom, Teams, Meet, OBS or a browser

`cyclorama COMMAND --help` shows each command's options and examples.
"""
EPILOG = """\b
Exit codes: 0 done, 2 usage or settings, 3 camera, clip or photo, 4 network, 5 virtual camera or file,
  6 made, but it breaks a rule that it was checked against, 130 interrupted.
"""


class Commands(TyperGroup):
    """Suggests the nearest command name for an unknown one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Resolve the command named in ``args``. Raises SettingsError for an unknown name."""
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            raise SettingsError(
                f"there is no command {name!r}: {did_you_mean(name, known)} ({ctx.command_path} --help)"
            )
        return super().resolve_command(ctx, args)


class Program(Commands):
    """The root command group. Its help adds the exit codes and the sources of settings."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the exit codes and the sources of settings."""
        super().format_epilog(ctx, formatter)
        write_sources(formatter)


app = typer.Typer(
    cls=Program,
    help=HELP,
    epilog=EPILOG,
    invoke_without_command=True,
    add_completion=True,  # --install-completion, --show-completion
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich is not imported, and examples keep their line breaks
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 110},
)
for module, summary in (
    (live, "A call: camera in, virtual camera out."),
    (panel, "All of it on a page in your browser."),
    (record, "Yourself to a clip, with sound."),
    (convert, "A clip with another background."),
    (cutout, "Photos without their background, at full size."),
    (headshot, "A portrait for a profile: framed, in a studio."),
    (id_photo, "A photo for a passport or visa, checked unofficially."),
    (product, "A shop's picture: on pure white, checked."),
    (demo, "See it work: no camera, no network."),
    (bench, "Measure this machine, stage by stage."),
    (backgrounds, "List backgrounds, and show them in one picture."),
    (devices, "List cameras and virtual cameras."),
    (doctor, "Ready for a call? What to fix if not."),
    (setup, "For good: virtual camera, live at login, menu entry."),
):
    name = module.__name__.rpartition(".")[2]
    app.command(name.replace("_", "-"), cls=GroupedCommand, epilog=module.EXAMPLES, short_help=summary)(
        getattr(module, name)
    )
for group, summary in ((ctl, "Change a running session."), (models, "Other networks: list, compare, pull, import.")):
    name = group.__name__.rpartition(".")[2]
    app.add_typer(group.app, name=name, cls=Commands, help=group.HELP, epilog=group.EXAMPLES, short_help=summary)


@app.callback(help=HELP)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[
        bool, typer.Option(DEBUG, help="Tracebacks and log messages; anywhere on the line, or CYCLORAMA_DEBUG=1.")
    ] = False,
) -> None:
    """Handle calls without a command: ``--version`` or help."""
    if version:
        print(f"cyclorama {__version__}")
        raise typer.Exit
    help_if_alone(context)


def main() -> None:
    """Run the command line of this process and exit with its code. Called by ``cli.main``."""
    prepare_streams()
    arguments = sys.argv[1:]
    debug = DEBUG in arguments or os.environ.get("CYCLORAMA_DEBUG", "0") not in ("", "0")
    if not debug:
        hush_libraries()
    start = "\r\x1b[K" if sys.stderr.isatty() else ""  # overwrite the status line
    logging.basicConfig(
        format="%(relativeCreated)d %(threadName)s %(name)s: %(message)s"
        if debug
        else f"{start}cyclorama: %(message)s",
        level=logging.DEBUG if debug else logging.WARNING,
    )
    code = run(arguments, debug=debug)
    try:
        sys.stdout.flush()
    except OSError as error:
        reader_left()
        code = code or report_output(error)
    ignore_all()
    raise SystemExit(code)


def run(arguments: Sequence[str], *, debug: bool = False) -> int:
    """Run one command line and return its exit code. Every error is printed as one line on stderr."""
    try:
        if "" in arguments:  # it would be the current folder
            raise SettingsError("an empty name is given: is a variable of your shell not set?")
        code = app([word for word in arguments if word != DEBUG], standalone_mode=False, prog_name="cyclorama")
        return code if isinstance(code, int) else 0
    except SystemExit as left:  # the parser exits like this on a closed pipe
        return left.code if isinstance(left.code, int) else BROKEN_PIPE
    except USAGE_ERRORS as error:
        where = error.ctx.command_path if error.ctx is not None else _command_path(arguments)
        message = usage_text(error.format_message().replace("Value error, ", "").rstrip("."))
        complain(f"{message} ({where} --help)")
        return USAGE
    except (typer.Abort, KeyboardInterrupt):  # the parser turns KeyboardInterrupt into Abort
        return INTERRUPTED
    except OutputError as error:
        return report_output(error)
    except Exception as error:
        return report(error, debug=debug)


def _command_path(arguments: Sequence[str]) -> str:
    """The command that ``arguments`` names, for example ``cyclorama models info``. Needed because the parser's error
    for an option without its value does not name the command."""
    path = ["cyclorama"]
    command: Any = typer.main.get_command(app)
    for word in arguments:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        path.append(word)
    return " ".join(path)


if __name__ == "__main__":
    protected(main)
