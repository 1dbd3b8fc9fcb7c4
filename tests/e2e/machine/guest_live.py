"""Runs inside the machine: the command ``cyclorama live`` itself, by what others receive; JSON in $OUT/result.json.

In the first call vivid shows nothing but green, the room's colour, and the real network has to find nobody in it; with
auto-framing, which has to find no face; and the user goes away and comes back.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from marked import DEVICE, SIZE_WH, Command, Received, Viewer, load, play_room, wait

GREEN, BARS = 8, 0
"""Numbers of vivid's test patterns."""
SECOND = "/dev/video11"
BACKGROUND, AWAY = (0x20, 0x30, 0x80), (0xA0, 0x60, 0x10)
"""BGR."""


def live(command: Command, *options: str) -> None:
    command.begin("live", "--source", "vivid-000", "--json", *options)


def end(command: Command) -> dict[str, object]:
    """Stop it as Ctrl-C does; what it said at last, and how it ended."""
    code, out, err = command.interrupt()
    report = json.loads(out) if out else {}
    kept = {key: report.get(key) for key in ("frames", "cards", "on_demand", "model", "provider", "capture_mode")}
    return {**kept, "exit code": code, "said": err[-1500:]}


def show(pattern: int) -> None:
    subprocess.run(["v4l2-ctl", "-d", "/dev/video0", "-c", f"test_pattern={pattern}"], check=True)


def with_the_network(command: Command, viewer: Viewer) -> dict[str, object]:
    show(GREEN)
    options = ("--size", "320x180", "--fps", "5", "--background", "color:#803020", "--quality", "fast")
    live(command, "--to", "camera:first", "--frame", "auto", "--away", "color:#1060a0", *options)
    format_file = Path("/sys/class/video4linux/video10/format")
    wait(lambda: format_file.read_text().strip(), 200)
    received = viewer.open(DEVICE)
    wait(lambda: len(received.numbers) >= 100, 200)
    mode = format_file.read_text().strip()
    command.signal(signal.SIGUSR1)
    away_s = wait(lambda: shows(received, AWAY))
    time.sleep(1)
    stayed = shows(received, AWAY)
    command.signal(signal.SIGUSR1)
    back_s = wait(lambda: shows(received, BACKGROUND))
    times = {"away after s": away_s, "stayed away": stayed, "back after s": back_s}
    summary = viewer.close()
    return {**summary, "format": mode, **times, **end(command)}


def shows(received: Received, colour: tuple[int, int, int]) -> bool:
    """Whether ``colour`` is what the newest picture shows as its background."""
    seen = received.colours.get("background", [-9, -9, -9])
    return all(abs(a - b) <= 4 for a, b in zip(seen, colour, strict=True))


def portrait(command: Command) -> dict[str, object]:
    """Turned by a quarter, to the second of two devices, by its label; as it is, to compare colours."""
    show(BARS)
    width, height = SIZE_WH[::-1]
    options = ("--size", f"{width}x{height}", "--fps", "5", "--rotate", "90", "--background", "none")
    live(command, "--to", "camera:second", *options)
    wait(lambda: Path("/sys/class/video4linux/video11/format").read_text().strip(), 200)
    time.sleep(1)
    frames = 25  # the card first, since nobody has watched until now
    ffmpeg = ["ffmpeg", "-v", "error", "-f", "v4l2", "-i", SECOND, "-frames:v", str(frames), "-f", "rawvideo"]
    read = subprocess.run([*ffmpeg, "-pix_fmt", "bgr24", "-"], capture_output=True, timeout=200, check=False)
    pixels = np.frombuffer(read.stdout, np.uint8)
    picture = pixels[-width * height * 3 :].reshape(height, width, 3)
    rows = [picture[height * (2 * index + 1) // 16, width // 3].tolist() for index in range(8)]
    mode = Path("/sys/class/video4linux/video11/format").read_text().strip()
    return {"format": mode, "bars": rows, **end(command)}


def main() -> None:
    first, second = Command("network"), Command("portrait")
    load(devices="10,11", labels="first,second")
    play_room()
    viewer = Viewer()
    scenarios: dict[str, Callable[[], dict[str, object]]] = {
        "network": lambda: with_the_network(first, viewer),
        "portrait": lambda: portrait(second),
    }
    found = {}
    try:
        for name, scenario in scenarios.items():
            begin = time.monotonic()
            found[name] = scenario()
            found[name]["took s"] = round(time.monotonic() - begin, 1)
            print(name, json.dumps(found[name]), flush=True)
    finally:
        viewer.end()
    (Path(os.environ["OUT"]) / "result.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
