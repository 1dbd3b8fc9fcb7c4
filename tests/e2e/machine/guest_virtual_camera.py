"""Runs inside the machine: what the virtual camera sink does on a real v4l2loopback, as JSON in $OUT/result.json."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from marked import Program

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.virtual_camera.camera import VirtualCameraSink
from cyclorama.sinks.virtual_camera.v4l2loopback import list_virtual_cameras

DEVICE = "/dev/video10"
SIZE = (320, 240)
COLOUR_BGR = (40, 60, 200)
READ = ["ffmpeg", "-v", "error", "-f", "v4l2", "-i", DEVICE, "-frames:v", "3"]


def load(exclusive: int, devices: str = "10", labels: str = "cyclorama") -> None:
    subprocess.run(["modprobe", "-r", "v4l2loopback"], check=False, capture_output=True)
    options = [f"video_nr={devices}", f"card_label={labels}", f"exclusive_caps={exclusive}"]
    subprocess.run(["modprobe", "v4l2loopback", *options], check=True)


def composite(size_wh: tuple[int, int]) -> Composite:
    pixels = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
    pixels[:] = COLOUR_BGR
    return Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, 0, 0)


def error_of(action: Callable[[], object]) -> str:
    try:
        action()
    except SinkError as error:
        return str(error)
    return ""


def show(sink: VirtualCameraSink, size_wh: tuple[int, int], stop: threading.Event) -> None:
    picture = composite(size_wh)
    while not stop.wait(1 / 30):
        sink.write(picture)


def read_colour(size_wh: tuple[int, int], device: str | None = None) -> list[float]:
    """Open a sink, let ffmpeg look at it, and return the mean BGR that it saw."""
    stop = threading.Event()
    with VirtualCameraSink(device) as sink:
        sink.open(OutputFormat(size_wh, Fraction(30)))
        thread = threading.Thread(target=show, args=(sink, size_wh, stop))
        thread.start()
        try:
            seen = subprocess.run([*READ, "-f", "rawvideo", "-pix_fmt", "bgr24", "-"], capture_output=True, timeout=200)
        finally:
            stop.set()
            thread.join()
    pixels = np.frombuffer(seen.stdout, np.uint8)
    width, height = size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2
    assert pixels.size == 3 * width * height * 3, seen.stderr
    return [float(value) for value in pixels.reshape(-1, 3).mean(axis=0)]


def consume() -> subprocess.Popen[bytes]:
    """Another program that reads the camera, once it has had a picture of a writer that has left since."""
    stop = threading.Event()
    with VirtualCameraSink() as sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        thread = threading.Thread(target=show, args=(sink, SIZE, stop))
        thread.start()
        command = [*READ[:-2], "-progress", "pipe:1", "-stats_period", "0.1", "-f", "null", "-"]
        consumer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert consumer.stdout is not None
        for line in consumer.stdout:
            if line.startswith(b"frame=") and int(line.partition(b"=")[2]) > 0:
                break
        stop.set()
        thread.join()
    return consumer


def write(connection: Connection) -> None:
    """Another program that writes to the camera, until it is killed."""
    with VirtualCameraSink(DEVICE) as sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        sink.write(composite(SIZE))
        connection.send("writing")
        show(sink, SIZE, threading.Event())


def begin(writer: Program) -> None:
    """Have it write, and wait until it does."""
    writer.begin()
    writer.connection.recv()


def open_and_close(device: str | None = None, size_wh: tuple[int, int] = SIZE) -> None:
    with VirtualCameraSink(device) as sink:
        sink.open(OutputFormat(size_wh, Fraction(30)))
        sink.write(composite(size_wh))


def check() -> dict[str, object]:
    writer, another = Program(write), Program(write)
    result: dict[str, object] = {"no module": error_of(open_and_close)}

    load(exclusive=1)
    result["listed"] = [[camera.path, camera.name, camera.problem] for camera in list_virtual_cameras()]
    result["colours"] = [read_colour(SIZE) for _ in range(3)]
    result["odd size"] = read_colour((321, 241))
    result["by label"] = error_of(lambda: open_and_close("CYCLO"))
    result["by path"] = error_of(lambda: open_and_close(DEVICE))
    result["unknown"] = error_of(lambda: open_and_close("elsewhere"))

    begin(writer)
    result["busy"] = error_of(open_and_close)
    result["busy with"] = f"({writer.pid})"
    writer.end(signal.SIGKILL)
    result["after a killed writer"] = error_of(open_and_close)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=320x240:r=30", "-frames:v", "5",
         "-pix_fmt", "yuv420p", "-f", "v4l2", DEVICE], check=True, timeout=200,
    )  # fmt: skip
    result["after ffmpeg wrote"] = error_of(open_and_close)

    consumer = consume()
    result["consumer stays, same size"] = error_of(open_and_close)
    result["consumer stays, another size"] = error_of(lambda: open_and_close(size_wh=(640, 480)))
    consumer.kill()
    consumer.wait()
    result["consumer gone, another size"] = error_of(lambda: open_and_close(size_wh=(640, 480)))

    load(exclusive=1, devices="10,11", labels="first,second")
    begin(another)
    with VirtualCameraSink() as sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        result["second of two"] = sink.name
    another.end(signal.SIGKILL)

    load(exclusive=0)
    result["colours without exclusive_caps"] = [read_colour(SIZE) for _ in range(2)]
    return result


if __name__ == "__main__":
    (Path(os.environ["OUT"]) / "result.json").write_text(json.dumps(check(), indent=1))
