"""The camera portal, through which browsers and sandboxed programs list cameras of PipeWire."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cyclorama.doctor.finding import CallPart, Finding, Status
from cyclorama.sinks.virtual_camera.packages import MANAGERS, install_command

ASK = (
    *("busctl", "--user", "--timeout=5", "get-property", "org.freedesktop.portal.Desktop"),
    *("/org/freedesktop/portal/desktop", "org.freedesktop.portal.Camera", "version"),
)
PATIENCE_S = 10.0
PACKAGES = dict.fromkeys(MANAGERS, "xdg-desktop-portal xdg-desktop-portal-gtk")
OTHERWISE = "install your system's packages of xdg-desktop-portal, with the backend of your desktop"
UNLISTED = "browsers do not list cameras of PipeWire: "


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal as this user has it. ``version``: of its interface for cameras. ``problem``: why browsers do not list
    cameras, empty where they do. ``lacks_packages``: whether ``fix`` installs them."""

    version: str = ""
    problem: str = ""
    fix: str = ""
    lacks_packages: bool = False


NO_BUS = Portal(
    problem=f"{UNLISTED}there is no session bus",
    fix="start cyclorama in the desktop session, neither with sudo nor over ssh",
)
HANGS = Portal(
    problem=f"{UNLISTED}the camera portal does not answer", fix="systemctl --user restart xdg-desktop-portal"
)
UNCONNECTED, TIMED_OUT = "connect to bus", "timed out"
"""What busctl says."""


def check_portal(look: Callable[[], Portal] | None = None) -> Finding:
    """The portal has an interface for cameras."""
    portal = (look or look_for_portal)()
    if portal.problem:
        return Finding("portal", CallPart.EXTRA, Status.WARN, portal.problem, portal.fix)
    return Finding("portal", CallPart.EXTRA, Status.OK, f"the camera portal is there, version {portal.version}")


def look_for_portal(ask: Callable[[], subprocess.CompletedProcess[str]] | None = None) -> Portal:
    """Ask for its version. ``ask``: runs busctl; raises subprocess.TimeoutExpired."""
    if not has_session_bus():
        return NO_BUS
    if ask is None and shutil.which(ASK[0]) is None:
        what = "whether browsers list cameras of PipeWire cannot be told: busctl is missing"
        return Portal(problem=what, fix="look in the browser; busctl is a part of systemd")
    try:
        done = (ask or _ask)()
    except subprocess.TimeoutExpired:
        return HANGS
    if done.returncode == 0:
        return Portal(done.stdout.strip().rpartition(" ")[2])
    if UNCONNECTED in done.stderr:
        return NO_BUS
    if TIMED_OUT in done.stderr:
        return HANGS
    missing = f"{UNLISTED}there is no camera portal"
    return Portal(problem=missing, fix=install_command(PACKAGES, OTHERWISE), lacks_packages=True)


def has_session_bus() -> bool:
    """Whether this user's programs have a bus."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return "DBUS_SESSION_BUS_ADDRESS" in os.environ or (runtime is not None and Path(runtime, "bus").exists())


def _ask() -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(ASK, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
