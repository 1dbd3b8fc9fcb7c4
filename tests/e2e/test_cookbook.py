"""Every example of the cookbook, run as it stands."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.e2e
COOKBOOK = (Path(__file__).resolve().parents[2] / "docs" / "cookbook.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", COOKBOOK, re.DOTALL)
LINES = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
RUNNABLE = [line.partition("  #")[0].strip() for line in LINES if "needs a camera" not in line]


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cyclorama.cli.app import run

    clip = tmp_path_factory.mktemp("clip") / "talk.mp4"
    assert run(["live", "--source", "demo", "--size", "320x180", "--to", str(clip), "--duration", "0.8", "-q"]) == 0
    return clip


@pytest.mark.parametrize("line", RUNNABLE)
def test_the_example_runs(
    line: str, talk: Path, studio_photo: Path, tmp_path: Path, cyclorama: Callable[..., Any]
) -> None:
    shutil.copy(talk, tmp_path / "talk.mp4")
    shutil.copy(studio_photo, tmp_path / "me.jpg")
    cv2.imwrite(str(tmp_path / "beach.jpg"), np.full((60, 90, 3), 180, np.uint8))
    (settings,) = (block for kind, block in BLOCKS if kind == "toml")
    (tmp_path / "cyclorama.toml").write_text(settings)
    words = shlex.split(line)
    variables = dict(word.split("=", 1) for word in words[: words.index("cyclorama")])
    done = cyclorama(*words[words.index("cyclorama") + 1 :], **variables)
    assert done.code == 0, done.err


def test_the_python_example_gives_what_it_says(
    talk: Path, studio_photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(studio_photo, tmp_path / "me.jpg")
    monkeypatch.chdir(tmp_path)
    (program,) = (block for kind, block in BLOCKS if kind == "python")
    space: dict[str, Any] = {}
    exec(program, space)
    alphas = list(space["alphas"](str(talk)))
    assert len(alphas) > 10 and {(alpha.shape, str(alpha.dtype)) for alpha in alphas} == {((180, 320), "uint8")}
    for alpha in alphas[4:]:  # the first pictures may be the privacy card
        assert (alpha[70:90, 145:160] == 255).all() and (alpha[:8, :8] == 0).all()
    person, before_teal = space["person"], space["before_teal"]
    photo = cv2.cvtColor(cv2.imread("me.jpg"), cv2.COLOR_BGR2RGB)
    cheek = (round(0.46 * person.width), round(0.37 * person.height))
    assert person.getpixel(cheek) == (*photo[cheek[1], cheek[0]], 255) and person.getpixel((3, 3))[3] == 0
    assert before_teal.getpixel(cheek) == person.getpixel(cheek)[:3] and before_teal.getpixel((3, 3)) == (0, 128, 128)
