"""Twenty changes a second, valid and not, through the control socket: nobody sees the room, the output keeps its beat,
and nothing grows."""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cyclorama.control.client import ControlClient, find_session
from cyclorama.control.host import Host
from cyclorama.core.errors import CycloramaError
from cyclorama.core.frames import CompositeKind
from doubles.controlled import controlled
from doubles.live_stage import OUTPUT_FPS, RIGHT, Camera, CountedModel
from doubles.random_commands import invalid, valid

CHANGES_A_SECOND = 20
WARM_S, LASTS_S = 3.0, 15.0
GROWTH_BYTES = 40e6
"""A leak of one small frame with each change would be more."""


def garbage(draw: random.Random) -> bytes:
    what = draw.choice([b"{", b"[]", b"\x00", draw.randbytes(40).replace(b"\n", b""), b'{"verb": {}}', b"[" * 5000])
    return what + b"\n"


def threads() -> int:
    return sum(thread.name.startswith("cyclorama") for thread in threading.enumerate())


def memory_bytes() -> int:
    """Resident; 0 where nobody says."""
    gc.collect()
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def at_beat(lasts_s: float, do: Callable[[], object]) -> int:
    """Call ``do`` so often a second; returns how often it was. One that takes longer is not made up for."""
    count, end_s = 0, time.monotonic() + lasts_s
    while (now_s := time.monotonic()) < end_s:
        do()
        count += 1
        time.sleep(max(0.0, now_s + 1 / CHANGES_A_SECOND - time.monotonic()))
    return count


def test_random_changes_through_the_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "navy ü.png"), np.full((30, 40, 3), (128, 0, 0), np.uint8))
    draw = random.Random(12)
    done = {"valid": 0, "refused": 0}
    unexpected: list[Any] = []

    def ask(client: ControlClient) -> None:
        kind = draw.random()
        if kind < 0.1:
            client._socket.sendall(garbage(draw))
            answer = json.loads(client._lines.readline())
            if answer["ok"] or answer["exit_code"] != 2:
                unexpected.append(answer)
            return
        verb, arguments = (valid if kind < 0.7 else invalid)(draw, tmp_path)
        try:
            client.ask(verb, arguments)
            done["valid"] += 1
        except CycloramaError as error:
            done["refused"] += 1
            if "\n" in str(error) or "unexpected" in str(error):
                unexpected.append((verb, arguments, str(error)))

    with controlled(monkeypatch) as (stage, controls), Host("live", lambda: None) as host:
        stage.models["other"], stage.cameras["1"] = CountedModel, lambda: Camera(RIGHT)
        host.begin(controls._running)
        with ControlClient(find_session("live")) as client:
            at_beat(WARM_S, lambda: ask(client))
            client.ask("record", ["stop"])
            before = threads(), memory_bytes(), stage.sink.count, time.monotonic()
            asked = at_beat(LASTS_S, lambda: ask(client))
            client.ask("record", ["stop"])
            after = threads(), memory_bytes(), stage.sink.count, time.monotonic()
            client.ask("away", ["off"])
            assert client.ask("background", ["color:teal"]) == {"background": "color:teal"}
            stage.wait(lambda: stage.shows((128, 128, 0)))
    assert not unexpected
    assert asked > 50 and done["valid"] > 30 and done["refused"] > 15, "though the machine be slow"
    assert stage.sink.breaches == 0 and CompositeKind.RAW not in stage.sink.kinds
    assert after[0] <= before[0] + 1
    assert after[1] - before[1] < GROWTH_BYTES
    rate = (after[2] - before[2]) / (after[3] - before[3])
    assert abs(rate - OUTPUT_FPS) < 0.1 * OUTPUT_FPS
