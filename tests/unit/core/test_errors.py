"""The words of an error for the middle of a sentence."""

from __future__ import annotations

import errno
import os

from cyclorama.core.errors import reason


def test_the_systems_words_come_before_the_errors_own() -> None:
    assert reason(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x")) == "No space left on device"
    assert reason(OSError("no number, only words.")) == "no number, only words"
    assert reason("words alone") == "words alone"
    assert reason(TimeoutError()) == "TimeoutError"
