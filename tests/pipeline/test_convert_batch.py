"""Many clips into a folder: names that never meet, what is there already, what fails, several at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.errors import CaptureError, ModelError, SettingsError, SinkError
from cyclorama.core.frames import Layout
from cyclorama.pipeline.jobs import convert_batch
from cyclorama.pipeline.jobs.convert import ConvertReport
from cyclorama.pipeline.jobs.convert_batch import ClipBatchReport, Job, convert_clips, find_clips, layout_for, plan
from cyclorama.pipeline.jobs.estimate import Estimate
from cyclorama.settings.values import Settings

names = st.text("abAB.-1", min_size=1, max_size=4).map(lambda stem: stem.strip(".") or "a")
sources = st.lists(
    st.tuples(st.sampled_from(["x", "y"]), names, st.sampled_from([".mp4", ".mov", ".avi", ".MP4", ".gif"])).map(
        lambda parts: Path(parts[0], parts[1] + parts[2])
    ),
    max_size=12,
    unique=True,
)


@given(sources, st.sampled_from([None, "webm", "png"]), st.sampled_from([Layout.BGR, Layout.BGRA]))
def test_targets_never_meet_and_stay_the_same(found: list[Path], kind: str | None, layout: Layout) -> None:
    jobs = plan(found, Path("out"), layout, kind)
    assert [job.source for job in jobs] == found
    assert len({str(job.target).casefold() for job in jobs}) == len(found)
    assert all(job.target.is_relative_to("out") for job in jobs)
    assert plan(found, Path("out"), layout, kind) == jobs


@pytest.mark.parametrize(
    ("source", "background", "kind", "target"),
    [
        ("a.mkv", "office", None, "out/a.mkv"),
        ("a.avi", "office", None, "out/a.mp4"),
        ("a.MOV", "transparent", None, "out/a.mov"),
        ("a.mp4", "transparent", None, "out/a.mov"),
        ("a.mp4", "matte", "mkv", "out/a.mkv"),
        ("a.mp4", "blur", "gif", "out/a.gif"),
        ("a.mp4", "blur", "png", "out/a/%05d.png"),
    ],
)
def test_what_it_is_written_as(source: str, background: str, kind: str | None, target: str) -> None:
    assert plan([Path(source)], Path("out"), layout_for(background), kind) == [Job(Path(source), Path(target))]


def test_a_clip_is_never_written_over_another_that_is_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"a\.mp4 is input and would be output: give another folder"):
        plan([tmp_path / "a.mp4"], tmp_path, Layout.BGR, None)
    assert plan([tmp_path / "a.mp4"], tmp_path, Layout.BGR, "webm")[0].target == tmp_path / "a.webm"
    with pytest.raises(SettingsError, match=r"--format: 'avi' .*mp4"):
        plan([], tmp_path, Layout.BGR, "avi")


def test_patterns_are_looked_up_and_nothing_comes_twice(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.mp4", "in [2].mp4", "deep/down/c.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    found = find_clips([str(tmp_path / "b.mp4"), str(tmp_path / "*.mp4"), str(tmp_path / "in [2].mp4")])
    assert [path.name for path in found] == ["b.mp4", "a.mp4", "in [2].mp4"]
    assert [path.name for path in find_clips([str(tmp_path / "**" / "c.mp4")])] == ["c.mp4"]
    assert find_clips(["a.mp4", str(Path("a.mp4").resolve()), "./a.mp4"]) == [Path("a.mp4")]
    with pytest.raises(CaptureError, match=r"no file like .*\*\.mov"):
        find_clips([str(tmp_path / "*.mov")])
    (tmp_path / "folder.mov").mkdir()
    with pytest.raises(CaptureError, match=r"no file like .*\*\.mov"):
        find_clips([str(tmp_path / "*.mov")])


@pytest.mark.parametrize("scheme", ["http", "RTSP", "Https"])
def test_a_url_is_refused_without_its_password(scheme: str) -> None:
    with pytest.raises(CaptureError) as caught:
        find_clips([f"{scheme}://anna:secret@host.lan/a.mp4"])
    assert str(caught.value) == (
        f"{scheme.lower()}://host.lan is no file: fetch it first, or use `cyclorama live --source`"
    )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[ClipBatchReport, list[str]]]:
    """A batch of clips called a, b, ... whose conversion ``how`` stands in for; what was converted, in order."""

    def start(
        count: int, how: Callable[[str], None] = lambda name: None, stop: threading.Event | None = None, **more: Any
    ) -> tuple[ClipBatchReport, list[str]]:
        made: list[str] = []
        stop = stop or threading.Event()

        def convert(settings: Settings, target: Path, **rest: Any) -> ConvertReport:
            name = Path(settings.source).stem
            how(name)
            rest["on_progress"](5, 10)
            made.append(name)
            target.write_bytes(b"clip")
            return ConvertReport(settings.source, str(target), 10, 1.0, 10.0, "m", "p", "f", "e", {})

        monkeypatch.setattr(convert_batch, "convert", convert)
        clips = [tmp_path / f"{chr(97 + index)}.mp4" for index in range(count)]
        for clip in clips:
            clip.write_bytes(bytes(100))
        settings = replace(Settings(), overwrite=more.pop("overwrite", False))
        jobs = plan(clips, tmp_path / "out" / "deep", Layout.BGR, None)
        return convert_clips(settings, jobs, stop=stop, **more), made

    return start


def statuses(report: ClipBatchReport) -> list[str]:
    return [result.status for result in report.results]


def test_what_is_there_is_skipped_and_said_and_overwrite_makes_it_again(run: Any, tmp_path: Path) -> None:
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "b.mp4").write_bytes(b"earlier")
    report, made = run(3)
    assert statuses(report) == ["written", "skipped", "written"]
    assert made == ["a", "c"]
    assert (tmp_path / "out" / "deep" / "b.mp4").read_bytes() == b"earlier"
    report, made = run(3)
    assert statuses(report) == ["skipped"] * 3
    report, made = run(3, overwrite=True)
    assert made == ["a", "b", "c"]


@pytest.mark.parametrize("error", [CaptureError("cut short"), SinkError("no space"), ModelError("nan"), KeyError("x")])
def test_one_that_fails_is_told_and_the_rest_is_done(run: Any, error: Exception) -> None:
    def how(name: str) -> None:
        if name == "b":
            raise error

    told = []
    report, made = run(3, how, on_done=lambda result: told.append(result.status))
    assert statuses(report) == told == ["written", "failed", "written"]
    assert made == ["a", "c"]
    failure = report.results[1].error
    assert failure is error or "--debug" in str(failure)


def test_settings_that_concern_all_end_it(run: Any) -> None:
    def how(name: str) -> None:
        raise SettingsError("--codec")

    stop = threading.Event()
    with pytest.raises(SettingsError, match="--codec"):
        run(5, how, stop)
    assert stop.is_set()


def test_after_stop_no_further_clip_is_begun(run: Any) -> None:
    stop = threading.Event()
    report, made = run(4, lambda name: stop.set() if name == "b" else None, stop)
    assert made == ["a", "b"]
    assert statuses(report) == ["written", "stopped", "stopped", "stopped"]
    assert [result.report is not None for result in report.results] == [True, False, False, False]


def test_so_many_at_once_and_no_more(run: Any) -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2, timeout=10)

    def how(name: str) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        both.wait()
        time.sleep(0.02)
        with lock:
            under_way -= 1

    report, made = run(6, how, at_once=2)
    assert statuses(report) == ["written"] * 6
    assert most == 2
    assert sorted(made) == list("abcdef")
    assert [Path(result.source).stem for result in report.results] == list("abcdef"), "in the order of the clips"


def test_progress_rises_to_a_hundred(run: Any) -> None:
    seen: list[tuple[int, int]] = []
    run(4, on_progress=lambda done, total: seen.append((done, total)))
    done = [share for share, _ in seen]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (12, 100)
    assert {total for _, total in seen} == {100}


def test_a_sequence_that_fails_leaves_no_folder_of_its_own(tmp_path: Path) -> None:
    jobs = plan([tmp_path / "none.mp4"], tmp_path / "out", Layout.BGR, "png")
    report = convert_clips(Settings(), jobs, stop=threading.Event())
    assert statuses(report) == ["failed"]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot make the folder"):
        convert_clips(Settings(), [Job(tmp_path / "a.mp4", tmp_path / "file" / "a.mp4")], stop=threading.Event())


@pytest.mark.parametrize(("at_once", "more"), [(1, 3.5), (2, 1.75), (8, 1.0)])
def test_what_is_left_of_all_clips_is_estimated_from_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, more: float
) -> None:
    """The first of three clips of one size and one of half of it, before a frame of any other is done."""
    jobs = [Job(tmp_path / name, tmp_path / f"{name}.mp4") for name in "abcd"]
    for job, size in zip(jobs, (200, 200, 200, 100), strict=True):
        job.source.write_bytes(bytes(size))

    def convert(settings: Settings, *_: Any, on_estimate: Callable[[Estimate], None], **__: Any) -> Any:
        if settings.source == str(jobs[0].source):
            on_estimate(Estimate("best", 100.0, 60.0))
        time.sleep(0.05)  # all that run at a time are under way
        raise CaptureError("enough")

    monkeypatch.setattr(convert_batch, "convert", convert)
    estimates: list[Estimate] = []
    convert_clips(Settings(), jobs, at_once=at_once, stop=threading.Event(), on_estimate=estimates.append)
    assert estimates == [Estimate("best", 100.0 * more, 60.0 * more)]
