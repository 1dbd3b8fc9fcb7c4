"""``cyclorama record``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from cyclorama.cli.commands.live import stages_text, trouble_lines
from cyclorama.cli.errors import INTERRUPTED
from cyclorama.cli.options import (
    GivenSettings,
    JsonOption,
    OverwriteOption,
    PanelOption,
    QuietOption,
    StagesOption,
    takes_settings,
)
from cyclorama.cli.report import as_typed, duration, made, network_text, print_json, shown, shows_stages
from cyclorama.files.names import user_path

if TYPE_CHECKING:
    from cyclorama.pipeline.runtime.metrics import Snapshot

EXAMPLES = """\b
Examples:
  cyclorama record talk.mp4                             first camera, first microphone, after 3, 2, 1
  cyclorama record talk.mp4 --background office --preview
  cyclorama record cut.webm --background transparent    for an editor or a web page
  cyclorama record talk.mp4 --mic "usb" --countdown 10 --duration 60
  cyclorama record talk.mp4 --source demo --mic demo    no camera and no microphone needed

p or space pauses and goes on, q or Enter stops; without a terminal, the signal USR2 (`pkill -USR2 cyclorama`) pauses
and goes on. Ctrl-C or a closed terminal stops too, with exit code 130. Whatever happens, what was recorded plays:
where the program was killed, it is in NAME.part.EXT. `cyclorama devices` lists cameras and microphones.
"""


@takes_settings("record")
def record(
    given: GivenSettings,
    target: Annotated[
        Path,
        Argument(metavar="OUT", help="The clip: .mp4, .mov, .mkv, .webm or (silent) .gif.", show_default=False),
    ],
    countdown: Annotated[
        float, Option("--countdown", metavar="SECONDS", min=0, max=3600, help="Time to sit up.", show_default=True)
    ] = 3.0,
    preview: Annotated[bool, Option("--preview", help="Show what is recorded in a window.")] = False,
    panel: PanelOption = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    stages: StagesOption = False,
) -> int:
    """Record yourself: camera and microphone in, a clip with another background out."""
    from cyclorama.cli.commands.panel import page_beside
    from cyclorama.cli.interrupt import interruptible, on_signal
    from cyclorama.cli.keys import has_keys, on_keys
    from cyclorama.cli.status import StatusLine
    from cyclorama.control.host import Host
    from cyclorama.pipeline.jobs.record import run_record
    from cyclorama.pipeline.runtime.recording import Director

    settings = given.load(overwrite=overwrite)
    director = Director(countdown_s=countdown, duration_s=settings.duration_s)
    status = StatusLine()
    source = given.source(settings, overwrite=overwrite)
    before = time_of(target)

    def ready(now: Snapshot) -> None:
        if not quiet:
            status.say(opening_text(now, str(target), settings.compose.background, keys=has_keys()))

    def update(now: Snapshot) -> None:
        if not quiet:
            status.update(now, host.words(now))

    with (
        interruptible() as interrupt,
        on_signal("SIGUSR2", director.toggle),
        Host("record", director.finish, stopping_keys="q\r\n", source=source, tell=status.say) as host,
        on_keys(host.press),
        page_beside(host, given, settings, wanted=panel, tell=status.say),
    ):
        try:
            end = run_record(
                settings,
                target,
                director,
                preview=preview,
                stop=interrupt.stop,
                on_status=update,
                on_ready=ready,
                on_running=host.begin,
                on_key=host.press,
            )
        finally:
            status.close()
    if json:
        print_json(end)
    elif not quiet:
        print(closing_text(end, target, before, stages=shows_stages(stages)))
    return INTERRUPTED if interrupt.happened else 0


def opening_text(now: Snapshot, target: str, background: str, *, keys: bool) -> str:
    """The devices and settings of the recording, and how to stop it."""
    sound = now.recording.microphone if now.recording is not None else None
    how = "p pauses, q stops" if keys else "the signal USR2 pauses, Ctrl-C stops"
    return (
        f"record: {now.capture_mode} and {f'the microphone {sound}' if sound else 'no sound'} to {target}, "
        f"background {background}, network {now.model} on {now.provider}; {now.note}{how}"
    )


def time_of(target: Path) -> int | None:
    """Modification time of the file in nanoseconds; None if there is no file."""
    try:
        return user_path(target).stat().st_mtime_ns
    except OSError:
        return None


def closing_text(end: Snapshot, target: Path, before: int | None = None, *, stages: bool = False) -> str:
    """The result of the recording. ``before``: ``time_of`` an older file at ``target``, which is kept if no frame
    came. ``stages``: with the times of its steps."""
    if end.recording is None or not end.recording.seconds or time_of(target) in (None, before):
        return "Nothing was recorded, and no file was written."
    size = user_path(target).stat().st_size / 1e6
    sound = f"sound from {end.recording.microphone}" if end.recording.microphone else "no sound"
    summary = made(
        f"{shown(target)} is recorded: {duration(end.recording.seconds)} at {end.fps:.0f} frames a second, {sound}, "
        f"{size:.1f} MB.",
        *trouble_lines(end),
        network_text(end.model, end.provider),
        following=f"cyclorama headshot {as_typed(target)} makes a portrait of its best moment",
    )
    return f"{summary}\n\n{stages_text(end)}" if stages else summary
