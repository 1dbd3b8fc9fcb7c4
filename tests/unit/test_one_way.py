"""What goes through one module goes through no other: reading clips, reading and writing still pictures."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cyclorama

ROOT = Path(cyclorama.__file__).parent
PICTURE_CALLS = {f"cv2.im{verb}{kind}" for verb in ("read", "write", "encode", "decode") for kind in ("", "multi")}
PICTURE_CALLS |= {"Image.open", "PIL.Image.open", "cv2.imcount"}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package, by its path below it."""
    paths = sorted(ROOT.rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a module, with the text of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def places(wanted: set[str]) -> set[str]:
    """The modules that call one of ``wanted``, as paths below the package."""
    return {module for module, tree in modules().items() if any(name in wanted for name, _ in calls(tree))}


def writes(call: ast.Call) -> bool:
    """Whether an ``av.open`` opens for writing."""
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return any(isinstance(mode, ast.Constant) and mode.value == "w" for mode in modes)


def test_clips_are_opened_for_reading_in_one_module() -> None:
    reading, writing = set(), set()
    for module, tree in modules().items():
        for name, call in calls(tree):
            if name in ("av.open", "av.container.open"):
                (writing if writes(call) else reading).add(module)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in ("av", "av.container"):
                assert "open" not in [alias.name for alias in node.names], f"{module} hides av.open behind a name"
    assert reading == {"clips/open.py"}
    assert writing == {"sinks/clip/writer.py"}


def test_opencv_opens_cameras_alone() -> None:
    assert places({"cv2.VideoCapture"}) == {"capture/camera.py"}
    assert places({"cv2.VideoWriter"}) == set()


def test_still_pictures_are_read_and_written_in_pictures() -> None:
    found = places(PICTURE_CALLS)
    moving = {"clips/webp.py"}
    assert {Path(module).parts[0] for module in found - moving} == {"pictures"}
    savers = set()
    for module, tree in modules().items():
        if any(name.endswith(".save") and not name.startswith("onnx.") for name, _ in calls(tree)):
            savers.add(module)
    assert savers == {"pictures/encode.py"}
