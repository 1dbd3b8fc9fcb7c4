"""The status of a live session: one line that is rewritten on a terminal, a plain line at intervals elsewhere."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len, set_cell_size

from cyclorama.cli.report import counted

if TYPE_CHECKING:
    from cyclorama.pipeline.runtime.metrics import RecordingStatus, Snapshot

PLAIN_EVERY_S = 5.0
RED, PLAIN = "\x1b[31m", "\x1b[0m"
ERASE_LINE = "\r\x1b[K"
JOINT = ", "
USUAL_COLUMNS = 80
"""Of a terminal that does not say how wide it is."""


LEVELS_DB = (-60.0, 0.0)
LEVEL_WIDTH = 10
TOO_LOUD = 0.99


def recording_text(now: RecordingStatus) -> str:
    """Recorded time, and the microphone's level as a bar from -60 dB to full scale."""
    if now.starts_in is not None:
        text = f"recording in {now.starts_in}"
    else:
        word = "recorded" if now.ended else "paused" if now.paused else "recording"
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


def status_parts(now: Snapshot, words: str) -> list[str]:
    """The state in short phrases, the most important first. ``words``: how it runs (``control.state.words``)."""
    how, _, more = words.partition("; ")
    how, _, rate = how.partition(": ")
    parts = [f"! {now.fault}"] if now.fault else [how]
    if now.recording is not None:
        parts.insert(1 if now.fault else 0, recording_text(now.recording))
    parts.append(rate if rate and not now.fault else f"{now.fps:.0f} fps")
    if now.latency_ms_p50 is not None:
        parts.append(f"{now.latency_ms_p50:.0f} ms behind")
    parts += [more] if more and not now.fault else []
    if skipped := sum(now.dropped.values()):
        parts.append(f"{counted(skipped, 'frame')} skipped")
    parts.append(f"{now.cpu_cores * 100:.0f} % of a processor core")
    parts.append(f"network {now.model} on {now.provider}")
    return [" ".join(part.split()) for part in parts]


def status_text(now: Snapshot, words: str, columns: int | None = None) -> str:
    """The state on one line of at most ``columns`` cells: what is least important is left out, in whole phrases.

    Only what comes first may be cut, where a terminal is too narrow for that alone.
    """
    parts = status_parts(now, words)
    if columns is None:
        return JOINT.join(parts)
    while len(parts) > 1 and cell_len(JOINT.join(parts)) > columns:
        parts.pop()
    text = JOINT.join(parts)
    return text if cell_len(text) <= columns else set_cell_size(text, columns).rstrip()


def columns_of(stream: TextIO) -> int:
    """Cells of a line on the terminal ``stream``: as many as it has now, and no more than COLUMNS says."""
    try:
        wide = os.get_terminal_size(stream.fileno()).columns or USUAL_COLUMNS
    except (OSError, ValueError):
        wide = USUAL_COLUMNS
    told = os.environ.get("COLUMNS", "")
    return min(wide, int(told)) if told.isdecimal() and int(told) else wide


class StatusLine:
    """Writes to ``stream`` (stderr by default). For any thread."""

    def __init__(self, stream: TextIO | None = None, clock_s: float | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._tty = self._stream.isatty()
        self._colour = self._tty and not os.environ.get("NO_COLOR")
        self._next_plain_s = (clock_s if clock_s is not None else time.monotonic()) + PLAIN_EVERY_S

    def update(self, now: Snapshot, words: str, clock_s: float | None = None) -> None:
        """Show ``now``, which runs as ``words`` say. ``clock_s``: seconds; the monotonic clock by default."""
        if self._tty:
            text = status_text(now, words, max(1, columns_of(self._stream) - 1))  # the last cell would wrap the line
            if now.fault and self._colour:
                text = RED + text + PLAIN
            self._write(ERASE_LINE + text)
            return
        time_s = time.monotonic() if clock_s is None else clock_s
        if time_s >= self._next_plain_s:
            self._next_plain_s = time_s + PLAIN_EVERY_S
            self._write(status_text(now, words) + "\n")

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
