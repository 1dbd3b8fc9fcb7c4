"""Does any damaged file crash, hang, or leave something behind? Ten thousand of them through the command line.

    python benchmarks/fuzz.py --count 10000 --jobs 2

Small files of every format are made and damaged here (``damage.py``), from fixed seeds. Each goes through one of
``convert``, ``cutout``, ``convert --background`` and ``models import``, in a process that is used for many; one that
crashes or hangs costs that file alone. What holds for every one: a documented exit code, no traceback, at most one
line of error, nothing left of what failed, bounded memory and time. What broke it is kept (``--keep FOLDER``).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import queue
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import damage
from numpy.random import default_rng

ROUTES = {"convert": 4, "cutout": 3, "background": 2, "import": 1}
"""What files go through, and how many of ten."""
EXIT_CODES = (0, 2, 3, 4, 5, 6)
"""Those that the help documents, but for the user's own interruption."""
LIMIT_S = 30.0
"""For one file; a usual one takes a tenth of a second."""
MOST_BYTES = 1_500_000_000
"""Resident."""
ADDRESSES = 12 << 30
"""Reserved, much of it by inference libraries that never use it."""
FILES_A_PROCESS = 250
ODD_NAMES = ("wrong.jpg", "wrong.mp4", "wrong.png", "wrong.webm", "wrong.gif", "wrong.onnx", "noextension")


@dataclass(frozen=True)
class Case:
    """One damaged file and where it goes."""

    number: int
    route: str
    name: str
    data: bytes


@dataclass(frozen=True)
class Result:
    """How the command ended. ``said``: what it wrote on stderr. ``left``: files that were there afterwards."""

    number: int
    code: int
    seconds: float
    said: str
    left: list[str]
    rss: int


def seeds_in(folder: Path) -> dict[str, list[tuple[str, bytes]]]:
    """The sound files that each route's inputs are made of."""
    photos, clips = damage.photo_seeds(), damage.clip_seeds(folder)
    found = {
        "convert": clips | damage.sound_seeds(folder),
        "cutout": photos,
        "background": clips | photos,
        "import": damage.network_seeds(),
    }
    return {route: list(seeds.items()) for route, seeds in found.items()}


class Cases:
    """The damaged files by their numbers: the same ones for the same ``seed``. One in sixteen has another format's
    name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._order = [route for route, share in ROUTES.items() for _ in range(share)]
        with tempfile.TemporaryDirectory() as folder:
            self._seeds = seeds_in(Path(folder))

    def __getitem__(self, number: int) -> Case:
        rng = default_rng((self._seed, number))
        round_, place = divmod(number, len(self._order))
        route = self._order[place]
        index = round_ * ROUTES[route] + self._order[:place].count(route)
        kind, data = self._seeds[route][index % len(self._seeds[route])]
        damaged = damage.MORE_DAMAGES[int(rng.integers(len(damage.MORE_DAMAGES)))]
        name = f"in.{kind}" if rng.integers(16) else ODD_NAMES[int(rng.integers(len(ODD_NAMES)))]
        return Case(number, route, name, damaged(data, rng))


def command_of(case: Case, path: Path, clip: Path) -> list[str]:
    """The command line; what it makes lies in ``out`` beside the file."""
    out = path.parent / "out"
    if case.route == "cutout":
        return ["cutout", str(path), "-o", str(out / "made.png")]
    if case.route == "import":
        return ["models", "import", str(path), "--name", "fuzzed", "--kind", "salient"]
    if case.route == "background":
        return ["convert", str(clip), str(out / "made.mp4"), "--background", str(path)]
    suffix = (".mp4", ".mov", ".mkv", ".webm", ".gif")[case.number % 5]
    return ["convert", str(path), str(out / f"made{suffix}"), "--background", "none"]


def run_one(case: Case, folder: Path, clip: Path) -> Result:
    """Run one file through its command in this process."""
    from cyclorama.cli.app import run

    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    (work / "out").mkdir(parents=True)
    path = work / case.name
    path.write_bytes(case.data)
    said, begin = io.StringIO(), time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        code = run(command_of(case, path, clip))
    seconds = time.monotonic() - begin
    kept = [*work.rglob("*"), *(folder / "tmp").iterdir(), *(folder / "models").rglob("*.onnx")]
    left = [str(each.relative_to(folder)) for each in kept if each != path and each.name != "out"]
    shutil.rmtree(folder / "models", ignore_errors=True)
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Result(case.number, code, seconds, said.getvalue(), left, rss)


def faults_of(case: Case, result: Result) -> list[str]:
    """What should not have happened; nothing of a file that was made or refused as it should be."""
    errors = [line for line in result.said.splitlines() if line.startswith("cyclorama: error")]
    kept = "breaks off" in result.said or "cannot be read any further" in result.said or "what there is" in result.said
    made = result.code == 0 or kept
    checks = {
        f"exit code {result.code}": result.code not in EXIT_CODES,
        "traceback": "Traceback" in result.said or "unexpected" in result.said,
        "more than one error": len(errors) > 1,
        "no error is told": result.code != 0 and not errors,
        "None in a message": "None" in result.said,
        "the file is not named": bool(errors) and case.name not in errors[0] and "fuzzed" not in errors[0],
        "something is left": not made and bool(result.left),
        "a part file is left": any(".part" in name for name in result.left) and "what there is" not in result.said,
        "nothing was made": result.code == 0 and not result.left,
        "memory": result.rss > MOST_BYTES,
        "time": result.seconds > LIMIT_S,
    }
    return [what for what, wrong in checks.items() if wrong]


def serve(count: int, seed: int, first: int, step: int) -> None:
    """A child: run the cases from ``first`` on, every ``step``-th, and write one line of JSON for each."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tmp").mkdir()
        tempfile.tempdir = str(folder / "tmp")
        os.environ |= {"CYCLORAMA_MODELS_DIR": str(folder / "models"), "XDG_STATE_HOME": str(folder / "state")}
        clip = folder / "sound.mp4"
        clip.write_bytes(damage.clip_seeds(folder)["mp4"])
        cases = Cases(seed)
        for number in range(first, min(count, first + FILES_A_PROCESS * step), step):
            answers.write(json.dumps({"begun": number}) + "\n")
            answers.write(json.dumps(asdict(run_one(cases[number], folder, clip))) + "\n")


def answers_of(child: subprocess.Popen[str]) -> Iterator[dict[str, Any] | None]:
    """The child's lines; None once it is silent for longer than a file may take, and at its end nothing more."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=2 * LIMIT_S)
        except queue.Empty:
            yield None
            return
        if line is None:
            return
        yield json.loads(line)


class Fuzz:
    """One run over ``count`` cases, by ``jobs`` children at a time.

    ``found``: what should not have happened, by case. ``keep``: the folder for the files that did it.
    """

    def __init__(self, count: int, seed: int, keep: Path | None = None) -> None:
        self.results: list[Result] = []
        self.found: dict[int, list[str]] = {}
        self.cases = Cases(seed)
        self._count, self._seed, self._keep = count, seed, keep

    def run(self, jobs: int) -> None:
        """Go through all cases."""
        threads = [threading.Thread(target=self._lane, args=(first, jobs), daemon=True) for first in range(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def report(self) -> dict[str, Any]:
        """The figures so far."""
        seconds = sorted(result.seconds for result in self.results)
        codes: dict[str, Counter[int]] = {route: Counter() for route in ROUTES}
        for result in self.results:
            codes[self.cases[result.number].route][result.code] += 1
        return {
            "files": len(self.results),
            "exit_codes": {route: dict(sorted(counter.items())) for route, counter in codes.items()},
            "seconds": {"p50": round(seconds[len(seconds) // 2], 3), "longest": round(seconds[-1], 3)},
            "peak_mib": round(max(result.rss for result in self.results) / 2**20),
            "found": [{"case": number, "what": what} for number, what in sorted(self.found.items())],
        }

    def _lane(self, first: int, step: int) -> None:
        while first < self._count:
            first = self._child(first, step)

    def _child(self, first: int, step: int) -> int:
        """Run one child; returns the case to go on with."""
        arguments = [str(number) for number in (self._count, self._seed, first, step)]
        command = [sys.executable, __file__, "--serve", *arguments]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        begun = ended = first - step
        for answer in answers_of(child):
            if answer is None:
                self._add(begun, ["hangs"], "")
                ended = begun
                break
            begun = answer.get("begun", begun)
            if "code" in answer:
                ended = begun
                self._judge(Result(**answer))
                if answer["rss"] > MOST_BYTES:
                    break
        child.kill()
        code = child.wait()
        if begun < first:
            raise RuntimeError(f"a child could not start ({code}): run fuzz.py --serve {' '.join(arguments)}")
        if begun != ended:
            self._add(begun, [f"ends the process with {code}"], "")
        return begun + step

    def _judge(self, result: Result) -> None:
        self.results.append(result)
        if faults := faults_of(self.cases[result.number], result):
            self._add(result.number, faults, result.said)
        if len(self.results) % 100 == 0:
            print(len(self.results), file=sys.stderr, flush=True)

    def _add(self, number: int, what: list[str], said: str) -> None:
        self.found[number] = what
        case = self.cases[number]
        print(number, case.route, case.name, what, said[:300], file=sys.stderr, flush=True)
        if self._keep is not None:
            self._keep.mkdir(parents=True, exist_ok=True)
            (self._keep / f"{number:05}-{case.route}-{case.name}").write_bytes(case.data)


def main() -> int:
    """Run as the options say; 0 = nothing was found. Interrupted, it reports what it has."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="Folder for the files that broke something.")
    parser.add_argument("--serve", nargs=4, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(*options.serve)
        return 0
    fuzz = Fuzz(options.count, options.seed, options.keep)
    with contextlib.suppress(KeyboardInterrupt):
        fuzz.run(options.jobs)
    print(json.dumps(fuzz.report(), indent=2))
    return 1 if fuzz.found else 0


if __name__ == "__main__":
    sys.exit(main())
