"""What a model's name is to the list's enriched terms: one of them, near one, or near none. Scores are by hand."""

import numpy as np
import pandas as pd
import pytest
import toy_background as toy
from toy_background import SPECIAL, Y, Z

from reasonome.apps.annotate.judge import NEAR_SCORE, Judgement, judge
from reasonome.apps.annotate.knowledge import Known
from reasonome.apps.annotate.record import AnnotatedGene
from reasonome.enrichment.over_representation import GeneSetLibrary, LibrarySet
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.background_table import background_table
from reasonome.tasks.naming.claims import Knowledge
from reasonome.tasks.naming.metrics import TermScorer

NAMES = {SPECIAL: "special repair", toy.X: "alpha-repair", Y: "beta repair", Z: "gamma transport", "s1": "mending"}


class Mending:
    """An encoder by which "mending of alpha" is alpha-repair, and nothing else is near another text."""

    def embed(self, texts):
        places = {"mending of alpha": "alpha-repair"}
        vectors = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            row[sum(places.get(text, text).encode()) % 512] = 1
        return vectors


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Known:
    """The toy background and a library of one set, without an encoder."""
    ontology = toy.ontology(tmp_path_factory.mktemp("toy"))
    background = Background(background_table(toy.facts(), {"go": ontology}, toy.benchmark()))
    nothing = pd.DataFrame(columns=FACT_COLUMNS)
    own = GeneSetLibrary("mine", {"s1": LibrarySet("mending", frozenset({"g1", "g2"}))})
    return Known(nothing, Knowledge(nothing, background), TermScorer(background, {}), [own])


def term(identifier: str) -> EnrichedTerm:
    sizes = {"overlap": 2, "size": 2, "drawn": 4, "universe": 57, "p": 0.01, "adjusted_p": 0.04}
    library = "mine" if identifier == "s1" else "GO BP"
    return EnrichedTerm(library=library, id=identifier, name=NAMES[identifier], genes=["g1", "g2"], **sizes)


def judged(known: Known, name: str, *identifiers: str) -> Judgement:
    genes = [AnnotatedGene(symbol=one, written=one, name=f"gene {one}") for one in ("g2", "g7", "g1", "g8")]
    return judge(name, genes, [term(one) for one in identifiers], known)


@pytest.mark.parametrize("name", ["alpha-repair", "Alpha repair.", "repair of alpha"])
def test_a_name_of_an_enriched_term_is_the_same_wherever_the_term_stands(known, name):
    found = judged(known, name, SPECIAL, toy.X)
    why = "it is the enriched term 'alpha-repair' (GO BP; 2 of 4 genes)"
    assert found == Judgement("same", why, ["g2", "g1"], "alpha-repair", 1)


def test_a_name_is_near_the_term_beside_which_it_scores_most(known):
    # Of the parent's three genes beta repair has two; of two and two it shares one with its sibling.
    found = judged(known, "beta repair", toy.X, SPECIAL)
    assert (found.standing, found.nearest_term) == ("near", "special repair")
    assert found.likeness == pytest.approx(0.5 + 0.5 * (2 / 3 - 0.167) / (1 - 0.167))
    assert found.standing_why == "it is near the enriched term 'special repair' (GO BP; 2 of 4 genes)"
    assert found.supporting_genes == ["g2", "g1"]


@pytest.mark.parametrize(("name", "score"), [("wide process", 0.43), ("oxidation", 0)])
def test_a_name_that_scores_less_than_a_parent_is_near_none(known, name, score):
    found = judged(known, name, Z)
    assert (found.standing, found.supporting_genes, found.nearest_term) == ("none", [], "gamma transport")
    assert found.likeness == pytest.approx(score, abs=0.01) and found.likeness < NEAR_SCORE
    assert found.standing_why.startswith("no enriched term is near it; the nearest is 'gamma transport'")


def test_sets_of_a_users_library_are_terms_too(known):
    assert judged(known, "Mending", "s1").standing == "same"
    assert judged(known, "alpha-repair", "s1").standing == "near"  # it has the same genes
    assert judged(known, "gamma transport", "s1").standing == "none"


def test_a_name_in_other_words_means_the_term_that_the_encoder_finds(known):
    encoding = Known(known.facts, known.claims, TermScorer(known.terms.background, {"a": Mending()}), known.libraries)
    assert judged(encoding, "mending of alpha", toy.X).standing == "same"
    assert judged(known, "mending of alpha", toy.X).standing == "none"


def test_a_genes_own_name_is_near_none(known):
    found = judged(known, "gene g1", toy.X)
    assert (found.standing, found.standing_why) == ("none", "the name is a gene's own: g1")


def test_without_enriched_terms_there_is_none_to_be_near(known):
    assert judged(known, "alpha-repair") == Judgement("none", "no term is enriched", [], "", None)
