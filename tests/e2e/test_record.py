"""Recordings by the real command: stopped, paused, killed, out of space, and in step with a real microphone."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX"),
]
Run = Callable[..., Any]
RECORD = [sys.executable, "-m", "cyclorama.cli.app", "record"]
DEMO = ("--source", "demo", "--mic", "demo", "--size", "320x180", "--countdown", "0")
STUDIO = """
import sys, time
import numpy as np
from doubles.synthetic_source import SyntheticSource
from cyclorama.cli.app import run
from cyclorama.pipeline.runtime import build

class Flashing(SyntheticSource):
    "White in the first tenth of every second of the monotonic clock; a picture lies at each whole second."
    def __init__(self, *settings, **more):
        super().__init__((320, 180), 30, 10**9, live=True)
    def frames(self, stop):
        time.sleep(1 - time.monotonic() % 1)
        yield from super().frames(stop)
    def picture(self, seq):
        return np.full((180, 320, 3), 255 if time.monotonic() % 1 < 0.1 else 0, np.uint8)

build.open_source = Flashing
sys.exit(run(["record", "--background", "none", "--mic", "pulse", *sys.argv[1:]]))
"""


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CYCLORAMA_")} | more


def start(folder: Path, *arguments: str, **more: Any) -> subprocess.Popen[str]:
    """A recording that has said what it records."""
    process = subprocess.Popen(
        [*RECORD, *arguments], cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True, **more
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("record: ")
    return process


def recorded_s(stats: Path) -> float:
    """Seconds recorded until now, going by the last line of the statistics and its age."""
    last = json.loads(stats.read_text().splitlines()[-1])
    return float(last["recording"]["seconds"]) + time.time() - stats.stat().st_mtime


def wait_recording(stats: Path) -> None:
    deadline = time.monotonic() + 60
    while not (stats.exists() and '"starts_in": null' in stats.read_text()):
        assert time.monotonic() < deadline, "it does not begin"
        time.sleep(0.02)


def lengths(path: Path) -> tuple[float, float]:
    """Seconds of picture and of sound that really decode."""
    with av.open(str(path)) as container:
        *_, picture = container.decode(video=0)
    with av.open(str(path)) as container:
        *_, sound = container.decode(audio=0)
    return picture.time + 1 / 30, sound.time + sound.samples / sound.sample_rate


def test_a_recording_has_the_length_that_was_asked_for_with_sound(
    cyclorama: Run, tmp_path: Path, watched: ModuleType
) -> None:
    done = cyclorama("record", "talk.mp4", *DEMO, "--countdown", "1", "--duration", "3", "--json")
    assert done.code == 0, done.err
    assert "and the microphone demo to talk.mp4" in done.err
    report = json.loads(done.out)
    assert report["recording"]["seconds"] == 3
    assert report["recording"]["microphone"] == "demo"
    seen = watched.watch(tmp_path / "talk.mp4")
    assert seen.times[0] == 0
    assert seen.times[-1] == pytest.approx(3, abs=0.35)
    assert seen.sound_s == pytest.approx(3, abs=0.35)
    assert np.diff(seen.clicks) == pytest.approx(1, abs=0.02)
    assert [path.name for path in tmp_path.iterdir()] == ["talk.mp4"]


def test_a_call_is_recorded_with_sound_where_it_is_asked_for(
    cyclorama: Run, tmp_path: Path, watched: ModuleType
) -> None:
    call = ("live", "--source", "demo", "--size", "320x180", "--to", "null", "--duration", "2.5")
    done = cyclorama(*call, "--to", "a.mp4", "--to", "b.mkv", "--mic", "demo")
    assert done.code == 0, done.err
    assert "recorded with the microphone demo" in done.err
    for name in ("a.mp4", "b.mkv"):
        seen = watched.watch(tmp_path / name)
        assert len(seen.clicks) >= 2
        assert seen.sound_s == pytest.approx(seen.times[-1], abs=0.5)
    done = cyclorama(*call, "--to", "silent.mp4")
    assert "without sound (--audio adds it)" in done.err
    assert watched.watch(tmp_path / "silent.mp4").sound.size == 0


def test_a_signal_pauses_the_recording_of_a_call(tmp_path: Path) -> None:
    command = ["live", "--source", "demo", "--size", "320x180", "--to", "call.mp4", "--json"]
    process = subprocess.Popen(
        [*RECORD[:-1], *command],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGUSR2)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    end = json.loads(out)
    assert end["recording"]["paused"] is True
    assert end["recording"]["seconds"] < end["seconds"] - 0.9


def test_a_signal_pauses_and_goes_on(tmp_path: Path, watched: ModuleType) -> None:
    process = start(tmp_path, "talk.mp4", *DEMO, "--stats", "s.jsonl")
    wait_recording(tmp_path / "s.jsonl")
    time.sleep(1.5)
    process.send_signal(signal.SIGUSR2)
    begin = time.monotonic()
    process.send_signal(signal.SIGUSR1)  # means those who are in a call
    time.sleep(2.5)
    process.send_signal(signal.SIGUSR2)
    paused_s = time.monotonic() - begin
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    lines = [json.loads(line)["recording"] for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    assert any(line["paused"] for line in lines)
    seen = watched.watch(tmp_path / "talk.mp4")
    assert max(np.diff(seen.times)) < min(1.5, paused_s - 0.5), "the pause is not in the picture"
    assert seen.sound_s == pytest.approx(seen.times[-1], abs=0.5)
    assert len(seen.clicks) >= 2


def test_keys_pause_and_stop(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    process = start(tmp_path, "talk.mp4", *DEMO, "--stats", "s.jsonl", stdin=theirs)
    wait_recording(tmp_path / "s.jsonl")
    os.write(ours, b"p")
    deadline = time.monotonic() + 20
    while '"paused": true' not in (tmp_path / "s.jsonl").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.write(ours, b" ")
    time.sleep(0.5)
    os.write(ours, b"q")
    process.communicate(timeout=30)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    assert (tmp_path / "talk.mp4").stat().st_size > 0


def test_stopped_in_the_countdown_nothing_is_left(tmp_path: Path) -> None:
    process = start(tmp_path, "talk.mp4", *DEMO[:-1], "60")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_ten_recordings_killed_at_random_moments_play_to_within_a_second_of_the_kill(tmp_path: Path) -> None:
    chance = random.Random(5)
    moments_s = [chance.uniform(0.2, 1.8) for _ in range(10)]

    def kill(number: int) -> tuple[float, float, float]:
        """Seconds that had been recorded when the process was killed, and how much of picture and sound plays."""
        extension = ("mp4", "mkv", "webm", "mov")[number % 4]
        stats = tmp_path / f"{number}.jsonl"
        process = start(tmp_path, f"{number}.{extension}", *DEMO, "--stats", stats.name)
        wait_recording(stats)
        time.sleep(moments_s[number])
        process.kill()
        recorded = recorded_s(stats)
        process.communicate()
        return recorded, *lengths(tmp_path / f"{number}.part.{extension}")

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(kill, range(10)))
    lost = [(round(recorded - picture, 2), round(recorded - sound, 2)) for recorded, picture, sound in results]
    assert all(picture <= 1 and sound <= 1 for picture, sound in lost), lost


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of one MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not sys.platform.startswith("linux") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs Linux and the right to mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_full_disk_is_said_and_what_was_recorded_plays(cyclorama: Run, small_disk: Path, extension: str) -> None:
    path = small_disk / f"talk.{extension}"
    big = ("--source", "demo", "--mic", "demo", "--size", "720p", "--background", "none", "--countdown", "0")
    done = cyclorama("record", path, *big, "--duration", "60", "--crf", "8")
    done.failed(5, "No space left on device", "free some space")
    assert [item.name for item in small_disk.iterdir()] == [path.name]
    picture, sound = lengths(path)
    assert picture > 0.2
    assert sound == pytest.approx(picture, abs=1)


@pytest.fixture
def sound_card() -> Iterator[Any]:
    """A microphone that clicks."""
    if shutil.which("pulseaudio") is None:
        pytest.skip("needs PulseAudio and ALSA's plugins (Debian: pulseaudio, libasound2-plugins)")
    spec = importlib.util.spec_from_file_location("sound_card", Path(__file__).with_name("sound_card.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder:
        card = module.SoundCard(Path(folder))
        yield card
        card.close()


def in_the_studio(card: Any, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """A recording of flashes and of the sound card's clicks, both at whole seconds of the same clock."""
    return subprocess.Popen(
        [sys.executable, "-c", STUDIO, *arguments],
        cwd=folder,
        env=environment(PYTHONPATH=str(Path(__file__).parents[1]), **card.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_real_microphone_is_in_step_with_the_picture(sound_card: Any, tmp_path: Path, watched: ModuleType) -> None:
    process = in_the_studio(sound_card, tmp_path, "talk.mp4", "--countdown", "1", "--duration", "5")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "pulse" in out
    seen = watched.watch(tmp_path / "talk.mp4")
    inside = seen.off_ms[(seen.flashes > 0.5) & (seen.flashes < 4.5)]
    assert len(inside) >= 3
    assert abs(np.median(inside)) < 40, seen.off_ms
    assert np.abs(inside).min() < 15, "on a busy machine the first white picture of a flash may be missing, not of all"


def test_a_microphone_unplugged_in_the_middle_leaves_silence_and_is_named(
    sound_card: Any, tmp_path: Path, watched: ModuleType
) -> None:
    process = in_the_studio(
        sound_card, tmp_path, "talk.mp4", "--countdown", "0", "--duration", "5", "--stats", "s.jsonl"
    )
    wait_recording(tmp_path / "s.jsonl")
    time.sleep(1.5)
    sound_card.unplug()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "the microphone pulse gives no sound" in out
    assert "the microphone pulse gives no sound" in (tmp_path / "s.jsonl").read_text()
    seen = watched.watch(tmp_path / "talk.mp4")
    assert 1 <= len(seen.clicks) <= 4
    assert len(seen.flashes) >= 4
    assert seen.sound_s == pytest.approx(5, abs=0.3)
