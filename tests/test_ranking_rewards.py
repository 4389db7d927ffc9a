"""Rewards of rankings: values worked out by hand, chance, and attacks."""

import math
from itertools import combinations, permutations

import numpy as np
import pytest
from ranking_questions import ONE, RANKINGS, TASK, answer, question

from reasonome.config import Grading
from reasonome.tasks.ranking.rewards import expected_reciprocal_rank
from reasonome.tasks.ranking.settings import RankingStyle

# Where a reward that decays ends is rank 4 here.
REWARDS = TASK.rewards(Grading(k=4, ratio=0.5, words=10))
DEFAULT = {"chance_corrected": 1.0, "listed": 0.5, "format": 0.5}
STYLE = RankingStyle(gene="{symbol}", budget_tokens=99, reasoning="short", system="Rank.", user="{trait}: {genes}")
LOG3 = 1 - math.log(3) / math.log(4)


def earned(name, answers, examples, rewards=REWARDS):
    return rewards[name].function(answers, examples, None)


def total(text, example):
    """What a completion earns by the default recipe."""
    read = TASK.parse(text)
    return sum(weight * earned(name, [read], [example])[0] for name, weight in DEFAULT.items())


# H(1) … H(6) are 1, 3/2, 11/6, 25/12, 137/60 and 49/20. With two right genes of six, the best-ranked one is expected
# to have 1/rank Σ (6-r)/(15r): 1/3, 7/15, 8/15, 17/30, 29/50 and 29/50 for lists of one to six genes.
@pytest.mark.parametrize(
    ("ranking", "reciprocal", "top", "linear", "logarithmic", "geometric", "corrected", "f1", "listed"),
    [
        ("right first", 1, 1, 1, 1, 1, 1 - 49 / 120, 2 / 7, 1),
        ("right second", 1 / 2, 0, 2 / 3, 1 / 2, 1 / 2, 1 / 2 - 49 / 120, 2 / 7, 1),
        ("right last of three", 1 / 3, 0, 1 / 3, LOG3, 1 / 4, 1 / 3 - 11 / 36, 1 / 2, 1 / 2),
        ("right last", 1 / 6, 0, 0, 0, 0, 1 / 6 - 49 / 120, 2 / 7, 1),
        ("right alone", 1, 1, 1, 1, 1, 5 / 6, 1, 1 / 6),
        ("wrong alone", 0, 0, 0, 0, 0, -1 / 6, 0, 1 / 6),
        ("two wrong", 0, 0, 0, 0, 0, -1 / 4, 0, 1 / 3),
        ("behind a stranger", 1 / 2, 0, 2 / 3, 1 / 2, 1 / 2, 1 / 4, 2 / 3, 0),
        ("strangers alone", 0, 0, 0, 0, 0, -11 / 36, 0, 0),
        ("behind six strangers", 1 / 7, 0, 0, 0, 0, 1 / 7 - 49 / 120, 2 / 9, 0),
        ("two right, first and third", 1, 1, 1, 1, 1, 7 / 15, 4 / 5, 1 / 2),
        ("two right, second and third", 1 / 2, 0, 2 / 3, 1 / 2, 1 / 2, -2 / 25, 1 / 2, 1),
        ("alias, other case and repeats", 1, 1, 1, 1, 1, 3 / 4, 2 / 3, 1 / 3),
    ],
)
def test_rewards_worked_out_by_hand(ranking, reciprocal, top, linear, logarithmic, geometric, corrected, f1, listed):
    example, genes = RANKINGS[ranking]
    by_hand = {
        "reciprocal_rank": reciprocal,
        "top_one": top,
        "linear_decay": linear,
        "logarithmic_decay": logarithmic,
        "geometric_decay": geometric,
        "chance_corrected": corrected,
        "set_f1": f1,
        "listed": listed,
    }
    for name, value in by_hand.items():
        assert earned(name, [answer(genes)], [example]) == [pytest.approx(value, abs=1e-12)], name


def test_form_and_brevity():
    good, repeated = answer("AB"), answer("ABA")
    no_reasoning = TASK.parse("<genes>[A]</genes>")
    assert earned("format", [good, repeated], [ONE, ONE]) == [1.0, 0.5]
    assert earned("format", [TASK.parse("A, B")], [ONE]) == [0.0]
    # 10 words are rewarded whole, 15 by half, 20 and 30 not at all; an answer without reasoning is brief.
    lengths = [answer("A", "word " * count) for count in (1, 10, 15, 20, 30)]
    assert earned("brevity", [*lengths, no_reasoning], [ONE] * 6) == pytest.approx([1, 1, 0.5, 0, 0, 1])


def test_brevity_pays_nothing_for_reasoning_that_is_wanted_and_missing():
    style = STYLE.model_copy(update={"reasoning": "short"})
    assert earned("brevity", [TASK.parse("<genes>[A]</genes>", style)], [ONE]) == [0.0]
    style = STYLE.model_copy(update={"reasoning": "none"})
    assert earned("brevity", [TASK.parse("<genes>[A]</genes>", style)], [ONE]) == [1.0]


@pytest.mark.parametrize(
    "text",
    [
        "C",
        "<genes>[C",
        "<genes>C</genes>",
        "<genes>[]</genes>",
        "<genes>[C]</genes><genes>[C]</genes>",
        "<reasoning><genes>[C]</genes></reasoning><genes>[C]</genes>",
        "<reasoning>C</reasoning>",
    ],
)
def test_an_answer_without_one_usable_list_earns_nothing(text):
    for name in REWARDS:
        least = -1.0 if name == "confidence" else 0.0
        assert earned(name, [TASK.parse(text)], [ONE]) == [least]


def test_rewards_stay_within_their_range():
    examples = [ONE, question("AB", "A"), question("AB", "AB"), question("", "C"), question("A", "A")]
    lists = ["A", "C", "X", "XY", "XYZ", "ABC", "CBA", [f"X{i}" for i in range(60)]]
    for name, reward in REWARDS.items():
        for example in examples:
            values = reward.function([answer(genes) for genes in lists], [example] * len(lists), None)
            assert all(reward.low <= value <= reward.high for value in values), name


def test_lists_end_where_the_question_has_no_more_candidates():
    """Where every gene is a candidate, what is right at rank 26 earns nothing, and each gene beyond 25 costs."""
    others = [f"G{i}" for i in range(25)]
    open_question = question("", "C")
    late, last = answer([*others, "C"]), answer([*others[:24], "C"])
    assert earned("reciprocal_rank", [late, last], [open_question] * 2) == [0.0, 1 / 25]
    h25 = sum(1 / r for r in range(1, 26))
    assert earned("chance_corrected", [late], [open_question]) == [pytest.approx(-h25 / 25)]
    assert earned("listed", [late, last, answer("CG")], [open_question] * 3) == [24 / 25, 1.0, 2 / 25]


# --- chance ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 7))
def test_all_lists_of_few_candidates_earn_exactly_nothing(n):
    """Through parsing and the reward: every ordered list of every length, for every number of right genes."""
    symbols = "ABCDEF"[:n]
    for right in range(1, n + 1):
        example = question(symbols, symbols[:right])
        for m in range(1, n + 1):
            lists = [answer(genes) for genes in permutations(symbols, m)]
            values = earned("chance_corrected", lists, [example] * len(lists))
            assert sum(values) / len(values) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("right", [1, 2])
def test_lists_with_strangers_earn_at_most_nothing(right):
    """All lists of each length of four candidates and two genes that are none; and worse, the more of them."""
    example = question("ABCD", "ABCD"[:right])
    for m in range(1, 7):
        by_strangers = {}
        for genes in permutations("ABCDXY", m):
            by_strangers.setdefault(len({"X", "Y"} & set(genes)), []).append(answer(genes))
        means = {
            count: np.mean(earned("chance_corrected", lists, [example] * len(lists)))
            for count, lists in by_strangers.items()
        }
        assert all(mean < 1e-12 for mean in means.values())
        assert all(means[count] < means[count - 1] for count in means if count - 1 in means)


def test_the_expectation_is_the_harmonic_number_by_n():
    for n in (1, 5, 25):
        for m in range(1, n + 1):
            assert expected_reciprocal_rank(m, n) == pytest.approx(sum(1 / r for r in range(1, m + 1)) / n)
    # More genes than candidates cost as much as all of them; two of two right genes are always first.
    assert expected_reciprocal_rank(30, 25) == expected_reciprocal_rank(25, 25)
    assert expected_reciprocal_rank(1, 2, right=2) == 1


# --- attacks: all of them against an honest ranking of all candidates in an order that knows nothing --------------


def written(genes, reasoning="Because."):
    return f"<reasoning>{reasoning}</reasoning>\n<genes>[{', '.join(genes)}]</genes>"


def attacks(symbols):
    """Completions by name, for candidates in the order of the prompt; none looks at what is right."""
    strangers = [f"X{i}" for i in range(60)]
    everything = list(symbols)
    return {
        "prompt order": written(everything),
        "alphabetical": written(sorted(everything)),
        "one gene only": written(everything[:1]),
        "half of the candidates": written(everything[: len(everything) // 2]),
        "list everything and more": written(everything + strangers[:10]),
        "huge list": written(strangers + everything),
        "non-candidates": written(strangers[: len(everything)]),
        "a stranger in front": written(strangers[:1] + everything),
        "first gene repeated": written(everything[:1] * len(everything)),
        "everything twice": written(everything * 2),
        "the tag twice": written(everything) + f"<genes>[{', '.join(everything[::-1])}]</genes>",
        "list in the reasoning": written(everything, f"<genes>[{everything[-1]}]</genes>"),
        "list in the reasoning alone": f"<reasoning>Because. <genes>[{', '.join(everything)}]</genes></reasoning>",
        "ranking within reasoning": f"<reasoning>{written(everything)}</reasoning>",
        "no reasoning, no tags": ", ".join(everything),
        "never closed": written(everything).removesuffix("</genes>"),
    }


def expected(text, symbols, right):
    """The exact mean over all sets of `right` genes, each as likely."""
    sets = list(combinations(symbols, right))
    return sum(total(text, question(symbols, chosen)) for chosen in sets) / len(sets)


@pytest.mark.parametrize(("n", "right"), [(2, 1), (5, 1), (10, 1), (25, 1), (5, 2), (10, 3)])
def test_no_attack_earns_more_than_an_honest_random_ranking(n, right):
    symbols = [f"G{i:02d}" for i in range(n)][::-1]
    shuffled = list(np.random.default_rng(n).permutation(symbols))
    honest = expected(written(shuffled), symbols, right)
    assert honest == pytest.approx(1.0)  # 0 by chance, a half for all candidates, a half for the form
    for name, text in attacks(symbols).items():
        least = 0 if name in ("prompt order", "alphabetical") else 0.04
        assert expected(text, symbols, right) <= honest - least + 1e-12, name


def test_no_attack_pays_where_every_gene_is_a_candidate():
    """Of 60 genes, any of which may be right: no list earns more than 25 of them in random order."""
    genes = [f"G{i:02d}" for i in range(60)]

    def expected_of(text):
        return sum(total(text, question("", [right])) for right in genes) / len(genes)

    honest = expected_of(written(list(np.random.default_rng(0).permutation(genes))[:25]))
    assert honest < 1
    cheats = {
        **attacks(genes[:25]),
        "all genes": written(genes),
        "26 genes": written(genes[:26]),
        "24 genes": written(genes[:24]),
        "repeated": written(genes[:25] * 2),
    }
    for name, text in cheats.items():
        assert expected_of(text) <= honest + 1e-12, name


@pytest.mark.parametrize("name", ["reciprocal_rank", "top_one", "linear_decay", "logarithmic_decay", "geometric_decay"])
def test_strangers_and_repeats_never_help(name):
    """A gene that is no candidate, put anywhere, never adds to what a ranking earns; repeats change nothing."""
    for genes in permutations("ABC"):
        plain = earned(name, [answer(genes)], [ONE])[0]
        for place in range(4):
            stranger = [*genes[:place], "X", *genes[place:]]
            assert earned(name, [answer(stranger)], [ONE])[0] <= plain
        assert earned(name, [answer([*genes, *genes])], [ONE])[0] == plain
