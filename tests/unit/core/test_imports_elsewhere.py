"""Every module can be imported where the interpreter lacks what only POSIX has."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import importlib, os, pkgutil, signal, sys, types

def modules():
    import cyclorama
    return sorted(found.name for found in pkgutil.walk_packages(cyclorama.__path__, "cyclorama."))

def load():
    for name in modules():
        if not name.endswith("__main__"):
            importlib.import_module(name)

load()  # other packages and the standard library, as this system has them
for name in [name for name in sys.modules if name.partition(".")[0] == "cyclorama"]:
    del sys.modules[name]
for name in ("fcntl", "termios", "tty", "pty", "resource", "pwd", "grp", "syslog", "posix"):
    sys.modules[name] = None
for name in ("SIGUSR1", "SIGUSR2", "SIGHUP", "SIGKILL", "SIGALRM", "SIGPIPE", "pthread_kill", "setitimer"):
    if hasattr(signal, name):
        delattr(signal, name)
for name in ("geteuid", "getuid", "fork", "uname", "mkfifo", "sched_getaffinity", "getpriority", "setpriority",
             "statvfs", "O_NONBLOCK", "O_CLOEXEC", "PRIO_PROCESS", "fchmod", "chown"):
    if hasattr(os, name):
        delattr(os, name)
sys.modules.setdefault("msvcrt", types.ModuleType("msvcrt"))
sys.modules.setdefault("winreg", types.ModuleType("winreg"))
{extra}
sys.platform = "win32"
load()
print(len(modules()))
"""


def imported(extra: str = "") -> subprocess.CompletedProcess[str]:
    program = PROGRAM.replace("{extra}", extra)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_every_module_can_be_imported_on_windows() -> None:
    done = imported()
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 200


def test_the_check_sees_a_module_that_cannot() -> None:
    done = imported("sys.modules['msvcrt'] = None")
    assert done.returncode != 0
    assert "cyclorama/cli/keys.py" in done.stderr.replace("\\", "/")
