"""Commands that setup runs as root, after a yes."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence

NO_SUCH_PROGRAM = 127
"""What a shell ends with."""
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where modprobe is, which is not on every user's PATH."""


def is_root() -> bool:
    """Whether this is root, who needs no sudo."""
    return sys.platform != "win32" and os.geteuid() == 0


def can_become_root() -> bool:
    """Whether commands can run as root: this is root, or sudo can ask in this terminal."""
    return is_root() or (sys.stdin.isatty() and shutil.which("sudo") is not None)


def sudo() -> list[str]:
    """What comes before a command that needs root."""
    return [] if is_root() else ["sudo"]


def as_root(words: Sequence[str]) -> str:
    """The command line that runs ``words`` as root."""
    return shlex.join([*sudo(), *words])


def run(words: Sequence[str]) -> int:
    """Run a command in this terminal; what it prints goes to standard error. Returns what it ended with."""
    path = f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_PATH}"
    program = shutil.which(words[0], path=path)
    if program is None:
        return NO_SUCH_PROGRAM
    out = sys.stderr.fileno()  # not 2, where libraries write that are to be silent
    environment = {**os.environ, "PATH": path}
    return subprocess.run([program, *words[1:]], stdout=out, stderr=out, env=environment, check=False).returncode
