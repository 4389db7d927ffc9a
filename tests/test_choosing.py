"""Answers beside the enriched terms that their prompts show, by hand."""

import numpy as np
import pytest
import toy_background as toy
from toy_background import BINDING, DEEP, FUNCTION, ROOT, X, Y

from reasonome.answering.rows import AnswerRow
from reasonome.tasks.naming import scoring
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.background_table import background_table
from reasonome.tasks.naming.baselines import baseline_scores
from reasonome.tasks.naming.choosing import copied_rank, size_stratum, snapped, what_is_shown
from reasonome.tasks.naming.dialogue import ABSTENTION
from reasonome.tasks.naming.metrics import Judges, TermScorer
from reasonome.tasks.naming.questions import Example, Gene, ShownTerm
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.tasks.naming.task import GeneSetNaming

STYLE = NamingStyle(system="", user="{terms}", reasoning="none", terms={"most": 9, "budget_tokens": 300})


@pytest.fixture(scope="module")
def scorer(tmp_path_factory) -> TermScorer:
    ontology = toy.ontology(tmp_path_factory.mktemp("toy"))
    return TermScorer(Background(background_table(toy.facts(), {"go": ontology}, toy.benchmark())), {})


def shown(name, id="T:1", overlap=2, drawn=3, size=9):
    return ShownTerm(library="GO BP", id=id, name=name, overlap=overlap, drawn=drawn, size=size)


def asked(*terms, id=X, name="alpha-repair", genes="g1 g2 g3", **more):
    symbols = [Gene(symbol=symbol) for symbol in genes.split()]
    return Example(id=id, subset="bp", name=name, genes=symbols, enriched=[*terms], **more)


class ByLength:
    """An encoder to which two texts are the more alike the nearer their lengths."""

    def similarity(self, first, second):
        return np.array([1 / (1 + abs(len(a) - len(b))) for a, b in zip(first, second, strict=True)])


def test_the_rank_of_a_copy():
    question = asked(shown("vision"), shown("beta repair"), shown("Beta-repair"))
    names = ["vision", "Beta  Repair", "repair", "", ABSTENTION]
    assert [copied_rank(name, question) for name in names] == [1, 2, 0, 0, 0]
    assert copied_rank("vision", asked()) == 0


def test_the_nearest_shown_term_is_taken_and_of_equals_the_first():
    # "sixsix" has six letters: four and eight are as near, seven is nearer.
    question = asked(shown("four"), shown("eight888"), shown("VISION"))
    other = question.model_copy(update={"enriched": [shown("eight888"), shown("four"), shown("seven77")]})
    both = question.model_copy(update={"enriched": [shown("eight888"), shown("four")]})
    rows = [
        ("sixsix", both, "eight888"),
        ("sixsix", other, "seven77"),
        ("vision", question, "VISION"),  # a copy, whatever the encoder says
        ("", question, ""),
        (ABSTENTION, question, ABSTENTION),
        ("sixsix", asked(), "sixsix"),
    ]
    names, questions, expected = map(list, zip(*rows, strict=True))
    assert snapped(names, questions, ByLength().similarity) == expected
    assert snapped(["", "vision"], [question] * 2, None) == ["", "VISION"]


@pytest.mark.parametrize(
    ("count", "stratum"),
    [(2, "≤ 5 genes"), (5, "≤ 5 genes"), (6, "6–19 genes"), (19, "6–19 genes"), (20, "≥ 20 genes")],
)
def test_strata_by_size(count, stratum):
    assert size_stratum(asked(genes=" ".join(f"g{i}" for i in range(count)))) == stratum


@pytest.mark.parametrize(
    ("terms", "kind"),
    [
        ([], "neither"),
        ([shown("x", FUNCTION), shown("x", "R:1")], "neither"),
        ([shown("beta repair", BINDING)], "neither"),  # of another branch
        ([shown("x", DEEP)], "a relative"),  # its parent
        ([shown("x", "R:1"), shown("x", ROOT)], "a relative"),
        ([shown("beta repair", Y)], "a relative"),  # a sibling
        ([shown("Regulation of alpha repair", "R:1")], "a relative"),
        ([shown("negative regulation of repair of alpha", "R:1")], "a relative"),
        ([shown("x", DEEP), shown("x", "R:1", 3, 3, 3)], "an equal set"),
        ([shown("x", "R:1", 3, 3, 3), shown("x", X)], "its own term"),
    ],
)
def test_what_is_shown_of_the_truth(scorer, terms, kind):
    assert what_is_shown(asked(*terms, synonyms=["repair of alpha"]), scorer) == kind
    variant = asked(*terms, synonyms=["repair of alpha"]).model_copy(update={"id": f"{X}-own", "term": X})
    assert what_is_shown(variant, scorer) == kind
    of_no_ontology = asked(*terms, id="R:9", name="gone")
    assert what_is_shown(of_no_ontology, scorer) == (
        "an equal set" if any(t.overlap == 3 for t in terms) else "neither"
    )


def test_columns_of_answers_by_hand(scorer):
    """Three answers: a copy of the second term, a name of its own, and none; the genes are those of alpha-repair."""
    terms = [shown("deep process", DEEP), shown("beta repair", Y)]
    questions = [asked(*terms, id=f"{X}-{n}" if n else X, term=X if n else "") for n in range(3)]
    names = {X: "Beta repair", f"{X}-1": "deep proces of", f"{X}-2": ""}
    rows = [AnswerRow(id=id, subset="bp", text=f"Process: {name}") for id, name in names.items()]
    judges = Judges({"length": ByLength()}, scorer)
    table = scoring.score_answers(GeneSetNaming(), STYLE, questions, rows, judges, seed=0)
    assert table["copied_rank"].tolist() == [2, 0, 0] and table["copied"].tolist() == [1, 0, 0]
    assert table["snap"].tolist() == ["beta repair", "deep process", ""]
    # ROUGE-L with "alpha-repair", two words: one of two; none.
    assert table["rouge_l"].tolist() == [0.5, 0, 0] and table["snap_rouge_l"].tolist() == [0.5, 0, 0]
    assert table["snap_exact"].tolist() == [0, 0, 0]
    # Lengths 11 and 12 of 12: 1/2 and 1.
    assert table["snap_similarity"].tolist() == [1 / 2, 1, 0]
    assert table["relation"].tolist() == ["sibling", "none", "none"]
    assert set(table["what_is_shown"]) == {"a relative"} and set(table["size_stratum"]) == {"≤ 5 genes"}
    unasked = [question.model_copy(update={"enriched": None}) for question in questions]
    without = scoring.score_answers(GeneSetNaming(), STYLE, unasked, rows, judges, seed=0)
    assert set(table) - set(without) == {
        *("copied", "copied_rank", "size_stratum", "what_is_shown", "snap"),
        *(f"snap_{name}" for name in ("term_score", "rouge_l", "similarity", "exact")),
    }


def test_baselines_have_the_strata_of_their_questions(scorer):
    terms = [shown("deep process", DEEP), shown("beta repair", Y)]
    judges = Judges({}, scorer)
    table = baseline_scores([], [asked(*terms)], STYLE, judges, 0)
    first = table.set_index("baseline").loc["first_term"]
    assert (first["answer"], first["size_stratum"], first["what_is_shown"]) == (
        "deep process",
        "≤ 5 genes",
        "a relative",
    )
    assert (first["information"], first["rouge_l"]) == ("prompt terms", 0)
    assert table.set_index("baseline").loc["best_shown", ["answer", "rouge_l"]].tolist() == ["beta repair", 0.5]
