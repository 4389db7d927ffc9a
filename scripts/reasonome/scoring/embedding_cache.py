"""Embeddings kept on disk, so that a text is encoded once: immutable shards, found by what they hold."""

import errno
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
_MANY = 64  # small shards, before they are put together
_LARGE = 65_536  # vectors of a shard that is left as it is


class EmbeddingCache:
    """The vectors of one encoder by text, in a folder below `folder` that is named after `identity`.

    Several processes may read and write it at once, on shared file systems too: a shard is moved into place whole and
    never changed. Where two encoded the same text, the older vector is the one that is found.
    """

    def __init__(self, folder: str | Path, identity: str):
        self.folder = Path(folder) / identity[:16]
        self._identity = identity
        self._keys: dict[str, np.ndarray] = {}  # sorted, by the name of their shard
        self._damaged: set[str] = set()

    def find(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors (float32, shape (d,)) of those texts that are kept.

        A shard that cannot be read is passed over with a warning that names it.
        """
        self._look_for_shards()
        wanted = self._key(texts)
        missing = np.arange(len(texts))
        found: dict[str, np.ndarray] = {}
        moved = False
        for shard in sorted(self._keys):
            known = self._keys[shard]
            rows = np.minimum(np.searchsorted(known, wanted[missing]), len(known) - 1)
            hits = known[rows] == wanted[missing]
            if not hits.any():
                continue
            vectors = self._read(shard, "vectors")
            if vectors is None:
                moved = moved or shard not in self._damaged
                continue
            found.update(zip((texts[i] for i in missing[hits]), vectors[rows[hits]], strict=True))
            missing = missing[~hits]
        # Another process put shards together while this one looked: what they held is in a new one.
        return found | self.find([texts[i] for i in missing]) if moved else found

    def add(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Keep the vectors, shape (len(texts), d), of distinct texts, as a shard of its own."""
        keys = self._key(texts)
        order = np.argsort(keys)
        self._write(time.time_ns(), keys[order], np.asarray(vectors, dtype=np.float32)[order])
        small = [shard for shard in sorted(self._keys) if len(self._keys[shard]) < _LARGE]
        if len(small) > _MANY:
            self._put_together(small)

    def _key(self, texts: Sequence[str]) -> np.ndarray:
        # surrogatepass: half a character, which JSON may hold, has no bytes in UTF-8
        named = (f"{self._identity}\0{text}".encode(errors="surrogatepass") for text in texts)
        digests = [hashlib.sha256(name).digest() for name in named]
        return np.array(digests, dtype=_KEY)

    def _look_for_shards(self) -> None:
        names = {path.name for path in self.folder.glob("*.npz")}
        self._keys = {name: keys for name, keys in self._keys.items() if name in names}
        for name in sorted(names - self._keys.keys() - self._damaged):
            keys = self._read(name, "keys")
            if keys is not None:
                self._keys[name] = keys

    def _read(self, shard: str, member: str) -> np.ndarray | None:
        """An array of a shard, its checksum compared; None if the shard is damaged, or gone by now."""
        path = self.folder / shard
        try:
            with zipfile.ZipFile(path) as archive:
                content = io.BytesIO(archive.read(f"{member}.npy"))
            return np.lib.format.read_array(content, allow_pickle=False)
        # What zipfile and numpy raise where a byte is wrong, a compression or an encryption read into it included.
        except (OSError, zipfile.BadZipFile, EOFError, KeyError, ValueError, RuntimeError) as error:
            if not (isinstance(error, OSError) and error.errno in (errno.ENOENT, errno.ESTALE)):
                self._damaged.add(shard)
                what = f"{path} cannot be read, its texts are encoded again; delete it ({error})"
                warnings.warn(what, stacklevel=2)
        self._keys.pop(shard, None)
        return None

    def _write(self, stamp: int, keys: np.ndarray, vectors: np.ndarray) -> None:
        # Shards sort by age. The random part keeps apart what two processes write at the same moment.
        name = f"{stamp:020d}-{secrets.token_hex(8)}.npz"
        with atomic.replacing(self.folder / name) as temporary, open(temporary, "wb") as out:
            np.savez(out, keys=keys, vectors=vectors)
        self._keys[name] = keys

    def _put_together(self, shards: Sequence[str]) -> None:
        """Write the first of the shards, up to a large one's worth, as one, then delete them."""
        keys, vectors, read = [], [], []
        for shard in shards:
            if sum(map(len, keys)) >= _LARGE:
                break
            known, found = self._keys[shard], self._read(shard, "vectors")
            if found is None:
                return  # damaged, and left out next time; or another process is at it
            keys.append(known)
            vectors.append(found)
            read.append(shard)
        together, first = np.unique(np.concatenate(keys), return_index=True)  # of equal keys the older one
        self._write(int(read[0].split("-")[0]), together, np.concatenate(vectors)[first])
        for shard in read:
            (self.folder / shard).unlink(missing_ok=True)
            del self._keys[shard]
