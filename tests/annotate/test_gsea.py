"""GSEA of whole rankings: which genes rank how, what GSEApy finds, and what of it is kept."""

import csv
import re

import gseapy
import pandas as pd
import pytest
from annotation_project import OTHERS, REPAIR
from unknown_genes import unknown

from reasonome.apps import checked
from reasonome.apps.annotate import gsea
from reasonome.apps.annotate.gsea import analyse_rankings
from reasonome.apps.annotate.inputs import read_gene_lists
from reasonome.apps.annotate.lists import GeneLists, ListedGene
from reasonome.apps.annotate.tables import write_gsea
from reasonome.config.annotations import Annotation
from reasonome.core.errors import InputError
from reasonome.enrichment.over_representation import GeneSetLibrary, LibrarySet, OverRepresentation, Universe
from reasonome.facts.genes import Gene, GeneTable

GENES = [f"GENE{number:03}" for number in range(600)]
TABLE = GeneTable([Gene(gene) for gene in GENES])
UP, DOWN = GENES[:20], GENES[-15:]
# The second of the top is in the first, and leads with the same genes; the third is everywhere.
SETS = {"up": UP, "also": UP[:16], "down": DOWN, "spread": GENES[::30], "small": GENES[:9]}


def lists(genes=GENES, numbers=None) -> GeneLists:
    numbers = [len(genes) // 2 - place for place in range(len(genes))] if numbers is None else numbers
    ranking = tuple(ListedGene(gene, float(number)) for gene, number in zip(genes, numbers, strict=True))
    return GeneLists((), "genes", ranking=ranking, ends=("at the top", "at the bottom"))


def analysed(given: GeneLists, seed: int = 0, sets=SETS, libraries=("lib",), universe=GENES):
    named = {name: LibrarySet(f"set {name}", frozenset(genes)) for name, genes in sets.items()}
    within = Universe(frozenset(universe), "all")
    tests = OverRepresentation([GeneSetLibrary(name, named) for name in libraries], within)
    return analyse_rankings({"mine": given}, {"mine": tests}, TABLE, None, seed)


def test_what_gathers_at_an_end_is_found_and_nothing_else():
    [analysis] = analysed(lists())
    assert (analysis.list, analysis.genes, analysis.sets) == ("mine", 600, 4)  # nine genes are too few
    found = {term.id: term for term in analysis.terms}
    assert set(found) == {"up", "also", "down"}
    assert found["up"].nes > 1 and found["down"].nes < -1
    assert found["up"].size == 20 and set(found["up"].leading_edge) == set(UP)
    assert found["up"].leading_edge[0] == GENES[0]
    # Of "up" and "also" the one with the smaller FDR stands, and the other is folded below it: 16 of 20 genes.
    assert sorted(term.folded_under for term in analysis.terms)[:2] == ["", ""]
    assert {found["up"].folded_under, found["also"].folded_under} in ({"", "up"}, {"", "also"})
    assert found["down"].folded_under == ""


def test_terms_of_the_smallest_p_stand_by_their_score_whatever_their_library_is(monkeypatch):
    # The FDR of an only set is its p, that of one among three may be thrice as large.
    scores = {"up": (1e-10, 1e-10, 2.0), "also": (1e-10, 3e-10, 3.0), "down": (2e-10, 2e-10, -9.0)}
    keys = ("pval", "fdr", "nes")
    results = {
        key: dict(zip(keys, of, strict=True), es=0.5, lead_genes=key, hits=[], RES=[]) for key, of in scores.items()
    }
    monkeypatch.setattr(gsea, "_scored", lambda sets, *_: {key: results[key] for key in sets if key in results})
    [analysis] = analysed(lists())
    assert [term.id for term in analysis.terms] == ["also", "up", "down"]


def test_a_set_has_its_ranked_genes_whatever_the_universe_is():
    # Of a set of 620 genes, too large for over-representation, 20 are ranked; of these nine are in the universe.
    others = [f"OTHER{number}" for number in range(600)]
    sets = {"large": [*UP, *others], "small": GENES[:9]}
    [analysis] = analysed(lists(), sets=sets, universe=[*UP[:9], *others])
    assert analysis.sets == 1
    [term] = analysis.terms
    assert (term.id, term.size, set(term.leading_edge)) == ("large", 20, set(UP))


@pytest.mark.slow
def test_scores_are_those_of_gseapy_and_the_same_again():
    [analysis] = analysed(lists())
    rank = pd.Series({gene.written: gene.weight for gene in lists().ranking})
    theirs = gseapy.prerank(
        rank, SETS, min_size=10, max_size=500, method="multilevel", seed=0, threads=1, outdir=None, no_plot=True
    ).res2d.set_index("Term")
    for term in analysis.terms:
        assert term.score == pytest.approx(theirs.loc[term.id, "ES"])
        assert term.nes == pytest.approx(theirs.loc[term.id, "NES"], rel=0.1)
    assert analysed(lists())[0].terms == analysis.terms


def test_a_short_ranking_is_no_whole_one(capsys):
    assert analysed(lists(GENES[:400])) == []
    told = capsys.readouterr().out
    assert "mine: no GSEA: it needs a ranking of all tested genes, and this has 400 known ones" in told


def test_genes_with_the_number_zero_stop_nothing(capfd):
    # Seven in ten genes were not measured: of ten genes drawn at random all are such in three of a hundred draws.
    numbers = [*range(180, 0, -1), *[0] * 420]
    sets = {**SETS, "ten": GENES[:10], "nowhere": GENES[300:330]}
    [analysis] = analysed(lists(numbers=numbers), sets=sets)
    assert {"up", "also", "ten"} <= {term.id for term in analysis.terms}
    assert analysis.sets == 4  # "nowhere" and "down" have no gene with a number, and "small" is too small
    assert "2 sets have no score: each of their genes has the number 0" in analysis.notes
    told = capfd.readouterr()
    assert "mine: 420 of 600 genes (70.0%) share their number with others" in told.out
    assert told.err == ""


def test_numbers_that_are_all_equal_rank_nothing():
    [analysis] = analysed(lists(numbers=[0] * 600))
    assert (analysis.terms, analysis.notes) == ([], ("no GSEA: all 600 genes have the same number",))


def test_the_table_says_the_direction_in_words(tmp_path):
    write_gsea(analysed(lists()), tmp_path)
    with open(tmp_path / "gsea.tsv", encoding="utf-8", newline="") as handle:
        rows = {row["ID"]: row for row in csv.DictReader(handle, delimiter="\t")}
    assert (rows["up"]["direction"], rows["down"]["direction"]) == ("at the top", "at the bottom")
    assert rows["up"]["setSize"] == "20" and len(rows["up"]["core_enrichment"].split("/")) == 20
    write_gsea([], tmp_path)
    assert not (tmp_path / "gsea.tsv").exists()


# which genes rank how


def ranking(tmp_path, content: str, name: str = "mine.csv", **settings) -> list[tuple[str, float]]:
    (tmp_path / name).write_text(content)
    [found] = read_gene_lists(tmp_path / name, Annotation(sets=["any"], **settings), unknown)
    return [(gene.written, gene.weight) for gene in found.ranking]


def test_a_table_is_ranked_by_its_statistic_with_the_sign_of_the_change(tmp_path):
    # edgeR's F has no sign; the last has no p value, and was not tested.
    content = "gene,logFC,F,PValue,FDR\nA,-2,9,0.001,0.01\nB,1,4,0.01,0.02\nC,0.5,1,0.5,0.6\nD,3,25,NA,NA\n"
    assert ranking(tmp_path, content) == [("B", 4), ("C", 1), ("A", -9)]


def test_without_a_statistic_p_ranks(tmp_path):
    content = "gene,log2FoldChange,pvalue,padj\nA,-2,0.001,0.01\nB,1,0.01,0.02\nC,0,0.5,0.6\n"
    assert ranking(tmp_path, content) == [("B", pytest.approx(2)), ("C", 0), ("A", pytest.approx(-3))]


def test_a_list_of_genes_and_numbers_is_ranked_whole_whatever_top_takes(tmp_path):
    assert ranking(tmp_path, "A\t1\nB\t3\nC\t-2\n", "mine.rnk", top=1) == [("B", 3), ("A", 1), ("C", -2)]


def test_which_condition_up_is_comes_from_the_user_or_the_table(tmp_path):
    def ends(content: str, **settings):
        (tmp_path / "mine.csv").write_text(content)
        [found] = read_gene_lists(tmp_path / "mine.csv", Annotation(sets=["any"], **settings), unknown)
        assert [one.direction for one in found.lists] == list(found.ends)
        assert found.ends[0] in found.notes
        return found.ends

    plain = "gene,log2FoldChange,pvalue,padj\nA,-2,0.001,0.01\n"
    assert ends(plain, contrast="IFN-b treated vs. control")[0] == "higher in IFN-b treated than in control"
    grouped = "gene,group,log2FoldChange,pvalue,padj\nA,T cells,-2,0.001,0.01\n"
    assert ends(grouped, kind="differential")[0] == "higher in T cells than in the others"


@pytest.mark.parametrize("contrast", ["treated", "A vs A"])
def test_a_contrast_that_names_no_two_conditions_is_refused(contrast):
    with pytest.raises(ValueError, match="write two conditions, as 'treated vs control'"):
        Annotation(sets=["any"], contrast=contrast)
    with pytest.raises(InputError, match=f"^--contrast: '{contrast}': write two conditions"):
        checked(Annotation, {"sets": ["any"], "contrast": contrast}, "a page", lambda name: f"--{name}")


def page_of(annotating) -> str:
    return (annotating.out / "annotations.html").read_text(encoding="utf-8")


def test_a_table_gets_a_gsea_in_table_and_page_unless_it_is_not_wanted(annotating, monkeypatch, capsys):
    monkeypatch.setattr("reasonome.apps.annotate.gsea.FEWEST_RANKED", 10)
    monkeypatch.setattr("reasonome.apps.annotate.gsea.SMALLEST", 3)
    rows = [f"{gene},{change},{change},0.001,0.001\n" for gene, change in zip(REPAIR, range(9, 4, -1), strict=True)]
    rows += [f"{gene},{-place / 10},{-place / 10},0.5,0.9\n" for place, gene in enumerate(OTHERS, 1)]
    table = annotating.file("treated.csv", "gene,log2FoldChange,stat,pvalue,padj\n" + "".join(rows))
    annotating(table, model=None, gsea=True, contrast="treated vs control")
    with open(annotating.out / "gsea.tsv", encoding="utf-8", newline="") as handle:
        first = next(csv.DictReader(handle, delimiter="\t"))
    assert (first["ONTOLOGY"], first["Description"]) == ("GO BP", "DNA repair")
    assert (first["direction"], first["core_enrichment"]) == ("higher in treated than in control", "/".join(REPAIR))
    assert 'id="ranked"' in page_of(annotating)
    assert re.search(r"GSEA: \d+ terms? of \d+ sets?, the best DNA repair \(GO BP, NES \+\d", capsys.readouterr().out)
    # What fails in GSEA does not take the terms of over-representation along.
    monkeypatch.setattr(gseapy, "prerank", lambda *args, **options: 1 / 0)
    up, _ = annotating(table, model=None, gsea=True)
    assert up["enriched"][0]["name"] == "DNA repair"
    annotating(table, model=None)  # over-representation alone
    assert not (annotating.out / "gsea.tsv").exists()
    assert 'id="ranked"' not in page_of(annotating)
