"""Over-representation analysis: tests worked out by hand, the family of the correction, libraries and universes."""

import gzip
import random
from math import comb

import gseapy
import numpy as np
import pytest
from checkout import ROOT
from refusals import refused
from scipy.stats import fisher_exact, hypergeom
from statsmodels.stats.multitest import multipletests

from reasonome.enrichment.over_representation import (
    GeneSetLibrary,
    LibrarySet,
    OverRepresentation,
    Universe,
    default_universe,
    read_library,
    resolve_universe,
    universe_flags,
    upper_tail,
)
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import hgnc

DATA = ROOT / "tests" / "data" / "facts"
TEN = frozenset("ABCDEFGHIJ")


@pytest.fixture(scope="module")
def genes():
    return GeneTable(hgnc.read_genes(DATA / "hgnc_seven_rows.txt"))


def library(name: str = "lib", **sets) -> GeneSetLibrary:
    return GeneSetLibrary(name, {i: LibrarySet(f"name of {i}", frozenset(members)) for i, members in sets.items()})


def within(universe, *libraries) -> OverRepresentation:
    return OverRepresentation(libraries, Universe(frozenset(universe), ""))


def enriched(genes, libraries, universe, most=20):
    """The terms of one list."""
    return within(universe, *libraries).enriched(genes, most=most)


def terms(found) -> list[tuple[str, str]]:
    return [(term.library, term.id) for term in found]


# the test, and its correction

FOUR_SETS = library(S1="ABC", S2="ABEF", S3="DEFGH", S4="HIJ")


def test_values_worked_out_by_hand():
    # Four genes of ten are drawn, in 210 ways. All of S1: one other gene of seven. Of the four of S2 two or more:
    # 6 * 15 + 4 * 6 + 1. Of the five of S3 one or more: all but the 5 ways that take only the others.
    first, second, third = enriched("ABCD", [FOUR_SETS], TEN)
    assert comb(10, 4) == 210
    assert (first.id, second.id, third.id) == ("S1", "S2", "S3")
    assert first.p == pytest.approx(7 / 210)
    assert second.p == pytest.approx(115 / 210)
    assert third.p == pytest.approx(205 / 210)
    # Four tests, for S4 counts with a p of 1: 4 * 7/210; then 2 * 115/210 and 4/3 * 205/210 are more than 1.
    assert first.adjusted_p == pytest.approx(2 / 15)
    assert (second.adjusted_p, third.adjusted_p) == (1, 1)
    assert (first.library, first.name, first.overlap, first.size) == ("lib", "name of S1", 3, 3)
    assert (second.overlap, second.size, second.genes) == (2, 4, ["A", "B"])


def test_the_upper_tail_by_hand():
    # Four of ten are drawn, in 210 ways: all of a set of three in 7; of a set of four two or more in 6·15 + 4·6 + 1.
    found = upper_tail(np.array([3, 2, 3, 0]), np.array([3, 4, 3, 5]), 4, 10)
    assert found == pytest.approx([7 / 210, 115 / 210, 7 / 210, 1], rel=1e-12)
    # One gene of a set of two, of five: one drawn, 2/5; two drawn, 1 - 3/10.
    assert upper_tail(np.array([1, 1]), np.array([2, 2]), np.array([1, 2]), 5) == pytest.approx([0.4, 0.7], rel=1e-12)


def test_gseapy_itself_corrects_for_fewer_tests():
    sets = {set_id: sorted(one.symbols) for set_id, one in FOUR_SETS.sets.items()}
    table = gseapy.enrich(list("ABCD"), sets, background=set(TEN), outdir=None, no_plot=True).res2d.set_index("Term")
    assert sorted(table.index) == ["S1", "S2", "S3"]
    assert table.loc["S1", "Adjusted P-value"] == pytest.approx(3 * 7 / 210)


@pytest.mark.parametrize("seed", range(5))
def test_values_are_those_of_scipy_and_statsmodels(seed):
    rng = random.Random(seed)
    universe = [f"GENE{i}" for i in range(200)]
    sets = {f"S{i:03d}": rng.sample(universe, rng.randint(3, 40)) for i in range(150)}
    chosen = rng.sample(universe, rng.randint(2, 30))
    shared = {i: len(set(chosen) & set(members)) for i, members in sets.items()}
    p = [hypergeom.sf(shared[i] - 1, len(universe), len(members), len(chosen)) for i, members in sets.items()]
    adjusted = dict(zip(sets, multipletests(p, method="fdr_bh")[1], strict=True))
    found = enriched(chosen, [library(**sets)], set(universe), most=1000)
    assert sorted(term.id for term in found) == [i for i in sets if shared[i]]
    assert 0 in shared.values()
    for term in found:
        assert (term.overlap, term.size) == (shared[term.id], len(sets[term.id]))
        assert term.p == pytest.approx(dict(zip(sets, p, strict=True))[term.id], rel=1e-9)
        only_set, only_list = term.size - term.overlap, len(chosen) - term.overlap
        table = [[term.overlap, only_set], [only_list, len(universe) - term.overlap - only_set - only_list]]
        assert term.p == pytest.approx(fisher_exact(table, alternative="greater").pvalue, rel=1e-9)
        assert term.adjusted_p == pytest.approx(adjusted[term.id], rel=1e-9)
    assert [(t.adjusted_p, t.p) for t in found] == sorted((t.adjusted_p, t.p) for t in found)


def test_each_library_is_corrected_for_itself():
    [alone] = enriched("ABC", [library(S1="ABC")], TEN)
    beside = enriched("ABC", [library("other", T1="DEF", T2="GHI"), library(S1="ABC")], TEN)
    assert alone.adjusted_p == alone.p == pytest.approx(1 / 120)
    assert beside == [alone]


def test_terms_of_all_libraries_come_in_one_order_and_at_most_as_many_as_asked():
    # The same test everywhere: equal values go by library, as given, then by id.
    both = [library("z", d="ABC", b="ABC"), library("y", c="ABC", a="ABC")]
    assert terms(enriched("ABC", both, TEN)) == [("z", "b"), ("z", "d"), ("y", "a"), ("y", "c")]
    assert terms(enriched("ABC", both, TEN, most=3)) == [("z", "b"), ("z", "d"), ("y", "a")]


def test_genes_of_a_term_keep_the_order_of_the_list_and_count_once():
    [term] = enriched(["C", "A", "C", "B"], [library(S1="ABC")], TEN)
    assert (term.genes, term.overlap) == (["C", "A", "B"], 3)
    assert term.p == pytest.approx(1 / 120)


def test_a_long_list_and_a_p_of_zero():
    universe = [f"G{i}" for i in range(20_000)]
    sets = {f"S{i}": universe[i : i + 400] for i in range(0, 20_000, 100)}
    found = enriched(universe[:400], [library(**sets)], set(universe), most=2)
    assert [(term.id, term.overlap, term.p) for term in found][0] == ("S0", 400, 0)
    # Half of the universe: S0 has 400 genes of it, and S9900 the first 100 of its own.
    halves = enriched(universe[:10_000], [library(**sets)], set(universe), most=1000)
    overlap = {term.id: term.overlap for term in halves}
    assert (overlap["S0"], overlap["S9900"], "S10000" in overlap) == (400, 100, False)


# the universe


def test_genes_outside_the_universe_are_left_out_of_list_and_sets():
    # X and Y are in the set and the list, but could not have been found: three genes of ten are drawn, all of the set.
    [term] = enriched("XAYBC", [library(S1="ABCXY")], TEN)
    assert (term.overlap, term.size, term.genes) == (3, 3, ["A", "B", "C"])
    assert term.p == pytest.approx(1 / 120)
    [flag] = universe_flags("XAYBC", TEN)
    assert flag.startswith("2 of 5 genes are outside the universe") and flag.endswith(": X, Y")


@pytest.mark.parametrize("genes", ["XYZ", "DE"])
def test_a_list_that_shares_no_gene_with_the_universe_or_a_set_has_no_terms(genes):
    assert enriched(genes, [library(S1="ABC")], TEN) == []


def test_flags_on_the_universe():
    flag, _ = universe_flags("ABUVWXYZ", TEN)
    assert flag.startswith("6 of 8 genes") and flag.endswith(": U, V, W, X, Y and 1 more")
    assert [flag.endswith(": X") for flag in universe_flags("ABX", TEN)] == [True]
    assert universe_flags("ABC", TEN) == []


def test_a_universe_smaller_than_the_set_is_flagged():
    outside, smaller = universe_flags("ABCDE", frozenset("ABC"))
    assert outside.startswith("2 of 5 genes are outside the universe")
    assert smaller.startswith("the set has 5 genes and the universe only 3")
    # Whatever is drawn, it is the whole universe.
    assert [term.p for term in enriched("ABCDE", [library(S1="ABC")], set("ABC"))] == [1]


def test_the_universe_of_all_tested_genes_takes_identifiers_of_any_kind(genes):
    # An Ensembl id, a symbol, the same gene by its alias, and two that are nobody's.
    found = resolve_universe(["ENSG00000141510", "ATM", "TEL1", "NOSUCH", "NOR_THIS"], genes, "a.txt")
    assert found.symbols == {"TP53", "ATM"}
    assert found.description == (
        "the universe is the 2 genes in a.txt; 2 of 5 identifiers are no known gene and are left out: NOSUCH, NOR_THIS"
    )
    assert resolve_universe(["ATM"], genes, "the table").description == "the universe is the 1 gene in the table"


def test_the_default_universe_is_all_protein_coding_genes():
    known = GeneTable([Gene("A", coding=True), Gene("B", coding=False), Gene("C"), Gene("D", coding=True)])
    assert default_universe(known, [library(S1="ABC")]) == Universe(
        frozenset("AD"), "the universe is all 2 protein-coding genes"
    )


def test_the_default_universe_is_that_of_the_libraries_where_coding_genes_are_not_known():
    known = GeneTable([Gene("A"), Gene("B"), Gene("Z")])
    found = default_universe(known, [library(S1="AB"), library("other", S1="BC")])
    assert found.symbols == frozenset("ABC")
    assert found.description.startswith("the universe is the 3 genes of any set in the libraries")


def test_a_set_larger_than_the_universe_is_tested_by_its_genes_of_the_universe():
    # Three of the five genes are in the universe of four; two drawn are both of them: C(3,2) / C(4,2).
    [term] = enriched("AB", [library(S1="ABCYZ")], set("ABCD"))
    assert (term.size, term.overlap, term.p) == (3, 2, pytest.approx(3 / 6))


def test_sets_without_any_gene_of_the_universe_cost_no_correction():
    tests = within(TEN, library(S1="ABC", S2="UVW", S3="XYZ"))
    [term] = tests.enriched("ABC")
    assert term.adjusted_p == term.p == pytest.approx(1 / 120)


def test_of_equal_p_and_overlap_the_first_id_comes_first_whatever_the_order_of_the_library():
    # Five genes of ten are drawn, in 252 ways. One: all three are drawn, C(7,2) = 21. Two: three or four of four,
    # C(4,3)·C(6,2) + C(6,1) = 66. Three: three of four, likewise 66. Adjusted: 21·3 = 63; 66·3/2 and 66·3/3 are 66.
    sets = {"One": "ABC", "Two": "ABCJ", "Three": "CDEI"}
    for order in (("One", "Two", "Three"), ("Three", "Two", "One")):
        found = enriched("ABCDE", [library(**{i: sets[i] for i in order})], TEN)
        assert [term.id for term in found] == ["One", "Three", "Two"]
        assert [term.p for term in found] == pytest.approx([21 / 252, 66 / 252, 66 / 252])
        assert [term.adjusted_p for term in found] == pytest.approx([63 / 252, 66 / 252, 66 / 252])


# libraries


def test_sets_of_fewer_than_3_and_more_than_500_genes_of_the_universe_are_left_out():
    universe = [f"G{i}" for i in range(600)]
    sets = library(two=universe[:2], three=universe[:3], outside=[*universe[:2], "X", "Y"], many=universe[:500])
    more = library("more", most=universe[:501], all=universe, few=universe[:4])
    tests = within(universe, sets, more)
    assert sorted(terms(tests.enriched(universe[:2]))) == [("lib", "many"), ("lib", "three"), ("more", "few")]
    assert [summary.partition(" gene sets")[0] for summary in tests.summaries] == ["lib: 2 of 4", "more: 1 of 3"]


def test_a_library_of_msigdb_with_old_symbols_and_aliases(tmp_path, genes):
    path = tmp_path / "my.sets.GMT.gz"
    with gzip.open(path, "wt") as file:
        file.write("GOBP_DNA_REPAIR\thttp://x\tTEL1\tATM\tbrca1\tNOSUCH\nGONE\t\tNOSUCH\tNOR_THIS\n")
    found = read_library(path, genes, "mine", "gmt")
    assert found.name == "mine"
    assert found.sets == {"GOBP_DNA_REPAIR": LibrarySet("dna repair", frozenset({"ATM", "BRCA1"}))}


def test_a_library_of_reactome_has_its_ids_and_no_aliases(genes):
    # CAMI, an alias of CALM1, and NP, an old symbol of two letters, are not taken; tat is a viral protein.
    assert read_library(DATA / "reactome.gmt", genes, "mine", "reactome").sets == {
        "R-HSA-73894": LibrarySet("DNA repair", frozenset({"TP53", "BRCA1"})),
        "R-HSA-111997": LibrarySet("Calcium", frozenset({"CALM1", "MARCHF1"})),
    }


def test_a_library_of_another_organism_is_refused(tmp_path, genes):
    path = tmp_path / "fly.gmt"
    path.write_text("DNA repair\t\tFBgn0000001\tFBgn0000002\n")
    with refused(path, fix="give gene sets of human genes"):
        read_library(path, genes, "mine", "gmt")
