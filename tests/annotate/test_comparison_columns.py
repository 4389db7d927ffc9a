"""Several comparisons in one table: a list of each, or an error that names the column."""

import pandas as pd
import pytest
from annotation_project import OTHERS, REPAIR, RIBOSOME, SPINDLE

from reasonome.apps.annotate import job
from reasonome.apps.annotate.inputs import read_gene_lists, read_memory
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
    return job.read_lists(Annotation(sets=[str(tmp_path / name)], **settings))


def sizes(gene_lists) -> dict:
    return {name: {one.name: len(one.genes) for one in lists.lists} for name, lists in gene_lists.items()}


@pytest.mark.parametrize("second", [GENES, [gene.replace("GENE", "OTHER") for gene in GENES]])
def test_each_cell_type_has_lists_a_universe_and_a_ranking_of_its_own(tmp_path, second, snapshot):
    found = read(tmp_path, stacked(GENES, second), contrast="stim vs ctrl")
    assert sizes(found) == {
        "mine CD4 T": {"mine CD4 T up": 30, "mine CD4 T down": 25},
        "mine CD14 Mono": {"mine CD14 Mono up": 25, "mine CD14 Mono down": 30},
    }
    first, other = found.values()
    assert first.notes[:2] == snapshot
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


@pytest.mark.parametrize("column", ["contrast", "Comparison", "cluster_id", "CellType"])
def test_columns_of_other_names_that_say_it_too(tmp_path, column):
    assert list(read(tmp_path, stacked(GENES, GENES, column))) == ["mine CD4 T", "mine CD14 Mono"]


@pytest.mark.parametrize("second", [GENES, GENES[:700] + ["A", "B"]])
def test_a_column_that_tells_rows_of_a_gene_apart_is_named(tmp_path, second, refused):
    with refused(line=1, field="what"):
        read(tmp_path, stacked(GENES, second, "what"))
    found = read(tmp_path, stacked(GENES, second, "what"), columns={"comparison": "what"})
    assert list(found) == ["mine CD4 T", "mine CD14 Mono"]


def test_two_columns_that_tell_rows_of_a_gene_apart_together_are_named(tmp_path, refused):
    pairs = (("A", "B", 2), ("A", "C", -2), ("B", "C", 3))
    rows = [f"{gene},{one},{other},{change},1e-9\n" for gene in GENES[:20] for one, other, change in pairs]
    with refused(line=1, field="sample_1"):
        read(tmp_path, "gene,sample_1,sample_2,log2FC,padj\n" + "".join(rows))


def test_probes_of_a_gene_are_no_comparisons(tmp_path):
    rows = [f"{n}_at,{gene},2,0.01" for n, gene in enumerate([*GENES[:30], *GENES[:30]])]
    rows = [row.replace(",2,", f",{2 + n},") for n, row in enumerate(rows)]
    found = read(tmp_path, "ID,Gene.symbol,logFC,adj.P.Val\n" + "\n".join(rows) + "\n")
    assert sizes(found) == {"mine": {"mine up": 30, "mine down": 0}}


def test_a_contrast_that_names_two_conditions_says_which_one_up_is(tmp_path):
    content = stacked(GENES, GENES, "contrast").replace("CD4 T", "IL6_vs_control")
    content = content.replace("CD14 Mono", "TNF vs control")
    first, second = read(tmp_path, content).values()
    assert first.ends == ("higher in IL6 than in control", "lower in IL6 than in control")
    assert second.ends == ("higher in TNF than in control", "lower in TNF than in control")
    first, _ = read(tmp_path, content.replace("TNF vs control", "TNF")).values()
    assert first.ends == ("higher in IL6 than in control", "lower in IL6 than in control")


@pytest.mark.parametrize(
    ("told", "contrast"),
    [
        ("drug_vs_placebo", "placebo vs drug"),
        ("A_vs_C", "A vs B"),
        ("CD4+ vs CD4-", "CD4- vs CD4+"),
    ],
)
def test_a_contrast_that_is_not_that_of_the_table_is_refused(tmp_path, told, contrast, refused):
    content = stacked(GENES[:60], [], "contrast").replace("CD4 T", told)
    with refused("mine.csv", 1, "contrast"):
        read(tmp_path, content, contrast=contrast)


def test_a_contrast_for_all_is_refused_where_one_comparison_is_another(tmp_path, refused):
    content = stacked(GENES, GENES, "contrast").replace("CD4 T", "A vs B").replace("CD14 Mono", "A_vs_C")
    with refused("mine.csv", 1, "contrast"):
        read(tmp_path, content, contrast="A vs B")


@pytest.mark.parametrize("told", ["IFN_b_vs_Control", "ifn b vs control", "stimulus_IFN b_vs_control", "coefficient 2"])
def test_a_contrast_that_the_table_writes_otherwise_or_not_at_all_is_taken(tmp_path, told):
    content = stacked(GENES[:60], [], "contrast").replace("CD4 T", told)
    [found] = read(tmp_path, content, contrast="IFN b vs control").values()
    assert found.ends == ("higher in IFN b than in control", "lower in IFN b than in control")


def with_clusters(cells: dict[str, str], contrasts: tuple[str, ...] = ()) -> str:
    """A table with a row for each cluster, gene and contrast; `cells` is what each cluster is called."""
    rows = ["gene,cluster,cell_type,avg_log2FC,p_val_adj" + ",contrast" * bool(contrasts)]
    for cluster, cell in cells.items():
        for place, gene in enumerate(GENES[:4]):
            row = f"{gene},{cluster},{cell},{2 + place},0.01"
            rows += [f"{row},{one}" for one in contrasts] or [row]
    return "\n".join(rows) + "\n"


def test_names_of_clusters_beside_their_numbers_are_no_comparisons(tmp_path):
    found = read(tmp_path, with_clusters({"0": "T cells", "1": "T cells", "2": "B cells"}))
    assert sizes(found) == {"mine": {"cluster 0": 4, "cluster 1": 4, "cluster 2": 4}}


def test_clusters_that_are_compared_between_conditions_are_a_comparison_for_each_contrast(tmp_path):
    found = read(tmp_path, with_clusters({"0": "T", "1": "B"}, ("a vs b", "c vs b")))
    assert list(found) == ["mine 0, T, a vs b", "mine 0, T, c vs b", "mine 1, B, a vs b", "mine 1, B, c vs b"]
    assert found["mine 1, B, c vs b"].ends[0] == "higher in c than in b"
    # Of one contrast alone: still no markers of clusters, which would go up only.
    one_contrast = with_clusters({"0": "T", "1": "B"}, ("a vs b",))
    assert list(read(tmp_path, one_contrast)) == ["mine 0, T", "mine 1, B"]
    found = read(tmp_path, one_contrast, columns={"comparison": "cluster"})
    assert [one.name for one in found["mine 0"].lists] == ["mine 0 up", "mine 0 down"]


def test_markers_with_scores_alone_are_split_where_a_cluster_has_several_comparisons(tmp_path):
    rows = ["names,group,tissue,scores"]
    for tissue, markers in (("gut", {"0": GENES[:3], "1": GENES[3:6]}), ("skin", {"0": GENES[6:9]})):
        rows += [f"{gene},{group},{tissue},{9 - n}" for group, genes in markers.items() for n, gene in enumerate(genes)]
    found = read(tmp_path, "\n".join(rows) + "\n")
    assert sizes(found) == {"mine gut": {"cluster 0": 3, "cluster 1": 3}, "mine skin": {"cluster 0": 3}}
    assert found["mine gut"].notes[0] == "2 comparisons by 'tissue', each with its own lists: gut, skin"
    # Each cluster is of one tissue: its name among all clusters.
    of_one = "\n".join(rows).replace("0,skin", "2,skin") + "\n"
    assert sizes(read(tmp_path, of_one)) == {"mine": {"cluster 0": 3, "cluster 1": 3, "cluster 2": 3}}


def test_rankings_and_plain_lists_are_split_too(tmp_path):
    rows = [(gene, cell, number) for cell in ("T", "B") for number, gene in enumerate(GENES[:5])]
    ranked = "gene,cell_type,score\n" + "".join(f"{gene},{cell},{number}\n" for gene, cell, number in rows)
    found = read(tmp_path, ranked, top=3)
    assert sizes(found) == {"mine T": {"mine T": 3}, "mine B": {"mine B": 3}}
    assert [len(lists.ranking) for lists in found.values()] == [5, 5]
    plain = "gene,cell_type\n" + "".join(f"{gene},{cell}\n" for gene, cell, _ in rows)
    assert sizes(read(tmp_path, plain)) == {"mine T": {"mine T": 5}, "mine B": {"mine B": 5}}
    clusters = ranked.replace("cell_type", "cluster")
    assert sizes(read(tmp_path, clusters, kind="genes")) == {"mine T": {"mine T": 5}, "mine B": {"mine B": 5}}


def test_rows_without_a_comparison_are_lists_of_their_own(tmp_path):
    found = read(tmp_path, stacked(GENES, GENES).replace('"CD14 Mono"', "NA"))
    assert list(found) == ["mine CD4 T", "mine without a cell_type"]


def test_rows_whose_comparison_is_missing_in_two_ways_are_one_list(tmp_path):
    cells = ["T"] * 5 + ["NA"] * 3 + [""] * 3
    rows = [f"{gene},{cell},{number}\n" for number, (gene, cell) in enumerate(zip(GENES, cells, strict=False))]
    found = read(tmp_path, "gene,cell_type,score\n" + "".join(rows))
    missing = "mine without a cell_type"
    assert sizes(found) == {"mine T": {"mine T": 5}, missing: {missing: 6}}


def test_a_frame_in_memory_is_split_as_its_file(tmp_path):
    (tmp_path / "mine.csv").write_text(stacked(GENES, GENES))
    settings = Annotation(sets=["any"])
    frame = pd.read_csv(tmp_path / "mine.csv")
    read_so = [[one.name for one in lists.lists] for lists in read_memory(frame, "mine", settings)]
    assert read_so == [[one.name for one in lists.lists] for lists in read_gene_lists(tmp_path / "mine.csv", settings)]
    assert len(read_so) == 2


def test_blanks_around_the_name_of_a_comparison_make_no_other_one_in_memory_as_in_a_file(tmp_path):
    content = stacked(GENES[:40], GENES[40:80]).replace("CD14 Mono", "CD4 T ")
    [of_file] = read(tmp_path, content).values()
    [in_memory] = read_memory(pd.read_csv(tmp_path / "mine.csv"), "mine", Annotation(sets=["any"]))
    assert len(of_file.universe) == len(in_memory.universe) == 80


def test_comparisons_that_would_have_the_name_of_another_file_get_a_number(tmp_path):
    (tmp_path / "mine CD4 T.txt").write_text("A\nB\nC\n")
    (tmp_path / "mine.csv").write_text(stacked(GENES, GENES))
    found = job.read_lists(Annotation(sets=[str(tmp_path / name) for name in ("mine CD4 T.txt", "mine.csv")]))
    assert list(found) == ["mine CD4 T", "mine CD4 T (2)", "mine CD14 Mono"]


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
