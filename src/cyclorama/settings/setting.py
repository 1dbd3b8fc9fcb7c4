"""One setting: its name, type, range, default, help and commands.

A setting is defined once, as a dataclass field in ``values``: ``every: int = setting(0, Whole(0, 60), "...")``. A field
name may end in its unit (``size_wh``, ``pan_xy``, ``duration_s``), which the key omits.
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
Group = Literal["photo", "capture", "background", "matting", "output", "sound", "encoding"]
"""Groups of settings, in the order of help; ``photo`` stands last on the reference page."""
PREFIX = "CYCLORAMA_"
"""Prefix of all environment variables."""
_UNIT = re.compile(r"_(wh|xy|s)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A row of the table."""

    key: str
    """The name in settings files and in Python: ``light_wrap``."""
    path: str
    """Path of the value in ``Settings``: ``compose.light_wrap``."""
    kind: Kind
    default: Any
    help: str
    """One sentence, without the default."""
    group: Group
    commands: tuple[str, ...]
    """The commands that offer it as an option."""
    live: bool
    """Whether it can change while a session runs."""
    unset: str
    """What applies if the default is None: ``the source's; cameras 30``."""
    short: str
    """The short option, as ``-b``; empty if there is none."""
    form: str
    """Metavar in help, if not that of its type."""
    command_help: Mapping[str, str] = field(hash=False)
    """Help texts that differ by command; they include the default."""
    option_only: tuple[str, ...]
    """Commands that read it only from the option, not from a file or variable."""
    word: str
    """The option's name, as ``for``; empty if it is the key."""

    @property
    def option(self) -> str:
        """The option: ``--light-wrap``."""
        return "--" + (self.word or self.key).replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable: ``CYCLORAMA_LIGHT_WRAP``."""
        return PREFIX + self.key.upper()

    @property
    def choices(self) -> tuple[object, ...]:
        """All values of an enumeration; empty for other types."""
        return self.kind.choices

    @property
    def range(self) -> tuple[float, float] | None:
        """Minimum and maximum of a number; None for other types."""
        return self.kind.range

    @property
    def metavar(self) -> str:
        """The format of a value in help."""
        return self.form or self.kind.metavar

    @property
    def default_text(self) -> str:
        """The default as a user writes it, or what applies without one."""
        return self.unset or self.kind.text(self.default)

    def help_for(self, command: str) -> str:
        """The option's help for ``command``, with its default."""
        return self.command_help.get(command) or f"{self.help} [{self.default_text}]"

    def read(self, value: object) -> Any:
        """Parse and validate a text, or a value from TOML, JSON or Python. Raises ValueError."""
        read = None if value is None else self.kind.read(value)
        wrong = self.problem(read)
        if wrong:
            raise ValueError(wrong)
        return read

    def problem(self, value: object) -> str:
        """Why a typed value is invalid; empty if it is valid. None means "not set" if it is the default."""
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
    word: str = "",
) -> T:
    """A dataclass field that defines a setting; the arguments are those of ``Setting``."""
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
        word=word,
    )
    made: T = field(default=default, metadata={Setting: row})
    return made


def option(
    default: T,
    kind: Kind,
    help: str,
    *commands: str,
    group: Group = "photo",
    unset: str = "",
    short: str = "",
    form: str = "",
    word: str = "",
) -> T:
    """A dataclass field that defines a setting of ``commands`` that no file and no variable can set."""
    return setting(
        default,
        kind,
        help,
        group=group,
        commands=commands,
        option_only=commands,
        unset=unset,
        short=short,
        form=form,
        word=word,
    )


def settings_of(section: type) -> tuple[Setting, ...]:
    """The settings among the fields of a dataclass, in field order; paths are relative to it."""
    return _rows(section)


@cache
def _rows(section: type) -> tuple[Setting, ...]:
    rows: list[Setting] = []
    for item in dataclasses.fields(section):
        row = item.metadata.get(Setting)
        if row is not None:
            rows.append(replace(row, key=_UNIT.sub("", item.name), path=item.name))
        elif isinstance(item.default_factory, type):
            rows += [replace(row, path=f"{item.name}.{row.path}") for row in settings_of(item.default_factory)]
    return tuple(rows)
