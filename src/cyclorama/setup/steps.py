"""All that one run of setup does: files to write, and commands to run as root. Nothing is done here but looking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from cyclorama.doctor.portal import Portal, look_for_portal
from cyclorama.doctor.system import System
from cyclorama.setup import commands, plan
from cyclorama.setup.files import SetupFile, live_command, service_files, system_files
from cyclorama.setup.machine import ROOT, other_options, program, under_sudo
from cyclorama.setup.menu import menu_files
from cyclorama.setup.plan import Change
from cyclorama.setup.virtual_camera import CameraSteps, camera_steps, unloading_steps, wants_module
from cyclorama.sinks.virtual_camera.pipewire.check import look_for_pipewire


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be set up or removed. ``module``: v4l2loopback even where PipeWire is enough. ``root``: None for the
    running system; below another one there are files alone."""

    camera: bool
    module: bool
    service: bool
    menu: bool
    remove: bool
    device: int | None
    root: Path | None
    overwrite: bool

    @property
    def below(self) -> Path:
        """The folder that the files are below."""
        return (self.root or ROOT).absolute()

    @property
    def needs_module(self) -> bool:
        """Whether the user asks for v4l2loopback."""
        return self.module or self.device is not None


@dataclass(frozen=True, slots=True)
class Cameras:
    """The virtual cameras of a Linux machine that are set up. ``pipewire``: its version; empty where it gives none."""

    module: bool = False
    pipewire: str = ""
    portal: Portal = field(default_factory=Portal)


@dataclass(frozen=True, slots=True)
class Steps:
    """``commands``: their words, in order; ``by_root``: whether they can run as root. ``notes``: for the user."""

    changes: list[Change]
    commands: list[tuple[str, ...]]
    notes: list[str]
    cameras: Cameras
    by_root: bool

    @property
    def pending(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.commands) or any(change.pending for change in self.changes)


def plan_steps(wanted: Wanted, system: System, live_options: Sequence[str], version: str) -> Steps:
    """``version``: of cyclorama. Raises SettingsError, SinkError."""
    cameras = _cameras(wanted, system) if wanted.camera and system.is_linux else Cameras()
    files, notes = _files(wanted, system, cameras, live_options)
    if wanted.menu and not under_sudo():
        files += menu_files(system.platform, wanted.below, version)
    changes = plan.plan_removal(files) if wanted.remove else plan.plan_setup(files, overwrite=wanted.overwrite)
    steps = _camera_steps(wanted, system, cameras, changes)
    by_root = system.is_linux and wanted.root is None and commands.can_become_root()
    writing = [writing_command(wanted)] if refused(changes) else []
    return Steps(changes, [*writing, *steps.commands], [*notes, *steps.notes], cameras, by_root)


def refused(changes: Sequence[Change]) -> list[Change]:
    """Pending changes that this user has no right to make."""
    return [change for change in changes if change.pending and not change.permitted()]


def writing_command(wanted: Wanted) -> tuple[str, ...]:
    """The words of the command that writes or removes, as root, the files that only root may."""
    words = [*program(), "setup", "--yes", "--no-service", "--no-menu"]
    words += ["--remove"] if wanted.remove else []
    words += [] if wanted.device is None else ["--device", str(wanted.device)]
    words += ["--root", str(wanted.below)]
    return (*words, "--overwrite") if wanted.overwrite else tuple(words)


def _cameras(wanted: Wanted, system: System) -> Cameras:
    if wanted.remove or wanted.root is not None:
        return Cameras(module=True)
    pipewire = look_for_pipewire()
    module = wanted.needs_module or wants_module(system, pipewire.problem)
    return Cameras(module) if pipewire.problem else Cameras(module, pipewire.version, look_for_portal())


def _files(
    wanted: Wanted, system: System, cameras: Cameras, live_options: Sequence[str]
) -> tuple[list[SetupFile], list[str]]:
    """The files, and notes."""
    root = wanted.below
    files = system_files(root, wanted.device) if cameras.module else []
    notes = _notes(root, cameras)
    service = wanted.service and system.is_linux
    if (service or wanted.menu) and under_sudo():
        notes.append("note: service and menu entry are yours and not root's: for them run cyclorama setup without sudo")
        return files, notes
    if service:
        there = cameras if wanted.camera else _cameras(wanted, system)  # set up before, by the same rule
        command = live_command(program(), wanted.device, live_options, module=there.module)
        files += service_files(root, Path(platformdirs.user_config_dir()).absolute(), command)
    return files, notes


def _notes(root: Path, cameras: Cameras) -> list[str]:
    notes = []
    if cameras.module:
        notes += [f"note: {path} sets options of v4l2loopback too: merge the two" for path in other_options(root)]
    elif cameras.pipewire:
        what = f"note: PipeWire {cameras.pipewire} takes a camera without a kernel module"
        notes.append(f"{what}; for programs that see none of PipeWire's cameras: cyclorama setup --module")
    if cameras.portal.problem and not cameras.portal.lacks_packages:
        notes.append(f"note: {cameras.portal.problem}; {cameras.portal.fix}")
    return notes


def _camera_steps(wanted: Wanted, system: System, cameras: Cameras, changes: Sequence[Change]) -> CameraSteps:
    if wanted.root is not None or not wanted.camera or not system.is_linux:
        return CameraSteps()
    changed = any(change.pending and change.file.path.parent.name == "modprobe.d" for change in changes)
    if wanted.remove:
        return unloading_steps(system) if changed else CameraSteps()
    return camera_steps(system, module=cameras.module, changed=changed, found_portal=cameras.portal)
