"""Sentence encoders: cosine similarity of pairs of texts, each distinct text encoded once."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

from reasonome.errors import InputError
from reasonome.project import Project, lookup


class SentenceEncoder:
    """An encoder in a local folder, with the pooling it was published with ("mean" or "cls").

    Embeddings are unit length and kept in memory, so that a text seen before costs nothing.
    """

    def __init__(self, folder: str | Path, pooling: str, batch_size: int = 64):
        folder = Path(folder)
        if not (folder / "config.json").is_file():
            raise InputError("no sentence encoder here", file=folder, fix=f"snakemake {folder.parent}/manifest.json")
        transformer = Transformer(str(folder))
        width = transformer.get_embedding_dimension()
        self._model = SentenceTransformer(modules=[transformer, Pooling(width, pooling_mode=pooling)])
        self._batch_size = batch_size
        self._cache: dict[str, np.ndarray] = {}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, one row per text; distinct new texts are encoded in one batched call."""
        new = [text for text in dict.fromkeys(texts) if text not in self._cache]
        if new:
            vectors = self._model.encode(
                new,
                batch_size=self._batch_size,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=len(new) > 500,
            )
            self._cache.update(zip(new, vectors, strict=True))
        return np.stack([self._cache[text] for text in texts])

    def similarity(self, first: Sequence[str], second: Sequence[str]) -> np.ndarray:
        """Cosines of the pairs (first[i], second[i])."""
        both = self.embed([*first, *second])
        return np.einsum("ij,ij->i", both[: len(first)], both[len(first) :])


def mean_similarity(encoders: Sequence[SentenceEncoder]):
    """The mean of several encoders' similarities, as one function of two lists of texts."""
    return lambda first, second: np.mean([encoder.similarity(first, second) for encoder in encoders], axis=0)


def load_encoders(project: Project, folders: Sequence[Path]) -> dict[str, SentenceEncoder]:
    """The encoders in `folders` (each named as in encoders.yaml, with model/ inside), by name."""
    return {
        folder.name: SentenceEncoder(folder / "model", lookup(project.encoders, folder.name, "encoder").pooling)
        for folder in folders
    }
