"""The wording of statements: a sentence for each relation, in several ways, about one gene and about several."""

import string

import pandas as pd
import pytest

from reasonome.facts import statements, wording
from reasonome.facts.sources.go import RELATIONS
from reasonome.facts.sources.source import FACT_COLUMNS

# What sources beside GO say of genes.
OTHERS = {
    "affected_by_chemical", "associated_with_disease", "catalyses", "expressed_in_text", "has_alias", "has_domain",
    "has_function_text", "has_gene_type", "has_keyword", "has_name", "has_phenotype",
    "has_summary", "in_compartment", "in_gene_group", "inferred_disease", "maps_to_band", "member_of_pathway",
    "part_of_pathway", "subunit_of_complex",
}  # fmt: skip
BOTH = [*wording.PARAPHRASES.items(), *wording.SEVERAL.items()]


def phrasings(relation, name, *genes, genes_per_statement=1, paraphrases=4):
    """Paraphrases of one fact; of several genes' common fact, the statements about more than one of them."""
    facts = pd.DataFrame([(gene, relation, "O:1", name, "s", "") for gene in genes], columns=FACT_COLUMNS)
    sentences = statements.write_sentences(facts, paraphrases, 0.1, 0, genes_per_statement)
    return sorted(sentences["text"][sentences["gene"].str.contains(wording.JOINT) == (genes_per_statement > 1)])


def test_every_relation_of_the_sources_has_a_wording():
    assert {*RELATIONS["P"], *RELATIONS["F"], *RELATIONS["C"]} | OTHERS == wording.RELATIONS
    assert set(wording.SAME_WORDING.values()) <= set(wording.PARAPHRASES)
    alone = {"has_name", "has_summary", "has_function_text", "expressed_in_text"}
    assert set(wording.PARAPHRASES) - set(wording.SEVERAL) == alone


@pytest.mark.parametrize(("relation", "sentences"), BOTH)
def test_a_relation_has_at_least_three_ways_to_be_said(relation, sentences):
    assert len(set(sentences)) == len(sentences) >= 3
    for sentence in sentences:
        places = [place for _, place, _, _ in string.Formatter().parse(sentence) if place]
        assert sorted(places) in (["gene", "object"], ["genes", "object"])
        assert sentence.endswith(": {object}" if relation in wording.FREE_TEXT else ".")


def test_no_two_relations_share_a_sentence():
    every = [*BOTH, *wording.FURTHER.items(), *wording.ASKED.items()]
    sentences = [sentence for _, several in every for sentence in several]
    assert len(sentences) == len(set(sentences))


@pytest.mark.parametrize("relation", sorted(wording.FURTHER))
def test_a_relation_with_further_wordings_has_a_dozen_and_two_that_are_never_trained(relation):
    said = phrasings(relation, "DNA repair", "XYZ1", paraphrases=16)
    assert len(set(said)) == len(wording.paraphrases(relation, 0)) == 12
    assert set(phrasings(relation, "DNA repair", "XYZ1", paraphrases=3)) < set(said)
    assert len(wording.ASKED[relation]) == 2


def test_further_wordings_come_after_all_others():
    """A corpus that asks for few reads as it did before they were there."""
    for relation, further in wording.FURTHER.items():
        first = wording.PARAPHRASES[relation]
        for turn in range(40):
            chosen = wording.paraphrases(relation, turn)
            assert chosen[: len(first)] == [first[(turn + n) % len(first)] for n in range(len(first))]
            assert sorted(chosen[len(first) :]) == sorted(further)


def test_models_are_asked_in_sentences_that_end_with_the_object():
    assert set(wording.ASKED) == set(wording.PARAPHRASES) - wording.FREE_TEXT
    for sentences in wording.ASKED.values():
        for sentence in sentences:
            assert sentence.endswith("{object}.") and sentence.index("{gene}") < sentence.index("{object}")


def test_a_relation_is_worded_as_its_first():
    assert wording.worded_as("is_active_in\tlocated_in") == wording.worded_as("part_of") == "located_in"
    assert wording.worded_as("enables") == "enables"


def test_no_list_of_genes_claims_to_be_whole():
    for sentences in wording.SEVERAL.values():
        assert not any(word in sentence.split() for sentence in sentences for word in ("all", "All", "only", "Only"))


def test_three_genes_are_listed_with_commas_and_an_and():
    assert wording.listed(["A", "B", "C"]) == "A, B and C"
    assert wording.listed(["A", "B"]) == "A and B"


@pytest.mark.parametrize(
    ("name", "at_the_start"),
    [
        ("cell cycle", "Cell cycle"),
        ("double-strand break repair", "Double-strand break repair"),
        ("mRNA splicing", "mRNA splicing"),
        ("p53 binding", "p53 binding"),
        ("p-cresol metabolism", "p-cresol metabolism"),
        ("5'-nucleotidase activity", "5'-nucleotidase activity"),
        ("DNA repair", "DNA repair"),
    ],
)
def test_a_name_at_the_start_is_not_damaged(name, at_the_start):
    assert f"{at_the_start} involves A." in phrasings("involved_in", name, "A")


@pytest.mark.parametrize("relation", wording.PARAPHRASES)
def test_wordings_that_begin_with_the_gene_lead_to_the_object(relation):
    chosen = wording.paraphrases(relation, 1, begins_with="gene")
    assert chosen and all(text.index("{gene}") < text.index("{object}") for text in chosen)
    others = wording.paraphrases(relation, 1, begins_with="object")
    assert all(text.index("{object}") < text.index("{gene}") for text in others)
    assert sorted(chosen + others) == sorted(wording.paraphrases(relation, 1))
