"""Options derived from the table of settings, and a few options that commands share.

Values stay text here: ``settings.sources`` parses options, variables and files with the same functions, so all three
have the same formats and error messages.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

from typer import Option

from cyclorama.background.builtin import list_builtin
from cyclorama.settings.kinds import Flag, Texts
from cyclorama.settings.sections import OWN_BACKGROUNDS
from cyclorama.settings.setting import Group, Setting
from cyclorama.settings.table import file_keys, of_command

if TYPE_CHECKING:
    from cyclorama.control.host import SettingsSource
    from cyclorama.settings.values import Settings

OverwriteOption = Annotated[bool, Option("--overwrite", help="Replace output files that exist.")]
JsonOption = Annotated[bool, Option("--json", help="Print the result as JSON on stdout.")]
QuietOption = Annotated[bool, Option("--quiet", "-q", help="No status line and no summary.")]
ProfileOption = Annotated[
    str | None, Option("--profile", metavar="NAME", help="Settings of [profile.NAME] in cyclorama.toml.")
]
ConfigOption = Annotated[
    Path | None, Option("--config", metavar="FILE", help="This settings file instead of cyclorama.toml.")
]


@dataclass(frozen=True, slots=True)
class GivenSettings:
    """The settings given on a command line. ``options``: by key, None = not given. ``config``, ``profile``: the
    settings file and its table."""

    command: str
    options: Mapping[str, Any]
    profile: str | None = None
    config: Path | None = None

    def load(self, *, overwrite: bool = False, **more: Any) -> Settings:
        """Load the command's settings. ``more``: options by key that override the given ones. Raises SettingsError."""
        from cyclorama.settings.sources import load_settings

        options = {**self.options, **more}
        keys = file_keys(self.command)
        if not keys:
            return load_settings(options, overwrite=overwrite, environ={}, folders=())
        return load_settings(options, config=self.config, profile=self.profile, overwrite=overwrite, only=keys)

    def source(self, loaded: Settings, *, overwrite: bool = False) -> SettingsSource:
        """For reading the settings again when their file is saved. ``loaded``: what ``load`` gave."""
        from cyclorama.control.host import SettingsSource
        from cyclorama.settings.sources import read_profiles, settings_file

        return SettingsSource(
            loaded,
            lambda: settings_file(self.config),
            lambda: self.load(overwrite=overwrite),
            lambda: read_profiles(self.config),
        )


def takes_settings(command: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Decorate a command with the options of its settings; it receives them as ``given``, a GivenSettings."""
    rows = sorted(of_command(command), key=lambda row: get_args(Group).index(row.group))
    added = [setting_parameter(row, command) for row in rows]
    if file_keys(command):
        added += [_parameter("profile", ProfileOption), _parameter("config", ConfigOption)]

    def decorate(run: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(run)
        def with_given(**values: Any) -> int:
            options = {row.key: values.pop(row.key) for row in rows}
            sources = {name: values.pop(name) for name in ("profile", "config") if name in values}
            return run(given=GivenSettings(command, options, **sources), **values)

        own = inspect.signature(run, eval_str=True)
        parameters = [item for item in own.parameters.values() if item.name != "given"] + added
        with_given.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        with_given.__annotations__ = {item.name: item.annotation for item in parameters}
        return with_given

    return decorate


def setting_parameter(row: Setting, command: str) -> Parameter:
    """The option of a setting as a parameter for typer; its default None means not given."""
    names = [f"{row.option}/--no-{row.option[2:]}"] if isinstance(row.kind, Flag) else [row.option]
    form = bool if isinstance(row.kind, Flag) else list[str] if isinstance(row.kind, Texts) else str
    option = Option(
        *names,
        *filter(None, [row.short]),
        metavar=None if form is bool else row.metavar,
        help=row.help_for(command).replace(OWN_BACKGROUNDS, ", ".join(list_builtin())),
        rich_help_panel=row.group.capitalize(),
    )
    return _parameter(row.key, Annotated[form | None, option])


def _parameter(name: str, annotation: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
