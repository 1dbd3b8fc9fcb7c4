"""No command writes over what it reads, by whatever name it is told to: not even with --overwrite."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cyclorama.models.bundled import bundled_path

Run = Callable[..., tuple[int, str, str]]
SECOND = ("--duration", "0.2", "--quiet")
COMMANDS = {
    "live, its source": "live --source IN.mp4 --to OUT.mp4",
    "live, its background": "live --source demo --background IN.mp4 --to OUT.mp4",
    "live, what is shown while away": "live --source demo --away IN.mp4 --to OUT.mp4",
    "live, statistics": "live --source IN.mp4 --to null --stats OUT.mp4",
    "record, its source": "record OUT.mp4 --source IN.mp4 --no-audio",
    "record, its background": "record OUT.mp4 --source demo --no-audio --background IN.mp4",
    "convert, its source": "convert IN.mp4 OUT.mp4",
    "convert, its background": "convert other.mp4 OUT.mp4 --background IN.mp4",
    "convert, into a folder": "convert IN.mp4 folder/",
    "cutout, the photo": "cutout IN.png -o OUT.png",
    "cutout, its background": "cutout other.png -o OUT.png --background IN.png",
    "headshot, the photo": "headshot IN.png -o OUT.png",
    "headshot, its background": "headshot other.png -o OUT.png --background IN.png",
    "id-photo, the photo": "id-photo IN.jpg --spec us -o OUT.jpg",
    "id-photo, the report": "id-photo IN.png --spec us --report OUT.png",
    "product, the photo": "product IN.png -o OUT.png --for google",
}


@pytest.mark.parametrize("link", ["symbolic", "hard"])
@pytest.mark.parametrize("what", COMMANDS)
def test_an_input_that_is_reached_through_a_link_is_not_written_over(
    cyclorama: Run, empty_folder: Path, what: str, link: str
) -> None:
    """A link is a second name of the same file: no ``--overwrite`` is meant for what is read."""
    command = COMMANDS[what].split()
    (suffix,) = {Path(word).suffix for word in command if word.startswith("IN.")}
    source, target = empty_folder / f"IN{suffix}", empty_folder / f"OUT{suffix}"
    if "folder/" in command:
        target = empty_folder / "folder" / source.name
        target.parent.mkdir()
    for path in (source, empty_folder / f"other{suffix}"):
        shutil.copy(bundled_path("portrait.png"), path)  # nothing reads it before it is refused
    try:
        target.symlink_to(source) if link == "symbolic" else os.link(source, target)
    except OSError:
        pytest.skip("no links here")
    before = source.read_bytes()
    once = SECOND if command[0] in ("live", "record") else ()
    code, said, err = cyclorama(*command, *once, "--overwrite")
    assert (code, said) == (2, ""), err
    assert "both input and output" in err
    assert target.samefile(source)
    assert source.read_bytes() == before
