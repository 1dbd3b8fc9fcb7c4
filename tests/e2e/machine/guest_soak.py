"""Runs inside the machine, by hand: a long session from vivid to v4l2loopback, with a viewer who leaves now and then.

    python tests/e2e/machine/virtual_machine.py '.venv/bin/python tests/e2e/machine/guest_soak.py --minutes 10'

Prints what benchmarks/soak.py prints of a session outside, and what the viewer received. Debian's kernel makes one huge
page of 512 small ones where a single one is in use, in minutes, and counts all of it as resident: here it does so on
request only, as other systems' kernels and the one outside do.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from pathlib import Path

from marked import Viewer, load, play_room, session

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
from soak import AWAY_EVERY_S, AWAY_S, Sample, sampled, verdict

HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def come_and_go(viewer: Viewer, stop: threading.Event, received: list[dict[str, object]]) -> None:
    """Watch, but for a while now and then."""
    while not stop.is_set():
        viewer.open()
        stop.wait(AWAY_EVERY_S - AWAY_S)
        received.append(viewer.close())
        stop.wait(AWAY_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    seconds = parser.parse_args().minutes * 60

    def tell(sample: Sample) -> None:
        if round(sample.seconds) % 60 == 0:
            print(f"{sample.seconds:6.0f} s  {sample.rss_mib:7.1f} MiB  {sample.threads} threads", flush=True)

    HUGE_PAGES.write_text("madvise")
    viewer, stop, received = Viewer(), threading.Event(), []
    load()
    play_room()
    with session() as live:
        time.sleep(2)
        watching = threading.Thread(target=come_and_go, args=(viewer, stop, received))
        watching.start()
        samples = sampled(live, seconds, tell)
        stop.set()
        watching.join()
    viewer.end()
    seen = {name: sum(each[name] for each in received) for name in ("pictures", "cards", "room")}
    print(json.dumps({"seconds": samples[-1].seconds, **verdict(samples), "received": seen}, indent=2))


if __name__ == "__main__":
    main()
