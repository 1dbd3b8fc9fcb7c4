"""``cyclorama convert``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from cyclorama.cli.errors import INTERRUPTED, complain, stopped
from cyclorama.cli.options import GivenSettings, JsonOption, OverwriteOption, StagesOption, takes_settings
from cyclorama.cli.report import AGAIN, MEND
from cyclorama.core.errors import SettingsError, reason
from cyclorama.files.names import user_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyclorama.pipeline.jobs.convert import ConvertReport
    from cyclorama.pipeline.jobs.convert_batch import ClipBatchReport
    from cyclorama.pipeline.jobs.estimate import Estimate
    from cyclorama.settings.values import Settings

MAX_JOBS = 64
LONG_S = 600.0
"""Of work left, from which on a cheaper quality is spoken of."""
WORTH = 0.9
"""Where it takes at most this share of the time."""
IN_WORDS = {
    "blur": "the room blurred",
    "transparent": "nothing behind you",
    "matte": "you in white and the rest in black",
    "none": "the room as it is",
}
"""Of backgrounds."""
EXAMPLES = """\b
Examples:
  cyclorama convert talk.mp4 talk-office.mp4 --background office
  cyclorama convert talk.mp4 talk.webm --background transparent
  cyclorama convert talk.mp4 alpha.mkv --background matte
  cyclorama convert talk.mp4 wave.gif --trim 0:05-0:08 --size 480x270 --fps 15
  cyclorama convert talk.mp4 frames/%05d.png --background transparent
  cyclorama convert me.mp4 lesson.mp4 --foreground-over slides.mp4
  cyclorama convert talk.mp4 fine.mp4 --background office --room 0-1
  cyclorama convert day1/*.mp4 day2/*.mov done/ --background office --jobs 2

\b
OUT says how: .mp4 (H.264, or --codec hevc), .mov (the same; transparent: ProRes 4444 or --codec qtrle), .mkv (H.264,
hevc or lossless ffv1), .webm (VP9), .gif, animated .webp, or numbered PNG files. Several clips, or a pattern in quotes,
go to a folder; run it again and it goes on with what is missing. Transparent clips have straight alpha.
"""


@takes_settings("convert")
def convert(
    given: GivenSettings,
    paths: Annotated[
        list[str],
        Argument(metavar="IN... OUT", help="Clips, and the file or folder to write.", show_default=False),
    ],
    foreground_over: Annotated[
        str | None,
        Option(
            "--foreground-over",
            metavar="CLIP|IMAGE",
            help="The person over this clip, which plays in step with IN, its last picture staying; or over a picture.",
        ),
    ] = None,
    trim: Annotated[
        str | None,
        Option("--trim", metavar="START-END", help="This part alone: seconds or h:m:s, as 5-12.5, 1:30-2:00 or 90-."),
    ] = None,
    room: Annotated[
        str | None,
        Option(
            "--room",
            metavar="START-END",
            help="When the clip shows the empty room, as 0-1: finer mattes. Pays with a camera that stands still, and "
            "chairs, shelves or textured walls behind you.",
        ),
    ] = None,
    kind: Annotated[
        str | None,
        Option("--format", metavar="NAME", help="In a folder: mp4, mov, mkv, webm, gif, webp or png. [IN's own]"),
    ] = None,
    jobs: Annotated[int, Option("--jobs", metavar="N", help="Clips at once, of several.", show_default=True)] = 1,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    stages: StagesOption = False,
) -> int:
    """Give clips another background: every frame kept, with its time and its sound."""
    from dataclasses import replace

    from cyclorama.cli.clip_options import read_room, read_trim
    from cyclorama.pipeline.jobs.convert_batch import find_clips

    if foreground_over is not None and given.options["background"] is not None:
        raise SettingsError("--foreground-over is a background already: leave --background out")
    if not 1 <= jobs <= MAX_JOBS:
        raise SettingsError(f"--jobs: {jobs} is not a number from 1 to {MAX_JOBS}")
    if len(paths) < 2:
        raise SettingsError("OUT is missing: write IN OUT, or IN... FOLDER/ (cyclorama convert --help)")
    settings = given.load(overwrite=overwrite, **({"background": foreground_over} if foreground_over else {}))
    part = read_trim(trim)
    settings = replace(
        settings,
        capture=replace(settings.capture, trim=part),
        matting=replace(settings.matting, empty_room=read_room(room, part)),
        compose=replace(settings.compose, in_step=foreground_over is not None),
    )
    sources, output = find_clips(paths[:-1]), paths[-1]
    try:
        target = user_path(output)
        batch = _is_folder(output, target, len(sources), kind)
    except (OSError, RuntimeError) as error:  # name too long, or unknown ~user
        raise SettingsError(f"{output} cannot be written: {reason(error)}; give another name") from error
    if batch:
        return _convert_all(settings, sources, target, kind, jobs, as_json=json, stages=stages)
    return _convert_one(replace(settings, source=str(sources[0])), target, as_json=json, stages=stages)


def _is_folder(output: str, target: Path, count: int, kind: str | None) -> bool:
    """Whether OUT is the output folder of a batch. Raises SettingsError where a folder is needed and OUT cannot be
    one."""
    from cyclorama.sinks.open import is_file

    there = target.is_dir()
    if not is_file(target):
        return count > 1 or kind is not None or there or output.endswith((os.sep, "/"))
    if count > 1:
        raise SettingsError(f"{target} is one file for {count} clips: give a folder, as in done/")
    if kind is not None:
        raise SettingsError(f"--format {kind}: {target} says already what to write; leave --format out")
    return False


def _convert_one(settings: Settings, target: Path, *, as_json: bool, stages: bool) -> int:
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import print_json, shows_stages
    from cyclorama.pipeline.jobs import convert as pipeline

    with interruptible() as interrupt, progress(target.name) as on_progress:
        report = pipeline.convert(
            settings, target, stop=interrupt.stop, on_progress=on_progress, on_estimate=slow_note()
        )
    if interrupt.happened:
        return stopped(f"{target} is not made, and nothing of it is left; run the same again to make it")
    if as_json:
        print_json(report)
        return 0
    print(text(report, settings))
    if shows_stages(stages):
        print(stages_text(report))
    return 0


def text(report: ConvertReport, settings: Settings) -> str:
    """What was made of one clip."""
    from cyclorama.cli.report import counted, duration, made, network_text, shown

    told = f"{counted(report.frames, 'frame')} in {duration(report.seconds)}"
    background = settings.compose.background
    return made(
        f"{shown(report.target)} is made from {shown(report.source)}, with {behind(background)}: {told}.",
        network_text(report.model, report.provider) if background != "none" else "",
        following=_following(report.model, settings),
    )


def behind(background: str) -> str:
    """What is behind the person, in words."""
    return IN_WORDS.get(background, f"the background {background}")


def stages_text(report: ConvertReport) -> str:
    """How it was made, and how long each step took."""
    from cyclorama.cli.report import facts, stage_table

    how = {"model": _model(report), "encoder": report.encoder, "rate": f"{report.fps:.1f} fps"}
    return f"\n{facts(how)}\n\n{stage_table(report.stages)}"


def _following(model: str, settings: Settings) -> str:
    """What to try next, after a clip cut out by ``model``."""
    from cyclorama.cli.offer import finer_network

    if finer := finer_network(model):
        return f"cyclorama models pull {finer} gets a network that keeps hair; then the same again with --overwrite"
    if settings.compose.background in ("transparent", "matte"):
        return "open it in your video editor, above the picture that shall be behind you"
    return "cyclorama backgrounds lists what else can be behind you"


def _convert_all(
    settings: Settings,
    sources: list[Path],
    folder: Path,
    kind: str | None,
    at_once: int,
    *,
    as_json: bool,
    stages: bool,
) -> int:
    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import print_json, shows_stages
    from cyclorama.pipeline.jobs import convert_batch as batch

    jobs = batch.plan(sources, folder, batch.layout_for(settings.compose.background), kind)
    with interruptible() as interrupt, progress(f"0 of {len(jobs)} clips", "%") as on_progress:
        done = 0

        def on_done(result: batch.ClipResult) -> None:
            nonlocal done
            done += 1
            on_progress.describe(f"{done} of {len(jobs)} clips")
            if result.error is not None:
                complain(str(result.error))

        report = batch.convert_clips(
            settings,
            jobs,
            at_once=at_once,
            stop=interrupt.stop,
            on_progress=on_progress,
            on_done=on_done,
            on_estimate=slow_note(),
        )
    if as_json:
        print_json(_plain(report))
    else:
        print(batch_text(report, len(jobs), settings, stopped=interrupt.happened))
        if shows_stages(stages):
            print(*(f"\n{each.target}{stages_text(each.report)}" for each in report.results if each.report), sep="\n")
    if interrupt.happened:
        return INTERRUPTED
    first = next((result.error for result in report.having("failed")), None)
    return 0 if first is None else first.exit_code


def slow_note() -> Callable[[Estimate], None]:
    """What says, once, that a lower quality would be done sooner, where that is worth saying."""
    said = False

    def tell(estimate: Estimate) -> None:
        nonlocal said
        if not said and estimate.left_s > LONG_S and estimate.cheaper_s <= WORTH * estimate.left_s:
            said = True
            complain(slow_text(estimate), "note")

    return tell


def slow_text(estimate: Estimate) -> str:
    """How long the rest takes, and how long it would take, in minutes."""
    from cyclorama.pipeline.jobs.estimate import CHEAPER

    now, then = (round(seconds / 60) for seconds in (estimate.left_s, estimate.cheaper_s))
    return f"about {now} minutes left at --quality {estimate.quality}; --quality {CHEAPER} would take about {then}"


def batch_text(report: ClipBatchReport, total: int, settings: Settings, *, stopped: bool = False) -> str:
    """What was made of several clips, and what was not. ``stopped``: by the user, before the end."""
    from cyclorama.cli.report import duration, made, network_text, outcome, table

    written, skipped, failed = (report.having(status) for status in ("written", "skipped", "failed"))
    rows = [
        [f"  {result.target}", f"from {result.source},", duration(one.seconds)]
        for result in written
        if (one := result.report) is not None
    ]
    before = len(skipped), "there before (--overwrite makes them again)"
    runs = {(one.report.model, one.report.provider) for one in written if one.report}
    following = AGAIN if stopped else MEND if failed else ""
    if written and not following:
        following = _following(next(iter(runs))[0], settings)
    return made(
        table(rows) if rows else "",
        f"{outcome(len(written), total, 'clip', before, (len(failed), 'failed'))}, in {duration(report.seconds)}.",
        *(network_text(*run) for run in sorted(runs)),
        following=following,
    )


def _model(report: ConvertReport) -> str:
    return f"{report.model} on {report.provider}, {report.precision}"


def _plain(report: ClipBatchReport) -> dict[str, Any]:
    return {
        "seconds": report.seconds,
        **{status: len(report.having(status)) for status in ("written", "skipped", "failed")},
        "clips": [
            {
                "source": str(result.source),
                "target": str(result.target),
                "status": result.status,
                "frames": result.report and result.report.frames,
                "seconds": result.report and result.report.seconds,
                "model": result.report and result.report.model,
                "encoder": result.report and result.report.encoder,
                "error": result.error and str(result.error),
            }
            for result in report.results
        ],
    }
