"""Live, from sources that need no device: what is said, what is written, what is counted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

pytestmark = pytest.mark.e2e
Run = Callable[..., Any]
SMALL = ("--size", "320x180")


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def twenty_pictures(path: Path) -> None:
    """One second of video."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for level in range(20):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((180, 320, 3), level, np.uint8))))
        container.mux(stream.encode())


def test_a_file_plays_at_its_own_rate_and_loops(cyclorama: Run, tmp_path: Path) -> None:
    twenty_pictures(tmp_path / "short.mp4")
    done = cyclorama("live", "--source", "short.mp4", "--to", "null", "--duration", "3", "--json")
    assert done.code == 0, done.err
    end = json.loads(done.out)
    assert "h264 320x180 at 20 fps" in end["capture_mode"]
    played = end["frames"] + end["dropped"]["matting"] + end["dropped"]["compose"]  # a busy machine drops, and says so
    assert played > 25, "longer than the file"
    assert played / end["seconds"] < 21
    assert end["model"] == "selfie" and "CPU" in end["provider"]


def test_a_recording_beside_a_call_and_statistics(cyclorama: Run, tmp_path: Path) -> None:
    where = ("--to", "null", "--to", "call.mp4", "--stats", "stats.jsonl")
    done = cyclorama("live", "--source", "demo", *SMALL, *where, "--duration", "3", "--background", "color:#204060",
                     "--stages")  # fmt: skip
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert len(lines) >= 2
    assert {"fps", "latency_ms_p50", "latency_ms_p95", "dropped", "matte_age", "cpu_cores", "stages"} <= set(lines[-1])
    shown = pictures(tmp_path / "call.mp4")
    with av.open(str(tmp_path / "call.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert 2.3 < times[-1] < 3.2 and max(np.diff(times)) < 0.11, "fewer pictures on a busy machine, then repeated"
    assert 20 < len(shown) < 95
    assert all(np.abs(picture[5:30, -40:].astype(int) - (0x60, 0x40, 0x20)).max() < 12 for picture in shown)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["call.mp4", "stats.jsonl"]
    assert "latency p95" in done.out and "dropped" in done.out and "The session ran for " in done.out
    assert all(stage in done.out for stage in ("prepare", "network", "edges", "compose", "sink", "p95"))


def test_the_card_comes_first_and_the_room_never(cyclorama: Run, tmp_path: Path) -> None:
    done = cyclorama("live", "--source", "demo", *SMALL, "--to", "out.mkv", "--duration", "2")
    assert done.code == 0, done.err
    first, *_, last = pictures(tmp_path / "out.mkv")
    assert first.std(axis=(0, 1)).max() < 40 and np.median(first) < 60, "a plain dark card: a blur has nothing to show"
    assert last.std() > 40


def test_turned_and_mirrored(cyclorama: Run, tmp_path: Path) -> None:
    common = ("live", "--source", "demo", "--background", "none", "--duration", "1")
    assert cyclorama(*common, *SMALL, "--to", "plain.mkv").code == 0
    assert cyclorama(*common, *SMALL, "--mirror", "--to", "mirror.mkv").code == 0
    assert cyclorama(*common, "--size", "180x320", "--rotate", "90", "--to", "turned.mkv").code == 0
    plain, mirror, turned = (pictures(tmp_path / name)[-1] for name in ("plain.mkv", "mirror.mkv", "turned.mkv"))
    assert turned.shape == (320, 180, 3)
    bright = plain[:, :100].mean() - plain[:, -100:].mean()  # the flag is at the left, the rocket at the right
    assert abs(bright) > 5 and np.sign(mirror[:, :100].mean() - mirror[:, -100:].mean()) == -np.sign(bright)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces of Linux")
def test_nothing_needs_a_network(cyclorama: Run) -> None:
    cut = ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*cut, "true"], check=False, capture_output=True).returncode:
        pytest.skip("may not cut the network off here")
    assert cyclorama("live", "--source", "demo", *SMALL, "--to", "null", "--duration", "1", prefix=cut).code == 0
