"""Used inside the machine: pictures that say which they are, where they are shown, and a search for the room in them.

vivid's colour bars are the room, and one of them is green. The "person" is a box over bars of other colours, in which
the number of each frame is written as black and white blocks before anything else sees it. Nothing but the room is
green: a green pixel in what a consumer receives is the room.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np

from cyclorama.background.opening import open_background
from cyclorama.capture.open import open_source
from cyclorama.cli import app
from cyclorama.cli.signals import protected
from cyclorama.compose.compositor import Compositor
from cyclorama.core.frames import U8, Frame, Matte
from cyclorama.pipeline.runtime.parts import SessionContext, SessionParts
from cyclorama.pipeline.runtime.session import Session
from cyclorama.settings.values import CaptureSettings, ComposeSettings
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.virtual_camera.camera import VirtualCameraSink

NEWER_DRIVER = Path("/lib/modules") / os.uname().release / "newer-v4l2loopback"
DEVICE = "/dev/video10"
SIZE_WH = (320, 180)
FPS = 10
BACKGROUND, BACKGROUND_BGR = "color:#803020", (0x20, 0x30, 0x80)
BOX = (slice(90, 180), slice(4, 116))
"""Over vivid's bars of grey, yellow and cyan: the person."""
LATELY = 300
"""Frames whose time of capture is remembered."""
BITS, BLOCK_WH = 14, (6, 10)
CODE_XY = (10, 100)
"""With its two marks at the start and the parity at the end it lies within the box."""
YELLOW_XY, YELLOW_BGR = (60, 160), (0, 190, 190)
CYAN_XY, CYAN_BGR = (100, 160), (190, 190, 0)


def mark(frame: Frame) -> Frame:
    """Write the frame's number into the person."""
    pixels = frame.pixels.copy()
    (x, y), (width, height) = CODE_XY, BLOCK_WH
    bits = [True, False, *(bool(frame.seq >> bit & 1) for bit in range(BITS))]
    for index, bit in enumerate([*bits, (frame.seq % (1 << BITS)).bit_count() % 2 == 0]):
        pixels[y : y + height, x + index * width : x + (index + 1) * width] = 235 if bit else 16
    return replace(frame, pixels=pixels)


def read_mark(pixels: U8) -> int | None:
    """The number that is written in a picture; None where there is none."""
    (x, y), (width, height) = CODE_XY, BLOCK_WH
    levels = [int(pixels[y + height // 2, x + index * width + width // 2, 1]) for index in range(BITS + 3)]
    if not all(level < 60 or level > 190 for level in levels):
        return None
    first, second, *bits, even = [level > 190 for level in levels]
    number = sum(bit << place for place, bit in enumerate(bits))
    return number if first and not second and even == (number.bit_count() % 2 == 0) else None


def room(pixels: U8) -> int:
    """How many pixels show the room."""
    blue, green, red = (pixels[..., channel].astype(np.int16) for channel in range(3))
    return int(np.count_nonzero((green > 120) & (blue < 90) & (red < 90)))


def look_at(pixels: U8) -> tuple[float, int | None, int, dict[str, list[int]]]:
    """When a picture came, its number, how much of the room it shows, and the colours at some places, BGR."""
    number = read_mark(pixels)
    places = {"background": (300, 20)} | ({"yellow": YELLOW_XY, "cyan": CYAN_XY} if number is not None else {})
    return time.monotonic(), number, room(pixels), {name: pixels[y, x].tolist() for name, (x, y) in places.items()}


@dataclass
class Received:
    """What one consumer got: the number (None = the card), when, and the worst that was found in any picture."""

    numbers: list[int | None] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    room: int = 0
    colours: dict[str, list[int]] = field(default_factory=dict)

    def note(self, time_s: float, number: int | None, room: int, colours: dict[str, list[int]]) -> None:
        """One more picture, as ``look_at`` describes it."""
        self.room = max(self.room, room)
        self.colours.update(colours)
        self.times.append(time_s)
        self.numbers.append(number)

    def numbered(self, since: int = 0) -> list[int]:
        """The numbers without the cards, from picture ``since`` on."""
        return [number for number in self.numbers[since:] if number is not None]

    def summary(self) -> dict[str, object]:
        """What tests look at."""
        span_s = self.times[-1] - self.times[0] if len(self.times) > 1 else 0.0
        numbers = self.numbered()
        return {
            "pictures": len(self.numbers),
            "cards": self.numbers.count(None),
            "fps": round((len(self.times) - 1) / span_s, 3) if span_s else 0.0,
            "ordered": numbers == sorted(numbers),
            "room": self.room,
            "colours": self.colours,
        }


class Program:
    """Another program, which begins when it is told to: a fork of this one, since Python takes ten seconds to start in
    emulation. To be made before anything else runs here."""

    def __init__(self, main: Callable[[Connection], None]) -> None:
        """``main``: what it runs, with its end of the connection."""
        fork = multiprocessing.get_context("fork")
        self.connection, theirs = fork.Pipe()
        self._process = fork.Process(target=_run, args=(main, theirs), daemon=True)
        self._process.start()
        theirs.close()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def begin(self) -> None:
        """Have it begin."""
        self.connection.send(None)

    def end(self, by: signal.Signals = signal.SIGKILL, *, within_s: float = 20) -> int | None:
        """End it with a signal; returns its exit code."""
        os.kill(self.pid, by)
        self._process.join(within_s)
        return self._process.exitcode


class Command:
    """The command ``cyclorama``, in a process of its own that has its libraries already: see Program."""

    def __init__(self, name: str) -> None:
        """``name``: of the files in which it prints."""
        self._out, self._err = (Path(f"/tmp/{name}.{kind}") for kind in ("out", "err"))
        self._program = Program(self._main)

    def begin(self, *words: str) -> None:
        """Run it with these arguments."""
        self._program.begin()
        self._program.connection.send(words)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self._program.pid, number)

    def interrupt(self) -> tuple[int | None, str, str]:
        """End it as Ctrl-C does; returns its exit code, and what it printed on stdout and stderr."""
        code = self._program.end(signal.SIGINT, within_s=200)
        return code, self._out.read_text(), self._err.read_text()

    def _main(self, connection: Connection) -> None:
        for descriptor, path in ((1, self._out), (2, self._err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        sys.argv = ["cyclorama", *connection.recv()]
        protected(app.main)


def _run(main: Callable[[Connection], None], connection: Connection) -> None:
    with suppress(EOFError, KeyboardInterrupt):
        connection.recv()
        main(connection)


class Viewer:
    """Another program that opens the virtual camera when it is told to, and reads it with read(2).

    A process of its own: the session's own handles on the device do not count as somebody who watches.
    """

    def __init__(self) -> None:
        self.received = Received()
        self.opened_at = self.closed_at = 0.0
        self._program = Program(view)
        self._program.begin()
        self._ended = False
        self._thread = threading.Thread(target=self._listen)

    def _listen(self) -> None:
        while not self._ended:
            if self._program.connection.poll(0.1):
                said = self._program.connection.recv()
                if isinstance(said, tuple):
                    self.received.note(*said)
                else:
                    vars(self).update(said)

    def open(self, device: str = DEVICE) -> Received:
        """Open the device; returns what will be received, while it is."""
        if not self._thread.ident:
            self._thread.start()
        self.received = Received()
        self.opened_at = self.closed_at = 0.0
        self._program.connection.send(device)
        wait(lambda: self.opened_at)
        return self.received

    def close(self) -> dict[str, object]:
        """Close the device; returns what was received."""
        self._program.connection.send(None)
        wait(lambda: self.closed_at)
        return self.received.summary()

    def end(self) -> None:
        """End the program."""
        self._ended = True
        if self._thread.ident:
            self._thread.join()
        self._program.end()


def view(connection: Connection) -> None:
    """The viewer's own process: opens the device that it is told, and closes it at None."""
    while (device := connection.recv()) is not None:
        stop = threading.Event()
        connection.send({"opened_at": time.monotonic()})
        reader = threading.Thread(target=read_device, args=(device, stop, connection))
        reader.start()
        connection.recv()
        stop.set()
        reader.join()


def read_device(device: str, stop: threading.Event, connection: Connection) -> None:
    width, height = SIZE_WH
    length = width * height * 3 // 2
    handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    while not stop.is_set():
        data = b""
        with suppress(OSError):  # nothing new yet, or nobody writes
            data = os.read(handle, length)
        if len(data) < length:
            time.sleep(0.005)
            continue
        i420 = np.frombuffer(data, np.uint8).reshape(height * 3 // 2, width)
        connection.send(look_at(np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420), np.uint8)))
    os.close(handle)
    connection.send({"closed_at": time.monotonic()})


class Keyed:
    """A network that knows where the person is."""

    def __init__(self) -> None:
        self.captured: dict[int, int] = {}

    def coarse(self, frame: Frame) -> Matte:
        alpha = np.zeros(frame.pixels.shape[:2], np.uint8)
        alpha[BOX] = 255
        self.captured[frame.seq] = frame.captured_ns
        self.captured.pop(frame.seq - LATELY, None)
        return Matte(alpha, frame.seq, 0)

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        return matte

    def reset(self) -> None:
        pass


@contextmanager
def session(*, fps: int = FPS, on_demand: bool = True) -> Iterator[Session]:
    """A session of the package's own parts, from vivid to the virtual camera at ``fps``."""
    compositor = Compositor(open_background(BACKGROUND), ComposeSettings(light_wrap=0.0), SIZE_WH)
    live = Session(
        SessionParts(
            open_source("/dev/video0", CaptureSettings(size_wh=SIZE_WH, fps=FPS), live=True),
            Keyed(),
            compositor,
            compositor.card(time.monotonic_ns(), "starting", 0.0),
            mark,
        ),
        [VirtualCameraSink()],
        OutputFormat(SIZE_WH, Fraction(fps)),
        SessionContext(on_demand=on_demand),
    )
    try:
        live.start()
        yield live
    finally:
        live.close()
        compositor.close()


def wait(condition: Callable[[], object], timeout_s: float = 60) -> float:
    """Wait for ``condition``; returns how long that took in seconds (``timeout_s`` where it never came)."""
    begin = time.monotonic()
    while not condition() and time.monotonic() - begin < timeout_s:
        time.sleep(0.01)
    return round(time.monotonic() - begin, 2)


def load(*, exclusive: int = 1, devices: str = "10", labels: str = "cyclorama", newer: bool = False) -> None:
    """Load the virtual camera's driver anew, or a newer one."""
    subprocess.run(["modprobe", "-r", "v4l2loopback"], check=False, capture_output=True)
    options = [f"video_nr={devices}", f"card_label={labels}", f"exclusive_caps={exclusive}"]
    command = ["insmod", str(NEWER_DRIVER)] if newer else ["modprobe", "v4l2loopback"]
    subprocess.run([*command, *options], check=True)


def play_room() -> None:
    """One camera that shows vivid's colour bars alone."""
    subprocess.run(["modprobe", "-r", "vivid"], check=True)
    options = ["n_devs=1", "node_types=0x1", "input_types=0x0", "vid_cap_nr=0"]
    subprocess.run(["modprobe", "vivid", *options], check=True)
    no_text()


def no_text() -> None:
    """Have vivid write nothing over its colour bars."""
    subprocess.run(["v4l2-ctl", "-d", "/dev/video0", "-c", "osd_text_mode=2"], check=True)
