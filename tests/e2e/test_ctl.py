"""Every command of ``cyclorama ctl`` against a real session, on a machine whose processors have other work too."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from cyclorama.control.client import ControlClient, find_session
from cyclorama.control.verbs import VERBS
from cyclorama.core.errors import CycloramaError, SettingsError
from cyclorama.core.frames import U8

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.name != "posix", reason="its session has a terminal of POSIX"),
]
MAIN = [sys.executable, "-m", "cyclorama"]
LONGEST_S = 60.0
NAVY, RED = (0x60, 0x40, 0x20), (0x20, 0x10, 0xA0)
"""BGR."""
FILE = 'background = "color:#204060"\n'
PROFILE = '[profile.work]\nbackground = "color:#a01020"\nsize = "640x480"\n'
WALL = (slice(5, 30), slice(-40, None))
"""Where nobody is, in pictures of the demo; the person is in the middle."""


@dataclass
class Place:
    """A folder to work in, a folder for sockets, and the commands that are run there."""

    folder: Path
    sockets: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CYCLORAMA_", "XDG_"))}
        return clean | {"CYCLORAMA_RUNTIME_DIR": str(self.sockets), "HOME": str(self.folder)}

    def ctl(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MAIN, "ctl", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )

    def answer(self, *arguments: str | Path) -> dict[str, Any]:
        """What a command answers as JSON."""
        done = self.ctl(*arguments, "--json")
        assert (done.returncode, done.stderr) == (0, ""), done
        told = json.loads(done.stdout)
        assert isinstance(told, dict)
        return told

    def refused(self, code: int, *arguments: str | Path) -> str:
        """The one line that a command is refused with."""
        done = self.ctl(*arguments)
        assert (done.returncode, done.stdout) == (code, ""), done
        (line,) = done.stderr.splitlines()
        assert line.startswith("cyclorama: error: ")
        return line

    def start(self, name: str, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """A session; returns once it takes commands."""
        log = self.folder / f"{name}.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [*MAIN, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=stdin,
                stdout=out,
                stderr=out,
                text=True,
            )
        self.started.append(process)

        def runs() -> bool:
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(SettingsError):
                find_session(name, self.sockets)
                return True
            return False

        wait(runs)
        return process

    def ask(self, verb: str, *arguments: str | Path) -> dict[str, Any]:
        """The same without a process of its own."""
        with ControlClient(find_session("live", self.sockets)) as client:
            return client.ask(verb, [str(argument) for argument in arguments])

    def no(self, code: int, says: str, verb: str, *arguments: str | Path) -> None:
        """Check that it is refused in one line, which says so."""
        with pytest.raises(CycloramaError) as refused:
            self.ask(verb, *arguments)
        assert refused.value.exit_code == code and says in str(refused.value)

    def picture(self) -> U8:
        """What others see now, BGR."""
        file = self.folder / f"{time.monotonic_ns()}.png"
        self.ask("snapshot", file)
        pixels = cv2.imread(str(file))
        file.unlink()
        return np.asarray(pixels, np.uint8)

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()


def wait(condition: Callable[[], object]) -> None:
    end_s = time.monotonic() + LONGEST_S
    while not condition():
        assert time.monotonic() < end_s, "it never came"
        time.sleep(0.05)


def is_wall(pixels: U8, colour: tuple[int, int, int]) -> bool:
    """Whether the wall has this colour."""
    return bool(np.abs(np.median(pixels[WALL], axis=(0, 1)) - colour).max() < 12)


def others(pixels: U8, colour: tuple[int, int, int]) -> float:
    """The share of a picture that does not have this colour: the person."""
    return float((np.abs(pixels.astype(int) - colour).max(axis=-1) > 40).mean())


def frames(path: Path) -> list[U8]:
    with av.open(str(path)) as clip:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in clip.decode(video=0)]


@pytest.fixture(scope="module")
def busy() -> Iterator[None]:
    """A machine with other work for two processors; what other processes of pytest-xdist do is part of that work."""
    others = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) - 1
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 - min(2, others))]
    yield
    for burner in burners:
        burner.kill()
        burner.wait()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """For sessions of one test."""
    with tempfile.TemporaryDirectory(prefix="cyc-") as sockets:
        place = Place(tmp_path, Path(sockets))
        yield place
        place.end()


@dataclass
class Live(Place):
    """One session for all tests that leave it as it was. ``terminal``: where its user types."""

    terminal: int = -1

    @property
    def log(self) -> str:
        return (self.folder / "live.log").read_text()

    def as_it_was(self) -> None:
        before = {"background": "color:#204060", "mirror": "off", "zoom": "1", "frame": "off", "edge": "0"}
        for key, value in (before | {"quality": "auto", "model": "auto", "light_wrap": "0.3"}).items():
            self.ask("set", key, value)
        self.ask("away", "off")
        self.ask("record", "stop")
        wait(lambda: is_wall(pixels := self.picture(), NAVY) and others(pixels, NAVY) > 0.1)


@pytest.fixture(scope="module")
def session(busy: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("ctl")
    (folder / "cyclorama.toml").write_text(FILE + PROFILE)
    with tempfile.TemporaryDirectory(prefix="cyc-") as sockets:
        ours, theirs = os.openpty()
        live = Live(folder, Path(sockets), terminal=ours)
        try:
            live.start("live", "live", "--source", "demo", "--size", "320x180", "--to", "null", stdin=theirs)
            yield live
        finally:
            live.end()
            os.close(ours)
            os.close(theirs)


@pytest.fixture
def live(session: Live) -> Live:
    session.as_it_was()
    return session


def status(live: Live) -> None:
    now = live.answer("status")
    assert (now["name"], now["command"], now["away"]) == ("live", "live", False)
    assert now["settings"]["source"] == "demo" and now["settings"]["size"] == "320x180"
    assert now["status"]["model"] == "selfie" and now["status"]["sinks"] == ["null"]
    text = live.ctl("status").stdout
    assert text.startswith("live: ") and " fps | " in text and "background  color:#204060\n" in text


def background(live: Live) -> None:
    cv2.imwrite(str(live.folder / "rot ü 1.png"), np.full((9, 16, 3), RED, np.uint8))
    assert live.answer("background", "rot ü 1.png") == {"background": str(live.folder / "rot ü 1.png")}
    wait(lambda: is_wall(live.picture(), RED))
    live.no(2, "officee", "background", "officee")
    assert live.ask("background", "next")["background"] == "blur"
    assert live.ask("background", "previous")["background"] != "blur"


def blur(live: Live) -> None:
    assert live.answer("blur", "0.4") == {"background": "blur:0.4"}
    wait(lambda: live.picture()[WALL].std() > 4)
    live.no(2, "much", "blur", "much")


def model(live: Live) -> None:
    assert live.answer("model", "selfie-square") == {"model": "selfie-square"}
    wait(lambda: live.ask("status")["status"]["model"] == "selfie-square")
    live.no(2, "absent", "model", "absent")
    assert live.ask("status")["settings"]["model"] == "selfie-square"


def quality(live: Live) -> None:
    assert live.answer("quality", "fast") == {"quality": "fast"}
    live.no(2, "'finest' is not one of", "quality", "finest")


def mirror(live: Live) -> None:
    before = live.picture().astype(np.float32)
    assert live.answer("mirror") == {"mirror": True}

    def turned() -> bool:
        now = live.picture().astype(np.float32)
        return float(np.abs(now[:, ::-1] - before).mean()) < 0.7 * float(np.abs(now - before).mean())

    wait(turned)
    assert live.ask("mirror", "off") == {"mirror": False}


def frame(live: Live) -> None:
    assert live.answer("frame", "auto") == {"frame": "auto"}
    live.no(2, "'on' is not one of", "frame", "on")
    assert live.ask("status")["settings"]["frame"] == "auto"


def zoom(live: Live) -> None:
    before = others(live.picture(), NAVY)
    assert live.answer("zoom", "1.6") == {"zoom": 1.6}
    wait(lambda: others(live.picture(), NAVY) > 1.2 * before)
    live.no(2, "99 is not a number from 1 to 4", "zoom", "99")


def away(live: Live) -> None:
    assert live.answer("away") == {"away": True}
    wait(lambda: others(pixels := live.picture(), NAVY) < 0.01 and is_wall(pixels, NAVY))
    assert live.ask("status")["away"] and live.ask("status")["words"] == "you are away: the privacy card is shown"
    assert live.ask("away") == {"away": False}
    wait(lambda: others(live.picture(), NAVY) > 0.1)


def recorded_s(live: Live) -> float:
    recording = live.ask("status")["status"]["recording"]
    return 0.0 if recording is None else float(recording["seconds"])


def record(live: Live) -> None:
    clip = live.folder / "ich ü 1.mp4"
    assert live.answer("record", "ich ü 1.mp4") == {"recording": True, "file": str(clip)}
    wait(lambda: recorded_s(live) > 1)
    live.no(2, f"{clip} is being recorded", "record", "other.mp4")
    assert live.answer("record") == {"recording": False, "file": str(clip)}
    shown = frames(clip)
    assert len(shown) >= 3 and all(is_wall(pixels, NAVY) and others(pixels, NAVY) > 0.1 for pixels in shown)
    assert live.ask("record", "stop") == {"recording": False, "file": None}, "a second time"
    assert "exists: give another name" in live.refused(5, "record", clip)
    live.no(2, "is no clip", "record", live.folder)
    live.no(5, "there is no folder", "record", live.folder / "no" / "a.mp4")
    named = Path(live.ask("record", "start")["file"])
    assert named.parent == live.folder / "Videos" and named.suffix == ".mp4"


def pause(live: Live) -> None:
    live.no(2, "nothing is being recorded", "pause")
    live.ask("record", live.folder / "paused.mp4")
    wait(lambda: recorded_s(live) > 0.5)
    assert live.answer("pause") == {"paused": True}
    stands_s = recorded_s(live)
    time.sleep(0.5)
    assert recorded_s(live) == stands_s
    assert live.ask("pause", "off") == {"paused": False}
    wait(lambda: recorded_s(live) > stands_s + 0.5)
    live.ask("record", "stop")
    assert len(frames(live.folder / "paused.mp4")) >= 2


def snapshot(live: Live) -> None:
    assert live.answer("snapshot", "me ü.png") == {"file": str(live.folder / "me ü.png")}
    assert is_wall(np.asarray(cv2.imread(str(live.folder / "me ü.png")), np.uint8), NAVY)
    live.no(5, "exists: give another name", "snapshot", live.folder / "me ü.png")
    named = Path(live.ask("snapshot")["file"])
    assert named.parent == live.folder / "Pictures" and named.stat().st_size > 1000
    assert live.ask("background", "none") == {"background": "none"}, "asked for by name"
    wait(lambda: (pixels := live.picture()).std() < 40 and np.median(pixels) < 60)


def headshot(live: Live) -> None:
    assert live.answer("headshot", "portrait.jpg", "linkedin") == {"file": str(live.folder / "portrait.jpg")}
    assert np.asarray(cv2.imread(str(live.folder / "portrait.jpg"))).shape == (800, 800, 3)
    live.no(2, "huge", "headshot", "other.jpg", "huge")
    live.no(5, "exists: give another name", "headshot", live.folder / "portrait.jpg")


def profile(live: Live) -> None:
    assert live.answer("profile", "work") == {"background": "color:#a01020", "needs_restart": ["size"]}
    wait(lambda: is_wall(live.picture(), RED))
    live.no(2, "no profile wrok: did you mean work?", "profile", "wrok")


def room(live: Live) -> None:
    live.no(2, "somebody", "room", "0")
    live.no(2, "from 0 to 60", "room", "-1")
    live.ask("away", "on")
    live.no(2, "come back to capture the room", "room", "0")
    live.ask("away", "off")


def set_(live: Live) -> None:
    assert live.answer("set", "edge", "-5") == {"edge": -5.0}
    assert live.ask("set", "light-wrap", "0") == {"light_wrap": 0.0}
    live.no(2, "size cannot change while a session runs", "set", "size", "640x480")
    live.no(2, "did you mean mirror?", "set", "mirorr", "on")


def stop(live: Live) -> None:
    process = live.start("live-2", "live", "--source", "demo", "--size", "320x180", "--to", "null", "-q")
    assert "several sessions run: give --session live|live-2" in live.refused(2, "mirror")
    assert live.answer("stop", "--session", "live-2") == {"stopping": True}
    assert process.wait(LONGEST_S) == 0
    assert live.ask("status")["name"] == "live"


CASES: dict[str, Callable[[Live], None]] = {
    each.__name__.rstrip("_"): each
    for each in (
        status,
        background,
        blur,
        model,
        quality,
        mirror,
        frame,
        zoom,
        away,
        record,
        pause,
        snapshot,
        headshot,
        profile,
        room,
        set_,
        stop,
    )
}


@pytest.mark.parametrize("verb", VERBS)
def test_each_command_does_what_it_says(live: Live, verb: str) -> None:
    CASES[verb](live)


def test_watch_prints_one_line_of_state_after_the_other(live: Live) -> None:
    watching = [
        subprocess.Popen(
            [*MAIN, "ctl", "watch", *more],
            cwd=live.folder,
            env=live.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for more in (["--json"], [])
    ]
    lines = [[process.stdout.readline() for _ in range(2)] for process in watching if process.stdout is not None]
    for process in watching:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LONGEST_S)
        assert (process.returncode, err) == (0, "")
    first, second = map(json.loads, lines[0])
    assert second["status"]["seconds"] > first["status"]["seconds"] and second["name"] == "live"
    assert all(" fps | " in line and "selfie on " in line for line in lines[1])


def test_without_a_session_the_exit_code_is_2(place: Place) -> None:
    assert "no session runs: start one with cyclorama live" in place.refused(2, "away", "--json")


def test_keys_in_the_terminal(live: Live) -> None:
    def press(keys: str, says: str) -> None:
        begin = len(live.log)
        os.write(live.terminal, keys.encode())
        wait(lambda: says in live.log[begin:])

    press("?", "keys: n next background, ")
    press("m", "mirrored")
    assert live.ask("status")["settings"]["mirror"] is True
    press("a", "away: the away picture is shown")
    press("A", "back")
    press("x", "background blur")
    press("p", "nothing is being recorded")
    press("s", f"saved {live.folder / 'Pictures'}")
    press("r", f"recording to {live.folder / 'Videos'}")
    press("r", f"recorded {live.folder / 'Videos'}")
    press("m", "not mirrored")


def test_a_saved_settings_file_is_read_again_and_a_mistake_changes_nothing(live: Live) -> None:
    file = live.folder / "cyclorama.toml"
    try:
        file.write_text('background = "color:#a01020"\n' + PROFILE)
        wait(lambda: is_wall(live.picture(), RED))
        wait(lambda: "changed: background color:#a01020" in live.log)
        begin = len(live.log)
        file.write_text('backgroud = "color:#204060"\n')
        wait(lambda: "the saved settings change nothing: " in live.log[begin:])
        assert "did you mean background?" in live.log[begin:] and "Traceback" not in live.log
        assert live.ask("status")["settings"]["background"] == "color:#a01020"
    finally:
        file.write_text(FILE + PROFILE)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only Linux's root can be another user")
def test_another_user_is_refused(live: Live) -> None:
    socket_file = find_session("live", live.sockets).file
    code = (
        "import os, socket, sys\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "connection = socket.socket(socket.AF_UNIX)\n"
        'try:\n connection.connect(sys.argv[1])\n connection.sendall(b\'{"verb": "stop"}\\n\')\n'
        " print(connection.recv(100))\nexcept OSError as error: print(type(error).__name__)"
    )

    def other() -> str:
        asked = [sys.executable, "-c", code, str(socket_file)]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()

    assert other() == "PermissionError"
    live.sockets.chmod(0o755)
    socket_file.chmod(0o777)
    assert other() in ("b''", "ConnectionResetError", "BrokenPipeError")
    live.sockets.chmod(0o700)
    assert live.ask("status")["name"] == "live"


def test_signals_finish_what_was_added(busy: None, place: Place) -> None:
    """The terminal is closed, or the system shuts down, while a clip is recorded."""
    sessions = [
        place.start(name, "live", "--source", "demo", "--size", "320x180", "--to", "null", "--background", "color:navy")
        for name in ("live", "live-2", "live-3")
    ]
    names = ("live", "live-2", "live-3")

    def client(name: str) -> ControlClient:
        return ControlClient(find_session(name, place.sockets))

    for name in names:
        with client(name) as control:
            control.ask("record", [str(place.folder / f"{name}.mp4")])
    for name in names:
        with client(name) as control:
            wait(lambda control=control: control.ask("status")["status"]["recording"]["seconds"] > 1)  # type: ignore[misc]
    for process, number in zip(sessions, (signal.SIGTERM, signal.SIGHUP, signal.SIGINT), strict=True):
        process.send_signal(number)
    assert [process.wait(LONGEST_S) for process in sessions] == [130, 130, 130]
    for name in names:
        assert "Traceback" not in (place.folder / f"{name}.log").read_text()
        with av.open(str(place.folder / f"{name}.mp4")) as clip:
            *_, last = clip.decode(video=0)
        assert last.time is not None and last.time > 0.5
    assert not list(place.folder.glob("*.part*")) and not list(place.sockets.glob("*.sock"))
