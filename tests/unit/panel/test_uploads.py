"""The folder of temporary files, and the form that fills it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cyclorama.panel.errors import RequestError
from cyclorama.panel.web.uploads import PREFIX, Uploads, clean_label, without_paths


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.needs_linux("file modes")
def test_nobody_else_may_open_the_folder() -> None:
    with Uploads() as uploads:
        assert uploads.folder.stat().st_mode & 0o777 == 0o700


def test_a_file_is_kept_or_deleted() -> None:
    with Uploads() as uploads:
        with uploads.incoming(".png") as lost:
            lost.write(b"12345")
            assert uploads.used_bytes == 5
        assert not lost.path.exists()
        assert uploads.used_bytes == 0
        kept = uploads.store(b"1234567", ".png")
        assert kept.read_bytes() == b"1234567"
        assert uploads.used_bytes == 7
        uploads.delete(kept)
        assert (uploads.used_bytes, list(uploads.folder.iterdir())) == (0, [])


def test_the_folder_goes_with_all_that_is_in_it() -> None:
    uploads = Uploads()
    uploads.store(b"1", ".png")
    uploads.close()
    uploads.close()
    assert not uploads.folder.exists()


def test_all_files_together_are_bounded() -> None:
    with Uploads(total_bytes=100) as uploads:
        first = uploads.store(bytes(60), ".png")
        with pytest.raises(RequestError, match="as many files as it may") as refused:
            uploads.store(bytes(50), ".png")
        assert refused.value.status == 429
        assert list(uploads.folder.iterdir()) == [first]
        uploads.delete(first)
        uploads.store(bytes(100), ".png")


def test_names_are_random_and_take_only_a_harmless_extension() -> None:
    with Uploads() as uploads:
        assert uploads.new_path(".PNG").suffix == ".png"
        assert len({uploads.new_path() for _ in range(100)}) == 100
        for suffix in (".p/../x", ".toolong", "", ".ü", ".a b"):
            path = uploads.new_path(suffix)
            assert path.parent == uploads.folder
            assert path.suffix == ""


@pytest.mark.needs_linux("users with numbers, links")
def test_folders_of_killed_processes_are_deleted(folder: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    orphan = folder / f"{PREFIX}{dead.stdout.strip()}-abc"
    mine, strange = folder / f"{PREFIX}{os.getpid()}-abc", folder / f"{PREFIX}x-abc"
    link = folder / f"{PREFIX}{dead.stdout.strip()}-link"
    for each in (orphan, mine, strange):
        each.mkdir()
        (each / "photo").write_bytes(b"1")
    link.symlink_to(strange)
    with Uploads():
        assert not orphan.exists()
        assert (mine / "photo").exists()
        assert (strange / "photo").exists()


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ("me.png", "me.png"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\me\\x.jpg", "x.jpg"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("a\x00b\r\nc.png", "abc.png"),
        ("x\u202egnp.exe", "xgnp.exe"),
        ('a"b<c>.png', "a_b_c_.png"),
        ("日本語.png", "日本語.png"),
    ],
)
def test_a_name_from_outside_is_a_label(given: str, label: str) -> None:
    assert clean_label(given) == label


def test_a_long_label_keeps_its_extension() -> None:
    label = clean_label("x" * 500 + ".jpeg")
    assert len(label) == 120
    assert label.endswith("x.jpeg")


def test_temporary_paths_are_not_told(folder: Path) -> None:
    path = folder / "secret.mp4"
    with pytest.raises(RequestError, match=r"^talk\.mp4 is empty; talk\.mp4$"), without_paths("talk.mp4", path, None):
        raise RequestError(400, f"{path} is empty; {path}")
