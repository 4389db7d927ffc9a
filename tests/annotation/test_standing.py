"""Whether a model's name is shown, in grey, or not at all: a wrong name is never borne out."""

import pytest

from reasonome.annotation.agreement import agreement_with_terms
from reasonome.annotation.record import AnnotatedGene, AnnotationRecord
from reasonome.annotation.standing import standing
from reasonome.enrichment.term import EnrichedTerm

GENES = [f"G{number}" for number in range(10)]


def term(name: str, p: float, genes: str, library: str = "GO BP") -> EnrichedTerm:
    chosen = [f"G{digit}" for digit in genes]
    sizes = {"overlap": len(chosen), "size": len(chosen), "drawn": 10, "universe": 1000}
    return EnrichedTerm(library=library, id=name, name=name, p=p, adjusted_p=p, genes=chosen, **sizes)


BEST = term("interferon signaling", 1e-9, "01234567")
BELOW = term("response to virus", 1e-6, "0123456")  # 7 of 8 with the best
OTHER = term("cell migration", 0.01, "89")
TERMS = [BEST, BELOW, OTHER]


def record(name: str, shown: int = 10, **values) -> AnnotationRecord:
    genes = [AnnotatedGene(symbol=gene, written=gene, shown=place < shown) for place, gene in enumerate(GENES)]
    return AnnotationRecord(list="a", set="b", id="c", genes=genes, name=name, **values)


def judged(name: str, supporting=("G1",), terms=TERMS, own_name: str = "", **values) -> tuple[str, str]:
    return standing(record(name, **values), supporting, agreement_with_terms(name, terms), terms, own_name)


@pytest.mark.parametrize("name", ["Interferon signaling pathway", "response to virus"])
def test_a_name_that_says_the_same_as_the_best_term_or_one_below_it_is_supported(name):
    stands, why = judged(name)
    assert stands == "supported" and why.startswith("it says the same as the enriched term '")


def test_the_best_term_of_any_library_counts():
    pathway = term("cell migration", 0.02, "89", library="Reactome")
    assert judged("cell migration", terms=[BEST, BELOW, pathway])[0] == "supported"


def test_a_name_that_says_the_same_as_a_lesser_term_is_weak():
    assert judged("cell migration") == (
        "weak",
        "it says the same as 'cell migration', which is not the best enriched term, or one of many alike",
    )


def test_a_name_that_says_the_same_as_one_of_many_terms_with_the_same_genes_is_weak():
    many = [term(f"pathway {letter}", 1e-9, "01234567", library="Reactome") for letter in "abcdefghijk"]
    assert judged("pathway c", terms=many)[0] == "weak"
    assert judged("pathway c", terms=many[:10])[0] == "supported"


def test_a_name_that_only_single_genes_bear_out_is_weak():
    stands, why = judged("DNA repair")
    assert (stands, why) == ("weak", "no enriched term says the same: it rests on what is known of single genes")
    assert judged("DNA repair", terms=[])[0] == "weak"


def test_a_name_that_nothing_bears_out_is_withheld():
    why = "no enriched term says the same, and no known fact about these genes supports it"
    assert judged("DNA repair", supporting=()) == ("withheld", why)


def test_a_name_of_a_set_of_which_the_model_saw_less_than_half_is_withheld_even_if_it_is_right():
    assert judged("interferon signaling", shown=4) == ("withheld", "the model saw only 4 of 10 genes")
    assert judged("interferon signaling", shown=5)[0] == "supported"


def test_a_question_of_enriched_terms_is_about_the_whole_list():
    given = (["G1"], agreement_with_terms("interferon signaling", TERMS), TERMS, "")
    assert standing(record("interferon signaling", shown=0), *given, of_whole_list=True)[0] == "supported"
    unsupported = standing(record("DNA repair", shown=0), [], None, TERMS, "", of_whole_list=True)
    assert unsupported[0] == "withheld"


def test_a_guess_and_a_genes_own_name_are_weak():
    assert judged("interferon signaling", agreement=0.0)[0] == "weak"
    assert judged("interferon signaling", agreement=0.5)[0] == "supported"
    assert judged("interferon signaling", own_name="the name is a gene's own: G1") == (
        "weak",
        "the name is a gene's own: G1",
    )


def test_without_a_name_nothing_stands():
    assert judged("") == ("", "")
