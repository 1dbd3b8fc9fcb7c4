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
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

from typer import Option

from cyclorama.background.builtin import list_builtin
from cyclorama.settings.kinds import Flag
from cyclorama.settings.sections import OWN_BACKGROUNDS
from cyclorama.settings.setting import Group, Setting
from cyclorama.settings.stills import StillSettings
from cyclorama.settings.table import file_keys, of_command

if TYPE_CHECKING:
    from cyclorama.control.host import SettingsSource
    from cyclorama.settings.values import Settings

S = TypeVar("S", bound=StillSettings)
OverwriteOption = Annotated[bool, Option("--overwrite", help="Replace output files that exist.")]
JsonOption = Annotated[bool, Option("--json", help="Print the result as JSON on stdout.")]
QuietOption = Annotated[bool, Option("--quiet", "-q", help="No status line and no summary.")]
StagesOption = Annotated[bool, Option("--stages", help="Also show how long each step took.")]
PanelOption = Annotated[bool, Option("--panel", help="Open the page that controls it in your browser.")]
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
        """Load the settings of a session or clip. ``more``: options by key that override the given ones. Raises
        SettingsError."""
        from cyclorama.settings.sources import load_settings

        options = {**self.options, **more}
        keys = file_keys(self.command)
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

    def still(self, kind: type[S]) -> S:
        """The settings of a command that makes stills, which read no file. Raises SettingsError."""
        from cyclorama.settings.change import make_still_settings

        values = {key: value for key, value in self.options.items() if value is not None and value != []}
        return make_still_settings(kind, values, attrgetter("option"))


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
    form = bool if isinstance(row.kind, Flag) else list[str] if row.kind.several else str
    option = Option(
        _names(row, command),
        *filter(None, [row.short]),
        metavar=None if form is bool else row.metavar,
        help=row.help_for(command).replace(OWN_BACKGROUNDS, ", ".join(list_builtin())),
        rich_help_panel=row.group.capitalize(),
        autocompletion=(lambda: list(map(str, row.choices))) if row.choices else None,
    )
    return _parameter(row.key, Annotated[form | None, option])


def _names(row: Setting, command: str) -> str:
    """The option, with its opposite for a flag unless the default is off and nothing but the option turns it on."""
    on_only = row.default is False and command in row.option_only
    return f"{row.option}/--no-{row.option[2:]}" if isinstance(row.kind, Flag) and not on_only else row.option


def _parameter(name: str, annotation: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
