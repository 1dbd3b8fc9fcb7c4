"""Generate ``docs/settings.md`` from the table of settings: ``python -m cyclorama.cli.reference docs/settings.md``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from cyclorama.background.builtin import list_builtin
from cyclorama.settings.picture_kinds import NAMED_SIZES
from cyclorama.settings.sections import OWN_BACKGROUNDS
from cyclorama.settings.setting import Group, Setting
from cyclorama.settings.sources import FILE_NAME
from cyclorama.settings.table import SETTINGS, STILLS, of_command

HEAD = f"""# Settings

*Made by `python -m cyclorama.cli.reference docs/settings.md` from the table of settings. Do not edit.*

A setting has three names: `light_wrap` in a file and in Python, `CYCLORAMA_LIGHT_WRAP` in the environment and
`--light-wrap` on the command line. A later source in this list overrides an earlier one:

1. the default;
2. `{FILE_NAME}`: the file given by `--config`, else the one in the current folder, else the one in the user's
   configuration folder (Linux: `~/.config/cyclorama`; macOS: `~/Library/Application Support/cyclorama`;
   Windows: `%LOCALAPPDATA%\\cyclorama`; `cyclorama --help` shows the real path);
3. the table `[profile.NAME]` of that file, if `--profile NAME` is given;
4. the environment;
5. options.

```toml
background = "office"
smooth = 0.6
mirror = true

[profile.work]
background = "bookshelf"
size = "1080p"
```

A flag is `true` or `false` in a file, `yes` or `no` in the environment, `--mirror` or `--no-mirror` as an option. A
size is `WIDTHxHEIGHT` or one of {", ".join(f"`{name}`" for name in NAMED_SIZES)}. *Live* says whether a setting can
change while a session runs. A command in brackets reads the setting only from its option, not from a file or the
environment.
"""
PHOTOS = """## Photos

How the commands for photos make their pictures. These settings come from options alone, or from the arguments of the
[Python functions](api.md), which have the same names with underscores (`--for` is `shop`). No file, profile or variable
changes them: `background = "office"` is meant for calls, and cut-outs stay transparent.
"""


def reference() -> str:
    """The whole page as Markdown."""
    groups = [_section(group) for group in get_args(Group) if group != "photo"]
    return "\n".join([HEAD, *groups, PHOTOS, *map(_still, STILLS)])


def _section(group: Group) -> str:
    rows = [_row(row) for row in SETTINGS.values() if row.group == group]
    head = "| setting | values | default | live | commands | meaning |\n|---|---|---|---|---|---|"
    return "\n".join([f"## {group.capitalize()}\n", head, *rows, ""])


def _still(command: str) -> str:
    rows = [_line([f"`{row.option}`", _values(row), _default(row), row.help]) for row in of_command(command)]
    return "\n".join([f"### {command}\n\n| option | values | default | meaning |\n|---|---|---|---|", *rows, ""])


def _row(row: Setting) -> str:
    commands = (f"({name})" if name in row.option_only else name for name in row.commands)
    live = "yes" if row.live else "no"
    return _line([f"`{row.key}`", _values(row), _default(row), live, ", ".join(commands), _meaning(row)])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(row: Setting) -> str:
    return row.unset or f"`{row.default_text}`"


def _values(row: Setting) -> str:
    if row.choices:
        return ", ".join(f"`{value}`" for value in row.choices)
    forms = [row.metavar] if row.range is None or row.metavar.startswith(f"{row.range[0]:g}..") else []
    return ", ".join(f"`{form}`" for form in forms or [row.metavar, "{:g}..{:g}".format(*row.range or ())])


def _meaning(row: Setting) -> str:
    text = row.help.replace(OWN_BACKGROUNDS, ", ".join(list_builtin()))
    others: dict[str, list[str]] = {}
    for command, said in row.command_help.items():
        others.setdefault(said, []).append(command)
    return " ".join([text, *(f"For {', '.join(commands)}: {said}" for said, commands in others.items())])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
