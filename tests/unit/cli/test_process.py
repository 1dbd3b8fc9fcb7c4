"""The console script as a process: quick help, signals, pipes, streams."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAVY = (
    "numpy",
    "cv2",
    "av",
    "mediapipe",
    "ai_edge_litert",
    "onnxruntime",
    "PIL",
    "rich",
    "pyvirtualcam",
    "fastapi",
    "uvicorn",
)
MAIN = [sys.executable, "-m", "cyclorama.cli.app"]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CYCLORAMA_")}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["live", "--help"], ["record", "--help"], ["convert", "--help"], ["--version"]]
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from cyclorama.cli.app import run\n"
        f"assert run({arguments!r}) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_live_cleanly_and_keeps_the_recording(tmp_path: Path, number: signal.Signals) -> None:
    command = [*MAIN, "live", "--source", "demo", "--size", "320x180", "--to", "call.mp4"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert first.startswith("live: ")
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["call.mp4"]


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="signals of POSIX")
@pytest.mark.parametrize(("times", "shown"), [(1, "the last picture, held"), (2, None)])
def test_a_signal_sends_away_and_calls_back(tmp_path: Path, times: int, shown: str | None) -> None:
    command = [*MAIN, "live", "--source", "demo", "--size", "320x180", "--to", "null", "--json"]
    command += ["--duration", "2", "--away", "freeze"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    process.stderr.readline()
    for _ in range(times):
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["away"] == shown


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_second_signal_forces() -> None:
    program = (
        "import time; from cyclorama.cli.interrupt import interruptible\n"
        "with interruptible() as interrupt:\n"
        "    print('ready', flush=True)\n"
        "    interrupt.stop.wait()\n"
        "    print('asked', interrupt.happened, flush=True)\n"
        "    while True: time.sleep(1)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "asked True\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interrupted_demo_is_130_and_leaves_no_half_results(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "import cyclorama.cli.app as app, cyclorama.pipeline.jobs.demo as demo\n"
        "real = demo.run_demo\n"
        "def run_demo(*a, **k):\n"
        "    k['on_progress'] = lambda done, total: os.kill(os.getpid(), signal.SIGINT) if done == 10 else None\n"
        "    return real(*a, **k)\n"
        "demo.run_demo = run_demo\n"
        "raise SystemExit(app.run(['demo', '--out', 'out']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment(), check=False)
    assert done.returncode == 130
    assert list((tmp_path / "out").iterdir()) == []


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen([*MAIN, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(30) == 1


def test_libraries_keep_quiet_and_stdout_is_json_alone(tmp_path: Path) -> None:
    command = [*MAIN, "live", "--source", "demo", "--to", "null", "--size", "320x180", "--duration", "0.5", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.startswith("{")
    assert done.stdout.endswith("}\n")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("live: demo 320x180")


@pytest.mark.skipif(os.name != "posix", reason="how a shell of POSIX closes a stream")
@pytest.mark.parametrize(
    ("closed", "arguments", "code"),
    [
        (">&-", "models list", 0),
        (">&- 2>&- <&-", "models list", 0),
        ("<&-", "models pull rvm", 2),
        ("<&-", "cutout - -o cut.png", 3),
        ("2>&-", "live --fps 0", 2),
    ],
)
def test_a_closed_stream_is_no_traceback(closed: str, arguments: str, code: int, tmp_path: Path) -> None:
    line = f'exec "$0" -m cyclorama.cli.app {arguments} {closed}'
    command = ["sh", "-c", line, sys.executable]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and "unexpected" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("arguments", ["models list", "cutout --help"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_under_stdout_is_five(arguments: str, unbuffered: str) -> None:
    env = environment() | {"PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*MAIN, *arguments.split()], stdout=full, stderr=subprocess.PIPE, env=env, text=True, check=False
        )
    assert done.returncode == 5
    assert done.stderr == "cyclorama: error: cannot write to standard output: No space left on device\n"


def test_what_the_encoding_of_stdout_lacks_is_escaped(tmp_path: Path) -> None:
    env = environment() | {"PYTHONIOENCODING": "ascii", "CYCLORAMA_MODELS_DIR": str(tmp_path / "modèles")}
    done = subprocess.run([*MAIN, "models", "list"], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "mod\\xe8les" in done.stdout
