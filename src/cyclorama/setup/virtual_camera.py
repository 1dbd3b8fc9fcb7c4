"""What a Linux machine lacks for a virtual camera, and the commands that give it that."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from cyclorama.doctor import portal
from cyclorama.doctor.finding import Status
from cyclorama.doctor.kernel_module import ModuleState, check_module, has_headers, headers, module_state
from cyclorama.doctor.system import System
from cyclorama.sinks.virtual_camera import v4l2loopback
from cyclorama.sinks.virtual_camera.packages import unattended_command

UNLOAD = ("modprobe", "-r", "v4l2loopback")
LOAD = ("modprobe", "v4l2loopback")
BUILD = ("dkms", "autoinstall")
IN_USE = "note: v4l2loopback is in use and stays as it is until the next start of the system"


@dataclass(frozen=True, slots=True)
class CameraSteps:
    """``commands``: their words, to be run as root in this order. ``notes``: what cannot be done, and why."""

    commands: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


def wants_module(system: System, pipewire_problem: str) -> bool:
    """Whether v4l2loopback is set up where nobody asks for it: it is here, or PipeWire gives no camera.

    ``pipewire_problem``: why not; empty where it does.
    """
    here = module_state(system) in (ModuleState.LOADED, ModuleState.BUILT)
    return here or bool(pipewire_problem)


def camera_steps(system: System, *, module: bool, changed: bool, found_portal: portal.Portal) -> CameraSteps:
    """Install what is missing, and load the module.

    ``module``: whether v4l2loopback is wanted. ``changed``: whether its options are written anew. ``found_portal``: of
    PipeWire's cameras.
    """
    packages: list[Mapping[str, str]] = [portal.PACKAGES] if found_portal.lacks_packages else []
    steps = _module_steps(system, changed=changed) if module else CameraSteps()
    if module:
        packages += _module_packages(system)
    if not packages:
        return steps
    install = unattended_command(*packages)
    if install is None:
        return CameraSteps(notes=(f"note: {_by_hand(system, found_portal)}",))
    return CameraSteps((tuple(install), *steps.commands), steps.notes)


def unloading_steps(system: System) -> CameraSteps:
    """Unload the module, unless it is in use."""
    if module_state(system) is not ModuleState.LOADED:
        return CameraSteps()
    return CameraSteps(notes=(IN_USE,)) if is_in_use(system) else CameraSteps((UNLOAD,))


def is_in_use(system: System) -> bool:
    """Whether a program, of whatever user, has one of its devices open: the kernel counts them."""
    with suppress(OSError, ValueError):
        return int((system.sys / "module" / "v4l2loopback" / "refcnt").read_text()) > 0
    return False


def module_trouble(system: System) -> str:
    """Why the module does not serve, and what mends it, as the doctor says it; empty where it does."""
    finding = check_module(system)
    return "" if finding.status is Status.OK else f"{finding.what}; {finding.fix}"


def _module_steps(system: System, *, changed: bool) -> CameraSteps:
    state = module_state(system)
    if state is ModuleState.LOADED:
        if not changed and not module_trouble(system):
            return CameraSteps()
        return CameraSteps(notes=(IN_USE,)) if is_in_use(system) else CameraSteps((UNLOAD, LOAD))
    if state is ModuleState.BUILD_FAILED:
        return CameraSteps(notes=(f"note: {module_trouble(system)}",))
    if state in (ModuleState.NOT_BUILT, ModuleState.NO_HEADERS):
        return CameraSteps((BUILD, LOAD))
    return CameraSteps((LOAD,))


def _module_packages(system: System) -> list[Mapping[str, str]]:
    state = module_state(system)
    missing: list[Mapping[str, str]] = []
    if state is ModuleState.NOT_INSTALLED:
        missing.append(v4l2loopback.PACKAGES)
    if state in (ModuleState.NOT_INSTALLED, ModuleState.NO_HEADERS) and not has_headers(system):
        missing.append(headers(system))
    return missing


def _by_hand(system: System, found_portal: portal.Portal) -> str:
    return found_portal.fix if found_portal.lacks_packages else module_trouble(system)
