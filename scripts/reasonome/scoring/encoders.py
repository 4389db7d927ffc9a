"""Sentence encoders: cosine similarity of pairs of texts, each distinct text encoded once and kept on disk."""

import hashlib
import io
import secrets
import time
import warnings
import zipfile
from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from tqdm import tqdm

from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import canonical, folder_sha256, text_sha256

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from reasonome.config.backbones import EncoderFolder

_PRECISION = "float32"
_PADDED_TOKENS = {False: 512, True: 65_536}  # tokens of a batch, by whether there is a GPU: fewer leave a GPU idle
_FEW = 64  # texts that are one batch, whatever their lengths
_KEPT_AT_ONCE = 4096  # texts, so that an interrupted job has not encoded in vain
_KEY = np.dtype("S32")  # a SHA-256, by which the cache knows a text
_REMEMBERED = 100_000  # texts of a training run, which has new ones for days: some hundred megabytes


class SentenceEncoder:
    """An encoder in a local folder, with the pooling it was published with ("mean" or "cls").

    Embeddings are unit length and kept in memory, and in the folder `cache` if one is given, so that a text seen
    before costs next to nothing: the model is loaded for the first new text. Beyond `remembered` texts, the least
    recently used are forgotten.

    More than _FEW new texts are batched by tokens, which leaves little padding: a third less work with names of genes
    and processes than by characters. The last bits of a vector depend on the other texts of its batch.
    """

    def __init__(
        self,
        folder: str | Path,
        pooling: Literal["mean", "cls"],
        cache: str | Path | None = None,
        remembered: int | None = None,
    ):
        self._folder = Path(folder)
        if not (self._folder / "config.json").is_file():
            fix = f"snakemake {self._folder.parent}/manifest.json"
            raise InputError("no sentence encoder here", file=self._folder, fix=fix)
        self._pooling: Literal["mean", "cls"] = pooling
        self._known: dict[str, np.ndarray] = {}
        self._remembered = remembered
        self._cache = None if cache is None else EmbeddingCache(cache, self.identity)

    @cached_property
    def identity(self) -> str:
        """SHA-256 of all that a vector depends on beside its text: the model's files, pooling, precision."""
        # Hidden files do not belong to a model: Snakemake leaves a time stamp in folders.
        digests = folder_sha256(self._folder)
        files = {name: digest for name, digest in digests.items() if not Path(name).name.startswith(".")}
        return text_sha256(canonical({"model": files, "pooling": self._pooling, "precision": _PRECISION}))

    @cached_property
    def _model(self) -> "SentenceTransformer":
        # Imported late: cached texts need neither the model nor the seconds that torch takes to load.
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

        transformer = Transformer(str(self._folder), model_kwargs={"dtype": _PRECISION})
        pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode=self._pooling)
        return SentenceTransformer(modules=[transformer, pooling])

    def load(self) -> None:
        """Load the model now rather than for the first new text."""
        self._model.eval()

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32, shape (len(texts), d); distinct new texts are encoded in batches of similar length."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new and self._cache is not None:
            self._known.update(self._cache.find(new))
            new = [text for text in new if text not in self._known]
        # The longest first, so that a lack of memory shows at once.
        self._encode(sorted(new, key=len, reverse=True))
        vectors = np.stack([self._known[text] for text in texts]) if texts else np.zeros((0, 0), np.float32)
        if self._remembered is not None:
            self._forget(texts, self._remembered)
        return vectors

    def remembered(self) -> tuple[list[str], np.ndarray]:
        """The texts in memory, least recently used first, and their vectors, shape (n, d)."""
        vectors = np.stack(list(self._known.values())) if self._known else np.zeros((0, 0), np.float32)
        return list(self._known), vectors

    def remember(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Put texts and vectors into memory, as `remembered` by an equal encoder."""
        self._known.update(zip(texts, vectors, strict=True))

    def _forget(self, texts: Sequence[str], most: int) -> None:
        """Forget the least recently used texts beyond `most`; `texts` were used last."""
        for text in dict.fromkeys(texts):
            # Copied: a row of a batch would hold the whole batch in memory.
            self._known[text] = self._known.pop(text).copy()
        for text in list(islice(self._known, max(0, len(self._known) - most))):
            del self._known[text]

    def _encode(self, texts: Sequence[str]) -> None:
        with tqdm(total=len(texts), desc="encoding", unit=" texts", delay=5, leave=False) as bar:
            for start in range(0, len(texts), _KEPT_AT_ONCE):
                vectors = []
                batches = self._batches(texts[start : start + _KEPT_AT_ONCE])
                for batch in batches:
                    vectors.append(
                        self._model.encode(
                            batch,
                            batch_size=len(batch),
                            normalize_embeddings=True,
                            convert_to_numpy=True,
                            show_progress_bar=False,
                        )
                    )
                    bar.update(len(batch))
                self._keep([text for batch in batches for text in batch], np.concatenate(vectors))

    def _batches(self, texts: Sequence[str]) -> list[list[str]]:
        """Batches of similar length, each with a maximum of tokens, padding included; a few texts are one batch."""
        if len(texts) <= _FEW:
            return [list(texts)]
        counts = dict(zip(texts, map(len, self._model.tokenizer(list(texts))["input_ids"]), strict=True))
        most = _PADDED_TOKENS[self._model.device.type == "cuda"]
        batches: list[list[str]] = []
        for text in sorted(texts, key=counts.__getitem__, reverse=True):
            if not batches or (len(batches[-1]) + 1) * counts[batches[-1][0]] > most:
                batches.append([])
            batches[-1].append(text)
        return batches

    def _keep(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        self._known.update(zip(texts, vectors, strict=True))
        if self._cache is None:
            return
        try:
            self._cache.add(texts, vectors)
        except OSError as error:  # a folder of another user, or a full disk: score without a cache
            warnings.warn(f"embeddings are not kept: {error}", stacklevel=2)
            self._cache = None

    def similarity(self, first: Sequence[str], second: Sequence[str]) -> np.ndarray:
        """Cosines of the pairs (first[i], second[i])."""
        both = self.embed([*first, *second])
        return np.einsum("ij,ij->i", both[: len(first)], both[len(first) :])


def mean_similarity(encoders: Sequence[SentenceEncoder]):
    """The mean of several encoders' similarities, as one function of two lists of texts."""
    return lambda first, second: np.mean([encoder.similarity(first, second) for encoder in encoders], axis=0)


def load_encoders(encoders: "Sequence[EncoderFolder]", keep: bool = True) -> dict[str, SentenceEncoder]:
    """The encoders by name, that of their folder.

    With `keep`, vectors are kept in cache/ beside the model; without, in memory, up to a number of texts.
    """
    return {
        folder.name: SentenceEncoder(
            folder / "model",
            pooling,
            cache=folder / "cache" if keep else None,
            remembered=None if keep else _REMEMBERED,
        )
        for folder, pooling in encoders
    }


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
                cached |= {texts[int(i)]: vector for i, vector in zip(missing[hits], vectors[rows[hits]], strict=True)}
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
