"""Write ``docs/messages.md``: what a new user reads, made by running the commands in an empty folder.

    python benchmarks/messages.py docs/messages.md

The machine is one with nothing on it: no camera, no microphone, no virtual camera, no screen. Nothing is downloaded.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from cyclorama.cli import app
from cyclorama.models.bundled import bundled_path

HOME = "/home/you"
HEAD = """# What it says

*Made by `python benchmarks/messages.py docs/messages.md`, which runs the commands in an empty folder of a machine
without a camera, a microphone or a screen. Do not edit.*

Every error is one line: what failed, where, and what to do next. Where several things are done, the others go on.
`--json` has the same for programs; what fails as a whole prints no JSON, but its line, and has its exit code.
`--stages` has the times of every step, `--debug` what a developer wants to see.

Ctrl-C, SIGTERM and a closed terminal end a command cleanly, and it says what became of its work. What is recorded is
finished and plays. Of many photos the one in work is finished, and of many clips those that are done stay; the same
command goes on with the rest. A single clip, a demo and a sheet leave nothing that is half made. A download goes on
where it stopped.
"""


@dataclass(frozen=True)
class Asked:
    """A command line of the page. ``cheap``: it opens no network, and depends on no device: tests run it each time."""

    words: str
    cheap: bool = True


def slow(words: str) -> Asked:
    """One that is run for the page alone."""
    return Asked(words, cheap=False)


PAGE: dict[str, list[Asked]] = {
    "First steps": [
        slow("demo"),
        slow("doctor"),
        slow("devices"),
        Asked("backgrounds"),
        Asked("backgrund"),
        Asked("--bogus"),
    ],
    "A call": [
        slow("live"),
        slow("live --source demo --to null --duration 3"),
        slow("live --source demo --to null --duration 3 --stages"),
        slow("live --source Logitech"),
        Asked("live --source demo --to tv"),
        Asked("live --background ofice"),
        Asked("live --background holiday.jpg"),
        Asked("live --size huge"),
        Asked("live --fps 1000"),
        Asked("live --model rmv --source demo"),
        Asked("live --mirror maybe"),
        Asked("live --profile work"),
        Asked("ctl status"),
        Asked("ctl background office"),
    ],
    "A recording": [
        slow("record talk.mp4"),
        slow("record talk.mp4 --source demo"),
        slow("record talk.mp4 --source demo --no-audio --countdown 0 --duration 2"),
        slow("record talk.mp4 --source demo --no-audio"),
        Asked("record"),
        Asked("record talk.avi"),
        Asked("record none/talk.mp4 --source demo --no-audio"),
    ],
    "Clips": [
        slow("convert day.mp4 office.mp4 --background office"),
        slow("convert day.mp4 office.mp4 --background office"),
        slow("convert day.mp4 cut.webm --background transparent --trim 0-0.5"),
        slow("convert day.mp4 words.mp4 done/ --trim 0-0.5"),
        slow("convert day.mp4 words.mp4 done/ --trim 0-0.5"),
        Asked("convert"),
        Asked("convert day.mp4"),
        Asked("convert nothing.mp4 new.mp4"),
        Asked("convert words.mp4 new.mp4"),
        Asked("convert empty.mp4 new.mp4"),
        Asked("convert words.mp4 new.xyz"),
        Asked("convert words.mp4 words.mp4"),
        Asked("convert *.mkv done/"),
        Asked("convert words.mp4 new.mp4 --trim soon"),
        Asked("convert words.mp4 new.mp4 --jobs 1000"),
    ],
    "Photos": [
        slow("cutout me.png"),
        slow("cutout me.png nothing.jpg -o cut -b office"),
        slow("headshot me.png --preset linkedin"),
        slow("headshot wall.png"),
        slow("id-photo me.png --spec us"),
        slow("id-photo me.png --spec germany"),
        Asked("id-photo --specs"),
        slow("product me.png --for amazon"),
        Asked("product --shops"),
        Asked("cutout"),
        slow("cutout nothing.jpg"),
        slow("cutout words.mp4"),
        Asked("cutout me.png --format bmp"),
        Asked("headshot nothing.jpg"),
        Asked("headshot me.png --preset myspace"),
        Asked("id-photo me.png"),
        Asked("id-photo me.png --spec mars"),
        Asked("product me.png"),
        Asked("product me.png --for nobody"),
    ],
    "Networks": [
        Asked("models list"),
        Asked("models info rvm"),
        slow("models compare me.png"),
        Asked("models pull nothing"),
        Asked("models pull rvm"),
        Asked("models import nothing.onnx --name mine --kind salient"),
        slow("models import words.mp4 --name mine --kind salient"),
        slow("models optimize rvm"),
        Asked("models remove rvm"),
    ],
    "Settings": [
        Asked("live --config wrong.toml"),
        Asked("live --config odd.toml"),
        Asked("live --config nothing.toml"),
    ],
}
ODD = 'backgroud = "office"\n'
MASKS = (
    (re.compile(r"\b\d+(\.\d+)? (seconds?|minutes?|ms|frames?|MB|kB)\b"), r"N \2"),
    (re.compile(r"\b\d+(\.\d+)+\b"), "N"),
    (re.compile(r" {2,}"), "  "),
)
"""What differs from run to run."""


def masked(text: str) -> str:
    """``text`` without times, sizes and versions."""
    for pattern, put in MASKS:
        text = pattern.sub(put, text)
    return text


def run(words: str) -> str:
    """Run a command line in this process; returns what a terminal shows, with the exit code where it is not 0."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        code = app.run(words.split())
    lines = shown.getvalue().rstrip("\n").splitlines()
    return "\n".join([*lines, f"[exit code {code}]"] if code else lines)


@contextlib.contextmanager
def empty_machine() -> Iterator[Path]:
    """The current folder, new, with a few odd files; a home of its own; and no devices."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name, mock.patch.dict(os.environ), contextlib.ExitStack() as stack:
        root = Path(name).resolve()
        (root / "here").mkdir()
        _set_environment(root / "home")
        _fill(root / "here")
        for patch in _no_devices(root):
            stack.enter_context(patch)
        os.chdir(root / "here")
        try:
            yield root
        finally:
            os.chdir(before)


def _set_environment(home: Path) -> None:
    for name in [
        name for name in os.environ if name.startswith(("CYCLORAMA_", "XDG_", "DISPLAY", "WAYLAND_", "DBUS_"))
    ]:
        del os.environ[name]
    home.mkdir()
    os.environ["HOME"] = str(home)
    os.environ["COLUMNS"] = "110"


def _fill(folder: Path) -> None:
    shutil.copy(bundled_path("portrait.png"), folder / "me.png")
    (folder / "words.mp4").write_text("these are words and no clip")
    (folder / "empty.mp4").touch()
    (folder / "wrong.toml").write_text("background = office\n")
    (folder / "odd.toml").write_text(ODD)


def _no_devices(root: Path) -> list[mock._patch[object]]:
    from cyclorama.doctor.system import System
    from cyclorama.sinks.virtual_camera import packages
    from cyclorama.sinks.virtual_camera.pipewire.check import PipeWire

    for name in ("sys", "proc", "dev", "modules", "dkms"):
        (root / name).mkdir()
    (root / "os-release").write_text("ID=debian\n")
    system = System("linux", *(root / name for name in ("sys", "proc", "dev", "modules", "dkms")), release="6.1.0-57")
    none = PipeWire("", "no camera through PipeWire: no PipeWire runs for this user", "log in to a desktop session")
    return [
        mock.patch("cyclorama.capture.devices.list_cameras", lambda **how: []),
        mock.patch("cyclorama.capture.portaudio.list_microphones", list),
        mock.patch("cyclorama.sinks.virtual_camera.v4l2loopback.list_virtual_cameras", list),
        mock.patch("cyclorama.sinks.virtual_camera.pipewire.check.look_for_pipewire", lambda: none),
        mock.patch("cyclorama.doctor.examine.System", lambda: system),
        mock.patch.object(packages, "OS_RELEASE", root / "os-release"),
    ]


def _prepare_clip() -> None:
    """A clip and a picture without a face, of what the demo makes."""
    from PIL import Image

    shutil.copy("cyclorama-demo/demo.mp4", "day.mp4")
    Image.new("RGB", (400, 400), (90, 120, 150)).save("wall.png")


def plain(text: str, root: Path) -> str:
    """``text`` without the places of this machine."""
    return text.replace(str(root / "home"), HOME).replace(str(root / "here"), "").replace(sys.prefix, "/usr")


def entry(asked: Asked, root: Path) -> str:
    """The command line and what it says."""
    return plain(f"$ cyclorama {asked.words}\n{run(asked.words)}".rstrip(), root)


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    with empty_machine() as root:
        for title, commands in PAGE.items():
            parts.append(f"## {title}\n")
            for asked in commands:
                print(asked.words, file=sys.stderr)
                parts.append(f"```text\n{entry(asked, root)}\n```\n")
                if asked.words == "demo":
                    _prepare_clip()
    return "\n".join(parts)


def entries(text: str) -> dict[str, str]:
    """The entries of a page by their command line; the last one where it is there twice."""
    found = re.findall(r"```text\n(\$ cyclorama (.*)\n(?:.*\n)*?)```\n", text)
    return {words: shown.rstrip("\n") for shown, words in found}


if __name__ == "__main__":
    text = page()
    Path(sys.argv[1]).write_text(text, encoding="utf-8")
