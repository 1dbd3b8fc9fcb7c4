"""A real kernel with a played webcam and a virtual camera, in software emulation, for tests that need devices.

Debian only. ``python virtual_machine.py 'COMMAND'`` builds the image once and runs COMMAND inside as root, on this
machine's own file system (writes go to memory, but for the folder $OUT). The guest has two vivid cameras
(/dev/video0, /dev/video1), and v4l2loopback to load: ``modprobe v4l2loopback video_nr=10 card_label=cyclorama``, or
the one of a newer Debian, which tells of its viewers: ``insmod /lib/modules/$(uname -r)/newer-v4l2loopback ...``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

HERE = Path(__file__).parent
PACKAGES = ("qemu-system-x86", "linux-headers-amd64", "busybox-static", "cpio", "kmod", "v4l-utils", "ffmpeg")
TOOLS = ("qemu-system-x86_64", "busybox", "cpio", "depmod", "v4l2-ctl", "ffmpeg", "make", "gcc", "apt-get", "dpkg")
MODULE_FOLDERS = (
    "drivers/media", "drivers/video", "drivers/virtio", "sound/core",
    "fs/9p", "fs/netfs", "fs/fscache", "fs/overlayfs", "net/9p",
)  # fmt: skip
BEGIN, RESULT = "cyclorama-job-begins", "cyclorama-job-ended:"
MEMORY_MB = 4096
NEWER_SUITE, NEWER_DRIVER = "trixie", "newer-v4l2loopback"
"""Where the newer driver comes from, and its file among the modules: no name that modprobe would find."""
OUT = "/mnt/cyclorama-out"
"""Not under /tmp: the checkout may lie there."""

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for name in virtio_pci 9pnet_virtio 9p overlay videodev; do modprobe $name; done
modprobe vivid n_devs=2 node_types=0x1,0x1 input_types=0x0,0x0 vid_cap_nr=0,1 allocators=0,0
mkdir -p /host /over /new
mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,ro,msize=262144 host /host
mount -t tmpfs tmpfs /over; mkdir /over/up /over/work
mount -t overlay -o lowerdir=/host,upperdir=/over/up,workdir=/over/work overlay /new
for name in proc sys dev; do mount --bind /$name /new/$name; done
mkdir -p /new/dev/shm /new/lib/modules /new/OUT; mount -t tmpfs tmpfs /new/dev/shm
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out /new/OUT
mkdir -p /new/lib/modules/$(uname -r); mount --bind /lib/modules/$(uname -r) /new/lib/modules/$(uname -r)
ip link set lo up
echo 4 >/proc/sys/kernel/printk
echo "BEGIN"
chroot /new /bin/bash /OUT/job.sh >/dev/console 2>&1 </dev/null
echo "RESULT$?"
sync; poweroff -f
"""
INIT = INIT.replace("RESULT", RESULT).replace("BEGIN", BEGIN).replace("/OUT", OUT)


class NotBuildableError(RuntimeError):
    """This system cannot make or run the machine; the message says what is missing."""


@dataclass(frozen=True)
class Machine:
    """A kernel and its first file system."""

    kernel: Path
    initramfs: Path

    def run(self, command: str, *, timeout_s: float) -> tuple[int, str]:
        """Run ``command`` with bash inside; returns its exit status and what it printed."""
        with tempfile.TemporaryDirectory(prefix="cyclorama-job-") as folder:
            process = subprocess.run(
                self._with_job(command, Path(folder)),
                stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False,
            )  # fmt: skip
        text = process.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
        ended = re.search(rf"{RESULT}(\d+)", text)
        if ended is None:
            raise RuntimeError(f"the machine did not come up: {text[-2000:]} {process.stderr.decode()[-1000:]}")
        return int(ended[1]), text[text.index(BEGIN) + len(BEGIN) : ended.start()].strip()

    def start(self) -> Running:
        """Start it, to run scripts of this folder one after the other."""
        folder = tempfile.TemporaryDirectory(prefix="cyclorama-job-")
        command = self._with_job(shlex.join([sys.executable, str(HERE / "guest.py")]), Path(folder.name))
        with (Path(folder.name) / "console.txt").open("wb") as console:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        return Running(folder, process)

    def _with_job(self, command: str, folder: Path) -> list[str]:
        """The emulator's command line; inside, bash runs ``command``, and ``folder`` is $OUT."""
        environment = {"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8", "OUT": OUT}
        lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
        (folder / "job.sh").write_text("\n".join([*lines, f"cd {shlex.quote(str(Path.cwd()))}", command, ""]))
        share = "local,security_model=passthrough,multidevs=remap"
        return [
            "qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=1024", "-cpu", "max",
            "-m", str(MEMORY_MB), "-smp", "2", "-nographic", "-no-reboot", "-nic", "none",
            "-kernel", str(self.kernel), "-initrd", str(self.initramfs),
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off",
            "-virtfs", f"{share},path=/,mount_tag=host,readonly=on",
            "-virtfs", f"{share},path={folder},mount_tag=out",
        ]  # fmt: skip


class Running:
    """The machine while it runs, with ``guest.py`` inside."""

    def __init__(self, folder: tempfile.TemporaryDirectory[str], process: subprocess.Popen[bytes]) -> None:
        """``folder``: what is $OUT inside; removed by ``stop``."""
        self._folder = folder
        self._process = process

    def script(self, *arguments: str, timeout_s: float) -> tuple[int, str, Any]:
        """Run a script; returns its exit status, what it printed, and what it left in $OUT/result.json, if anything."""
        out = Path(self._folder.name)
        ended, result = out / "ended.json", out / "result.json"
        for left in (ended, result):
            left.unlink(missing_ok=True)
        (out / "script.part").write_text(json.dumps(arguments))
        (out / "script.part").rename(out / "script.json")
        until_s = time.monotonic() + timeout_s
        while not ended.exists():
            if self._process.poll() is not None or time.monotonic() > until_s:
                raise RuntimeError(f"the machine stopped: {self._said()}")
            time.sleep(0.1)
        return json.loads(ended.read_text()), self._said(), json.loads(result.read_text()) if result.exists() else None

    def _said(self) -> str:
        """The end of what was printed on its console and by the script."""
        files = (Path(self._folder.name) / name for name in ("console.txt", "printed.txt"))
        return "\n".join(each.read_text(errors="replace")[-4000:] for each in files if each.exists())

    def stop(self) -> None:
        """Switch it off."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


def build(cache: Path | None = None) -> Machine:
    """The machine, built where it is not in ``cache`` yet. Raises NotBuildableError."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if sys.platform != "linux" or missing:
        raise NotBuildableError(f"no {', '.join(missing)}: apt-get install {' '.join(PACKAGES)} build-essential")
    chosen = os.environ.get("CYCLORAMA_E2E_CACHE") or platformdirs.user_cache_dir("cyclorama-e2e")
    cache = cache or Path(chosen)
    image = _dependency("linux-image-amd64", r"linux-image-\d\S+")
    version = image.removeprefix("linux-image-")
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    machine = Machine(cache / f"vmlinuz-{version}-{recipe}", cache / f"initramfs-{version}-{recipe}.cpio")
    if not (machine.kernel.exists() and machine.initramfs.exists()):
        headers = Path("/usr/src") / f"linux-headers-{version}"
        if not headers.is_dir():
            raise NotBuildableError(f"no {headers}: apt-get install linux-headers-{version}")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            _build(Path(scratch), image, version, headers, machine)
    return machine


def _build(scratch: Path, image: str, version: str, headers: Path, machine: Machine) -> None:
    """Unpack the kernel, compile v4l2loopback against its headers, and pack the modules."""
    unpacked = scratch / "unpacked"
    _run("apt-get", "download", "-q", image, cwd=scratch)
    (package,) = scratch.glob("*.deb")
    _run("dpkg", "-x", str(package), str(unpacked))
    driver = _driver(scratch / "driver", headers, ())
    newer = _driver(scratch / "newer", headers, _options_for(NEWER_SUITE, scratch / "apt"))
    root = scratch / "root"
    modules = root / "lib" / "modules" / version
    for folder in MODULE_FOLDERS:
        found = unpacked / "lib" / "modules" / version / "kernel" / folder
        shutil.copytree(found, modules / "kernel" / folder)
    shutil.copy(driver, modules / "kernel")
    shutil.copy(newer, modules / NEWER_DRIVER)
    for name in ("modules.builtin", "modules.order"):
        shutil.copy(unpacked / "lib" / "modules" / version / name, modules)
    _run("depmod", "-b", str(root), version)
    for folder in ("bin", "proc", "sys", "dev"):
        (root / folder).mkdir()
    shutil.copy(shutil.which("busybox") or "", root / "bin" / "busybox")
    init = root / "init"
    init.write_text(INIT)
    init.chmod(0o755)
    pack = subprocess.run("find . | cpio --quiet -o -H newc", shell=True, cwd=root, capture_output=True, check=True)
    machine.initramfs.write_bytes(pack.stdout)
    shutil.copy(unpacked / "boot" / f"vmlinuz-{version}", machine.kernel)


def _driver(folder: Path, headers: Path, apt_options: Sequence[str]) -> Path:
    """v4l2loopback, compiled in ``folder``: the package that apt finds with these options."""
    folder.mkdir()
    _run("apt-get", *apt_options, "download", "-q", "v4l2loopback-dkms", cwd=folder)
    (package,) = folder.glob("*.deb")
    _run("dpkg", "-x", str(package), str(folder))
    (source,) = (folder / "usr" / "src").glob("v4l2loopback-*")
    _run("make", "-s", "-C", str(headers), f"M={source}", "modules")
    return source / "v4l2loopback.ko"


def _options_for(suite: str, folder: Path) -> list[str]:
    """Options with which apt looks into another suite of the archive that this system uses, and changes nothing."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    archive = _run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Component: main", "Created-By: Packages")
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (folder / "sources.list").write_text(f"deb [signed-by={keys}] {archive.split()[0]} {suite} main\n")
    options = [
        f"-oDir::Etc::SourceList={folder / 'sources.list'}",
        "-oDir::Etc::SourceParts=/dev/null",
        f"-oDir::State::Lists={folder / 'lists'}",
        f"-oDir::Cache={folder / 'cache'}",
    ]
    _run("apt-get", *options, "update", "-qq")
    return options


def _dependency(package: str, pattern: str) -> str:
    """The package of a name like ``pattern`` that ``package`` depends on."""
    found = re.search(rf"Depends: ({pattern})", _run("apt-cache", "depends", package))
    if found is None:
        raise NotBuildableError(f"apt-cache knows no {package}: apt-get update")
    return found[1]


def _run(*command: str, cwd: Path | None = None) -> str:
    """What ``command`` printed. Raises NotBuildableError with what it complained of."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotBuildableError(f"{shlex.join(command)}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


if __name__ == "__main__":
    status, printed = build().run(sys.argv[1], timeout_s=1800)
    print(printed)
    sys.exit(status)
