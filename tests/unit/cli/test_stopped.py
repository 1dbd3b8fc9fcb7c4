"""Ctrl-C, SIGTERM and a closed terminal: what is under way is finished or leaves nothing, and which is said."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cyclorama.cli.errors import stopped
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import F32, Frame
from cyclorama.pipeline.jobs.convert_batch import ClipBatchReport, ClipResult
from cyclorama.stills.batch import batch
from doubles.null_model import NullModel

Run = Callable[..., tuple[int, str, str]]
ENDING = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
PROMPT = "run the same again"


@pytest.fixture(autouse=True)
def handlers() -> Any:
    """Signals as before, whatever a command does."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def signalling(number: int, result: object = None) -> Callable[..., Any]:
    """A job that is told to stop while it runs, and does."""

    def job(*_: Any, stop: threading.Event, **more: Any) -> Any:
        signal.raise_signal(number)
        assert stop.wait(5)
        return result

    return job


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize(
    ("arguments", "job", "says"),
    [
        (("convert", "a.mp4", "b.mp4"), "pipeline.jobs.convert.convert", f"b.mp4 is not made, and nothing of it is "
         f"left; {PROMPT} to make it"),
        (("demo",), "pipeline.jobs.demo.run_demo", "the demo is not made, and nothing of it is left"),
        (("models", "compare", "a.png"), "pipeline.jobs.compare.compare_models", f"no sheet is written; {PROMPT} to "
         "make it"),
        (("bench",), "pipeline.jobs.bench.run_bench", "the measurement was cut short, and tells nothing"),
        (("headshot", "a.png"), "stills.headshot.headshot.make_headshots", "the rest is not made; what was written "
         "stays"),
    ],
    ids=["convert", "demo", "compare", "bench", "headshot"],
)  # fmt: skip
def test_what_became_of_it(
    cyclorama: Run, monkeypatch: pytest.MonkeyPatch, number: int, arguments: tuple[str, ...], job: str, says: str
) -> None:
    Path("a.mp4").touch()
    monkeypatch.setattr(f"cyclorama.{job}", signalling(number))
    assert cyclorama(*arguments) == (130, "", f"cyclorama: stopped: {says}\n")


@pytest.mark.parametrize("number", ENDING)
def test_of_several_clips_those_that_are_made_are_told(
    cyclorama: Run, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    failed = ClipResult(Path("a.mp4"), Path("out/a.mp4"), "failed", error=CaptureError("a.mp4 is no clip"))
    job = signalling(number, ClipBatchReport(2.0, [failed]))
    monkeypatch.setattr("cyclorama.pipeline.jobs.convert_batch.convert_clips", job)
    for name in "ab":
        Path(f"{name}.mp4").touch()
    code, out, _ = cyclorama("convert", "a.mp4", "b.mp4", "out/")
    assert code == 130, "and not that of the clip that failed"
    assert out.startswith("0 of 2 clips made and 1 failed, in 2.0 seconds.") and PROMPT in out


@pytest.mark.parametrize("number", ENDING)
def test_the_photo_in_work_is_finished_and_the_rest_is_left(
    cyclorama: Run, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def alpha(frame: Frame) -> F32:
        signal.pthread_kill(threading.main_thread().ident or 0, number)
        width, height = frame.size_wh
        return np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, axis=1)

    if not hasattr(signal, "pthread_kill"):
        pytest.skip("Windows signals threads in another way")
    for name in "abcd":
        Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(f"{name}.png")
    monkeypatch.setattr(batch, "open_model", lambda name: NullModel(alpha))
    code, out, err = cyclorama("cutout", "a.png", "b.png", "c.png", "d.png", "-o", "out", "--jobs", "1")
    assert (code, err) == (130, "")
    done = sorted(Path("out").iterdir())
    assert 1 <= len(done) < 4 and [path.suffix for path in done] == [".png"] * len(done)
    for path in done:
        Image.open(path).load()
    assert f"{len(done)} of 4 photos made and {4 - len(done)} left, in " in out
    assert "Next: run the same again: what is made is kept, the rest is made" in out


def test_a_pull_goes_on_where_it_stopped(cyclorama: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cyclorama.models.store.pull", pull)
    says = "cyclorama: stopped: rvm is not here yet; cyclorama models pull rvm goes on where this stopped\n"
    assert cyclorama("models", "pull", "rvm") == (130, "", says)


def test_a_reader_that_is_gone_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(text: str) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", SimpleNamespace(write=write, flush=lambda: None))
    assert stopped("it is over") == 130
