"""The shortcut of Windows' Start menu: through a double of the shell's interface, and on Windows through the shell."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from cyclorama.core.errors import SinkError
from cyclorama.setup.files import SetupFile
from cyclorama.setup.plan import Action, carry_out, plan_removal, plan_setup
from cyclorama.setup.shortcut import ShellLink, Shortcut, read_link, shortcut_files, write_link

ON_WINDOWS = sys.platform == "win32"
LINK = ShellLink("C:\\Łukasz 田中\\pythonw.exe", "-m cyclorama panel", "C:\\Users\\%x%", "C:\\it's.ico")


class COMError(Exception):
    hresult = -1
    text = "no such interface"


class FakeShell:
    """As much of IShellLinkW and IPersistFile as is called; the file is JSON."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def QueryInterface(self, interface: object) -> FakeShell:  # noqa: N802
        return self

    def Save(self, path: str, remember: bool) -> None:  # noqa: N802
        Path(path).write_text(json.dumps(self.told))

    def Load(self, path: str, mode: int) -> None:  # noqa: N802
        try:
            self.told = json.loads(Path(path).read_text())
        except ValueError:
            raise COMError from None

    def __getattr__(self, name: str) -> Any:
        verb, what = name[:3], name[3:]
        if verb == "Set":
            return lambda value, *index: self.told.update({what: [value, *index] if index else value})
        return lambda *flags: self.told[what]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    if ON_WINDOWS:
        return
    comtypes, persist = ModuleType("comtypes"), ModuleType("comtypes.persist")
    shelllink = SimpleNamespace(ShellLink=SimpleNamespace(_reg_clsid_="clsid"), IShellLinkW="interface")
    comtypes.__dict__.update(
        COMError=COMError, shelllink=shelllink, persist=persist, CoCreateInstance=lambda clsid, interface: FakeShell()
    )
    persist.__dict__["IPersistFile"] = "persist"
    monkeypatch.setitem(sys.modules, "comtypes", comtypes)
    monkeypatch.setitem(sys.modules, "comtypes.persist", persist)


def files(programs: Path, program: str = "C:\\venv\\pythonw.exe") -> list[SetupFile]:
    return shortcut_files(Path("/").absolute(), programs, [program, "-m", "cyclorama", "panel"], Path("C:\\Users\\ann"))


def test_it_starts_the_panel(tmp_path: Path) -> None:
    [shortcut] = files(tmp_path)
    assert isinstance(shortcut, Shortcut) and shortcut.path == tmp_path / "cyclorama.lnk"
    assert (shortcut.link.target, shortcut.link.arguments) == ("C:\\venv\\pythonw.exe", "-m cyclorama panel")
    assert Path(shortcut.link.icon).is_file()
    assert shortcut.text.splitlines()[0] == "starts  C:\\venv\\pythonw.exe -m cyclorama panel"
    assert 'starts  "C:\\a b\\pythonw.exe" -m' in files(tmp_path, "C:\\a b\\pythonw.exe")[0].text


@pytest.mark.usefixtures("shell")
def test_what_is_written_is_read(tmp_path: Path) -> None:
    target = tmp_path / "pythonw.exe"
    target.touch()
    link = ShellLink(str(target), LINK.arguments, LINK.folder, LINK.icon) if ON_WINDOWS else LINK
    write_link(tmp_path / "x.lnk", link)
    found = read_link(tmp_path / "x.lnk")
    assert Path(found.target).name == Path(link.target).name
    assert (found.arguments, found.folder, found.icon, found.description) == (
        link.arguments, link.folder, link.icon, link.description)  # fmt: skip


@pytest.mark.usefixtures("shell")
def test_written_kept_replaced_removed(tmp_path: Path) -> None:
    programs = tmp_path / "Programs"
    for program, action in (("a.exe", Action.WRITE), ("a.exe", Action.KEEP), ("b.exe", Action.REPLACE)):
        (tmp_path / program).touch()
        [change] = plan_setup(files(programs, str((tmp_path / program).resolve())), overwrite=False)
        assert change.action is action
        carry_out(change)
    [change] = plan_removal(files(programs, "C:\\elsewhere\\pythonw.exe"))
    carry_out(change)
    assert list(programs.iterdir()) == [], "the Start menu's own folder stays"


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("other", ["another program", "no shortcut"])
def test_a_shortcut_of_somebody_else_stays(tmp_path: Path, other: str) -> None:
    place = tmp_path / "cyclorama.lnk"
    if other == "no shortcut":
        place.write_text("mine")
    else:
        write_link(place, ShellLink(sys.executable, "-m other", str(tmp_path), sys.executable))
    before = place.read_bytes()
    with pytest.raises(SinkError, match="not written by cyclorama"):
        plan_setup(files(tmp_path), overwrite=False)
    assert [change.action for change in plan_removal(files(tmp_path))] == [Action.LEAVE]
    assert place.read_bytes() == before


@pytest.mark.usefixtures("shell")
@pytest.mark.skipif(ON_WINDOWS, reason="the shell does not fail at will")
def test_a_shell_that_refuses_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: FakeShell, path: str, remember: bool) -> None:
        raise COMError

    monkeypatch.setattr(FakeShell, "Save", refuse)
    [change] = plan_setup(files(tmp_path), overwrite=False)
    with pytest.raises(
        SinkError, match=r"cannot write .*cyclorama\.lnk: the shell makes no shortcut: no such interface"
    ):
        carry_out(change)
    assert list(tmp_path.iterdir()) == []
