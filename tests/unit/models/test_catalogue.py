"""The registry: complete, right, and every mistake in one is named."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cyclorama.core.errors import ModelError
from cyclorama.models import catalogue
from cyclorama.models.bundled import DIGESTS, bundled_path
from cyclorama.models.catalogue import is_safe, load_catalogue, name_problem
from cyclorama.models.store import BUNDLED

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
GOOD = """
[licences.MIT]
title = "MIT License"
url = "https://example.org"
permissive = true
summary = "any use"

[models.net]
title = "A net"
kind = "salient"
licence = "MIT"
url = "https://example.org/net.onnx"
sha256 = "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491"
bytes = 5
good_for = ["stills", "anything"]
mad = 12.5
input = { size = [320, 200], mean = [0, 0.5, 1], std = [1, 1, 1.5], scale_by_max = true }
output = { name = "alpha", activation = "sigmoid" }
"""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "registry.toml"
    path.write_text(GOOD)
    monkeypatch.setattr(catalogue, "registry_path", lambda: path)
    return path


def test_an_entry_as_it_is_written(registry: Path) -> None:
    entry = load_catalogue().models["net"]
    assert (entry.name, entry.kind, entry.permissive, entry.size_bytes) == ("net", "salient", True, 5)
    assert entry.good_for == ("stills", "anything")
    assert entry.input == catalogue.InputContract((320, 200), (0.0, 0.5, 1.0), (1.0, 1.0, 1.5), True)
    assert entry.output == catalogue.OutputContract("alpha", "sigmoid")
    assert entry.mad == 12.5


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('title = "A net"\n', "", r"net, title: it is missing"),
        ('title = "A net"', "title = 5", r"net, title: 5 is not a text"),
        ('title = "A net"', 'titel = "A net"', r"net, titel: there is no such key: did you mean title\?"),
        ('"salient"', '"salien"', r"net, kind: 'salien' is not one of selfie, rvm, modnet, salient"),
        ('licence = "MIT"', 'licence = "BSD"', r"net, licence: 'BSD' is not under \[licences\]"),
        ("https://example.org/net", "http://example.org/net", r"net, url: 'http.*' does not begin with https://"),
        ('url = "https://example.org/net.onnx"\n', "", r"net, url: it is missing: only the selfie"),
        ("8d10", "8D10", r"net, sha256: '8D10.*' is not 64 lower-case hex digits"),
        ("8d10", "", r"net, sha256: .* is not 64"),
        (
            'sha256 = "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491"\n',
            "",
            r"net, sha256: it is mis",
        ),
        ("bytes = 5", "bytes = 0", r"net, bytes: 0 is not a whole number above 0"),
        ("bytes = 5", "bytes = true", r"net, bytes: True is not a whole"),
        ("mad = 12.5", "mad = 0", r"net, mad: 0 is not a number above 0"),
        ("mad = 12.5", 'mad = "5"', r"net, mad: '5' is not a number above 0"),
        ('"stills"', '"still"', r"net, good_for: 'still' is not one of live, stills, people, anything"),
        ('["stills", "anything"]', "[]", r"net, good_for: \[\] is not a list of texts"),
        ("[320, 200]", "[320]", r"net, input, size: \[320\] is not a list of 2 numbers"),
        ("[320, 200]", "[320.5, 200]", r"net, input, size: it is not a width and a height"),
        ("[320, 200]", "[0, 200]", r"net, input, size: it is not a width and a height"),
        ("[0, 0.5, 1]", '[0, "0.5", 1]', r"net, input, mean: .* is not a list of 3 numbers"),
        ("[0, 0.5, 1]", "[0, nan, 1]", r"net, input, mean: .* is not a list of 3 numbers"),
        ("[1, 1, 1.5]", "[1, 0, 1]", r"net, input, std: it is not above 0"),
        ("scale_by_max = true", "scale_by_max = 1", r"net, input, scale_by_max: 1 is neither true nor false"),
        ('"sigmoid"', '"softmax"', r"net, output, activation: 'softmax' is not one of none, sigmoid, minmax"),
        ("[models.net]", '[models."../net"]', r"\.\./net, name: '\.\./net' is not 2 to 64"),
        ("[models.net]", "[modules.net]", r"registry\.toml, modules: there is no such key: did you mean models\?"),
        ("[models.net]", "models = 3\n[x]", r"registry\.toml"),
        ("permissive = true", 'permissive = "yes"', r"MIT, permissive: 'yes' is neither true nor false"),
        ("kind =", "kind", r"registry\.toml is no valid TOML"),
    ],
)
def test_every_mistake_names_its_entry_and_key(registry: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    registry.write_text(GOOD.replace(old, new))
    with pytest.raises(ModelError, match=says):
        load_catalogue()


def test_a_missing_registry(registry: Path) -> None:
    registry.unlink()
    with pytest.raises(ModelError, match=r"cannot read the model catalogue .*registry\.toml: No such file"):
        load_catalogue()


def test_the_real_registry_is_found_and_whole() -> None:
    models = load_catalogue().models
    assert set(models) == {
        *BUNDLED,
        *("rvm", "rvm-resnet50", "modnet", "u2net", "u2netp", "u2net-human", "isnet", "rmbg-1.4", "rmbg-2.0"),
        *("birefnet", "birefnet-lite", "birefnet-portrait"),
    }
    digests = [entry.sha256 for entry in models.values() if entry.sha256]
    assert len(set(digests)) == len(digests) == len(models) - 1  # selfie is two files
    for entry in models.values():
        assert (entry.url is None) == (entry.name in BUNDLED)
        assert (entry.url is None) or entry.url.startswith("https://")
        assert {"live", "stills"} & set(entry.good_for)
        assert len({"people", "anything"} & set(entry.good_for)) == 1


def test_what_was_measured_is_in_the_order_of_the_networks() -> None:
    models = load_catalogue().models
    measured = {name: entry.mad for name, entry in models.items() if entry.mad is not None}
    assert sorted(measured, key=lambda name: measured[name])[:2] == ["rvm", "selfie"]


def test_what_is_not_permissive_says_so() -> None:
    models = load_catalogue().models
    asks = {entry.name for entry in models.values() if not entry.permissive}
    assert asks == {"rvm", "rvm-resnet50", "rmbg-1.4", "rmbg-2.0"}


def test_the_contracts_are_the_publishers() -> None:
    models = load_catalogue().models
    for name in ("u2net", "u2netp", "u2net-human"):
        contract = models[name].input
        assert (contract.size_wh, (contract.mean, contract.std)) == ((320, 320), IMAGENET)
        assert contract.scale_by_max
    for name in ("isnet", "rmbg-1.4"):
        contract = models[name].input
        assert (contract.size_wh, contract.mean, contract.std) == ((1024, 1024), (0.5,) * 3, (1.0,) * 3)
    for name, activation in (("rmbg-2.0", "minmax"), ("birefnet", "sigmoid"), ("birefnet-lite", "sigmoid")):
        contract = models[name].input
        assert (contract.size_wh, (contract.mean, contract.std)) == ((1024, 1024), IMAGENET)
        assert models[name].output.activation == activation
    assert (models["modnet"].input.mean, models["modnet"].input.std) == ((0.5,) * 3, (0.5,) * 3)
    assert (models["modnet"].input.size_wh, models["rvm"].input.size_wh) == (None, None)
    assert models["rvm"].output == catalogue.OutputContract("pha", "none")


def test_the_bundled_entries_are_the_bundled_files() -> None:
    models = load_catalogue().models
    for name in ("selfie-wide", "selfie-square"):
        (file,) = BUNDLED[name]
        assert models[name].sha256 == DIGESTS[file]
        assert models[name].size_bytes == bundled_path(file).stat().st_size


def test_the_readme_explains_every_key() -> None:
    readme = catalogue.registry_path().with_name("README.md").read_text()
    for key in ("title", "kind", "licence", "url", "sha256", "bytes", "good_for", "input", "output", "size", "mean"):
        assert f"`{key}`" in readme
    for key in ("std", "scale_by_max", "name", "activation", "permissive", "summary"):
        assert f"`{key}`" in readme


@pytest.mark.parametrize("name", ["", "a", "A1", "a/b", "..", ".ab", "ab.", "a b", "é1", "a" * 65, "-ab"])
def test_names_that_are_no_file_names_everywhere(name: str) -> None:
    assert "is not 2 to 64" in name_problem(name)


def test_names_that_are() -> None:
    assert [name_problem(name) for name in ("rvm", "rmbg-1.4", "my-net2", "a" * 64)] == [""] * 4


def test_addresses() -> None:
    assert is_safe("https://example.org/a")
    assert is_safe("http://127.0.0.1:80/a")
    for url in ("http://example.org", "http://127.0.0.1.example.org", "ftp://a", "file:///etc/passwd", "", "net.onnx"):
        assert not is_safe(url)


HERE_ALONE = {
    "control/endpoint.py",
    "control/server.py",
    "control/running_panel.py",
    "panel/web/peer.py",
    "panel/web/server.py",
}
"""They listen and connect on this machine alone; a test under a tracer holds them to that."""


def test_only_the_download_opens_connections() -> None:
    source = Path(catalogue.__file__).parents[1]
    network = {"urllib.request", "http.client", "socket", "ssl", "requests", "httpx", "pooch", "aiohttp"}
    found = set()
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
            else:
                continue
            if names & network:
                found.add(path.relative_to(source).as_posix())
    assert found == {"models/download.py"} | HERE_ALONE
