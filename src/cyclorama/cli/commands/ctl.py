"""``cyclorama ctl``: one command for each verb of the control table."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from inspect import Parameter as Signed
from typing import Annotated, Any

from typer import Argument, Option

from cyclorama.cli.help import CommandGroup
from cyclorama.cli.options import JsonOption
from cyclorama.control.verbs import VERBS, Parameter, Verb
from cyclorama.core.errors import SettingsError
from cyclorama.files.names import user_path

HELP = "Change a session that runs (live or record), from another terminal, a hotkey or a script."
EXAMPLES = """\b
Examples:
  cyclorama ctl background office              or next, previous, a picture, a clip, color:navy
  cyclorama ctl away                           away, and again: back
  cyclorama ctl record talk.mp4                and `cyclorama ctl record stop`
  cyclorama ctl set light-wrap 0.5             any setting that can change while it runs (docs/settings.md)
  cyclorama ctl status --json                  for scripts; watch --json: a line of it twice a second

\b
Hotkeys (where the command is not found, give its full path: `which cyclorama`, on Windows `where cyclorama`):
  GNOME        Settings > Keyboard > View and Customize Shortcuts > Custom Shortcuts > Add Shortcut
                 Command: cyclorama ctl away
  KDE          System Settings > Keyboard > Shortcuts > Add New > Command or Script
                 Command: cyclorama ctl background next
  sxhkd        two lines in ~/.config/sxhkd/sxhkdrc
                 super + b
                     cyclorama ctl background next
  AutoHotkey 2 a line in a script; # is the Windows key
                 #b::Run "cyclorama ctl background next",, "Hide"
  macOS        Shortcuts > + > Run Shell Script, with the full path; then (i) > Details > Add Keyboard Shortcut
                 /full/path/to/cyclorama ctl mirror
  Stream Deck  System > Open, on a script that holds the line
                 cyclorama ctl record

Exit code 2: no session runs, or the value cannot be used.
"""
SessionOption = Annotated[
    str | None, Option("--session", metavar="NAME", help="Which one, if several run: live, live-2, record.")
]


app = CommandGroup()


def run_verb(verb: Verb, given: list[str], session: str | None, *, json: bool) -> int:
    """Give one command to the session, and print its answer."""
    from cyclorama.cli.report import print_json
    from cyclorama.control.client import ControlClient, find_session

    arguments = [_sent(parameter, text) for parameter, text in zip(verb.parameters, given, strict=False)]
    with ControlClient(find_session(session)) as client:
        answer = client.ask(verb.name, arguments)
    if json:
        print_json(answer)
    else:
        print(answer_text(verb.name, answer))
    return 0


def watch(session: SessionOption = None, json: JsonOption = False) -> int:
    """Print the state twice a second, until the session ends."""
    import json as notation

    from cyclorama.cli.interrupt import interruptible
    from cyclorama.control.client import ControlClient, find_session

    with interruptible() as interrupt, ControlClient(find_session(session)) as client:
        for state in client.watch():
            if interrupt.stop.is_set():
                break
            print(notation.dumps(state) if json else status_line(state), flush=True)
    return 0


def answer_text(verb: str, answer: dict[str, Any]) -> str:
    """The answer to a command, for people."""
    if verb != "status":
        pairs = {key: value for key, value in answer.items() if value is not None}
        return "\n".join(f"{key.replace('_', ' ')}: {_plain(value)}" for key, value in pairs.items()) or "as it was"
    from cyclorama.cli.report import facts

    settings = {key: _plain(value) for key, value in answer["settings"].items()}
    room = f"the empty room: {_room_line(answer['status']['room'])}"
    return f"{answer['name']}: {status_line(answer)}\n{room}\n\n{facts(settings)}"


def status_line(state: dict[str, Any]) -> str:
    """The state in one line."""
    now = state["status"]
    parts = [state["words"], f"{now['fps']:.1f} fps", f"{now['cpu_cores'] * 100:.0f} % CPU"]
    parts.append(f"{now['model']} on {now['provider']}")
    if (recording := now["recording"]) is not None:
        word = "recorded" if recording["ended"] else "paused" if recording["paused"] else "rec"
        parts.append(f"{word} {recording['seconds']:.0f} s {recording['target']}")
    return " | ".join(parts)


def _room_line(room: dict[str, Any]) -> str:
    """What is known of the empty room, in one line."""
    return f"{room['words']} ({room['refused']})" if room["refused"] else str(room["words"])


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _sent(parameter: Parameter, text: str) -> str:
    """``text`` as it is sent: file names absolute, because the session may run in another folder."""
    if parameter.file == "never" or text in parameter.words:
        return text
    path = user_path(text)
    is_file = parameter.file == "always" or (path.suffix != "" and os.path.isfile(path))  # noqa: PTH113 never raises
    try:
        return str(path.absolute()) if is_file else text
    except OSError as error:
        raise SettingsError(f"{text} cannot be found from here: this folder was deleted; give its full path") from error


def _command(verb: Verb) -> Callable[..., int]:
    """The typer command of a verb."""
    keys = [f"argument_{number}" for number in range(len(verb.parameters))]

    def run(session: str | None, json: bool, **given: str | None) -> int:
        return run_verb(verb, [text for key in keys if (text := given[key]) is not None], session, json=json)

    arguments = [
        Signed(key, Signed.KEYWORD_ONLY, default=... if p.required else None, annotation=_annotation(p))
        for key, p in zip(keys, verb.parameters, strict=True)
    ]
    options = [
        Signed("session", Signed.KEYWORD_ONLY, default=None, annotation=SessionOption),
        Signed("json", Signed.KEYWORD_ONLY, default=False, annotation=JsonOption),
    ]
    run.__signature__ = inspect.Signature([*arguments, *options])  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in (*arguments, *options)}
    return run


def _annotation(parameter: Parameter) -> Any:
    argument = Argument(metavar=parameter.name, help=parameter.help or None, show_default=False)
    return Annotated[str if parameter.required else str | None, argument]


for _verb in VERBS.values():
    # a negative number is no option
    _settings = {"ignore_unknown_options": True}
    app.command(_verb.name, help=_verb.help, context_settings=_settings)(_command(_verb))
app.command("watch")(watch)
