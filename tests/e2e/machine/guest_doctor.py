"""Runs inside the machine: what the doctor finds in each condition, and what modprobe makes of the files that setup
writes, as JSON in $OUT/result.json.

The checks run in this process, since a command takes ten seconds to start in emulation; as another user, as a command.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stdout
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from marked import DEVICE, SIZE_WH, Program, load

from cyclorama.cli import app
from cyclorama.core import v4l2
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.doctor.examine import examine
from cyclorama.doctor.finding import exit_code
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.virtual_camera.camera import VirtualCameraSink

DOCTOR = [sys.executable, "-m", "cyclorama.cli.app", "doctor", "--json"]
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
HOLD = "import os, sys; os.open(sys.argv[1], os.O_RDWR); print(flush=True); sys.stdin.read()"
LOADED = Path("/sys/module/v4l2loopback")
UNITS = Path.home() / ".config/systemd/user"
FILES = (
    Path("/etc/modprobe.d/cyclorama.conf"),
    Path("/etc/modules-load.d/cyclorama.conf"),
    UNITS / "cyclorama.service",
    UNITS / "default.target.wants" / "cyclorama.service",
)


def doctor() -> dict[str, object]:
    """The findings by their name, and the exit code that the command would have."""
    findings = examine()
    by_name = {f.id: {"status": f.status.value, "what": f.what, "fix": f.fix} for f in findings}
    return {**by_name, "exit code": exit_code(findings)}


def doctor_of_another_user() -> dict[str, object]:
    environment = {**os.environ, "HOME": "/tmp"}
    done = subprocess.run([*NOBODY, *DOCTOR], capture_output=True, text=True, env=environment, check=False)
    findings = json.loads(done.stdout)["findings"] if done.stdout else []
    return {**{finding["id"]: finding for finding in findings}, "exit code": done.returncode, "said": done.stderr}


def started(*command: str) -> subprocess.Popen[bytes]:
    """Another program, once it has printed a line."""
    process = subprocess.Popen([sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def write(connection: Connection) -> None:
    """A writer that has shown one picture, until it is told to stop."""
    with VirtualCameraSink() as sink:
        sink.open(OutputFormat(SIZE_WH, Fraction(10)))
        pixels = np.zeros((SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
        sink.write(Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, 0, 0))
        connection.send("writing")
        time.sleep(100)


def reloaded() -> dict[str, object]:
    """The virtual camera as modprobe makes it where nobody gives it options."""
    subprocess.run(["modprobe", "-r", "v4l2loopback"], check=LOADED.exists())
    subprocess.run(["modprobe", "v4l2loopback"], check=True)
    exclusive = Path("/sys/module/v4l2loopback/parameters/exclusive_caps").read_text().partition(",")[0]
    virtual = [node for node in v4l2.video_nodes() if (node / "format").exists()]
    return {
        "exclusive_caps": exclusive.strip(),
        "cameras": [[node.name, (node / "name").read_text().strip()] for node in virtual],
        "files": [str(path) for path in FILES if path.exists()],
    }


def setup(*options: str) -> dict[str, object]:
    """What setup did and found, whether the module is loaded then, and the exit code that the command would have."""
    said = io.StringIO()
    with redirect_stdout(said):
        code = app.run(["setup", "--yes", "--json", *options])
    done = json.loads(said.getvalue())
    return {"exit code": code, "loaded": LOADED.exists(), **{key: done[key] for key in ("commands", "checked")}}


def check() -> dict[str, object]:
    writer = Program(write)
    found: dict[str, object] = {"no module": doctor()}
    load(exclusive=0)
    found["exclusive_caps=0"] = doctor()
    did = setup("--device", "12")
    found["set up"] = {**reloaded(), **did}
    found["all well"] = doctor()
    did = setup("--remove")
    found["setup removed"] = {**reloaded(), **did}
    load()
    found["no permission"] = doctor_of_another_user()
    writer.begin()
    writer.connection.recv()
    found["another writer"] = doctor()
    consumer = started("-c", HOLD, DEVICE)
    writer.end(signal.SIGINT)
    found["pinned by a consumer"] = doctor()
    consumer.communicate()
    subprocess.run(["modprobe", "-r", "vivid"], check=True)
    found["no camera"] = doctor()
    return found


if __name__ == "__main__":
    begin = time.monotonic()
    result = check()
    print(f"{time.monotonic() - begin:.1f} s")
    (Path(os.environ["OUT"]) / "result.json").write_text(json.dumps(result, indent=1))
