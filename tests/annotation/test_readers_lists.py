"""Gene lists of GMT files and of one gene a line: what is read, what is flagged, and which kind a file is taken for."""

import gzip
from pathlib import Path

import pytest

from reasonome.annotation.gene_list import ListedGene
from reasonome.annotation.readers import ListOptions, read_gene_lists
from reasonome.core.errors import InputError

EXAMPLES = Path(__file__).resolve().parents[2] / "resources" / "annotate"


def lists_of(tmp_path, content, name="mine.txt", **given):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_gene_lists(path, **given)


def genes_of(one):
    return [gene.written for gene in one.genes]


def test_a_gmt_has_a_list_for_each_line(tmp_path):
    found = lists_of(tmp_path, "repair\tof DNA\tTP53\tATM\tBRCA1\n\nother\tna\tA\tB\tC\tD\t\t\n")
    first, second = found.lists
    assert found.kind == "gmt"
    assert found.told == ("read as a GMT of 2 gene sets",)
    assert (first.name, first.description, first.place, genes_of(first)) == (
        "repair",
        "of DNA",
        "line 1",
        ["TP53", "ATM", "BRCA1"],
    )
    assert (second.name, second.description, second.place, genes_of(second)) == ("other", "", "line 3", list("ABCD"))
    assert [one.error + "".join(one.flags) for one in found.lists] == ["", ""]


def test_sets_that_cannot_be_annotated_are_kept_beside_the_others(tmp_path):
    many = "\t".join(f"G{n}" for n in range(10_000))
    most = "\t".join(f"G{n}" for n in range(2_000))
    found = lists_of(
        tmp_path, f"none\tna\none\tna\tA\ntwo\tna\tA\tB\nthree\tna\tA\tB\tC\nmany\tna\t{many}\nmost\tna\t{most}\n"
    )
    errors = {one.name: one.error for one in found.lists}
    assert errors["none"].startswith("there is no gene in this list")
    assert errors["one"] == "too few genes: 1, and a name needs at least 3"
    assert errors["two"] == "too few genes: 2, and a name needs at least 3"
    assert errors["many"] == "10,000 genes are too many to have one function: filter them, to 2,000 at most"
    assert errors["three"] == errors["most"] == ""
    assert len(found.lists[4].genes) == 10_000


def test_sets_of_one_name_are_renamed_and_flagged_and_no_name_is_taken_twice(tmp_path):
    found = lists_of(tmp_path, "x\tna\tA\tB\tC\nx\tna\tD\tE\tF\nx (2)\tna\tG\tH\tI\nx\tna\tJ\tK\tL\n")
    assert [one.name for one in found.lists] == ["x", "x (3)", "x (2)", "x (4)"]
    assert found.lists[1].flags == ("another list is called 'x' too: this one is now 'x (3)'",)
    assert found.lists[0].flags == found.lists[2].flags == ()


def test_repeated_genes_and_mixed_ids_are_flagged(tmp_path):
    (one,) = lists_of(tmp_path, "x\tna\tTP53\tTP53\t7157\tENSG00000141510.18\tHGNC:11998\tATM\n").lists
    assert genes_of(one) == ["TP53", "7157", "ENSG00000141510.18", "HGNC:11998", "ATM"]
    assert one.flags == (
        "listed more than once: TP53",
        "identifiers of several kinds: 2 symbols, 1 Entrez id, 1 Ensembl id, 1 HGNC id",
    )


def test_names_and_genes_stay_the_text_that_they_are(tmp_path):
    name, gene = "../../etc/\x07passwd", "<script>alert(1)</script>"
    (one,) = lists_of(tmp_path, f"{name}\t<b>\t{gene}\t2-Sep\t41519\n").lists
    assert (one.name, one.description, genes_of(one)) == (name, "<b>", [gene, "2-Sep", "41519"])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_line_ends_byte_order_marks_and_gzip_make_no_difference(tmp_path, end, begin, pack):
    content = pack(begin + f"x\tna\tA\tB\tC{end}y\tna\tD\tE\tF{end}".encode())
    assert [genes_of(one) for one in lists_of(tmp_path, content).lists] == [list("ABC"), list("DEF")]
    content = pack(begin + f"A{end}B{end}C{end}".encode())
    assert [genes_of(one) for one in lists_of(tmp_path, content).lists] == [list("ABC")]


def test_a_line_of_a_gmt_without_a_name_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected name, description and genes, tab-separated") as error:
        lists_of(tmp_path, "x\tna\tA\tB\tC\n\tna\tA\tB\tC\n")
    assert (error.value.file, error.value.line) == (tmp_path / "mine.txt", 2)


def test_a_gmt_with_commas_is_no_gmt(tmp_path):
    with pytest.raises(InputError, match="expected 5 columns as in the header, found 4"):
        lists_of(tmp_path, "x,na,A,B,C\ny,na,D,E\n", "mine.gmt")
    with pytest.raises(InputError, match="tab-separated") as error:
        lists_of(tmp_path, "x,na,A,B,C\n", "mine.gmt", kind="gmt")
    assert "put tabs between" in error.value.fix


@pytest.mark.parametrize("header", ["", "gene\n", "Gene Symbol\n", '"symbol"\n', "# mine\n\n#too\nSYMBOL\n"])
def test_one_gene_a_line_with_or_without_a_header_and_comments(tmp_path, header):
    found = lists_of(tmp_path, f"{header}TP53\n\n  ATM \n# no gene\nBRCA1", "My genes.v2.txt.gz")
    (one,) = found.lists
    assert (found.kind, one.name, genes_of(one)) == ("genes", "My genes.v2", ["TP53", "ATM", "BRCA1"])
    assert not one.ranked
    assert found.told == (
        "read as one list of 3 lines, one gene a line",
        "genes in no order: a line `# ranked` in the file says that the first ones matter most",
    )


def test_the_first_entrez_id_and_a_gene_of_one_letter_are_no_header(tmp_path):
    (one,) = lists_of(tmp_path, "1\n2\n9\n").lists
    assert genes_of(one) == ["1", "2", "9"]
    (one,) = lists_of(tmp_path, "T\nATM\nTP53\n").lists
    assert genes_of(one) == ["T", "ATM", "TP53"]


@pytest.mark.parametrize(
    ("content", "line"),
    [("gene\n1\n2\n3\n4\n", 2), ("3\n1\n0\n2\n", 1), ("1,2,3\n", 1), ("gene\tscore\n1\t5\n2\t0.5\n3\t2\n", 2)],
)
def test_a_list_of_row_numbers_is_refused(tmp_path, content, line):
    with pytest.raises(InputError, match=r"genes are the numbers from [01] on: row numbers are no genes") as error:
        lists_of(tmp_path, content)
    assert error.value.line == line


@pytest.mark.parametrize("between", ["\t", ",", " ", "; "])
@pytest.mark.parametrize("header", ["", "gene{}logFC\n", "thing{}score\n", "gene\n"])
def test_a_number_behind_the_gene_ranks_it(tmp_path, between, header):
    content = header.format(between) + f"A{between}-2\nB{between}3.5\nC{between}NA\nD{between}inf\nB{between}1\n"
    found = lists_of(tmp_path, content, "mine.rnk")
    (one,) = found.lists
    assert one.ranked
    assert one.genes == (ListedGene("D"), ListedGene("B", 3.5), ListedGene("A", -2.0), ListedGene("C"))
    assert one.flags == (
        "ranked by an infinite number: D",
        "without a number, and so last: C",
        "listed more than once: B",
    )
    assert found.told[1] == "genes in the order of the number behind them, the highest first"


def test_top_takes_the_best_of_a_ranking_and_is_told_to_be_idle_elsewhere(tmp_path):
    top = ListOptions(top=3)
    found = lists_of(tmp_path, "A\t1\nB\t4\nC\t2\nD\t3\n", options=top)
    assert genes_of(found.lists[0]) == ["B", "D", "C"]
    assert found.told[2] == "the first 3 of 4 genes are taken"
    found = lists_of(tmp_path, "A\nB\nC\nD\n", options=top)
    assert genes_of(found.lists[0]) == list("ABCD")
    assert found.told[-1] == "not used: --top, since the list has no statistics and no order, and is taken whole"


@pytest.mark.parametrize(
    ("content", "name"),
    [("# Ranked\nA\nB\nC\nD\n", "mine.txt"), ("A\nB\n#ranked\nC\nD\n", "x.txt"), ("A\nB\nC\nD\n", "mine.rnk")],
)
def test_genes_without_numbers_may_be_said_to_be_ranked(tmp_path, content, name):
    found = lists_of(tmp_path, content, name, options=ListOptions(top=3))
    (one,) = found.lists
    assert (one.ranked, genes_of(one)) == (True, ["A", "B", "C"])
    assert found.told == (
        "read as one list of 4 lines, one gene a line",
        "genes in the order of the file, which says that it is ranked",
        "the first 3 of 4 genes are taken",
    )


def test_a_comment_about_ranks_is_no_mark(tmp_path):
    assert not lists_of(tmp_path, "# not ranked\n# ranked by nobody\nA\nB\nC\n").lists[0].ranked


def test_options_that_do_nothing_are_named_with_the_reason(tmp_path):
    options = ListOptions(adjusted_p=0.01, log2_fold_change=2.0, top=3, split=False)
    gmt = lists_of(tmp_path, "x\tna\tA\tB\tC\tD\n", options=options)
    assert len(gmt.lists[0].genes) == 4
    assert gmt.told[-1] == (
        "not used: --adjusted-p, --log2-fold-change, --top and --together, since a GMT has no statistics, and its sets "
        "are taken whole"
    )
    ranking = lists_of(tmp_path, "A\t1\nB\t4\n", options=options)
    assert ranking.told[-1] == (
        "not used: --adjusted-p, --log2-fold-change and --together, since a ranking is one list, without p values and "
        "fold changes"
    )


@pytest.mark.parametrize(
    ("header", "message", "fix"),
    [
        ("gene\tlength", "there are numbers in the column 'length', which may be anything", "call the column 'score'"),
        ("gene\trank", "there are numbers in the column 'rank', which may be anything", "call the column 'score'"),
        ("gene\tpadj", "the only numbers are the p values in the column 'padj'", "add a column log2FoldChange"),
    ],
)
def test_a_column_of_numbers_that_does_not_say_that_it_ranks_is_refused(tmp_path, header, message, fix):
    with pytest.raises(InputError, match=message) as error:
        lists_of(tmp_path, f"{header}\nA\t1\nB\t0.5\nC\t0.2\n")
    assert (error.value.file, error.value.line) == (tmp_path / "mine.txt", 1)
    assert error.value.fix.startswith(fix)


@pytest.mark.parametrize(
    ("line", "genes"),
    [
        ("TP53,ATM,BRCA1", ["TP53", "ATM", "BRCA1"]),
        ("TP53; ATM; BRCA1;", ["TP53", "ATM", "BRCA1"]),
        ('"TP53","ATM"', ["TP53", "ATM"]),
        ("7157,472,672", ["7157", "472", "672"]),
    ],
)
@pytest.mark.parametrize("kind", [None, "genes"])
def test_genes_that_are_all_on_the_only_line_are_read_and_it_is_said(tmp_path, line, genes, kind):
    found = lists_of(tmp_path, f"# of mine\n\n{line}\n", kind=kind)
    assert (found.kind, genes_of(found.lists[0])) == ("genes", genes)
    assert found.told[0] == f"read as one list of {len(genes)} genes, all on one line"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("TP53,2.5,0.01", "there are no rows in this table"),
        ("gene,length,chromosome", "there are no rows in this table"),
        ("TP53,ATM;BRCA1", "there are no rows in this table"),
        ("TP53 ATM BRCA1", "expected one gene, or a gene and a number"),
    ],
)
def test_one_line_that_may_be_something_else_is_not_read_as_genes(tmp_path, line, message):
    with pytest.raises(InputError, match=message):
        lists_of(tmp_path, f"{line}\n")


@pytest.mark.parametrize("line", ["TP53 ATM BRCA1", "TP53,ATM", "this is prose"])
def test_several_genes_on_a_line_are_refused(tmp_path, line):
    with pytest.raises(InputError, match="expected one gene, or a gene and a number") as error:
        lists_of(tmp_path, f"A\nB\n{line}\n")
    assert error.value.line == 3
    assert error.value.fix.startswith("write one gene a line, or all genes on the only line with commas between them")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"gene\n", "there is no gene in the file"),
        (b"# only\n# comments\n", "there is no gene in the file"),
        (b"TP53\nAT\0M\n", "NUL byte"),
        (bytes(range(256)) * 4, "NUL byte"),
        ("TP53\nSøren\n".encode("latin-1"), "not UTF-8 text"),
        ("TP53\nATM\n".encode("utf-16"), "this is UTF-16 text"),
        (b"PK\x03\x04\x14\0", "this is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "this is an old Excel workbook"),
        (b"<!DOCTYPE html><html>", "this is a web page"),
        (gzip.compress(b"TP53\n" * 100, mtime=0)[:-12], "the gzip file is damaged"),
        (b"\x89HDF\r\n\x1a\n\0\0", "this is an HDF5 file"),
    ],
)
def test_files_that_are_something_else_are_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as error:
        lists_of(tmp_path, content)
    assert error.value.file == tmp_path / "mine.txt"
    assert error.value.fix


def test_an_h5ad_file_names_the_function_to_use(tmp_path):
    with pytest.raises(InputError) as error:
        lists_of(tmp_path, b"\x89HDF\r\n\x1a\n", "cells.h5ad")
    assert "reasonome.annotation.readers.from_anndata(adata)" in error.value.fix


def test_missing_files_folders_and_unknown_kinds_are_named(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_gene_lists(tmp_path / "absent.gmt")
    with pytest.raises(InputError, match="this is a folder"):
        read_gene_lists(tmp_path)
    with pytest.raises(InputError, match="there is no kind 'gtm'") as error:
        lists_of(tmp_path, "A\n", kind="gtm")
    assert error.value.fix == "did you mean 'gmt'?"
    with pytest.raises(InputError, match="there is no species 'rat'"):
        lists_of(tmp_path, "A\n", species="rat")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"adjusted_p": 0}, "adjusted_p"),
        ({"adjusted_p": 1.5}, "adjusted_p"),
        ({"adjusted_p": float("nan")}, "adjusted_p"),
        ({"adjusted_p": "0.05"}, "adjusted_p"),
        ({"log2_fold_change": -1}, "log2_fold_change"),
        ({"log2_fold_change": float("inf")}, "log2_fold_change"),
        ({"top": 0}, "top"),
        ({"top": 2.0}, "top"),
        ({"top": True}, "top"),
        ({"split": "yes"}, "split"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(given, field):
    with pytest.raises(InputError, match="expected") as error:
        ListOptions(**given)
    assert error.value.field == field


def test_the_examples_that_ship_are_read_as_what_they_are():
    kinds = {}
    for path in sorted(EXAMPLES.glob("*.[gtc][mxs][tv]")):
        found = read_gene_lists(path)
        kinds[path.name] = (found.kind, len(found.lists))
        assert not any(one.error for one in found.lists), path
    assert kinds == {
        "genes.txt": ("genes", 1),
        "markers_scanpy.csv": ("clusters", 10),
        "markers_seurat.csv": ("clusters", 11),
        "monocytes_deseq2.csv": ("differential", 2),
        "monocytes_edger.csv": ("differential", 2),
        "monocytes_limma.csv": ("differential", 2),
        "monocytes_vs_rest.csv": ("differential", 2),
        "mouse_genes.txt": ("genes", 1),
        "pathways.gmt": ("gmt", 20),
    }
