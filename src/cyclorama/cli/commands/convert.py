"""``cyclorama convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument

from cyclorama.cli.errors import INTERRUPTED
from cyclorama.cli.options import (
    BackgroundOption,
    ConfigOption,
    EdgeOption,
    EveryOption,
    JsonOption,
    LightWrapOption,
    ModelOption,
    OverwriteOption,
    ProfileOption,
    ProviderOption,
    QualityOption,
    SmoothOption,
    ThresholdOption,
)

EXAMPLES = """\b
Examples:
  cyclorama convert talk.mp4 talk-office.mp4 --background office
  cyclorama convert talk.mp4 talk.webm --background transparent
  cyclorama convert talk.mp4 alpha.mkv --background matte
"""


def convert(
    source: Annotated[Path, Argument(metavar="IN", help="The clip to read.", show_default=False)],
    target: Annotated[
        Path,
        Argument(metavar="OUT", help="The clip to write: .mp4, .mov, .mkv or .webm.", show_default=False),
    ],
    background: BackgroundOption = None,
    model: ModelOption = None,
    provider: ProviderOption = None,
    quality: QualityOption = None,
    every: EveryOption = None,
    smooth: SmoothOption = None,
    edge: EdgeOption = None,
    light_wrap: LightWrapOption = None,
    threshold: ThresholdOption = None,
    overwrite: OverwriteOption = False,
    profile: ProfileOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> int:
    """Give a clip another background: every frame kept, with its time and its sound."""
    from dataclasses import replace

    from cyclorama.cli.interrupt import interruptible
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import facts, print_json, stage_table
    from cyclorama.pipeline import convert as pipeline
    from cyclorama.settings_sources import load_settings

    options = {
        "background": background,
        "model": model,
        "provider": provider,
        "quality": quality,
        "every": every,
        "smooth": smooth,
        "edge": edge,
        "light_wrap": light_wrap,
        "threshold": threshold,
    }
    # what a settings file says of the camera (size, mirror, ...) is not meant for a finished clip
    settings = load_settings(options, config=config, profile=profile, overwrite=overwrite, only=options)
    settings = replace(settings, source=str(source))
    with interruptible() as interrupt, progress(target.name) as on_progress:
        report = pipeline.convert(settings, target, stop=interrupt.stop, on_progress=on_progress)
    if interrupt.happened:
        return INTERRUPTED
    if json:
        print_json(report)
        return 0
    print(
        facts(
            {
                "written": report.target,
                "background": settings.compose.background,
                "model": f"{report.model} on {report.provider}, {report.precision}",
                "frames": f"{report.frames} in {report.seconds:.1f} s ({report.fps:.1f} fps)",
            }
        )
    )
    print()
    print(stage_table(report.stages))
    return 0
