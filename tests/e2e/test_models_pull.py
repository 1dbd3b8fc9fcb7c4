"""Pulling models from a real server on this machine that truncates, stalls, lies, redirects, and gets killed at."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.models import catalogue, download, store
from cyclorama.models.download import Patience

pytestmark = pytest.mark.e2e

BODY = bytes(range(256)) * 4096  # 1 MiB
DIGEST = hashlib.sha256(BODY).hexdigest()
ETAG = '"version-1"'
REGISTRY = catalogue.registry_path().read_text()
Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers with the next of ``server.answers``, and properly when there is none left."""

    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(dict(self.headers.items()))
        try:
            (self.server.answers.pop(0) if self.server.answers else whole)(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing on stderr."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.requests: list[dict[str, str]] = []
        self.gate = threading.Event()
        """Lets a stalled answer end."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/net.onnx"


def whole(handler: Handler) -> None:
    """What a good server says: ranges, and If-Range."""
    wanted = handler.headers.get("Range")
    if wanted is None or handler.headers.get("If-Range", ETAG) != ETAG:
        handler.head(200, Content_Length=len(BODY), ETag=ETAG)
        handler.wfile.write(BODY)
        return
    start = int(wanted.removeprefix("bytes=").rstrip("-"))
    if start >= len(BODY):
        handler.head(416, Content_Range=f"bytes */{len(BODY)}", Content_Length=0)
        return
    rest = BODY[start:]
    handler.head(206, Content_Length=len(rest), Content_Range=f"bytes {start}-{len(BODY) - 1}/{len(BODY)}", ETag=ETAG)
    handler.wfile.write(rest)


def truncated(count: int, etag: str | None = ETAG) -> Answer:
    def answer(handler: Handler) -> None:
        handler.head(200, Content_Length=len(BODY), **({"ETag": etag} if etag else {}))
        handler.wfile.write(BODY[:count])
        handler.close_connection = True

    return answer


def stalled(count: int) -> Answer:
    def answer(handler: Handler) -> None:
        handler.head(200, Content_Length=len(BODY), ETag=ETAG)
        handler.wfile.write(BODY[:count])
        handler.wfile.flush()
        handler.server.gate.wait(30)

    return answer


def no_ranges(body: bytes = BODY) -> Answer:
    def answer(handler: Handler) -> None:
        handler.head(200, Content_Length=len(body))
        handler.wfile.write(body)

    return answer


def without_length(body: bytes) -> Answer:
    def answer(handler: Handler) -> None:
        handler.head(200)
        handler.wfile.write(body)
        handler.close_connection = True

    return answer


def status(code: int) -> Answer:
    return lambda handler: handler.head(code, Content_Length=0)


def redirect(url: str) -> Answer:
    return lambda handler: handler.head(302, Location=url, Content_Length=0)


def write_registry(path: Path, url: str, *, licence: str = "MIT", digest: str = DIGEST, more: str = "") -> None:
    path.write_text(
        REGISTRY
        + f"""
[licences.strict]
title = "Strict License"
url = "https://example.org/strict"
permissive = false
summary = "ask first"
[models.net]
title = "A net"
kind = "salient"
licence = "{licence}"
url = "{url}"
sha256 = "{digest}"
{more}
good_for = ["stills"]
input = {{ size = [32, 32], mean = [0, 0, 0], std = [1, 1, 1] }}
output = {{ activation = "none" }}
"""
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.gate.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def registry(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue whose one model lies on the server, and an empty store."""
    path = tmp_path / "registry.toml"
    write_registry(path, server.url, more=f"bytes = {len(BODY)}")
    monkeypatch.setattr(catalogue, "registry_path", lambda: path)
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "store"))
    monkeypatch.setattr(download, "PATIENCE", Patience(attempts=3, first_wait_s=0.01, stall_s=0.3))
    return path


def pull(accept: bool = True, seen: list[tuple[int, int | None]] | None = None) -> Path:
    progress = [] if seen is None else seen
    return store.pull("net", lambda entry, licence: accept, lambda done, total: progress.append((done, total))).path


def left() -> list[str]:
    """What lies in the store, hidden locks and accepted licences aside."""
    folder = store.models_dir()
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def test_a_whole_download_with_its_progress(registry: Path, server: Server) -> None:
    seen: list[tuple[int, int | None]] = []
    path = pull(seen=seen)
    assert path.read_bytes() == BODY
    assert left() == ["net.onnx"]
    assert seen[0] == (0, len(BODY))
    assert seen[-1] == (len(BODY), len(BODY))
    assert seen == sorted(seen)
    assert server.requests[0]["Accept-Encoding"] == "identity"
    assert store.find("net").origin == "published"


def test_what_is_here_is_not_downloaded_again_and_what_is_damaged_is(registry: Path, server: Server) -> None:
    path = pull()
    pull()
    assert len(server.requests) == 1
    path.write_bytes(BODY[:-1] + b"x")
    with pytest.raises(ModelError, match=r"net is refused: .*sha256.*models remove net, then .*pull net"):
        store.find("net")
    pull()
    assert path.read_bytes() == BODY


def test_a_truncated_download_is_continued_within_one_pull(registry: Path, server: Server) -> None:
    server.answers = [truncated(300_000)]
    assert pull().read_bytes() == BODY
    assert server.requests[1]["Range"] == "bytes=300000-"
    assert server.requests[1]["If-Range"] == ETAG


def test_a_stalled_download_is_given_up_and_continued_by_the_next_pull(registry: Path, server: Server) -> None:
    server.answers = [stalled(200_000), status(503), status(503)]
    with pytest.raises(ModelError, match=r"503.*what came is kept.*models import FILE --name net"):
        pull()
    assert left() == ["net.onnx.part", "net.onnx.part.json"]
    with pytest.raises(ModelError, match="not on this machine yet: cyclorama models pull net"):
        store.find("net")
    assert pull().read_bytes() == BODY
    assert server.requests[-1]["Range"] == "bytes=200000-"
    assert left() == ["net.onnx"]


def test_a_stall_before_the_first_byte(registry: Path, server: Server) -> None:
    server.answers = [lambda handler: handler.server.gate.wait(30) and None] * 3
    begun = time.monotonic()
    with pytest.raises(ModelError, match=r"127\.0\.0\.1 .*nothing came for 0\.3 s"):
        pull()
    assert time.monotonic() - begun < 10
    assert left() == []


def test_a_server_that_ignores_ranges_starts_over(registry: Path, server: Server) -> None:
    server.answers = [truncated(300_000), no_ranges()]
    assert pull().read_bytes() == BODY


def test_a_file_that_changed_on_the_server_is_not_glued_together(registry: Path, server: Server) -> None:
    server.answers = [truncated(300_000, etag='"version-0"')]
    assert pull().read_bytes() == BODY
    assert server.requests[1]["If-Range"] == '"version-0"'


def test_a_weak_name_of_a_version_is_not_asked_for(registry: Path, server: Server) -> None:
    """RFC 9110, 13.1.5: two files with the same weak ETag may differ in their bytes."""
    server.answers = [truncated(300_000, etag='W/"version-1"')]
    assert pull().read_bytes() == BODY
    assert server.requests[1]["Range"] == "bytes=300000-" and "If-Range" not in server.requests[1]


def test_pieces_that_do_not_fit_are_fetched_anew(registry: Path, server: Server) -> None:
    server.answers = [truncated(300_000, etag=None)]
    part = store.model_path("net").with_name("net.onnx.part")
    server.answers[:1] = [truncated(300_000, etag=None), status(500), status(500)]
    with pytest.raises(ModelError, match="500"):
        pull()
    part.write_bytes(b"?" * 300_000)
    assert pull().read_bytes() == BODY
    assert ["Range" in request for request in server.requests[-2:]] == [True, False]


def test_a_part_of_another_file_is_not_continued(registry: Path, server: Server) -> None:
    server.answers = [truncated(300_000), status(500), status(500)]
    with pytest.raises(ModelError):
        pull()
    other = BODY[::-1]
    write_registry(registry, server.url, digest=hashlib.sha256(other).hexdigest())
    server.answers = [no_ranges(other)]
    assert pull().read_bytes() == other
    assert "Range" not in server.requests[-1]


def test_a_wrong_content_range_is_not_believed(registry: Path, server: Server) -> None:
    def shifted(handler: Handler) -> None:
        handler.head(206, Content_Length=10, Content_Range=f"bytes 5-14/{len(BODY)}")
        handler.wfile.write(BODY[5:15])

    server.answers = [truncated(300_000), shifted]
    assert pull().read_bytes() == BODY
    assert "Range" not in server.requests[2]


@pytest.mark.parametrize("known", [True, False], ids=["size known", "size unknown"])
def test_a_download_killed_before_its_renaming_needs_no_second_one(
    registry: Path, server: Server, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not known:
        write_registry(registry, server.url)
    server.answers = [truncated(300_000), status(500), status(500)]
    with pytest.raises(ModelError):
        pull()
    store.model_path("net").with_name("net.onnx.part").write_bytes(BODY)
    count = len(server.requests)
    assert pull().read_bytes() == BODY
    assert len(server.requests) == count


def test_a_whole_part_with_wrong_bytes_is_fetched_anew(registry: Path, server: Server) -> None:
    server.answers = [truncated(300_000), status(500), status(500)]
    with pytest.raises(ModelError):
        pull()
    store.model_path("net").with_name("net.onnx.part").write_bytes(BODY[::-1])
    assert pull().read_bytes() == BODY
    assert ["Range" in request for request in server.requests[-2:]] == [True, False]


def test_a_note_that_an_import_or_removal_left_does_not_pass_for_the_pulled_files(
    registry: Path, server: Server
) -> None:
    store.models_dir().mkdir()
    store.model_path("net").with_suffix(".json").write_text("{}")
    pull()
    assert store.find("net").origin == "published"


def test_wrong_bytes_are_deleted(registry: Path, server: Server) -> None:
    server.answers = [no_ranges(BODY[::-1])]
    with pytest.raises(ModelError, match=rf"its sha256 is [0-9a-f]{{64}}, pinned is {DIGEST}; it was deleted"):
        pull()
    assert left() == []


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"x", b"<html>log in</html>"])
def test_a_wrong_size_is_refused_before_it_is_downloaded(registry: Path, server: Server, body: bytes) -> None:
    server.answers = [no_ranges(body)]
    with pytest.raises(ModelError, match=rf"it has {len(body)} bytes and should have {len(BODY)}; a login page"):
        pull()
    assert left() == []


def test_a_body_without_a_length_that_never_ends(registry: Path, server: Server) -> None:
    server.answers = [without_length(BODY + b"more")]
    with pytest.raises(ModelError, match=f"goes on after {len(BODY)} bytes"):
        pull()
    assert left() == []


def test_a_body_without_a_length(registry: Path, server: Server) -> None:
    write_registry(registry, server.url)
    server.answers = [without_length(BODY)]
    assert pull().read_bytes() == BODY


def test_not_found_is_not_tried_again(registry: Path, server: Server) -> None:
    server.answers = [status(404)]
    with pytest.raises(ModelError, match=r"answers 404 .*models import FILE --name net"):
        pull()
    assert len(server.requests) == 1
    assert left() == []


def test_a_server_in_trouble_is_tried_again(registry: Path, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.answers = [status(500), status(429)]
    with caplog.at_level(logging.WARNING):
        assert pull().read_bytes() == BODY
    assert [record.getMessage() for record in caplog.records] == [
        "127.0.0.1 answers 500 Internal Server Error; trying again in 0 s (2 of 3)",
        "127.0.0.1 answers 429 Too Many Requests; trying again in 0 s (3 of 3)",
    ]


def test_redirects_are_followed_with_the_range(registry: Path, server: Server) -> None:
    server.answers = [redirect(server.url), truncated(300_000), redirect(server.url)]
    assert pull().read_bytes() == BODY
    assert server.requests[-1]["Range"] == "bytes=300000-"


@pytest.mark.parametrize("target", ["http://192.0.2.1/net.onnx", "ftp://192.0.2.1/net.onnx"])
def test_an_unsafe_redirect_is_refused(registry: Path, server: Server, target: str) -> None:
    server.answers = [redirect(target)]
    with pytest.raises(ModelError, match=r"127\.0\.0\.1 redirects to .*, which is not https: not followed"):
        pull()
    assert left() == []


def test_a_redirect_to_a_file_is_refused(registry: Path, server: Server) -> None:
    server.answers = [redirect("file:///etc/passwd")]
    with pytest.raises(ModelError, match="not allowed"):
        pull()


def test_https_never_becomes_http_not_even_to_this_machine() -> None:
    request = download.urllib.request.Request("https://example.org/net.onnx")
    for target in ("http://example.org/net.onnx", "http://127.0.0.1/net.onnx"):
        with pytest.raises(ModelError, match="redirects to http://"):
            download._Redirects().redirect_request(request, None, 302, "Found", None, target)
    follow = download._Redirects().redirect_request(request, None, 302, "Found", None, "https://cdn.example.org/net")
    assert follow is not None


def test_a_circle_of_redirects_ends(registry: Path, server: Server) -> None:
    server.answers = [redirect(server.url)] * 40
    with pytest.raises(ModelError, match="answers 302"):
        pull()


def test_offline_says_what_to_do(registry: Path, server: Server) -> None:
    write_registry(registry, "http://127.0.0.1:9/net.onnx")
    with pytest.raises(ModelError) as caught:
        pull()
    assert str(caught.value) == (
        "cannot download net: no connection to 127.0.0.1 (Connection refused); without a network here: download "
        "http://127.0.0.1:9/net.onnx elsewhere, then cyclorama models import FILE --name net"
    )


def test_a_published_file_fetched_by_hand_is_the_published_one(registry: Path, tmp_path: Path) -> None:
    (tmp_path / "by-hand").write_bytes(BODY)
    model = store.import_file(tmp_path / "by-hand", "net")
    assert model.origin == "published"
    assert left() == ["net.onnx"]


def test_a_licence_is_asked_for_once(registry: Path, server: Server) -> None:
    write_registry(registry, server.url, licence="strict")
    with pytest.raises(SettingsError, match="strict, was not accepted: nothing was downloaded"):
        pull(accept=False)
    assert server.requests == []
    pull(accept=True)
    store.remove("net")
    assert pull(accept=False).read_bytes() == BODY


def test_a_full_disk_is_seen_before_the_download(
    registry: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(ModelError, match=r"needs 1\.0 MB and 0\.0 MB are free; free some space"):
        pull()
    assert left() == []


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_disk_that_fills_up_on_the_way(registry: Path, server: Server, tmp_path: Path) -> None:
    limit = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))"
    )
    done = run_cli(registry, "models", "pull", "net", before=limit)
    assert done.returncode == 4
    assert "cannot write" in done.stderr
    assert "net.onnx.part: File too large; files may not grow larger there" in done.stderr
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "store" / "net.onnx.part").stat().st_size <= 500_000
    assert pull().read_bytes() == BODY
    assert "Range" in server.requests[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="a folder that even root may not write to")
def test_no_permission(registry: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.VARIABLE, "/sys/cyclorama")
    with pytest.raises(ModelError, match=r"/sys/cyclorama: .*; .*name a.* folder.* with CYCLORAMA_MODELS_DIR"):
        pull()
    assert server.requests == []


def test_a_file_stands_where_the_folder_should_be(
    registry: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "file"))
    with pytest.raises(ModelError, match="CYCLORAMA_MODELS_DIR"):
        pull()


def program(registry: Path, *arguments: str, before: str = "", patience: str = "3, 0.01, 5") -> list[str]:
    """The command line in a process of its own, with the test's catalogue."""
    code = (
        "import pathlib, cyclorama.cli.app as app, cyclorama.models.catalogue as catalogue\n"
        "import cyclorama.models.download as download, cyclorama.cli.commands.models, typer, rich.progress\n"
        f"catalogue.registry_path = lambda: pathlib.Path({str(registry)!r})\n"
        f"download.PATIENCE = download.Patience({patience})\n"
        f"{before}\n"
        f"raise SystemExit(app.run({list(arguments)!r}))"
    )
    return [sys.executable, "-c", code]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, store.VARIABLE: str(folder), "no_proxy": "*"}


def run_cli(registry: Path, *arguments: str, before: str = "", folder: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program(registry, *arguments, before=before),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environment(registry.parent / "store"),
        check=False,
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_pull_leaves_a_part_only_and_is_continued(registry: Path, server: Server, tmp_path: Path) -> None:
    server.answers = [stalled(400_000)]
    part = tmp_path / "store" / "net.onnx.part"
    process = subprocess.Popen(program(registry, "models", "pull", "net"), env=environment(tmp_path / "store"))
    wait_for(lambda: part.is_file() and part.stat().st_size == 400_000)
    with pytest.raises(ModelError, match="another cyclorama is pulling, importing or removing net"):
        pull()
    process.send_signal(signal.SIGKILL)
    assert process.wait(20) == -signal.SIGKILL
    assert left() == ["net.onnx.part", "net.onnx.part.json"]
    assert [model.entry.name for model in store.list_installed() if model.origin != "bundled"] == []
    with pytest.raises(ModelError, match="models pull net"):
        store.find("net")

    done = run_cli(registry, "models", "pull", "net")
    assert (done.returncode, done.stderr) == (0, "")
    assert server.requests[-1]["Range"] == "bytes=400000-"
    assert (tmp_path / "store" / "net.onnx").read_bytes() == BODY
    assert left() == ["net.onnx"]


def test_what_a_killed_pull_left_can_be_removed(registry: Path, server: Server) -> None:
    server.answers = [truncated(300_000), status(404)]
    with pytest.raises(ModelError):
        pull()
    assert left() == ["net.onnx.part", "net.onnx.part.json"]
    store.remove("net")
    assert left() == []


def test_two_pulls_at_once_leave_one_whole_file(registry: Path, server: Server, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            program(registry, "models", "pull", "net"), env=environment(tmp_path / "store"), stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    codes = [(process.communicate()[1], process.returncode) for process in processes]
    assert 0 in [code for _, code in codes]
    assert all(code == 0 or b"another cyclorama is pulling" in err for err, code in codes)
    assert (tmp_path / "store" / "net.onnx").read_bytes() == BODY
    assert left() == ["net.onnx"]


def test_a_script_has_to_accept_the_licence(registry: Path, server: Server) -> None:
    write_registry(registry, server.url, licence="strict")
    done = run_cli(registry, "models", "pull", "net")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Strict License (https://example.org/strict): ask first" in done.stderr
    assert "--accept-license" in done.stderr
    assert server.requests == []
    done = run_cli(registry, "models", "pull", "net", "--accept-license", "--json")
    assert done.returncode == 0
    assert '"installed": true' in done.stdout
    assert "is under the Strict License" in done.stderr
    done = run_cli(registry, "models", "verify", "net")
    assert done.returncode == 0
