"""The status of a live session: one line that is rewritten on a terminal, a plain line at intervals elsewhere."""

from __future__ import annotations

import math
import os
import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, TextIO

from cyclorama.cli.report import drops

if TYPE_CHECKING:
    from cyclorama.pipeline.runtime.metrics import RecordingStatus, Snapshot

PLAIN_EVERY_S = 5.0
RED, PLAIN = "\x1b[31m", "\x1b[0m"
ERASE_LINE = "\r\x1b[K"


LEVELS_DB = (-60.0, 0.0)
LEVEL_WIDTH = 10
TOO_LOUD = 0.99


def recording_text(now: RecordingStatus) -> str:
    """Recorded time, and the microphone's level as a bar from -60 dB to full scale."""
    if now.starts_in is not None:
        text = f"recording in {now.starts_in}"
    else:
        word = "recorded" if now.ended else "paused" if now.paused else "rec"
        text = f"{word} {clock_text(now.seconds)}"
    return text if now.microphone is None or now.ended else f"{text} {level_text(now.level)}"


def level_text(level: float) -> str:
    """A peak level in [0, 1] as ``[######----]``."""
    if level >= TOO_LOUD:
        return "[ too loud ]"
    low, high = LEVELS_DB
    decibels = 20 * math.log10(max(level, 1e-6))
    filled = round(LEVEL_WIDTH * min(1.0, max(0.0, (decibels - low) / (high - low))))
    return f"[{'#' * filled}{'-' * (LEVEL_WIDTH - filled)}]"


def clock_text(seconds: float) -> str:
    """``4:02`` or ``1:04:02``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def status_text(now: Snapshot) -> str:
    """The state on one line, most important first, so that a narrow terminal cuts the least important."""
    parts = [f"{now.fps:.1f} fps"]
    if now.latency_ms_p50 is not None and now.latency_ms_p95 is not None:
        parts.append(f"latency {now.latency_ms_p50:.0f}/{now.latency_ms_p95:.0f} ms")
    parts.append(f"dropped {drops(now.dropped)}")
    parts.append(f"matte age {now.matte_age}")
    parts.append(f"CPU {now.cpu_cores * 100:.0f} %")
    parts.append(f"{now.model} on {now.provider}")
    if now.idle:
        parts.insert(0, "nobody watches, camera off")
    if now.away:
        parts.insert(0, f"away, showing {now.away}")
    if now.recording is not None:
        parts.insert(0, recording_text(now.recording))
    if now.fault:
        parts.insert(0, f"! {now.fault}")
    return " | ".join(" ".join(part.split()) for part in parts)


class StatusLine:
    """Writes to ``stream`` (stderr by default). For any thread."""

    def __init__(self, stream: TextIO | None = None, clock_s: float | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._tty = self._stream.isatty()
        self._colour = self._tty and not os.environ.get("NO_COLOR")
        self._next_plain_s = (clock_s if clock_s is not None else time.monotonic()) + PLAIN_EVERY_S

    def update(self, now: Snapshot, clock_s: float | None = None) -> None:
        """Show ``now``. ``clock_s``: the time in seconds; the monotonic clock by default."""
        text = status_text(now)
        if self._tty:
            text = text[: max(10, shutil.get_terminal_size().columns - 1)]
            if now.fault and self._colour:
                text = RED + text + PLAIN
            self._write(ERASE_LINE + text)
            return
        time_s = time.monotonic() if clock_s is None else clock_s
        if time_s >= self._next_plain_s:
            self._next_plain_s = time_s + PLAIN_EVERY_S
            self._write(text + "\n")

    def say(self, text: str) -> None:
        """Print a line that is not overwritten."""
        self._write((ERASE_LINE if self._tty else "") + text + "\n")

    def close(self) -> None:
        """Erase the status line."""
        if self._tty:
            self._write(ERASE_LINE)

    def _write(self, text: str) -> None:
        try:
            with self._lock:
                self._stream.write(text)
                self._stream.flush()
        except OSError:  # the reader of the status closed the stream; the call continues
            return
