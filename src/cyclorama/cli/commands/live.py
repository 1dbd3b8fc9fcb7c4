"""``cyclorama live``."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from cyclorama.cli.report import (
    counted,
    drops,
    duration,
    facts,
    listed,
    made,
    milliseconds,
    network_text,
    print_json,
    shows_stages,
    stage_table,
)

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
    stages: StagesOption = False,
) -> int:
    """Run a call: camera in, virtual camera out, with another background."""
    from cyclorama.cli.commands.panel import page_beside
    from cyclorama.cli.interrupt import interruptible, on_signal, switched_by_signal
    from cyclorama.cli.keys import has_keys, on_keys
    from cyclorama.cli.offer import offer_finer_network
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
            status.update(now, host.words(now))

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
        print(closing_text(end, stages=shows_stages(stages)))
    return INTERRUPTED if interrupt.happened else 0


def opening_text(now: Snapshot, background: str, *, keys: bool = False) -> str:
    """The negotiated source, network, background and outputs."""
    return (
        f"live: {now.capture_mode} to {listed(now.sinks) or 'a window'}, background {background}, "
        f"network {now.model} on {now.provider}; {_demand_text(now)}{_sound_text(now)}{now.note}"
        + ("? lists the keys, Ctrl-C stops" if keys else "Ctrl-C stops")
    )


def _sound_text(now: Snapshot) -> str:
    if now.recording is None:
        return ""
    sound, by = now.recording.microphone, f" by {', '.join(now.encoders)}" if now.encoders else ""
    return f"recorded with the microphone {sound}{by}; " if sound else f"recorded without sound (--audio adds it){by}; "


def _demand_text(now: Snapshot) -> str:
    return f"camera off while nobody watches ({now.on_demand}); " if now.on_demand else ""


def closing_text(end: Snapshot, *, stages: bool = False) -> str:
    """How the session was, in a few lines; ``stages``: with the times of its steps."""
    background = "" if end.stages.get("network") is None else network_text(end.model, end.provider)
    summary = made(
        f"The session ran for {duration(end.seconds)}, at {end.fps:.0f} frames a second{behind_text(end)}.",
        *trouble_lines(end),
        background,
        following="cyclorama record talk.mp4 records you the same way",
    )
    return f"{summary}\n\n{stages_text(end)}" if stages else summary


def behind_text(end: Snapshot) -> str:
    """How far the picture was behind the camera, as the second half of a sentence."""
    return "" if end.latency_ms_p50 is None else f", {end.latency_ms_p50:.0f} ms behind the camera"


def trouble_lines(end: Snapshot) -> list[str]:
    """What went wrong in a session; empty where nothing did."""
    skipped = sum(end.dropped.values())
    lines = [f"{counted(skipped, 'frame')} skipped to keep up with the camera."] if skipped else []
    lines += [f"The privacy card stood in for you in {counted(end.cards, 'frame')}."] if end.cards else []
    return lines + ([f"Last trouble: {end.fault}"] if end.fault else [])


def stages_text(end: Snapshot) -> str:
    """All that was measured, and the time that each step took."""
    measured = facts(
        {
            "frames": f"{end.frames} in {end.seconds:.1f} s ({end.fps:.1f} fps)",
            "latency p50": milliseconds(end.latency_ms_p50),
            "latency p95": milliseconds(end.latency_ms_p95),
            "dropped": drops(end.dropped),
            "model": f"{end.model} on {end.provider}, {end.precision}",
            "encoder": ", ".join(end.encoders),
            "processor": f"{end.cpu_cores:.2f} cores",
        }
    )
    return f"{measured}\n\n{stage_table(end.stages)}"
