"""What terms are called: words that count as one, how rare they are, and how alike names read."""

import math

import pytest

from reasonome.apps.annotate.knowledge import KnownTerm, Vocabulary, are_opposite, words


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("interferon-gamma signaling pathway", "Signalling by interferon γ"),
        ("β-oxidation", "beta-oxidation"),
        ("γδ T cell differentiation", "gamma-delta T-cell differentiation"),
        ("haemoglobin biosynthetic process", "hemoglobin synthesis"),
        ("oestrogen metabolic process", "estrogen turnover"),
        ("tumour fibre organisation", "tumor fiber organization"),
        ("negative regulation of cell growth", "suppression of cell growth"),
        ("up-regulation of transcription", "positive regulation of transcription"),
    ],
)
def test_texts_of_the_same_words(first, second):
    assert words(first) == words(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("NAD+ binding", "NAD binding"),
        ("type I interferon signaling", "type II interferon signaling"),
        ("DNA repair", "DNA repair deficiency"),
        ("有丝分裂", "减数分裂"),
    ],
)
def test_texts_of_other_words(first, second):
    assert words(first) != words(second)


def test_an_inhibition_and_a_stimulation_are_opposite_unless_a_text_is_of_both():
    assert are_opposite("negative regulation of neurogenesis", "promotion of neurogenesis")
    assert not are_opposite("inhibition of T cell activation", "T cell activation")
    assert not are_opposite("regulation of neurogenesis", "promotion of neurogenesis")
    assert not are_opposite("suppression of neurogenesis", "repression of neurogenesis")


TERMS = [
    KnownTerm("GO BP", "1", "DNA repair", ("mending of DNA",)),
    KnownTerm("GO BP", "2", "DNA replication"),
    KnownTerm("Reactome", "3", "Mismatch repair"),
    KnownTerm("", "4", "Kinesins"),
]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary([*TERMS, KnownTerm("GO BP", "1", "another of that id")])


def test_a_term_is_found_by_its_name_and_its_synonyms_in_any_order(vocabulary):
    for name in ("the DNA-repair pathway", "repair of DNA", "DNA mending"):
        assert vocabulary.called(name) == [TERMS[0]], name
    assert vocabulary.called("another of that id") == []  # of two terms of one id the first counts
    assert vocabulary.called("DNA") == vocabulary.called("") == vocabulary.called("of the") == []
    assert vocabulary.keys_of["4"] == ("", "4")


def test_rare_words_weigh_more_and_unknown_ones_nothing(vocabulary):
    # Of four terms two have "DNA", one has "mismatch".
    assert vocabulary.rarity("dna") == pytest.approx(math.log(5 / 2))
    [mismatch] = words("mismatch")
    assert vocabulary.rarity(mismatch) == pytest.approx(math.log(5))
    assert vocabulary.rarity("zebrafish") == 0
    # Of "DNA mismatch" and "mismatch repair" log 5 is shared, of log 5/2 + log 5 twice.
    shared = math.log(5) / (math.log(5 / 2) + math.log(5))
    assert vocabulary.alike("DNA mismatch", "mismatch repair") == pytest.approx(shared)
    assert vocabulary.alike("DNA repair", "Repair of DNA") == 1
    assert vocabulary.alike("zebrafish", "zebrafish") == 0


def test_neighbours_share_words_and_the_most_alike_come_first(vocabulary):
    assert [term.id for term in vocabulary.neighbours("mismatch repair of DNA", 2)] == ["3", "1"]
    assert vocabulary.neighbours("translation", 5) == []
