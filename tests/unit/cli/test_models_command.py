"""``cyclorama models``: what it prints, its JSON, its exit codes."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cyclorama.core.errors import ModelError
from cyclorama.models import store

Run = Callable[..., tuple[int, str, str]]
COMMANDS = ("list", "info", "pull", "verify", "import", "remove")
TINY = base64.b64decode(
    "CAg6ZgoYCgVpbnB1dBIFYWxwaGEiCElkZW50aXR5EgR0aW55WiEKBWlucHV0EhgKFggBEhIKAggBCgIIAwoDEgFoCgMSAXdiIQoF"
    "YWxwaGESGAoWCAESEgoCCAEKAggDCgMSAWgKAxIBd0ICEA0="
)


@pytest.fixture
def folder(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store."""
    place = empty_folder / "store"
    monkeypatch.setenv(store.VARIABLE, str(place))
    return place


@pytest.fixture
def net(folder: Path, tmp_path: Path) -> str:
    """A file with a tiny network: one input of one 3-channel picture, one output ``alpha``."""
    path = tmp_path / "tiny.onnx"
    path.write_bytes(TINY)
    return str(path)


def one_line(err: str) -> str:
    assert err.startswith("cyclorama: error: ")
    assert err.count("\n") == 1
    return err


def test_help_names_all_commands(cyclorama: Run) -> None:
    for arguments in (("models",), ("models", "--help")):
        code, out, _ = cyclorama(*arguments)
        assert code == 0
        assert all(f"\n  {name} " in out for name in COMMANDS)
        assert "cyclorama models pull rvm" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_by_example(cyclorama: Run, command: str) -> None:
    code, out, _ = cyclorama("models", command, "--help")
    assert code == 0
    assert f"Examples:\n    cyclorama models {command}" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lst"], "did you mean list? (cyclorama models --help)"),
        (["info"], "NAME"),
        (["info", "isnt"], "the catalogue has no model 'isnt': did you mean isnet?"),
        (["pull", "rvmm"], "did you mean rvm?"),
        (["remove", "selfie"], "comes with the package"),
        (["import", "x.onnx"], "--name"),
        (
            ["import", "x.onnx", "--name", "x1", "--kind", "selfie"],
            "--kind: 'selfie' is not one of rvm, modnet, salient",
        ),
        (["import", "x.onnx", "--name", "x1", "--mean", "1,2"], "--mean: '1,2' is not three numbers"),
        (["import", "x.onnx", "--name", "x1", "--mean", "1,2,nan"], "--mean: '1,2,nan' is not three numbers"),
        (["import", "x.onnx", "--name", "x1", "--std", "1,0,1"], "--std: '1,0,1' is not above 0"),
        (["import", "x.onnx", "--name", "x1", "--input-size", "512"], "--input-size: '512' is no size"),
        (["import", "x.onnx", "--name", "x1", "--input-size", "9x9999"], "--input-size: '9x9999' is no size"),
        (["import", "x.onnx", "--name", "x1", "--activation", "relu"], "'relu' is not one of none, sigmoid, minmax"),
    ],
)
def test_wrong_usage_is_two_and_one_line(cyclorama: Run, folder: Path, arguments: list[str], says: str) -> None:
    code, out, err = cyclorama("models", *arguments)
    assert (code, out) == (2, "")
    assert says in one_line(err)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["import", "missing.onnx", "--name", "x1", "--kind", "salient"], "cannot read missing.onnx: No such file"),
        (["import", "text.onnx", "--name", "x1", "--kind", "salient"], "text.onnx is no ONNX network"),
        (["verify", "rvm"], "not on this machine yet: cyclorama models pull rvm"),
        (["remove", "rvm"], "there is no model 'rvm'"),
    ],
)
def test_what_cannot_be_done_is_four_and_one_line(
    cyclorama: Run, folder: Path, arguments: list[str], says: str
) -> None:
    Path("text.onnx").write_text("no network")
    code, out, err = cyclorama("models", *arguments)
    assert (code, out) == (4, "")
    assert says in one_line(err)


def test_list(cyclorama: Run, net: str) -> None:
    assert cyclorama("models", "import", net, "--name", "rvm")[0] == 4  # a tiny one is no RVM
    assert cyclorama("models", "import", net, "--name", "isnet")[0] == 0
    assert cyclorama("models", "import", net, "--name", "my-net", "--kind", "modnet")[0] == 0
    code, out, err = cyclorama("models", "list")
    assert (code, err) == (0, "")
    rows = {line.split()[0]: line for line in out.splitlines() if line}
    assert rows["selfie"].endswith("comes with cyclorama")
    assert rows["rvm"].split() == ["rvm", "people,", "in", "calls", "fine", "outlines", "15.0", "MB", "GPL-3.0"]
    assert out.index("On this machine:") < out.index("  my-net ") < out.index("To be had with ") < out.index("  rvm ")
    assert rows["isnet"].endswith("imported, not the published file")
    assert rows["my-net"].endswith(" imported")
    code, out, _ = cyclorama("models", "list", "--json")
    models: dict[str, Any] = {item["name"]: item for item in json.loads(out)}
    assert (models["rvm"]["installed"], models["rvm"]["path"], models["rvm"]["permissive"]) == (False, None, False)
    assert (models["my-net"]["installed"], models["my-net"]["origin"]) == (True, "imported")
    assert models["isnet"]["input"]["mean"] == [0.5, 0.5, 0.5]
    assert models["selfie-wide"]["input"]["size_wh"] == [256, 144]


def test_info(cyclorama: Run, net: str, folder: Path) -> None:
    code, out, _ = cyclorama("models", "info", "u2net")
    assert code == 0
    assert "https://github.com/danielgatis/rembg/" in out
    assert "320x320, RGB divided by its maximum, mean 0.485,0.456,0.406" in out
    assert "Apache License 2.0 (https://" in out
    assert json.loads(cyclorama("models", "info", "u2net", "--json")[1])["installed"] is False
    cyclorama("models", "import", net, "--name", "my-net", "--kind", "salient")
    out = cyclorama("models", "info", "my-net")[1]
    assert f"imported: {folder / 'my-net.onnx'}" in out
    assert "taken for one like isnet" in out


def test_import_says_what_it_took_the_file_for(cyclorama: Run, net: str) -> None:
    command = ("models", "import", net, "--name", "my-net", "--kind", "salient")
    code, out, err = cyclorama(*command)
    assert (code, err) == (0, "")
    assert "taken as salient: 1024x1024, RGB divided by 255, mean 0.5,0.5,0.5, std 1,1,1, activation minmax" in out
    stated = ("--input-size", "512x256", "--mean", "0.1,0.2,0.3", "--std", "0.5", "--scale-by-max", "--output", "alpha")
    code, out, _ = cyclorama(*command, *stated, "--activation", "sigmoid", "--json")
    result = json.loads(out)
    assert result["input"] == {"size_wh": [512, 256], "mean": [0.1, 0.2, 0.3], "std": [0.5] * 3, "scale_by_max": True}
    assert result["output"] == {"name": "alpha", "activation": "sigmoid"}


def test_verify_and_remove(cyclorama: Run, net: str, folder: Path) -> None:
    cyclorama("models", "import", net, "--name", "my-net", "--kind", "salient")
    code, out, _ = cyclorama("models", "verify")
    assert code == 0
    assert out.count("  ok  ") == 4
    (folder / "my-net.onnx").write_bytes(TINY[:-1])
    code, out, _ = cyclorama("models", "verify")
    assert code == 4
    assert "my-net         damaged" in out
    assert "models remove my-net, then import it again" in out
    code, out, _ = cyclorama("models", "verify", "my-net", "--json")
    (check,) = json.loads(out)
    assert (code, check["ok"]) == (4, False)
    assert "sha256" in check["problem"]
    code, out, _ = cyclorama("models", "remove", "my-net", "--json")
    assert (code, json.loads(out)["removed"]) == (0, True)
    assert not (folder / "my-net.onnx").exists()


class Terminal:
    """A stdin at which somebody sits."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", [True, False])
def test_the_licence_is_shown_and_asked_for(
    cyclorama: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    def fetch(*arguments: object) -> None:
        raise ModelError("enough")

    monkeypatch.setattr("cyclorama.models.download.fetch", fetch)
    monkeypatch.setattr("typer.confirm", lambda *arguments, **options: answer)
    monkeypatch.setattr(sys, "stdin", Terminal())
    code, _, err = cyclorama("models", "pull", "rvm")
    assert err.startswith(
        "rvm (Robust Video Matting, MobileNetV3) is under the GNU General Public License, version 3 ("
    )
    assert code == (4 if answer else 2)
    assert ("enough" if answer else "GPL-3.0, was not accepted: nothing was downloaded") in err


def test_the_bar_shows_bytes_on_a_terminal_only(
    cyclorama: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cyclorama.cli.download_bar import download_bar

    with download_bar("rvm") as show:
        show(1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    with download_bar("rvm") as show:
        assert capsys.readouterr().err == ""  # a question may come before it
        show(1_000_000, 2_000_000)
        show(2_000_000, 2_000_000)
    assert "2.0/2.0 MB" in capsys.readouterr().err


def test_help_and_list_are_quick_and_import_nothing_heavy(tmp_path: Path) -> None:
    for arguments, heavy in (
        (["models", "--help"], ("numpy", "onnxruntime", "rich", "platformdirs", "ssl", "cyclorama.models")),
        (["models", "list"], ("numpy", "onnxruntime", "rich", "ssl", "filelock")),
    ):
        program = (
            "import sys; from cyclorama.cli.app import run\n"
            f"assert run({arguments!r}) == 0\n"
            f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stderr.strip() == "[]"
