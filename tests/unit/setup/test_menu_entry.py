"""The entries of Linux and macOS: what they hold, however strange the paths are."""

from __future__ import annotations

import os
import plistlib
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.files.assets import asset_path
from cyclorama.setup import machine
from cyclorama.setup.desktop_entry import desktop_entry, desktop_files, exec_line, refresh_icons
from cyclorama.setup.files import MARKER, SetupFile
from cyclorama.setup.mac_bundle import bundle_files, info_plist, launcher_script
from cyclorama.setup.menu import menu_files
from cyclorama.setup.plan import Action, carry_out, plan_removal, plan_setup
from cyclorama.sinks.virtual_camera.pipewire.stream import PROPERTIES

HOME = Path("/home/ann")
APPLICATIONS = HOME / ".local/share/applications"
STRANGE = [
    "a b",
    "it's",
    'say "hi"',
    "café 🎥",
    "100%",
    "%f",
    "$HOME",
    "a`b",
    "back\\slash",
    "two\nlines",
    "a\tb",
    "~;&#",
]
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


def value(entry: str, key: str) -> str:
    """The value of a key as the specification has it read."""
    [line] = [line for line in entry.split("\n") if line.startswith(f"{key}=")]
    text, out = iter(line.removeprefix(f"{key}=")), ""
    for char in text:
        out += {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}[next(text)] if char == "\\" else char
    return out


def started(entry: str) -> list[str]:
    """The command line that a desktop makes of Exec: unescaped as a value, split, field codes expanded."""
    words, word, quoted = [], None, False
    text = iter(value(entry, "Exec"))
    for char in text:
        if quoted and char == "\\":
            word = (word or "") + next(text)
        elif char == '"':
            quoted, word = not quoted, word or ""
        elif char == " " and not quoted:
            words += [] if word is None else [word]
            word = None
        else:
            word = (word or "") + char
    words += [] if word is None else [word]
    return [word.replace("%%", "%") for word in words]


def as_the_shell_starts(words: list[str]) -> list[str]:
    """Without the shell that starts a program with a name that Exec may not have."""
    return words[3:] if words[:3] == ["sh", "-c", 'exec "$0" "$@"'] else words


def install(files: list[SetupFile]) -> None:
    for change in plan_setup(files, overwrite=False):
        carry_out(change)


def remove(files: list[SetupFile]) -> None:
    for change in plan_removal(files):
        carry_out(change)


def names(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_plain_command_needs_no_quotes() -> None:
    assert exec_line(["/opt/cyclorama/bin/cyclorama", "panel"]) == "/opt/cyclorama/bin/cyclorama panel"


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("/home/a b/cyclorama", '"/home/a b/cyclorama" panel'),
        ("/home/$x", r'"/home/\\$x" panel'),
        ("/a\\b", r'"/a\\\\b" panel'),
        ('/"', r'"/\\"" panel'),
        ("/a\nb", r'"/a\nb" panel'),
        ("/100%", r'sh -c "exec \\"\\$0\\" \\"\\$@\\"" /100%% panel'),
        ("/a=b", r'sh -c "exec \\"\\$0\\" \\"\\$@\\"" /a=b panel'),
    ],
)
def test_exec_is_quoted_and_then_escaped(program: str, line: str) -> None:
    assert exec_line([program, "panel"]) == line


@pytest.mark.parametrize("name", STRANGE)
def test_a_desktop_starts_what_was_meant(name: str) -> None:
    command = [f"/opt/{name}/cyclorama", "panel", name]
    entry = desktop_entry(command, HOME / name)
    assert as_the_shell_starts(started(entry)) == command
    assert value(entry, "Path") == str(HOME / name)
    assert entry.count("\n") == desktop_entry(["c"], HOME).count("\n"), "no line of a path is a line of ours"


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_any_command(words: list[str]) -> None:
    command = ["/" + words[0], *words[1:]]
    try:
        entry = desktop_entry(command, HOME)
    except SettingsError:
        assert any(ord(char) < 32 or ord(char) == 127 for word in words for char in word)
    else:
        assert as_the_shell_starts(started(entry)) == command


@pytest.mark.parametrize("char", ["\0", "\x07", "\x1b", "\x7f", "\udce4"])
def test_what_no_entry_can_hold(char: str) -> None:
    with pytest.raises(SettingsError, match="another folder"):
        desktop_entry([f"/opt/{char}"], HOME)
    with pytest.raises(SettingsError, match="another folder"):
        desktop_entry(["/opt"], HOME / char)


def test_the_entry_is_a_camera_program_without_a_terminal() -> None:
    entry = desktop_entry(["/c", "panel"], HOME)
    assert entry.startswith(f"{MARKER}\n[Desktop Entry]\n")
    for line in ("Type=Application", "Terminal=false", "StartupNotify=false", "Icon=cyclorama",
                 "Categories=AudioVideo;Video;"):  # fmt: skip
        assert f"\n{line}\n" in entry


def test_linux_gets_an_entry_and_its_icons(tmp_path: Path) -> None:
    files = desktop_files(tmp_path, APPLICATIONS, ["/c", "panel"], HOME)
    install(files)
    share = tmp_path / "home/ann/.local/share"
    assert names(share) == [
        "applications/cyclorama.desktop",
        "icons/hicolor/48x48/apps/cyclorama.png",
        "icons/hicolor/scalable/apps/cyclorama.svg",
    ]
    assert PROPERTIES["media.icon-name"] == "cyclorama", "the same for PipeWire's camera"
    with Image.open(share / "icons/hicolor/48x48/apps/cyclorama.png") as icon:
        assert (icon.size, icon.mode) == ((48, 48), "RGBA")
    assert {change.action for change in plan_setup(files, overwrite=False)} == {Action.KEEP}
    remove(desktop_files(tmp_path, APPLICATIONS, ["/another", "panel"], HOME))
    assert list(tmp_path.iterdir()) == []


def test_an_icon_of_another_program_is_neither_replaced_nor_removed(tmp_path: Path) -> None:
    files = desktop_files(tmp_path, APPLICATIONS, ["/c"], HOME)
    files[1].path.parent.mkdir(parents=True)
    files[1].path.write_text("<svg/>")
    with pytest.raises(SinkError, match="not written by cyclorama"):
        plan_setup(files, overwrite=False)
    assert [change.action for change in plan_removal(files)] == [Action.LEAVE] * 3


def test_icons_of_an_older_version_are_replaced_and_removed(tmp_path: Path) -> None:
    files = desktop_files(tmp_path, APPLICATIONS, ["/c"], HOME)
    install(files)
    files[1].path.write_text("<svg>of 0.2</svg>")
    assert [change.action for change in plan_setup(files, overwrite=False)] == [
        Action.KEEP, Action.REPLACE, Action.KEEP]  # fmt: skip
    remove(files)
    assert list(tmp_path.iterdir()) == []


def test_icons_go_although_the_entry_was_deleted_by_hand(tmp_path: Path) -> None:
    files = desktop_files(tmp_path, APPLICATIONS, ["/c"], HOME)
    install(files)
    files[0].path.unlink()
    remove(files)
    assert names(tmp_path) == []


def test_the_theme_is_touched_so_that_its_cache_counts_as_old(tmp_path: Path) -> None:
    theme = tmp_path / "icons" / "hicolor"
    icon = theme / "48x48" / "apps" / "cyclorama.png"
    icon.parent.mkdir(parents=True)
    os.utime(theme, (1, 1))
    refresh_icons([tmp_path / "x"])
    assert theme.stat().st_mtime == 1
    refresh_icons([icon, tmp_path / "gone" / "hicolor" / "apps" / "x.png"])
    assert theme.stat().st_mtime > 1


def test_macos_gets_an_application(tmp_path: Path) -> None:
    home = Path("/Users/ann")
    files = bundle_files(tmp_path, home / "Applications", ["/c", "panel"], home, "1.2.3")
    install(files)
    app = tmp_path / "Users/ann/Applications/cyclorama.app/Contents"
    assert names(app) == ["Info.plist", "MacOS/cyclorama", "Resources/cyclorama.icns"]
    with (app / "Info.plist").open("rb") as file:
        told = plistlib.load(file)
    assert (app / "MacOS" / told["CFBundleExecutable"]).stat().st_mode & 0o777 == 0o755
    assert (app / "Resources" / f"{told['CFBundleIconFile']}.icns").read_bytes()[:4] == b"icns"
    assert told["CFBundleShortVersionString"] == "1.2.3" and told["CFBundlePackageType"] == "APPL"
    newer = bundle_files(tmp_path, home / "Applications", ["/c", "panel"], home, "1.2.4")
    assert [change.action for change in plan_setup(newer, overwrite=False)] == [
        Action.KEEP, Action.REPLACE, Action.KEEP]  # fmt: skip
    remove(newer)
    assert not (tmp_path / "Users").exists() or names(tmp_path) == []


def test_an_application_of_somebody_else_stays(tmp_path: Path) -> None:
    files = bundle_files(tmp_path, Path("/Users/ann/Applications"), ["/c"], HOME, "1")
    files[1].path.parent.mkdir(parents=True)
    files[1].path.write_text("<plist/>")
    with pytest.raises(SinkError, match="not written by cyclorama"):
        plan_setup(files, overwrite=False)
    remove(files)
    assert files[1].path.read_text() == "<plist/>"


@pytest.mark.parametrize("key", ["NSCameraUsageDescription", "NSMicrophoneUsageDescription"])
def test_macos_asks_with_a_sentence(key: str) -> None:
    assert "stays on this Mac" in plistlib.loads(info_plist("1").encode())[key]


@pytest.mark.needs_linux("a shell")
@pytest.mark.parametrize("name", STRANGE)
def test_the_launcher_becomes_the_command_at_home(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    program = folder / "cyclorama"
    program.write_text('#!/bin/sh\npwd\nprintf "%s." "$@"\n')
    program.chmod(0o755)
    script = tmp_path / "launcher"
    script.write_text(launcher_script([str(program), "panel", name], folder))
    script.chmod(0o755)
    done = subprocess.run([str(script)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{folder}\npanel.{name}."
    assert script.read_text().splitlines()[:2] == ["#!/bin/sh", MARKER]


def test_on_windows_no_console_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "python.exe").touch()
    monkeypatch.setattr("sys.executable", str(tmp_path / "python.exe"))
    assert machine.program_without_terminal("win32")[0] == str(tmp_path / "python.exe"), "better than nothing"
    (tmp_path / "pythonw.exe").touch()
    assert machine.program_without_terminal("win32") == [str(tmp_path / "pythonw.exe"), "-m", "cyclorama"]
    assert machine.program_without_terminal("darwin") == machine.program()


def test_the_entry_starts_this_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_applications_path", lambda: APPLICATIONS)
    assert started(menu_files("linux", tmp_path, "1")[0].text) == [*machine.program(), "panel"]
    launcher = menu_files("darwin", tmp_path, "1")[0].text
    assert shlex.split(launcher.splitlines()[-1]) == ["exec", *machine.program(), "panel"]


def test_an_installation_without_icons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.setup.desktop_entry.asset_path", lambda name: tmp_path / name)
    with pytest.raises(SinkError, match=r"icon\.svg.*install cyclorama again"):
        menu_files("linux", tmp_path, "1")


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("icon-48.png", {(48, 48)}),
        ("icon.ico", {(n, n) for n in (16, 20, 24, 32, 40, 48, 64, 128, 256)}),
        ("icon.icns", {(16, 16, 2), (32, 32, 2), *((n, n, scale) for n in (128, 256, 512) for scale in (1, 2))}),
    ],
)
def test_the_icon_has_every_size(name: str, sizes: set[tuple[int, ...]]) -> None:
    with Image.open(asset_path(name)) as icon:
        assert sizes <= set(icon.info.get("sizes", {icon.size}))
        pixels = icon.convert("RGBA")
    corner, wall = pixels.getpixel((0, 0)), pixels.getpixel((pixels.width // 4, pixels.height * 3 // 5))
    assert isinstance(corner, tuple) and isinstance(wall, tuple)
    assert corner[3] == 0, "transparent round its corners"
    assert wall[3] == 255 and wall[0] > 200 > wall[2], "the wall is lit"
