"""Help: options in groups, and where settings come from."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import platformdirs
import pytest

Run = Callable[..., tuple[int, str, str]]


def sections(text: str) -> dict[str, str]:
    return {part.partition(":")[0]: part for part in re.split(r"\n(?=\w[\w ]*:\n)", text)}


def test_settings_stand_in_groups_and_own_options_before_them(cyclorama: Run) -> None:
    found = sections(cyclorama("record", "--help")[1])
    assert list(found)[1:] == [
        "Arguments", "Options", "Capture", "Background", "Matting", "Output", "Sound", "Encoding",
    ]  # fmt: skip
    assert "--countdown SECONDS" in found["Options"]
    assert "--config FILE" in found["Options"]
    assert "-s, --source WHAT" in found["Capture"]
    assert "Record sound. [yes]" in found["Sound"]
    assert "--mirror / --no-mirror" in found["Capture"]


def test_all_sections_have_one_column(cyclorama: Run) -> None:
    out = cyclorama("live", "--help")[1]
    places = [re.match(rf"  {name} +(?=\S)", line) for name in ("--json", "--zoom 1..4") for line in out.splitlines()]
    assert len({match.end() for match in places if match}) == 1


@pytest.mark.parametrize("command", [(), ("live",), ("record",), ("convert",), ("bench",)])
def test_the_configuration_folder_is_named_in_full(
    cyclorama: Run, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **more: "/home/me/a long folder/with spaces")
    out = cyclorama(*command, "--help")[1]
    assert "  Settings come from cyclorama.toml here or in /home/me/a long folder/with spaces,\n" in out


def test_commands_without_a_settings_file_name_none(cyclorama: Run) -> None:
    assert "cyclorama.toml" not in cyclorama("cutout", "--help")[1]
    assert "--config" not in cyclorama("product", "--help")[1]


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from cyclorama.cli.app import run; run(['live', '--help']); run(['--help']);"
        "print('|', *sorted({'cv2', 'av', 'numpy', 'onnxruntime', 'PIL', 'mediapipe'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("| \n") or done.stdout.endswith("|\n")


def test_a_still_reads_its_settings_from_options_alone(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYCLORAMA_MODEL", "")  # refused where it is read
    code, _, err = cyclorama("headshot", "none.jpg", "--light-wrap", "2")
    assert (code, err) == (2, "cyclorama: error: --light-wrap: 2 is not a number from 0 to 1\n")
    code, _, err = cyclorama("headshot", "none.jpg")
    assert code == 3
    assert "none.jpg" in err


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        (["cutout"], "[OPTIONS] [IN...]"),
        (["convert"], "[OPTIONS] IN... OUT"),
        (["headshot"], "[OPTIONS] IN"),
        (["ctl", "set"], "[OPTIONS] KEY VALUE"),
        (["models", "import"], "[OPTIONS] FILE"),
        (["setup"], "[OPTIONS] [-- LIVE OPTIONS]..."),
    ],
)
def test_help_has_no_types_of_the_parser(cyclorama: Run, command: list[str], usage: str) -> None:
    out = cyclorama(*command, "--help")[1]
    assert out.splitlines()[0] == f"Usage: cyclorama {' '.join(command)} {usage}"
    assert not re.search(r"<(str|path|int|list)|<=x", out)
