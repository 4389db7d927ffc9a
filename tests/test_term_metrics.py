"""Scores of names by the terms of a background, by hand on nine terms and with encoders that are plain functions."""

import math
import zlib

import numpy as np
import pandas as pd
import pytest
import toy_background as toy
from toy_background import BINDING, DEEP, PATHWAY, PATHWAY_NAME, SPECIAL, X, Y, Z

from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.background_table import background_table
from reasonome.tasks.naming.dialogue import ABSTENTION
from reasonome.tasks.naming.metrics import TermScorer, on_one_scale
from reasonome.tasks.naming.questions import Example, Gene

LIN_X_Y = math.log(8 / 3) / math.log(4)
# On one scale, from what parents earn to 1: half of the way from 1/2.
OVER_THIRD, OVER_HALF, OVER_TWO_THIRDS = (0.5 + 0.5 * (share - 0.167) / (1 - 0.167) for share in (1 / 3, 1 / 2, 2 / 3))
QUARTER = 0.5 + 0.5 * (0.25 - 0.167) / (1 - 0.167)
PART_X_Y = 0.5 * (LIN_X_Y - 0.325) / (0.864 - 0.325)
PART_X_DEEP = 0.5 * (math.log(8 / 6) * 2 / (math.log(4) + math.log(8 / 6)) - 0.325) / (0.864 - 0.325)
LIN_X_DEEP = 2 * math.log(8 / 6) / (math.log(4) + math.log(8 / 6))


class Angles:
    """An encoder whose texts lie on a circle: the cosine of two texts is that of the difference of their angles."""

    def __init__(self, degrees: dict[str, float]):
        self.degrees = degrees
        self.asked: list[str] = []

    def embed(self, texts):
        self.asked += texts
        radians = np.radians([self.degrees[text] for text in texts])
        return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


class Letters:
    """An encoder that counts the triples of letters of a text."""

    def embed(self, texts):
        vectors = np.zeros((len(texts), 64), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for start in range(len(text) + 2):
                row[zlib.crc32(f"  {text} "[start : start + 3].encode()) % 64] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def background(tmp_path_factory) -> Background:
    ontology = toy.ontology(tmp_path_factory.mktemp("toy"))
    return Background(background_table(toy.facts(), {"go": ontology}, toy.benchmark()))


@pytest.fixture
def scorer(background) -> TermScorer:
    return TermScorer(background, {})


def asked(identifier: str, name: str, genes: str, **known) -> Example:
    return Example(id=identifier, subset="bp", name=name, genes=[Gene(symbol=g) for g in genes.split()], **known)


ALPHA = asked(X, "alpha-repair", "g1 g2")
PATHS = asked(PATHWAY, PATHWAY_NAME, "g1 g2 g9")
# Half of its genes replaced.
HALF = asked(f"{X}-50", "alpha-repair", "g1 g7", term=X, contaminated=0.5, outliers=["g7"])


def one(scorer: TermScorer, name: str, example: Example) -> pd.Series:
    return scorer.score([name], [example]).iloc[0]


# --- what a name is linked to ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "example", "term", "by"),
    [
        ("Alpha repair", ALPHA, X, "name"),
        ("Special repair.", ALPHA, SPECIAL, "name"),
        ("repair of alpha", asked(Y, "beta repair", "g2 g3"), X, "synonym"),
        ("deep process", ALPHA, DEEP, "name"),  # also a synonym of the true term
        ("beta repair", ALPHA, Y, "name"),  # the branch of the truth
        ("beta repair", asked(BINDING, "beta repair", "g1"), BINDING, "name"),
        ("beta repair", asked("?", "something", "g1"), Y, "name"),  # the first id
        (PATHWAY_NAME, ALPHA, PATHWAY, "name"),  # commas, colons, dots and brackets
        ("Alpha", ALPHA, "", ""),  # not by a part of a name
        ("gamma transport", ALPHA, "", ""),  # too few genes to be a candidate
        ("gamma transport", asked(Z, "gamma transport", "g4"), Z, "name"),  # unless it is the truth
        ("alpha mending", asked(X, "alpha-repair", "g1 g2", synonyms=["Alpha mending"]), X, "synonym"),
        ("", ALPHA, "", ""),
        ("...", ALPHA, "", ""),
        (ABSTENTION, ALPHA, "", ""),
    ],
)
def test_links_by_words(scorer, background, name, example, term, by):
    row = one(scorer, name, example)
    assert (row["term"], row["term_by"]) == (term, by)
    assert row["term_name"] == (background.by_id[term].name if term else "")


@pytest.mark.parametrize(
    "example",
    [
        asked("GO:0000044", "alpha-repair", "g1 g2", main_id=X),  # an alternative id
        asked("their-7", "Alpha repair", "g1 g2"),  # by name
        asked(X, "renamed since", "g1 g2"),  # by id
    ],
)
def test_the_truth_by_id_or_by_name(scorer, example):
    row = one(scorer, "alpha repair", example)
    assert (row["relation"], row["lin"], row["term_score"]) == ("same", 1.0, 1.0)


DEGREES = {
    "biological_process": 90,
    "wide process": 80,
    "deep process": 70,
    "special repair": 30,
    "alpha-repair": 0,
    "beta repair": 10,
    "molecular_function": 100,
    PATHWAY_NAME: 50,
}


def test_other_words_go_to_the_nearest_name(background):
    """By the mean over the encoders: 24° and 6° from the special repair, 4° and 30° from the beta repair."""
    near_beta = Angles({**DEGREES, "mending": 14, "betaish": 12})
    near_special = Angles({**DEGREES, "mending": 24, "special repair": 30, "beta repair": 54, "betaish": 50})
    both = TermScorer(background, {"a": near_beta, "b": near_special})
    assert one(both, "mending", ALPHA)["term"] == SPECIAL  # 0.961 + 0.995 against 0.998 + 0.866
    assert one(TermScorer(background, {"a": near_beta}), "mending", ALPHA)["term"] == Y
    of_binding = one(TermScorer(background, {"a": near_beta}), "betaish", asked(BINDING, "beta repair", "g1 g2 g3"))
    assert (of_binding["term"], of_binding["term_by"], of_binding["relation"]) == (BINDING, "encoder", "same")


def test_candidates_and_answers_are_embedded_once(background):
    encoder = Angles({**DEGREES, "mending": 14})
    scorer = TermScorer(background, {"a": encoder})
    first = scorer.score(["mending", "mending"], [ALPHA, ALPHA])
    # Eight names of nine candidates, as two share one.
    assert [encoder.asked.count(name) for name in ("wide process", "molecular_function")] == [1, 1]
    pd.testing.assert_frame_equal(scorer.score(["mending", "mending"], [ALPHA, ALPHA]), first)
    assert [encoder.asked.count(name) for name in ("wide process", "molecular_function")] == [1, 1]


def test_a_name_farther_from_terms_than_they_are_from_each_other_counts_by_its_genes(background):
    """The nearest other names are 10 or 20 degrees away, so a link may be 20: its cosine is at the quantile .05."""
    scorer = TermScorer(background, {"a": Angles({**DEGREES, "near": -19, "far": -21})})
    table = scorer.score(["near", "far"], [ALPHA] * 2)
    assert table["term"].tolist() == [X, X] and table["term_by"].tolist() == ["encoder", "far"]
    assert table["lin"].tolist() == [1.0, 1.0]
    assert table["same_term"].tolist() == [1.0, 0.0] and table["term_part"].tolist() == [1.0, 0.0]
    assert table["relation"].tolist() == ["same", "none"] and table["specificity"].isna().tolist() == [False, True]
    other = scorer.score(["near", "far"], [asked(Y, "beta repair", "g2 g3")] * 2)
    # One gene of three is shared: by the genes alone it is the same for both, and more than by the term.
    assert other["gene_part"].tolist() == pytest.approx([OVER_THIRD, OVER_THIRD])
    assert other["term_part"].tolist() == pytest.approx([PART_X_Y, 0.0])


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, 0.0), (0.2, 0.0), (0.4, 0.25), (0.6, 0.5), (0.8, 0.75), (1.0, 1.0)]
)
def test_one_scale_by_hand(value, expected):
    """Chance earns .2 and a parent .6: 0 up to .2, a half at .6, and straight lines between."""
    assert on_one_scale(value, 0.2, 0.6) == pytest.approx(expected)


# --- scores ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "relation", "lin", "resnik", "overlap", "specificity", "parts"),
    [
        ("alpha-repair", "same", 1.0, math.log(4), 1.0, 2 / 3, (1.0, 1.0)),
        ("beta repair", "sibling", LIN_X_Y, math.log(8 / 3), 1 / 3, 2 / 3, (PART_X_Y, OVER_THIRD)),
        (
            "deep process",
            "parent",
            LIN_X_DEEP,
            math.log(8 / 6),
            2 / 6,
            math.log(8 / 6) / math.log(8),
            (PART_X_DEEP, OVER_THIRD),
        ),
        ("biological_process", "ancestor", 0.0, 0.0, 2 / 8, 0.0, (0.0, QUARTER)),
        ("molecular_function", "other branch", 0.0, 0.0, 2 / 4, 0.0, (0.0, OVER_HALF)),
        # Another right name, of no ontology.
        (PATHWAY_NAME, "none", 0.0, 0.0, 2 / 3, math.nan, (0.0, OVER_TWO_THIRDS)),
        ("cell stuff", "none", 0.0, 0.0, 0.0, 0.0, (0.0, 0.0)),
        ("", "none", 0.0, 0.0, 0.0, 0.0, (0.0, 0.0)),
        (ABSTENTION, "none", 0.0, 0.0, 0.0, 0.0, (0.0, 0.0)),
    ],
)
def test_scores_by_hand(scorer, name, relation, lin, resnik, overlap, specificity, parts):
    row = one(scorer, name, ALPHA)
    assert row["relation"] == relation
    got = row[["lin", "resnik", "gene_overlap", "specificity"]].tolist()
    assert got == pytest.approx([lin, resnik, overlap, specificity], nan_ok=True)
    assert row[["term_part", "gene_part"]].tolist() == pytest.approx(parts)
    assert row["term_score"] == pytest.approx(max(parts))
    assert row["same_term"] == float(relation == "same")
    assert "percentile" not in row  # which needs encoders


def test_a_truth_of_no_ontology_is_scored_by_its_genes(scorer):
    table = scorer.score([PATHWAY_NAME, "alpha-repair", "cell stuff", ""], [PATHS] * 4)
    assert table["lin"].isna().all() and table["resnik"].isna().all()
    assert table["term_part"].isna().all()
    assert table["term_score"].tolist() == pytest.approx([1.0, OVER_TWO_THIRDS, 0.0, 0.0])
    assert table["relation"].tolist() == ["same", "none", "none", "none"]


def test_a_truth_that_the_background_does_not_have(scorer):
    example = asked("M1", "HALLMARK: delta, 2.", "g1 g2 g3", synonyms=["delta signalling"])
    table = scorer.score(["hallmark delta 2", "Delta Signalling", "special repair", "cell stuff"], [example] * 4)
    assert table["lin"].isna().all()
    assert table["term_score"].tolist() == [1.0, 1.0, 1.0, 0.0]  # the special repair has the same three genes
    assert table["same_term"].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert table["term"].tolist() == ["", "", SPECIAL, ""]
    assert table["relation"].tolist() == ["same", "same", "none", "none"]


def test_another_name_for_the_same_genes_is_right(scorer):
    """Two branches, three genes: GO has functions that are processes of the same genes."""
    row = one(scorer, "special repair", asked(BINDING, "beta repair", "g1 g2 g3"))
    assert (row["relation"], row["lin"], row["gene_overlap"], row["term_score"]) == ("other branch", 0.0, 1.0, 1.0)
    assert row["same_term"] == 0.0


def test_the_true_name_of_a_contaminated_set(scorer):
    table = scorer.score(["alpha-repair", "beta repair", ABSTENTION], [HALF] * 3)
    assert table["term_score"].tolist() == pytest.approx([1.0, PART_X_Y, 0.0])
    assert table["gene_overlap"].tolist() == pytest.approx([1 / 3, 0.0, 0.0])  # of the genes that were asked about


# --- percentile -----------------------------------------------------------------------------------------


def test_percentile_by_hand(background):
    """Eight names, at 0, 10, 30, 50, 70, 80, 90 and 100 degrees from the truth."""
    encoder = Angles({**DEGREES, "at 10": 10, "at 20": 20, "at 200": 200})
    names = ["alpha-repair", "at 10", "at 20", "wide process", "at 200", "", ABSTENTION]
    table = TermScorer(background, {"a": encoder}).score(names, [ALPHA] * 7)
    # The truth equals itself; 6 names are less similar than at 10° and one equals it; …; 2 are less than at 80°.
    expected = [7.5 / 8, 6.5 / 8, 6 / 8, 2.5 / 8, 0.0, 0.0, 0.0]
    assert table["percentile_a"].tolist() == pytest.approx([100 * share for share in expected])
    assert table["percentile"].tolist() == table["percentile_a"].tolist()


def test_percentile_is_the_mean_over_encoders(background):
    mirrored = {name: 100 - degrees for name, degrees in DEGREES.items()} | {"alpha-repair": 0}
    scorer = TermScorer(background, {"a": Angles(DEGREES), "b": Angles(mirrored)})
    row = one(scorer, "wide process", ALPHA)
    # By the second encoder the names lie at 0 (twice), 10, 20 (the wide process), 30, 50, 70 and 90 degrees.
    assert (row["percentile_a"], row["percentile_b"]) == pytest.approx((100 * 2.5 / 8, 100 * 4.5 / 8))
    assert row["percentile"] == pytest.approx(100 * 3.5 / 8)


@pytest.fixture(scope="module")
def many() -> Background:
    """A hundred and fifty sets of five genes each."""
    made = np.random.default_rng(0).choice(list("abcdefghi "), (150, 12))
    rows = [
        (f"g{n}{i}", "member_of_pathway", f"P{n:03}", "".join(letters) + str(n), "paths", "")
        for n, letters in enumerate(made)
        for i in range(5)
    ]
    return Background(background_table(pd.DataFrame(rows, columns=toy.facts().columns), {}, toy.benchmark()))


def test_rows_stand_in_the_order_of_the_names(many):
    """Many truths, more than are compared at once, and answers in no order of theirs."""
    scorer = TermScorer(many, {"letters": Letters()})
    draw = np.random.default_rng(1)
    truths, names = ([many.candidates[place].name for place in draw.integers(0, 150, 600)] for _ in range(2))
    examples = [asked(f"x{n}", f"{truth} {n % 5}", "g1") for n, truth in enumerate(truths)]
    whole = scorer.score(names, examples)
    assert len(set(example.name for example in examples)) > 256
    for place in (0, 17, 599):
        alone = TermScorer(many, {"letters": Letters()}).score([names[place]], [examples[place]])
        assert whole.iloc[place]["percentile"] == pytest.approx(alone.iloc[0]["percentile"])
        assert whole.iloc[place]["term"] == alone.iloc[0]["term"]
