"""The help of a command: options by group, examples, and the sources of settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand
from typing_extensions import override

Command = TypeVar("Command", bound=Callable[..., Any])

COLUMN = 30
"""Width of the widest column of option names that the formatter allows. All sections use it, so that they align."""


TYPE = re.compile(r" <[^>]*>$")
"""What the parser writes behind a name, as ``<list[Path]>``: the name and its help say it in words."""
RANGE = re.compile(r"([\d.]+)<=x<=([\d.]+)")


class GroupedCommand(TyperCommand):
    """A command whose help has a section for each group of options."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The parts of the usage line: ``IN... OUT`` where the parser has ``{IN... OUT}...``."""
        return [_usage_piece(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the command's own options, then all other options by group."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
                names, text = record
                plain = TYPE.sub("", names), RANGE.sub(r"\1 to \2", text)
                sections.setdefault(getattr(parameter, "rich_help_panel", None) or usual, []).append(plain)
        width = min(COLUMN, max((len(names) for records in sections.values() for names, _ in records), default=0))
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl([(names.ljust(width), text) for names, text in records])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples and, for commands that read a settings file, the sources of settings."""
        super().format_epilog(ctx, formatter)
        if any(parameter.name == "config" for parameter in self.params):
            write_sources(formatter)


def _usage_piece(piece: str) -> str:
    """Without the parser's braces, and with one mark alone that says that there may be several."""
    once = piece.removesuffix("...") if "..." in piece[:-3] else piece
    return once.replace("{", "").replace("}", "")


class CommandGroup(typer.Typer):
    """Commands under one name, each with help as ``GroupedCommand`` has it; the name alone shows what there is."""

    def __init__(self) -> None:
        super().__init__(invoke_without_command=True)
        self.callback()(help_if_alone)

    @override
    def command(self, name: str | None = None, **more: Any) -> Callable[[Command], Command]:
        """Add a command, as Typer does."""
        return super().command(name, cls=GroupedCommand, **more)


def help_if_alone(context: typer.Context) -> None:
    """Show the help of a group where no command of it is given."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


def write_sources(formatter: Any) -> None:
    """Write the sources of settings, with the real path of the configuration folder."""
    from cyclorama.settings.sources import FILE_NAME, default_folders

    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(
            f"\b\nSettings come from {FILE_NAME} here or in {default_folders()[-1]},\n"
            "then CYCLORAMA_* variables (CYCLORAMA_BACKGROUND=office), then options; the later go over the earlier."
        )
