"""Check that telemetry of dependencies is off."""

from __future__ import annotations

import os
from collections.abc import Mapping

from cyclorama.core.telemetry import switched_on
from cyclorama.doctor.finding import CallPart, Finding, Status

SEE = "strace -f -e trace=connect,sendto,sendmmsg cyclorama live --source demo --to null --duration 15"


def check_private(environment: Mapping[str, str] = os.environ, *, is_linux: bool = True) -> Finding:
    """Telemetry is off in this process, unless the user has switched it on."""
    on = switched_on(environment)
    if on:
        names = ", ".join(each.partition("=")[0] for each in on)
        what = f"ONNX Runtime sends metrics of its use where an ONNX network runs: {', '.join(on)} is set"
        return Finding("private", CallPart.EXTRA, Status.WARN, what, f"unset {names}: cyclorama then switches it off")
    see = f"; see for yourself: {SEE}" if is_linux else ""
    what = f"nothing but `models pull` and a source given as a URL connects: checked, telemetry is off{see}"
    return Finding("private", CallPart.EXTRA, Status.OK, what)
