"""Whether this machine has an NVIDIA card: without one, nobody wants to read what CUDA lacks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VENDOR = "0x10de"
"""NVIDIA's PCI vendor ID."""
DISPLAY_CLASS = "0x03"
"""PCI base class of display controllers: a card's sound device has the same vendor."""
WSL_DRIVER = Path("/usr/lib/wsl/lib/libcuda.so.1")
"""The driver that Windows lends to its Linux machines, which show no PCI device and no /proc/driver."""


def has_nvidia_card(
    sysfs: Path = Path("/sys"), proc: Path = Path("/proc"), platform: str = sys.platform, wsl: Path = WSL_DRIVER
) -> bool:
    """Whether there is an NVIDIA card, with its driver or without. Reads a few small files."""
    if platform == "win32":
        return (Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "nvcuda.dll").exists()
    if not platform.startswith("linux"):
        return False
    return (proc / "driver" / "nvidia" / "version").exists() or wsl.exists() or _on_pci(sysfs)


def _on_pci(sysfs: Path) -> bool:
    devices = sysfs.glob("bus/pci/devices/*")
    return any(
        _text(device / "vendor") == VENDOR and _text(device / "class")[:4] == DISPLAY_CLASS for device in devices
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
