"""A command under ``strace``, in a home of its own: which addresses and names it asks, and what it writes where."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CALLS = (
    "socket,connect,bind,sendto,sendmsg,sendmmsg,open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,"
    "rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate"
)
SILENT_ANYWAY = (
    "CI",
    "TF_BUILD",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "CIRCLECI",
    "TRAVIS",
    "JENKINS_URL",
    "CODEBUILD_BUILD_ID",
    "BUILDKITE",
    "TEAMCITY_VERSION",
    "APPVEYOR",
    "BITBUCKET_BUILD_NUMBER",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
    "ORT_RUNNING_UNIT_TESTS",
    "ORT_DISABLE_TELEMETRY",
    "DO_NOT_TRACK",
)
"""With one of these a library keeps quiet by itself, as on a build server: it is the user's machine that counts."""
KEPT_OUT = ("XDG_", "CYCLORAMA_", "PULSE_", "DISPLAY", "WAYLAND_")
NAME_SERVICES = ("resolv.conf", "io.systemd.Resolve", "avahi-daemon")
"""Who looks a name up reads the first, or asks one of the others through a socket of this machine."""
NOWHERE = ("/dev/", "/proc/", "/memfd:", "/sys/")
"""Devices and what the kernel makes of files: nothing stays there."""


@dataclass
class Report:
    """What a command did.

    ``sockets``: an entry for each of the Internet's, and for each use of one with an address. ``connections``: those
    addresses. ``asked``: names that were looked up, and what looks names up. ``written``: files and folders.
    """

    code: int
    out: str
    err: str
    sockets: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    written: set[Path] = field(default_factory=set)
    connections: set[str] = field(default_factory=set)

    def strays(self, *allowed: Path) -> set[Path]:
        """What was written, and lies in none of the folders, nor on the way to one."""
        return {
            path
            for path in self.written
            if not any(path.is_relative_to(folder) or folder.is_relative_to(path) for folder in allowed)
        }


def can_trace() -> bool:
    """Whether processes may be traced here."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


def fresh_home(home: Path, **more: str) -> dict[str, str]:
    """The environment of a user who has just moved in at ``home``, and whose temporary files lie in ``home``/tmp."""
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    (home / "run").mkdir(mode=0o700, exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in SILENT_ANYWAY and not name.startswith(KEPT_OUT) and not name.lower().endswith("_proxy")
    }
    folders = {"CONFIG": ".config", "DATA": ".local/share", "CACHE": ".cache", "STATE": ".local/state"}
    own = {f"XDG_{name}_HOME": str(home / folder) for name, folder in folders.items()}
    own |= {"HOME": str(home), "TMPDIR": str(home / "tmp"), "XDG_RUNTIME_DIR": str(home / "run")}
    plain = {"PYTHONDONTWRITEBYTECODE": "1", "no_proxy": "*"}
    return {**kept, **own, **plain, **more}


def trace(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path, *, timeout_s: float = 120
) -> Report:
    """Run ``command`` in ``folder`` and say what it did; one log for each of its threads lies in the folder ``log``."""
    log.mkdir(parents=True)
    tracer = ["strace", "-ff", "--seccomp-bpf", "-y", "-qq", "-s", "200", "-e", "signal=none", "-e", f"trace={CALLS}"]
    done = subprocess.run(
        [*tracer, "-o", str(log / "thread"), *command],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    report = Report(done.returncode, done.stdout, done.stderr)
    for path in sorted(log.iterdir()):
        with path.open(encoding="utf-8", errors="replace") as lines:
            read_trace(lines, folder, report)
    return report


_CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+|\?)(?:<(.*?)>)?(?: .*)?$")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_AT = re.compile(r"(?:AT_FDCWD|\d+)<([^>]*)>, ")
_ADDRESS = re.compile(
    r"sin6?_port=htons\((\d+)\)"
    r'(?:.*?sin_addr=inet_addr\("([^"]+)"\)|.*?inet_pton\(AF_INET6, "([^"]+)")'
)
_NAME = re.compile(r"\\(?:\d{1,3}|[a-z])|[^A-Za-z0-9.-]+")


def read_trace(lines: Iterable[str], folder: Path, report: Report) -> None:
    """Add to ``report`` what the ``lines`` of a thread's log say; ``folder`` is the one it was started in."""
    for line in lines:
        match = _CALL.match(line.strip())
        if match is None:
            continue
        call, arguments, result, real = match.groups()
        if call in ("socket", "connect", "bind", "sendto", "sendmsg", "sendmmsg"):
            _network(call, arguments, report)
        elif result != "?" and int(result) >= 0:
            _files(call, arguments, real, folder, report)


def _network(call: str, arguments: str, report: Report) -> None:
    if call.startswith("send") and "htons(53)" not in arguments and "\\0\\0\\1" not in arguments:
        return
    if any(service in arguments for service in NAME_SERVICES):
        report.asked.append(arguments)
    if call.startswith("send"):
        text = max(_TEXT.findall(arguments), key=len, default="")
        report.asked.append(_NAME.sub(".", text).strip(".").rpartition("..")[2])
    elif "AF_INET" in arguments:
        address = _ADDRESS.search(arguments)
        where = f"{address[2] or address[3]}:{address[1]}" if address else ""
        report.sockets.append(f"{call} {where or arguments}")
        if where:
            report.connections.add(where)


def _files(call: str, arguments: str, real: str | None, folder: Path, report: Report) -> None:
    if call.startswith("open"):
        if any(word in arguments for word in ("O_WRONLY", "O_RDWR", "O_CREAT")):
            _wrote(real or "", report)
        elif "resolv.conf" in arguments:
            report.asked.append("/etc/resolv.conf")
        return
    if call == "creat":
        _wrote(real or "", report)
        return
    texts = _TEXT.findall(arguments)
    bases = _AT.findall(arguments)
    if texts:
        _wrote(os.path.normpath(Path(bases[-1] if bases else folder) / texts[-1]), report)


def _wrote(path: str, report: Report) -> None:
    if path.startswith("/") and not path.startswith(NOWHERE):
        report.written.add(Path(path.removesuffix("(deleted)")))


def table(reports: Mapping[str, Report], homes: Mapping[str, Path], strays: Mapping[str, set[Path]]) -> str:
    """One line for each command: sockets of the Internet, what was asked for names, files where none should be."""
    rows = [f"{'command':<28} {'code':>4} {'AF_INET':>7} {'asked':>5}  names, files"]
    for name, report in reports.items():
        names = sorted({each for each in report.asked if not each.startswith("/")})
        files = sorted(str(path.relative_to(homes[name])) for path in strays[name] if path.is_file())
        rows.append(
            f"{name:<28} {report.code:>4} {len(report.sockets):>7} {len(report.asked):>5}  "
            f"{', '.join([*names, *files]) or '-'}"
        )
    return "\n".join(rows)
