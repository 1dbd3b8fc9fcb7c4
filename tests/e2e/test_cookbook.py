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


def test_the_python_example_runs() -> None:
    (program,) = (block for kind, block in BLOCKS if kind == "python")
    space: dict[str, Any] = {}
    exec(program, space)
    pictures = [np.full((120, 160, 3), 90, np.uint8) for _ in range(3)]
    shapes = [alpha.shape for alpha in space["alphas"](pictures)]
    assert shapes == [(120, 160)] * 3
