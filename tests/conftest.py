"""Shared by all tests: where the real clips lie, and a guard against leaked threads and logged errors."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

import cyclorama  # noqa: F401  before a test module can import onnxruntime, which then sends nothing from here either

settings.register_profile("untimed", deadline=None)  # a deadline would count what else the machine does
settings.load_profile("untimed")

LINUX = sys.platform.startswith("linux")
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked ``needs_linux("reason")`` on other systems, and say why."""
    marker = item.get_closest_marker("needs_linux")
    if marker is not None and not LINUX:
        pytest.skip(f"needs Linux: {marker.args[0]}")


IN_TIME = tuple(
    f"tests/e2e/{name}"
    for name in ("machine/", "panel/", "pipewire/", "test_ctl", "test_fuzz", "test_live", "test_record", "test_signals")
)
"""Tests that would disturb each other: they look at a clock, or at the memory of all programs that were started."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With two processes (``-n 2``), one runs the tests of devices, browsers and of what keeps time, one after the
    other, and the other one everything else, file by file."""
    from xdist.scheduler import LoadScopeScheduling

    class InTimeInOne(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "in time" if nodeid.startswith(IN_TIME) else nodeid.partition("::")[0]

    return InTimeInOne(config, log)


@pytest.fixture
def shared() -> Path:
    """The folder with real networks, clips and photos; the test skips where it is absent."""
    if not (SHARED / "clips").is_dir():
        pytest.skip("the folder shared/ with real clips and networks does not stand beside this checkout")
    return SHARED


@pytest.fixture(autouse=True)
def no_models(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the bundled models, whatever the user has installed."""
    monkeypatch.setenv("CYCLORAMA_MODELS_DIR", str(tmp_path_factory.getbasetemp() / "no-models"))


@pytest.fixture(autouse=True)
def no_offer(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder of the tests' own, with a note that the finer network was declined: a test at a terminal of its
    own is asked nothing."""
    folder = tmp_path_factory.getbasetemp() / "state"
    (folder / "cyclorama").mkdir(parents=True, exist_ok=True)
    (folder / "cyclorama" / "offer.json").write_text('{"asked": true, "declined": true}')
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))


@pytest.fixture(scope="session")
def runtime_folder() -> Iterator[Path]:
    """An empty folder whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="cyc-", dir="/tmp" if os.name == "posix" else None) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def own_sessions(runtime_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of tests are found by tests alone."""
    monkeypatch.setenv("CYCLORAMA_RUNTIME_DIR", str(runtime_folder))


@pytest.fixture(scope="session")
def studio_photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A JPEG of the bundled portrait, enlarged, in front of a white wall: as somebody would take it for a passport."""
    import cv2
    import numpy as np

    from cyclorama.matting.open import open_model
    from cyclorama.models.bundled import bundled_path
    from cyclorama.pictures.decode import load_picture
    from cyclorama.stills.cut_out.alpha import photo_alpha
    from cyclorama.stills.cut_out.compose import composite_over

    pixels = load_picture(bundled_path("portrait.png"))[:, 60:400]
    pixels = cv2.copyMakeBorder(pixels, 60, 0, 0, 0, cv2.BORDER_REPLICATE)
    pixels = np.asarray(cv2.resize(pixels, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)
    with open_model("selfie") as model:
        alpha8 = photo_alpha(model, pixels)
    path = tmp_path_factory.mktemp("studio") / "studio.jpg"
    cv2.imwrite(str(path), composite_over(pixels, alpha8, np.full_like(pixels, 240)))
    return path


@pytest.fixture(scope="session")
def networks() -> ModuleType:
    """The module ``networks.py`` beside this file: tiny ONNX networks."""
    return beside("networks")


@pytest.fixture(scope="session")
def watched() -> ModuleType:
    """The module ``watched.py`` beside this file: when a recording flashes and clicks."""
    return beside("watched")


@pytest.fixture(scope="session")
def moving() -> ModuleType:
    """The module ``moving.py`` beside this file: people who move before a marked room, and a network that is late."""
    return beside("moving")


def beside(name: str) -> ModuleType:
    """A module of this folder."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def no_leaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test that leaves a thread of ours behind or logs an error it did not expect."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2.0
    while leaked := [t for t in threading.enumerate() if t not in before and t.name.startswith("cyclorama")]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads left running: {[t.name for t in leaked]}")
        time.sleep(0.01)
    errors = [r for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    if errors:
        pytest.fail(f"errors were logged: {[r.getMessage() for r in errors]}")
