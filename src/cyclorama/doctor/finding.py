"""The result of a check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from cyclorama.core.errors import CaptureError, ModelError, SinkError


class Status(Enum):
    """Severity of a finding."""

    OK = "ok"
    WARN = "warn"
    """A degraded feature, or one that a call does not need."""
    FAIL = "fail"


class CallPart(Enum):
    """The part of a call that a check is about, in the order in which a user would fix them."""

    NETWORK = "network"
    CAMERA = "camera"
    VIRTUAL_CAMERA = "virtual camera"
    EXTRA = "extra"


EXIT_CODES = {
    CallPart.NETWORK: ModelError.exit_code,
    CallPart.CAMERA: CaptureError.exit_code,
    CallPart.VIRTUAL_CAMERA: SinkError.exit_code,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report. ``fix``: a command or an action, empty where there is nothing to do."""

    id: str
    part: CallPart
    status: Status
    what: str
    fix: str = ""

    @property
    def needed_for_live(self) -> bool:
        """Whether a call cannot be made while this fails."""
        return self.part is not CallPart.EXTRA


def exit_code(findings: Iterable[Finding]) -> int:
    """The exit code that ``cyclorama live`` would end with: 0, or 4 network, 3 camera, 5 virtual camera."""
    failing = {finding.part for finding in findings if finding.status is Status.FAIL}
    return next((code for part, code in EXIT_CODES.items() if part in failing), 0)
