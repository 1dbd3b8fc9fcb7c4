"""Runs inside the machine: what ``cyclorama doctor`` finds in each condition, as JSON in $OUT/result.json."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from marked import DEVICE, SIZE_WH, load

from cyclorama.frames import Composite, CompositeKind, Layout
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.virtual_camera import VirtualCameraSink

DOCTOR = [sys.executable, "-m", "cyclorama.cli.app", "doctor", "--json"]
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
HOLD = "import os, sys; os.open(sys.argv[1], os.O_RDWR); print(flush=True); sys.stdin.read()"


def doctor(*prefix: str) -> dict[str, object]:
    """The findings about devices by their name, and the exit code."""
    done = subprocess.run([*prefix, *DOCTOR], capture_output=True, text=True, env={**os.environ, "HOME": "/tmp"})
    if not done.stdout:
        return {"exit code": done.returncode, "said": done.stderr}
    report = json.loads(done.stdout)
    findings = report["findings"] if isinstance(report, dict) else report
    kept = ("camera", "permissions", "v4l2loopback", "virtual-camera")
    by_name = {finding["id"]: finding for finding in findings if finding["id"] in kept}
    return {"exit code": done.returncode, **by_name}


def write_once() -> VirtualCameraSink:
    """A writer that has shown one picture."""
    sink = VirtualCameraSink()
    sink.open(OutputFormat(SIZE_WH, Fraction(10)))
    pixels = np.zeros((SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
    sink.write(Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, 0, 0))
    return sink


def check() -> dict[str, object]:
    found: dict[str, object] = {"no module": doctor()}
    load(exclusive=0)
    found["exclusive_caps=0"] = doctor()
    load()
    found["all well"] = doctor()
    found["no permission"] = doctor(*NOBODY)
    sink = write_once()
    found["another writer"] = doctor()
    consumer = subprocess.Popen([sys.executable, "-c", HOLD, DEVICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert consumer.stdout is not None
    consumer.stdout.readline()
    sink.close()
    found["pinned by a consumer"] = doctor()
    consumer.kill()
    consumer.wait()
    subprocess.run(["modprobe", "-r", "vivid"], check=True)
    found["no camera"] = doctor()
    return found


if __name__ == "__main__":
    (Path(os.environ["OUT"]) / "result.json").write_text(json.dumps(check(), indent=1))
