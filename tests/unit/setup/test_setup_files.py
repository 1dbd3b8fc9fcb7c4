"""What the files hold, and how they come and go."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.setup import plan
from cyclorama.setup.files import MARKER, SetupFile, live_command, service_files, system_files, unit_word
from cyclorama.setup.machine import other_options
from cyclorama.setup.plan import Action, carry_out, plan_removal, plan_setup

pytestmark = pytest.mark.needs_linux("files of modprobe and systemd")
CONFIG = Path("/home/ann/.config")
PROGRAM = ["/opt/cyclorama/bin/cyclorama"]


def tree(root: Path) -> dict[str, str]:
    """Every file, link and folder below ``root``, with what is in it."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = "/" if path.is_dir() else path.read_text()
    return found


def all_files(root: Path, device: int | None = None, options: tuple[str, ...] = ()) -> list[SetupFile]:
    return [
        *system_files(root, device),
        *service_files(root, CONFIG, live_command(PROGRAM, device, options, module=True)),
    ]


def carry_out_all(changes: list[plan.Change]) -> None:
    for change in changes:
        carry_out(change)


def test_every_file_begins_with_the_marker_and_lies_below_the_root(tmp_path: Path) -> None:
    files = all_files(tmp_path, 10)
    assert [str(file.path.relative_to(tmp_path)) for file in files] == [
        "etc/modprobe.d/cyclorama.conf",
        "etc/modules-load.d/cyclorama.conf",
        "home/ann/.config/systemd/user/cyclorama.service",
        "home/ann/.config/systemd/user/default.target.wants/cyclorama.service",
    ]
    assert all(file.text.startswith(MARKER + "\n") for file in files if not file.is_link)


def test_the_module_gets_what_browsers_need(tmp_path: Path) -> None:
    options, load = system_files(tmp_path, None)
    assert "\noptions v4l2loopback exclusive_caps=1 card_label=cyclorama\n" in options.text
    assert load.text.splitlines()[-1] == "v4l2loopback"
    assert "card_label=cyclorama video_nr=10\n" in system_files(tmp_path, 10)[0].text


def test_the_service_runs_live_with_the_options_given(tmp_path: Path) -> None:
    unit = service_files(tmp_path, CONFIG, live_command(PROGRAM, None, ["--background", "my office.png"], module=True))[
        0
    ].text
    line = '/opt/cyclorama/bin/cyclorama live --quiet --to camera:cyclorama --background "my office.png"'
    assert f"\nExecStart={line}\n" in unit
    assert "\nWantedBy=default.target\n" in unit


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd's own parser is not on this system")
@pytest.mark.parametrize("background", ["office", "my 100% office $HOME.png"])
def test_systemd_takes_the_service_as_it_is(tmp_path: Path, background: str) -> None:
    program = tmp_path / "bin dir" / "cyclorama"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = service_files(
        tmp_path, CONFIG, live_command([str(program)], None, ["--background", background], module=True)
    )[0]
    carry_out_all(plan_setup([unit], overwrite=False))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(unit.path)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_camera_is_named_unless_the_options_name_one() -> None:
    assert live_command(["c"], 10, [], module=True) == ["c", "live", "--quiet", "--to", "camera:/dev/video10"]
    assert live_command(["c"], None, [], module=True) == ["c", "live", "--quiet", "--to", "camera:cyclorama"]
    assert live_command(["c"], None, [], module=False) == ["c", "live", "--quiet", "--to", "camera"]
    for options in (["--to", "null"], ["-t", "null"], ["--to=null"]):
        assert live_command(["c"], 10, options, module=True) == ["c", "live", "--quiet", *options]


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("--size=720p", "--size=720p"),
        ("/a/b-c_d.png", "/a/b-c_d.png"),
        ("my office", '"my office"'),
        ("", '""'),
        ("100%", '"100%%"'),
        ("$HOME/x", '"$$HOME/x"'),
        ('say "hi"\\', '"say \\"hi\\"\\\\"'),
        ("color:#fff", '"color:#fff"'),
        ("café.png", '"café.png"'),
    ],
)
def test_words_of_a_unit(word: str, quoted: str) -> None:
    assert unit_word(word) == quoted


def test_a_word_that_no_unit_can_hold() -> None:
    with pytest.raises(SettingsError, match="leave it out"):
        unit_word("a\nExecStart=/bin/sh")


def test_written_kept_replaced(tmp_path: Path) -> None:
    changes = plan_setup(all_files(tmp_path), overwrite=False)
    assert {change.action for change in changes} == {Action.WRITE}
    carry_out_all(changes)
    assert tree(tmp_path)["home/ann/.config/systemd/user/default.target.wants/cyclorama.service"] == (
        "-> ../cyclorama.service"
    )
    again = plan_setup(all_files(tmp_path), overwrite=False)
    assert {change.action for change in again} == {Action.KEEP}
    assert not any(change.pending for change in again)
    other = plan_setup(all_files(tmp_path, 10), overwrite=False)
    assert [change.action for change in other] == [Action.REPLACE, Action.KEEP, Action.REPLACE, Action.KEEP]
    carry_out_all(other)
    assert "video_nr=10" in tree(tmp_path)["etc/modprobe.d/cyclorama.conf"]


@pytest.mark.parametrize("before", [(), ("etc/modprobe.d/other.conf", "home/ann/.config/systemd/user/other.service")])
def test_removal_leaves_what_was_there_before(tmp_path: Path, before: tuple[str, ...]) -> None:
    for name in before:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("mine")
    as_it_was = tree(tmp_path)
    carry_out_all(plan_setup(all_files(tmp_path), overwrite=False))
    assert tree(tmp_path) != as_it_was
    carry_out_all(plan_removal(all_files(tmp_path, 10)))
    assert tree(tmp_path) == as_it_was
    assert {change.action for change in plan_removal(all_files(tmp_path))} == {Action.LEAVE}
    assert tmp_path.is_dir()


@pytest.mark.parametrize("index", [0, 2, 3])
def test_files_of_others_are_neither_replaced_nor_removed(tmp_path: Path, index: int) -> None:
    file = all_files(tmp_path)[index]
    file.path.parent.mkdir(parents=True)
    if index == 3:
        file.path.symlink_to("/usr/lib/systemd/user/cyclorama.service")
    else:
        file.path.write_text("# mine\n")
    as_it_was = tree(tmp_path)
    with pytest.raises(SinkError, match=r"was not written by cyclorama.*--overwrite"):
        plan_setup(all_files(tmp_path), overwrite=False)
    carry_out_all(plan_removal(all_files(tmp_path)))
    assert tree(tmp_path) == as_it_was
    carry_out_all(plan_setup(all_files(tmp_path), overwrite=True))
    assert file.right()


def test_a_link_that_systemctl_made_is_ours(tmp_path: Path) -> None:
    unit, link = service_files(tmp_path, CONFIG, ["c"])
    link.path.parent.mkdir(parents=True)
    link.path.symlink_to(unit.path)
    assert plan_setup([link], overwrite=False)[0].action is Action.KEEP


def test_a_link_in_a_files_place_is_not_followed(tmp_path: Path) -> None:
    file = system_files(tmp_path, None)[0]
    file.path.parent.mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_text(file.text)
    file.path.symlink_to(victim)
    with pytest.raises(SinkError, match="not written by cyclorama"):
        plan_setup([file], overwrite=False)
    victim.write_text("precious")
    carry_out_all(plan_setup([file], overwrite=True))
    assert victim.read_text() == "precious"
    assert not file.path.is_symlink()


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    file = system_files(tmp_path, None)[0]
    file.path.mkdir(parents=True)
    with pytest.raises(SinkError, match="is a folder"):
        plan_setup([file], overwrite=True)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out_all(plan_setup(all_files(tmp_path), overwrite=False))
    as_it_was = tree(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    [change] = [c for c in plan_setup(system_files(tmp_path, 10), overwrite=False) if c.pending]
    with pytest.raises(SinkError, match=r"cannot replace .*modprobe\.d/cyclorama\.conf: No space left"):
        carry_out(change)
    assert tree(tmp_path) == as_it_was


def test_files_are_readable_by_all(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        carry_out_all(plan_setup(system_files(tmp_path, None), overwrite=False))
    finally:
        os.umask(old)
    assert all(file.path.stat().st_mode & 0o777 == 0o644 for file in system_files(tmp_path, None))


def test_other_files_that_set_the_modules_options_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "etc" / "modprobe.d"
    folder.mkdir(parents=True)
    (folder / "cyclorama.conf").write_text("options v4l2loopback a=1\n")
    (folder / "obs.conf").write_text("# x\noptions  v4l2loopback devices=1\n")
    (folder / "sound.conf").write_text("options snd_hda_intel x=1\n")
    assert other_options(tmp_path) == [folder / "obs.conf"]
