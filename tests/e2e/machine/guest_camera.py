"""Runs inside the machine: what the camera source does with vivid's played webcams, as JSON in $OUT/result.json."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from marked import Command

from cyclorama.capture.base import Source
from cyclorama.capture.open import open_source
from cyclorama.cli import app
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame
from cyclorama.settings.values import CaptureSettings

DRIVER = Path("/sys/bus/platform/drivers/vivid")
HOLD = ["v4l2-ctl", "-d", "/dev/video0", "--stream-mmap", "--stream-count=100000"]
LOOPBACK = "/dev/video10"
FEED = [
    "ffmpeg", "-v", "quiet", "-re", "-f", "lavfi", "-i", "color=c=#c83c28:s=320x240:r=15", "-c:v", "mjpeg",
    "-q:v", "2", "-pix_fmt", "yuvj420p", "-f", "v4l2", LOOPBACK,
]  # fmt: skip
WANTED = CaptureSettings(size_wh=(640, 360), fps=15)


def read(text: str, count: int, wanted: CaptureSettings = WANTED) -> tuple[dict[str, object], list[Frame]]:
    """The first frames of a source, and what it says of itself."""
    begin = time.monotonic()
    with open_source(text, wanted, live=True) as source:
        opened_s = time.monotonic() - begin
        frames = list(itertools.islice(source.frames(threading.Event()), count))
        info = source.info
    between_s = [(b.captured_ns - a.captured_ns) / 1e9 for a, b in itertools.pairwise(frames)]
    said = {"name": info.name, "size": info.size_wh, "mode": info.mode, "live": info.live}
    timed = {"opened in s": round(opened_s, 2), "between in s": [round(gap, 3) for gap in between_s]}
    return {**said, **timed, "sizes": [f.size_wh for f in frames], "seqs": [f.seq for f in frames]}, frames


def error_of(text: str) -> str:
    try:
        read(text, 1)
    except CaptureError as error:
        return str(error)
    return ""


def bars(frame: Frame) -> list[list[int]]:
    """The colours of vivid's eight bars, BGR, low in the picture, where it writes no text."""
    width, height = frame.size_wh
    return [frame.pixels[height * 3 // 4, width * (2 * index + 1) // 16].tolist() for index in range(8)]


def wait(condition: Callable[[], object], timeout_s: float = 60) -> float:
    """Wait for ``condition``; returns how long that took, in seconds."""
    begin = time.monotonic()
    while not condition() and time.monotonic() - begin < timeout_s:
        time.sleep(0.02)
    return round(time.monotonic() - begin, 2)


class Watched:
    """A source that a thread reads, as a session does."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.seqs: list[int] = []
        self.times: list[float] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._read)

    def _read(self) -> None:
        for frame in self.source.frames(self.stop):
            self.seqs.append(frame.seq)
            self.times.append(time.monotonic())

    @property
    def fault(self) -> str | None:
        return getattr(self.source, "fault", None)

    def more(self, count: int = 3) -> bool:
        """Whether ``count`` frames come from now on."""
        begin = len(self.seqs)
        wait(lambda: len(self.seqs) >= begin + count)
        return len(self.seqs) >= begin + count


@contextmanager
def watched(text: str, result: dict[str, object]) -> Iterator[Watched]:
    with open_source(text, WANTED, live=True) as source:
        watch = Watched(source)
        watch.thread.start()
        try:
            yield watch
        finally:
            begin = time.monotonic()
            watch.stop.set()
            watch.thread.join(10)
            result["stopped in s"] = round(time.monotonic() - begin, 2)
    result["closed in s"] = round(time.monotonic() - begin, 2)
    result["rising"] = all(a < b for a, b in itertools.pairwise(watch.seqs))


@contextmanager
def running(
    command: list[str], stdin: int = subprocess.DEVNULL, stderr: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Another program, killed at the end whatever happens."""
    process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def unplug_and_plug_in() -> dict[str, object]:
    """Take the camera away under a running source, and bring it back."""
    result: dict[str, object] = {}
    with watched("/dev/video0", result) as watch:
        watch.more()
        (DRIVER / "unbind").write_text("vivid.0")
        result["noticed after s"] = wait(lambda: watch.fault)
        result["fault"] = watch.fault
        time.sleep(1)
        result["fault meanwhile"] = watch.fault
        (DRIVER / "bind").write_text("vivid.0")
        begin, lost_at = time.monotonic(), len(watch.seqs)
        result["came back"] = watch.more()
        result["back after s"] = round(watch.times[lost_at] - begin, 2)
        result["fault after"] = watch.fault
    return result


def plug_in_under_another_number() -> dict[str, object]:
    """Another program keeps the lost device's number occupied."""
    result: dict[str, object] = {}
    with watched("0", result) as watch:
        watch.more()
        with running(["sleep", "100"], os.open("/dev/video0", os.O_RDWR)):
            (DRIVER / "unbind").write_text("vivid.0")
            wait(lambda: watch.fault)
            (DRIVER / "bind").write_text("vivid.0")
            result["came back"] = watch.more()
            result["nodes"] = sorted(path.name for path in Path("/dev").glob("video?"))
    (DRIVER / "unbind").write_text("vivid.0")
    (DRIVER / "bind").write_text("vivid.0")
    return result


def virtual_camera() -> dict[str, object]:
    """A camera that a program feeds: none, feeding, stalled, feeding again, and stop while it is stalled."""
    result: dict[str, object] = {}
    subprocess.run(["modprobe", "v4l2loopback", "video_nr=10", "card_label=phone", "exclusive_caps=1"], check=True)
    result["no writer"] = error_of("phone")
    with running(FEED) as writer:
        deadline = time.monotonic() + 30
        while error_of("phone") and time.monotonic() < deadline:
            time.sleep(0.2)
        result["read"], frames = read("phone", 3)
        result["colour"] = frames[-1].pixels[120, 160].tolist()
        with watched(LOOPBACK, result) as watch:
            watch.more()
            writer.send_signal(signal.SIGSTOP)
            result["stall noticed after s"] = wait(lambda: watch.fault)
            result["fault"] = watch.fault
            writer.send_signal(signal.SIGCONT)
            result["came back"] = watch.more()
            writer.send_signal(signal.SIGSTOP)
            wait(lambda: time.monotonic() - watch.times[-1] > 1)
    return result


def is_back(lines: list[dict[str, Any]]) -> bool:
    """Whether the newest statistics have no fault, and more frames than the last that said that the camera was gone."""
    gone = [line["frames"] for line in lines if "is gone" in str(line["fault"])]
    return lines[-1]["fault"] is None and lines[-1]["frames"] > gone[-1]


def session(live: Command) -> dict[str, object]:
    """The command, with the camera unplugged in the middle. In emulation the network is too slow: it is left out."""
    stats = Path("/tmp/stats.jsonl")
    options = ("--size", "320x180", "--fps", "10", "--duration", "300", "--stats", str(stats))

    def told() -> list[dict[str, Any]]:
        return [json.loads(line) for line in stats.read_text().splitlines()] if stats.exists() else []

    live.begin("live", "--source", "vivid-000", "--to", "null", "--background", "none", *options)
    wait(lambda: len(told()) >= 2)
    (DRIVER / "unbind").write_text("vivid.0")
    wait(lambda: sum(1 for line in told() if "is gone" in str(line["fault"])) >= 2)
    (DRIVER / "bind").write_text("vivid.0")
    wait(lambda: is_back(told()))
    status, *printed = live.interrupt()
    lines = told()
    kept = [{key: line[key] for key in ("seconds", "frames", "cards", "fault", "capture_mode")} for line in lines]
    return {"status": status, "printed": "".join(printed)[-2000:], "stats": kept}


def check() -> dict[str, object]:
    result: dict[str, object] = {}
    live = Command("session")
    with redirect_stdout(io.StringIO()) as printed:
        app.run(["devices", "--json"])
    result["devices"] = json.loads(printed.getvalue())["cameras"]
    result["by index"], frames = read("0", 5)
    result["bars"] = bars(frames[-1])
    result["by path"], _ = read("/dev/video1", 2)
    result["by name"], _ = read("vivid-001", 2)
    result["another size"], _ = read("0", 2, CaptureSettings(size_wh=(123, 45), fps=30))
    result["missing"] = error_of("7")
    result["no such name"] = error_of("elgato")
    with running(HOLD, stderr=subprocess.PIPE) as holder:
        assert holder.stderr is not None
        holder.stderr.read(1)  # it marks each picture that it gets
        result["busy"] = error_of("/dev/video0")
    result["after the holder"] = error_of("/dev/video0")
    result["unplugged"] = unplug_and_plug_in()
    result["another number"] = plug_in_under_another_number()
    result["virtual"] = virtual_camera()
    result["session"] = session(live)
    return result


if __name__ == "__main__":
    out = Path(os.environ["OUT"])
    noise = out / "noise.txt"
    os.dup2(os.open(noise, os.O_WRONLY | os.O_CREAT), 2)
    found = check()
    (out / "result.json").write_text(json.dumps({**found, "noise": noise.read_text()}, indent=1))
