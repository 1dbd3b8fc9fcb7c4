"""One clip to another: what is left where it does not come to its end."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import av
import pytest

from cyclorama.core.errors import CaptureError
from cyclorama.pipeline.jobs.convert import convert
from cyclorama.pipeline.jobs.estimate import Estimate
from cyclorama.settings.values import ComposeSettings, Settings
from cyclorama.sinks.base import FileOptions, FileSink
from cyclorama.sinks.open import open_file
from doubles.null_model import NullModel
from doubles.synthetic_source import SyntheticSource

SETTINGS = Settings(source="talk.mp4", compose=ComposeSettings("color:navy"))


@pytest.fixture
def clip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source of four seconds, and no network that takes time."""
    monkeypatch.setattr("cyclorama.pipeline.runtime.build.open_model", lambda *_, **__: NullModel(0.5))
    monkeypatch.setattr(
        "cyclorama.pipeline.runtime.build.open_source", lambda *a, **k: SyntheticSource((64, 48), 30, 120, live=False)
    )
    monkeypatch.setattr("cyclorama.pipeline.jobs.convert.open_file", _without_sound)


def _without_sound(path: Path, options: FileOptions) -> FileSink:
    return open_file(path, replace(options, audio_from=None))


@pytest.mark.usefixtures("clip")
@pytest.mark.parametrize("name", ["out.mp4", "%03d.png"])
def test_stopped_it_leaves_nothing_that_would_be_taken_for_the_whole(tmp_path: Path, name: str) -> None:
    stop = threading.Event()
    older = tmp_path / name.replace("%03d", "001")
    older.write_bytes(b"of an earlier run")
    settings = replace(SETTINGS, overwrite=True)
    convert(settings, tmp_path / name, stop=stop, on_progress=lambda done, total: stop.set() if done == 20 else None)
    assert [path.name for path in tmp_path.iterdir()] == [older.name]
    assert older.read_bytes() == b"of an earlier run"


@pytest.mark.usefixtures("clip")
def test_a_source_that_breaks_off_is_converted_up_to_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Breaking(SyntheticSource):
        def frames(self, stop: threading.Event):  # type: ignore[no-untyped-def]
            yield from super().frames(stop)
            raise CaptureError("talk.mp4 breaks off")

    monkeypatch.setattr(
        "cyclorama.pipeline.runtime.build.open_source", lambda *a, **k: Breaking((64, 48), 30, 40, live=False)
    )
    with pytest.raises(CaptureError, match="breaks off"):
        convert(SETTINGS, tmp_path / "out.mp4", stop=threading.Event())
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert len(list(container.decode(video=0))) == 40


@pytest.mark.usefixtures("clip")
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a fault")])
def test_after_any_other_error_nothing_is_left(tmp_path: Path, error: BaseException) -> None:
    def fail(done: int, total: int | None) -> None:
        if done == 20:
            raise error

    with pytest.raises(type(error)):
        convert(SETTINGS, tmp_path / "out.mp4", stop=threading.Event(), on_progress=fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("clip")
@pytest.mark.parametrize(("fps", "frames"), [(None, 120), (12.0, 48)])
def test_the_frames_that_are_to_come_are_counted_at_the_rate_of_the_output(
    tmp_path: Path, fps: float | None, frames: int
) -> None:
    seen: list[tuple[int, int | None]] = []
    settings = replace(SETTINGS, capture=replace(SETTINGS.capture, fps=fps))
    report = convert(
        settings, tmp_path / "out.mp4", stop=threading.Event(), on_progress=lambda *count: seen.append(count)
    )
    assert seen == [(done, frames) for done in range(1, frames + 1)]
    assert report.frames == frames


class Fine(NullModel):
    """A network that offers qualities."""

    costs = {"fast": 10.0, "balanced": 50.0, "best": 100.0}  # noqa: RUF012


@pytest.mark.usefixtures("clip")
def test_how_long_the_rest_takes_is_estimated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.pipeline.runtime.build.open_model", lambda *_, **__: Fine(0.5))
    monkeypatch.setattr("cyclorama.pipeline.jobs.estimate.MEASURED_S", 0.0)
    estimates: list[Estimate] = []
    convert(SETTINGS, tmp_path / "out.mp4", stop=threading.Event(), on_estimate=estimates.append)
    (estimate,) = estimates
    assert estimate.quality == "best"
    assert 0.5 * estimate.left_s <= estimate.cheaper_s < estimate.left_s, "half the network's part is saved"
