"""Floors on sets so small that the right answers can be seen."""

import random
from collections import Counter

import numpy as np
import pytest

from reasonome import floors
from reasonome.config import PromptFacts, Style
from reasonome.metrics import rouge
from reasonome.tasks.gene_set_naming import Example, Fact, Gene

NAMES = Style(gene="{symbol} ({name})", budget_tokens=8, system="", user="{genes}")
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


def answers(name, style=NAMES, seed=0):
    return floors.FLOORS[name].answer(TRAINING, ASKED, style, seed)


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


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_leaves_out_no_better_constant(seed):
    rng = random.Random(seed)
    words = ["repair", "repairs", "of", "DNA", "cell", "cells", "-", "binding"]  # stems, repeats, and no word at all
    drawn = [" ".join(rng.choices(words, k=rng.randint(1, 6))) for _ in range(60)]
    training = [example(f"T{i}", name, ["A"]) for i, name in enumerate(drawn)]
    names = sorted(set(drawn))
    assert floors.constant(training, ["?"], NAMES, seed) == [[_searched(names, training, seed)]]


def test_the_bound_spares_comparisons_that_cannot_win(monkeypatch):
    # "cell growth" is four of seven names, mean 4/7; each of the others has a bound of 1/7 and is not compared.
    names = ["cell growth"] * 4 + ["DNA repair", "nucleus", "zinc binding"]
    compared = []
    score = rouge.score
    monkeypatch.setattr(rouge, "score", lambda answer, truth: compared.append(answer) or score(answer, truth))
    training = [example(f"T{i}", name, ["A"]) for i, name in enumerate(names)]
    assert floors.constant(training, ["?"], NAMES, 0) == [["cell growth"]]
    assert compared == ["cell growth"] * 7


def test_common_words():
    # "DNA" alone: P 1, R 1/2, F 2/3 with two names, mean 4/9. "DNA binding": (1/2 + 1)/3 = 1/2.
    # "DNA binding nucleus": F 2/5, 4/5 and 1/2, mean 17/30, better still; with "repair" as a fourth word
    # 2·(2/4·1)/(3/2) = 2/3 with two and 2·(1/4)/(5/4) = 2/5 with the third: (2/3 + 2/3 + 2/5)/3 = 26/45, the best.
    assert answers("common_words") == [["DNA binding nucleus repair"] * 3]


def test_rows_of_common_words():
    assert floors.rows_of_common_words(["a b", "a c", "b a"]) == ["a", "a b", "a b c"]
    assert floors.rows_of_common_words(["a b", "a c", "b a"], most=2) == ["a", "a b"]
    assert floors.rows_of_common_words(["b a"]) == floors.rows_of_common_words(["a b"]) == ["a", "a b"]


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


def test_nearest_set():
    chosen = answers("nearest_set")[0]
    assert (chosen[0], chosen[2]) == ("DNA repair", "DNA binding")
    by_chance = {answers("nearest_set", seed=seed)[0][1] for seed in range(30)}
    assert by_chance == {"DNA repair", "DNA binding", "nucleus"}


def test_nearest_set_of_more_sets_than_a_block_holds():
    asked = [ASKED[i % 2 * 2] for i in range(2500)]
    assert floors.nearest_set(TRAINING, asked, NAMES, 0) == [["DNA repair", "DNA binding"] * 1250]
    assert floors.nearest_set(TRAINING, [], NAMES, 0) == [[]]


def test_nearest_prompt_reads_what_the_style_shows():
    assert answers("nearest_prompt")[0] == ["DNA repair", "DNA binding", "DNA binding"]
    assert answers("nearest_prompt", SYMBOLS)[0][0] == "DNA repair"
    by_chance = {answers("nearest_prompt", SYMBOLS, seed)[0][1] for seed in range(30)}
    assert by_chance == {"DNA repair", "DNA binding", "nucleus"}


def told(id, *genes):
    """A set of genes given as symbol:fact,fact."""
    pairs = [gene.partition(":")[::2] for gene in genes]
    facts = [tuple(Fact(relation="in", object=o) for o in objects.split(",") if o) for _, objects in pairs]
    listed = [Gene(symbol=symbol, facts=own) for (symbol, _), own in zip(pairs, facts, strict=True)]
    return Example(id=id, subset="bp", name=id, genes=listed)


def test_over_representation():
    # Six genes: common is of A, B, C, D, pair of A, B, alone of C. Of the three asked in Q1:
    # pair 2 of 2: C(4,1)/C(6,3) = 0.2; common 3 of 4: C(4,3)/20 = 0.2 as well, and more genes carry it;
    # alone 1 of 1: 0.5. Of A, B in Q2: pair 1/C(6,2) = 1/15, common 6/15.
    training = [told("T", "D:common", "E", "F")]
    asked = [
        told("Q1", "A:common,pair", "B:common,pair", "C:common,alone"),
        told("Q2", "A:common,pair", "B:common,pair"),
        told("Q3", "E", "F"),
    ]
    assert floors.over_representation(training, asked, SYMBOLS, 0) == [["common", "pair", ""]]


def test_over_representation_counts_what_the_set_shows_against_all_that_is_shown():
    # "b" is shown of A in the other set only, so that Q has one carrier, B, of two among four genes:
    # 1 - C(2,2)/C(4,2) = 5/6. "a" is of B alone: 2/4. Of equal ones, "c" and "a", the alphabet decides.
    asked = [told("Q", "A", "B:b,c,a"), told("R", "A:b", "D", "E")]
    assert floors.over_representation([], asked, SYMBOLS, 0) == [["a", "b"]]


def test_only_styles_with_facts_have_the_floor_on_facts():
    facts = NAMES.model_copy(update={"facts": PromptFacts(most=1, budget_tokens=8)})
    assert set(floors.FLOORS) - set(floors.floors_of(NAMES, trained=True)) == {"over_representation"}
    assert set(floors.floors_of(facts, trained=True)) == set(floors.FLOORS)
    assert set(floors.floors_of(facts, trained=False)) == {"commonest_phrase", "over_representation"}


def test_every_floor_answers_every_question_and_says_what_it_uses():
    for name, floor in floors.FLOORS.items():
        assert floor.information in ("none", "prompt", "prompt facts", "training data")
        for draw in answers(name):
            assert [type(answer) for answer in draw] == [str] * len(ASKED)


@pytest.mark.parametrize("name", floors.FLOORS)
def test_the_order_of_the_examples_changes_no_answer(name):
    floor = floors.FLOORS[name].answer
    for seed in range(10):
        mixed = floor(TRAINING[::-1], ASKED[::-1], SYMBOLS, seed)
        assert [draw[::-1] for draw in mixed] == floor(TRAINING, ASKED, SYMBOLS, seed)


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_answers_stay_in_their_group_and_leave_their_row(seed):
    groups = ["a"] * 5 + ["b"] * 2 + ["a"] * 2 + ["c"]
    names = [f"{group}{row}" for row, group in enumerate(groups)]
    moved = floors.shuffled(names, groups, seed)
    assert sorted(moved) == sorted(names)
    assert [name[0] for name in moved] == groups
    assert all(new != old for new, old in zip(moved[:-1], names[:-1], strict=True))
    assert moved[-1] == "c9"  # alone in its group
    assert moved == floors.shuffled(names, groups, seed)


def test_shuffling_depends_on_the_seed():
    names = [str(i) for i in range(20)]
    assert floors.shuffled(names, ["a"] * 20, 0) != floors.shuffled(names, ["a"] * 20, 1)
