"""Baselines on sets so small that the right answers can be seen."""

import itertools
import random
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import traced_sets

from reasonome.benchmarks.rows import shuffled
from reasonome.facts.genes import GeneTable
from reasonome.metrics import BASELINE_GROUPS, CEILINGS
from reasonome.scoring import rouge
from reasonome.tasks.naming import baselines
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.baselines import baseline_scores
from reasonome.tasks.naming.baselines.learned_choice import composed_candidates, shared_phrases, shown_candidates
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.constant_names import _Truths, common_word_rows
from reasonome.tasks.naming.libraries import background_tests
from reasonome.tasks.naming.metrics import TermScorer
from reasonome.tasks.naming.questions import Example, Fact, Gene, ShownTerm
from reasonome.tasks.naming.settings import NamingStyle, PromptFacts, PromptTerms

NAMES = NamingStyle(gene="{symbol} ({name})", budget_tokens=500, system="", user="{genes}")
SYMBOLS = NAMES.model_copy(update={"gene": "{symbol}"})


def example(id, name, genes, subset="bp"):
    """`genes`: symbols, or symbol=name."""
    listed = [Gene(symbol=symbol, name=full) for symbol, _, full in (gene.partition("=") for gene in genes)]
    return Example(id=id, subset=subset, name=name, genes=listed)


TRAINING = [
    example("T1", "DNA repair", ["A=DNA ligase one", "B=DNA ligase two", "C=helicase"]),
    example("T2", "DNA binding", ["C=helicase", "D=zinc finger protein one", "E=zinc finger protein two"]),
    example("T3", "nucleus", ["X=lamin one", "Y=lamin two"]),
]
ASKED = [
    example("Q1", "?", ["A=DNA ligase one", "B=DNA ligase two", "Z=lamin one"]),  # Jaccard 2/4 with T1, 1/4… with none
    example("Q2", "?", ["P=zinc finger protein three", "Q=zinc finger protein four"]),  # no gene shared
    example("Q3", "?", ["X", "C", "E"]),  # 1/5 with T1 (C), 2/4 with T2 (C, E), 1/4 with T3 (X)
]


def term(id, name, genes, synonyms=(), candidate=True):
    unknown = {"namespace": "", "information": float("nan")}
    return traced_sets.term(id, name, genes, synonyms=list(synonyms), candidate=candidate, **unknown)


def a_background(*terms):
    return Background(traced_sets.rows_table(terms))


BACKGROUND = a_background(
    term("B1", "DNA repair", "ABCZ"),
    term("B2", "DNA binding", "CDE"),
    term("B3", "nucleus", "XY"),
    term("B4", "cell", "ABCDEPQXYZ"),
    term("B5", "a single gene", "F", candidate=False),
)


def answers(name, style=NAMES, seed=0, training=TRAINING, asked=ASKED, terms=BACKGROUND):
    return baselines.BASELINES[name].answer(questions_of(asked, style, seed, training, terms))


def questions_of(asked, style=NAMES, seed=0, training=(), terms=BACKGROUND):
    """Questions with the terms of a background, and tests among all genes of its sets."""
    if terms is None:
        return Questions(asked, style, seed, training)
    tests = background_tests(terms, GeneTable([]))
    return Questions(asked, style, seed, training, TermScorer(terms, {}), tests)


def test_constant():
    # ROUGE-L with (DNA repair, DNA binding, nucleus): 1, 1/2, 0 for the first two names, 0, 0, 1 for the third:
    # 1.5/3 twice, and of equals the first by the alphabet is taken.
    assert answers("constant") == [["DNA binding"] * 3]


def _searched(candidates, training, seed):
    """What `constant` looks for, tried on every candidate."""
    names = sorted(example.name for example in training)
    truths = random.Random(seed).sample(names, min(len(names), 400))
    means = [np.mean([rouge.score(c, truth)["rouge_l"] for truth in truths]) for c in candidates]
    return candidates[int(np.argmax(means))]


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_leaves_out_no_better_constant(seed):
    rng = random.Random(seed)
    words = ["repair", "repairs", "of", "DNA", "cell", "cells", "-", "binding"]  # stems, repeats, and no word at all
    drawn = [" ".join(rng.choices(words, k=rng.randint(1, 6))) for _ in range(60)]
    training = [example(f"T{i}", name, ["A"]) for i, name in enumerate(drawn)]
    names = sorted(set(drawn))
    assert answers("constant", NAMES, seed, training, ASKED[:1]) == [[_searched(names, training, seed)]]


def test_the_constant_by_term_score_by_hand():
    # The sets are ABC, CDE and XY, and their own terms B1 (ABCZ), B2 (CDE), B3 (XY): each name scores 1 on its own.
    # "DNA repair" shares C with CDE (1 of 6); "DNA binding" shares C with ABC (1 of 5), which is more on any scale and
    # the best; "nucleus" shares nothing more.
    assert answers("constant_term") == [["DNA binding"] * 3]
    # With XY twice and XYZ, "nucleus" has 1, 1, and 2/3 by the genes, and is not beaten.
    more = [example("T4", "a lamin set", "XY"), example("T5", "another", "XYZ")]
    assert answers("constant_term", training=[*TRAINING, *more]) == [["nucleus"] * 3]


def test_common_words():
    # "DNA" alone: P 1, R 1/2, F 2/3 with two names, mean 4/9. "DNA binding": (1/2 + 1)/3 = 1/2.
    # "DNA binding nucleus": F 2/5, 4/5 and 1/2, mean 17/30, better still; with "repair" as a fourth word
    # 2·(2/4·1)/(3/2) = 2/3 with two and 2·(1/4)/(5/4) = 2/5 with the third: (2/3 + 2/3 + 2/5)/3 = 26/45, the best.
    assert answers("common_words") == [["DNA binding nucleus repair"] * 3]


def test_common_word_rows():
    assert common_word_rows(["a b", "a c", "b a"]) == ["a", "a b", "a b c"]
    # Of one name: the commonest words by the alphabet, and the row that grows into the name.
    assert common_word_rows(["b a"]) == ["a", "a b", "b a"]
    assert common_word_rows(["a b"]) == ["a", "a b"]


def test_rows_grow_by_the_word_and_place_that_gain_most():
    """ "of" is commonest; "x of y" overlaps best with these, and no other word anywhere gains."""
    names = ["x of y", "x of y", "x of z", "of w"]
    assert common_word_rows(names) == ["of", "of x", "of x y", "of x y w", "of x y w z", "x of", "x of y"]


def test_overlap_by_arrays_is_rouge_l():
    names = ["regulation of DNA repair", "DNA repair", "cell-cell signaling", "repairing of the DNA, by excision"]
    truths = _Truths(names)
    for text in ("DNA repair", "regulation of repair", "cell cell signalling of DNA DNA", "unknown", ""):
        assert truths.overlap(text) == pytest.approx(np.mean([rouge.score(text, name)["rouge_l"] for name in names]))


def test_random_names_come_from_training_and_from_the_seed():
    drawn = answers("random")
    assert len(drawn) == 20
    counts = Counter(name for draw in drawn for name in draw)
    assert set(counts) == {"DNA repair", "DNA binding", "nucleus"}
    assert drawn == answers("random")
    assert drawn != answers("random", seed=1)


def test_commonest_phrase():
    # Q1: "dna ligase" stands in two of three names and has two words: 2·√2 beats every single word (2).
    # Q2: "zinc finger" and "finger" … stand in two; the whole "zinc finger protein" may not end with "protein".
    # Q3: no names are known.
    assert answers("commonest_phrase") == [["dna ligase", "zinc finger", ""]]


def test_commonest_words_by_hand():
    # Without training sets five words: by the genes that have them, then by the alphabet. "protein" and "of" say
    # nothing, and a word that a name has twice counts once.
    one = example(
        "Q", "?", ["A=ligase of DNA", "B=DNA helicase helicase protein", "C=DNA ligase four", "D", "E=a zinc ion"]
    )
    assert answers("commonest_words", training=[], asked=[one, ASKED[2]]) == [["dna ligase four helicase ion", ""]]


def test_as_many_of_the_commonest_words_as_do_best_on_training_sets():
    # Of T1 to T3 the rows are "dna ligase helicase one two", "zinc finger … one two helicase" and "lamin one two". None
    # but what stands for a term scores without encoders, so one word does as well as more, and is taken.
    assert answers("commonest_words") == [["dna", "finger", ""]]
    # "lamin" is a term here, and so is "lamin one", with all genes of T3: two words are best.
    named = a_background(term("L1", "lamin", "XYABC"), term("L2", "lamin one", "XY"))
    assert answers("commonest_words", terms=named, training=TRAINING[2:])[0][1] == "finger zinc"
    # Without terms by ROUGE-L: "dna ligase" and no more of "dna ligase helicase one two" with "DNA ligase".
    training = [example("T1", "DNA ligase", ["A=DNA ligase one", "B=DNA ligase two", "C=helicase"])]
    assert answers("commonest_words", terms=None, training=training)[0][0] == "dna ligase"


def test_nearest_set():
    chosen = answers("nearest_set")[0]
    assert (chosen[0], chosen[2]) == ("DNA repair", "DNA binding")
    by_chance = {answers("nearest_set", seed=seed)[0][1] for seed in range(30)}
    assert by_chance == {"DNA repair", "DNA binding", "nucleus"}


def test_nearest_prompt_reads_what_the_style_shows():
    assert answers("nearest_prompt")[0] == ["DNA repair", "DNA binding", "DNA binding"]
    assert answers("nearest_prompt", SYMBOLS)[0][0] == "DNA repair"
    by_chance = {answers("nearest_prompt", SYMBOLS, seed)[0][1] for seed in range(30)}
    assert by_chance == {"DNA repair", "DNA binding", "nucleus"}


def gene(symbol, name, facts):
    return Gene(symbol=symbol, name=name, facts=tuple(Fact(relation="in", object=fact) for fact in facts))


def told(id, *genes):
    """A set of genes given as symbol:fact,fact."""
    pairs = [one.partition(":")[::2] for one in genes]
    listed = [gene(symbol, "", filter(None, facts.split(","))) for symbol, facts in pairs]
    return Example(id=id, subset="bp", name=id, genes=listed)


def test_over_representation():
    # Six genes: common is of A, B, C, D, pair of A, B, alone of C. Of the three asked in Q1:
    # pair 2 of 2: C(4,1)/C(6,3) = 0.2; common 3 of 4: C(4,3)/20 = 0.2 as well, and more genes carry it;
    # alone 1 of 1: 0.5. Of A, B in Q2: pair 1/C(6,2) = 1/15, common 6/15.
    facts = SYMBOLS.model_copy(update={"facts": PromptFacts(most=3, budget_tokens=500)})
    training = [told("T", "D:common", "E", "F")]
    asked = [
        told("Q1", "A:common,pair", "B:common,pair", "C:common,alone"),
        told("Q2", "A:common,pair", "B:common,pair"),
        told("Q3", "E", "F"),
    ]
    assert answers("over_representation", facts, training=training, asked=asked) == [["common", "pair", ""]]


def test_over_representation_counts_what_the_set_shows_against_all_that_is_shown():
    # "b" is shown of A in the other set only, so that Q has one carrier, B, of two among four genes:
    # 1 - C(2,2)/C(4,2) = 5/6. "a" is of B alone: 2/4. Of equal ones, "c" and "a", the alphabet decides.
    asked = [told("Q", "A", "B:b,c,a"), told("R", "A:b", "D", "E")]
    facts = SYMBOLS.model_copy(update={"facts": PromptFacts(most=3, budget_tokens=500)})
    assert answers("over_representation", facts, training=[], asked=asked) == [["a", "b"]]


def test_baselines_that_read_prompts_know_no_more_than_the_prompts_show():
    """Of each set one gene with one fact fits; before, these baselines read genes and facts that were cut, too."""
    tight = NAMES.model_copy(
        update={"budget_tokens": 12, "order": "listed", "facts": PromptFacts(most=3, budget_tokens=8)}
    )
    listed = [("A", "zinc ion", "xy"), ("B", "DNA ligase one", "y"), ("C", "DNA ligase two", "y")]
    asked = [Example(id="Q", subset="bp", name="?", genes=[gene(*one) for one in listed])]
    training = [example("T1", "ligation", ["P=DNA ligase", "Q=zinc ion"]), example("T2", "binding", ["R=zinc ion"])]
    for name, answer in (
        ("commonest_phrase", "zinc ion"),
        ("over_representation", "x"),
        ("nearest_prompt", "binding"),
    ):
        assert answers(name, tight, training=training, asked=asked)[0] == [answer], name


def asked_of(genes, id="Q", name="?", **more):
    return example(id, name, list(genes)).model_copy(update=more)


def in_database(name, *asked, terms=BACKGROUND, seed=0):
    return baselines.BASELINES[name].answer(questions_of(asked, NAMES, seed, terms=terms))[0]


DATABASE = "database_over_representation"
OWN = [
    {"id": "B1"},
    {"main_id": "B1"},  # of a set with an alternative id
    {"name": "dna  Repair!"},
    {"synonyms": ["mending", "DNA-repair"]},
    {"id": "Q-50", "term": "B1"},  # a contaminated variant
]


@pytest.mark.parametrize("known", OWN, ids=lambda known: " ".join(known))
def test_the_own_term_is_held_out_however_it_is_known(known):
    question = asked_of("ABCZ").model_copy(update=known)
    assert in_database(f"{DATABASE}_own_term", question) == ["DNA repair"]
    assert in_database(DATABASE, question) == ["DNA binding"]


def test_terms_of_other_sources_that_are_the_own_one_by_a_name_are_held_out():
    terms = a_background(
        term("B1", "DNA repair", "ABC", ["mending of DNA"]),
        term("R1", "Mending of DNA", "ABC"),  # by a synonym that only the background knows
        term("R2", "A pathway", "ABCD", ["DNA Repair"]),
        term("R3", "another pathway", "ABCDEF"),
        term("R4", "a third", "XYZ"),
    )
    assert in_database(DATABASE, asked_of("ABC", "B1", "DNA repair"), terms=terms) == ["another pathway"]
    # A variant is known by the id of its set, and by the names of that, as long as it is asked too.
    variant = asked_of("ABC", "Q-50", "another name", term="Q", contaminated=0.5)
    whole = asked_of("XYZ", "Q", "a pathway", synonyms=["mending of DNA"])
    assert in_database(DATABASE, variant, whole, terms=terms)[0] == "another pathway"


def test_nothing_but_the_own_term():
    terms = a_background(term("B1", "DNA repair", "ABC"))
    assert in_database(f"{DATABASE}_own_term", asked_of("ABC", "B1"), terms=terms) == ["DNA repair"]
    assert in_database(DATABASE, asked_of("ABC", "B1"), terms=terms) == [""]


def test_over_representation_in_a_database_by_hand():
    # The universe is A to E, P, Q, X, Y, Z: the ten genes of candidates, of which B3 has too few to be tested. Of A, B
    # and D, B1 has 2 of its 4: (C(4,2)·6 + C(4,3)) / C(10,3) = 40/120; B2 has 1 of 3: 1 - C(7,3)/120 = 85/120. B4 has
    # all ten. G is in no term, and does not count as drawn.
    found = questions_of([]).tests.enriched("ABDG")
    assert [(term.id, term.overlap, term.size, term.drawn) for term in found] == [
        ("B1", 2, 4, 3),
        ("B2", 1, 3, 3),
        ("B4", 3, 10, 3),
    ]
    assert [term.p for term in found] == pytest.approx([40 / 120, 85 / 120, 1])
    # Where no gene is shared there is no answer, and X and Y share none but with B4; of equals the first id counts.
    sets = (asked_of("ABDG"), asked_of("F"), asked_of(["not a gene"]), asked_of("XY"))
    assert in_database("database_over_representation", *sets) == ["DNA repair", "", "", "cell"]
    terms = a_background(term("B2", "second", "ABC"), term("B1", "first", "ABC"), term("B3", "rest", "DEF"))
    assert in_database("database_over_representation", asked_of("AB"), terms=terms) == ["first"]


# enriched terms in the prompt

TERMS = NAMES.model_copy(
    update={"terms": PromptTerms(most=10, libraries=["GO BP", "GO CC"], budget_tokens=500), "user": "{terms} {genes}"}
)
WITHOUT_GENES = TERMS.model_copy(update={"gene": "", "budget_tokens": 0, "user": "{terms}"})


def shown(name, overlap=2, size=4, drawn=4, library="GO BP"):
    return ShownTerm(library=library, id=name, name=name, overlap=overlap, drawn=drawn, size=size)


def asked_with(name, *terms, id="Q"):
    return example(id, name, ["A=ligase", "B=ligase", "C=ligase", "D=ligase"]).model_copy(update={"enriched": [*terms]})


def test_a_shown_term_by_a_rule():
    # Jaccard indices: 2 of 4 + 20 - 2 = 1/11, 2 of 6 = 1/3, 3 of 4 + 8 - 3 = 1/3: of equals the first.
    terms = shown("repair of cells", 2, 20), shown("cell cycle", 2, 4), shown("DNA repair", 3, 8)
    # ROUGE-L with "DNA repair": 2·1/(3 + 2), 0, 1.
    asked = [asked_with("DNA repair", *terms), asked_with("cycle", *terms), asked_with("vision")]
    assert answers("first_term", TERMS, asked=asked) == [["repair of cells", "repair of cells", ""]]
    assert answers("largest_jaccard", TERMS, asked=asked) == [["cell cycle", "cell cycle", ""]]
    assert answers("best_shown", TERMS, asked=asked) == [["DNA repair", "cell cycle", ""]]


def test_what_is_known_of_shown_terms_by_hand():
    terms = [shown("DNA repair", 2, 20), shown("regulation of DNA repair", 3, 5, library="GO CC")]
    # rank, 2/4, 2/20, 2/22, and 1/11 less than 3/6 of the second; size, drawn, library, words, 2 of 4 words.
    first, second = shown_candidates(terms, ["GO BP", "GO CC"])
    assert first == ("DNA repair", pytest.approx((0, 1 / 2, 1 / 10, 1 / 11, 1 / 11 - 1 / 2, 20, 4, 0, 2, 1 / 2)))
    assert second.features == pytest.approx((1, 3 / 4, 3 / 5, 1 / 2, 0, 5, 4, 1, 4, 1 / 2))
    [alone] = shown_candidates(terms[:1], ["GO BP"])
    assert alone.features[-2:] == (2, 0)


def test_variants_of_shown_terms_by_hand():
    terms = [shown("positive regulation of T cell activation"), shown("negative T cell activation"), shown("vision")]
    found = composed_candidates(terms, ["GO BP", "GO CC"])
    bare = ["T cell activation", "negative T cell activation", "vision"]
    prefixes = ["", "regulation of ", "positive regulation of ", "negative regulation of "]
    variants = [prefix + name for name in bare for prefix in prefixes]
    names = [term.name for term in terms]
    assert [one.name for one in found] == list(dict.fromkeys([*names, *variants]))  # the shared words are a bare name
    by_name = {one.name: one.features for one in found}
    # Rank 0, 2 of 4, 2 of 4, 2 of 6, equal to the largest; 6 words of which 3 are in the second name: 3 of 7; all six
    # in its own, none in the third. The kind is 2, it is shown, and no other name has its bare one; of the three names
    # none is "regulation of", one "positive regulation of".
    own = (0, 1 / 2, 1 / 2, 1 / 3, 0, 4, 4, 0, 6, (1 + 3 / 7 + 0) / 3, 2, True, 1, 0, 1, 0)
    assert by_name["positive regulation of T cell activation"] == pytest.approx(own)
    assert by_name["T cell activation"][-6:] == (0, False, 1, 0, 1, 0)
    assert by_name["negative regulation of vision"][0] == 2 and by_name["negative regulation of vision"][-6] == 3


def test_words_that_several_names_share():
    names = ["positive regulation of T cell activation", "negative T cell activation", "T cell homing", "vision"]
    # "T cell" is in three; "T cell activation" in two, as "cell activation" is, which says less.
    assert shared_phrases(names) == [("T cell", 0, 3), ("T cell activation", 0, 2)]
    assert shared_phrases(["regulation of vision", "regulation of sight"]) == []  # no phrase ends with "of"


def trained(name, numbers, count=60):
    """Questions whose terms have these (overlap, size), with the true name that `name` makes of the terms' names."""
    rows = []
    for place in range(count):
        words = [f"{word}{place}" for word in ("alpha", "beta", "gamma")]
        terms = [shown(f"{word} activity", *own) for word, own in zip(words, numbers, strict=True)]
        rows.append(asked_with(name(words), *terms, id=f"T{place:02d}"))
    return rows


@pytest.mark.parametrize("style", [TERMS, WITHOUT_GENES], ids=["genes", "no genes"])
def test_which_term_is_right_is_learned_from_training_questions(style):
    # In training the smallest term is right, which stands second; so it is where the smallest stands third.
    training = trained(lambda words: f"{words[1]} activity", [(4, 90), (2, 3), (4, 50)])
    terms = shown("one", 4, 90), shown("two", 4, 50), shown("three", 2, 3)
    asked = [asked_with("?", *terms), asked_with("?", *terms[::-1]), asked_with("?")]
    assert answers("reranker", style, training=training, asked=asked) == [["three", "three", ""]]
    assert answers("reranker", style, training=training, asked=asked[2:]) == [[""]]


@pytest.mark.slow
def test_a_name_that_is_shown_nowhere_is_composed():
    training = trained(lambda words: f"negative regulation of {words[0]} activity", [(4, 9), (2, 30), (2, 50)])
    terms = shown("regulation of sight", 4, 9), shown("hearing", 2, 30), shown("smell", 2, 50)
    found = answers("composer", TERMS, training=training, asked=[asked_with("?", *terms), asked_with("?")])
    assert found == [["negative regulation of sight", ""]]


def test_which_baselines_can_answer():
    facts = NAMES.model_copy(update={"facts": PromptFacts(most=1, budget_tokens=8)})
    prompt = {"commonest_phrase", "commonest_words"}
    none, nearest = {"constant", "common_words", "random"}, {"nearest_set", "nearest_prompt"}
    of_terms, learned = {"first_term", "largest_jaccard", "best_shown"}, {"reranker", "composer"}
    with_terms = {"constant_term", DATABASE, f"{DATABASE}_own_term"}

    def usable(style, training=(), terms=None):
        return set(baselines.usable_baselines(questions_of(ASKED, style, 0, training, terms)))

    assert usable(NAMES, TRAINING) == none | prompt | nearest
    assert usable(facts, TRAINING) == none | prompt | nearest | {"over_representation"}
    assert usable(facts) == prompt | {"over_representation"}
    assert usable(NAMES, (), BACKGROUND) == prompt | with_terms - {"constant_term"}
    assert usable(TERMS, TRAINING) == none | prompt | nearest | of_terms | learned
    assert usable(TERMS) == prompt | of_terms
    # Nothing reads genes that the prompt does not list; the set itself is known to whoever has the list of genes.
    # A database is not looked up where prompts show what it has, less what is withheld.
    everything = none | {"nearest_set"} | of_terms | learned | with_terms - {DATABASE}
    assert usable(WITHOUT_GENES, TRAINING, BACKGROUND) == everything
    both = TERMS.model_copy(update={"facts": facts.facts})
    assert usable(both, TRAINING, BACKGROUND) == set(baselines.BASELINES) - {DATABASE}
    groups = {baseline.information for baseline in baselines.BASELINES.values()}
    assert groups == {*BASELINE_GROUPS, *CEILINGS} - {"a domain model"}


@pytest.mark.slow
@pytest.mark.parametrize("name", baselines.BASELINES)
def test_the_order_of_the_examples_changes_no_answer(name):
    training, asked, styles = TRAINING, ASKED, (NAMES, SYMBOLS)
    if "prompt terms" in baselines.BASELINES[name].information:
        training, styles = trained(lambda words: words[1], [(4, 90), (2, 3), (4, 50)]), (TERMS,)
        asked = [asked_with(f"{n}", shown("one", n, 90), shown("two", 4 - n, 5), id=f"Q{n}") for n in range(4)]
    for seed, style in itertools.product(range(5), styles):
        mixed = answers(name, style, seed, training[::-1], asked[::-1])
        assert all(len(draw) == len(asked) for draw in mixed)
        assert [draw[::-1] for draw in mixed] == answers(name, style, seed, training, asked)


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_answers_stay_in_their_group_and_leave_their_row(seed):
    groups = ["a"] * 5 + ["b"] * 2 + ["a"] * 2 + ["c"]
    names = [f"{group}{row}" for row, group in enumerate(groups)]
    moved = shuffled(names, groups, seed)
    assert sorted(moved) == sorted(names)
    assert [name[0] for name in moved] == groups
    assert all(new != old for new, old in zip(moved[:-1], names[:-1], strict=True))
    assert moved[-1] == "c9"  # alone in its group
    assert moved == shuffled(names, groups, seed)
    assert shuffled(names, ["a"] * len(names), seed) != shuffled(names, ["a"] * len(names), seed + 1)


def test_a_baseline_of_several_draws_has_the_mean_of_their_scores_less_the_unknown(monkeypatch):
    class OfNames:
        encoders, terms, jaccard = {}, None, 0.5

        def score_names(self, names, examples):
            scores = {"a": np.nan, "b": 0.25, "c": 0.75}
            return pd.DataFrame({"text": names, "specificity": [scores[name] for name in names]})

    three = baselines.Baseline("none", lambda questions: [["a", "a"], ["b", "a"], ["c", "a"]])
    monkeypatch.setattr(baselines, "BASELINES", {"three": three})
    table = baseline_scores(TRAINING, ASKED[:2], NAMES, OfNames(), 0)
    columns = ["baseline", "information", "id", "subset", "answer", "draws"]
    assert table[columns].to_numpy().tolist() == [["three", "none", i, "bp", "a", 3] for i in ("Q1", "Q2")]
    assert table["specificity"].tolist() == [0.5, pytest.approx(np.nan, nan_ok=True)]
    assert table["confidence"].isna().all() and set(table["confidence_kind"]) == {""}
    # A constant answer is as sure as it is common among the training names, whatever its spelling.
    twice = [TRAINING[0], TRAINING[0].model_copy(update={"name": TRAINING[0].name.upper()}), *TRAINING[1:3]]
    always = baselines.Baseline("none", lambda questions: [[TRAINING[0].name] * 2], constant=True)
    monkeypatch.setattr(baselines, "BASELINES", {"always": always})
    monkeypatch.setattr(
        OfNames, "score_names", lambda self, names, examples: pd.DataFrame({"exact": [0.0] * len(names)})
    )
    table = baseline_scores(twice, ASKED[:2], NAMES, OfNames(), 0)
    assert table["confidence"].tolist() == [0.5, 0.5] and set(table["confidence_kind"]) == {"stated"}
