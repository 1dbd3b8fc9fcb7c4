"""Runs inside the machine until it is switched off: each script that $OUT/script.json names, in a fork of this program,
since Python takes twenty seconds to start in emulation. Its exit status is in $OUT/ended.json then.

After each script it ends what the script started, and plays two cameras again, as the machine does when it starts.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

OUT = Path(os.environ["OUT"])
WANTED, ENDED, PRINTED = OUT / "script.json", OUT / "ended.json", OUT / "printed.txt"
USED_BY_SCRIPTS = (
    "marked", "ai_edge_litert.interpreter", "av", "cyclorama.cli.app", "cyclorama.control.host",
    "cyclorama.doctor.examine", "cyclorama.pipeline.jobs.live", "cyclorama.pipeline.runtime.build",
    "cyclorama.setup.apply", "cyclorama.setup.steps",
)  # fmt: skip


def run(arguments: list[str]) -> int:
    """Fork, and return the exit status of the child, once what it started is killed; in the child, this raises."""
    child = os.fork()
    if child == 0:
        os.setsid()
        printed = os.open(PRINTED, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")
        raise SystemExit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return status


def unload(module: str) -> None:
    """Unload a driver, as soon as whoever was killed has let go of its devices."""
    for _ in range(50):
        if not Path("/sys/module", module).exists():
            return
        subprocess.run(["modprobe", "-r", module], check=False, capture_output=True)
        time.sleep(0.1)
    raise RuntimeError(f"{module} is still in use")


def play_two_cameras() -> None:
    """Load vivid with two cameras, and no virtual camera."""
    unload("v4l2loopback")
    unload("vivid")
    options = ["n_devs=2", "node_types=0x1,0x1", "input_types=0x0,0x0", "vid_cap_nr=0,1", "allocators=0,0"]
    subprocess.run(["modprobe", "vivid", *options], check=True)


def main() -> None:
    for name in USED_BY_SCRIPTS:
        import_module(name)
    while True:
        while not WANTED.exists():
            time.sleep(0.1)
        arguments = json.loads(WANTED.read_text())
        WANTED.unlink()
        status = run(arguments)
        play_two_cameras()
        unfinished = ENDED.with_suffix(".part")
        unfinished.write_text(json.dumps(status))
        unfinished.rename(ENDED)


if __name__ == "__main__":
    main()
