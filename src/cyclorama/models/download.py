"""Downloading a model: the one module of cyclorama that opens a connection.

Uses urllib and not pooch: pooch's ``HTTPDownloader`` cannot resume (it opens its file with ``w+b``) and follows
redirects from https to http. Here a partial file is resumed (RFC 9110, Range and If-Range), a stalled connection times
out, and a file with another hash than the pinned one is deleted.

Beside ``NAME.onnx.part`` lies ``NAME.onnx.part.json``, which says which file and version the part belongs to.
"""

from __future__ import annotations

import http.client
import logging
import re
import shutil
import ssl
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from cyclorama.core.errors import ModelError, reason
from cyclorama.models.catalogue import ModelEntry, is_loopback, is_safe
from cyclorama.models.files import failure, read_json, sha256_of, write_json

log = logging.getLogger(__name__)

CHUNK = 1 << 18
TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""HTTP status codes after which a retry may succeed."""

Progress = Callable[[int, int | None], None]
"""Takes bytes done and total bytes (None = unknown)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Number of attempts, wait before the second one (doubled each time), and timeout of a stalled connection."""

    attempts: int = 4
    first_wait_s: float = 1.0
    stall_s: float = 30.0


PATIENCE = Patience()
"""Used by every pull."""


class _LostError(Exception):
    """This attempt failed, a retry may succeed. The message says what happened."""


def fetch(entry: ModelEntry, part: Path, on_progress: Progress) -> None:
    """Download the published file of ``entry`` to ``part``, and verify its sha256.

    The caller renames it, and then discards its note. Resumes a partial file of an earlier call. Blocks. Raises
    ModelError; a partial file stays for the next call, unless it is wrong.
    """
    patience = PATIENCE
    wait_s = patience.first_wait_s
    for attempt in range(1, patience.attempts + 1):
        try:
            resumed = _receive(entry, part, on_progress, patience.stall_s)
            _check(entry, part, resumed=resumed)
            return
        except _LostError as error:
            if attempt == patience.attempts:
                raise ModelError(f"cannot download {entry.name}: {error}; {_by_hand(entry, part)}") from error
            log.warning("%s; trying again in %.0f s (%d of %d)", error, wait_s, attempt + 1, patience.attempts)
        time.sleep(wait_s)
        wait_s *= 2


def discard(part: Path) -> None:
    """Delete a partial file and its note. Raises ModelError."""
    try:
        part.unlink(missing_ok=True)
        _note(part).unlink(missing_ok=True)
    except OSError as error:
        raise failure("delete", part, error) from error


def _receive(entry: ModelEntry, part: Path, on_progress: Progress, stall_s: float) -> bool:
    """One request; afterwards ``part`` is complete. Returns whether it was resumed."""
    have, validator = _left_over(entry, part)
    if have and have >= (entry.size_bytes or 0) and sha256_of(part) == entry.sha256:
        return True  # complete, but the renaming was interrupted
    headers = {"User-Agent": "cyclorama", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if validator is not None:
            headers["If-Range"] = validator
    with _open(entry, part, headers, stall_s) as response:
        start, total = _offer(entry, part, response, have)
        _check_space(entry, part, start, total)
        if start == 0:
            _remember(entry, part, response)
        _copy(entry, part, response, start, total, on_progress)
    return start > 0


def _left_over(entry: ModelEntry, part: Path) -> tuple[int, str | None]:
    """Size of a resumable part, and its validator (ETag or date); 0 where there is none."""
    try:
        note = read_json(_note(part))
        size = part.stat().st_size
    except (OSError, ModelError):
        return 0, None
    if not isinstance(note, dict) or (note.get("url"), note.get("sha256")) != (entry.url, entry.sha256):
        return 0, None
    if entry.size_bytes is not None and size > entry.size_bytes:
        return 0, None
    validator = note.get("validator")
    return size, validator if isinstance(validator, str) else None


def _remember(entry: ModelEntry, part: Path, response: http.client.HTTPResponse) -> None:
    etag = response.headers.get("ETag")
    strong = etag if etag and not etag.startswith("W/") else None
    validator = strong or response.headers.get("Last-Modified")
    # Delete the old part first: it must never be described by the new note.
    discard(part)
    write_json(_note(part), {"url": entry.url, "sha256": entry.sha256, "validator": validator})


def _open(entry: ModelEntry, part: Path, headers: dict[str, str], stall_s: float) -> http.client.HTTPResponse:
    """Send the request, follow redirects, and return a response of 200 or 206. Raises _LostError, ModelError."""
    assert entry.url is not None
    request = urllib.request.Request(entry.url, headers=headers)
    try:
        response: http.client.HTTPResponse = urllib.request.build_opener(_Redirects).open(request, timeout=stall_s)
    except HTTPError as error:
        error.close()
        said = f"{_host(error.url)} answers {error.code} {error.reason}"
        if error.code == 416:  # range not satisfiable: the part is longer than the file
            discard(part)
            raise _LostError(said) from error
        if error.code in TRY_AGAIN:
            raise _LostError(said) from error
        raise ModelError(f"cannot download {entry.name}: {said} for {entry.url}; {_by_hand(entry, part)}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise ModelError(
                f"cannot download {entry.name}: the certificate of {_host(entry.url)} is not trusted here "
                f"({reason.verify_message}): check the clock and the proxy of this machine; {_by_hand(entry, part)}"
            ) from error
        raise _LostError(f"no connection to {_host(entry.url)} ({_reason(reason, stall_s)})") from error
    if response.status not in (200, 206):
        response.close()
        raise ModelError(
            f"cannot download {entry.name}: {entry.url} answers {response.status}; {_by_hand(entry, part)}"
        )
    return response


def _offer(entry: ModelEntry, part: Path, response: http.client.HTTPResponse, have: int) -> tuple[int, int | None]:
    """The offset of the body in the file, and the file's size if known."""
    start, total = 0, response.length
    if response.status == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
        if match is None or int(match[1]) != have:
            discard(part)
            raise _LostError(f"{_host(response.url)} sends another part than the one that was asked for")
        start, total = have, None if match[2] == "*" else int(match[2])
    if total is not None and entry.size_bytes is not None and total != entry.size_bytes:
        discard(part)
        raise ModelError(
            f"{response.url} is not the published file of {entry.name}: it has {total} bytes and should have "
            f"{entry.size_bytes}; a login page of this network may stand in between, or the publisher changed the file"
        )
    return start, total if total is not None else entry.size_bytes


def _check_space(entry: ModelEntry, part: Path, start: int, total: int | None) -> None:
    free = shutil.disk_usage(part.parent).free
    if total is not None and total - start > free:
        raise ModelError(
            f"cannot download {entry.name} to {part.parent}: it needs {_mb(total - start)} and {_mb(free)} are free; "
            "free some space there, or name another folder with CYCLORAMA_MODELS_DIR"
        )


def _copy(
    entry: ModelEntry,
    part: Path,
    response: http.client.HTTPResponse,
    start: int,
    total: int | None,
    on_progress: Progress,
) -> None:
    done = start
    try:
        file: IO[bytes] = part.open("ab" if start else "wb")
    except OSError as error:
        raise failure("write", part, error) from error
    with file:
        on_progress(done, total)
        while chunk := _read(response):
            done += len(chunk)
            if total is not None and done > total:
                break
            try:
                file.write(chunk)
                file.flush()  # here, to tell a full disk from a lost connection
            except OSError as error:
                with suppress(OSError):
                    file.close()
                raise failure("write", part, error) from error
            on_progress(done, total)
    if total is not None and done > total:
        discard(part)
        raise ModelError(f"{response.url} is not the published file of {entry.name}: it goes on after {total} bytes")
    if total is not None and done < total:
        raise _LostError(f"the connection to {_host(response.url)} ended after {_mb(done)} of {_mb(total)}")


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _LostError(f"the connection to {_host(response.url)} broke off ({_reason(error, None)})") from error


def _check(entry: ModelEntry, part: Path, *, resumed: bool) -> None:
    """Verify the sha256; delete the file where it differs."""
    digest = sha256_of(part)
    if digest == entry.sha256:
        return
    discard(part)
    if resumed:
        raise _LostError(f"the pieces of {entry.name} do not fit together, and were deleted")
    raise ModelError(
        f"{entry.url} is not the published file of {entry.name}: its sha256 is {digest}, pinned is {entry.sha256}; it "
        "was deleted: try again once, and where it stays so, the publisher changed the file or somebody on the way did"
    )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to http."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """The next request. Raises ModelError where it would be unsafe."""
        if not is_safe(newurl) or (is_loopback(newurl) and not is_loopback(req.full_url)):
            raise ModelError(
                f"{_host(req.full_url)} redirects to {newurl}, which is not https: not followed, "
                "since anybody on the way could change what comes"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _by_hand(entry: ModelEntry, part: Path) -> str:
    kept = "what came is kept, and cyclorama models pull goes on from there; " if part.exists() else ""
    return (
        f"{kept}without a network here: download {entry.url} elsewhere, then "
        f"cyclorama models import FILE --name {entry.name}"
    )


def _reason(error: object, stall_s: float | None) -> str:
    if isinstance(error, TimeoutError):
        return f"nothing came for {stall_s:g} s" if stall_s is not None else "nothing came any more"
    return reason(error)


def _host(url: str | None) -> str:
    return urlsplit(url or "").hostname or "the server"


def _mb(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
