"""A desktop session of PipeWire without a desktop: bus, PipeWire, its session manager, the camera portal, a screen."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = ("dbus-daemon", "pipewire", "wireplumber", "pw-dump", "gdbus", "Xvfb")
PORTAL = Path("/usr/libexec/xdg-desktop-portal")
DIALOGS = Path("/usr/libexec/xdg-desktop-portal-gtk")
"""Without it the portal has no camera."""
START_S = 20.0
STORE = "/org/freedesktop/impl/portal/PermissionStore"
ALLOW = (
    *("gdbus", "call", "--session", "--dest", "org.freedesktop.impl.portal.PermissionStore"),
    *("--object-path", STORE, "--method", "org.freedesktop.impl.portal.PermissionStore.SetPermission"),
    *("devices", "true", "camera", "", "['yes']"),
)


def missing() -> str:
    """What this machine lacks, for a skip; empty where it has all."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    lacking += [path.name for path in (PORTAL, DIALOGS) if not path.exists()]
    return f"needs a PipeWire session: {', '.join(lacking)}" if lacking else ""


class Desktop:
    """``environment``: for programs of the session, in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self._ended = ExitStack()
        runtime = tempfile.mkdtemp(prefix="cyclorama-")  # the path of a socket has to be short
        self._ended.callback(shutil.rmtree, runtime, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        names = {"DATA": "data", "STATE": "state", "CONFIG": "config", "CACHE": "cache"}
        self.environment = {
            **os.environ,
            **{f"XDG_{name}_HOME": str(folder / below) for name, below in names.items()},
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": runtime,
            "XDG_CURRENT_DESKTOP": "GNOME",
            "NO_AT_BRIDGE": "1",
            "GTK_A11Y": "none",
        }
        self.runtime = Path(runtime)
        self._pipewire: list[subprocess.Popen[bytes]] = []
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all programs of the session."""
        self.stop_pipewire()
        self._ended.close()

    def cameras(self) -> list[dict[str, Any]]:
        """The properties of each node that is a camera."""
        listed = subprocess.run(["pw-dump"], env=self.environment, capture_output=True, check=True, timeout=START_S)
        infos = (item.get("info") or {} for item in _last_states(listed.stdout.decode()))
        return [info["props"] for info in infos if (info.get("props") or {}).get("media.class") == "Video/Source"]

    def start_pipewire(self) -> None:
        """PipeWire and its session manager."""
        self._pipewire.append(self.run("pipewire"))
        wait_for(lambda: (self.runtime / "pipewire-0").exists())
        self._pipewire.append(self.run("wireplumber"))

    def stop_pipewire(self, *, manager_alone: bool = False) -> None:
        """As an update of the system does; or its session manager alone."""
        while len(self._pipewire) > manager_alone:
            end(self._pipewire.pop())

    def run(self, *command: str) -> subprocess.Popen[bytes]:
        """A program of the session."""
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def _start(self) -> None:
        self._begin("DISPLAY", ":", "Xvfb", "-screen", "0", "1280x800x24", "-displayfd", "{}")
        self._begin("DBUS_SESSION_BUS_ADDRESS", "", "dbus-daemon", "--session", "--nofork", "--print-address={}")
        self.start_pipewire()
        allowed = subprocess.run(ALLOW, env=self.environment, capture_output=True, timeout=START_S)
        assert allowed.returncode == 0, allowed.stderr
        for program in (DIALOGS, PORTAL):
            self._ended.callback(end, self.run(str(program)))

    def _begin(self, variable: str, prefix: str, *command: str) -> None:
        """Run a program that writes the value of a variable, as one line, to the file handle ``{}``."""
        read_end, write_end = os.pipe()
        process = subprocess.Popen(
            [word.format(write_end) for word in command],
            env=self.environment,
            pass_fds=[write_end],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._ended.callback(end, process)
        os.close(write_end)
        with os.fdopen(read_end) as told:
            self.environment[variable] = prefix + told.readline().strip()


def _last_states(dumped: str) -> Iterable[dict[str, Any]]:
    """The objects in what pw-dump prints: a list, and another one for each change meanwhile."""
    found: dict[int, dict[str, Any]] = {}
    while dumped := dumped.strip():
        items, length = json.JSONDecoder().raw_decode(dumped)
        found |= {item["id"]: item for item in items}
        dumped = dumped[length:]
    return found.values()


def end(process: subprocess.Popen[Any]) -> None:
    """End a program of the session."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(is_so: Callable[[], object], patience_s: float = START_S) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, "it does not become so"
        time.sleep(0.05)


@contextmanager
def desktop(folder: Path) -> Iterator[Desktop]:
    """A session inside the block."""
    session = Desktop(folder)
    try:
        yield session
    finally:
        session.close()
