"""Vectors that the encoders of rewards have computed, kept in every checkpoint.

The last bits of a vector depend on what its text was encoded beside. A resumed run that encoded again, beside other
texts, what an undisturbed one remembers would earn rewards that differ in those bits, and write another history.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from transformers import TrainerCallback

from reasonome.scoring.encoders import SentenceEncoder
from reasonome.training import processes


class KeepRemembered(TrainerCallback):
    """Write the vectors of `encoders` into each checkpoint that is saved; add it before `MarkComplete`."""

    def __init__(self, encoders: Mapping[str, SentenceEncoder]):
        self._encoders = encoders

    def restore(self, checkpoint: Path | None) -> None:
        """Remember what this process did when it saved the checkpoint, if there is one."""
        for name, encoder in self._encoders.items() if checkpoint else ():
            file = self._file(checkpoint, name)
            if file.is_file():  # another number of processes had saved
                with np.load(file) as kept:
                    encoder.remember(json.loads(kept["texts"].tobytes()), kept["vectors"])

    def on_save(self, args, state, control, **kwargs):
        """Every process writes its own: each scores its own completions."""
        for name, encoder in self._encoders.items():
            texts, vectors = encoder.remembered()
            file = self._file(Path(args.output_dir) / f"checkpoint-{state.global_step}", name)
            np.savez(file, texts=np.frombuffer(json.dumps(texts).encode("ascii"), np.uint8), vectors=vectors)

    @staticmethod
    def _file(checkpoint: Path, encoder: str) -> Path:
        return checkpoint / f"vectors-{encoder}-{processes.rank()}.npz"
