"""Nothing phones home and nothing is left about: every command, traced in a home of its own.

Two libraries that this program has depended on began to send metrics with some version or other. The list of commands
is the command line's own: a new command without a case here fails.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from cyclorama.control.verbs import VERBS

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="strace and network namespaces are Linux's"),
]
MAIN = [sys.executable, "-m", "cyclorama"]
SHARED = Path(__file__).resolve().parents[3] / "shared"
SECONDS = "12"
"""That a network runs: the clients that were found asked for their servers within ten."""
AT_A_TIME = 3
NO_TRACER = "needs strace and the right to trace (Debian: strace)"
DEMO = ("--source", "demo", "--size", "320x180")
STUDIO = (*DEMO, "--fps", "10", "--model", "rvm")
"""A network that runs for a while: it is the time that counts, not how many frames it sees."""
PULL = """
import pathlib, sys
import cyclorama.models.catalogue as catalogue
path = pathlib.Path(sys.argv.pop(1))
catalogue.registry_path = lambda: path
from cyclorama.cli.main import main
main()
"""
USERS = "a program of the user's"
PROGRAM = """
import sys, time
import cyclorama
import numpy as np
import onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
feed = {each.name: np.ones([side if isinstance(side, int) else 1 for side in each.shape], np.float32)
        for each in session.get_inputs()}
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    session.run(None, feed)
    time.sleep(2)
"""
WITHOUT = "where LiteRT has no wheel"
WITHOUT_LITERT = """
import sys
sys.modules["ai_edge_litert"] = None
from cyclorama.cli.app import run
sys.exit(run(["live", "--source", "demo", "--size", "320x180", "--frame", "auto", "--to", "null", "--model", "selfie",
              "--duration", sys.argv[2]]))
"""


def beside(name: str) -> ModuleType:
    """A module of this folder."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


traced = beside("traced")


@dataclass(frozen=True)
class Case:
    """A command line, and the codes it may end with on a machine without devices.

    ``same``: its pictures are the same whenever it runs. ``own_store``: it has a store of its own, an empty one.
    ``unconnected``: Internet sockets that it may open and connect to nothing. ``stop_s``: when Ctrl-C is pressed.
    ``serves``: it listens, on this machine alone.
    """

    words: tuple[str, ...]
    codes: tuple[int, ...] = (0,)
    same: bool = False
    own_store: bool = False
    unconnected: int = 0
    stop_s: str = ""
    serves: bool = False


def cases(seconds: str, networks: Mapping[str, Path]) -> dict[str, Case]:
    """One for each command; the tiny network stands for what takes long with a real one."""
    rvm, tiny = str(networks["rvm"]), str(networks["tiny"])
    clip = "talk.mkv"
    waiting = {
        "cutout of a folder": Case(
            ("cutout", "--watch", ".", "-o", "done", "--model", "thing"), (130,), stop_s=seconds
        ),
        "panel": Case(("panel", *DEMO, "--to", "null", "--no-browser"), stop_s=seconds, serves=True),
        "headshot of a camera": Case(("headshot", "demo", "--countdown", seconds, "--model", "thing")),
    }
    return (waiting if seconds == SECONDS else {}) | {
        "ctl record": Case(("ctl", "record", "r.mp4"), (2,)),
        "ctl watch": Case(("ctl", "watch", "--json"), (2,)),
        "live": Case(("live", *STUDIO, "--to", "null", "--to", "call.mp4", "--duration", seconds)),
        "record": Case(("record", "r.mp4", *STUDIO, "--mic", "demo", "--countdown", "0", "--duration", seconds)),
        "convert": Case(("convert", clip, "out.mkv", "--background", "matte", "--model", "rvm"), same=True),
        "cutout": Case(("cutout", "me.png", "-o", "cut.png", "--model", "thing"), same=True),
        "headshot": Case(("headshot", "me.png", "-o", "shot.png", "--model", "thing"), same=True),
        "id-photo": Case(
            ("id-photo", "me.png", "-o", "id.jpg", "--spec", "icao", "--model", "thing"), (0, 6), same=True
        ),
        "product": Case(("product", "me.png", "-o", "p.png", "--for", "square", "--model", "thing"), (0, 6), same=True),
        "demo": Case(("demo", "--out", "demo"), same=True),
        "bench": Case(("bench", "--size", "320x180", "--model", "rvm", "--seconds", seconds)),
        "backgrounds": Case(("backgrounds", "--sheet", "all.png"), same=True),
        "devices": Case(("devices",)),
        "doctor": Case(("doctor",), (0, 3, 4, 5)),
        "setup": Case(("setup", "--root", "root", "--yes"), (0, 5)),
        "models list": Case(("models", "list")),
        "models info": Case(("models", "info", "rvm")),
        "models compare": Case(("models", "compare", "me.png", "--model", "selfie", "--model", "rvm")),
        "models pull": Case(("models", "pull", "net", "--accept-license"), own_store=True),
        "models verify": Case(("models", "verify")),
        "models import": Case(("models", "import", rvm, "--name", "rvm", "--kind", "rvm"), own_store=True),
        "models optimize": Case(
            # onnx names a temporary file by uuid1, which reads the interfaces' hardware addresses through a socket
            ("models", "optimize", "tiny", "--precision", "int8"),
            unconnected=1,
        ),
        "models remove": Case(("models", "remove", "tiny"), (4,), own_store=True),
        "models import a tiny one": Case(
            ("models", "import", tiny, "--name", "tiny", "--kind", "salient"), own_store=True
        ),
    }


def need_tracer() -> None:
    """Skip where nothing can be traced, but where everything is to be tested (CYCLORAMA_E2E=1)."""
    if not traced.can_trace():
        (pytest.fail if os.environ.get("CYCLORAMA_E2E") == "1" else pytest.skip)(NO_TRACER)


def commands() -> set[str]:
    """Every command of the command line, as ``live`` and ``models pull``."""
    from cyclorama.cli.app import app

    def below(command: Any, path: tuple[str, ...]) -> Iterator[str]:
        children = getattr(command, "commands", None)
        if children is None:
            yield " ".join(path)
            return
        for name, child in children.items():
            yield from below(child, (*path, name))

    return set(below(typer.main.get_command(app), ()))


NAMES = sorted(cases(SECONDS, {"rvm": Path(), "tiny": Path()}))


def test_every_command_is_traced() -> None:
    alike = {f"ctl {verb}" for verb in VERBS}  # one function makes them all: "ctl record" stands for them
    assert commands() - alike - set(NAMES) == set()


@pytest.fixture(scope="module")
def files(networks: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Networks: RVM and ISNet where they are here, else tiny ones of the same kind, which onnxruntime loads as well."""
    folder = tmp_path_factory.mktemp("networks")
    tiny = folder / "tiny.onnx"
    networks.tiny_picture(tiny, size=(64, 64))
    real = {
        "rvm": SHARED / "models" / "rvm_mobilenetv3_fp32.onnx",
        "thing": SHARED / "models" / "isnet_general_q8.onnx",
    }
    if all(path.is_file() for path in real.values()):
        return {**real, "tiny": tiny}
    networks.tiny_rvm(folder / "rvm.onnx")
    networks.tiny_picture(folder / "thing.onnx", size=(320, 320), squash=True)
    return {"rvm": folder / "rvm.onnx", "thing": folder / "thing.onnx", "tiny": tiny}


@pytest.fixture(scope="module")
def store(files: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the networks are, imported as a user would."""
    folder = tmp_path_factory.mktemp("store")
    environment = traced.fresh_home(tmp_path_factory.mktemp("importer"), CYCLORAMA_MODELS_DIR=str(folder))
    for name, kind in (("rvm", "rvm"), ("thing", "salient"), ("tiny", "salient")):
        command = [*MAIN, "models", "import", str(files[name]), "--name", name, "--kind", kind]
        subprocess.run(command, env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip and a photo, as they lie in the folder where somebody works."""
    from cyclorama.models.bundled import bundled_path

    folder = tmp_path_factory.mktemp("material")
    shutil.copy(bundled_path("portrait.png"), folder / "me.png")
    made = ("live", *DEMO, "--to", "talk.mkv", "--background", "none", "--duration", "8", "-q")
    subprocess.run([*MAIN, *made], cwd=folder, check=True, env=traced.fresh_home(tmp_path_factory.mktemp("maker")))
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def server(material: Path) -> Iterator[str]:
    """An address of this machine, where the folder with the clip is served."""
    (material / "net.onnx").write_bytes(bytes(1000))
    http_server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=material))
    thread = threading.Thread(target=http_server.serve_forever, args=(0.02,))
    thread.start()
    yield f"127.0.0.1:{http_server.server_address[1]}"
    http_server.shutdown()
    http_server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def registry(server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue with one network more, ``net``, which lies on the server."""
    from cyclorama.models.catalogue import registry_path

    path = tmp_path_factory.mktemp("registry") / "registry.toml"
    path.write_text(
        registry_path().read_text()
        + f"""
[models.net]
title = "A net"
kind = "salient"
licence = "MIT"
url = "http://{server}/net.onnx"
sha256 = "{hashlib.sha256(bytes(1000)).hexdigest()}"
bytes = 1000
good_for = ["stills"]
input = {{ size = [32, 32], mean = [0, 0, 0], std = [1, 1, 1] }}
output = {{ activation = "none" }}
"""
    )
    return path


Prepared = Callable[[Path, Case], tuple[list[str], Path, dict[str, str]]]


@pytest.fixture(scope="module")
def prepared(store: Path, material: Path, registry: Path) -> Prepared:
    """Command, folder and environment of a case, in a new home."""

    def prepare(home: Path, case: Case) -> tuple[list[str], Path, dict[str, str]]:
        work = home / "work"
        work.mkdir(parents=True)
        for name in ("me.png", "talk.mkv"):
            (work / name).hardlink_to(material / name)
        more = {} if case.own_store else {"CYCLORAMA_MODELS_DIR": str(home / "store")}
        if not case.own_store:
            shutil.copytree(store, home / "store", copy_function=os.link)
        pulls = case.words[:2] == ("models", "pull")
        main = [sys.executable, "-c", PULL, str(registry)] if pulls else MAIN
        stop = ["timeout", "--foreground", "--preserve-status", "--signal=INT", case.stop_s] if case.stop_s else []
        return [*stop, *main, *case.words], work, traced.fresh_home(home, **more)

    return prepare


def own_folders(home: Path) -> tuple[Path, ...]:
    """Where a command may write: what it was asked for, the documented folders of the user, temporary files."""
    documented = (".local/share/cyclorama", ".local/state/cyclorama", ".config/cyclorama", ".config/systemd/user")
    return tuple(home / name for name in ("work", "store", "tmp", "run", *documented))


@pytest.fixture(scope="module")
def reports(
    prepared: Prepared, files: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, tuple[Any, Path]]:
    """What each command did, and its home. They run side by side."""
    need_tracer()
    base = tmp_path_factory.mktemp("homes")

    def run(name: str) -> tuple[Any, Path]:
        home = base / name.replace(" ", "-")
        if name in programs:
            command = [sys.executable, "-c", programs[name], str(files["thing"]), SECONDS]
            work, environment = home, traced.fresh_home(home)
        else:
            command, work, environment = prepared(home, wanted[name])
        return traced.trace(command, work, environment, base / "logs" / home.name, timeout_s=300), home

    programs = {USERS: PROGRAM, WITHOUT: WITHOUT_LITERT}
    wanted = cases(SECONDS, files)
    slowest_first = [
        *programs,
        *sorted(wanted, key=lambda name: SECONDS not in (*wanted[name].words, wanted[name].stop_s)),
    ]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        found = dict(zip(slowest_first, pool.map(run, slowest_first), strict=True))
    homes = {name: home for name, (_, home) in found.items()}
    strays = {name: report.strays(*own_folders(home)) for name, (report, home) in found.items()}
    print(traced.table({name: report for name, (report, _) in found.items()}, homes, strays))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_command_asks_nobody_and_leaves_nothing_about(
    name: str, reports: Mapping[str, tuple[Any, Path]], files: Mapping[str, Path], server: str
) -> None:
    report, home = reports[name]
    case = cases(SECONDS, files)[name]
    assert report.code in case.codes, report.err
    if name == "models pull":
        assert report.connections == {server}
    elif case.serves:
        assert {where.rpartition(":")[0] for where in report.connections} <= {"127.0.0.1", "::1"}
        assert [call for call in report.sockets if call.startswith("connect")] == []
    else:
        assert report.connections == set()
        assert len(report.sockets) <= case.unconnected, report.sockets
    assert report.asked == []
    assert report.strays(*own_folders(home)) == set()
    assert list((home / "tmp").iterdir()) == [], "temporary files stay"
    left = {path.relative_to(home).parts[0] for path in home.rglob("*") if path.is_file()}
    assert left <= {"work", "store", ".local", ".config", "run"}
    kept = {path.name for path in (home / "run").rglob("*") if not path.is_dir()}
    assert kept <= {".lock", ".panel.lock"}, "no socket stays"


def test_a_source_given_as_an_address_is_all_that_is_asked(server: str, prepared: Prepared, tmp_path: Path) -> None:
    case = Case(("live", "--source", f"http://{server}/talk.mkv", "--to", "null", "--model", "rvm", "--duration", "2"))
    need_tracer()
    report = traced.trace(*prepared(tmp_path / "home", case), tmp_path / "log")
    assert report.code == 0, report.err
    assert report.connections == {server}
    assert report.asked == []


@pytest.mark.parametrize("name", [USERS, WITHOUT])
def test_programs_that_import_us_are_silent_too(name: str, reports: Mapping[str, tuple[Any, Path]]) -> None:
    report, home = reports[name]
    assert report.code == 0, report.err
    assert ("on OpenCV" in report.err) == (name == WITHOUT)
    assert (report.sockets, report.asked, report.strays(home / "tmp", home / "run")) == ([], [], set())


def test_the_tracer_sees_what_it_looks_for(tmp_path: Path) -> None:
    need_tracer()
    program = (
        "import os, pathlib, socket, threading\n"
        "def send():\n"
        "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:\n"
        "        line.connect(('127.0.0.1', 53))\n"
        "        line.send(b'aa\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\4play\\7example\\3org\\0\\0\\1\\0\\1')\n"
        "thread = threading.Thread(target=send); thread.start(); thread.join()\n"
        "os.chdir(os.environ['HOME']); pathlib.Path('stray').mkdir(); pathlib.Path('stray/id').write_text('1')\n"
        "pathlib.Path('stray/id').rename('stray/other')\n"
    )
    home = tmp_path / "home"
    report = traced.trace([sys.executable, "-c", program], home, traced.fresh_home(home), tmp_path / "log")
    assert report.code == 0, report.err
    assert [each.split()[0] for each in report.sockets] == ["socket", "connect"]
    assert report.connections == {"127.0.0.1:53"}
    assert any("play.example.org" in name for name in report.asked)
    assert report.strays(home / "tmp") == {home / "stray", home / "stray" / "id", home / "stray" / "other"}


def results(folder: Path) -> dict[str, str]:
    """The files in ``folder``, a home's, by the hash of what is in them; pictures and clips by their pixels."""
    import av
    import numpy as np

    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        digest = hashlib.sha256()
        if path.suffix in (".mkv", ".mp4", ".png", ".jpg"):
            with av.open(str(path)) as container:
                for frame in container.decode(video=0):
                    digest.update(np.ascontiguousarray(frame.to_ndarray(format="bgr24")).tobytes())
        else:
            digest.update(path.read_bytes())
        name = str(path.relative_to(folder)).replace(str(folder.parent).lstrip("/"), "HOME")
        found[name] = digest.hexdigest()
    return found


def test_without_a_network_everything_works_with_the_same_results(
    prepared: Prepared, files: Mapping[str, Path], reports: Mapping[str, tuple[Any, Path]], tmp_path: Path
) -> None:
    cut = ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*cut, "true"], check=False, capture_output=True).returncode:
        pytest.skip("may not cut the network off here")
    wanted = cases("1", files)

    def run(item: tuple[str, Case]) -> tuple[int, dict[str, str], str]:
        name, case = item
        command, work, environment = prepared(tmp_path / name.replace(" ", "-"), case)
        done = subprocess.run(
            [*cut, *command], cwd=work, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        return done.returncode, results(work), done.stderr

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        without = dict(zip(wanted, pool.map(run, wanted.items()), strict=True))
    code, _, err = without.pop("models pull")
    assert code == 4 and "no connection to 127.0.0.1" in err
    for name, (code, made, err) in without.items():
        report, home = reports[name]
        assert code == report.code, (name, err)
        with_one = results(home / "work")
        assert set(made) == set(with_one), name
        if wanted[name].same:
            assert made == with_one, name
