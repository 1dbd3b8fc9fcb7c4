"""The machine as the checks see it; tests replace it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from platform import release as running_release


@dataclass(frozen=True, slots=True)
class System:
    """``platform``: as ``sys.platform``. The paths are the roots of what the kernel
    shows, and of where its modules lie and are built. ``release``: of the running kernel."""

    platform: str = field(default=sys.platform)
    sys: Path = Path("/sys")
    proc: Path = Path("/proc")
    dev: Path = Path("/dev")
    modules: Path = Path("/lib/modules")
    dkms: Path = Path("/var/lib/dkms")
    release: str = field(default_factory=running_release)

    @property
    def is_linux(self) -> bool:
        """Whether this is Linux."""
        return self.platform.startswith("linux")

    def may_use(self, path: Path) -> bool:
        """Whether this user may read and write ``path``."""
        return os.access(path, os.R_OK | os.W_OK)
