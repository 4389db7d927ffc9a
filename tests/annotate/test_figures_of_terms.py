"""Figures, the workbook and the methods beside the tables: what they hold, and that equal terms give equal files."""

from itertools import combinations

import pandas as pd
from annotated_sets import RANKING, SPINDLE
from annotation_project import GOOD, SECOND
from matplotlib.figure import Figure
from openpyxl import load_workbook

from reasonome.apps.annotate import figures
from reasonome.apps.annotate.figures import MOST_LISTS, draw
from reasonome.apps.annotate.tables import ENRICHMENT, ENRICHMENT_COLUMNS, write_workbook
from reasonome.core.manifest import folder_sha256

TERMS = {SPINDLE.id: SPINDLE.enriched}
LONG = "regulation of cyclin-dependent protein serine/threonine kinase activity involved in G2/M transition"


def test_a_list_and_a_ranking_have_figures_of_equal_bytes(tmp_path):
    found, told = draw([SPINDLE], TERMS, [RANKING], tmp_path / "a")
    draw([SPINDLE], TERMS, [RANKING], tmp_path / "b")
    assert told == "" and [figure.kind for figure in found[SPINDLE.id]] == ["dot plot", "bar plot", "map"]
    assert {path.suffix for path in (tmp_path / "a").iterdir()} == {".png", ".pdf", ".svg"}
    assert len(list((tmp_path / "a").iterdir())) == 18
    assert folder_sha256(tmp_path / "a") == folder_sha256(tmp_path / "b")


def test_a_name_leaves_no_folder_and_a_long_term_is_in_lines(tmp_path):
    term = SPINDLE.enriched[0].model_copy(update={"name": f"$x$ <b> {LONG}"})
    record = SPINDLE.model_copy(update={"list": "../../x", "set": "/etc/passwd"})
    found, _ = draw([record], {record.id: [term]}, [], tmp_path / "figures")
    assert found[record.id][0].name == "x_etc_passwd_dot_plot"
    assert [path.name for path in tmp_path.iterdir()] == ["figures"]
    drawing = found[record.id][0].svg
    assert "$x$ &lt;b&gt; regulation of cyclin-dependent" in drawing and ">transition (GO\u00a0BP)<" in drawing


def test_no_term_stands_on_another(tmp_path, monkeypatch):
    # Two groups, in each of which terms share three of eleven genes; none shares a gene with one of the other group.
    terms = []
    for place in range(20):
        genes = [f"{place % 2} shared {gene}" for gene in range(3)] + [f"{place} own {gene}" for gene in range(4)]
        named = {"id": str(place), "name": f"{place} {LONG}", "genes": genes}
        terms.append(SPINDLE.enriched[0].model_copy(update=named))
    drawn: list[Figure] = []
    monkeypatch.setattr(figures, "_saved", lambda figure, *_: drawn.append(figure) or "")
    draw([SPINDLE], {SPINDLE.id: terms}, [], tmp_path)
    assert len(drawn) == 3
    for figure in drawn:
        figure.draw_without_rendering()
        axes = figure.axes[0]
        numbers = [text for text in axes.texts if text.get_text().isdigit()]
        texts = numbers or axes.get_yticklabels()
        boxes = [text.get_window_extent() for text in texts]
        assert len(boxes) == (20 if numbers else 15)
        assert not [1 for one, other in combinations(boxes, 2) if one.overlaps(other)]


def test_nothing_enriched_and_many_lists_are_told(tmp_path):
    for name in ("old_map.svg", "old_map (2).svg", "heatmap.svg"):
        (tmp_path / name).touch()
    assert draw([SPINDLE], {}, [], tmp_path) == ({}, "no figures: no term is enriched")
    assert [path.name for path in tmp_path.iterdir()] == ["heatmap.svg"], "which is not ours"
    many = [SPINDLE.model_copy(update={"id": str(place)}) for place in range(MOST_LISTS + 2)]
    _, told = draw(many, {one.id: SPINDLE.enriched[:1] for one in many}, [], tmp_path)
    assert told == f"figures are of the first {MOST_LISTS} lists; tables have 2 more"


def test_a_workbook_holds_texts_as_texts(tmp_path):
    row = ["mine", "'=1+1", "X", "007", "-2", "1/2", "3/4", "-2.5", "1e-9", "0.01", "MARCH1", "1", ""]
    (tmp_path / ENRICHMENT).write_text("\t".join(ENRICHMENT_COLUMNS) + "\n" + "\t".join(row) + "\n")
    write_workbook(tmp_path)
    book = load_workbook(tmp_path / "enrichment.xlsx")
    cells = list(book["over-representation"].iter_rows(min_row=2))[0]
    assert book.sheetnames == ["over-representation"]
    values = [*row[:1], "=1+1", *row[2:7], -2.5, 1e-9, 0.01, "MARCH1", 1, None]
    assert [cell.value for cell in cells] == values and "f" not in {cell.data_type for cell in cells}


def test_methods_name_versions_numbers_and_the_command(annotating, capsys):
    annotating(annotating.file("mine.gmt", GOOD + SECOND), model=None)
    told = (annotating.out / "methods.txt").read_text(encoding="utf-8")
    for said in (
        "reasonome 0.1.0",
        "repair (mine), 5 genes, of which 5 in the universe",
        "3 to 500 genes of the universe; hypergeometric test",
        "WikiPathways 2022-06-10",
        "Command: a test",
    ):
        assert said in told, said
    sheet = pd.read_excel(annotating.out / "enrichment.xlsx", sheet_name="over-representation", keep_default_na=False)
    table = pd.read_csv(annotating.out / "enrichment.tsv", sep="\t", keep_default_na=False)
    pd.testing.assert_frame_equal(sheet, table, check_dtype=False)
