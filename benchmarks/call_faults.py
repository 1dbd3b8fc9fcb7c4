"""Does any frame that a browser sees show the room, while everything goes wrong for long? And does memory stay flat?

    python benchmarks/call_faults.py                     an hour; a line each minute
    python benchmarks/call_faults.py --minutes 10 --seed 3

A session at thirty frames a second to a camera of PipeWire: sources stall and break, networks raise and are late,
twenty changes a second, valid and not, calls that begin and end every two seconds. The real room is green; the page
looks at every frame that it gets. All until that minute: ``frames`` looked at, ``calls``, the ``worst`` frame's share
of room, ``unopened`` calls; then memory in MB and threads. Exit code 1 where a frame showed more of the room than
outlines do. Needs what ``benchmarks/call.py`` needs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from doubles.camera_page import call_page
from doubles.desktop import missing
from doubles.faulty_call import Watched, faulty_call

HEAD = ("minute", "frames", "calls", "worst", "unopened", "MB", "threads")


def main() -> int:
    """Run, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if lacking := missing():
        print(lacking, file=sys.stderr)
        return 2
    with ExitStack() as opened:
        page = opened.enter_context(call_page(60_000))
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="cyclorama-")))
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        call = opened.enter_context(faulty_call(patch, page, folder, given.seed))
        seen = Watched(0, 0, 0.0, [])
        print(*HEAD, sep="\t")
        for minute in range(1, given.minutes + 1):
            seen = call.go_on(60)
            print(*line(minute, seen), sep="\t", flush=True)
    return 0 if seen.is_private else 1


def line(minute: int, seen: Watched) -> tuple[str, ...]:
    """A row of the table."""
    process = psutil.Process()
    values = minute, seen.frames, seen.calls, f"{seen.worst:.4f}", len(seen.failed)
    return (*map(str, values), f"{process.memory_info().rss / 1e6:.0f}", str(process.num_threads()))


if __name__ == "__main__":
    sys.exit(main())
