"""What setup does on Linux beyond files: which commands run, in which order, and never before a yes."""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import cyclorama.cli.app as app
from cyclorama.doctor.kernel_module import SECURE_BOOT
from cyclorama.doctor.portal import Portal
from cyclorama.doctor.system import System
from cyclorama.setup import commands, read_back, steps
from cyclorama.setup.machine import program
from cyclorama.setup.read_back import Checked
from cyclorama.setup.steps import Wanted, writing_command
from cyclorama.sinks.virtual_camera import packages, v4l2loopback
from cyclorama.sinks.virtual_camera.pipewire.check import PipeWire

pytestmark = pytest.mark.needs_linux("v4l2loopback and PipeWire")
RELEASE = "6.1.0-57"
CONF = "etc/modprobe.d/cyclorama.conf"
CAPS = "sys/module/v4l2loopback/parameters/exclusive_caps"
REFERENCES = "sys/module/v4l2loopback/refcnt"
BUILT = f"modules/{RELEASE}/modules.dep"
HEADERS = f"modules/{RELEASE}/build"
SOURCES = "dkms/v4l2loopback/0.12.7/source"
LOG = "dkms/v4l2loopback/0.12.7/build/make.log"
INSTALL = f"apt-get install --yes v4l2loopback-dkms linux-headers-{RELEASE}"
LOAD, UNLOAD = "modprobe v4l2loopback", "modprobe -r v4l2loopback"
PORTAL = Portal(problem="there is no camera portal", fix="sudo apt install it", lacks_packages=True)
LOOPBACK, PIPEWIRE = Checked("/dev/video10"), Checked("Cyclorama (PipeWire)")
DO = ("--yes", "--no-service", "--no-menu")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Machine:
    """A machine made of folders. ``ran``: the commands, which do what the real ones would."""

    root: Path
    run: Callable[..., tuple[int, str, str]] = lambda *arguments: (0, "", "")
    ran: list[str] = field(default_factory=list)
    fails: dict[str, int] = field(default_factory=dict)
    """What commands end with, by their program."""
    pipewire: str = "no camera through PipeWire: none runs"
    portal: Portal = field(default_factory=Portal)
    loopback: Checked = LOOPBACK
    looked: list[tuple[str | None, str]] = field(default_factory=list)
    """The device and the label that were to be tried."""
    is_root: bool = True

    def has(self, *places: str) -> None:
        for place in places:
            text = {CAPS: "Y,N\n", BUILT: "updates/v4l2loopback.ko:", REFERENCES: "0\n"}.get(place, "")
            self.write(place, text)

    def write(self, place: str, text: str) -> None:
        (self.root / place).parent.mkdir(parents=True, exist_ok=True)
        (self.root / place).write_text(text)

    def look(self, device: str | None, label: str) -> Checked:
        self.looked.append((device, label))
        return self.loopback

    def command(self, words: Sequence[str]) -> int:
        self.ran.append(shlex.join(words))
        words = words[1:] if words[0] == "sudo" else words
        code = self.fails.get(words[0], 0)
        if not code and words[0] in ("apt-get", "dkms"):
            self.has(BUILT)
        if not code and shlex.join(words) == LOAD:
            self.has(CAPS, REFERENCES)
        return code


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Machine:
    here = Machine(tmp_path)
    system = System("linux", *(tmp_path / name for name in ("sys", "proc", "dev", "modules", "dkms")), release=RELEASE)
    here.write("os-release", "ID=debian\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/ann/.config")
    monkeypatch.setenv("XDG_DATA_HOME", "/home/ann/.local/share")
    monkeypatch.setattr("cyclorama.doctor.system.System", lambda: system)
    monkeypatch.setattr(packages, "OS_RELEASE", tmp_path / "os-release")
    monkeypatch.setattr(v4l2loopback, "MODULES", tmp_path / "modules")
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setattr(steps, "look_for_pipewire", lambda: PipeWire("1.4.2", here.pipewire))
    monkeypatch.setattr(steps, "look_for_portal", lambda: here.portal)
    monkeypatch.setattr(commands, "run", here.command)
    monkeypatch.setattr(commands, "is_root", lambda: here.is_root)
    monkeypatch.setattr(read_back, "check_loopback", here.look)
    monkeypatch.setattr(read_back, "check_pipewire", lambda: PIPEWIRE)

    def run(*arguments: str) -> tuple[int, str, str]:
        here.ran.clear()
        capsys.readouterr()
        code = app.run(["setup", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    here.run = run
    return here


@dataclass(frozen=True)
class Case:
    """A machine, and what is run on it."""

    name: str
    runs: tuple[str, ...]
    there: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    pipewire: bool = False
    portal: Portal = field(default_factory=Portal)
    system: str = "debian"
    writes: bool = True
    """Whether the module's options are written."""


CASES = (
    Case("nothing", (INSTALL, LOAD)),
    Case("headers alone", ("apt-get install --yes v4l2loopback-dkms", LOAD), (HEADERS,)),
    Case("PipeWire", (), pipewire=True, writes=False),
    Case("PipeWire, and the module too", (INSTALL, LOAD), options=("--module",), pipewire=True),
    Case("PipeWire, and a number", (INSTALL, LOAD), options=("--device", "9"), pipewire=True),
    Case("PipeWire, no camera wanted", (), options=("--no-camera",), pipewire=True, writes=False),
    Case("PipeWire, and the module is here", (LOAD,), (BUILT,), pipewire=True),
    Case(
        "PipeWire without a portal",
        ("apt-get install --yes xdg-desktop-portal xdg-desktop-portal-gtk",),
        pipewire=True,
        portal=PORTAL,
        writes=False,
    ),
    Case("built", (LOAD,), (BUILT,)),
    Case("loaded, with other options", (UNLOAD, LOAD), (BUILT, CAPS, REFERENCES)),
    Case("sources", ("dkms autoinstall", LOAD), (SOURCES, HEADERS)),
    Case(
        "sources without headers",
        (f"apt-get install --yes linux-headers-{RELEASE}", "dkms autoinstall", LOAD),
        (SOURCES,),
    ),
    Case("Fedora", (f"dnf install --assumeyes v4l2loopback kernel-devel-{RELEASE}", LOAD), system="fedora"),
    Case("Arch", ("pacman -S --needed --noconfirm v4l2loopback-dkms linux-headers", LOAD), system="arch"),
    Case(
        "openSUSE",
        ("zypper --non-interactive install v4l2loopback-kmp-default kernel-default-devel", LOAD),
        system="opensuse-leap",
    ),
    Case("another system", (), system="other"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_which_commands_run_in_which_order(machine: Machine, case: Case) -> None:
    machine.has(*case.there)
    machine.write("os-release", f"ID={case.system}\n")
    machine.pipewire, machine.portal = "" if case.pipewire else machine.pipewire, case.portal
    _, out, _ = machine.run(*DO, *case.options)
    assert tuple(machine.ran) == case.runs
    assert [line[8:] for line in out.splitlines() if line.startswith("run ")] == list(case.runs), "shown before"
    assert (machine.root / CONF).is_file() == case.writes
    assert not case.portal.problem or case.portal.problem not in out, "what is installed needs no note"


@pytest.mark.parametrize(("options", "device"), [((), None), (("--device", "9"), "/dev/video9")])
def test_the_camera_that_was_set_up_is_the_one_that_is_tried(
    machine: Machine, options: tuple[str, ...], device: str | None
) -> None:
    machine.run(*DO, *options)
    assert machine.looked == [(device, "cyclorama")]


def test_a_system_of_another_family_is_told_what_it_needs(machine: Machine) -> None:
    machine.write("os-release", "ID=other\n")
    code, out, _ = machine.run(*DO)
    assert code == 5 and "note: the kernel module v4l2loopback is not loaded; install your system's" in out


@pytest.mark.parametrize("answer", ["y\n", "n\n", "\n"])
def test_nothing_runs_before_the_yes(machine: Machine, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    code, out, _ = machine.run("--no-service", "--no-menu")
    assert f"run     {INSTALL}\nrun     {LOAD}\n" in out
    if answer == "y\n":
        assert (code, machine.ran) == (0, [INSTALL, LOAD])
    else:
        assert (code, machine.ran) == (130, []) and not (machine.root / CONF).exists()


def test_nobody_to_ask_and_a_rehearsal_run_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert machine.run()[0] == 2 and machine.ran == []
    code, out, _ = machine.run("--json")
    found = json.loads(out)
    assert code == 0 and machine.ran == []
    assert found["commands"] == [{"command": words, "exit_code": None} for words in (INSTALL, LOAD)]
    assert found["checked"] == []


def test_below_another_root_nothing_is_installed_or_loaded(machine: Machine, tmp_path: Path) -> None:
    machine.has(BUILT)
    machine.pipewire = ""
    code, out, _ = machine.run(*DO, "--root", str(tmp_path / "image"))
    assert (code, machine.ran) == (0, []) and "run " not in out and out.endswith("Done.\n")
    assert (tmp_path / "image" / CONF).is_file()


def test_the_second_time_nothing_is_left_and_the_camera_is_tried_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.run(*DO)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, out, _ = machine.run("--no-service", "--no-menu")
    assert (code, machine.ran) == (0, [])
    assert "works   /dev/video10: " in out
    assert out.endswith("Run cyclorama live, open your call and pick Cyclorama.\n")


def test_it_ends_with_the_call_and_pipewires_switch(machine: Machine) -> None:
    machine.pipewire = ""
    code, out, _ = machine.run("--yes")
    assert code == 0
    *_, call, switch = out.splitlines()
    assert call == "Open your call and pick Cyclorama."
    assert "chrome://flags/#enable-webrtc-pipewire-camera" in switch and "docs/cameras.md" in switch
    assert "note: PipeWire 1.4.2 takes a camera without a kernel module; " in out and "--module" in out
    unit = machine.root / "home/ann/.config/systemd/user/cyclorama.service"
    assert unit.read_text().count("live --quiet --to camera\n") == 1, "there is no device with our label"


@pytest.mark.parametrize(
    ("there", "pipewire", "to"),
    [((), True, "camera"), ((BUILT,), True, "camera:cyclorama"), ((), False, "camera:cyclorama")],
    ids=["PipeWire", "PipeWire and the module", "no PipeWire"],
)
def test_the_service_alone_takes_the_camera_that_setup_gave_before(
    machine: Machine, there: tuple[str, ...], pipewire: bool, to: str
) -> None:
    machine.has(*there)
    machine.pipewire = "" if pipewire else machine.pipewire
    code, out, _ = machine.run("--yes", "--no-menu", "--no-camera")
    assert (code, machine.ran) == (0, []) and "works " not in out
    unit = machine.root / "home/ann/.config/systemd/user/cyclorama.service"
    assert unit.read_text().count(f"live --quiet --to {to}\n") == 1


def test_a_portal_that_no_package_mends_is_said(machine: Machine) -> None:
    machine.pipewire, machine.portal = (
        "",
        Portal(problem="there is no session bus", fix="start it in the desktop session"),
    )
    code, out, _ = machine.run(*DO)
    assert (code, machine.ran) == (0, [])
    assert "note: there is no session bus; start it in the desktop session\n" in out


def test_a_command_that_fails_ends_it_and_is_said(machine: Machine) -> None:
    machine.fails["apt-get"] = 100
    code, out, _ = machine.run(*DO)
    assert (code, machine.ran) == (5, [INSTALL])
    assert f"failed  {INSTALL}: it ended with 100\n" in out
    assert "v4l2loopback: the kernel module v4l2loopback is not loaded; sudo apt install" in out
    assert out.splitlines()[-1] == "No virtual camera works yet; what is in the way: cyclorama doctor"


@pytest.mark.parametrize(("asked", "code"), [((), 0), (("--module",), 5)])
def test_secure_boot_is_said_and_pipewire_goes_on(machine: Machine, asked: tuple[str, ...], code: int) -> None:
    machine.has(BUILT)
    machine.write(f"sys/firmware/efi/{SECURE_BOOT}", "\x06\0\0\0\x01")
    machine.fails["modprobe"] = 1
    machine.pipewire = ""
    ended, out, _ = machine.run(*DO, *asked)
    assert (ended, machine.ran) == (code, [LOAD])
    (trouble,) = [line for line in out.splitlines() if line.startswith("v4l2loopback: ")]
    assert "Secure Boot is on" in trouble and "sudo mokutil --import" in trouble
    assert "works   Cyclorama (PipeWire): " in out and "open your call and pick Cyclorama." in out


def test_a_build_that_failed_is_said_with_the_end_of_its_log(machine: Machine) -> None:
    machine.has(SOURCES, HEADERS)
    machine.write(LOG, "make: entering\nv4l2loopback.c:700: error: no member 'x'\n\n")
    code, out, _ = machine.run(*DO)
    assert (code, machine.ran) == (5, [])
    assert "DKMS could not build v4l2loopback 0.12.7 for the kernel 6.1.0-57: v4l2loopback.c:700: error" in out


def test_what_is_in_use_stays_loaded(machine: Machine) -> None:
    machine.has(BUILT, CAPS)
    machine.write(REFERENCES, "1\n")
    machine.loopback = Checked("v4l2loopback", "no virtual camera can be written to", in_use=True)
    code, out, _ = machine.run(*DO)
    assert (code, machine.ran) == (0, []) and "is in use and stays as it is" in out
    assert "in use  v4l2loopback: no virtual camera can be written to\n" in out
    code, out, _ = machine.run(*DO, "--remove")
    assert (code, machine.ran) == (0, []) and "is in use and stays as it is" in out
    assert not (machine.root / CONF).exists()


def test_a_module_that_was_loaded_without_its_options_is_loaded_anew(machine: Machine) -> None:
    machine.run(*DO)
    machine.write(CAPS, "N,N\n")
    code, _, _ = machine.run(*DO)
    assert (code, machine.ran) == (0, [UNLOAD, LOAD])


def test_what_it_loaded_it_unloads_and_nothing_of_others(machine: Machine) -> None:
    machine.has(BUILT, CAPS, REFERENCES)
    assert machine.run("--yes", "--remove")[0] == 0 and machine.ran == [], "it was not set up by us"
    machine.run(*DO)
    assert machine.run("--yes", "--remove")[0] == 0 and machine.ran == [UNLOAD]


def as_user(machine: Machine, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    machine.is_root = False
    etc = machine.root / "etc"
    monkeypatch.setattr("cyclorama.setup.plan.Change.permitted", lambda self: etc not in self.file.path.parents)
    monkeypatch.setattr(sys, "stdin", Terminal("y\n") if terminal else io.StringIO())
    monkeypatch.setattr(commands.shutil, "which", lambda name: f"/usr/bin/{name}")


def test_a_user_is_asked_by_sudo(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user(machine, monkeypatch, terminal=True)
    code, out, _ = machine.run("--no-service")
    files = shlex.join(["sudo", *program(), "setup", "--yes", "--no-service", "--no-menu", "--root", str(machine.root)])
    assert (code, machine.ran) == (0, [files, f"sudo {INSTALL}", f"sudo {LOAD}"])
    assert f"run     {files}\nrun     sudo {INSTALL}\nrun     sudo {LOAD}\n" in out
    machine.fails[program()[0]] = 1
    code, out, _ = machine.run("--no-service", "--yes", "--json")
    found = json.loads(out)
    assert (code, machine.ran) == (5, [files])
    assert [command["exit_code"] for command in found["commands"]] == [1, None, None]
    assert [file["done"] for file in found["files"]] == [False, False, False, False, False], "the menu was there"


def test_a_later_command_that_fails_is_no_success(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.has(BUILT, CAPS, REFERENCES)
    machine.fails["modprobe"] = 1
    as_user(machine, monkeypatch, terminal=True)
    code, out, _ = machine.run("--no-service", "--no-menu")
    assert (code, len(machine.ran), machine.ran[-1]) == (5, 2, f"sudo {UNLOAD}")
    assert f"failed  {UNLOAD}: it ended with 1\n" in out


@pytest.mark.parametrize(
    ("remove", "device", "overwrite", "words"),
    [
        (False, None, False, "--root /image"),
        (True, None, False, "--remove --root /image"),
        (False, 9, True, "--device 9 --root /image --overwrite"),
    ],
)
def test_root_writes_or_removes_what_the_user_asked_for(
    remove: bool, device: int | None, overwrite: bool, words: str
) -> None:
    wanted = Wanted(True, False, True, True, remove, device, Path("/image"), overwrite)
    expected = [*program(), "setup", "--yes", "--no-service", "--no-menu", *words.split()]
    assert list(writing_command(wanted)) == expected


def test_below_another_root_no_sudo_asks(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user(machine, monkeypatch, terminal=True)
    code, _, err = machine.run(*DO, "--root", str(machine.root))
    assert (code, machine.ran) == (5, []) and f"--root {machine.root}\n" in err


def test_where_sudo_cannot_ask_the_command_is_said(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user(machine, monkeypatch, terminal=False)
    machine.pipewire = ""
    code, out, err = machine.run("--yes", "--module")
    assert (code, machine.ran) == (5, [])
    assert "v4l2loopback: " not in out and "works   Cyclorama (PipeWire): " in out, "what is there is tried"
    files = shlex.join(["sudo", *program(), "setup", "--yes", "--no-service", "--no-menu", "--root", str(machine.root)])
    assert f"no permission for {machine.root / CONF}, " in err
    assert err.rstrip().endswith(f"; the rest is done by: {files} && sudo {INSTALL} && sudo {LOAD}")
    assert (machine.root / "home/ann/.local/share/applications/cyclorama.desktop").is_file(), "what may be written is"


def test_json_with_yes_says_what_came_of_it(machine: Machine) -> None:
    machine.loopback = Checked("/dev/video10", "another picture comes out")
    code, out, _ = machine.run(*DO, "--json")
    found = json.loads(out)
    assert code == 5
    assert [command["exit_code"] for command in found["commands"]] == [0, 0]
    assert found["checked"] == [{"camera": "/dev/video10", "works": False, "problem": "another picture comes out"}]


def test_a_command_prints_where_we_print_errors_and_its_code_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "errors").open("w") as errors:
        monkeypatch.setattr(sys, "stderr", errors)
        assert commands.run(["sh", "-c", "echo said; echo wrong >&2; exit 7"]) == 7
        assert commands.run(["no-such-program-of-ours"]) == commands.NO_SUCH_PROGRAM
    assert (tmp_path / "errors").read_text() == "said\nwrong\n"


def test_a_command_of_the_system_is_found_where_users_have_it_not_on_their_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "sbin" / "modprobe"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\ncase $PATH in */sbin) exit 3;; esac\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(commands, "SYSTEM_PATH", str(script.parent))
    with (tmp_path / "errors").open("w") as errors:
        monkeypatch.setattr(sys, "stderr", errors)
        assert commands.run(["modprobe"]) == 3, "and it finds others there too"


@pytest.mark.parametrize(
    ("root", "terminal", "sudo", "can"),
    [
        (False, True, "/usr/bin/sudo", True),
        (False, True, None, False),
        (False, False, "/usr/bin/sudo", False),
        (True, False, None, True),
    ],
)
def test_who_can_become_root(
    monkeypatch: pytest.MonkeyPatch, root: bool, terminal: bool, sudo: str | None, can: bool
) -> None:
    monkeypatch.setattr(commands, "is_root", lambda: root)
    monkeypatch.setattr(sys, "stdin", Terminal() if terminal else io.StringIO())
    monkeypatch.setattr(commands.shutil, "which", lambda name: sudo)
    assert commands.can_become_root() == can
    assert commands.as_root(["touch", "/a b"]) == ("" if root else "sudo ") + "touch '/a b'"
