"""Which kind a file is taken for where tabs, names and first lines could mislead, and what of it is skipped."""

import gzip

import pytest

from reasonome.annotation.readers import read_gene_lists
from reasonome.core.errors import InputError

GENES = ["TP53", "MDM2", "CDKN1A", "BAX", "BRCA1"]
IN_GMT = "\t".join(GENES)


def lists_of(tmp_path, content, name="mine.tsv", **given):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_gene_lists(path, **given)


def by_name(found):
    return {one.name: [gene.written for gene in one.genes] for one in found.lists}


def test_columns_of_genes_with_tabs_are_a_list_each(tmp_path):
    content = "T cells\tB cells\tNK cells\nCD3E\tCD19\tNKG7\nCD3D\tMS4A1\tGNLY\nCD2\tCD79A\t\n"
    expected = {"T cells": ["CD3E", "CD3D", "CD2"], "B cells": ["CD19", "MS4A1", "CD79A"], "NK cells": ["NKG7", "GNLY"]}
    found = lists_of(tmp_path, content)
    assert (found.kind, by_name(found)) == ("clusters", expected)
    assert by_name(lists_of(tmp_path, content.replace("\t", ","), "mine.csv")) == expected
    quoted = "\n".join("\t".join(f'"{cell}"' for cell in line.split("\t")) for line in content.splitlines())
    assert by_name(lists_of(tmp_path, quoted)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # mouse symbols, versions, names with a hyphen
        (
            "c0\tc1\tc2\nTrp53\tmt-Nd1\tH2-Aa\nActb\tAC012345.1\tGapdh\nMyc\tKras\tJun\n",
            {"c0": ["Trp53", "Actb", "Myc"], "c1": ["mt-Nd1", "AC012345.1", "Kras"], "c2": ["H2-Aa", "Gapdh", "Jun"]},
        ),
        # the numbers of rows that pandas writes, and clusters that are called as genes may be
        (
            "\tT\tB\n0\tCD3D\tMS4A1\n1\tCD3E\tCD79A\n2\tIL7R\tCD79B\n",
            {"T": ["CD3D", "CD3E", "IL7R"], "B": ["MS4A1", "CD79A", "CD79B"]},
        ),
        # two columns
        (
            "T cells\tB cells\nCD3D\tMS4A1\nCD3E\tCD79A\nIL7R\tCD79B\n",
            {"T cells": ["CD3D", "CD3E", "IL7R"], "B cells": ["MS4A1", "CD79A", "CD79B"]},
        ),
    ],
)
def test_what_columns_of_genes_may_look_like(tmp_path, content, expected):
    assert by_name(lists_of(tmp_path, content)) == expected


@pytest.mark.parametrize("descriptions", [("na", "na"), ("", ""), ("of DNA", "of cells"), ("R-HSA-1", "R-HSA-2-x-y-z")])
def test_sets_of_equal_size_are_no_columns(tmp_path, descriptions):
    one, two = descriptions
    found = lists_of(tmp_path, f"A\t{one}\t{IN_GMT}\nB\t{two}\t{IN_GMT}\nC\t{one}\t{IN_GMT}\n")
    assert (found.kind, by_name(found)) == ("gmt", {"A": GENES, "B": GENES, "C": GENES})


def test_sets_whose_description_is_their_name_are_no_columns(tmp_path):
    found = lists_of(tmp_path, "".join(f"S{n}\tS{n}\t{IN_GMT}\n" for n in range(3)))
    assert by_name(found) == {"S0": GENES, "S1": GENES, "S2": GENES}


@pytest.mark.parametrize("more", [1, 3])
def test_what_may_be_sets_or_columns_is_not_guessed(tmp_path, more):
    rows = [["CD4", "CD8", "NK", "DC", "TH1"], ["IL7R", "CD8A", "NKG7", "FLT3", "IFNG"]]
    rows += [["CCR7", "CD8B", "GNLY", "CLEC9A", "TBX21"], ["LTB", "GZMK", "KLRD1", "XCR1", "CXCR3"]]
    content = "".join("\t".join(row[: 2 + more]) + "\n" for row in rows)
    with pytest.raises(InputError, match="may be a GMT, or a table with a column of genes for each cluster") as error:
        lists_of(tmp_path, content)
    assert error.value.fix == "give `--kind gmt` or `--kind clusters`"
    assert list(by_name(lists_of(tmp_path, content, kind="gmt"))) == ["CD4", "IL7R", "CCR7", "LTB"]
    assert by_name(lists_of(tmp_path, content, kind="clusters"))["NK"] == ["NKG7", "GNLY", "KLRD1"]


@pytest.mark.parametrize(
    "first", ["treated_n\tna", "treated_names\tna", "Cluster\t", "1\tcluster", "gene\tgroup", "log2FoldChange\tpadj"]
)
@pytest.mark.parametrize(("ending", "pack"), [("gmt", bytes), ("GMT", bytes), ("gmt.gz", gzip.compress)])
def test_a_file_whose_name_ends_in_gmt_is_one_however_its_first_set_is_called(tmp_path, first, ending, pack):
    content = f"{first}\t{IN_GMT}\nB\tna\t{IN_GMT}\n".encode()
    found = lists_of(tmp_path, pack(content), f"mine.{ending}")
    assert (found.kind, by_name(found)) == ("gmt", {first.split("\t")[0]: GENES, "B": GENES})


@pytest.mark.parametrize("first", ["treated_n\tna", "Cluster\t", "1\tcluster"])
def test_a_first_set_that_is_called_as_a_column_is_no_header_where_genes_follow_it(tmp_path, first):
    found = lists_of(tmp_path, f"{first}\t{IN_GMT}\nB\tna\t{IN_GMT}\tATM\n", "mine.txt")
    assert by_name(found) == {first.split("\t")[0]: GENES, "B": [*GENES, "ATM"]}


def test_a_header_in_capitals_stays_a_header(tmp_path):
    found = lists_of(tmp_path, "x\tcluster\tS1\tS2\tS3\nTP53\ta\t5\t7\t9\nATM\ta\t5\t7\t9\nMDM2\ta\t1\t2\t3\n")
    assert (found.kind, by_name(found)) == ("clusters", {"a": ["TP53", "ATM", "MDM2"]})
    found = lists_of(tmp_path, "GENE\tCLUSTER\tCHR\tARM\tBAND\nTP53\ta\tX\tP\tQ1\nATM\ta\tX\tQ\tQ2\n")
    assert by_name(found) == {"a": ["TP53", "ATM"]}


def test_a_table_that_gives_no_set_is_an_error(tmp_path):
    with pytest.raises(InputError, match="there is no gene set in the table: no row has a gene") as error:
        lists_of(tmp_path, "gene,cluster\n,0\nNA,1\n", "mine.csv")
    assert error.value.file == tmp_path / "mine.csv"
    assert "--kind gmt" in error.value.fix


def test_one_line_of_genes_with_tabs_is_named(tmp_path):
    with pytest.raises(InputError, match="one line with tabs, and its name 'TP53' and description 'MDM2'") as error:
        lists_of(tmp_path, f"{IN_GMT}\n", "mine.txt")
    assert error.value.fix.startswith("write one gene a line, or commas instead of tabs")
    assert by_name(lists_of(tmp_path, f"{IN_GMT}\n", "mine.gmt")) == {"TP53": GENES[2:]}
    assert by_name(lists_of(tmp_path, f"repair\tna\t{IN_GMT}\n", "mine.txt")) == {"repair": GENES}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_comments_above_a_table_are_skipped_and_told(tmp_path, end):
    lines = ["# made by me", "", "#", "gene,log2FC,padj", "A,2,0.01", "B,2,high", ""]
    found = lists_of(tmp_path, end.join(lines).replace("high", "0.01"), "mine.csv")
    assert by_name(found) == {"mine up": ["A", "B"], "mine down": []}
    assert found.told[-1] == "skipped: 2 lines at the top that begin with #"
    with pytest.raises(InputError, match="expected a number, found 'high'") as error:
        lists_of(tmp_path, end.join(lines), "mine.csv")
    assert error.value.line == 6


def test_comments_above_a_gmt_are_skipped_and_sets_may_begin_with_a_number_sign(tmp_path):
    found = lists_of(tmp_path, f"# made by me\n#1 cluster\tna\t{IN_GMT}\n#2\tna\t{IN_GMT}\n", "mine.gmt")
    assert by_name(found) == {"#1 cluster": GENES, "#2": GENES}
    assert found.told == ("read as a GMT of 2 gene sets", "skipped: 1 line at the top that begins with #")
    assert found.lists[0].place == "line 2"


@pytest.mark.parametrize(("mark", "between"), [("sep=;", ";"), ("SEP=,", ","), ('"sep=;"', ";"), ("sep=\t", "\t")])
def test_the_line_that_tells_excel_the_separator_is_skipped_and_told(tmp_path, mark, between):
    content = f"{mark}\r\ngene;log2FC;padj\r\nA;2;0.01\r\nB;-2;0.01\r\n".replace(";", between)
    found = lists_of(tmp_path, content, "mine.csv")
    assert by_name(found) == {"mine up": ["A"], "mine down": ["B"]}
    assert found.told[-1].startswith("skipped: the first line, 'sep=") or found.told[-1].startswith(
        "skipped: the first line, 'SEP="
    )
    with pytest.raises(InputError, match="expected a p value") as error:
        lists_of(tmp_path, content.replace("0.01", "7"), "mine.csv")
    assert error.value.line == 3


def test_a_list_of_genes_under_the_line_of_excel(tmp_path):
    found = lists_of(tmp_path, "sep=,\n# ranked\nTP53\nATM\nMDM2\n", "mine.txt")
    assert by_name(found) == {"mine": ["TP53", "ATM", "MDM2"]}
    assert found.lists[0].ranked


@pytest.mark.parametrize("comment", ["# made by a program\n", "#\ta\tb\n"])
def test_a_table_under_many_comments_is_a_table(tmp_path, comment):
    found = lists_of(tmp_path, 60 * comment + "gene\tcluster\nTP53\ta\nMDM2\ta\nBAX\ta\n")
    assert (found.kind, by_name(found)) == ("clusters", {"a": ["TP53", "MDM2", "BAX"]})
    assert found.told[-1] == "skipped: 60 lines at the top that begin with #"
