"""The model store: installed models, and the verification of their files.

A model is ``NAME.onnx`` in :func:`models_dir`. A file without a note is the published one; an imported file has
the note ``NAME.json`` beside it, with its hash and its contract. The selfie networks are bundled.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.core.suggest import did_you_mean
from cyclorama.files.names import user_path
from cyclorama.models.bundled import DIGESTS, bundled_path
from cyclorama.models.catalogue import Catalogue, Kind, Licence, ModelEntry, load_catalogue, name_problem, read_entry
from cyclorama.models.files import copy_file, failure, lock, publish, read_json, sha256_of, write_json
from cyclorama.models.importing import Given, describe, to_table
from cyclorama.models.table import Table

log = logging.getLogger(__name__)

VARIABLE = "CYCLORAMA_MODELS_DIR"
BUNDLED = {
    "selfie": ("selfie_square.tflite", "selfie_wide.tflite"),
    "selfie-wide": ("selfie_wide.tflite",),
    "selfie-square": ("selfie_square.tflite",),
}
"""Names and files of the bundled networks."""

Origin = Literal["bundled", "published", "imported"]
Accept = Callable[[ModelEntry, Licence], bool]
"""Shows a licence to the user, returns whether it was accepted."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """An installed model: its contract, its file (of ``selfie`` the square network's), its origin."""

    entry: ModelEntry
    path: Path
    origin: Origin


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """The result of :func:`verify` for one model; ``problem`` is empty where it is intact."""

    name: str
    path: Path
    problem: str


def models_dir() -> Path:
    """The folder of pulled and imported models: ``CYCLORAMA_MODELS_DIR``, else in the user's data folder."""
    own = os.environ.get(VARIABLE)
    if own:
        return user_path(own)
    import platformdirs

    return Path(platformdirs.user_data_dir("cyclorama", appauthor=False)) / "models"


def find(name: str) -> InstalledModel:
    """The model called ``name``, its file verified (about a second per gigabyte).

    Raises ModelError where it is not installed (the message says how to get it) or its file is damaged.
    """
    catalogue = load_catalogue()
    model = _look(name, catalogue)
    if model is None:
        raise ModelError(_not_here(name, catalogue))
    wrong = _problem(model)
    if wrong:
        raise ModelError(f"the model {name} is refused: {wrong}; {_renew(model)}")
    return model


def list_installed() -> list[InstalledModel]:
    """All installed models, bundled ones first; files are not verified. A broken note is logged."""
    catalogue = load_catalogue()
    found = []
    for name in (*BUNDLED, *_names()):
        try:
            model = _look(name, catalogue)
        except ModelError as error:
            log.warning("%s", error)
            continue
        if model is not None:
            found.append(model)
    return found


def list_known() -> list[tuple[ModelEntry, bool]]:
    """Every network that there is, and whether it is installed: those that are first, then the catalogue's others.
    Raises ModelError for a broken catalogue."""
    installed = {model.entry.name: model.entry for model in list_installed()}
    others = [entry for name, entry in load_catalogue().models.items() if name not in installed]
    return [(entry, True) for entry in installed.values()] + [(entry, False) for entry in others]


def verify(name: str | None = None) -> list[ModelCheck]:
    """Verify the files of one model, or of all, against their hashes.

    Raises ModelError where ``name`` is not installed; damage of installed models is in the result.
    """
    catalogue = load_catalogue()
    checks = []
    for each in (*BUNDLED, *_names()) if name is None else (name,):
        try:
            model = _look(each, catalogue)
            wrong = "" if model is None else _problem(model)
        except ModelError as error:
            checks.append(ModelCheck(each, model_path(each), str(error)))
            continue
        if model is not None:
            checks.append(ModelCheck(each, model.path, f"{wrong}; {_renew(model)}" if wrong else ""))
        elif name is not None:
            raise ModelError(_not_here(each, catalogue))
    return checks


def published(name: str) -> ModelEntry:
    """The entry of the catalogue. Raises SettingsError where there is none."""
    models = load_catalogue().models
    if name not in models:
        raise SettingsError(f"the catalogue has no model {name!r}: {_nearest(name, models)}")
    return models[name]


def pull(name: str, accept: Accept, on_progress: Callable[[int, int | None], None]) -> InstalledModel:
    """Download the published file of ``name``, unless it is installed already; blocks.

    ``accept`` is called once for a licence that is not permissive. ``on_progress`` takes bytes done and total. Raises
    SettingsError for an unknown name or a licence not accepted, ModelError where the download fails.
    """
    from cyclorama.models.download import discard, fetch

    entry = published(name)
    if name in BUNDLED:
        return find(name)
    folder, path = models_dir(), model_path(name)
    with lock(folder, name):
        here = _look(name, load_catalogue())
        if here is not None and here.origin == "imported":
            raise ModelError(f"{name} is a file that you imported: cyclorama models remove {name}, then pull it")
        if here is not None and not _problem(here):
            return here
        _ask_for(entry, accept)
        part = path.with_name(path.name + ".part")
        fetch(entry, part, on_progress)
        # A note without a file may remain from an interrupted removal: it does not describe this file.
        _note(name).unlink(missing_ok=True)
        publish(part, path)
        discard(part)
    return InstalledModel(entry, path, "published")


def import_file(file: Path, name: str, kind: Kind | None = None, given: Given | None = None) -> InstalledModel:
    """Copy an ONNX file into the store as ``name``, after inspecting it.

    ``kind`` may be None for a name of the catalogue. The published file is stored as such; any other gets a note with
    its contract. The same file may be imported again, with another contract. Raises SettingsError for an invalid name,
    kind or contract, ModelError where the file is no such network or cannot be copied.
    """
    wrong = f"{name} comes with the package" if name in BUNDLED else name_problem(name)
    if wrong:
        raise SettingsError(f"cannot import {file} under that name: {wrong}; choose another --name")
    catalogue = load_catalogue()
    digest = sha256_of(file)
    known = catalogue.models.get(name)
    as_published = known is not None and known.sha256 == digest and kind in (None, known.kind) and given is None
    entry = known if known and as_published else describe(file, digest, name, kind, given or Given(), catalogue)
    return _take_in(file, digest, entry, "published" if as_published else "imported")


def add_variant(file: Path, entry: ModelEntry) -> InstalledModel:
    """Copy a variant of a network into the store, described by ``entry``. Raises ModelError."""
    return _take_in(file, entry.sha256 or sha256_of(file), entry, "imported")


def check_free(name: str) -> None:
    """Raise ModelError where a model called ``name`` is installed."""
    if model_path(name).exists():
        raise ModelError(f"there is a model {name} already: cyclorama models remove {name}, or choose another --name")


def _take_in(file: Path, digest: str, entry: ModelEntry, origin: Origin) -> InstalledModel:
    name = entry.name
    folder, path = models_dir(), model_path(name)
    with lock(folder, name):
        if path.exists() and sha256_of(path) != digest:
            check_free(name)
        copy = _copy(path)
        try:
            copy_file(file, copy, digest)
            if origin == "published":
                _note(name).unlink(missing_ok=True)
            else:  # before the file: a file without a note would count as the published one
                write_json(_note(name), to_table(entry))
            publish(copy, path)
        finally:  # also when interrupted
            copy.unlink(missing_ok=True)
    return InstalledModel(entry, path, origin)


def remove(name: str) -> Path:
    """Delete a pulled or imported model, and partial files of an unfinished pull; returns the file's path.

    Raises SettingsError for a bundled one, ModelError where there is nothing to delete.
    """
    if name in BUNDLED:
        raise SettingsError(f"{name} comes with the package and cannot be removed")
    path = model_path(name)
    part = path.with_name(path.name + ".part")
    # The file first: without it the other files have no effect.
    files = [path, _note(name), part, part.with_name(part.name + ".json"), _copy(path)]
    if name_problem(name) or not any(file.exists() for file in files):
        raise ModelError(f"there is no model {name!r} in {models_dir()}: {_nearest(name, _names())}")
    with lock(models_dir(), name):
        for file in files:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise failure("delete", file, error) from error
    return path


def model_path(name: str) -> Path:
    """The path of the model ``name``, installed or not."""
    return models_dir() / f"{name}.onnx"


def _note(name: str) -> Path:
    return models_dir() / f"{name}.json"


def _copy(path: Path) -> Path:
    """The temporary file of an import."""
    return path.with_name(path.name + ".copy.part")


def _names() -> list[str]:
    """Names of the ONNX files in the folder, sorted; empty where there is no folder."""
    return sorted(path.stem for path in models_dir().glob("*.onnx"))


def _look(name: str, catalogue: Catalogue) -> InstalledModel | None:
    """The model, not verified; None where it is not installed. Raises ModelError for a broken note."""
    if name in BUNDLED:
        return InstalledModel(catalogue.models[name], bundled_path(BUNDLED[name][0]), "bundled")
    path = model_path(name)
    if name_problem(name) or not path.is_file():
        return None
    try:
        note = read_json(_note(name))
    except FileNotFoundError:
        entry = catalogue.models.get(name)
        return None if entry is None else InstalledModel(entry, path, "published")
    return InstalledModel(read_entry(name, Table(note, str(_note(name))), catalogue.licences), path, "imported")


def _problem(model: InstalledModel) -> str:
    """Verify the file of a model: what is wrong, or empty. Raises ModelError where it cannot be read."""
    if model.origin == "bundled":
        wanted = {bundled_path(file): DIGESTS[file] for file in BUNDLED[model.entry.name]}
    else:
        wanted = {model.path: model.entry.sha256 or "missing in its note"}
    for path, digest in wanted.items():
        found = sha256_of(path)
        if found != digest:
            return f"{path} is damaged or was replaced (its sha256 is {found}, and should be {digest})"
    return ""


def _renew(model: InstalledModel) -> str:
    name = model.entry.name
    if model.origin == "bundled":
        return "install cyclorama again"
    again = f"cyclorama models pull {name}" if model.origin == "published" else "import it again"
    return f"cyclorama models remove {name}, then {again}"


def _not_here(name: str, catalogue: Catalogue) -> str:
    if name in catalogue.models:
        return f"the model {name} is not on this machine yet: cyclorama models pull {name}"
    return f"there is no model called {name!r}: {_nearest(name, [*catalogue.models, *_names()])}"


def _nearest(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known, otherwise="cyclorama models list shows all")


def _ask_for(entry: ModelEntry, accept: Accept) -> None:
    """Ask the user to accept the licence, once for each model and licence. Raises SettingsError."""
    if entry.permissive:
        return
    note = models_dir() / f".{entry.name}.accepted.json"  # no name of a model begins with a dot
    accepted = {"licence": entry.licence}
    try:
        if read_json(note) == accepted:
            return
    except FileNotFoundError:
        pass
    if not accept(entry, load_catalogue().licences[entry.licence]):
        raise SettingsError(f"the licence of {entry.name}, {entry.licence}, was not accepted: nothing was downloaded")
    write_json(note, accepted)
