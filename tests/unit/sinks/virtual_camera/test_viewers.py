"""Whether anybody watches, by both interfaces. On a real kernel: tests/e2e/machine/test_on_demand.py."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cyclorama.core import v4l2
from cyclorama.sinks.virtual_camera import viewers
from cyclorama.sinks.virtual_camera.viewers import DriverTells, HoldersTell, viewers_of

pytestmark = pytest.mark.needs_linux("v4l2loopback is for Linux")
DEVICE = "/dev/video10"


class Driver:
    """A driver of version 0.13: queues its count on every subscription, and whenever it changes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.silent = False
        self.fault: OSError | None = None
        self.queue: list[int] = []
        monkeypatch.setattr(v4l2, "_ask", self.ask)

    def ask(self, handle: int, code: int, question: bytes) -> bytes:
        if self.fault is not None:
            raise self.fault
        if code == v4l2.VIDIOC_UNSUBSCRIBE_EVENT:
            self.queue.clear()
        elif code == v4l2.VIDIOC_SUBSCRIBE_EVENT:
            assert v4l2.SUBSCRIPTION.unpack(question) == (0x10E00001, 0, 1)
            self.queue += [] if self.silent else [self.count]
        elif code == v4l2.VIDIOC_DQEVENT:
            if not self.queue:
                raise OSError(errno.ENOENT, "No such file or directory")
            return v4l2.EVENT.pack(0x10E00001, self.queue.pop(0), *[0] * 13)
        return question


def test_the_numbers_are_those_of_the_kernel() -> None:
    assert v4l2.VIDIOC_SUBSCRIBE_EVENT == 0x4020565A
    assert v4l2.VIDIOC_UNSUBSCRIBE_EVENT == 0x4020565B
    if sys.maxsize > 2**32:
        assert v4l2.VIDIOC_DQEVENT == 0x80885659
        assert v4l2.VIDIOC_S_FMT == 0xC0D05605


def test_a_driver_that_tells(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    device = tmp_path / "video10"
    device.write_bytes(b"")
    driver = Driver(monkeypatch)
    watching = viewers_of(str(device))
    assert watching.how == "as v4l2loopback tells"
    answers = []
    for count in (0, 1, 2, 1, 0, 0, 1):
        driver.count = count
        answers.append(watching.look())
    assert answers == [False, True, True, True, False, False, True]
    driver.silent, driver.queue = True, [1, 2, 1, 0]
    assert watching.look() is False, "of all that happened since, the last counts"
    driver.queue = [0, 1]
    assert watching.look() is True
    driver.queue = [0]
    assert [watching.look(), watching.look()] == [False, False], "the last that was heard stays true"
    driver.fault = OSError(errno.ENODEV, "No such device")
    assert watching.look() is None
    watching.close()
    watching.close()
    assert watching.look() is None


def test_a_driver_that_never_answers_is_not_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    device = tmp_path / "video10"
    device.write_bytes(b"")
    Driver(monkeypatch).silent = True
    watching = DriverTells(str(device))
    assert watching.look() is None
    watching.close()


def test_a_driver_that_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    device = tmp_path / "video10"
    device.write_bytes(b"")
    Driver(monkeypatch).fault = OSError(errno.EINVAL, "Invalid argument")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    assert isinstance(viewers_of(str(device)), HoldersTell)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


class Processes:
    """A /proc of our own. ``hold`` opens the device in a process; ``mapped`` has it map the pictures too."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.references = 2
        self.scans = 0
        self.counts = True
        for own in range(2):
            self.hold(os.getpid(), "cyclorama", own)
        monkeypatch.setattr(v4l2, "PROC", root)
        monkeypatch.setattr(v4l2, "SYSFS", root / "none")
        monkeypatch.setattr(viewers, "_references", lambda: self.references if self.counts else None)
        monkeypatch.setattr(viewers, "_processes", self.listed)

    def hold(self, process: int, name: str, handle: int = 0, device: str = DEVICE) -> None:
        folder = self.root / str(process)
        (folder / "fd").mkdir(parents=True, exist_ok=True)
        (folder / "fd" / str(handle)).symlink_to(device)
        (folder / "comm").write_text(f"{name}\n")
        (folder / "maps").write_text("7f00-7f01 rw-s 00000000 00:05 12 /usr/lib/libc.so.6\n")

    def mapped(self, process: int) -> None:
        (self.root / str(process) / "maps").write_text(f"7f00-7f01 rw-s 00000000 00:05 12 {DEVICE}\n")

    def listed(self) -> list[int]:
        self.scans += 1
        return [int(folder.name) for folder in self.root.glob("[0-9]*")]


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Processes:
    return Processes(tmp_path, monkeypatch)


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock; without it time stands still."""
    now = [100.0]
    monkeypatch.setattr(viewers.time, "monotonic", lambda: now[0])

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def test_nobody_costs_no_search(processes: Processes, times: Callable[[float], None]) -> None:
    watching = HoldersTell(DEVICE)
    for _ in range(50):
        assert watching.look() is False
        times(0.1)
    assert processes.scans == 0


def test_who_holds_it_watches_from_the_second_look_on(processes: Processes, times: Callable[[float], None]) -> None:
    watching = HoldersTell(DEVICE)
    assert watching.look() is False
    processes.hold(77, "zoom")
    processes.references = 3
    assert [watching.look() for _ in range(3)] == [False, True, True]
    assert processes.scans == 1, "the kernel's count did not change again"
    (processes.root / "77/fd/0").unlink()
    processes.references = 2
    assert watching.look() is False


def test_two_programs_that_swap_are_noticed_in_time(processes: Processes, times: Callable[[float], None]) -> None:
    watching = HoldersTell(DEVICE)
    processes.hold(77, "zoom")
    processes.references = 3
    assert [watching.look() for _ in range(2)] == [False, True]
    (processes.root / "77/fd/0").unlink()
    processes.hold(78, "wireplumber")
    times(viewers.AGAIN_S)
    assert watching.look() is False


def test_who_only_lists_cameras_does_not_watch_until_the_pictures_are_mapped(
    processes: Processes, times: Callable[[float], None]
) -> None:
    watching = HoldersTell(DEVICE)
    processes.hold(55, "wireplumber")
    processes.hold(56, "pipewire")
    processes.references = 4
    assert not any(watching.look() for _ in range(3))
    processes.mapped(56)
    assert [watching.look() for _ in range(2)] == [False, True]


def test_a_handle_that_nobody_seen_has_may_be_a_viewer(processes: Processes, times: Callable[[float], None]) -> None:
    watching = HoldersTell(DEVICE)
    processes.references = 3
    assert [watching.look() for _ in range(2)] == [False, True]
    processes.references = 2
    assert watching.look() is False, "it was closed"


def test_who_maps_a_device_of_a_longer_name_does_not_watch(
    processes: Processes, times: Callable[[float], None]
) -> None:
    watching = HoldersTell("/dev/video1")
    processes.hold(56, "pipewire", device="/dev/video1")
    processes.references = 1
    processes.mapped(56)  # /dev/video10
    assert not any(watching.look() for _ in range(3))


def test_another_camera_of_the_driver_is_another_matter(
    processes: Processes, times: Callable[[float], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = tmp_path / "sysfs/video11"
    node.mkdir(parents=True)
    (node / "format").write_text("YU12:64x48@30")
    monkeypatch.setattr(v4l2, "SYSFS", tmp_path / "sysfs")
    watching = HoldersTell(DEVICE)
    processes.hold(77, "obs", device="/dev/video11")
    processes.references = 3
    assert not any(watching.look() for _ in range(3))


def test_where_the_kernel_does_not_count_it_looks_twice_a_second(
    processes: Processes, times: Callable[[float], None]
) -> None:
    processes.counts = False
    watching = HoldersTell(DEVICE)
    processes.hold(77, "zoom")
    answers = []
    for _ in range(20):
        answers.append(watching.look())
        times(0.1)
    assert answers == [False, *[True] * 19]
    assert processes.scans == 4
