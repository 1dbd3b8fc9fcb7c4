"""The fuzzing script: its files, and what it takes for a fault. The long run is by hand."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def fuzz(script: Callable[[str], ModuleType]) -> Iterator[ModuleType]:
    """The script, which imports the module beside it."""
    sys.path.insert(0, str(BENCHMARKS))
    yield script("fuzz")
    sys.path.remove(str(BENCHMARKS))


def test_the_same_seed_gives_the_same_files_of_every_route_and_kind(fuzz: ModuleType) -> None:
    cases = fuzz.Cases(3)
    some = [cases[number] for number in range(200)]
    assert [cases[number].data for number in (0, 7, 199)] == [some[number].data for number in (0, 7, 199)]
    assert Counter(case.route for case in some) == {route: 20 * share for route, share in fuzz.ROUTES.items()}
    names = {case.name for case in some}
    assert {"in.mp4", "in.ts", "in.wav", "in.avi", "in.gif", "in.webm", "in.onnx", "in.tflite", "in.jpg"} <= names
    assert names & set(fuzz.ODD_NAMES)


def result(fuzz: ModuleType) -> object:
    return fuzz.Result(0, 3, 0.1, "cyclorama: error: work/in.mp4 is empty\n", [], 1000)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"code": 0, "said": "", "left": ["work/out/made.mp4"]}, []),
        ({"said": "cyclorama: error: in.mp4 breaks off after 2 of 6", "left": ["work/out/made.mp4"]}, []),
        ({"code": 1}, ["exit code 1"]),
        ({"said": "cyclorama: error: unexpected KeyError: in.mp4"}, ["traceback"]),
        ({"said": "cyclorama: error: cannot encode made.mp4"}, ["the file is not named"]),
        ({"said": ""}, ["no error is told"]),
        ({"said": "cyclorama: error: in.mp4\ncyclorama: error: in.mp4"}, ["more than one error"]),
        ({"left": ["tmp/forgotten"]}, ["something is left"]),
        ({"code": 0, "said": "", "left": []}, ["nothing was made"]),
        ({"rss": 2_000_000_000}, ["memory"]),
        ({"seconds": 31.0}, ["time"]),
    ],
)
def test_faults(fuzz: ModuleType, change: dict[str, object], expected: list[str]) -> None:
    case = fuzz.Case(0, "convert", "in.mp4", b"")
    assert fuzz.faults_of(case, replace(result(fuzz), **change)) == expected  # type: ignore[type-var]
