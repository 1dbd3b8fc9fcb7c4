"""Import, find, list, verify, remove: nothing is taken that is no network, nothing is used that is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.models import store
from cyclorama.models.bundled import bundled_path
from cyclorama.models.files import lock
from cyclorama.models.importing import Given
from cyclorama.models.store import find, import_file, list_installed, models_dir, remove, verify

WriteNet = Callable[..., Path]
UINT8 = 2


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_the_folder_is_the_users_or_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(store.VARIABLE, raising=False)
    assert models_dir().parts[-2:] == ("cyclorama", "models")
    monkeypatch.setenv(store.VARIABLE, str(tmp_path))
    assert models_dir() == tmp_path
    monkeypatch.setenv(store.VARIABLE, "~/nets")
    assert models_dir() == Path.home() / "nets"


def test_the_bundled_networks_are_always_there(empty_store: Path) -> None:
    assert [model.entry.name for model in list_installed()] == ["selfie", "selfie-wide", "selfie-square"]
    assert find("selfie-wide").path.name == "selfie_wide.tflite"
    assert find("selfie").origin == "bundled"
    assert [check.problem for check in verify()] == ["", "", ""]
    with pytest.raises(SettingsError, match="selfie comes with the package and cannot be removed"):
        remove("selfie")
    with pytest.raises(SettingsError, match="selfie comes with the package; choose another --name"):
        import_file(Path("x.onnx"), "selfie")
    assert store.pull("selfie", lambda entry, licence: False, lambda done, total: None).origin == "bundled"
    assert not empty_store.exists()


def test_what_is_not_here_says_how_to_get_it(empty_store: Path) -> None:
    with pytest.raises(ModelError, match=r"rvm is not on this machine yet: cyclorama models pull rvm"):
        find("rvm")
    with pytest.raises(ModelError, match=r"no model called 'rvn': did you mean rvm\?"):
        find("rvn")
    with pytest.raises(ModelError, match=r"no model called '\.\./x': cyclorama models list shows all"):
        find("../x")
    for call in (verify, remove):
        with pytest.raises(ModelError, match="'zzzz'"):
            call("zzzz")


def test_an_import_has_the_usual_contract_of_its_kind(empty_store: Path, write_net: WriteNet) -> None:
    model = import_file(write_net(), "my-net", "salient")
    assert model.path == empty_store / "my-net.onnx"
    assert (model.origin, model.entry.kind, model.entry.licence, model.entry.permissive) == (
        "imported",
        "salient",
        "unknown",
        False,
    )
    assert (model.entry.input.size_wh, model.entry.input.std) == ((96, 64), (1.0, 1.0, 1.0))
    assert (model.entry.output.name, model.entry.output.activation) == (None, "minmax")
    assert find("my-net") == model
    assert list_installed()[-1] == model
    assert verify("my-net")[0].problem == ""
    assert left(empty_store) == ["my-net.json", "my-net.onnx"]


def test_an_import_has_the_contract_that_is_stated(empty_store: Path, write_net: WriteNet) -> None:
    given = Given((96, 64), (0.1, 0.2, 0.3), (0.4, 0.5, 0.6), True, "alpha", "sigmoid")
    entry = import_file(write_net(outputs=("other", "alpha")), "my-net", "salient", given).entry
    assert (entry.input.size_wh, entry.input.mean, entry.input.std) == ((96, 64), (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert entry.input.scale_by_max
    assert (entry.output.name, entry.output.activation) == ("alpha", "sigmoid")
    assert find("my-net").entry == entry


def test_open_sizes(empty_store: Path, write_net: WriteNet) -> None:
    file = write_net((1, 3, "height", "width"))
    assert import_file(file, "net-a", "modnet").entry.input.size_wh is None
    assert import_file(file, "net-b", "salient").entry.input.size_wh == (1024, 1024)
    assert import_file(file, "net-c", "salient", Given(size_wh=(512, 256))).entry.input.size_wh == (512, 256)


def test_320_pixels_are_taken_for_u2net(empty_store: Path, write_net: WriteNet) -> None:
    contract = import_file(write_net((1, 3, 320, 320)), "small", "salient").entry.input
    assert contract.scale_by_max
    assert contract.mean == (0.485, 0.456, 0.406)
    by_255 = import_file(write_net((1, 3, 320, 320)), "other", "salient", Given(scale_by_max=False)).entry.input
    assert not by_255.scale_by_max and by_255.mean == contract.mean


def test_rvm(empty_store: Path, rvm_file: Path) -> None:
    entry = import_file(rvm_file, "my-rvm", "rvm").entry
    assert (entry.kind, entry.input.size_wh, entry.output.name) == ("rvm", None, "pha")


def test_a_name_of_the_catalogue_brings_its_contract_and_is_no_published_file(
    empty_store: Path, rvm_file: Path, write_net: WriteNet
) -> None:
    model = import_file(rvm_file, "rvm")
    assert (model.origin, model.entry.licence, model.entry.url) == ("imported", "GPL-3.0", None)
    assert find("rvm") == model
    with pytest.raises(SettingsError, match="rvm is of the kind rvm, not salient"):
        import_file(write_net(), "rvm", "salient")
    with pytest.raises(ModelError, match=r"imported: cyclorama models remove rvm, then pull it"):
        store.pull("rvm", lambda entry, licence: True, lambda done, total: None)


def test_what_does_not_fit_its_kind_is_refused(empty_store: Path, write_net: WriteNet, rvm_file: Path) -> None:
    cases: list[tuple[Path, str, Given | None, str]] = [
        (write_net(), "rvm", None, r"--kind rvm: the inputs src, .*, downsample_ratio are missing, there are input"),
        (rvm_file, "salient", None, r"--kind salient: it takes 6 inputs instead of one picture"),
        (write_net((1, 64, 64, 3), name="nhwc.onnx"), "modnet", None, r"is not pictures of three channels, NCHW"),
        (write_net(element=UINT8, name="u8.onnx"), "modnet", None, r"input tensor\(uint8\).* is not float"),
        (write_net(), "salient", Given(output="pha"), r"there is no output 'pha', there are alpha"),
        (write_net(), "salient", Given(size_wh=(64, 96)), r"takes pictures of 96x64 and no others"),
    ]
    for file, kind, given, says in cases:
        with pytest.raises(ModelError, match=says):
            import_file(file, "my-net", kind, given)  # type: ignore[arg-type]
    assert not empty_store.exists()


def test_what_is_no_network_is_refused(empty_store: Path, write_net: WriteNet, tmp_path: Path) -> None:
    text = tmp_path / "text.onnx"
    text.write_text("no network")
    empty = tmp_path / "empty.onnx"
    empty.touch()
    cut = write_net(name="cut.onnx")
    cut.write_bytes(cut.read_bytes()[:-20])
    for file in (text, empty, cut):
        with pytest.raises(ModelError, match=rf"{file.name} is no ONNX network that can be opened here"):
            import_file(file, "my-net", "salient")
    with pytest.raises(ModelError, match=r"missing\.onnx: No such file"):
        import_file(tmp_path / "missing.onnx", "my-net", "salient")
    with pytest.raises(ModelError, match="Is a directory"):
        import_file(tmp_path, "my-net", "salient")
    assert not empty_store.exists()


@pytest.mark.parametrize("name", ["../net", "Net", "a", "a/b"])
def test_names_that_cannot_be(empty_store: Path, write_net: WriteNet, name: str) -> None:
    with pytest.raises(SettingsError, match="choose another --name"):
        import_file(write_net(), name, "salient")


def test_an_unknown_name_needs_a_kind(empty_store: Path, write_net: WriteNet) -> None:
    with pytest.raises(SettingsError, match=r"--kind rvm\|modnet\|salient"):
        import_file(write_net(), "my-net")


def test_another_file_never_replaces_one(empty_store: Path, write_net: WriteNet) -> None:
    import_file(write_net(), "my-net", "salient")
    with pytest.raises(ModelError, match=r"a model my-net already: cyclorama models remove my-net"):
        import_file(write_net(outputs=("other",)), "my-net", "salient")
    assert find("my-net").entry.size_bytes == write_net().stat().st_size


def test_the_same_file_may_have_another_contract(empty_store: Path, write_net: WriteNet) -> None:
    import_file(write_net(), "my-net", "salient")
    import_file(write_net(), "my-net", "salient", Given(activation="sigmoid"))
    assert find("my-net").entry.output.activation == "sigmoid"


def test_a_damaged_file_is_refused_and_named(empty_store: Path, write_net: WriteNet) -> None:
    path = import_file(write_net(), "my-net", "salient").path
    data = path.read_bytes()
    for damaged in (data[:-1], data[:-1] + b"?", b""):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match=r"my-net is refused: .*damaged.*models remove my-net, then import it"):
            find("my-net")
        assert [check.name for check in verify() if check.problem] == ["my-net"]


@pytest.mark.parametrize("damaged", ["selfie_square.tflite", "selfie_wide.tflite"])
def test_each_file_of_a_bundled_network_counts(
    empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    copy = tmp_path / damaged
    copy.write_bytes(bundled_path(damaged).read_bytes()[:-1] + b"?")
    monkeypatch.setattr(store, "bundled_path", lambda name: copy if name == damaged else bundled_path(name))
    broken = {check.name: check.problem for check in verify() if check.problem}
    assert set(broken) == {"selfie", damaged.removesuffix(".tflite").replace("_", "-")}
    assert all(f"{copy} is damaged" in problem and "install cyclorama again" in problem for problem in broken.values())
    with pytest.raises(ModelError, match="the model selfie is refused"):
        find("selfie")


def test_a_stranger_under_a_published_name_is_refused(empty_store: Path) -> None:
    empty_store.mkdir()
    (empty_store / "rvm.onnx").write_bytes(b"put there by hand")
    (empty_store / "stranger.onnx").write_bytes(b"nobody knows it")
    with pytest.raises(ModelError, match=r"rvm is refused: .*models remove rvm, then cyclorama models pull rvm"):
        find("rvm")
    assert "stranger" not in [model.entry.name for model in list_installed()]


def test_a_broken_note_hurts_its_model_alone(
    empty_store: Path, write_net: WriteNet, caplog: pytest.LogCaptureFixture
) -> None:
    import_file(write_net(), "net-a", "salient")
    import_file(write_net(), "net-b", "salient")
    note = empty_store / "net-a.json"
    for text, says in (
        ("{", "net-a.json"),
        ("[]", "it is not a table"),
        ('{"kind": "rvn"}', "good_for: it is missing"),
    ):
        note.write_text(text)
        with pytest.raises(ModelError, match=says):
            find("net-a")
        assert [model.entry.name for model in list_installed()][-1] == "net-b"
        assert "net-a.json" in caplog.text
        assert [check.name for check in verify() if check.problem] == ["net-a"]
    remove("net-a")
    assert left(empty_store) == ["net-b.json", "net-b.onnx"]


def test_remove(empty_store: Path, write_net: WriteNet) -> None:
    path = import_file(write_net(), "my-net", "salient").path
    assert remove("my-net") == path
    assert left(empty_store) == []
    with pytest.raises(ModelError, match="there is no model 'my-net'"):
        remove("my-net")


def test_who_holds_a_model_is_not_disturbed(empty_store: Path, write_net: WriteNet) -> None:
    import_file(write_net(), "my-net", "salient")
    with lock(empty_store, "my-net"):
        for call in (lambda: remove("my-net"), lambda: import_file(write_net(), "my-net", "salient")):
            with pytest.raises(ModelError, match="another cyclorama is pulling, importing or removing my-net"):
                call()
    assert find("my-net").origin == "imported"


def test_a_file_that_changes_while_it_is_copied(
    empty_store: Path, write_net: WriteNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_net()

    def copy(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes() + b"more")

    monkeypatch.setattr("cyclorama.models.files.shutil.copyfile", copy)
    with pytest.raises(ModelError, match="changed while it was copied"):
        import_file(file, "my-net", "salient")
    assert left(empty_store) == []


def test_a_full_disk_leaves_nothing(empty_store: Path, write_net: WriteNet, monkeypatch: pytest.MonkeyPatch) -> None:
    def copy(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cyclorama.models.files.shutil.copyfile", copy)
    with pytest.raises(ModelError, match=r"No space left on device; free some space there"):
        import_file(write_net(), "my-net", "salient")
    assert left(empty_store) == []


def test_an_import_that_was_cut_short_leaves_a_note_that_means_nothing(empty_store: Path) -> None:
    empty_store.mkdir()
    (empty_store / "rvm.json").write_text(json.dumps({"sha256": "0" * 64}))
    assert "rvm" not in [model.entry.name for model in list_installed()]
    with pytest.raises(ModelError, match="models pull rvm"):
        find("rvm")


def test_the_real_networks(empty_store: Path, shared: Path) -> None:
    rvm = import_file(shared / "models" / "rvm_mobilenetv3_fp32.onnx", "rvm", "rvm")
    isnet = import_file(shared / "models" / "isnet_general_q8.onnx", "isnet-q8", "salient")
    assert (rvm.entry.output.name, rvm.entry.input.size_wh) == ("pha", None)
    assert (isnet.entry.input.size_wh, isnet.entry.input.mean) == ((1024, 1024), (0.5, 0.5, 0.5))
    assert [check.problem for check in verify()] == [""] * 5


def test_no_file_is_there_before_its_contract_is(
    empty_store: Path, write_net: WriteNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the file would count as the published one of its name."""

    def interrupted(path: Path, values: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "write_json", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_file(write_net(), "my-net", "salient")
    assert left(empty_store) == []


def test_an_interrupted_import_leaves_nothing(
    empty_store: Path, write_net: WriteNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(source: Path, target: Path, digest: str) -> None:
        target.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "copy_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_file(write_net(), "my-net", "salient")
    assert left(empty_store) == []
