"""Which facts a model recalls: questions of twenty objects by hand, and a model with known log-probabilities."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest
import tiny_training
import torch
import transformers

from reasonome.answering import fact_recall
from reasonome.answering.fact_recall import Question, drawn_questions, recall
from reasonome.cluster.rehearsal.models import write_backbone
from reasonome.facts.selection import OBJECTS, StatedFact, object_names, stated_facts
from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.facts.wording import ASKED
from reasonome.training.pretrain import pretrain, sample_statements


def table(*facts):
    """Facts from (gene, relation, object id, object name)."""
    return pd.DataFrame([(*fact, "s", "") for fact in facts], columns=FACT_COLUMNS)


def world(genes=25):
    """A fact of one relation about each gene, with an object of its own, and the rows that say them."""
    facts = [(f"G{i}", "enables", f"GO:{i}", f"act {i}") for i in range(genes)]
    rows = [
        {"text": f"{gene} has {name}.", "gene": gene, "relation": relation, "object_id": i}
        for gene, relation, i, name in facts
    ]
    return rows, table(*facts)


def test_a_question_has_the_genes_own_object_and_nineteen_of_others():
    rows, facts = world()
    questions = drawn_questions(rows, facts, 10, 0)
    assert len(questions) == 10
    for place, question in enumerate(questions):
        gene, relation, object_id = question.fact.key
        assert (relation, object_id) == ("enables", f"GO:{gene[1:]}") and question.objects[0] == f"act {gene[1:]}"
        assert len(set(question.objects)) == OBJECTS
        wording = ASKED["enables"][place % 2]  # its two wordings take turns
        assert question.texts[0] == wording.format(gene=gene, object=f"act {gene[1:]}")
    assert drawn_questions(rows, facts, 10, 0) == questions


def test_no_other_object_is_one_of_the_genes():
    """G0 has five objects: one that is said, one that another wording says, three that nothing says."""
    rows, facts = world(40)
    more = [("G0", "enables", f"GO:{i}", f"act {i}") for i in range(1, 5)]
    rows += [{"text": "x", "gene": "G0", "relation": "enables", "object_id": "GO:1"}]
    facts = pd.concat([facts, table(*more), table(("G0", "enables", "GO:99", "Act-5"))], ignore_index=True)
    [question, *_] = [q for q in drawn_questions(rows, facts, 41, 0) if q.fact.key == ("G0", "enables", "GO:0")]
    assert not set(question.objects[1:]) & {f"act {i}" for i in range(6)}


def test_what_the_gene_has_by_another_relation_is_no_other_object_either():
    """G0 has one of 21 objects, contributes to another and has a third as its pathway: 18 others are too few."""
    rows, facts = world(21)
    facts = pd.concat(
        [facts, table(("G0", "contributes_to", "GO:1", "act 1"), ("G0", "member_of_pathway", "P:2", "Act 2"))]
    )
    questions = drawn_questions(rows, facts.reset_index(drop=True), 100, 0)
    assert {question.fact.gene for question in questions} == {f"G{i}" for i in range(1, 21)}


def test_relations_with_too_few_objects_and_running_text_are_not_asked():
    rows, facts = world(19)
    assert drawn_questions(rows, facts, 10, 0) == []  # 18 others
    rows, facts = world(20)
    text = ("G1", "has_summary", "NCBIGene:1", "A long text.")
    rows += [{"text": "x", "gene": "G1", "relation": "has_summary", "object_id": "NCBIGene:1"}]
    rows += [{"text": "x", "gene": "G1\tG2", "relation": "enables", "object_id": "GO:1"}]
    asked = drawn_questions(rows, pd.concat([facts, table(text)]), 100, 0)
    assert len(asked) == 20 and {q.fact.relation for q in asked} == {"enables"}


class Begun:
    """A tokenizer of words, with one before each text where the model has such a token."""

    eos_token = " <end>"

    def __init__(self, begin: str = ""):
        self.begin = begin

    def __call__(self, texts, add_special_tokens=True):
        return {"input_ids": [(self.begin * add_special_tokens + text).split() for text in texts]}


@pytest.mark.parametrize(("begin", "tokens"), [("", 5), ("<begin> ", 6)])
def test_facts_are_those_that_a_warm_up_reads_first(tmp_path, begin, tokens):
    rows, facts = world(2000)
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    read = sample_statements(tmp_path / "train.jsonl", Begun(begin), tokens * 50, 0)
    asked = drawn_questions(rows, facts, 50, 0)
    assert len(read) == 50 and [f"{q.fact.gene} has {q.fact.object}." for q in asked] == read


def test_a_fact_is_asked_once_whatever_its_wordings_and_relations():
    facts = table(
        ("A", "located_in", "GO:1", "nucleus"),
        ("A", "is_active_in", "GO:1", "nucleus"),
        ("A", "has_alias", "HGNC:1", "AA"),
        ("A", "has_alias", "HGNC:1", "A2"),
    )
    joined = {"gene": "A", "relation": "is_active_in\tlocated_in", "object_id": "GO:1"}
    rows = [
        joined | {"text": "a"},
        joined | {"text": "b"},
        {"gene": "A", "relation": "has_alias", "object_id": "HGNC:1"},
    ]
    names = object_names(facts)
    assert names == {("located_in", "GO:1"): "nucleus"}  # an id with two names tells no object
    assert stated_facts(rows, names) == [StatedFact("A", "located_in", "nucleus", tuple(joined.values()))]


# --- likelihoods -------------------------------------------------------------------------------------


class Words:
    """Token i + 1 is the i-th of the words; no special tokens."""

    eos_token_id = 0
    vocabulary = ("the", "is", "red", "blue", "dark", "A")

    def __call__(self, texts):
        if isinstance(texts, str):
            return {"input_ids": self([texts])["input_ids"][0]}
        return {"input_ids": [[1 + self.vocabulary.index(word) for word in text.split()] for text in texts]}


class Bigrams:
    """A model whose next token depends on the last one alone; `table` has probabilities by (last, next) word."""

    device = "cpu"
    config, generation_config = transformers.LlamaConfig(), transformers.GenerationConfig()

    def __init__(self, table):
        self.log = torch.full((7, 7), 1e-9)
        for (last, following), probability in table.items():
            self.log[Words.vocabulary.index(last) + 1, Words.vocabulary.index(following) + 1] = probability
        self.log = self.log.log()
        self.widths = []

    def __call__(self, input_ids, attention_mask=None, past_key_values=None, use_cache=True):
        self.widths.append(tuple(input_ids.shape))
        cache = past_key_values or SimpleNamespace(batch_repeat_interleave=lambda times: None)
        return SimpleNamespace(logits=self.log[input_ids], past_key_values=cache)


def question(*objects):
    return Question(StatedFact("A", "r", objects[0], ("A", "r", "x")), "A is ", "", objects)


def test_the_mean_per_token_decides():
    # red: .3. dark blue: .2 × .9, whose mean per token is higher than that of red, though its product is lower.
    of_is = {("is", "red"): 0.3, ("is", "dark"): 0.2, ("is", "blue"): 0.1, ("is", "the"): 0.4}
    model = Bigrams(of_is | {("dark", "blue"): 0.9, ("dark", "the"): 0.1})
    asked = [question("dark blue", "red", "blue"), question("red", "dark blue", "blue"), question("blue", "red")]
    assert [one.rank for one in recall(model, Words(), asked)] == [1, 2, 2]
    own, *others = fact_recall._scores(model, Words(), asked[0])
    expected = torch.tensor([(0.2 * 0.9) ** 0.5, 0.3, 0.1]).log().tolist()
    assert [own, *others] == pytest.approx(expected, abs=1e-5)
    # What the objects have in common, and the end of text before it, passes through once.
    assert model.widths[:2] == [(1, 3), (3, 2)]


def test_equally_likely_objects_come_before_the_own_one():
    assert recall(Bigrams({("is", "red"): 0.5, ("is", "blue"): 0.5}), Words(), [question("red", "blue")]) == [
        (2, "blue")
    ]


def test_weights_that_are_gathered_to_be_asked_can_be_trained_afterwards():
    class Gathering(Bigrams):
        def __call__(self, *args, **kwargs):
            self.gathered = self.log.clone()  # as ZeRO-3 does, and keeps small ones for the next pass
            return super().__call__(*args, **kwargs)

    model = Gathering({("is", "red"): 0.5})
    assert recall(model, Words(), [question("red", "blue")]) == [(1, "red")]
    assert not model.gathered.is_inference()


@pytest.mark.parametrize("hybrid", [False, True], ids=["attention", "linear attention, too"])
def test_a_real_cache_gives_what_whole_texts_give(tiny_backbone, tmp_path, hybrid):
    folder = write_backbone(tmp_path / "model", "qwen3_next", None, tiny_backbone) if hybrid else tiny_backbone
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_backbone)
    objects = ("DNA repair", "DNA binding and mitotic cell cycle", "nucleus")
    asked = Question(StatedFact("TP53", "enables", "DNA repair", ("", "", "")), "TP53 is known for ", ".", objects)
    found = fact_recall._scores(model, tokenizer, asked)
    opening = len(tokenizer("TP53 is known for")["input_ids"]) + 1
    for score, text in zip(found, asked.texts, strict=True):
        ids = torch.tensor([[tokenizer.eos_token_id, *tokenizer(text)["input_ids"]]])
        with torch.inference_mode():
            logits = model(input_ids=ids).logits.log_softmax(-1)[0]
        tokens = logits[opening - 1 : -1].gather(1, ids[0, opening:, None])
        assert score == pytest.approx(tokens.mean().item(), abs=1e-4)


@pytest.mark.slow
def test_a_warm_up_measures_what_it_recalls_under_way(tiny_models):
    rows, facts = world(30)
    folder = tiny_models.parent.parent
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    job = tiny_training.pretrain_job(tiny_models, recall=5, sequence_length=32)
    facts.to_parquet(folder / "facts.parquet")
    job.data["facts"] = folder / "facts.parquet"
    pretrain(job)
    log = [json.loads(line) for line in (job.folder / "history.jsonl").read_text().splitlines()]
    measured = [row for row in log if "eval_loss" in row]
    assert [row["step"] for row in measured] == [0, 2, 3]  # before, at step 2, at the end
    for row in measured:
        assert row["recalled"] == row["recalled/enables"] and row["recalled"] * 5 == round(row["recalled"] * 5)
    assert json.loads((job.folder / "manifest.json").read_text())["recall"] == {"enables": 5}
