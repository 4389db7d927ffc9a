"""Statements: their wording, what is stated once, what is held out and what is left out."""

import json

import pandas as pd
import pytest

from reasonome import statements
from reasonome.errors import InputError
from reasonome.metrics.naming import normalise
from reasonome.sources.go import RELATIONS

COLUMNS = ["gene", "relation", "object_id", "object_name", "source", "evidence"]


def table(*facts):
    """Facts from (gene, relation, object id, object name, source)."""
    return pd.DataFrame([(*fact, "") for fact in facts], columns=COLUMNS)


def texts(*facts, paraphrases=9):
    return sorted(statements.write_sentences(table(*facts), paraphrases, 0.1, 0)["text"])


@pytest.mark.parametrize(
    ("relation", "name", "expected"),
    [
        (
            "involved_in",
            "cell cycle",
            [
                "Among its roles, XYZ1 contributes to cell cycle.",
                "Cell cycle involves XYZ1.",
                "One of the genes at work in cell cycle is XYZ1.",
                "XYZ1 takes part in cell cycle.",
            ],
        ),
        (
            "enables",
            "kinase activity",
            [
                "At the molecular level, XYZ1 provides kinase activity.",
                "Kinase activity is an activity of XYZ1.",
                "The product of XYZ1 has kinase activity.",
                "XYZ1 encodes a product with kinase activity.",
            ],
        ),
        (
            "part_of",
            "nucleus",
            [
                "In the cell, XYZ1 belongs to the nucleus.",
                "The nucleus contains the product of XYZ1.",
                "The product of XYZ1 is found in the nucleus.",
                "XYZ1 encodes a product located at the nucleus.",
            ],
        ),
        (
            "acts_upstream_of",
            "cell cycle",
            ["Cell cycle is influenced by an earlier action of XYZ1.", "XYZ1 acts ahead of cell cycle."],
        ),
        (
            "acts_upstream_of_negative_effect",
            "cell cycle",
            [
                "Cell cycle is restrained by an earlier action of XYZ1.",
                "XYZ1 acts ahead of cell cycle and holds it back.",
            ],
        ),
        (
            "acts_upstream_of_or_within",
            "cell cycle",
            [
                "Cell cycle is influenced by XYZ1, from within or from upstream.",
                "Either in cell cycle or upstream of it, XYZ1 is at work.",
                "XYZ1 acts within cell cycle or ahead of it.",
            ],
        ),
        (
            "acts_upstream_of_or_within_positive_effect",
            "cell cycle",
            [
                "Cell cycle is furthered by XYZ1, from within or from upstream.",
                "Either in cell cycle or upstream of it, XYZ1 has a positive effect on it.",
                "XYZ1 acts within cell cycle or ahead of it, and promotes it.",
            ],
        ),
        (
            "acts_upstream_of_or_within_negative_effect",
            "cell cycle",
            [
                "Cell cycle is restrained by XYZ1, from within or from upstream.",
                "Either in cell cycle or upstream of it, XYZ1 has a negative effect on it.",
                "XYZ1 acts within cell cycle or ahead of it, and holds it back.",
            ],
        ),
        (
            "contributes_to",
            "kinase activity",
            [
                "As part of a complex, the product of XYZ1 helps to provide kinase activity.",
                "Kinase activity is an activity to which the product of XYZ1 contributes.",
                "The product of XYZ1 contributes to kinase activity.",
            ],
        ),
        (
            "colocalizes_with",
            "nucleus",
            [
                "In the cell, the product of XYZ1 accompanies the nucleus.",
                "The nucleus and the product of XYZ1 are seen in the same place.",
                "The product of XYZ1 colocalizes with the nucleus.",
            ],
        ),
        (
            "member_of_pathway",
            "Apoptosis",
            [
                "Apoptosis is a pathway with XYZ1 in it.",
                "Part of the pathway Apoptosis is XYZ1.",
                "The pathway Apoptosis includes XYZ1.",
                "XYZ1 is a member of the pathway Apoptosis.",
            ],
        ),
        (
            "has_name",
            "xylose kinase 1",
            [
                "The full name of XYZ1 is xylose kinase 1.",
                "The gene symbol XYZ1 means xylose kinase 1.",
                "XYZ1 stands for xylose kinase 1.",
                "Xylose kinase 1 is abbreviated XYZ1.",
            ],
        ),
        (
            "in_gene_group",
            "Xylose kinases",
            [
                "The gene group Xylose kinases counts XYZ1 among its members.",
                "XYZ1 belongs to the gene group Xylose kinases.",
                "XYZ1 is one of the Xylose kinases genes.",
            ],
        ),
    ],
)
def test_wording(relation, name, expected):
    assert texts(("XYZ1", relation, "O:1", name, "s")) == expected


def test_every_relation_of_the_sources_has_a_wording():
    known = set(statements.PARAPHRASES) | set(statements.SAME_WORDING)
    assert {*RELATIONS["P"], *RELATIONS["F"], *RELATIONS["C"]} <= known
    assert set(statements.SAME_WORDING.values()) <= set(statements.PARAPHRASES)


def test_no_two_relations_share_a_sentence():
    sentences = [sentence for several in statements.PARAPHRASES.values() for sentence in several]
    assert len(sentences) == len(set(sentences))


@pytest.mark.parametrize("weaker", ["acts_upstream_of_or_within", "contributes_to", "colocalizes_with"])
def test_a_weaker_relation_is_not_said_as_a_stronger_one(weaker):
    stronger = {"involved_in", "enables", "located_in"}
    said = texts(*[("XYZ1", relation, "O:1", "thing", "s") for relation in stronger])
    assert not set(said) & set(texts(("XYZ1", weaker, "O:1", "thing", "s")))


@pytest.mark.parametrize(
    ("name", "opening"),
    [
        ("cell cycle", "Cell cycle"),
        ("double-strand break repair", "Double-strand break repair"),
        ("mRNA splicing", "mRNA splicing"),
        ("tRNA processing", "tRNA processing"),
        ("cAMP binding", "cAMP binding"),
        ("p53 binding", "p53 binding"),
        ("p-cresol metabolism", "p-cresol metabolism"),
        ("eIF4E binding", "eIF4E binding"),
        ("5'-nucleotidase activity", "5'-nucleotidase activity"),
        ("DNA repair", "DNA repair"),
        ("nucleus", "Nucleus"),
    ],
)
def test_a_name_at_the_start_is_not_damaged(name, opening):
    assert f"{opening} involves A." in texts(("A", "involved_in", "O:1", name, "s"))


def test_braces_in_names_are_only_braces():
    assert "A takes part in {gene} {0}." in texts(("A", "involved_in", "O:1", "{gene} {0}", "s"))


def test_a_fact_of_two_sources_is_stated_once():
    found = statements.write_sentences(
        table(("A", "involved_in", "O:1", "cell cycle", "zeta"), ("A", "involved_in", "O:1", "cell cycle", "alpha")),
        1,
        0.1,
        0,
    )
    assert found["source"].tolist() == ["alpha,zeta"]


def test_facts_that_read_alike_are_stated_once():
    found = statements.write_sentences(
        table(
            ("A", "located_in", "O:1", "nucleus", "go"),
            ("A", "is_active_in", "O:1", "nucleus", "go"),
            ("B", "member_of_pathway", "R:1", "Apoptosis", "reactome"),
            ("B", "member_of_pathway", "W:1", "Apoptosis", "wikipathways"),
        ),
        9,
        0.1,
        0,
    )
    assert len(found) == found["text"].nunique() == 8
    first, second = (group.iloc[0] for _, group in found.groupby("gene"))
    assert (first["relation"], first["object_id"], first["source"]) == ("is_active_in,located_in", "O:1", "go")
    assert (second["object_id"], second["source"]) == ("R:1,W:1", "reactome,wikipathways")


def test_the_number_of_paraphrases():
    facts = table(("A", "involved_in", "O:1", "cell cycle", "s"), ("A", "acts_upstream_of", "O:2", "growth", "s"))
    counts = {n: statements.write_sentences(facts, n, 0.1, 0)["object_id"].value_counts() for n in (1, 3, 8)}
    assert [(counts[n]["O:1"], counts[n]["O:2"]) for n in (1, 3, 8)] == [(1, 1), (3, 2), (4, 2)]


def many(count=400):
    relations = ["located_in", "is_active_in", "involved_in"]
    return table(*[(f"G{i % 40}", relations[i % 3], f"O:{i // 3}", f"term {i // 3}", "s") for i in range(count)])


def test_splits_share_no_fact():
    found = statements.write_sentences(many(), 4, 0.3, 0)
    halves = [found[found["split"] == part] for part in ("train", "held_out")]
    assert all(len(half) > 100 for half in halves)
    for columns in (["text"], ["gene", "object_id"]):
        first, second = (set(half[columns].itertuples(index=False, name=None)) for half in halves)
        assert not first & second


def test_one_gene_and_one_name_fall_into_one_split_whatever_the_relation_or_the_case():
    for i in range(30):
        facts = table(
            (f"G{i}", "located_in", "O:1", "nuclear pore", "go"),
            (f"G{i}", "involved_in", "O:2", "nuclear pore", "go"),
            (f"G{i}", "member_of_pathway", "R:1", "Nuclear Pore", "reactome"),
        )
        assert statements.write_sentences(facts, 1, 0.4, 0)["split"].nunique() == 1


def test_the_choice_is_seeded_and_neither_order_nor_other_facts_change_it():
    facts = many()
    found = statements.write_sentences(facts, 2, 0.3, 0)
    pd.testing.assert_frame_equal(found, statements.write_sentences(facts.sample(frac=1, random_state=1), 2, 0.3, 0))
    assert not found.equals(statements.write_sentences(facts, 2, 0.3, 1))
    fewer = statements.write_sentences(facts[facts["gene"] != "G7"], 2, 0.3, 0)
    pd.testing.assert_frame_equal(fewer, found[found["gene"] != "G7"].reset_index(drop=True))


def test_an_unknown_relation_is_an_error():
    with pytest.raises(InputError, match="no wording for relation 'eats'") as error:
        statements.write_sentences(table(("A", "eats", "O:1", "cake", "s")), 1, 0.1, 0)
    assert "PARAPHRASES" in error.value.fix


def test_held_out_terms_are_left_out_by_id_and_by_name():
    facts = table(
        ("A", "involved_in", "GO:1", "DNA repair", "go"),
        ("A", "member_of_pathway", "R:1", "DNA  Repair", "reactome"),
        ("A", "member_of_pathway", "R:2", "DNA replication", "reactome"),
        ("B", "involved_in", "GO:2", "cell cycle", "go"),
    )
    kept, left_out = statements.leave_out(facts, [("GO:1", "DNA repair"), ("GO:9", "growth")])
    assert kept["object_id"].tolist() == ["R:2", "GO:2"]
    assert left_out["object_id"].tolist() == ["GO:1", "R:1"]
    assert kept.index.tolist() == left_out.index.tolist() == [0, 1]


def test_statistics_by_hand(tmp_path):
    facts = table(
        ("A", "involved_in", "GO:1", "DNA repair", "go"),
        ("A", "involved_in", "GO:1", "DNA repair", "other"),
        ("B", "involved_in", "GO:1", "DNA repair", "go"),
        ("B", "enables", "GO:2", "DNA binding", "go"),
    )
    sentences = statements.write_sentences(facts, 2, 0.1, 0)
    # Three distinct facts, two sentences each; those of (A, GO:1) count for both sources.
    counted = statements.statistics(facts, sentences)
    assert counted.to_dict("split")["data"] == [["go", 3, 2, 6], ["other", 1, 1, 2], ["total", 3, 2, 6]]

    statements.write_statements(sentences, facts, facts[:1], tmp_path)
    written = "".join((tmp_path / f"{part}.jsonl").read_text() for part in ("train", "held_out"))
    rows = [json.loads(line) for line in written.splitlines()]
    assert sorted(row["text"] for row in rows) == sorted(sentences["text"])
    assert list(rows[0]) == ["text", "gene", "relation", "object_id", "source"]
    assert (tmp_path / "left_out.tsv").read_text().splitlines() == [
        "gene\trelation\tobject_id\tobject_name\tsource\tevidence",
        "A\tinvolved_in\tGO:1\tDNA repair\tgo\t",
    ]
    assert pd.read_csv(tmp_path / "statistics.tsv", sep="\t").equals(counted)


def test_the_demo_says_nothing_about_its_held_out_terms(demo_facts, demo_benchmark):
    from reasonome.benchmarks import held_out_terms, read_rows

    terms = held_out_terms(demo_benchmark)
    parts = [read_rows(demo_benchmark / f"{part}.jsonl") for part in ("valid", "test")]
    assert terms == [(row.id, row.name) for rows in parts for row in rows]
    facts, left_out = statements.leave_out(demo_facts, terms)
    assert len(left_out) > 100
    sentences = statements.write_sentences(facts, 1, 0.02, 0)
    ids, names = {term for term, _ in terms}, {normalise(name) for _, name in terms}
    assert not ids & {one for joined in sentences["object_id"] for one in joined.split(",")}
    assert not names & set(facts["object_name"].map(normalise))
    assert 0.01 < (sentences["split"] == "held_out").mean() < 0.03
    assert sentences["text"].is_unique
