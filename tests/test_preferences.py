"""Pairs of answers: four tiers of every task, tables of users, and what is held out."""

import hashlib
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from refusals import refused

import write_preferences
from reasonome.config import RewardedSamples
from reasonome.config.preferences import KINDS
from reasonome.core import atomic
from reasonome.tasks import TASKS
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.teaching.preferences import (
    Pair,
    drawn_by_kind,
    parted,
    sample_pairs,
    table_pairs,
    tier_pairs,
)
from reasonome.teaching.samples import rewarded_by

NAMING = TASKS["gene_set_naming"]
STYLE = NamingStyle(gene="{symbol}", budget_tokens=100, system="", user="Genes: {genes}")
SETS = [
    Example(id=f"GO:{number}", subset="bp", name=name, genes=[{"symbol": f"GEN{number}"}])
    for number, name in enumerate(["DNA repair", "axon guidance", "cell cycle", "transport of ions along the membrane"])
]


def reasoned(*ids):
    names = {example.id: example.name for example in SETS}
    return {row_id: {"proposed": names[row_id], "steps": [f"GEN{row_id[3:]} does it."]} for row_id in ids}


def test_six_pairs_of_a_question_by_hand():
    pairs, left_out = tier_pairs(NAMING, STYLE, SETS, reasoned("GO:0"), 0)
    assert [pair.kind for pair in pairs] == list(KINDS) and len(set(KINDS)) == 6
    assert left_out == {"without_reasoning": 3}
    wrong = pairs[4].rejected.removeprefix("Process: ")
    assert wrong in ("axon guidance", "cell cycle")  # of two words, as the right name
    reasoning = "\nReasoning:\n<think>GEN0 does it.</think>"
    right, best = "Process: DNA repair", f"Process: DNA repair{reasoning}"
    bad, worse = f"Process: {wrong}{reasoning}", f"Process: {wrong}"
    assert [(pair.chosen, pair.rejected) for pair in pairs] == [
        (best, right),
        (best, bad),
        (best, worse),
        (right, bad),
        (right, worse),
        (bad, worse),
    ]
    assert [pair.reasoned for pair in pairs] == [(True, False), (True, True), (True, False), (False, True)] + [
        (False, False),
        (True, False),
    ]
    assert {pair.messages[-1]["content"] for pair in pairs} == {"Genes: GEN0"}


def test_the_wrong_name_is_no_other_name_of_the_set():
    own = SETS[0].model_copy(update={"synonyms": ["Axon Guidance"]})
    names = {NAMING.wrong(own, None, SETS, Random(seed)) for seed in range(20)}
    assert names == {"cell cycle"}
    assert NAMING.wrong(SETS[0], None, [SETS[0]], Random(0)) is None
    elsewhere = SETS[1].model_copy(update={"subset": "cc"})
    assert NAMING.wrong(SETS[0], None, [elsewhere], Random(0)) is None


def test_questions_without_pairs_are_counted():
    alone = SETS[:1]
    pairs, left_out = tier_pairs(NAMING, STYLE, alone, reasoned("GO:0"), 0)
    assert pairs == [] and left_out == {"no_wrong_answer": 1}
    hidden = SETS[0].model_copy(update={"genes": [*SETS[0].genes, *SETS[1].genes], "shown": ["GEN0"]})
    # GEN1 is not shown: the reasoning would teach to invent it.
    unseen = {"GO:0": {"proposed": "DNA repair", "steps": ["GEN0 and GEN1 do it."]}}
    pairs, left_out = tier_pairs(NAMING, STYLE, [hidden, *SETS[1:]], unseen, 0)
    assert pairs == [] and left_out["without_completion"] == 1


def test_a_wrong_class_and_a_wrong_ranking():
    genes = TASKS["gene_classification"]
    target = {"question": "Is it one?", "classes": ["yes", "no"]}
    rows = [
        genes.Example(id=str(n), subset="kinase", columns={"gene": f"G{n}"}, answer=answer, target=target)
        for n, answer in enumerate(["yes", "yes", "no"])
    ]
    assert genes.wrong(rows[0], None, rows, Random(0)) == "no"
    assert genes.wrong(rows[0], None, rows[:2], Random(0)) is None
    ranking = TASKS["causal_gene_ranking"]
    example = ranking.Example(
        id="q", subset="all", trait="height", causal=[{"symbol": "B"}], candidates=[{"symbol": s} for s in "ABC"]
    )
    style = ranking.Style(gene="{symbol}", reasoning="none", budget_tokens=100, system="", user="{trait}: {genes}")
    prompt = ranking.prompt(example, style)
    wrong = ranking.wrong(example, prompt, [example], Random(0)).split(", ")
    assert sorted(wrong) == ["A", "B", "C"] and wrong[-1] == "B"


def test_a_wrong_number_is_beyond_the_tolerance_and_has_the_unit():
    molecules = TASKS["molecule_property"]
    target = {"question": "How soluble?", "unit": "log mol/L", "tolerance": 0.5}
    rows = [
        molecules.Example(id=str(n), subset="s", columns={"smiles": "C" * (n + 1)}, answer=answer, target=target)
        for n, answer in enumerate(["-2.0", "-2.4", "-3.1"])
    ]
    assert molecules.wrong(rows[0], None, rows, Random(0)) == "-3.1 log mol/L"


def pair(number, kind="x"):
    return Pair(f"q{number}", "s", kind, [], f"good {number}", f"bad {number}", (False, False))


def test_a_teacher_that_names_something_else_makes_no_pairs():
    near = {"GO:0": {"proposed": "mitosis", "steps": ["GEN0 does it."]}}
    pairs, left_out = tier_pairs(NAMING, STYLE, SETS, near, 0)
    assert pairs == [] and left_out == {"teacher_not_right": 1, "without_reasoning": 3}


def test_whole_questions_are_held_out():
    pairs = [pair(number, kind) for number in range(10) for kind in "abc"]
    train, held_out = parted(pairs, 3, 0)
    assert len(held_out) == 9 and len(train) == 21
    assert {p.id for p in train}.isdisjoint(p.id for p in held_out)
    assert parted(pairs, 3, 0) == (train, held_out) != parted(pairs, 3, 1)
    with refused(field="held_out"):
        parted(pairs, 10, 0)
    with refused(field="margin", fix="lower the margin") as told:
        parted(pairs, 10, 0, Counter(alike=2, not_asked=5))
    assert "of 2 others the best sample earns less than the margin above the worst" in told.value.what
    with refused(field="held_out"):
        parted(pairs, 12, 0, Counter(alike=2))


def test_a_kind_with_a_share_is_learned_of_so_many_questions():
    pairs = [pair(number, kind) for number in range(10) for kind in "abc"]
    drawn = drawn_by_kind(pairs, {"a": 0.3, "b": 0}, 0)
    assert Counter(p.kind for p in drawn) == {"a": 3, "c": 10}
    assert drawn == [p for p in pairs if p in drawn]
    assert drawn_by_kind(pairs, {"a": 0.3, "b": 0}, 0) == drawn != drawn_by_kind(pairs, {"a": 0.3, "b": 0}, 1)


def test_the_best_sample_over_the_worst():
    samples = {
        "GO:0": ["Process: mitosis", "Process: DNA repair", "Process: DNA-repair", "Process: x"],
        "GO:1": ["Process: axon growth", "Process: axon", "none"],  # not one is the name
        "GO:9": ["Process: elsewhere"],
    }
    asked = [*SETS, SETS[0].model_copy(update={"id": "GO:7"}), SETS[0].model_copy(update={"id": "GO:8"})]
    samples["GO:7"] = ["Process: DNA repair"]  # the others were cut off
    spec = RewardedSamples(decoding="sample8", rewards={"exact": 2.0, "format": 0.5})
    exact = rewarded_by(NAMING, spec, None)
    pairs, left_out = sample_pairs(NAMING, STYLE, asked, samples, exact, margin=1.0)
    # 2.5 against .5; of those that earn alike the first. The other question's differ by .5.
    assert [(p.id, p.kind, p.chosen, p.rejected) for p in pairs] == [
        ("GO:0", "samples", "Process: DNA repair", "Process: mitosis")
    ]
    assert left_out == {"alike": 1, "fewer_than_two_finished": 1, "not_asked": 3}
    nearer, _ = sample_pairs(NAMING, STYLE, SETS, samples, exact, margin=0.5)
    assert [(p.chosen, p.rejected) for p in nearer][1] == ("Process: axon growth", "none")


def test_samples_that_differ_by_the_margin_make_a_pair():
    samples = {"GO:0": ["Process: DNA repair", "repair"]}
    spec = RewardedSamples(decoding="sample8", rewards={"exact": 0.7, "format": 0.1})
    pairs, _ = sample_pairs(NAMING, STYLE, SETS, samples, rewarded_by(NAMING, spec, None), margin=0.8)
    # 0.7 + 0.1, of which computers make a little less than 0.8, against 0.
    assert [(p.chosen, p.rejected) for p in pairs] == [("Process: DNA repair", "repair")]


def test_a_users_table(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text('id,chosen,rejected\nGO:1,"Process: axon guidance\n","Process: axon"\n', encoding="utf-8")
    [only] = table_pairs(NAMING, STYLE, SETS, file)
    assert (only.id, only.subset, only.kind) == ("GO:1", "bp", "table")
    assert only.messages[-1]["content"] == "Genes: GEN1"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("GO:9,a,b", "id"),
        ("GO:1,,b", "chosen"),
        ("GO:1,a b,a  b", "rejected"),
        ("GO:1,axon guidance,Process: b", "chosen"),
        ("GO:2,Process: b,Process: a", "chosen"),
        ("GO:2,Process: a,Process: b", "chosen"),
    ],
)
def test_a_bad_row_of_a_users_table_is_named(tmp_path, row, field):
    file = tmp_path / "mine.csv"
    file.write_text(f"id,chosen,rejected\nGO:2,Process: a,Process: b\n{row}\n", encoding="utf-8")
    with refused(file, 3, field):
        table_pairs(NAMING, STYLE, SETS, file)


def test_a_users_table_with_other_columns_is_told_which_it_needs(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("id,prompt,better,rejected\nGO:2,a,b,c\n", encoding="utf-8")
    with refused():
        table_pairs(NAMING, STYLE, SETS, file)


# --- the program -------------------------------------------------------------------------------------------------


TIERS = {"kind": "tiers", "teacher": "mine"}


def written(folder, monkeypatch, preferences, **files):
    """The manifest and statistics of pairs of SETS, made in a folder of its files by what they are."""
    atomic.write_jsonl(folder / "train.jsonl", [row.model_dump() for row in SETS])
    kept = [{"id": row_id, **row} for row_id, row in reasoned("GO:0", "GO:1", "GO:2").items()]
    atomic.write_jsonl(folder / "reasoning.jsonl", kept)
    files = {"examples": "train.jsonl", **(files or {"reasoning": "reasoning.jsonl"})}
    outputs = {name: f"pairs/{name}.jsonl" for name in ("train", "held_out", "statistics", "manifest")}
    style = {"task": "gene_set_naming", "benchmark": "demo-go", "style": STYLE.model_dump(mode="json")}
    job = {
        "rule": "write_preferences",
        "inputs": {"data": {name: str(folder / file) for name, file in files.items()}},
        "outputs": {name: str(folder / file) for name, file in outputs.items()},
        "settings": {"name": "some", "preferences": preferences, **style},
    }
    atomic.write_json(folder / "job.json", job)
    monkeypatch.setattr("sys.argv", ["write_preferences.py", str(folder / "job.json")])
    write_preferences.main()
    return [atomic.read_json(folder / outputs[name]) for name in ("manifest", "statistics")]


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_a_manifest_says_what_pairs_are_made_of(tmp_path, monkeypatch):
    manifest, counts = written(tmp_path, monkeypatch, TIERS | {"held_out": 1})
    # Three of four questions have reasoning, six pairs each; those of one are held out.
    assert manifest["counts"] == counts == {"train": 12, "held_out": 6, "without_reasoning": 1}
    assert manifest["preferences"] == {"name": "some", **TIERS, "held_out": 1, "seed": 0, "shares": {}}
    assert manifest["benchmark"] == "demo-go" and "{genes}" in manifest["style"]["user"]
    files = {"examples": "train.jsonl", "reasoning": "reasoning.jsonl"}
    assert manifest["data"] == {name: sha256(tmp_path / file) for name, file in files.items()}
    assert {"python", "reasonome", "trl"} <= manifest["versions"].keys()
    again, _ = written(tmp_path, monkeypatch, TIERS | {"held_out": 1})
    assert again == manifest, "equal inputs, equal manifests"


def test_pairs_that_shares_leave_out_are_counted(tmp_path, monkeypatch):
    kinds = {KINDS[0]: 0.5, KINDS[3]: 0}
    manifest, counts = written(tmp_path, monkeypatch, TIERS | {"held_out": 1, "shares": kinds})
    # Of the twelve pairs of two questions one of the first kind goes, and both of the fourth; held-out ones all stay.
    assert counts == {"train": 9, "held_out": 6, "without_reasoning": 1, "pairs_by_shares": 3} == manifest["counts"]


def test_the_manifest_of_pairs_of_a_table_has_the_tables_digest(tmp_path, monkeypatch):
    table, of_table = tmp_path / "mine.csv", {"kind": "table", "path": "mine.csv"}
    table.write_text("id,chosen,rejected\nGO:1,Process: axon guidance,Process: x\n", encoding="utf-8")
    manifest, counts = written(tmp_path, monkeypatch, of_table, table="mine.csv")
    assert counts == {"train": 1, "held_out": 0} and set(manifest["data"]) == {"examples", "table"}
    assert manifest["data"]["table"] == sha256(table)
    table.write_text(table.read_text() + "GO:2,Process: cell cycle,Process: x\n", encoding="utf-8")
    again, _ = written(tmp_path, monkeypatch, of_table, table="mine.csv")
    assert again["data"]["table"] != manifest["data"]["table"]


@pytest.mark.parametrize(("margin", "refusal"), [(0.1, None), (3, "margin")])
def test_the_manifest_of_pairs_of_samples_has_the_samples_digest(margin, refusal, tmp_path, monkeypatch):
    samples = tmp_path / "samples.jsonl"
    texts = ["Process: DNA repair", "Process: x"]
    atomic.write_jsonl(
        samples, [{"id": "GO:0", "subset": "bp", "sample": n, "text": text} for n, text in enumerate(texts)]
    )
    rewards = {"rouge_l": 1.0, "format": 1.0}
    of_samples = {"kind": "samples", "decoding": "few", "rewards": rewards, "margin": margin}
    if refusal:
        with refused(field=refusal):
            written(tmp_path, monkeypatch, of_samples, samples="samples.jsonl")
        return
    manifest, counts = written(tmp_path, monkeypatch, of_samples, samples="samples.jsonl")
    assert counts == {"train": 1, "held_out": 0, "not_asked": 3}
    assert manifest["data"]["samples"] == sha256(samples)
    assert manifest["preferences"]["rewards"] == rewards
