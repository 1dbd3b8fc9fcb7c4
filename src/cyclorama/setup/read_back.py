"""Write a card to a virtual camera of Linux and read it back, as a program in a call would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fractions import Fraction

from cyclorama.compose.card import checking_card, shows_card
from cyclorama.core.errors import CycloramaError, SinkError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.core.v4l2 import IDLE_USERS
from cyclorama.sinks.pixels import to_i420
from cyclorama.sinks.virtual_camera.linux import find_device
from cyclorama.sinks.virtual_camera.pipewire.reader import PipeWireReader
from cyclorama.sinks.virtual_camera.pipewire.stream import TITLE, CameraStream
from cyclorama.sinks.virtual_camera.v4l2_writer import LoopbackWriter
from cyclorama.sinks.virtual_camera.v4l2loopback import fixed_size, list_virtual_cameras

SIZE_WH = (640, 360)
FPS = Fraction(30)
PATIENCE_S = 6.0
"""For the card to come out; the first picture of a session manager that has just started takes a second."""
NODE_S = 3.0
"""For the system to make the device file of a module that has just been loaded, and to give it its rights."""
NODE = "cyclorama-setup"
"""A camera of its own, beside that of a session that may be running."""
NOTHING_CAME = "nothing of what is written to it comes out"
ANOTHER_CAME = "another picture comes out of it than the one that is written to it"


@dataclass(frozen=True, slots=True)
class Checked:
    """A virtual camera. ``problem``: why a program would not see what is written to it; empty where it would.
    ``in_use``: another program writes to it, so that it could not be tried."""

    camera: str
    problem: str = ""
    in_use: bool = False

    @property
    def works(self) -> bool:
        """Whether a call can take it, as far as is known."""
        return self.in_use or not self.problem


def check_loopback(device: str | None, label: str) -> Checked:
    """The device ``device``, else one with ``label``, else the first that is free. Changes nothing that lasts."""
    try:
        path = _wait_for_device(device, label)
        size_wh = fixed_size(path) or SIZE_WH
        with closing(LoopbackWriter(path, size_wh, FPS)) as writer:
            problem = _problem(writer.send, size_wh, lambda stop: _from_loopback(path, size_wh, stop))
    except CycloramaError as error:
        return Checked(device or "v4l2loopback", str(error), _in_use(device, label))
    return Checked(path, problem)


def check_pipewire() -> Checked:
    """A camera of PipeWire, which is there for the moment."""
    try:
        with CameraStream(SIZE_WH, FPS, NODE) as stream:
            problem = _problem(lambda i420: stream.show(i420, 0), SIZE_WH, _from_pipewire)
    except CycloramaError as error:
        return Checked(f"{TITLE} (PipeWire)", str(error))
    return Checked(f"{TITLE} (PipeWire)", problem and f"{problem}: does PipeWire's session manager run (WirePlumber)?")


def _problem(
    send: Callable[[U8], None], size_wh: SizeWH, read: Callable[[threading.Event], Generator[U8 | None]]
) -> str:
    """What keeps the card from coming out; empty where it does."""
    card = checking_card(size_wh)
    deadline_s = time.monotonic() + PATIENCE_S
    problem = NOTHING_CAME
    with _written(send, to_i420(card)) as stop, closing(read(stop)) as pictures:
        for pixels in pictures:
            if pixels is not None and shows_card(pixels, card):
                return ""
            problem = problem if pixels is None else ANOTHER_CAME
            if time.monotonic() > deadline_s:
                break
    return problem


@contextmanager
def _written(send: Callable[[U8], None], i420: U8) -> Iterator[threading.Event]:
    """Write one picture again and again, in a thread, until the end of the block or the event that it gives."""
    send(i420)  # a v4l2loopback device is no camera before
    stop = threading.Event()
    failed: list[SinkError] = []

    def write() -> None:
        try:
            while not stop.wait(float(1 / FPS)):
                send(i420)
        except SinkError as error:
            failed.append(error)
            stop.set()

    thread = threading.Thread(target=write, name="setup-card")
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()
    if failed:
        raise failed[0]


def _from_loopback(path: str, size_wh: SizeWH, stop: threading.Event) -> Generator[U8 | None]:
    from cyclorama.capture.camera import CameraSource

    with CameraSource(path, size_wh, float(FPS)) as source:
        for frame in source.frames(stop):
            yield frame.pixels


def _from_pipewire(stop: threading.Event) -> Generator[U8 | None]:
    with PipeWireReader(SIZE_WH, FPS, NODE) as reader:
        while not stop.wait(float(1 / FPS)):
            yield reader.read()


def _in_use(device: str | None, label: str) -> bool:
    """Whether another program has the device that was to be tried open for more than to list it."""
    cameras = list_virtual_cameras()
    labelled = [camera for camera in cameras if camera.name == label] or cameras
    tried = labelled if device is None else [camera for camera in cameras if camera.path == device]
    users = (user.split()[0] for camera in tried for user in camera.users)
    return any(user not in IDLE_USERS for user in users)


def _wait_for_device(device: str | None, label: str) -> str:
    """Raises SinkError: there is none, or none is free."""
    deadline_s = time.monotonic() + NODE_S
    while True:
        try:
            labelled = any(label == camera.name for camera in list_virtual_cameras())
            return find_device(device or (label if labelled else None))
        except SinkError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.1)
