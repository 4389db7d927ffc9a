"""Splits of ranking questions: what is connected stays together, what leaks is dropped or fails, chance is exact."""

import pytest
from ranking_questions import case, locus
from refusals import refused

from reasonome.facts.genes import GeneTable
from reasonome.prompts.prompts import gene_order
from reasonome.tasks.ranking import splits as ranking_splits
from reasonome.tasks.ranking.clusters import clusters
from reasonome.tasks.ranking.rows import LeftOut, Maker
from reasonome.tasks.ranking.settings import RankingBenchmark
from reasonome.tasks.ranking.splits import BenchmarkQuestions, components, leaks, shortcuts, split


def benchmark(test=1, valid=1, **settings):
    subset = {"source": "s", "test": test, "valid": valid, "train": settings.pop("train", None)}
    return RankingBenchmark(
        task="causal_gene_ranking", authority="h", subsets={"loci": subset}, **{"window_kb": 1, **settings}
    )


def apart(number, start=0):
    """Questions that have nothing in common."""
    return [locus(f"q{i}", f"A{i} B{i} C{i}", f"A{i}") for i in range(start, start + number)]


def test_what_connects_questions():
    examples = [
        locus("0", "A B", "A", chromosome="1", position=10_000),
        locus("1", "C D", "C", chromosome="1", position=12_000),  # windows of 1 kb that just meet
        locus("2", "E F", "E", chromosome="1", position=14_001),  # one base too far
        locus("3", "G H", "G", chromosome="2", position=10_000),  # another chromosome
        locus("4", "G I", "I"),  # a candidate of both
        locus("5", "J K", "J"),
    ]
    labels = list(components(examples, 1000))
    assert labels[0] == labels[1] and labels[3] == labels[4]
    assert len({labels[i] for i in (0, 2, 3, 5)}) == 4


def test_cases_are_connected_by_gene_and_disease():
    same = [case("0", "A", disease_id="OMIM:1"), case("1", "A"), case("2", "B", disease_id="OMIM:1")]
    labels = list(components([*same, case("3", "C")], 1000))
    assert labels[0] == labels[1] == labels[2] != labels[3]
    named = [case("4", "D", disease="Usher syndrome"), case("5", "E", disease="usher-syndrome"), case("6", "F")]
    labels = list(components(named, 1000))
    assert labels[0] == labels[1] != labels[2]


def test_kinds_of_leaks():
    held = [locus("0", "A B", "A", chromosome="1", position=10_000), case("1", "Z", disease_id="OMIM:1")]
    asked = [
        locus("a", "A C", "A"),
        locus("b", "B C", "C"),
        locus("c", "D E", "D", chromosome="1", position=8_000),
        locus("d", "D E", "D", chromosome="1", position=7_999),
        case("e", "A"),
        case("f", "B"),  # a candidate, and not the answer
        case("g", "Y", disease_id="OMIM:1"),
    ]
    assert leaks(asked, held, 2000) == [
        "causal gene", "candidate gene", "overlapping locus", "", "causal gene", "", "disease",
    ]  # fmt: skip


def test_every_question_is_in_one_split_and_groups_are_not_divided():
    pairs = [locus(f"p{i}", f"A{i} X{i}", f"X{i}") for i in range(4)]
    found = split([*apart(10), *pairs], benchmark(test=3, valid=2))
    assert {part: len(rows) for part, rows in found.parts.items()} == {"train": 9, "valid": 2, "test": 3}
    groups = {part: {row.group for row in rows} for part, rows in found.parts.items()}
    assert not groups["train"] & groups["test"] and not groups["train"] & groups["valid"]
    assert {row.group for rows in found.parts.values() for row in rows} == {f"A{i}" for i in range(10)}
    assert found.audit["components"] == 10 and found.audit["largest_component"] == 2
    assert found.audit["remaining"]["train/test"] == {"pairs": 27, "leaks": 0}
    again = split([*apart(10), *pairs], benchmark(test=3, valid=2))
    other = split([*apart(10), *pairs], benchmark(test=3, valid=2, seed=1))
    assert again.parts == found.parts and other.parts != found.parts


def test_a_large_group_is_in_training_unless_nothing_else_is_left():
    large = [locus(f"l{i}", "L M", "L") for i in range(4)]
    for seed in range(5):
        found = split([*large, *apart(3)], benchmark(test=2, valid=1, seed=seed))
        assert {row.id for row in found.parts["train"]} == {"l0", "l1", "l2", "l3"}
    found = split([*large, *apart(2)], benchmark(test=3, valid=0))
    assert len(found.parts["test"]) == 6 and found.parts["train"] == []


@pytest.mark.parametrize(("position", "dropped"), [(10_000, {"q": "overlapping locus"}), (9_999, {})])
def test_windows_of_two_benchmarks_add_up(position, dropped):
    # 1 kb here, 3 kb there: loci overlap up to 4,000 base pairs apart. The pair is in training, for it is the larger.
    asked = [locus("q", "A B", "A", chromosome="1", position=position), locus("twin", "A C", "A"), *apart(1, start=9)]
    other = BenchmarkQuestions("other", [locus("x", "X Y", "X", chromosome="1", position=14_000)], 3000)
    found = split(asked, benchmark(test=1, valid=0), [other])
    assert {one.id: kind for one, _, kind in found.unused} == dropped


def test_clusters_are_of_right_genes_directly_or_over_others():
    one = [locus("0", "A B", "A"), locus("1", "A B C", "B A"), locus("2", "A B", "B"), locus("3", "C A", "C")]
    assert clusters(one) == ["A|B", "A|B", "A|B", "C"]  # candidates alone connect nothing
    assert clusters([*one, case("4", "C")]) == ["A|B", "A|B", "A|B", "C", "C"]
    assert clusters([]) == []


def test_too_few_questions_say_what_became_of_the_rows():
    left_out = [LeftOut("s", "x", reason, "") for reason in ["no trait"] * 2 + ["confidence"] * 30 + list("abcd")]
    left_out.append(LeftOut("another", "x", "no trait", ""))
    places = {("loci", "q0"): ["line 2", "line 3"], ("loci", "q1"): ["line 4"]}
    told = Maker(benchmark(), GeneTable([]), left_out=left_out, places=places).account("loci")
    assert told == (
        "of 39 rows of 's' 3 are in questions; left out: 30 confidence, 2 no trait, 1 a, 1 b, 1 c, 1 for other reasons"
    )
    with refused(field="subsets.loci.valid", fix="ask for fewer"):
        split(apart(2), benchmark(test=1, valid=2), rows={"loci": told})
    same = [locus(str(i), f"A B{i}", "A") for i in range(3)]
    with refused(fix="ask for fewer"):
        split(same, benchmark(test=2, valid=0, most_per_gene=1))


def test_a_planted_leak_fails(monkeypatch):
    examples = [*apart(3), locus("twin", "A0 B9", "A0")]
    monkeypatch.setattr(ranking_splits, "components", lambda examples, window: range(len(examples)))
    with refused(fix="{'causal gene': 1}"):
        for seed in range(20):  # wherever the twins happen to be in different splits
            split(examples, benchmark(test=1, valid=1, seed=seed))


def test_training_questions_that_leak_into_another_benchmark():
    found = split(apart(6), benchmark(), [BenchmarkQuestions("other", [case("x", f"A{i}") for i in range(6)], 1)])
    assert found.parts["train"] == [] and found.audit["dropped_for"] == {"other": {"causal gene": 4}}
    assert [told for _, *told in found.unused] == [["leaks into other", "causal gene"]] * 4


def test_every_row_of_a_question_that_is_not_used_is_left_out():
    first, second = apart(2)
    places = {("loci", "q0"): ["line 2", "line 3"], ("loci", "q1"): ["line 4"]}
    kept = Maker(benchmark(), GeneTable([]), [first, second], places=places)
    kept.drop([(first, "no reason", "at all")])
    assert kept.examples == [second] and kept.places == {("loci", "q1"): ["line 4"]}
    assert kept.left_out == [LeftOut("s", "q0", "no reason", f"line {line}: at all") for line in (2, 3)]


def test_limits_for_a_gene_and_for_training():
    many = [locus(f"m{i}", f"M N{i}", "M") for i in range(5)]
    found = split([*many, *apart(5)], benchmark(most_per_gene=2, train=2))
    reasons = [reason for _, reason, _ in found.unused]
    assert reasons.count("more questions of one gene than allowed") == 3
    assert len(found.parts["train"]) == 2 and reasons.count("not drawn for training") == 3
    assert sum(map(len, found.parts.values())) + len(found.unused) == 10


# --- shortcuts ---------------------------------------------------------------------------------------


def telling(name, candidates, seed, place=0):
    """A locus whose right gene stands at one place of the prompts of a seed."""
    symbols = candidates.split()
    return locus(name, candidates, symbols[gene_order(symbols, seed)[place]])


def test_chance_is_exact():
    # Three sets of 2, 2 and 4 candidates, the first is causal in all: p = 2 · (1/2 · 1/2 · 1/4).
    examples = [telling("0", "A B", 0), telling("1", "C D", 0), telling("2", "E F G H", 0)]
    found = shortcuts(examples)["first"]
    assert found == {"questions": 3, "top_1": 1.0, "chance": round((0.5 + 0.5 + 0.25) / 3, 4), "p": 0.125}
    # The same set asked three times is one draw, whatever order it is stored in.
    again = [telling(str(i), text, 0) for i, text in enumerate(("A B", "B A", "A B"))]
    assert shortcuts(again)["first"] == {"questions": 3, "top_1": 1.0, "chance": 0.5, "p": 1.0}


def test_symbols_that_tell_are_told():
    hidden = [locus(str(i), f"LONGER{i} A{i} LONG{i} LONG{i}X", f"A{i}") for i in range(12)]
    found = shortcuts(hidden)
    assert found["shortest symbol"]["top_1"] == 1.0 and found["shortest symbol"]["p"] == pytest.approx(2 / 4**12, 0.01)
    assert found["first"]["p"] > 0.01


@pytest.mark.parametrize("place", [0, -1])
def test_a_place_that_tells_fails_in_the_order_of_any_prompt(place):
    told = [telling(str(i), f"A{i} B{i} C{i} D{i}", 3, place) for i in range(12)]
    with refused(fix="give the prompt styles of this task"):
        shortcuts(told, (0, 3))
    # Who never asks with that seed is not told by it; nor does the order matter in which candidates are stored.
    assert {"first", "last"} < shortcuts(told).keys()
    assert {"first by seed 0", "last by seed 1"} < shortcuts(told, (0, 1)).keys()


def test_questions_without_candidates_have_no_shortcut():
    assert shortcuts([case("0", "A")]) == {}
