"""Agreement of names with samples and enriched terms, genes with evidence, and sets that are nearly the same."""

import numpy as np
import pytest

from reasonome.annotation.agreement import (
    agreement_with_terms,
    claims_of_name,
    genes_of_reasoning,
    most_frequent_name,
    near_identical_groups,
)
from reasonome.annotation.record import AnnotatedClaim
from reasonome.enrichment.term import EnrichedTerm


def term(name: str, adjusted_p: float = 0.01, genes: str = "") -> EnrichedTerm:
    return EnrichedTerm(
        library="lib",
        id=name,
        name=name,
        overlap=1,
        size=3,
        drawn=4,
        universe=50,
        p=0.001,
        adjusted_p=adjusted_p,
        genes=list(genes),
    )


def claim(gene: str, verdict: str, negated: bool = False) -> AnnotatedClaim:
    return AnnotatedClaim(gene=gene, term="DNA repair", negated=negated, verdict=verdict)


# samples


@pytest.mark.parametrize(
    ("names", "name"),
    [
        # case, punctuation and spacing do not part names
        (
            ["Cell cycle", "base-excision repair", "Base  Excision Repair.", "BASE EXCISION REPAIR", "Translation"],
            "base-excision repair",
        ),
        (["Z", "A", "M", "a", "z"], "Z"),  # of equally frequent names the earliest
        (["", "DNA repair", "", ""], "DNA repair"),
        (["", "?!", " "], ""),
    ],
)
def test_the_name_that_most_samples_give(names, name):
    assert most_frequent_name(names) == name


# enriched terms


def test_without_an_encoder_the_longest_common_subsequence_decides():
    # Two of three words and two of two: precision 2/3, recall 1, F1 0.8.
    found = agreement_with_terms("mitochondrial DNA repair", [term("translation"), term("DNA repair")])
    assert found.score == pytest.approx(0.8)
    assert found.term.name == "DNA repair"


def test_words_and_an_encoder_decide_where_there_is_one():
    asked = []

    def similarity(first, second):
        asked.append((list(first), list(second)))
        return np.array([0.75, 0.9])

    # By the words 1 and 2/3: the encoder lowers the first, and the words the second.
    found = agreement_with_terms("DNA repair", [term("DNA repair"), term("repair")], similarity)
    assert (found.score, found.term.name) == (0.75, "DNA repair")
    assert asked == [(["DNA repair", "DNA repair"], ["DNA repair", "repair"])]


def test_what_an_encoder_alone_finds_alike_does_not_agree():
    # The cosine is MiniLM's. One word of four and of two: precision 1/4, recall 1/2, F1 1/3.
    signalling = term("Interferon Signaling", genes="AB")
    found = agreement_with_terms(
        "interferon-mediated protein binding", [signalling], lambda first, second: np.array([0.84])
    )
    assert found.score == pytest.approx(1 / 3)
    assert genes_of_reasoning("ABC", [], found) == ([], ["A", "B", "C"])


@pytest.mark.parametrize(("cosine", "score"), [(-0.2, 0), (1.0000001, 1)])
def test_scores_are_from_0_to_1(cosine, score):
    assert agreement_with_terms("a", [term("A")], lambda first, second: np.array([cosine])).score == score


def test_only_significant_terms_count():
    found = agreement_with_terms("DNA repair", [term("DNA repair", 0.051), term("repair", 0.05)])
    assert (found.term.name, found.score) == ("repair", pytest.approx(2 / 3))  # precision 1/2, recall 1


def test_of_terms_that_read_alike_the_first_counts():
    first, second = term("DNA repair", genes="AB"), term("DNA Repair", genes="CD")
    assert agreement_with_terms("DNA repair", [first, second]).term is first


@pytest.mark.parametrize(
    ("name", "terms"),
    [("DNA repair", []), ("DNA repair", [term("DNA repair", 0.06)]), ("", [term("DNA repair")]), (" ?", [term("?")])],
)
def test_without_a_name_or_a_significant_term_there_is_no_agreement(name, terms):
    assert agreement_with_terms(name, terms) is None


# genes


@pytest.mark.parametrize(
    ("symbols", "claims", "supporting"),
    [
        ("DCBA", [claim("A", "supported"), claim("B", "unknown"), claim("C", "contradicted")], ["A"]),
        ("AB", [claim("A", "supported", negated=True)], []),  # rightly said not to have something
        ("A", [claim("A", "contradicted"), claim("A", "supported")], ["A"]),
        ("AB", [claim("Y", "supported")], []),  # not of the set
    ],
)
def test_only_claims_that_facts_support_are_evidence(symbols, claims, supporting):
    others = [symbol for symbol in symbols if symbol not in supporting]
    assert genes_of_reasoning(symbols, claims) == (supporting, others)


def test_genes_of_an_enriched_term_that_says_the_same_are_supported():
    found = agreement_with_terms("DNA repair", [term("DNA repair pathway", genes="CB")])
    assert found.score == pytest.approx(0.8)
    assert genes_of_reasoning("ABCD", [claim("D", "supported")], found) == (["B", "C", "D"], ["A"])


@pytest.mark.parametrize(
    ("name", "enriched", "score"),
    [
        # Words in common over words of both, twice.
        ("mitochondrial DNA repair", "DNA repair", 4 / 5),
        ("DNA repair deficiency", "DNA repair", 4 / 5),
        ("DNA repair", "mitochondrial DNA repair", 4 / 5),
        ("γδ T cell activation", "T cell activation", 1),
        ("NAD+ binding", "NAD binding", 1),
        ("type I interferon signaling", "regulation of type I interferon signaling", 8 / 10),
        ("type I interferon signaling pathway", "type II interferon signaling pathway", 8 / 10),
    ],
)
def test_a_term_that_reads_alike_and_says_something_else_supports_nothing(name, enriched, score):
    found = agreement_with_terms(name, [term(enriched, genes="A")])
    assert (found.score, found.same) == (pytest.approx(score), False)
    assert genes_of_reasoning("AB", [], found) == ([], ["A", "B"])
    said = AnnotatedClaim(gene="A", term=enriched, negated=False, verdict="supported")
    assert claims_of_name(name, [said]) == []


def test_of_terms_those_that_say_the_same_come_first():
    # By the words 6/7 and 6/8.
    terms = [term("positive regulation of mitosis"), term("regulation of the mitosis pathway", genes="A")]
    found = agreement_with_terms("regulation of mitosis", terms)
    assert (found.term.genes, found.score) == (["A"], pytest.approx(6 / 8))


@pytest.mark.parametrize(("cosine", "supporting"), [(0.7, ["A"]), (0.69, [])])
def test_a_term_says_the_same_from_seven_tenths_on(cosine, supporting):
    found = agreement_with_terms("x", [term("X", genes="A")], lambda first, second: np.array([cosine]))
    assert genes_of_reasoning("AB", [], found)[0] == supporting


# groups


@pytest.mark.parametrize(
    ("texts", "groups"),
    [
        # The first and the last share four of five genes: .8, which is enough.
        (["vwxyz", "abcd", "mnop", "vwxyz", "abcde"], [1, 2, 3, 1, 2]),
        (["abcdefgh", "abcdefgi"], [1, 2]),  # seven of nine: .78
        # abcd and abcdef share four of six, but both share .8 and more with abcde.
        (["abcd", "abcdef", "xyz", "abcde"], [1, 1, 2, 1]),
        (["", "ab", "", "ab"], [1, 2, 3, 2]),
        ([], []),
    ],
)
def test_groups_are_of_sets_that_are_nearly_the_same(texts, groups):
    assert near_identical_groups([frozenset(text) for text in texts]) == groups
