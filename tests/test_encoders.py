"""Sentence encoders: similarity on real weights, pooling by hand on a tiny random one."""

import numpy as np
import pytest

from reasonome.encoders import SentenceEncoder, load_encoders, mean_similarity
from reasonome.errors import InputError

pytestmark = pytest.mark.slow

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


def test_identical_texts_are_alike_and_meaning_counts(minilm):
    pairs = [("DNA repair", "DNA repair"), ("DNA repair", "repair of DNA damage"), ("DNA repair", "membrane")]
    same, near, far = minilm.similarity(*zip(*pairs, strict=True))
    assert same == pytest.approx(1, abs=1e-5)
    assert 0.6 < near < 0.99
    assert far < 0.4


def test_embeddings_are_unit_length_and_in_order(minilm):
    texts = ["a long text about the repair of single strand breaks", "DNA", "nucleus"]
    together = minilm.embed(texts)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    for text, vector in zip(texts, together, strict=True):
        assert np.allclose(SentenceEncoder.embed(minilm, [text])[0], vector)


def test_a_text_is_encoded_once(tiny, monkeypatch):
    encoder = SentenceEncoder(tiny, "mean")
    encoded = []
    encode = encoder._model.encode

    def counting(texts, **options):
        encoded.append(list(texts))
        return encode(texts, **options)

    monkeypatch.setattr(encoder._model, "encode", counting)
    encoder.similarity(["dna", "dna", "repair"], ["repair", "nucleus", "repair"])
    encoder.similarity(["dna"], ["nucleus"])
    encoder.embed(["nucleus", "binding"])
    assert encoded == [["dna", "repair", "nucleus"], ["binding"]]


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


def test_the_mean_of_encoders(tiny):
    encoders = [SentenceEncoder(tiny, pooling) for pooling in ("mean", "cls")]
    first, second = ["dna repair", "nucleus"], ["binding", "dna"]
    each = [encoder.similarity(first, second) for encoder in encoders]
    assert not np.allclose(*each)
    assert np.allclose(mean_similarity(encoders)(first, second), (each[0] + each[1]) / 2)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="no sentence encoder here") as error:
        SentenceEncoder(tmp_path / "minilm" / "model", "mean")
    assert error.value.file == tmp_path / "minilm" / "model"
    assert error.value.fix == f"snakemake {tmp_path}/minilm/manifest.json"


def test_encoders_are_loaded_with_their_own_pooling(project, tiny, tmp_path):
    (tmp_path / "medcpt").mkdir()
    (tmp_path / "medcpt" / "model").symlink_to(tiny)
    loaded = load_encoders(project, [tmp_path / "medcpt"])
    assert list(loaded) == ["medcpt"]
    assert project.encoders["medcpt"].pooling == "cls"
    assert np.allclose(loaded["medcpt"].embed(["dna"]), SentenceEncoder(tiny, "cls").embed(["dna"]))
    with pytest.raises(InputError, match="unknown encoder 'medcp'"):
        load_encoders(project, [tmp_path / "medcp"])
