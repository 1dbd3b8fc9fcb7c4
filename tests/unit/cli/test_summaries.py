"""What commands say when they are done: what was made, from what, how long it took, what to try next."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cyclorama.cli import offer, report
from cyclorama.cli.commands import convert, demo, live
from cyclorama.cli.errors import complain, usage_text
from cyclorama.cli.model_report import how_to_use, optimized_text, pulled_text, speed_word
from cyclorama.cli.progress import Progress, progress, progress_text, seconds_left
from cyclorama.cli.still_report import cutout_text
from cyclorama.core.errors import CaptureError
from cyclorama.models.catalogue import load_catalogue
from cyclorama.models.store import InstalledModel
from cyclorama.pipeline.jobs.convert import ConvertReport
from cyclorama.pipeline.jobs.convert_batch import ClipBatchReport, ClipResult
from cyclorama.pipeline.jobs.demo import DemoReport
from cyclorama.pipeline.jobs.optimize import OptimizeReport
from cyclorama.pipeline.jobs.optimize_plan import OptimizePlan
from cyclorama.pipeline.runtime.metrics import Snapshot, StageTimes
from cyclorama.settings.values import ComposeSettings, Settings
from cyclorama.stills.batch.batch import CutOutReport, CutOutResult

STAGES = {"network": StageTimes(8.0, 9.5, 282), "capture": StageTimes(1.0, 2.0, 282)}
MADE = ConvertReport(
    "talk.mp4", "new.mp4", 282, 12.4, 22.7, "selfie", "LiteRT, CPU (XNNPACK)", "float32", "libx264 (software)", STAGES
)
OFFICE = Settings(compose=ComposeSettings(background="office"))
CALL = Snapshot(
    state="running",
    seconds=725.0,
    frames=21_000,
    fps=29.97,
    latency_ms_p50=33.6,
    latency_ms_p95=41.0,
    dropped={"matting": 3},
    cards=2,
    matte_age=0,
    model="rvm",
    provider="CPU (CUDA not used: no driver)",
    precision="float32",
    capture_mode="MJPG 1280x720 at 30 fps",
    cpu_cores=0.4,
    fault=None,
    stages=STAGES,
)


@pytest.fixture(autouse=True)
def finer_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offer, "finer_network", lambda model: "")


def test_a_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    first = "new.mp4 is made from talk.mp4, with the background office: 282 frames in 12 seconds."
    second = "Cut out by the network selfie, on the processor."
    assert convert.text(MADE, OFFICE).splitlines() == [
        first,
        second,
        "Next: cyclorama backgrounds lists what else can be behind you",
    ]
    cut = convert.text(MADE, Settings(compose=ComposeSettings(background="transparent")))
    assert cut.endswith("Next: open it in your video editor, above the picture that shall be behind you")
    monkeypatch.setattr(offer, "finer_network", lambda model: "rvm" if model == "selfie" else "")
    assert convert.text(MADE, OFFICE).splitlines()[2].startswith("Next: cyclorama models pull rvm gets a network that")
    raw = convert.text(replace(MADE, model=""), Settings(compose=ComposeSettings(background="none")))
    assert "Cut out" not in raw


def test_several_clips() -> None:
    results = [
        ClipResult(Path("a.mp4"), Path("out/a.mp4"), "written", replace(MADE, seconds=0.42)),
        ClipResult(Path("b.mp4"), Path("out/b.mp4"), "skipped"),
        ClipResult(Path("c.mp4"), Path("out/c.mp4"), "failed", error=CaptureError("c.mp4 is no clip")),
    ]
    text = convert.batch_text(ClipBatchReport(75.0, results), 3, OFFICE)
    assert text.splitlines() == [
        "  out/a.mp4  from a.mp4,  0.4 seconds",
        "1 of 3 clips made, 1 there before (--overwrite makes them again) and 1 failed, in 1 minute 15 seconds.",
        "Cut out by the network selfie, on the processor.",
        "Next: mend what failed, then run the same again: what is made is kept",
    ]
    stopped = convert.batch_text(ClipBatchReport(75.0, results), 4, OFFICE, stopped=True)
    assert stopped.endswith("\nNext: run the same again: what is made is kept, the rest is made")
    skipped = convert.batch_text(ClipBatchReport(0.1, results[1:2]), 1, OFFICE)
    assert skipped == "0 of 1 clip made and 1 there before (--overwrite makes them again), in 0.1 seconds."


def test_several_clips_as_json_name_what_failed(
    cyclorama: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = [
        ClipResult(Path("a.mp4"), Path("out/a.mp4"), "written", MADE),
        ClipResult(Path("b.mp4"), Path("out/b.mp4"), "skipped"),
        ClipResult(Path("c.mp4"), Path("out/c.mp4"), "failed", error=CaptureError("c.mp4 is no clip")),
    ]

    def convert_clips(*_: object, on_done: Callable[[ClipResult], None], **more: object) -> ClipBatchReport:
        for result in results:
            on_done(result)
        return ClipBatchReport(75.0, results)

    monkeypatch.setattr("cyclorama.pipeline.jobs.convert_batch.convert_clips", convert_clips)
    for name in "abc":
        Path(f"{name}.mp4").touch()
    code, out, err = cyclorama("convert", "a.mp4", "b.mp4", "c.mp4", "out/", "--json")
    assert (code, err) == (3, "cyclorama: error: c.mp4 is no clip\n")
    said = json.loads(out)
    assert [said[status] for status in ("written", "skipped", "failed")] == [1, 1, 1]
    assert [clip["status"] for clip in said["clips"]] == ["written", "skipped", "failed"]
    assert [clip["error"] for clip in said["clips"]] == [None, None, "c.mp4 is no clip"]
    assert [clip["frames"] for clip in said["clips"]] == [282, None, None]


def test_a_call_and_what_went_wrong_in_it() -> None:
    assert live.closing_text(CALL).splitlines() == [
        "The session ran for 12 minutes 5 seconds, at 30 frames a second, 34 ms behind the camera.",
        "3 frames skipped to keep up with the camera.",
        "The privacy card stood in for you in 2 frames.",
        "Cut out by the network rvm, on CPU (CUDA not used: no driver).",
        "Next: cyclorama record talk.mp4 records you the same way",
    ]
    fine = live.closing_text(replace(CALL, dropped={"matting": 0}, cards=0, latency_ms_p50=None, stages={}))
    assert fine.splitlines()[0] == "The session ran for 12 minutes 5 seconds, at 30 frames a second."
    assert len(fine.splitlines()) == 2, "without a network, as with --background none, there is no word of one"


@pytest.mark.parametrize(("asked", "debug"), [(False, False), (True, False), (False, True)])
def test_the_table_of_stages_is_for_who_asks(
    cyclorama: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capture_level: Callable[[int], None],
    asked: bool,
    debug: bool,
) -> None:
    capture_level(logging.DEBUG if debug else logging.WARNING)
    made = DemoReport("d.mp4", "d.png", 150, 5.0, 30.0, "selfie", "CPU", "float32", STAGES)
    monkeypatch.setattr("cyclorama.pipeline.jobs.convert.convert", lambda *_, **more: MADE)
    monkeypatch.setattr("cyclorama.pipeline.jobs.demo.run_demo", lambda *_, **more: made)
    monkeypatch.setattr("cyclorama.pipeline.jobs.live.run_live", lambda *_, **more: CALL)
    Path("talk.mp4").touch()
    option = ["--stages"] if asked else []
    for arguments in (["convert", "talk.mp4", "new.mp4"], ["demo"], ["live", "--source", "demo"]):
        code, out, _ = cyclorama(*arguments, *option)
        assert code == 0
        assert ("p95 ms" in out) is (asked or debug), arguments
        assert ("network    8.00    9.50" in out) is (asked or debug)


@pytest.fixture
def capture_level() -> Iterator[Callable[[int], None]]:
    root = logging.getLogger()
    before = root.level
    yield root.setLevel
    root.setLevel(before)


def test_the_demo() -> None:
    made = DemoReport("d/demo.mp4", "d/demo.png", 150, 5.0, 30.0, "selfie", "CPU", "float32", STAGES)
    text = demo.text(made)
    assert "150 frames in 5.0 seconds." in text and "d/demo.mp4 is a portrait" in text
    assert text.endswith("\nNext: cyclorama doctor says whether a call can start; cyclorama live starts it")


def test_networks() -> None:
    known = load_catalogue().models
    rvm = InstalledModel(known["rvm"], Path("models/rvm.onnx"), "published")
    assert pulled_text(rvm, 70.0).splitlines() == [
        f"rvm ({known['rvm'].title}, 15.0 MB) is on this machine: models/rvm.onnx",
        f"It came from {known['rvm'].url} in 1 minute 10 seconds, and every byte was checked.",
        "Next: cyclorama live --model rvm",
    ]
    assert how_to_use(known["isnet"]) == "cyclorama cutout photo.jpg --model isnet"
    tried = OptimizeReport("rvm", "rvm-int8", "int8", "CPU", 1, 0.002, 0.01, 20.0, 15.0, 15_000_000, 4_000_000, None)
    kept = optimized_text("rvm", replace(tried, path=Path("rvm-int8.onnx"))).splitlines()
    assert kept[0] == "rvm-int8 is made from rvm: rvm-int8.onnx"
    assert kept[1] == "It takes 4.0 MB instead of 15.0 MB, and 15.0 ms a picture instead of 20.0 ms, on CPU."
    assert kept[3] == "Next: use it with --model rvm-int8"
    slow = optimized_text("rvm", replace(tried, variant_ms=40.0)).splitlines()
    assert slow[0].startswith("rvm-int8 is not kept: ") and slow[3] == "Next: go on with --model rvm"


@pytest.mark.parametrize(("ms", "word"), [(8.0, "quick"), (15.0, "quick"), (40.0, "live"), (56.0, "for files")])
def test_how_fast_a_network_is_in_a_word(ms: float, word: str) -> None:
    assert speed_word(ms) == word


def test_what_optimize_does_is_told_before_it_is_counted(
    cyclorama: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = OptimizeReport("rvm", "rvm-int8", "int8", "CPU", 1, 0.002, 0.01, 20.0, 40.0, 15_000_000, 4_000_000, None)

    def optimize(*_: object, on_plan: Callable[[OptimizePlan], None], on_progress: Progress, **__: object) -> Any:
        on_plan(OptimizePlan("rvm", "float32", "int8", 1, 10**15))
        on_progress(3, 39)
        return tried

    shown: list[tuple[int, int | None]] = []
    monkeypatch.setattr(Progress, "__call__", lambda self, *counts: shown.append(counts))
    monkeypatch.setattr("cyclorama.pipeline.jobs.optimize.optimize", optimize)
    code, out, err = cyclorama("models", "optimize", "rvm", "--json")
    assert code == 0 and json.loads(out)["kept"] is False
    assert json.loads(out)["faults"] == ["it is not faster here"]
    assert err.startswith("cyclorama: note: this needs about 1000000.0 GB of memory, ") and "too little" in err
    assert shown == [(3, 39)]


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0.04, "0.1 seconds"), (9.94, "9.9 seconds"), (9.96, "10 seconds"), (59.6, "1 minute"), (61, "1 minute 1 second"),
     (3599.6, "1 hour"), (7800, "2 hours 10 minutes")],
)  # fmt: skip
def test_times_in_words(seconds: float, says: str) -> None:
    assert report.duration(seconds) == says


def test_counts_and_lists_in_words() -> None:
    assert [report.counted(number, "frame") for number in (0, 1, 2, 12_000)] == [
        "0 frames",
        "1 frame",
        "2 frames",
        "12,000 frames",
    ]
    assert [report.listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("done", "total", "unit", "left_s", "says"),
    [
        (0, None, "frames", None, "0 frames"),
        (4, 282, "frames", 30.4, "4 of 282 frames, about 30 seconds left"),
        (1, 3, "photos", 0.2, "1 of 3 photos, about 1 second left"),
        (43, 100, "%", 3700.0, "43 %, about 1 hour 1 minute left"),
    ],
)
def test_progress_counts(done: int, total: int | None, unit: str, left_s: float | None, says: str) -> None:
    assert progress_text(done, total, unit, left_s) == says


def test_the_time_left_is_known_from_the_first_unit_on() -> None:
    assert seconds_left(0, 10, 2.0, None) is None
    assert seconds_left(1, 10, 2.0, None) == 18.0
    assert seconds_left(2, 10, 4.0, 12.0) == 12.0, "by the rate of late, where there is one"
    assert seconds_left(3, None, 4.0, None) is None
    assert seconds_left(10, 10, 4.0, 0.0) is None


def test_a_bar_on_a_terminal_and_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, shows in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setattr("sys.stderr", stream)
        with progress("0 of 3 clips", "%") as on_progress:
            on_progress.describe("1 of 3 clips")
            on_progress(33, 100)
        written = stream.getvalue()
        assert ("1 of 3 clips" in written and "33 %, about " in written) is shows
        assert shows or not written


def test_progress_hands_on_what_it_is_told() -> None:
    told: list[dict[str, Any]] = []
    shown = Progress(lambda **values: told.append(values))
    shown(4, 282)
    shown.describe("2 of 3 clips")
    assert told == [{"completed": 4, "total": 282}, {"description": "2 of 3 clips"}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["live", "--bogus"], "there is no option --bogus (cyclorama live --help)"),
        (["record"], "OUT is missing (cyclorama record --help)"),
        (["record", "a.mp4", "b.mp4"], "'b.mp4' is more than this command takes (cyclorama record --help)"),
        (["live", "--size"], "--size needs a value after it (cyclorama live --help)"),
        (["live", "--json=3"], "--json takes no value (cyclorama live --help)"),
        (["cutout", "a", "--jobs", "x"], "--jobs takes a whole number (cyclorama cutout --help)"),
        (["cutout", "a", "--jobs", "0"], "--jobs takes no less than 1 (cyclorama cutout --help)"),
        (["cutout", "a", "-j", "99"], "--jobs takes no more than 64 (cyclorama cutout --help)"),
        (["record", "a.mp4", "--countdown", "soon"], "--countdown takes a number (cyclorama record --help)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_options_are_told_in_our_words(
    cyclorama: Callable[..., tuple[int, str, str]], arguments: list[str], says: str
) -> None:
    assert cyclorama(*arguments) == (2, "", f"cyclorama: error: {says}\n")


def test_the_options_that_the_parser_offers_are_offered() -> None:
    offered = "No such option: --aa (Possible options: --ab, --ba)"
    assert usage_text(offered) == "there is no option --aa: did you mean --ab, --ba?"
    assert usage_text("No such option: --aa Did you mean --ab?") == "there is no option --aa: did you mean --ab?"
    assert usage_text("anything else") == "anything else"


@pytest.mark.parametrize(
    ("name", "seen", "typed"),
    [
        ("me.jpg", "me.jpg", "me.jpg"),
        ("a b.jpg", "a b.jpg", "'a b.jpg'"),
        ("$HOME.jpg", "$HOME.jpg", "'$HOME.jpg'"),
        ("-v.jpg", "-v.jpg", "./-v.jpg"),
        ("two\nlines.jpg", "two\\nlines.jpg", "'two\\nlines.jpg'"),
        ("\x1b[31mred.jpg", "\\x1b[31mred.jpg", "'\\x1b[31mred.jpg'"),
        ("gpj\u202e.jpg", "gpj\\u202e.jpg", "'gpj\\u202e.jpg'"),
        ("für 😀.jpg", "für 😀.jpg", "'für 😀.jpg'"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="shells of POSIX")
def test_a_name_stays_on_its_line_and_can_be_copied_into_a_shell(name: str, seen: str, typed: str) -> None:
    assert report.shown(Path(name)) == seen
    assert report.as_typed(Path(name)) == typed
    assert report.table([[name, "x"]]) == f"{seen}  x"


def test_an_error_draws_nothing_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    complain("photo \x1b[2Jgone\n.jpg: there is no such file")
    assert capsys.readouterr().err == "cyclorama: error: photo \\x1b[2Jgone .jpg: there is no such file\n"


@pytest.mark.parametrize(
    ("columns", "what", "has_bar", "has_time_left"),
    [
        (30, "talk.mp4", False, False),
        (45, "talk.mp4", False, False),
        (80, "talk.mp4", True, True),
        (80, "a [bold]very long name of a clip of somebody.mp4", False, False),
        (140, "a [bold]very long name of a clip of somebody.mp4", True, True),
    ],
)
def test_progress_fits_its_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: int, what: str, has_bar: bool, has_time_left: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    with progress(what) as on_progress:
        on_progress(59, 12_000)
        time.sleep(0.3)  # it is drawn ten times a second
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    lines = [line for line in re.split(r"[\r\n]", drawn) if "59 of 12000 frames" in line]
    assert lines and all(len(line) <= columns and not line.rstrip().endswith("\u2026") for line in lines)
    assert (("\u2501" in lines[-1]), ("left" in lines[-1])) == (has_bar, has_time_left)


def test_standard_streams_have_a_name_and_no_next_command() -> None:
    done = CutOutResult(Path("-"), Path("-"), 0.5, (64, 48))
    first, *others = cutout_text(CutOutReport(None, "transparent", 0.5, 1, [done]), rows=True).splitlines()
    assert first.split() == ["standard", "output", "from", "standard", "input,", "64x48,", "0.5", "seconds"]
    assert not any(line.startswith("Next") for line in others)
