"""Freed memory does not stay with the allocator."""

from __future__ import annotations

import sys

import psutil
import pytest

from cyclorama.core.memory import give_back

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


def test_where_there_is_no_such_call_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.core.memory.ctypes.CDLL", lambda name: object())
    give_back()
    monkeypatch.setattr(sys, "platform", "win32")
    give_back()
