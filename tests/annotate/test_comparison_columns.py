"""Several comparisons in one table: a list of each, or an error that names the column."""

import pytest
from annotation_project import OTHERS, REPAIR, RIBOSOME, SPINDLE
from unknown_genes import unknown

from reasonome.apps.annotate.inputs import read_gene_lists
from reasonome.config.annotations import Annotation
from reasonome.enrichment.over_representation import GeneSetLibrary, LibrarySet, OverRepresentation, resolve_universe
from reasonome.facts.genes import Gene, GeneTable

GENES = [f"GENE{number:03}" for number in range(800)]
INTERFERON, CHOLESTEROL = GENES[:30], GENES[30:55]


def stacked(first: list[str], second: list[str], column: str = "cell_type") -> str:
    """Seurat's FindMarkers for two cell types, bound by rows: what is up in the first is down in the second."""
    rows = [f'"p_val","avg_log2FC","pct.1","pct.2","p_val_adj","gene","{column}"']
    for genes, cell, sign in ((first, "CD4 T", 1), (second, "CD14 Mono", -1)):
        for place, gene in enumerate(genes):
            change = sign * (2 if place < 30 else -2 if place < 55 else 0.1)
            p = 1e-20 if place < 55 else 0.5
            rows.append(f'{p},{change + place / 1e4},0.5,0.{place % 9},{p},"{gene}","{cell}"')
    return "\n".join(rows) + "\n"


def read(tmp_path, content: str, name: str = "mine.csv", **settings):
    (tmp_path / name).write_text(content)
    found = read_gene_lists(tmp_path / name, Annotation(sets=["any"], **settings), unknown)
    return {f"mine {lists.comparison}".strip(): lists for lists in found}


def sizes(gene_lists) -> dict:
    return {name: {one.name: len(one.genes) for one in lists.lists} for name, lists in gene_lists.items()}


def test_each_cell_type_has_lists_a_universe_and_a_ranking_of_its_own(tmp_path):
    second = [gene.replace("GENE", "OTHER") for gene in GENES]
    found = read(tmp_path, stacked(GENES, second), contrast="stim vs ctrl")
    assert sizes(found) == {
        "mine CD4 T": {"mine CD4 T up": 30, "mine CD4 T down": 25},
        "mine CD14 Mono": {"mine CD14 Mono up": 25, "mine CD14 Mono down": 30},
    }
    _, other = found.values()
    assert [one.direction for one in other.lists] == ["higher in stim than in ctrl", "lower in stim than in ctrl"]
    assert [len(one.universe) for one in found.values()] == [len(one.ranking) for one in found.values()] == [800, 800]
    assert {gene.written for gene in other.lists[1].genes} == set(second[:30])


def test_p_of_each_cell_type_is_that_of_its_own_rows(tmp_path):
    genes = GeneTable(map(Gene, GENES))
    sets = {
        "interferon": LibrarySet("interferon", frozenset(INTERFERON)),
        "cholesterol": LibrarySet("cholesterol", frozenset(CHOLESTEROL)),
    }
    best = {}
    for name, lists in read(tmp_path, stacked(GENES, GENES)).items():
        universe = resolve_universe(lists.universe, genes, name)
        tests = OverRepresentation([GeneSetLibrary("lib", sets)], universe)
        for one in lists.lists:
            [term] = tests.enriched([gene.written for gene in one.genes])
            best[one.name] = (term.id, term.overlap, term.drawn, term.p)
    # 1 / C(800, 30) and 1 / C(800, 25)
    assert best == {
        "mine CD4 T up": ("interferon", 30, 30, pytest.approx(3.716e-55, rel=1e-3)),
        "mine CD4 T down": ("cholesterol", 25, 25, pytest.approx(5.997e-48, rel=1e-3)),
        "mine CD14 Mono up": ("cholesterol", 25, 25, pytest.approx(5.997e-48, rel=1e-3)),
        "mine CD14 Mono down": ("interferon", 30, 30, pytest.approx(3.716e-55, rel=1e-3)),
    }


def test_a_contrast_that_names_two_conditions_says_which_one_up_is(tmp_path):
    content = stacked(GENES, GENES, "contrast").replace("CD4 T", "IL6_vs_control")
    content = content.replace("CD14 Mono", "TNF vs control")
    first, second = read(tmp_path, content).values()
    assert first.ends == ("higher in IL6 than in control", "lower in IL6 than in control")
    assert second.ends == ("higher in TNF than in control", "lower in TNF than in control")
    first, _ = read(tmp_path, content.replace("TNF vs control", "TNF")).values()
    assert first.ends == ("higher in IL6 than in control", "lower in IL6 than in control")


def test_each_comparison_is_a_list_on_the_page_and_in_the_table(annotating):
    # In the T cells repair goes up among 25 genes; in the B cells translation, and repair down, among 28 others.
    rows = ["gene,log2FC,pvalue,padj,cell_type"]
    rows += [f"{gene},3,0,0,T" for gene in REPAIR] + [f"{gene},0.1,0.9,0.9,T" for gene in OTHERS[:20]]
    rows += [f"{gene},3,0,0,B" for gene in RIBOSOME] + [f"{gene},-3,0,0,B" for gene in REPAIR]
    rows += [f"{gene},0.1,0.9,0.9,B" for gene in (*SPINDLE, *OTHERS[20:35])]
    records = annotating(annotating.file("mine.csv", "\n".join(rows) + "\n"), model=None)
    best = {record["set"]: record["enriched"][0] for record in records if record["enriched"]}
    assert {name: term["name"] for name, term in best.items()} == {
        "mine T up": "DNA repair",
        "mine B up": "cytoplasmic translation",
        "mine B down": "DNA repair",
    }
    # 1 / C(25, 5) and 1 / C(28, 5)
    assert best["mine T up"]["p"] == pytest.approx(1 / 53_130)
    assert best["mine B down"]["p"] == pytest.approx(1 / 98_280)
    assert [record["list"] for record in records] == ["mine T", "mine T", "mine B", "mine B"]
    assert 'id="side-by-side"' in (annotating.out / "annotations.html").read_text(encoding="utf-8")
