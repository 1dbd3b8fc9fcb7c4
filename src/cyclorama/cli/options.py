"""The options that several commands share: one place for their names, forms and help.

Values stay text here: ``settings_sources`` reads options, variables and files with the same functions, so they have
the same forms and the same messages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from cyclorama.background.builtin import list_builtin

BackgroundOption = Annotated[
    str | None,
    Option(
        "--background",
        "-b",
        metavar="WHAT",
        help="blur[:STRENGTH 0..1], color:NAME|#rrggbb, gradient:A,B[,ANGLE], a picture, a video or GIF, one of our "
        f"own ({', '.join(list_builtin())}), transparent, matte or none. [blur]",
    ),
]
ModelOption = Annotated[str | None, Option("--model", metavar="NAME", help="The network, auto picks. [auto]")]
ProviderOption = Annotated[
    str | None,
    Option(
        "--provider",
        metavar="NAME",
        help="The network runs on tensorrt, cuda, coreml, directml or cpu; auto is the first that works. [auto]",
    ),
]
QualityOption = Annotated[
    str | None,
    Option("--quality", metavar="NAME", help="fast, balanced or best; auto holds the rate, is best for files. [auto]"),
]
FrameOption = Annotated[
    str | None,
    Option("--frame", metavar="auto|off", help="auto keeps faces at a steady place and size. [off]"),
]
ZoomOption = Annotated[str | None, Option("--zoom", metavar="1..4", help="Show a part of the picture larger. [1]")]
PanOption = Annotated[
    str | None,
    Option("--pan", metavar="X,Y", help="Which part: -1 is left or top, 1 right or bottom. [0,0]"),
]
EveryOption = Annotated[
    str | None,
    Option(
        "--every",
        metavar="N|auto",
        help="Run the network on every Nth frame, and where a part of you is lost; auto holds the rate. [auto]",
    ),
]
SmoothOption = Annotated[
    str | None, Option("--smooth", metavar="0..1", help="Calm the outline over time; 0 is off. [0.5]")
]
EdgeOption = Annotated[
    str | None,
    Option("--edge", metavar="PIXELS", help="Move the outline: -20 trims, 20 keeps more, at 720 lines. [0]"),
]
LightWrapOption = Annotated[
    str | None, Option("--light-wrap", metavar="0..1", help="A new background's light on the person's edge. [0.3]")
]
ThresholdOption = Annotated[
    str | None, Option("--threshold", metavar="0.05..0.95", help="Higher keeps less of the picture, lower more. [0.5]")
]
CodecOption = Annotated[
    str | None,
    Option("--codec", metavar="NAME", help="h264, hevc, vp9, prores, qtrle or ffv1, as the extension allows. [auto]"),
]
CrfOption = Annotated[
    str | None,
    Option("--crf", metavar="0..63", help="Rate factor: lower is better and larger. [h264 20, hevc 22, vp9 24]"),
]
HardwareOption = Annotated[
    bool | None,
    Option("--hardware/--no-hardware", help="A hardware encoder does H.264 and HEVC where one works. [yes]"),
]
AwayOption = Annotated[
    str | None,
    Option(
        "--away",
        metavar="WHAT",
        help="While you are away (signal USR1, again to come back): card, freeze, a picture, clip or colour. [card]",
    ),
]
MicOption = Annotated[
    str | None,
    Option("--mic", metavar="NAME", help="Microphone by index or part of its name; demo beeps. [the system's]"),
]
OnDemandOption = Annotated[
    bool | None,
    Option(
        "--on-demand/--no-on-demand",
        help="The real camera is off while nobody watches the virtual one (Linux). [on]",
    ),
]
ProfileOption = Annotated[
    str | None, Option("--profile", metavar="NAME", help="Settings of [profile.NAME] in cyclorama.toml.")
]
ConfigOption = Annotated[
    Path | None, Option("--config", metavar="FILE", help="This settings file instead of cyclorama.toml.")
]
OverwriteOption = Annotated[bool, Option("--overwrite", help="Replace output files that exist.")]
SourceOption = Annotated[
    str | None,
    Option(
        "--source",
        "-s",
        metavar="WHAT",
        help="Camera by index, /dev path or part of its name; a video (looped); demo; an rtsp or http URL. [0]",
    ),
]
SizeOption = Annotated[
    str | None, Option("--size", metavar="SIZE", help="1280x720, 720p, 1080p, 4k, ... [the source's; cameras 720p]")
]
FpsOption = Annotated[str | None, Option("--fps", metavar="1..240", help="Frames a second. [the source's; cameras 30]")]
MirrorOption = Annotated[bool | None, Option("--mirror/--no-mirror", help="Swap left and right. [no]")]
RotateOption = Annotated[str | None, Option("--rotate", metavar="0|90|180|270", help="Turn the picture clockwise. [0]")]
FitOption = Annotated[
    str | None, Option("--fit", metavar="cover|contain", help="Cut to the size, or show everything. [cover]")
]
StatsOption = Annotated[
    str | None, Option("--stats", metavar="FILE.jsonl", help="Append one line of measurements a second.")
]
QuietOption = Annotated[bool, Option("--quiet", "-q", help="No status line and no summary.")]
JsonOption = Annotated[bool, Option("--json", help="Print the result as JSON on stdout.")]
