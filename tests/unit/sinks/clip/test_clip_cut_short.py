"""Clips that cannot be finished: full disk, killed process, closed folders."""

from __future__ import annotations

import errno
import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import Composite, SizeWH
from cyclorama.files import part_file
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.clip import ClipSink
from cyclorama.sinks.timeline import Timeline

Noise = Callable[[SizeWH, int], Composite]
EXTENSIONS = ["mp4", "mov", "mkv", "webm"]
SIZE = (320, 240)
FPS = 30
DISK_BYTES = 1_500_000

RECORDER = """
import sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.files import part_file
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.clip import ClipSink
sink = ClipSink(Path(sys.argv[1]))
sink.open(OutputFormat((320, 240), Fraction(30)))
for seq in range(100000):
    pixels = np.full((240, 320, 3), seq % 256, np.uint8)
    sink.write(Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, seq, 0))
    print(seq, flush=True)
    sys.stdin.readline()
"""


def playable(path: Path) -> int:
    with av.open(str(path)) as container:
        return len(list(container.decode(video=0)))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs Linux and the right to mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_full_disk_is_said_and_what_was_written_plays(
    small_disk: Path, noise: Noise, caplog: pytest.LogCaptureFixture, extension: str
) -> None:
    path = small_disk / f"clip.{extension}"
    sink = ClipSink(path)
    sink.open(OutputFormat(SIZE, Fraction(FPS)))
    written = 0
    with pytest.raises(SinkError, match="No space left on device; free some space") as failure:
        for seq in range(10_000):
            sink.write(noise(SIZE, seq))
            written += 1
    assert failure.value.exit_code == 5
    assert isinstance(failure.value.__cause__, OSError)
    assert failure.value.__cause__.errno == errno.ENOSPC
    with pytest.raises(SinkError):
        sink.write(noise(SIZE, 0))
    sink.close()
    sink.close()
    assert [item.name for item in small_disk.iterdir()] == [path.name]
    assert playable(path) > 0
    assert written - playable(path) <= 1.5 * FPS
    assert "ends early" in caplog.text


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_disk_that_takes_the_header_alone_is_left_as_it_was(small_disk: Path, noise: Noise, extension: str) -> None:
    """A file of nothing but a header does not play."""
    filler = small_disk / "filler"
    filler.write_bytes(bytes(_free(small_disk) - 8192))
    timeline = Timeline()
    timeline.run(0)
    sink = ClipSink(small_disk / f"clip.{extension}", timeline=timeline)
    sink.open(OutputFormat(SIZE, Fraction(FPS)))
    with pytest.raises(SinkError, match="No space left on device"):
        for seq in range(100):
            sink.write(replace(noise(SIZE, seq), captured_ns=seq * 10**9 // FPS))
    sink.close()
    assert list(small_disk.iterdir()) == [filler]


def test_a_full_disk_that_is_noticed_at_the_end(small_disk: Path, noise: Noise) -> None:
    path = small_disk / "clip.mp4"
    sink = ClipSink(path)
    sink.open(OutputFormat(SIZE, Fraction(FPS)))
    for seq in range(40):
        sink.write(noise(SIZE, seq))
        if small_disk.stat() and _free(small_disk) < 600_000:
            break
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(DISK_BYTES))
    with pytest.raises(SinkError, match=r"No space left on device.*; what there is plays: .*clip\.part\.mp4"):
        sink.close()
    assert not path.exists(), "it would be taken for a whole one"
    assert playable(small_disk / "clip.part.mp4") > 0


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_recording_that_cannot_be_finished_plays_under_its_own_name(
    tmp_path: Path, noise: Noise, extension: str
) -> None:
    """Nobody can record a talk a second time: whatever the disk took is kept, and the failure is told."""
    resource = pytest.importorskip("resource", reason="limits the size of files as a full disk would")
    path, timeline = tmp_path / f"talk.{extension}", Timeline()
    timeline.run(0)
    sink = ClipSink(path, timeline=timeline)
    sink.open(OutputFormat(SIZE, Fraction(FPS)))
    for seq in range(2 * FPS):
        sink.write(replace(noise(SIZE, seq), captured_ns=seq * 10**9 // FPS))
    part = tmp_path / f"talk.part.{extension}"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (part.stat().st_size, before[1]))
    try:
        with pytest.raises(SinkError, match=r"cannot write .*talk\..*: File too large"):
            sink.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
    assert playable(path) >= FPS


def test_a_failed_conversion_leaves_nothing(small_disk: Path, noise: Noise) -> None:
    sink = ClipSink(small_disk / "clip.mp4")
    sink.open(OutputFormat(SIZE, Fraction(FPS)))
    with pytest.raises(SinkError):
        for seq in range(10_000):
            sink.write(noise(SIZE, seq))
    sink.abort()
    assert not list(small_disk.iterdir())


@pytest.mark.needs_linux("counts threads in /proc")
@pytest.mark.parametrize("ending", ["close", "abort", "full disk"])
def test_the_encoders_threads_end(small_disk: Path, noise: Noise, ending: str) -> None:
    gc.collect()
    before = _threads()
    sink = ClipSink(small_disk / "clip.mp4")
    sink.open(OutputFormat(SIZE, Fraction(FPS)))
    failure: SinkError | None = None
    try:
        for seq in range(10_000 if ending == "full disk" else 5):
            sink.write(noise(SIZE, seq))
    except SinkError as error:
        failure = error
    assert _threads() > before
    if ending == "abort":
        sink.abort()
    else:
        sink.close()
    assert _threads() <= before
    assert (failure is not None) is (ending == "full disk")


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_killed_recording_plays_up_to_its_last_second(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"clip.{extension}"
    recorder = subprocess.Popen(
        [sys.executable, "-c", RECORDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert recorder.stdin is not None
    assert recorder.stdout is not None
    written = 0
    for _ in range(3 * FPS):
        assert recorder.stdout.readline()
        written += 1
        recorder.stdin.write("\n")
        recorder.stdin.flush()
    recorder.kill()
    recorder.communicate()
    left = tmp_path / f"clip.part.{extension}"
    assert [item.name for item in tmp_path.iterdir()] == [left.name]
    assert written - playable(left) <= FPS

    with ClipSink(path) as sink:  # a new recording of that name leaves the old one alone
        sink.open(OutputFormat(SIZE, Fraction(FPS)))
        size = left.stat().st_size
    assert left.stat().st_size == size


def test_a_target_that_appears_meanwhile_is_not_replaced(tmp_path: Path, noise: Noise) -> None:
    path = tmp_path / "clip.mp4"
    sink = ClipSink(path)
    sink.open(OutputFormat(SIZE, Fraction(FPS)))
    sink.write(noise(SIZE, 0))
    path.write_bytes(b"somebody else's")
    with pytest.raises(SinkError, match=r"created meanwhile; the clip is in .*clip\.part\.mp4"):
        sink.close()
    assert path.read_bytes() == b"somebody else's"
    assert playable(tmp_path / "clip.part.mp4") == 1


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    for path, message in (
        (tmp_path / "folder.mp4", "is a folder"),
        (tmp_path / "missing" / "clip.mp4", "there is no folder .*missing; create it"),
        (Path("/proc/clip.mp4"), r"cannot write /proc/clip\.mp4: .*; choose"),
    ):
        if path.parent == Path("/proc") and sys.platform != "linux":
            continue
        with pytest.raises(SinkError, match=message):
            ClipSink(path).open(OutputFormat(SIZE, Fraction(FPS)))


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_file.os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(SinkError, match=r"no permission in .*; choose a folder you may write to"):
        ClipSink(tmp_path / "clip.mp4").check()


def _free(folder: Path) -> int:
    usage = os.statvfs(folder)
    return usage.f_bavail * usage.f_frsize


def _threads() -> int:
    """Of this process, the encoder's own among them."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())
