"""One setting: what it is called, what it may be, and who takes it.

A setting is written once, as the field of a dataclass in ``values``: ``every: int = setting(0, Whole(0, 60), "...")``.
The name of a field may end in its unit (``size_wh``, ``pan_xy``, ``duration_s``), which its key leaves out.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, TypeVar

from cyclorama.settings.kinds import Kind

T = TypeVar("T")
Group = Literal["capture", "background", "matting", "output", "sound", "encoding"]
"""What settings are about; their order in help and reference."""
PREFIX = "CYCLORAMA_"
"""How the names of all environment variables begin."""
_UNIT = re.compile(r"_(wh|xy|s)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A row of the table."""

    key: str
    """The name in files and in Python: ``light_wrap``."""
    path: str
    """Where its value lies in ``Settings``: ``compose.light_wrap``."""
    kind: Kind
    default: Any
    help: str
    """One sentence, without the default."""
    group: Group
    commands: tuple[str, ...]
    """The commands that have it as an option."""
    live: bool
    """Whether it can change while a session runs."""
    unset: str
    """What holds where the default is None: ``the source's; cameras 30``."""
    short: str
    """The option's short form, as ``-b``; empty without."""
    form: str
    """The form of a value in help where it is not its kind's."""
    command_help: Mapping[str, str] = field(hash=False)
    """Help of its own, by command; with the default."""
    option_only: tuple[str, ...]
    """Commands for which its option alone counts, not a file or a variable."""

    @property
    def option(self) -> str:
        """``--light-wrap``."""
        return "--" + self.key.replace("_", "-")

    @property
    def variable(self) -> str:
        """``CYCLORAMA_LIGHT_WRAP``."""
        return PREFIX + self.key.upper()

    @property
    def choices(self) -> tuple[object, ...]:
        """All values, where they are a few."""
        return self.kind.choices

    @property
    def range(self) -> tuple[float, float] | None:
        """The least and the largest value, of numbers."""
        return self.kind.range

    @property
    def metavar(self) -> str:
        """The form of a value in help."""
        return self.form or self.kind.metavar

    @property
    def default_text(self) -> str:
        """The default as a user writes it, or what holds where there is none."""
        return self.unset or self.kind.text(self.default)

    def help_for(self, command: str) -> str:
        """The option's help, with its default."""
        return self.command_help.get(command) or f"{self.help} [{self.default_text}]"

    def read(self, value: object) -> Any:
        """The typed and checked value of a text, or of what TOML, JSON or Python holds. Raises ValueError."""
        read = None if value is None else self.kind.read(value)
        wrong = self.problem(read)
        if wrong:
            raise ValueError(wrong)
        return read

    def problem(self, value: object) -> str:
        """Why a typed value cannot be used; empty where it can. None is "not set", where that is the default."""
        if value is None and self.default is None:
            return ""
        return self.kind.problem(value)


def setting(
    default: T,
    kind: Kind,
    help: str,
    *,
    group: Group,
    commands: tuple[str, ...],
    live: bool = False,
    unset: str = "",
    short: str = "",
    form: str = "",
    command_help: Mapping[str, str] | None = None,
    option_only: tuple[str, ...] = (),
) -> T:
    """A dataclass field that is a setting; the arguments are those of ``Setting``."""
    row = Setting(
        key="",
        path="",
        kind=kind,
        default=default,
        help=help,
        group=group,
        commands=commands,
        live=live,
        unset=unset,
        short=short,
        form=form,
        command_help=command_help or {},
        option_only=option_only,
    )
    made: T = field(default=default, metadata={Setting: row})
    return made


@cache
def settings_of(section: type) -> tuple[Setting, ...]:
    """The settings among the fields of a dataclass, in their order; paths begin at it."""
    rows: list[Setting] = []
    for item in dataclasses.fields(section):
        row = item.metadata.get(Setting)
        if row is not None:
            rows.append(replace(row, key=_UNIT.sub("", item.name), path=item.name))
        elif isinstance(item.default_factory, type):
            rows += [replace(row, path=f"{item.name}.{row.path}") for row in settings_of(item.default_factory)]
    return tuple(rows)
