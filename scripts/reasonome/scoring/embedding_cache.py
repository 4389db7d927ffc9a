"""Embeddings kept on disk, so that a text is encoded once: immutable shards, found by what they hold."""

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

    Several processes may read and write it at once, on shared file systems too: a shard is moved into place whole and
    never changed. Where two encoded the same text, the older vector is the one that is found.
    """

    def __init__(self, folder: str | Path, identity: str):
        self.folder = Path(folder) / identity[:16]
        self._identity = identity
        self._keys: dict[str, np.ndarray] = {}  # sorted, by the name of their shard; none of one that is damaged

    def find(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors (float32, shape (d,)) of those texts that are kept.

        A shard that cannot be read is passed over with a warning that names it.
        """
        wanted = self._key(texts)
        missing = np.arange(len(texts))
        found: dict[str, np.ndarray] = {}
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
                found.update(zip((texts[i] for i in missing[hits]), vectors[rows[hits]], strict=True))
                missing = missing[~hits]
        return found

    def add(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Keep the vectors, shape (len(texts), d), of distinct texts, as a shard of its own."""
        keys = self._key(texts)
        order = np.argsort(keys)
        # Shards sort by age. The random part keeps apart what two processes write at the same moment.
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
        # What zipfile and numpy raise where a byte is wrong, a compression or an encryption read into it included.
        except (OSError, zipfile.BadZipFile, EOFError, KeyError, ValueError, RuntimeError) as error:
            what = f"{path} cannot be read, its texts are encoded again; delete it ({error})"
            warnings.warn(what, stacklevel=2)
            self._keys[path.name] = np.array([], dtype=_KEY)
            return self._keys[path.name]
