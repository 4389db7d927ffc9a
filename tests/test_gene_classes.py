"""Gene classes: families, negatives from facts, and questions from lists, on genes and terms made up by hand."""

from collections import Counter
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources.go import Ontology, Term
from reasonome.facts.wording import JOINT
from reasonome.leaks.audit import LEAK_KINDS, Training
from reasonome.task_parts import BaselineJob, BuildingJob, Built
from reasonome.tasks import TASKS
from reasonome.tasks.gene_classification import baselines, leaks, questions
from reasonome.tasks.gene_classification.baselines import family_answers, name_words
from reasonome.tasks.gene_classification.negatives import matched, term_genes, terms_below
from reasonome.tasks.gene_classification.questions import families, symbol_stem
from reasonome.tasks.gene_classification.settings import GeneSubset
from reasonome.tasks.prediction.baselines import DOMAIN_MODEL
from reasonome.tasks.prediction.dialogue import PredictionQuestion, Target
from reasonome.tasks.question_answer import building

TASK, PAIRS = TASKS["gene_classification"], TASKS["gene_pairs"]
CLASSES = Target(question="?", classes=("yes", "no"), shares={"yes": 0.5, "no": 0.5})
NUMBERS = Target(question="?", tolerance=0.5)


def question(symbol, name, answer="no", group="", target=CLASSES):
    columns = {"symbol": symbol, "name": name}
    return PredictionQuestion(id=symbol, subset="s", columns=columns, answer=answer, target=target, group=group)


def benchmark(subsets, seed=0, task=TASK, **entry):
    return task.Benchmark.model_validate({"task": task.name, "corpus": "c", "subsets": subsets, "seed": seed, **entry})


def job(spec, **inputs):
    """The job that builds a benchmark 'b'."""
    files = {"authority": {}, "facts": "facts", "denied": "denied", "ontologies": {}, "tables": {}} | inputs
    return BuildingJob(benchmark=spec, name="b", folder=Path(), files=files)


def know(monkeypatch, genes, facts, denied):
    """Let questions be made of these genes and facts."""
    monkeypatch.setattr(questions, "read_facts", {"facts": facts, "denied": denied}.get)
    monkeypatch.setattr(questions, "read_genes", lambda *of: GeneTable(genes))
    monkeypatch.setattr(questions, "read_obo", lambda path: ONTOLOGY)


@pytest.mark.parametrize(
    ("symbol", "stem"),
    [
        ("MAPK1", "MAPK"),
        ("MAPK8IP1", "MAPK"),
        ("INSR", "INSR"),
        ("C1QA", "C1QA"),
        ("HLA-DRB1", "HLA-DRB"),
        ("TP53", "TP"),
    ],
)
def test_stems_of_symbols(symbol, stem):
    assert symbol_stem(symbol) == stem


def test_families_are_groups_and_stems_where_a_gene_has_no_group():
    genes = [
        Gene("AAA1", groups=(("1", "small"), ("9", "large"))),
        Gene("BBB1", groups=(("1", "small"),)),
        Gene("AAA2"),  # no group: of the stem AAA, and so with AAA1
        Gene("CCC1", groups=(("2", "other"), ("9", "large"))),
        Gene("DDD1", groups=(("9", "large"),)),
        Gene("EEE1", groups=(("3", "a"),)),
        Gene("EEE2", groups=(("4", "b"),)),  # both have groups, so the stem says nothing
    ]
    assert families(genes) == {
        "AAA1": "AAA1",
        "AAA2": "AAA1",
        "BBB1": "AAA1",
        "CCC1": "CCC1",
        "DDD1": "DDD1",
        "EEE1": "EEE1",
        "EEE2": "EEE2",
    }


# root ← part ← membrane ← raft; root ← part ← nucleus; root ← secreted
PARENTS = {"T:root": (), "T:part": ("T:root",), "T:membrane": ("T:part",), "T:raft": ("T:membrane",)}
PARENTS |= {"T:nucleus": ("T:part",), "T:secreted": ("T:root",)}
ONTOLOGY = Ontology(
    {term: Term(term, term[2:], "component", False) for term in PARENTS},
    PARENTS,
    {"T:1": "T:membrane"},  # an alternative id
    ("T:raft", "T:membrane", "T:nucleus", "T:part", "T:secreted", "T:root"),
)


def table(*pairs):
    return pd.DataFrame(pairs, columns=["gene", "object_id"])


def test_genes_of_a_term_are_those_below_it_and_others_are_not_near():
    facts = table(("A", "T:membrane"), ("B", "T:raft"), ("C", "T:nucleus"), ("D", "T:secreted"), ("E", "T:part"))
    facts = pd.concat([facts, table(("F", "T:secreted"), ("G", "T:raft"), ("H", "X:1"))])
    facts = pd.concat([facts, table(*((gene, "T:secreted") for gene in "IJKL"))])
    denied = table(("F", "T:part"), ("G", "T:membrane"))  # what is denied of the part is denied of the membrane
    genes = term_genes(facts, denied, ONTOLOGY, "T:membrane")
    assert genes.positives == {"A", "B"}
    assert genes.denied == {"F"}  # G is annotated and denied: neither
    assert genes.others == {"D", *"IJKL"}  # C and E are near: in the part
    few = facts[~facts["gene"].isin([*"IJKL"])]  # of these half are in the part, so that it is no neighbourhood
    assert term_genes(few, denied, ONTOLOGY, "T:membrane").others == {"C", "D", "E"}


def test_terms_below_an_obsolete_one_are_those_below_its_replacement():
    old = {"T:old": Term("T:old", "obsolete part", "component", True, replaced_by="T:part")}
    ontology = Ontology({**ONTOLOGY.terms, **old}, {**PARENTS, "T:old": ()}, {}, ("T:old", *ONTOLOGY.order))
    assert terms_below(["T:old"], [ontology]) == {"T:old", "T:part", "T:membrane", "T:raft", "T:nucleus"}


def test_negatives_are_as_well_annotated_as_positives():
    depth = {"P1": 10, "P2": 100, "N1": 9, "N2": 11, "N3": 98, "N4": 1, "N5": 500}
    chosen = matched(["P1", "P2"], ["N1", "N2", "N3", "N4", "N5"], depth, 2, "seed")
    assert set(chosen) <= {"N1", "N2", "N3"} and "N3" in chosen
    assert sorted(matched(["P1"], ["N1", "N4"], depth, 5, "seed")) == ["N1", "N4"]
    assert matched(["P1"], [], depth, 1, "seed") == []


GENES = GeneTable(
    [
        *(Gene("ACP3", previous=("ACPP",)), Gene("TP53"), Gene("INSR"), Gene("KIT")),
        *(Gene("RET1", aliases=("RET",)), Gene("RET2", aliases=("RET",))),
    ]
)


def listed(path, rows, **settings):
    settings = {
        "question": "?",
        "classes": ["kinase", "phosphatase"],
        "table": str(path),
        "test": 1,
        "valid": 0,
    } | settings
    pd.DataFrame(rows, columns=["gene", "label"]).to_csv(path, sep="\t", index=False)
    found = questions._listed(path, "mine", GeneSubset.model_validate(settings), GENES)
    return found._replace(answers={gene: answer for (gene,), answer in found.answers.items()})


def test_lists_resolve_aliases_and_leave_out_two_labels(tmp_path):
    rows = [
        ("ACPP", "phosphatase"),
        ("INSR", "kinase"),
        ("KIT", "kinase"),
        ("KIT", "phosphatase"),
        ("NOGENE", "kinase"),
    ]
    classes, left_out, doubtful = listed(tmp_path / "l.tsv", [*rows, ("RET", "kinase")])
    assert classes == {"ACP3": "phosphatase", "INSR": "kinase"}
    assert sorted((row.id, row.reason, row.lines) for row in left_out) == [
        ("KIT", "two labels for one gene", "4, 5"),
        ("NOGENE", "no gene: unknown", "6"),
        ("RET", "no gene: ambiguous", "7"),
    ]
    assert doubtful == {"RET1", "RET2"}  # neither is drawn as a gene that is no kinase
    classes, *_ = listed(tmp_path / "l.tsv", rows, label="kinase", classes=["yes", "no"])
    assert classes == {"INSR": "yes", "KIT": "yes"}


def test_lists_that_cannot_be_used(tmp_path):
    with refused(tmp_path / "l.tsv", 2, "label", fix="did you mean 'kinase'?"):
        listed(tmp_path / "l.tsv", [("INSR", "kinas")])
    with refused(tmp_path / "l.tsv", 1, "subsets.mine.columns", fix="gene, label"):
        listed(tmp_path / "l.tsv", [("INSR", "kinase")], columns={"gene": "symbol"})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"term": "GO:1"}, "give either 'table' or 'term'"),
        ({"classes": None}, "give 'classes'"),
        ({"cells": {"yes": "1"}}, "'yes' is none of"),
        ({"classes": ["yes", "Yes"]}, "the same but for case"),
        ({"classes": ["yes", "no."]}, "'no.' cannot be read from an answer"),
    ],
)
def test_settings_that_contradict_each_other(settings, message):
    whole = {"question": "?", "classes": ["kinase", "other"], "table": "t.tsv", "test": 1, "valid": 0} | settings
    with pytest.raises(ValueError, match=message):
        GeneSubset.model_validate(whole)


def test_the_word_rule_worked_out_by_hand():
    training = [question(letter, f"alpha kinase {letter}", "yes") for letter in ("aaa", "bbb", "ccc")]
    training += [question("ddd", "beta kinase ddd"), *(question(i, f"gamma factor {i}") for i in ("eee", "fff"))]
    rule = name_words(training, [question("A", "new kinase"), question("B", "new alpha"), question("C", "a receptor")])
    # "alpha" is in every name of a yes and in no other: the best word, and the only rule of two classes.
    assert rule.answers == ["no", "yes", "no"] and rule.confidences == [1.0, 1.0, 1.0]
    assert Counter(rule.answers)["yes"] == 1


@pytest.mark.parametrize(("user", "information"), [("{symbol}: {name}", "prompt"), ("{symbol}", "a database")])
def test_the_word_rule_and_the_domain_model_stand_beside_every_table(monkeypatch, user, information):
    """The even genes are kinases by their names, and by the fact that only they have."""
    settings = {"question": "?", "classes": ["yes", "no"], "label": "kinase", "table": "l.tsv", "test": 1, "valid": 0}
    spec = benchmark({"s": settings})
    facts = table(*((f"G{i}", "T:secreted" if i % 2 else "T:nucleus") for i in range(30))).assign(relation="part_of")
    monkeypatch.setattr(baselines, "read_facts", lambda path: facts)
    monkeypatch.setattr(baselines, "read_genes", lambda *of: GeneTable([Gene(f"G{i}") for i in range(30)]))
    rows = [question(f"G{i}", f"factor {i}") if i % 2 else question(f"G{i}", f"kinase {i}", "yes") for i in range(30)]
    training, asked = rows[:20], rows[20:]
    given = {"files": {"authority": {}, "facts": "facts", "ontologies": {}}, "training": training, "asked": asked}
    job = BaselineJob(benchmark=spec, style=SimpleNamespace(user=user), **given)
    found = {one.name: one for one in TASK.baselines.found(job)}
    assert {name: one.information for name, one in found.items()} == {
        "constant": "none",
        "random": "none",
        "name_words": information,
        "family": "training data",
        "facts_regression": DOMAIN_MODEL,
    }
    for name in ("name_words", "facts_regression"):
        assert found[name].answers == [one.answer for one in asked]


STATEMENTS = [
    ("KIT is in the membrane.", "KIT", "T:raft", "tells_the_class"),  # a term below the one that is asked about
    ("INSR and KIT are in the nucleus.", "INSR; KIT", "T:nucleus", None),
    ("TP53 is in the membrane.", "TP53", "T:membrane", None),  # not tested
    ("INSR is a kinase of some kind.", "INSR", "T:nucleus", "class_in_text"),
    ("INSR is in the membrane.", "INSR", "T:membrane", None),  # tested in the list alone
]


@pytest.mark.parametrize(("text", "gene", "term", "kind"), STATEMENTS)
def test_statements_that_tell_the_class_of_a_test_gene(text, gene, term, kind, tmp_path):
    target = Target(question="?", classes=("yes", "no"))
    tested = [
        PredictionQuestion(
            id=f"{subset}:{symbol}", subset=subset, columns={"symbol": symbol}, answer="yes", target=target
        )
        for subset, symbol in (("membrane", "KIT"), ("kinase", "INSR"))
    ]
    tests = leaks.Tested("mine", tested, {"membrane": terms_below(["T:membrane"], [ONTOLOGY])}, {"kinase": "kinase"})
    statements = pd.DataFrame([(text, gene.replace("; ", JOINT), term)], columns=["text", "gene", "object_id"])
    training = Training("statements", "corpus", ("pretrain.mine",), tmp_path / "train.jsonl")
    found = {finding.kind: finding for finding in leaks.statement_findings(training, statements, tests)}
    assert [name for name, finding in found.items() if finding.remaining] == ([kind] if kind else [])
    assert found.keys() <= LEAK_KINDS.keys()
    assert found["tells_the_class"].verdict == ("fails" if kind == "tells_the_class" else "clean")


def test_training_questions_of_another_corpus_leak_by_the_families_of_the_tested_one(monkeypatch):
    groups = (("471", "receptor tyrosine kinases"),)
    genes = [Gene("EGFR", groups=groups), Gene("ERBB2", groups=groups)]
    genes += [Gene("ERBB3", groups=groups, previous=("HER3",)), Gene("INSR")]
    monkeypatch.setattr(leaks, "read_genes", lambda *of: GeneTable(genes))
    # The other corpus has no groups, an older name of ERBB2, and the previous symbol of ERBB3.
    training = [question("ERBB2", "v-erb-b2 homolog", group="ERBB2"), question("HER3", "receptor", group="HER3")]
    training += [question("INSR", "insulin receptor", group="INSR"), question("NONE1", "unknown", group="EGFR")]
    spec = benchmark({"s": {"question": "?", "classes": ["yes", "no"], "table": "t", "test": 1, "valid": 0}})
    tested = Built(TASK, spec, Path(), {"authority": {}})
    found = TASK.leaks.leaking(tested, [question("ERBB2", "erb-b2 receptor", group="EGFR")], training)
    assert found == {"same_group": [0, 1], "same_question": [0]}


def read(monkeypatch, **subset):
    """Questions of a benchmark of one subset, from facts of which one is denied; I1 has no protein."""
    rows = [("A1", "T:membrane"), ("B1", "T:raft"), ("C1", "T:secreted"), ("D1", "T:secreted"), ("E1", "T:nucleus")]
    rows += [("G1", "T:secreted"), ("H1", "T:secreted"), ("I1", "T:secreted")]
    genes = [Gene(f"{letter}1", name=f"gene {letter}", coding=letter != "I") for letter in "ABCDEFGHI"]
    facts = table(*rows).assign(relation="part_of")
    know(monkeypatch, genes, facts, table(("F1", "T:membrane")))
    settings = {"question": "?", "classes": ["yes", "no"], "test": 1, "valid": 0} | subset
    return TASK.building.read(job(benchmark({"mine": settings}), ontologies={"o": "o"}))[0]


def test_questions_on_a_term(monkeypatch, capsys):
    asked = read(monkeypatch, term="T:1")
    # E1 is in the nucleus, which is near: in the part. F1 is denied.
    assert {question.id: question.answer for question in asked} == {
        **{"mine:A1": "yes", "mine:B1": "yes"},
        **dict.fromkeys(["mine:C1", "mine:D1", "mine:F1", "mine:G1", "mine:H1"], "no"),
    }
    assert asked[0].columns == {"symbol": "A1", "name": "gene A"}
    log = capsys.readouterr().out
    assert "mine: 2 genes of the class, 1 denied, 4 others to draw from" in log
    assert "7 of 7 genes have no gene group" in log
    with refused(fix="give the id of a term of the corpus'"):
        read(monkeypatch, term="T:9")
    with refused(fix="give the id of a term of the corpus'"):
        read(monkeypatch, term="T:1", telling=["T:9"])


def test_no_gene_or_family_is_on_two_sides_and_every_class_is_in_each_part(tmp_path, monkeypatch):
    """Twelve families of three genes; half of them are kinases, which two subsets ask about."""
    genes = [Gene(f"F{family}M{member}", groups=((str(family), "f"),)) for family in range(12) for member in range(3)]
    labels = {gene.symbol: "kinase" if int(gene.groups[0][0]) % 2 else "phosphatase" for gene in genes}
    path = tmp_path / "l.tsv"
    pd.DataFrame(labels.items(), columns=["gene", "label"]).to_csv(path, sep="\t", index=False)
    subset = {"question": "?", "classes": ["kinase", "phosphatase"], "table": str(path), "test": 6, "valid": 6}
    facts = table(*((gene, "T:part") for gene in labels)).assign(relation="part_of")
    know(monkeypatch, genes, facts, table())
    for seed in range(10):
        spec = benchmark({"first": subset, "second": subset}, seed)
        read, _ = TASK.building.read(job(spec, tables={"first": path, "second": path}))
        splits, _ = building.split(read, spec, TASK)
        sides: dict[str, str] = {}
        for part, rows in splits.items():
            for question in rows:
                for shared in (question.columns["symbol"], f"family of {question.group}"):
                    assert sides.setdefault(shared, part) == part
        for rows in splits.values():
            assert {(q.subset, q.answer) for q in rows} == {
                (name, label) for name in ("first", "second") for label in subset["classes"]
            }


def test_the_class_of_relatives_by_hand():
    genes = GeneTable(
        [
            *(Gene("A1", groups=(("1", "kinases"),)), Gene("A2", groups=(("1", "kinases"), ("2", "large")))),
            *(Gene("B1", groups=(("2", "large"),)), Gene("C1"), Gene("C2")),
        ]
    )
    training = [question("A1", "", "yes"), question("B1", ""), question("C1", "")]
    answers = family_answers(genes, training, [question("A2", "", "yes"), question("C2", "")])
    assert answers.answers == ["yes", "no"]  # A1 and B1 are relatives of A2: a tie; C2 has none, so all count
    assert answers.confidences == [0.5, pytest.approx(2 / 3)]


def test_numbers_of_genes_are_read_and_told_by_relatives_and_words(tmp_path, monkeypatch):
    genes = [Gene("ACP3", previous=("ACPP",), name="acid phosphatase 3"), Gene("TP53"), Gene("INSR"), Gene("KIT")]
    path = tmp_path / "numbers.tsv"
    rows = [("ACPP", "1.5 nM"), ("ACP3", "1.7"), ("TP53", "2"), ("TP53", "2.5"), ("INSR", "low"), ("KIT", "-3")]
    pd.DataFrame(rows, columns=["gene", "label"]).to_csv(path, sep="\t", index=False)
    know(monkeypatch, genes, table(("KIT", "T:part")).assign(relation="part_of"), table())
    subset = {"question": "?", "tolerance": 0.2, "unit": "nM", "table": str(path), "test": 1, "valid": 0}
    questions, left_out = TASK.building.read(job(benchmark({"s": subset}), tables={"s": path}))
    assert [(one.columns["symbol"], one.answer) for one in questions] == [("ACP3", "1.5"), ("KIT", "-3.0")]
    assert (questions[0].target.unit, questions[0].target.tolerance) == ("nM", 0.2)
    assert [(row.id, row.reason, row.lines) for row in left_out] == [
        ("INSR", "no number", "6"),
        ("TP53", "numbers that contradict each other for one gene", "4, 5"),
    ]


def test_baselines_of_numbers_by_hand():
    relatives = (("1", "kinases"),)
    genes = GeneTable(
        [Gene("A1", groups=relatives), Gene("A2", groups=relatives), *map(Gene, ("B1", "B2", "B3", "C1"))]
    )
    number = partial(question, target=NUMBERS)
    training = [number("A1", "kinase one", "4"), number("B1", "kinase two", "3"), number("B2", "kinase six", "2")]
    training += [number("B3", "of a kind", "1")]
    asked = [number("A2", "kinase ten", "0"), number("C1", "of another kind", "0")]
    # A2 has a relative with 4; the mean of all four is 2.5.
    assert family_answers(genes, training, asked).answers == ["4.0", "2.5"]
    # "kinase" is the one word of three names: 3 on average with it, 1 without.
    assert name_words(training, asked).answers == ["3.0", "1.0"]


PAIR_GENES = [Gene("PK1", aliases=("OLD1",), name="perturbed one"), Gene("PK2"), Gene("Q1"), Gene("M1"), Gene("N1")]
PAIR_ROWS = [("OLD1", "M1", "yes"), ("PK1", "N1", "no"), ("PK2", "M1", "no"), ("Q1", "M1", "yes"), ("Q1", "N1", "no")]


def pair_questions(monkeypatch, path, rows, **settings):
    """The questions of a table of pairs, and what was left out; PK1 and PK2 are of one family."""
    pd.DataFrame(rows, columns=["perturbed", "measured", "label"]).to_csv(path, sep="\t", index=False)
    facts = table(*((gene.symbol, "T:part") for gene in PAIR_GENES)).assign(relation="part_of")
    know(monkeypatch, PAIR_GENES, facts, table())
    subset = {"question": "?", "classes": ["yes", "no"], "table": str(path), "test": 1, "valid": 0}
    spec = benchmark({"s": subset}, task=PAIRS, **settings)
    return spec, *PAIRS.building.read(job(spec, tables={"s": path}))


def test_pairs_are_resolved_and_in_the_family_of_the_side_that_is_split(monkeypatch, tmp_path):
    rows = [*PAIR_ROWS, ("Q1", "PK2", "yes"), ("Q1", "PK2", "no"), ("NOGENE", "M1", "no"), ("PK1", "M1", "yes")]
    _, asked, left_out = pair_questions(monkeypatch, tmp_path / "p.tsv", rows)
    assert {one.id: (one.answer, one.group) for one in asked} == {
        "s:PK1:M1": ("yes", "PK1"),
        "s:PK1:N1": ("no", "PK1"),
        "s:PK2:M1": ("no", "PK1"),
        "s:Q1:M1": ("yes", "Q1"),
        "s:Q1:N1": ("no", "Q1"),
    }
    assert asked[0].columns == {
        "perturbed": "PK1",
        "perturbed_name": "perturbed one",
        "measured": "M1",
        "measured_name": "",
    }
    assert [tuple(row) for row in left_out] == [
        ("s", "NOGENE M1", "no gene: unknown", "9"),
        ("s", "Q1 PK2", "two labels for one pair", "7, 8"),
    ]
    _, asked, _ = pair_questions(monkeypatch, tmp_path / "p.tsv", PAIR_ROWS, split_by="measured")
    assert {one.columns["measured"]: one.group for one in asked} == {"M1": "M1", "N1": "N1"}


@pytest.mark.parametrize("side", ["perturbed", "measured"])
def test_no_two_splits_share_a_gene_of_the_side_that_is_split(monkeypatch, tmp_path, side):
    monkeypatch.setattr(f"{__name__}.PAIR_GENES", [Gene(f"{kind}{letter}1") for kind in "PM" for letter in "ABCDEFGH"])
    rows = [
        (f"P{a}1", f"M{b}1", "yes" if (i + j) % 2 else "no")
        for i, a in enumerate("ABCDEFGH")
        for j, b in enumerate("ABCDEFGH")
    ]
    spec, asked, _ = pair_questions(monkeypatch, tmp_path / "p.tsv", rows, split_by=side)
    spec = spec.model_copy(update={"seed": 3})
    spec.subsets["s"].__dict__.update(test=16, valid=8)
    splits, _ = building.split(asked, spec, PAIRS)
    other = "measured" if side == "perturbed" else "perturbed"
    genes = {part: {one.columns[side] for one in rows} for part, rows in splits.items()}
    assert {part: len(own) for part, own in genes.items()} == {"test": 2, "valid": 1, "train": 5}
    assert not (genes["test"] & genes["train"] or genes["test"] & genes["valid"] or genes["valid"] & genes["train"])
    assert {one.columns[other] for one in splits["test"]} == {one.columns[other] for one in splits["train"]}


def test_training_pairs_leak_by_the_side_that_the_tested_ones_are_split_by(monkeypatch, tmp_path):
    spec, asked, _ = pair_questions(monkeypatch, tmp_path / "p.tsv", PAIR_ROWS, split_by="measured")
    monkeypatch.setattr(leaks, "read_genes", lambda *of: GeneTable(PAIR_GENES))
    by_id = {one.id: one for one in asked}
    # Their own benchmark is split by perturbed genes: its groups are PK1, PK1 and Q1.
    training = [by_id[name].model_copy(update={"group": "PK1"}) for name in ("s:PK1:M1", "s:PK1:N1")]
    training.append(by_id["s:Q1:M1"].model_copy(update={"group": "Q1"}))
    found = PAIRS.leaks.leaking(Built(PAIRS, spec, Path(), {"authority": {}}), [by_id["s:Q1:M1"]], training)
    assert found == {"same_group": [0, 2], "same_question": [2]}


def test_a_prompt_shows_both_genes_and_scores_have_the_gene_of_the_mean(monkeypatch, tmp_path):
    spec, [first, *_], _ = pair_questions(monkeypatch, tmp_path / "p.tsv", PAIR_ROWS, macro_by="measured")
    style = PAIRS.Style(
        system="", user="{perturbed} ({perturbed_name}) on {measured} ({measured_name}): {question}", budget_tokens=50
    )
    assert PAIRS.prompt(first, style).messages[-1]["content"] == ("PK1 (perturbed one) on M1 (): ? Classes: yes, no.")
    assert PAIRS.further_labels(first, spec) == {"macro": "M1"}
    assert "macro_by" in PAIRS.Benchmark.SCORING_SETTINGS, "another one trains nothing"


def test_the_classes_of_the_same_genes_other_pairs_by_hand(monkeypatch, tmp_path):
    _, asked, _ = pair_questions(monkeypatch, tmp_path / "p.tsv", PAIR_ROWS)
    training, rest = asked[:3], asked[3:]  # M1: yes, no; N1: no
    found = baselines.same_gene(
        "measured", training, [*rest, rest[0].model_copy(update={"columns": {"measured": "X"}})]
    )
    assert found.answers == ["yes", "no", "no"]
    assert found.confidences == [0.5, 1, pytest.approx(2 / 3)]
