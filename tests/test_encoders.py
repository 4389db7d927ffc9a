"""Sentence encoders: similarity on real weights, pooling by hand on a tiny random one, caching on one made up."""

import hashlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from refusals import refused

from reasonome.config.backbones import EncoderFolder
from reasonome.scoring import encoders
from reasonome.scoring.encoders import SentenceEncoder, load_encoders, mean_similarity

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "dna", "repair", "binding", "nucleus"]


@pytest.fixture(scope="module")
def minilm(encoder_model):
    return SentenceEncoder(encoder_model, "mean")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Folder of a BERT of two layers with random weights."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_identical_texts_are_alike_and_meaning_counts(minilm):
    pairs = [("DNA repair", "DNA repair"), ("DNA repair", "repair of DNA damage"), ("DNA repair", "membrane")]
    same, near, far = minilm.similarity(*zip(*pairs, strict=True))
    assert same == pytest.approx(1, abs=1e-5)
    assert 0.6 < near < 0.99
    assert far < 0.4
    assert np.linalg.norm(minilm.embed(["DNA", "a longer text"]), axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pooling_by_hand(tiny, pooling):
    import torch
    from transformers import BertModel

    model = BertModel.from_pretrained(tiny).eval()
    expected = []
    for text in ("dna repair", "nucleus binding dna repair"):
        ids = [WORDS.index(word) for word in ["[CLS]", *text.split(), "[SEP]"]]
        with torch.no_grad():
            hidden = model(torch.tensor([ids])).last_hidden_state[0]
        vector = hidden.mean(dim=0) if pooling == "mean" else hidden[0]
        expected.append((vector / vector.norm()).numpy())
    # Both in one call, so that the shorter one is padded, which must not count.
    found = SentenceEncoder(tiny, pooling).embed(["dna repair", "nucleus binding dna repair"])
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.slow
def test_the_mean_of_encoders(tiny):
    encoders = [SentenceEncoder(tiny, pooling) for pooling in ("mean", "cls")]
    first, second = ["dna repair", "nucleus"], ["binding", "dna"]
    each = [encoder.similarity(first, second) for encoder in encoders]
    assert not np.allclose(*each)
    assert np.allclose(mean_similarity(encoders)(first, second), (each[0] + each[1]) / 2)


def test_a_missing_folder_is_named(tmp_path):
    with refused(tmp_path / "minilm" / "model", fix="snakemake"):
        SentenceEncoder(tmp_path / "minilm" / "model", "mean")


@pytest.mark.slow
def test_encoders_are_loaded_with_their_own_pooling_and_a_cache_beside_the_model(project, tiny, tmp_path):
    (tmp_path / "medcpt").mkdir()
    (tmp_path / "medcpt" / "model").symlink_to(tiny)
    loaded = load_encoders([EncoderFolder(tmp_path / "medcpt", project.encoders["medcpt"].pooling)])
    assert list(loaded) == ["medcpt"]
    assert np.allclose(loaded["medcpt"].embed(["dna"]), SentenceEncoder(tiny, "cls").embed(["dna"]))
    assert len(list((tmp_path / "medcpt" / "cache").glob("*/*.npz"))) == 1


def test_an_unknown_encoder_is_named(project, tmp_path):
    with refused(fix="did you mean 'medcpt'?"):
        project.encoder_folders(["medcp"])


# As the authors of each describe the use of their model; another pooling gives other similarities without an error.
PUBLISHED_POOLING = {"medcpt": "cls", "sentence-bert": "mean", "sapbert": "cls", "minilm": "mean"}


def test_every_encoder_has_its_published_pooling(project):
    assert {name: encoder.pooling for name, encoder in project.encoders.items()} == PUBLISHED_POOLING


class MadeUpModel:
    """Gives every text a vector of its own, and remembers the batches that it was given."""

    def __init__(self):
        self.batches = []

    def encode(self, texts, **options):
        self.batches.append(list(texts))
        return np.stack([vector_of(text) for text in texts])


def vector_of(text):
    numbers = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype=np.uint8).astype(np.float32)
    return numbers / np.linalg.norm(numbers)


@pytest.fixture
def folder(tmp_path):
    """Folder of an encoder's files, with nothing in them that could be loaded."""
    (tmp_path / "made-up" / "model").mkdir(parents=True)
    (tmp_path / "made-up" / "model" / "config.json").write_text("{}")
    (tmp_path / "made-up" / "model" / "model.safetensors").write_bytes(b"weights")
    return tmp_path / "made-up" / "model"


@pytest.fixture
def model(monkeypatch):
    """The model that all encoders have."""
    made_up = MadeUpModel()
    monkeypatch.setattr(SentenceEncoder, "_model", made_up)
    return made_up


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def batches_of(model):
    """The batches since this was asked last."""
    given, model.batches = model.batches, []
    return given


def test_a_text_is_encoded_once(folder, model):
    encoder = SentenceEncoder(folder, "mean")
    encoder.similarity(["dna", "dna", "repair"], ["repair", "nucleus", "repair"])
    encoder.similarity(["dna"], ["nucleus"])
    encoder.embed(["nucleus", "binding"])
    assert batches_of(model) == [["nucleus", "repair", "dna"], ["binding"]]
    assert len(encoder.embed([])) == 0 and encoder.similarity([], []).tolist() == []
    assert batches_of(model) == []


def test_batches_hold_a_number_of_tokens_and_rows_are_in_the_order_asked(folder, model, monkeypatch):
    model.tokenizer = lambda texts: {"input_ids": [text.split() for text in texts]}
    model.device = SimpleNamespace(type="cpu")
    monkeypatch.setattr(encoders, "_PADDED_TOKENS", {False: 4})
    texts = ["immunoglobulin", "y z", "x", "a b c d"]
    monkeypatch.setattr(encoders, "_FEW", 3)
    found = SentenceEncoder(folder, "mean").embed([*texts, texts[0]])
    assert batches_of(model) == [["a b c d"], ["y z", "immunoglobulin"], ["x"]]
    SentenceEncoder(folder, "mean").embed(["x", "y z", "a b c d"])
    assert batches_of(model) == [["a b c d", "y z", "x"]], "a few stay one batch"
    assert found.shape == (5, 32)
    assert (found == [vector_of(text) for text in [*texts, texts[0]]]).all()


def test_texts_of_another_encoder_object_come_from_the_cache(folder, model, cache):
    first = SentenceEncoder(folder, "mean", cache=cache).embed(["dna", "repair"])
    batches_of(model)
    second = SentenceEncoder(folder, "mean", cache=cache).embed(["repair", "dna", "nucleus"])
    assert batches_of(model) == [["nucleus"]]
    assert second[[1, 0]].tobytes() == first.tobytes()


@pytest.mark.parametrize("change", ["weights", "another file", "a file less", "pooling"])
def test_another_model_has_entries_of_its_own(folder, model, cache, change):
    (folder / "vocab.txt").write_text("dna")
    SentenceEncoder(folder, "mean", cache=cache).embed(["dna"])
    if change == "weights":
        (folder / "model.safetensors").write_bytes(b"WEIGHTS")
    elif change == "another file":
        (folder / "tokenizer.json").write_text("{}")
    elif change == "a file less":
        (folder / "vocab.txt").unlink()
    batches_of(model)
    SentenceEncoder(folder, "cls" if change == "pooling" else "mean", cache=cache).embed(["dna"])
    assert batches_of(model) == [["dna"]]


def test_what_is_in_the_cache_needs_no_torch(folder, model, cache):
    SentenceEncoder(folder, "mean", cache=cache).embed(["dna"])
    program = (
        "import sys; from reasonome.scoring.encoders import SentenceEncoder; "
        f"SentenceEncoder({str(folder)!r}, 'mean', cache={str(cache)!r}).embed(['dna']); "
        "print('torch' in sys.modules)"
    )
    scripts = Path(__file__).resolve().parent.parent / "scripts"
    done = subprocess.run([sys.executable, "-c", program], cwd=scripts, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
