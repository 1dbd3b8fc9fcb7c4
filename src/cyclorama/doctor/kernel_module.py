"""Why the kernel module v4l2loopback is not loaded, by the kernel's own files and DKMS's, and what mends it."""

from __future__ import annotations

import re
from contextlib import suppress
from enum import Enum
from pathlib import Path

from cyclorama.doctor.finding import CallPart, Finding, Status
from cyclorama.doctor.system import System
from cyclorama.sinks.virtual_camera.packages import install_command
from cyclorama.sinks.virtual_camera.v4l2loopback import LOAD, how_to_get_one, is_installed

ID = "v4l2loopback"
FOR_GOOD = "to have it so at every start: cyclorama setup"
SECURE_BOOT = "efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
"""The variable of the firmware: four bytes of attributes, then 1 where it is on (UEFI 2.10, section 3.3)."""
SIGN = "sudo mokutil --import /var/lib/dkms/mok.pub, restart, and choose Enroll MOK"
BUILD = "sudo dkms autoinstall"
HEADERS = {
    "debian": "linux-headers-{release}",
    "fedora": "kernel-devel-{release}",
    "arch": "linux-headers",
    "suse": "kernel-default-devel",
}
"""Packages."""
OTHER_HEADERS = "install the headers of the running kernel"


def check_module(system: System) -> Finding:
    """Linux: v4l2loopback is loaded, with the option that browsers need."""
    module = system.sys / "module" / "v4l2loopback"
    if not module.is_dir():
        what, fix = why_not_loaded(system)
        return Finding(ID, CallPart.VIRTUAL_CAMERA, Status.FAIL, what, fix)
    caps = ""
    with suppress(OSError):
        caps = (module / "parameters" / "exclusive_caps").read_text("ascii").strip()
    if not any(mark in caps for mark in "Y1"):
        what = "v4l2loopback is loaded without exclusive_caps=1: browsers will not list the camera"
        fix = f"sudo modprobe -r v4l2loopback && {LOAD}; {FOR_GOOD}"
        return Finding(ID, CallPart.EXTRA, Status.WARN, what, fix)
    return Finding(ID, CallPart.VIRTUAL_CAMERA, Status.OK, "v4l2loopback is loaded, with exclusive_caps")


class ModuleState(Enum):
    """How far the module is for the running kernel."""

    LOADED = "loaded"
    BUILT = "built"
    NO_HEADERS = "DKMS has its sources and no headers to build them"
    BUILD_FAILED = "DKMS could not build it"
    NOT_BUILT = "DKMS has its sources"
    NOT_INSTALLED = "not installed"


def module_state(system: System) -> ModuleState:
    """By the files of the kernel and of DKMS."""
    if (system.sys / "module" / "v4l2loopback").is_dir():
        return ModuleState.LOADED
    if is_installed(system.modules / system.release):
        return ModuleState.BUILT
    version = _dkms_version(system)
    if version is None:
        return ModuleState.NOT_INSTALLED
    if not has_headers(system):
        return ModuleState.NO_HEADERS
    return ModuleState.BUILD_FAILED if _last_line(_log(version)) else ModuleState.NOT_BUILT


def why_not_loaded(system: System) -> tuple[str, str]:
    """What is wrong, and what mends it."""
    state, version = module_state(system), _dkms_version(system)
    if state is ModuleState.BUILT:
        return _why_not_taken(system)
    if state is ModuleState.NO_HEADERS:
        what = f"v4l2loopback is not built: the headers of the kernel {system.release} are missing"
        return what, f"{install_command(headers(system), OTHER_HEADERS)}, then: {BUILD} and {LOAD}"
    if state is ModuleState.NOT_BUILT:
        return f"v4l2loopback is not built for the kernel {system.release}", f"{BUILD}, then: {LOAD}"
    if state is ModuleState.BUILD_FAILED and version is not None:
        log = _log(version)
        what = f"DKMS could not build v4l2loopback {version.name} for the kernel {system.release}: {_last_line(log)}"
        return what, f"a newer v4l2loopback, or an older kernel; the whole log: {log}"
    return "the kernel module v4l2loopback is not loaded", f"{how_to_get_one()}; {FOR_GOOD}"


def _why_not_taken(system: System) -> tuple[str, str]:
    if secure_boot(system):
        what = "v4l2loopback is installed and not loaded; Secure Boot is on: it takes signed modules alone"
        return what, f"{LOAD}; if that says Key was rejected: {SIGN}"
    return "the kernel module v4l2loopback is installed and not loaded", f"{LOAD}; {FOR_GOOD}"


def has_headers(system: System) -> bool:
    """Whether a module can be built for the running kernel."""
    return (system.modules / system.release / "build").exists()


def headers(system: System) -> dict[str, str]:
    """The package with the headers of the running kernel, by family of systems."""
    return {family: package.format(release=system.release) for family, package in HEADERS.items()}


def secure_boot(system: System) -> bool:
    """Whether Secure Boot is on."""
    with suppress(OSError):
        return (system.sys / "firmware/efi" / SECURE_BOOT).read_bytes()[4:5] == b"\x01"
    return False


def _dkms_version(system: System) -> Path | None:
    """DKMS's folder of the newest v4l2loopback that it knows."""
    versions = [path for path in (system.dkms / "v4l2loopback").glob("*") if path.is_dir() and path.name[:1].isdigit()]
    return max(versions, key=lambda path: [int(number) for number in re.findall(r"\d+", path.name)], default=None)


def _log(version: Path) -> Path:
    return version / "build" / "make.log"


def _last_line(log: Path) -> str:
    with suppress(OSError):
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
        return next((line for line in reversed(lines) if line), "")
    return ""
