"""The camera portal, through which browsers and sandboxed programs list cameras of PipeWire."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from cyclorama.doctor.finding import CallPart, Finding, Status
from cyclorama.sinks.virtual_camera.packages import install_command

ASK = (
    *("busctl", "--user", "--timeout=5", "get-property", "org.freedesktop.portal.Desktop"),
    *("/org/freedesktop/portal/desktop", "org.freedesktop.portal.Camera", "version"),
)
PATIENCE_S = 10.0
INSTALL = {
    "debian": "sudo apt install xdg-desktop-portal xdg-desktop-portal-gtk",
    "fedora": "sudo dnf install xdg-desktop-portal xdg-desktop-portal-gtk",
    "arch": "sudo pacman -S xdg-desktop-portal xdg-desktop-portal-gtk",
    "suse": "sudo zypper install xdg-desktop-portal xdg-desktop-portal-gtk",
}
OTHERWISE = "install your system's packages of xdg-desktop-portal, with the backend of your desktop"


def check_portal(ask: Callable[[], str] | None = None) -> Finding:
    """The portal has an interface for cameras. ``ask``: gives its version, as busctl prints it; raises OSError with the
    reason."""
    try:
        version = (ask or _ask)().rpartition(" ")[2]
    except OSError as error:
        what = f"browsers do not list cameras of PipeWire: {error.strerror}"
        return Finding("portal", CallPart.EXTRA, Status.WARN, what, install_command(INSTALL, OTHERWISE))
    return Finding("portal", CallPart.EXTRA, Status.OK, f"the camera portal is there, version {version}")


def has_session_bus() -> bool:
    """Whether this user's programs have a bus."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return "DBUS_SESSION_BUS_ADDRESS" in os.environ or (runtime is not None and Path(runtime, "bus").exists())


def _ask() -> str:
    if not has_session_bus():
        raise OSError(0, "there is no session bus (start cyclorama in the desktop session)")
    if shutil.which(ASK[0]) is None:
        raise OSError(0, f"whether the camera portal is there cannot be asked without {ASK[0]}")
    try:
        done = subprocess.run(ASK, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(0, "the camera portal does not answer") from error
    if done.returncode != 0:
        raise OSError(0, "there is no camera portal")
    return done.stdout.strip()
