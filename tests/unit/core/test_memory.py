"""What becomes of freed memory."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from cyclorama.core.memory import KEPT_FREE, give_back, keep_freed

MIB = 2**20


@pytest.mark.needs_linux("glibc's")
def test_what_was_freed_goes_back_though_something_lies_behind_it() -> None:
    process = psutil.Process()
    many = [bytes(1000) for _ in range(60_000)]
    behind = many[-1]
    del many
    before = process.memory_info().rss
    give_back()
    assert before - process.memory_info().rss > 30 * MIB
    assert len(behind) == 1000


FAULTS = """
import resource, sys
import numpy as np
from cyclorama.core.memory import keep_freed
if sys.argv[1] == "kept":
    keep_freed()
def frame():
    pictures = [np.ones(KEPT // 16, np.uint8) for _ in range(3)]
for _ in range(3):
    frame()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    frame()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
""".replace("KEPT", str(KEPT_FREE))


@pytest.mark.needs_linux("glibc's")
def test_freed_memory_that_is_kept_is_not_fetched_page_by_page_again() -> None:
    """Pages that the system has to hand out for 50 frames of three pictures each."""

    def faults(how: str) -> int:
        return int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, check=True).stdout)

    assert faults("kept") < 50 < faults("by default")


@pytest.mark.needs_linux("glibc's")
def test_the_parameters_are_those_of_malloc_h(monkeypatch: pytest.MonkeyPatch) -> None:
    """M_TRIM_THRESHOLD is -1 and M_MMAP_THRESHOLD -3; glibc refuses more than 32 MiB for the second."""
    calls: dict[int, int] = {}

    class Library:
        mallopt = staticmethod(calls.__setitem__)

    monkeypatch.setattr("cyclorama.core.memory.ctypes.CDLL", lambda name: Library)
    keep_freed()
    assert calls == {-1: 64 * MIB, -3: 32 * MIB}


def test_where_there_is_no_such_call_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.core.memory.ctypes.CDLL", lambda name: object())
    give_back()
    keep_freed()
    monkeypatch.setattr(sys, "platform", "win32")
    give_back()
    keep_freed()
