"""The command line: asking, refusing, scripts, other systems."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import cyclorama.cli.app as app
from cyclorama.doctor import devices
from cyclorama.setup import machine, plan
from cyclorama.setup.menu import menu_files
from cyclorama.setup.other_systems import OBS_WINDOWS, UNITY_WINDOWS, candidates, registered

pytestmark = pytest.mark.needs_linux("files of modprobe and systemd")
Run = Callable[..., tuple[int, str, str]]
ETC = "etc/modprobe.d/cyclorama.conf"
UNIT = "home/ann/.config/systemd/user/cyclorama.service"
ENTRY = "home/ann/.local/share/applications/cyclorama.desktop"
MENU = [
    ENTRY,
    "home/ann/.local/share/icons/hicolor/48x48/apps/cyclorama.png",
    "home/ann/.local/share/icons/hicolor/scalable/apps/cyclorama.svg",
]


@pytest.fixture
def cyclorama(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/ann/.config")
    monkeypatch.setenv("XDG_DATA_HOME", "/home/ann/.local/share")
    monkeypatch.setattr(sys, "platform", "linux")

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = app.run(["setup", "--root", str(tmp_path), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


def test_yes_writes_what_was_shown(cyclorama: Run, tmp_path: Path) -> None:
    code, out, _ = cyclorama("--yes", "--device", "/dev/video9", "--", "--background", "office", "--frame", "auto")
    assert code == 0
    assert len(files(tmp_path)) == 7
    for name in (ETC, UNIT, ENTRY):
        assert f"write   {tmp_path / name}" in out
        assert all(line in out for line in (tmp_path / name).read_text().splitlines())
    unit = (tmp_path / UNIT).read_text()
    assert "live --quiet --to camera:/dev/video9 --background office --frame auto\n" in unit
    assert "video_nr=9" in (tmp_path / ETC).read_text()
    assert cyclorama("--yes", "--remove")[0] == 0
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--nope"], "--nope"),
        (["office"], "office"),
        (["--fps", "0"], "--fps"),
        (["--background", "ofice"], "did you mean office?"),
        (["--background", "here.png"], "give the path in full"),
        (["--profile", "work"], "[profile.work]"),
    ],
)
def test_what_live_would_refuse_is_not_written(
    cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], says: str
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "here.png").touch()
    monkeypatch.chdir(folder)
    code, out, err = cyclorama("--yes", "--", *options)
    assert (code, out) == (2, "") and says in err
    assert files(tmp_path) == ["here/here.png"]
    assert cyclorama("--yes", "--", "--background", str(folder / "here.png"), "--mirror", "--quiet")[0] == 0


@pytest.mark.parametrize(
    ("options", "written"),
    [
        (["--no-service", "--no-menu"], [ETC, "etc/modules-load.d/cyclorama.conf"]),
        (["--no-service", "--no-camera"], MENU),
        (["--no-menu", "--no-camera"], [UNIT, "home/ann/.config/systemd/user/default.target.wants/cyclorama.service"]),
        (["--no-menu", "--no-camera", "--no-service"], []),
    ],
)
def test_a_part_of_it(cyclorama: Run, tmp_path: Path, options: list[str], written: list[str]) -> None:
    assert cyclorama("--yes", *options)[0] == 0
    assert files(tmp_path) == written
    cyclorama("--yes")
    assert cyclorama("--yes", "--remove", *options)[0] == 0
    assert set(files(tmp_path)).isdisjoint(written) and len(files(tmp_path)) == 7 - len(written)


def test_pictures_are_named_and_not_printed(cyclorama: Run, tmp_path: Path) -> None:
    _, out, _ = cyclorama("--yes", "--no-camera", "--no-service")
    assert f"write   {tmp_path / MENU[1]}\n        the icon, " in out and "PNG" not in out


@pytest.mark.parametrize(("answer", "code", "count"), [("y\n", 0, 7), ("n\n", 130, 0), ("\n", 130, 0)])
def test_it_asks(
    cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, count: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert cyclorama()[0] == code
    assert len(files(tmp_path)) == count


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ((), "a virtual camera, now and at every start, cyclorama live at every login and cyclorama in your menu of "
         "programs"),
        (("--no-camera", "--no-service"), "cyclorama in your menu of programs"),
        (("--no-menu", "--no-camera"), "cyclorama live at every login"),
        (("--no-menu", "--no-service"), "a virtual camera, now and at every start"),
    ],
    ids=["all", "menu", "service", "camera"],
)  # fmt: skip
def test_it_begins_with_what_it_is_about_to_do(cyclorama: Run, options: tuple[str, ...], what: str) -> None:
    said = cyclorama("--yes", *options)[1].splitlines()
    assert said[:2] == [f"This sets up {what}. These are the files and commands:", ""]
    assert "This sets up" not in cyclorama("--yes", *options)[1], "there is nothing to do any more"
    assert cyclorama("--yes", *options, "--remove")[1].startswith("This takes away what cyclorama setup wrote:\n\n")


def test_nobody_to_ask(cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    code, _, err = cyclorama()
    assert code == 2 and "--yes" in err
    assert files(tmp_path) == []


def test_a_second_time_there_is_nothing_to_ask(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    cyclorama("--yes")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, out, _ = cyclorama()
    assert code == 0 and out.endswith("Nothing to do.\n")


def test_json_without_yes_is_a_rehearsal(cyclorama: Run, tmp_path: Path) -> None:
    code, out, _ = cyclorama("--json")
    plan = json.loads(out)
    assert code == 0 and files(tmp_path) == []
    assert [(f["action"], f["done"], f["link"]) for f in plan["files"]] == [
        ("write", False, link) for link in (False, False, False, True, False, False, False)
    ]
    done = json.loads(cyclorama("--json", "--yes")[1])
    assert all(f["done"] for f in done["files"])
    assert len(files(tmp_path)) == 7


def test_without_the_right_it_says_the_one_command(
    cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan.Change, "permitted", lambda self: "etc" not in self.file.path.relative_to(tmp_path).parts)
    monkeypatch.setattr("cyclorama.setup.commands.is_root", lambda: False)
    code, out, err = cyclorama("--yes", "--device", "3")
    assert code == 5
    assert f"{tmp_path / ETC}  (needs root)" in out
    assert "sudo /" in err and err.rstrip().endswith(f"setup --yes --no-service --no-menu --device 3 --root {tmp_path}")
    assert files(tmp_path)[0] == UNIT, "what may be written is"
    code, _, err = cyclorama("--yes", "--remove")
    assert code == 0, "nothing of ours is left that only root may remove"


def test_under_sudo_the_service_is_left_to_the_user(
    cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "ann")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    code, out, _ = cyclorama("--yes")
    assert code == 0 and "without sudo" in out
    assert files(tmp_path) == [ETC, "etc/modules-load.d/cyclorama.conf"]


def test_files_of_others_stop_it(cyclorama: Run, tmp_path: Path) -> None:
    (tmp_path / ETC).parent.mkdir(parents=True)
    (tmp_path / ETC).write_text("mine")
    code, _, err = cyclorama("--yes")
    assert code == 5 and "--overwrite" in err
    assert files(tmp_path) == [ETC]
    assert cyclorama("--yes", "--overwrite")[0] == 0


@pytest.mark.parametrize("device", ["cam", "-1", "256", "/dev/videoX"])
def test_no_such_device(cyclorama: Run, device: str) -> None:
    code, _, err = cyclorama("--yes", "--device", device)
    assert code == 2 and "--device" in err


def test_the_program_is_this_installation() -> None:
    assert Path(machine.program()[0]).is_absolute()


@pytest.mark.parametrize(("platform", "says"), [("win32", "Unity Capture"), ("darwin", "System Settings")])
def test_other_systems_are_told_how(
    cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, says: str
) -> None:
    monkeypatch.setattr("cyclorama.doctor.system.System.is_linux", property(lambda self: False))
    monkeypatch.setattr("cyclorama.setup.other_systems.is_there", lambda system: lambda place: False)
    monkeypatch.setattr("cyclorama.setup.other_systems.candidates", lambda system: candidates(devices.System(platform)))
    code, out, _ = cyclorama("--yes", "--no-menu")
    assert code == 5 and says in out and "obsproject.com" in out
    assert files(tmp_path) == []
    assert cyclorama("--yes", "--no-menu", "--no-camera")[:2] == (0, "\nNothing to do.\n")
    assert cyclorama("--yes", "--remove")[0] == 0, "no camera is needed to remove what is there"
    code, out, _ = cyclorama("--json")
    assert code == 5 and not any(camera["registered"] for camera in json.loads(out)["cameras"])
    monkeypatch.setattr("cyclorama.setup.other_systems.is_there", lambda system: lambda place: True)
    code, out, _ = cyclorama("--json")
    assert code == 0 and all(camera["registered"] for camera in json.loads(out)["cameras"])


def test_macos_gets_an_application(cyclorama: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.doctor.system.System.is_linux", property(lambda self: False))
    monkeypatch.setattr("cyclorama.cli.commands.setup._candidates", lambda system: {})
    monkeypatch.setattr("cyclorama.setup.steps.menu_files", lambda platform, *rest: menu_files("darwin", *rest))
    monkeypatch.setattr("platformdirs.user_applications_path", lambda: Path("/Users/ann/Applications"))
    assert cyclorama("--yes")[0] == 0
    app = "Users/ann/Applications/cyclorama.app/Contents"
    assert files(tmp_path) == [f"{app}/Info.plist", f"{app}/MacOS/cyclorama", f"{app}/Resources/cyclorama.icns"]
    assert cyclorama("--yes", "--remove")[0] == 0
    assert files(tmp_path) == [] and not (tmp_path / "Users/ann/Applications").exists()


def test_each_camera_by_its_own_key() -> None:
    system = devices.System("win32")
    assert registered(OBS_WINDOWS, system, lambda key: key == devices.OBS_CLASS)
    assert not registered(UNITY_WINDOWS, system, lambda key: key == devices.OBS_CLASS)
