"""How fast RVM is on a graphics card, and whether it is right there: one run of at most ten minutes.

    pip install 'cyclorama[cuda]' && cyclorama models pull rvm
    python benchmarks/gpu.py                                measures, and prints the table
    python benchmarks/gpu.py --write docs/benchmarks.md     puts the table between its marks on that page
    python benchmarks/gpu.py --file rvm_mobilenetv3_fp32.onnx --size 1920x1080

Every combination of size, precision and CUDA graphs is a run in a process of its own, so that one that fails leaves the
others alone. Frames begin and end in this process's memory, as from a camera and to one: both ways over the bus count,
camera and decoder do not.

network      milliseconds from a frame to its alpha, downscaling included: median / 95th percentile
fps          frames a second through the whole engine, from frame to composite, one after the other as fast as it goes
within 0.01  share of alpha, at the network's size, that is so close to the processor's at float32, over the same frames
largest      difference of alpha
right        whether that share is at least 99.5 %: half precision moves single pixels of the outline by more (0.16 on
             the processor, for 0.2 % of alpha)

Without a card, or where onnxruntime does not run on it, only the processor's runs are made, and it says so. Exit code:
0 all that ran is right, 1 something failed or is wrong, 2 there is no RVM here.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice, product
from pathlib import Path
from unittest import mock

import numpy as np

from cyclorama.capture.open import open_source
from cyclorama.core.errors import CycloramaError
from cyclorama.core.frames import F32
from cyclorama.core.nvidia import has_nvidia_card
from cyclorama.matting.networks.onnx import session
from cyclorama.matting.networks.onnx.convert import write_fp16
from cyclorama.matting.networks.onnx.rvm import RvmModel
from cyclorama.models import store
from cyclorama.models.files import sha256_of
from cyclorama.pipeline.jobs.bench import run_bench
from cyclorama.settings.values import CaptureSettings, ComposeSettings, MattingSettings, Provider, Settings

SIZES = ("1920x1080", "3840x2160")
PRECISIONS = {"float32": "rvm", "float16": "rvm-fp16"}
"""Precision to the name under which the network is in the store of this run."""
FRAMES = 12
"""Frames that are compared: the recurrent states have to agree too."""
TOLERANCE, SHARE = 0.01, 0.995
"""Of alpha, and the least share that has to be within it."""
SECONDS = 10.0
"""Of measuring, for each run."""
MINUTES = 10.0
SPARE_S = 60.0
"""For loading, comparing and warming up, before a run counts as hung."""
BEGIN, END = "<!-- benchmarks/gpu.py -->", "<!-- end -->"
NO_CARD = "There is no NVIDIA card in this machine: only the processor's runs are made, and nothing is said of a card."


@dataclass(frozen=True, slots=True)
class Case:
    """One run. ``graphs``: whether CUDA graphs are captured; without meaning on the processor."""

    provider: Provider
    size: str
    precision: str
    graphs: bool

    @property
    def label(self) -> str:
        """For people."""
        graphs = f", graphs {'on' if self.graphs else 'off'}" if self.provider == "cuda" else ""
        return f"{self.provider} {self.size} {self.precision}{graphs}"


@dataclass(frozen=True, slots=True)
class Result:
    """``provider``: what really ran. ``within``: share of alpha within TOLERANCE of the processor's; ``largest``:
    difference. Both are None on the processor at float32, which is what is compared with. ``error``: why there is
    nothing else."""

    case: Case
    provider: str = ""
    network_ms_p50: float = 0.0
    network_ms_p95: float = 0.0
    fps: float = 0.0
    within: float | None = None
    largest: float | None = None
    error: str = ""

    @property
    def is_right(self) -> bool:
        """Whether it ran where it should, with the processor's alpha."""
        return not self.error and (self.within is None or self.within >= SHARE)


def cases(sizes: list[str], *, card: bool) -> list[Case]:
    """The processor's float32 first for each size: the others are compared with it."""
    reference = [Case("cpu", size, "float32", graphs=False) for size in sizes]
    on_card = [Case("cuda", *rest) for rest in product(sizes, PRECISIONS, (True, False))]
    return reference + (on_card if card else [Case("cpu", size, "float16", graphs=False) for size in sizes])


def alphas(model: RvmModel, size: str) -> F32:
    """The alpha of FRAMES frames of the demo, (FRAMES, h, w), each of the whole picture."""
    model._newcomers = None  # no window, as on a card: the same pixels go in, and their alphas can be compared
    width, height = map(int, size.split("x"))
    with open_source("demo", CaptureSettings(size_wh=(width, height)), live=False) as source:
        frames = islice(source.frames(threading.Event()), FRAMES)
        return np.stack([model.predict(frame).alpha for frame in frames])


@contextmanager
def graphs_captured(wanted: bool) -> Iterator[None]:
    """CUDA graphs as usual, or not asked for."""
    with mock.patch.object(session, "WITH_GRAPHS", session.WITH_GRAPHS if wanted else {}):
        yield


def captures_graphs(model: RvmModel) -> bool:
    """Whether the runs so far were captured as CUDA graphs: the provider accepted them, and none failed."""
    opened, bound = model._session._session, model._session._on_device
    asked = opened.get_provider_options().get("CUDAExecutionProvider", {}).get("enable_cuda_graph")
    return asked == "1" and bound is not None and bound._most > 0


def compared(found: F32, reference: Path) -> tuple[float | None, float | None]:
    """The share of ``found`` within TOLERANCE of the alphas in the file ``reference``, and the largest difference.

    Where there is no such file, ``found`` is written to it, and both are None.
    """
    if not reference.exists():
        np.save(reference, found)
        return None, None
    difference = np.abs(found - np.load(reference))
    return round(float((difference <= TOLERANCE).mean()), 5), round(float(difference.max()), 5)


def run_here(case: Case, seconds: float, reference: Path) -> Result:
    """One run in this process. ``reference``: the processor's alphas, written by its float32 run."""
    name = PRECISIONS[case.precision]
    with graphs_captured(case.graphs), RvmModel(store.find(name), case.provider, "best") as model:
        found = alphas(model, case.size)
        if case.graphs and not captures_graphs(model):
            raise CycloramaError("CUDA graphs were refused")
    within, largest = compared(found, reference)
    width, height = map(int, case.size.split("x"))
    settings = Settings(
        source="demo",
        capture=CaptureSettings(size_wh=(width, height)),
        matting=MattingSettings(model=name, provider=case.provider, quality="best"),
        compose=ComposeSettings(background="office"),
    )
    with graphs_captured(case.graphs):
        report = run_bench(settings, seconds=seconds, live=False, stop=threading.Event(), memory=True)
    network = report.stages["network"]
    return Result(case, report.provider, network.p50_ms, network.p95_ms, report.fps, within, largest)


def run_in_child(case: Case, seconds: float, folder: Path, left_s: float) -> Result:
    """One run in a process of its own."""
    reference = str(folder / f"{case.size}.npy")
    command = [sys.executable, __file__, "--child", json.dumps([asdict(case), seconds, reference])]
    limit_s = min(left_s, seconds + SPARE_S)
    if limit_s <= seconds:
        return Result(case, error="left out: the time is used up")
    try:
        environment = {**os.environ, store.VARIABLE: str(folder / "models")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return Result(case, error=f"it did not end within {limit_s:.0f} s")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return Result(case, error=last.rpartition("Error: ")[2])
    return Result(case, **json.loads(done.stdout))


def prepare(folder: Path, file: Path) -> None:
    """Put RVM and its float16 variant into a store of their own. Raises CycloramaError."""
    with mock.patch.dict(os.environ, {store.VARIABLE: str(folder / "models")}):
        original = store.import_file(file, PRECISIONS["float32"])
        variant = folder / "fp16.onnx"
        write_fp16(original.path, variant)
        entry = replace(original.entry, name=PRECISIONS["float16"], sha256=sha256_of(variant), url=None)
        store.add_variant(variant, entry)


def card_name() -> str:
    """The card and its driver, as NVIDIA's own tool tells them."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return "an NVIDIA card (nvidia-smi does not run)"
    name, _, driver = said.splitlines()[0].partition(", ")
    return f"{name}, driver {driver}"


def markdown(results: list[Result], machine: str) -> str:
    """The table, and what it was measured on."""
    head = "| on | size | precision | CUDA graphs | network, ms p50 / p95 | fps | within 0.01 | largest | right |"
    rows = [head, "|---|---|---|---|---|---|---|---|---|"]
    for result in results:
        case = result.case
        graphs = ("on" if case.graphs else "off") if case.provider == "cuda" else ""
        cells = [result.provider or case.provider, case.size, case.precision, graphs]
        if result.error:
            rows.append(f"| {' | '.join([*cells, 'failed: ' + result.error, '', '', '', 'no'])} |")
            continue
        times = f"{result.network_ms_p50:.1f} / {result.network_ms_p95:.1f}", f"{result.fps:.1f}"
        agreement = ("", "", "")
        if result.within is not None and result.largest is not None:
            agreement = f"{result.within:.2%}", f"{result.largest:.3f}", "yes" if result.is_right else "no"
        rows.append(f"| {' | '.join([*cells, *times, *agreement])} |")
    return f"{machine}\n\n" + "\n".join(rows)


def put(page: str, table: str) -> str:
    """``page`` with ``table`` between its marks. Raises ValueError where it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there is no {BEGIN} ... {END} on the page")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def machine_name(*, card: bool) -> str:
    """What the figures belong to."""
    import onnxruntime

    processor = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    where = f"{card_name()}; {processor}" if card else f"{processor}, no card"
    return f"{where}; Python {platform.python_version()}, ONNX Runtime {onnxruntime.__version__}; RVM at `best`."


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure RVM on a graphics card, and compare it with the processor.")
    parser.add_argument("--file", type=Path, help="RVM's .onnx file [the one that was pulled or imported]")
    parser.add_argument("--size", action="append", help=f"WIDTHxHEIGHT [{' and '.join(SIZES)}]")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of measuring, for each run [10]")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table between its marks on this page")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        case, seconds, reference = json.loads(options.child)
        result = asdict(run_here(Case(**case), seconds, Path(reference)))
        print(json.dumps({key: value for key, value in result.items() if key != "case"}))
        return 0
    card = has_nvidia_card()
    if not card:
        print(NO_CARD, file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="cyclorama-gpu-") as name:
        folder = Path(name)
        try:
            prepare(folder, options.file or store.find("rvm").path)
        except CycloramaError as error:
            print(error, file=sys.stderr)
            return 2
        results = run_all(cases(options.size or list(SIZES), card=card), options.seconds, folder)
    table = markdown(results, machine_name(card=card))
    print(table)
    if options.write and card:
        options.write.write_text(put(options.write.read_text(encoding="utf-8"), table), encoding="utf-8")
    return 0 if all(result.is_right for result in results) else 1


def run_all(wanted: list[Case], seconds: float, folder: Path) -> list[Result]:
    """Run one after the other until MINUTES are over; what is left then is in the results as left out."""
    end = time.monotonic() + 60 * MINUTES
    results = []
    for case in wanted:
        results.append(run_in_child(case, seconds, folder, end - time.monotonic()))
        print(f"{case.label}: {results[-1].error or f'{results[-1].fps:.1f} fps'}", file=sys.stderr)
    return results


if __name__ == "__main__":
    sys.exit(main())
