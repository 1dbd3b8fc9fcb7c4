"""Runs inside the machine: sessions from vivid to v4l2loopback, and what others receive of them; $OUT/result.json."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from marked import (
    DEVICE,
    SIZE_WH,
    Keyed,
    Program,
    Received,
    Viewer,
    load,
    look_at,
    no_text,
    play_room,
    session,
    wait,
)

from cyclorama.core import v4l2
from cyclorama.sinks.virtual_camera.viewers import DriverTells

DRIVER = Path("/sys/bus/platform/drivers/vivid")
NEWER = "newer"
FAST, RATE_S, STRETCH_S = 30, 30, 5
EVENT_CTRL, BRIGHTNESS = 3, 0x00980900
"""Of linux/videodev2.h and v4l2-controls.h."""
LISTS_CAMERAS = """
import mmap, os, pathlib, sys, time
pathlib.Path("/proc/self/comm").write_text("wireplumber")
handle = os.open(sys.argv[1], os.O_RDWR)
time.sleep(100)
"""


def through_ffmpeg() -> dict[str, object]:
    """Scenario 1: another program receives the pictures; how old each is when it does."""
    received = Received()
    ages_ms: list[float] = []
    width, height = SIZE_WH
    command = ["ffmpeg", "-v", "error", "-f", "v4l2", "-i", DEVICE, "-f", "rawvideo", "-pix_fmt", "bgr24", "-"]
    with session() as live, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ffmpeg:
        engine = live.parts.engine
        assert isinstance(engine, Keyed)
        assert ffmpeg.stdout is not None
        assert ffmpeg.stderr is not None
        while len(received.numbered()) < 80 and (not received.times or received.times[-1] - received.times[0] < 25):
            data = ffmpeg.stdout.read(width * height * 3)
            if len(data) < width * height * 3:
                break
            received.note(*look_at(np.frombuffer(data, np.uint8).reshape(height, width, 3)))
            number = received.numbers[-1]
            if number is not None and number in engine.captured:
                ages_ms.append((time.monotonic_ns() - engine.captured[number]) / 1e6)
        mode = (v4l2.SYSFS / "video10" / "format").read_text().strip()
        dropped = live.dropped
        ffmpeg.kill()
        said = ffmpeg.stderr.read().decode()
    later = sorted(ages_ms[20:])
    steady = Received(received.numbers[20:], received.times[20:])
    return {
        **received.summary(),
        "fps": steady.summary()["fps"],
        "format": mode,
        "latency ms": [round(later[len(later) // 2], 1), round(later[-1], 1)] if later else [],
        "said": said,
        "dropped": dropped,
    }


def steady_rate() -> dict[str, object]:
    """What a consumer at 30 fps measures by the driver's own times and numbers; it looks at no pixel.

    Emulation stands still now and then: the session says which beats it missed, and they count as the beat's.
    """
    missed_at: list[float] = []
    with session(fps=FAST) as live:
        count = live.metrics.count

        def noting(what: str) -> None:
            if what == "missed ticks":
                missed_at.append(time.monotonic())
            count(what)

        live.metrics.count = noting  # type: ignore[method-assign]
        frames = FAST * (RATE_S + 3)  # it comes to a session that is idle: what it gets at first comes seldom
        command = ["v4l2-ctl", "-d", DEVICE, "--verbose", "--stream-mmap", f"--stream-count={frames}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=2 * RATE_S + 60, check=True)
    got = [
        (int(number), float(at))
        for number, at in re.findall(r"seq: *(\d+) .*?ts: *([\d.]+)", done.stdout + done.stderr)
    ]
    got = [(number, at) for number, at in got if got[-1][1] - at <= RATE_S]
    (first, begin_s), (last, end_s) = got[0], got[-1]
    span_s = end_s - begin_s
    missed = sum(begin_s < at <= end_s + 1 / FAST for at in missed_at)
    stretches = [
        [at for _, at in got if 0 <= at - begin_s - start <= STRETCH_S] for start in range(0, RATE_S, STRETCH_S)
    ]
    return {
        "seconds": round(span_s, 2),
        "fps": round((len(got) - 1) / span_s, 3),
        "fps of 5 s": [round((len(times) - 1) / (times[-1] - times[0]), 3) for times in stretches],
        "missed": missed,
        "lost": last - first - (len(got) - 1),
        "beat": round((last - first + missed) / span_s, 3),
    }


def consumer_first(viewer: Viewer, writers: dict[str, Program], newer: bool) -> dict[str, object]:
    """Scenario 3: who reads opens the device before anybody writes, and stays while writers come, go and are killed.

    The newer driver keeps its format for whoever tried to read before there was a picture: there the writer is first.
    """
    result: dict[str, object] = {}
    load(newer=newer)
    if newer:
        writers["first"].begin()
        wait(lambda: (v4l2.SYSFS / "video10" / "state").read_text().strip() == "capture", 60)
    received = viewer.open()
    for kind, writer in writers.items():
        since = len(received.numbers)
        if not (newer and kind == "first"):
            writer.begin()
        result[f"{kind}: pictures after s"] = wait(lambda since=since: len(received.numbered(since)) >= 10, 40)
        numbers = received.numbered(since)
        result[f"{kind}: ordered"] = len(numbers) >= 10 and numbers == sorted(numbers)
        result[f"{kind}: begins with"] = received.numbers[since : since + 1]
        writer.end(signal.SIGKILL if kind == "restarted" else signal.SIGINT)
    return {**viewer.close(), **result}


def unplugged(viewer: Viewer) -> dict[str, object]:
    """Scenario 4: the camera is taken away in the middle of a call and comes back."""
    result: dict[str, object] = {}
    with session() as live:
        received = viewer.open()
        wait(lambda: len(received.numbered()) >= 10)
        (DRIVER / "unbind").write_text("vivid.0")
        result["card after s"] = wait(lambda: received.numbers[-5:] == [None] * 5)
        result["fault"] = live.fault
        time.sleep(1)
        result["fault meanwhile"] = live.fault
        cards = len(received.numbers)
        (DRIVER / "bind").write_text("vivid.0")
        no_text()
        result["picture after s"] = wait(lambda: len(received.numbered(cards)) >= 5)
        result["fault after"] = live.fault
        return {**viewer.close(), **result}


def nobody_watches(viewer: Viewer, other: Viewer) -> dict[str, object]:
    """Scenario 6: viewers come and go."""
    result: dict[str, object] = {}
    came = []
    with session() as live:
        result["how"] = live.on_demand
        result["released after s"] = wait(lambda: live.idle and not camera_is_on())
        time.sleep(0.5)
        result["idle cpu"] = cpu_of(2.0)
        for _ in range(3):
            received = viewer.open()
            wait(received.numbered)
            result["busy cpu"] = cpu_of(1.0)
            seen = viewer.close()
            first = next(index for index, number in enumerate(received.numbers) if number is not None)
            seen["begins with"] = received.numbers[0]
            seen["card after s"] = round(received.times[0] - viewer.opened_at, 2)
            seen["picture after s"] = round(received.times[first] - viewer.opened_at, 2)
            released_s = wait(lambda: live.idle and not camera_is_on())
            time.sleep(1.5)  # at ten a second: until the card has taken the place of all pictures that the driver keeps
            came.append({**seen, "released after s": released_s})
        result["came"] = came
        both = viewer.open(), other.open()
        wait(lambda: both[0].numbered() and both[1].numbered(), 4)  # the newer driver lets one read after the other
        viewer.close()
        time.sleep(2.5)
        since = len(both[1].numbers)
        wait(lambda: len(both[1].numbered(since)) >= 3)
        result["idle with one of two left"] = live.idle
        result["the one left"] = {**other.close(), "went on": len(both[1].numbered(since)) >= 3}
        wait(lambda: live.idle)
        lists = subprocess.Popen([sys.executable, "-c", LISTS_CAMERAS, DEVICE])
        wait(lambda: any("wireplumber" in user for user in v4l2.holders(DEVICE)))
        time.sleep(1)
        result["idle with wireplumber"] = live.idle
        lists.kill()
        lists.wait()
    return result


def events() -> dict[str, object]:
    """The kernel's events as newer drivers send them, by one that vivid knows; this loopback driver has none."""
    handle = os.open("/dev/video0", os.O_RDONLY | os.O_NONBLOCK)
    queued = []
    for _ in range(2):
        v4l2.subscribe(handle, EVENT_CTRL, BRIGHTNESS)
        queued.append(v4l2.queued_events(handle))
    os.close(handle)
    try:
        DriverTells(DEVICE).close()
    except OSError as error:
        return {"queued": queued, "refused": errno.errorcode[error.errno or 0]}
    return {"queued": queued, "refused": ""}


def camera_is_on() -> bool:
    """Whether this process holds the real camera."""
    return any(os.path.realpath(handle) == "/dev/video0" for handle in Path("/proc/self/fd").iterdir())


def cpu_of(seconds: float) -> float:
    """This process's use of the processor, in cores."""
    begin = time.process_time()
    time.sleep(seconds)
    return round((time.process_time() - begin) / seconds, 4)


def write(connection: Connection) -> None:
    """The writer of scenario 3: a session until it is told to stop."""
    with session(on_demand=False):
        time.sleep(100)


def main(newer: bool) -> None:
    writers = {kind: Program(write) for kind in ("first", "restarted", "after a kill")}
    load(newer=newer)
    play_room()
    viewer, other = Viewer(), Viewer()
    scenarios: dict[str, Callable[[], dict[str, object]]] = {
        "1 ffmpeg": through_ffmpeg,
        "1 rate": steady_rate,
        "3 consumer first": lambda: consumer_first(viewer, writers, newer),
        "4 unplugged": lambda: unplugged(viewer),
        "events": events,
        "6 on demand": lambda: nobody_watches(viewer, other),
    }
    if newer:
        scenarios = {name: scenarios[name] for name in ("1 ffmpeg", "3 consumer first", "6 on demand")}
    found = {}
    try:
        for name, scenario in scenarios.items():
            begin_s = time.monotonic()
            found[name] = scenario()
            found[name]["took s"] = round(time.monotonic() - begin_s, 1)
            print(name, json.dumps(found[name]), flush=True)
    finally:
        viewer.end()
        other.end()
    (Path(os.environ["OUT"]) / "result.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(newer=sys.argv[1:] == [NEWER])
