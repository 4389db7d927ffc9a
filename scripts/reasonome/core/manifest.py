"""Manifests: what a model was made from. Equal inputs give equal manifests; wall-clock facts are kept in run.json."""

import hashlib
import json
import os
import platform
import resource
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from reasonome import __version__
from reasonome.core import atomic
from reasonome.core.errors import InputError

PACKAGES = ("torch", "transformers", "trl", "accelerate", "datasets", "tokenizers", "sentence-transformers")


def canonical(value: object) -> str:
    """One JSON text per value: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def text_sha256(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def file_sha256(path: str | os.PathLike) -> str:
    """SHA-256 of a file, in hex."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def folder_sha256(folder: str | os.PathLike) -> dict[str, str]:
    """SHA-256 of the files of a folder, by relative path."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_sha256(path) for path in files}


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Versions of Python, this package and the packages that numbers depend on."""
    return {
        "python": platform.python_version(),
        "reasonome": __version__,
        **{name: metadata.version(name) for name in packages},
    }


def read_manifest(path: str | os.PathLike) -> dict[str, Any]:
    """Read a manifest; InputError if it is missing says how to make the model."""
    path = Path(path)
    if not path.is_file():
        raise InputError(
            "this model is missing or was not finished", file=path, fix=f"snakemake {path} makes it and its parents"
        )
    return atomic.read_json(path)


def peak_memory_gb() -> float:
    """Peak memory of this process and its children, in GB."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1e6


class Stopwatch:
    """Wall-clock facts of one job: kept out of the manifest, in run.json."""

    def __init__(self) -> None:
        self.started = time.time()
        self.earlier = 0.0  # seconds of interrupted attempts that this one continues

    def seconds(self) -> float:
        """Seconds spent so far, those of earlier attempts included."""
        return round(self.earlier + time.time() - self.started, 1)

    def write(self, path: str | os.PathLike, **facts: object) -> None:
        """Write seconds, peak memory (GB, this process and its children) and `facts`."""
        atomic.write_json(
            path,
            {
                "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started)),
                "seconds": self.seconds(),
                "peak_memory_gb": round(peak_memory_gb(), 2),
                "threads": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)),
                **facts,
            },
        )
