"""``cyclorama live``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclorama.cli.errors import INTERRUPTED
from cyclorama.cli.options import GivenSettings, JsonOption, OverwriteOption, PanelOption, QuietOption, takes_settings

if TYPE_CHECKING:
    from cyclorama.pipeline.runtime.metrics import Snapshot

EXAMPLES = """\b
Examples:
  cyclorama live                                     first camera, blurred, to the virtual camera
  cyclorama live --background office --mirror        one of our own pictures, as in a mirror
  cyclorama live --source demo --to preview          no camera needed: look at a window
  cyclorama live --to camera --to call.mp4           a call, and a recording of it, without sound
  cyclorama live --to camera --to call.mp4 --audio   the same with the microphone
  cyclorama live --frame auto --away back-soon.png   kept in the picture; `pkill -USR1 cyclorama` when you leave
  cyclorama live --source rtsp://10.0.0.5/cam --size 720p --profile work

Ctrl-C or a closed terminal stops; a second Ctrl-C stops at once. The signal USR2 pauses a recording, and goes on with
it.
"""


@takes_settings("live")
def live(
    given: GivenSettings,
    panel: PanelOption = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> int:
    """Run a call: camera in, virtual camera out, with another background."""
    from cyclorama.cli.commands.panel import page_beside
    from cyclorama.cli.interrupt import interruptible, on_signal, switched_by_signal
    from cyclorama.cli.keys import has_keys, on_keys
    from cyclorama.cli.offer import offer_finer_network
    from cyclorama.cli.report import print_json
    from cyclorama.cli.status import StatusLine
    from cyclorama.control.host import Host
    from cyclorama.pipeline.jobs.live import run_live

    settings = given.load(overwrite=overwrite)
    if not (json or quiet):
        offer_finer_network("live")
    status = StatusLine()

    def ready(now: Snapshot) -> None:
        if not quiet:
            status.say(opening_text(now, settings.compose.background, keys=has_keys()))

    def update(now: Snapshot) -> None:
        if not quiet:
            status.update(now)

    with (
        interruptible() as interrupt,
        switched_by_signal() as gone,
        Host("live", interrupt.stop.set, source=given.source(settings, overwrite=overwrite), tell=status.say) as host,
        on_signal("SIGUSR2", host.toggle),
        on_keys(host.press),
        page_beside(host, given, settings, wanted=panel, tell=status.say),
    ):
        try:
            end = run_live(
                settings,
                stop=interrupt.stop,
                away=gone,
                on_status=update,
                on_ready=ready,
                on_running=host.begin,
                on_key=host.press,
                tell=status.say,
            )
        finally:
            status.close()
    if json:
        print_json(end)
    elif not quiet:
        print(closing_text(end))
    return INTERRUPTED if interrupt.happened else 0


def opening_text(now: Snapshot, background: str, *, keys: bool = False) -> str:
    """The negotiated source, network, background and outputs."""
    return (
        f"live: {now.capture_mode} -> {', '.join(now.sinks) or 'preview'}, background {background}, "
        f"{now.model} on {now.provider}, {now.precision}; {_demand_text(now)}{_sound_text(now)}{now.note}"
        + ("? lists the keys, Ctrl-C stops" if keys else "Ctrl-C stops")
    )


def _sound_text(now: Snapshot) -> str:
    if now.recording is None:
        return ""
    sound, by = now.recording.microphone, f" by {', '.join(now.encoders)}" if now.encoders else ""
    return f"recorded with the microphone {sound}{by}; " if sound else f"recorded without sound (--audio adds it){by}; "


def _demand_text(now: Snapshot) -> str:
    return f"camera off while nobody watches ({now.on_demand}); " if now.on_demand else ""


def closing_text(end: Snapshot) -> str:
    """The session's final report in a few lines."""
    from cyclorama.cli.report import drops, facts, milliseconds, stage_table

    summary = facts(
        {
            "frames": f"{end.frames} in {end.seconds:.1f} s ({end.fps:.1f} fps)",
            "latency p50": milliseconds(end.latency_ms_p50),
            "latency p95": milliseconds(end.latency_ms_p95),
            "dropped": drops(end.dropped),
            "privacy card": f"shown for {end.cards} frames" if end.cards else "",
            "model": f"{end.model} on {end.provider}, {end.precision}",
            "processor": f"{end.cpu_cores:.2f} cores",
            "last fault": end.fault or "",
        }
    )
    return f"{summary}\n\n{stage_table(end.stages)}" if end.stages else summary
