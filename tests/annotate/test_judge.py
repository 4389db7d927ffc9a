"""What a model's name is judged by: terms of that name, terms near in meaning, words, and genes of the list alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from annotation_project import OTHERS, REPAIR, RIBOSOME, SPINDLE

from reasonome.apps.annotate.judge import WITHOUT_ENCODER, Judgement, compare, judge, verdict
from reasonome.apps.annotate.knowledge import Known, read_known, read_libraries
from reasonome.apps.annotate.project_files import answer_sources
from reasonome.apps.annotate.record import AnnotatedGene
from reasonome.config.annotations import Annotation
from reasonome.enrichment.over_representation import (
    GeneSetLibrary,
    LibrarySet,
    OverRepresentation,
    default_universe,
)
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.sources.formats import read_authority
from reasonome.tasks.naming.background import read_background


@pytest.fixture(scope="module")
def shelf(annotation_folder, annotation_settings) -> tuple[Known, OverRepresentation]:
    """What is known in the small project, and the test that finds enriched terms. There is no encoder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(annotation_folder)
        sources = answer_sources(annotation_settings, Annotation(sets=["mine.gmt"]))
        genes = read_authority(annotation_settings, sources.authority)
        background = read_background(sources.background)
        libraries = read_libraries(sources, background, genes)
        known = read_known(annotation_settings, sources, background, libraries)
        return known, OverRepresentation(libraries, default_universe(genes, libraries))


def listed(symbols: Sequence[str]) -> list[AnnotatedGene]:
    return [AnnotatedGene(symbol=one, written=one, name=f"gene {one.lower()}") for one in symbols]


def judged(shelf, name: str, symbols: Sequence[str], terms: Sequence[EnrichedTerm] | None = None) -> Judgement:
    known, test = shelf
    if terms is None:
        terms = test.enriched(symbols, most=None, largest_p=0.05)
    return judge(name, listed(symbols), terms, known)


def alike(shelf, pairs: dict[tuple[str, str], float]):
    """The shelf with an encoder by which those pairs have these cosines, and all others none."""
    known, test = shelf

    def similarity(first, second):
        return np.array([pairs.get(pair, 0.0) for pair in zip(first, second, strict=True)])

    return replace(known, similarity=similarity), test


# a term of that name


def test_a_name_that_is_the_best_term_in_another_order_is_confirmed_by_its_genes_and_their_facts(shelf, snapshot):
    found = judged(shelf, "Repair of DNA pathway", [*REPAIR, "FILL01"])
    assert (found.standing, found.standing_why) == snapshot
    assert found.supporting_genes == REPAIR
    [term] = found.terms_behind_name
    assert (term.name, term.id, term.library, term.genes) == ("DNA repair", "GO:0006281", "GO BP", REPAIR)
    assert [(fact.gene, fact.term, fact.fact) for fact in found.facts_behind_name] == [
        (gene, "DNA repair", "involved in DNA repair (GO:0006281, go-demo, IDA)") for gene in REPAIR
    ]
    assert (found.nearest_term, found.likeness) == ("DNA repair", 1)


def test_a_lesser_term_of_that_name_is_compatible(shelf, snapshot):
    # 2 genes, where the best term has 5: more than a fifth of its genes, less than half.
    terms = shelf[1].enriched([*REPAIR, *SPINDLE[:2]], most=None, largest_p=1)
    terms = [term for term in terms if term.name in ("DNA repair", "mitotic spindle assembly checkpoint")]
    found = judged(shelf, "mitotic spindle assembly checkpoint", [*REPAIR, *SPINDLE[:2]], terms)
    assert (found.standing, found.standing_why, found.supporting_genes) == snapshot


def test_where_nothing_is_enriched_facts_alone_make_a_name_compatible(shelf, snapshot):
    # All five of the five genes of 57: one draw of C(57, 5) = 4,187,106.
    found = judged(shelf, "DNA repair", REPAIR, terms=[])
    assert (found.standing, found.standing_why) == snapshot
    assert (found.terms_behind_name[0].adjusted_p, found.nearest_term, found.likeness) == (None, "", None)
    assert len(found.facts_behind_name) == 5


@pytest.mark.parametrize(
    ("name", "symbols", "why"),
    [
        ("cytoplasmic translation", REPAIR, "none of the 5 genes has the term of that name, 'cytoplasmic translation'"),
        (
            "cytoplasmic translation",
            [*REPAIR, "RPL3"],
            # P of one of five or more among 57 when six are drawn: 1 - C(52, 6) / C(57, 6).
            "1 of 6 genes has the term of that name, 'cytoplasmic translation' (RPL3), which chance would give too "
            "(p 0.44)",
        ),
        (
            "Immune system",
            OTHERS[:8],
            "the term of that name, 'Immune System', is what more than one gene in ten has, and says nothing of these",
        ),
    ],
)
def test_a_term_of_that_name_that_the_list_lacks_decides_against_it(shelf, name, symbols, why):
    found = judged(shelf, name, symbols)
    assert (found.standing, found.terms_behind_name, found.facts_behind_name, found.supporting_genes) == (
        "unconfirmed",
        [],
        [],
        [],
    )
    assert found.standing_why == why


def enriched(name: str, genes: Sequence[str]) -> EnrichedTerm:
    sizes = {"overlap": len(genes), "size": len(genes), "drawn": len(genes), "universe": 57}
    return EnrichedTerm(library="mine", id=name, name=name, p=0.01, adjusted_p=0.04, genes=list(genes), **sizes)


def test_a_term_with_less_than_a_fifth_of_the_best_ones_genes_decides_against_a_name(shelf, snapshot):
    symbols = [*OTHERS[:15], *SPINDLE[:2]]
    terms = [enriched("filling", OTHERS[:15]), enriched("checkpoint", SPINDLE[:2])]
    known = replace(
        shelf[0], libraries=[GeneSetLibrary("mine", {"checkpoint": LibrarySet("checkpoint", frozenset(SPINDLE))})]
    )
    found = judged((known, shelf[1]), "checkpoint", symbols, terms)
    assert (found.standing, found.standing_why) == snapshot
    assert judged((known, shelf[1]), "checkpoint", symbols, terms[1:]).standing == "confirmed"


def test_that_name_decides_whatever_an_encoder_finds_alike(shelf):
    fooled = alike(shelf, {("cytoplasmic translation", "DNA repair"): 1.0})
    assert judged(fooled, "cytoplasmic translation", REPAIR).standing == "unconfirmed"


# near in meaning


def test_a_name_in_other_words_is_near_by_the_encoder_and_shown_with_its_facts(shelf, snapshot):
    found = judged(alike(shelf, {("mending of the genome", "DNA repair"): 1.0}), "mending of the genome", REPAIR)
    assert (found.standing, found.standing_why) == snapshot
    assert (found.supporting_genes, len(found.facts_behind_name)) == (REPAIR, 5)
    assert judged(shelf, "mending of the genome", REPAIR).standing == "unconfirmed"  # without it


def test_a_term_that_the_list_lacks_and_that_is_nearer_decides_against_a_name(shelf, snapshot):
    # Both share a word with the name, so that both are compared.
    pairs = {("DNA translation", "DNA repair"): 0.5, ("DNA translation", "cytoplasmic translation"): 1.0}
    found = judged(alike(shelf, pairs), "DNA translation", REPAIR)
    assert (found.standing, found.standing_why) == snapshot


def test_what_is_far_from_all_is_unconfirmed_and_the_nearest_term_is_told(shelf, snapshot):
    found = judged(alike(shelf, {("oxidation", "DNA repair"): 0.3}), "oxidation", REPAIR)
    assert (found.standing, found.standing_why) == snapshot
    nothing = judged(shelf, "oxidation", OTHERS[:3], terms=[])
    assert (
        nothing.standing_why == "no enriched term, and no fact that several of these genes share, is near it in meaning"
    )


def test_words_of_several_terms_of_the_list_make_a_name_compatible(shelf, snapshot):
    known, test = shelf
    terms = test.enriched(REPAIR, most=None, largest_p=0.05)
    compared = compare("repair by recombination", listed(REPAIR), terms, known)
    # Each of the two terms has one word of its two, and one of the name's two: alike by a half.
    standing, why, behind = verdict(compared, replace(WITHOUT_ENCODER, near=0.6))
    assert (compared.covered, standing) == (1, "compatible")
    assert why == snapshot
    assert [held.genes for held in behind] == [tuple(REPAIR), ("BRCA1", "BRCA2", "RAD51")]


def test_the_opposite_of_a_term_is_not_near_it(shelf):
    term = enriched("stimulation of mending", REPAIR)
    for name, standing in (("inhibition of mending", "unconfirmed"), ("promotion of mending", "compatible")):
        assert judged(alike(shelf, {(name, term.name): 1.0}), name, REPAIR, [term]).standing == standing


# names of genes


def test_a_genes_own_name_is_no_process(shelf):
    found = judged(shelf, "gene brca1", REPAIR)
    assert (found.standing, found.standing_why) == ("unconfirmed", "the name is a gene's own: BRCA1")


def test_only_genes_of_the_list_support(shelf):
    found = judged(shelf, "cytoplasmic translation", [*RIBOSOME[:4], "FILL01", "FILL02"])
    assert found.standing == "confirmed" and found.supporting_genes == RIBOSOME[:4]
    assert {fact.gene for fact in found.facts_behind_name} == set(RIBOSOME[:4])
