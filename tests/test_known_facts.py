"""Which facts a model knows: swapped genes, and a model with known log-probabilities."""

import json

import pytest
import torch

from reasonome.answering import known_facts
from reasonome.answering.known_facts import Fact, drawn_facts, margins
from reasonome.training.pretrain import sample_statements

ROWS = [
    {"text": "BRCA1 is for DNA repair.", "gene": "BRCA1", "relation": "part_of", "object_id": "a"},
    {"text": "Mitosis needs PLK1.", "gene": "PLK1", "relation": "part_of", "object_id": "b"},
    {"text": "The nucleus has TP53.", "gene": "TP53", "relation": "located_in", "object_id": "c"},
    {"text": "A and B make C.", "gene": "A|B", "relation": "part_of", "object_id": "d"},
    {"text": "PLK1 and PLK1 again.", "gene": "PLK1", "relation": "part_of", "object_id": "e"},
]


def test_statements_are_paired_within_a_relation():
    facts = drawn_facts(ROWS, 10, 0)
    assert {(fact.gene, fact.partner) for fact in facts} == {("BRCA1", "PLK1"), ("PLK1", "BRCA1")}
    by_gene = {fact.gene: fact for fact in facts}
    assert by_gene["BRCA1"].swapped == ("PLK1 is for DNA repair.", "Mitosis needs BRCA1.")
    assert len(drawn_facts(ROWS, 1, 0)) == 1
    assert drawn_facts(ROWS, 10, 0) == drawn_facts(ROWS, 10, 0)


def test_facts_are_those_that_a_warm_up_reads_first(tmp_path):
    rows = [
        {"text": f"GEN{i} is x{i}.", "gene": f"GEN{i}", "relation": "part_of", "object_id": f"x{i}"}
        for i in range(2000)
    ]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tokens_of_words = lambda texts, **_: {"input_ids": [text.split() for text in texts]}  # noqa: E731
    read = sample_statements(tmp_path / "train.jsonl", tokens_of_words, 4 * 100, 0)
    facts = drawn_facts(rows, 50, 0)
    assert len(read) == 100 and [fact.text for fact in facts] == read[:50]
    assert {fact.partner_text for fact in facts} <= set(read)


def test_a_partner_shares_no_object():
    shared = [
        {"text": f"{gene} is {what}.", "gene": gene, "relation": "part_of", "object_id": what}
        for gene, what in (("G1", "x"), ("G2", "x"), ("G2", "y"))
    ]
    assert drawn_facts(shared, 10, 0) == []  # G1 and G2 are both x, so G2 in its place would not be wrong
    part_of_a_name = [{"text": "KRAS-2 is KRAS2.", "gene": "KRAS", "relation": "part_of", "object_id": "z"}]
    assert drawn_facts([*shared, *part_of_a_name], 10, 0) == []


class Tokenizer:
    bos_token_id = 0
    eos_token_id = 0

    def __call__(self, texts, add_special_tokens):
        return {"input_ids": [[1 + int(word in "AB") for word in text.split()] for text in texts]}


class Model:
    """Token 2 has a probability of .75 behind token 0, and of .25 elsewhere; token 1 the rest."""

    device = "cpu"

    def __call__(self, input_ids, attention_mask):
        likely = torch.where(input_ids == 0, 0.75, 0.25)
        probabilities = torch.stack([torch.full_like(likely, 1e-9), 1 - likely, likely], dim=-1)
        return type("Output", (), {"logits": probabilities.log()})


def test_log_probabilities_by_hand():
    texts = ["A x", "x A x", "A"]
    found = list(known_facts._log_probabilities(Model(), Tokenizer(), texts))
    expected = torch.tensor([0.75 * 0.75, 0.25 * 0.25 * 0.75, 0.75]).log()
    assert found == pytest.approx(expected.tolist(), abs=1e-5)


def test_what_a_gene_or_an_object_is_by_itself_cancels_out(monkeypatch):
    fact = Fact("A is x", "A", "r", "1", "B", "B is y")
    genes, objects = {"A": -1.0, "B": -7.0}, {"x": -3.0, "y": -0.5}

    def alone(model, tokenizer, texts, bonus=0.0):
        known = {"A is x", "B is y"}
        return iter([genes[t[0]] + objects[t[-1]] + bonus * (t in known) for t in texts])

    monkeypatch.setattr(known_facts, "_log_probabilities", alone)
    assert margins(None, None, [fact]) == [pytest.approx(0)]
    monkeypatch.setattr(known_facts, "_log_probabilities", lambda *a: alone(*a, bonus=0.5))
    assert margins(None, None, [fact]) == [pytest.approx(1.0)]
