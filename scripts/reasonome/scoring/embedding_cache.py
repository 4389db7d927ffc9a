"""Embeddings kept on disk in immutable shards, so that a text is encoded once."""

import hashlib
import io
import secrets
import time
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reasonome.core import atomic

_KEY = np.dtype("S32")  # a SHA-256


class EmbeddingCache:
    """The vectors of one encoder by text, in a folder below `folder` that is named after `identity`.

    Several processes may read and write it at once, also on shared file systems: a shard is moved into place whole and
    never changed. If two processes encoded the same text, the older vector is used.
    """

    def __init__(self, folder: str | Path, identity: str):
        self.folder = Path(folder) / identity[:16]
        self._identity = identity
        self._keys: dict[str, np.ndarray] = {}  # by name of the shard, sorted; empty if it is damaged

    def find(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors (float32, shape (d,)) of those texts that are in the cache.

        A shard that cannot be read is skipped with a warning that names it.
        """
        wanted = self._key(texts)
        missing = np.arange(len(texts))
        cached: dict[str, np.ndarray] = {}
        for path in sorted(self.folder.glob("*.npz")):
            if path.name not in self._keys:
                self._keys[path.name] = self._read(path, "keys")
            known = self._keys[path.name]
            if not len(known):
                continue
            rows = np.minimum(np.searchsorted(known, wanted[missing]), len(known) - 1)
            hits = known[rows] == wanted[missing]
            if not hits.any():
                continue
            vectors = self._read(path, "vectors")
            if len(vectors):
                cached.update(zip((texts[i] for i in missing[hits]), vectors[rows[hits]], strict=True))
                missing = missing[~hits]
        return cached

    def add(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Write the vectors, shape (len(texts), d), of distinct texts as a new shard."""
        keys = self._key(texts)
        order = np.argsort(keys)
        # Shards sort by age. The random part separates shards that two processes write at the same moment.
        name = f"{time.time_ns():020d}-{secrets.token_hex(8)}.npz"
        with atomic.replacing(self.folder / name) as temporary, open(temporary, "wb") as out:
            np.savez(out, keys=keys[order], vectors=np.asarray(vectors, dtype=np.float32)[order])

    def _key(self, texts: Sequence[str]) -> np.ndarray:
        # surrogatepass: half a character, which JSON may hold, has no bytes in UTF-8
        named = (f"{self._identity}\0{text}".encode(errors="surrogatepass") for text in texts)
        digests = [hashlib.sha256(name).digest() for name in named]
        return np.array(digests, dtype=_KEY)

    def _read(self, path: Path, member: str) -> np.ndarray:
        """An array of a shard, its checksum compared; an empty one, also later, if the shard cannot be read."""
        try:
            with zipfile.ZipFile(path) as archive:
                content = io.BytesIO(archive.read(f"{member}.npy"))
            return np.lib.format.read_array(content, allow_pickle=False)
        # What zipfile and numpy raise for a damaged file, also where a wrong byte looks like compression or encryption.
        except (OSError, zipfile.BadZipFile, EOFError, KeyError, ValueError, RuntimeError) as error:
            what = f"{path} cannot be read, its texts are encoded again; delete it ({error})"
            warnings.warn(what, stacklevel=2)
            self._keys[path.name] = np.array([], dtype=_KEY)
            return self._keys[path.name]
