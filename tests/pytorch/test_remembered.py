"""A resumed training has the vectors of the run that it goes on with, to the last bit."""

from types import SimpleNamespace

import numpy as np

from reasonome.scoring.encoders import SentenceEncoder
from reasonome.training.checkpoints import KeepRemembered


def encoder(folder) -> SentenceEncoder:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text("{}")
    return SentenceEncoder(folder, "mean")


def test_a_resumed_training_remembers_what_the_saved_one_did(tmp_path, monkeypatch):
    monkeypatch.setattr(SentenceEncoder, "_encode", None)  # nothing may be encoded again
    (tmp_path / "checkpoint-3").mkdir()
    texts, vectors = ["DNA repair", "\ud800 half a letter"], np.array([[0.6, 0.8], [1.0, 0.0]], np.float32)
    saved = encoder(tmp_path / "encoder")
    saved.remember(texts, vectors)
    KeepRemembered({"made-up": saved}).on_save(
        SimpleNamespace(output_dir=str(tmp_path)), SimpleNamespace(global_step=3), None
    )
    resumed = encoder(tmp_path / "encoder")
    KeepRemembered({"made-up": resumed}).restore(tmp_path / "checkpoint-3")
    kept_texts, kept = resumed.remembered()
    assert kept_texts == texts and kept.tobytes() == vectors.tobytes()


def test_a_first_attempt_and_another_process_remember_nothing(tmp_path, monkeypatch):
    (tmp_path / "checkpoint-3").mkdir()
    fresh = encoder(tmp_path / "encoder")
    keep = KeepRemembered({"made-up": fresh})
    keep.restore(None)
    keep.on_save(SimpleNamespace(output_dir=str(tmp_path)), SimpleNamespace(global_step=3), None)
    monkeypatch.setenv("RANK", "1")
    keep.restore(tmp_path / "checkpoint-3")
    assert fresh.remembered()[0] == []
