"""``py.typed``: somebody else's program that uses the public face passes ``mypy --strict``; a wrong one does not."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import cyclorama

pytestmark = pytest.mark.e2e
RIGHT = """
import numpy as np
import cyclorama
from PIL import Image

picture: Image.Image = cyclorama.cut_out("me.jpg", background="color:teal")
with cyclorama.open_matting(fps=None) as matting:
    mean: float = float(matting(np.zeros((4, 4, 3), np.uint8)).mean())
with cyclorama.live(source="demo", to="null", size=(640, 360)) as session:
    fps: float = session.status.fps
notes: tuple[str, ...] = cyclorama.headshot(picture).report.notes
"""
WRONG = """
import cyclorama

cyclorama.cutout("me.jpg")
cyclorama.cut_out("me.jpg", keep="most")
count: int = cyclorama.list_backgrounds()
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation in which cyclorama is a package among others, which mypy reads only where it is typed."""
    folder = tmp_path_factory.mktemp("installation")
    venv.create(folder)
    scheme = "nt_venv" if sys.platform == "win32" else "posix_venv"
    paths = sysconfig.get_paths(scheme, {"base": str(folder), "platbase": str(folder)})
    package = Path(cyclorama.__file__).parents[1]
    Path(paths["purelib"], "here.pth").write_text(f"{package}\n{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")
    return Path(paths["scripts"], Path(sys.executable).name)


def checked(python: Path, folder: Path, program: str) -> list[str]:
    """What mypy says of a program."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return [line for line in done.stdout.splitlines() if "error:" in line] + done.stderr.splitlines()


def test_a_typed_program_passes_and_a_wrong_one_is_found(python: Path, tmp_path: Path) -> None:
    assert checked(python, tmp_path, RIGHT) == []
    cutout, keep, count = checked(python, tmp_path, WRONG)
    assert 'has no attribute "cutout"' in cutout
    assert '"keep" to "cut_out"' in keep
    assert "list[str]" in count and '"int"' in count
