"""Gene lists of GMT files and of one gene a line, and files that are something else."""

import gzip

import pytest
from checkout import ROOT
from refusals import refused
from unknown_genes import unknown

from reasonome.apps.annotate.inputs import read_gene_lists
from reasonome.apps.annotate.lists import ListedGene
from reasonome.config.annotations import Annotation

EXAMPLES = ROOT / "resources" / "annotate"
GENES = ["TP53", "MDM2", "CDKN1A", "BAX", "BRCA1"]
IN_GMT = "\t".join(GENES)


def read_lists(tmp_path, content, name="mine.txt", **settings):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    [found] = read_gene_lists(path, Annotation(sets=[str(path)], **settings), unknown)
    return found


def by_name(found):
    return {one.name: [gene.written for gene in one.genes] for one in found.lists}


def test_the_examples_that_ship_are_read_as_what_they_are():
    kinds = {}
    for path in sorted(EXAMPLES.glob("*.[gtc][mxs][tv]")):
        [found] = read_gene_lists(path, Annotation(sets=["any"]), unknown)
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


# GMT


def test_a_gmt_has_a_list_for_each_line(tmp_path):
    content = "# made by me\nrepair\tof DNA\tTP53\tATM\tBRCA1\n\n#2\tna\tA\tB\tC\tD\t\t\n"
    found = read_lists(tmp_path, content, "mine.gmt")
    first, second = found.lists
    assert found.kind == "gmt"
    assert found.notes == ("read as a GMT of 2 gene sets", "skipped: 1 line that begins with #")
    assert by_name(found) == {"repair": ["TP53", "ATM", "BRCA1"], "#2": list("ABCD")}
    assert [(one.description, one.place) for one in found.lists] == [("of DNA", "line 2"), ("", "line 4")]
    assert [one.error + "".join(one.flags) for one in found.lists] == ["", ""]


def test_sets_that_cannot_be_annotated_are_kept_beside_the_others(tmp_path):
    found = read_lists(tmp_path, "none\tna\ntwo\tna\tA\tB\nthree\tna\tA\tB\tC\n", "mine.gmt")
    errors = {one.name: one.error for one in found.lists}
    assert [name for name, error in errors.items() if error] == ["none", "two"]


def test_sets_of_one_name_are_renamed_and_flagged_and_no_name_is_taken_twice(tmp_path):
    content = "x\tna\tA\tB\tC\nx (2)\tna\tG\tH\tI\nx\tna\tD\tE\tF\nx\tna\tJ\tK\tL\n"
    found = read_lists(tmp_path, content, "mine.gmt")
    assert [one.name for one in found.lists] == ["x", "x (2)", "x (3)", "x (4)"]
    assert len(found.lists[2].flags) == 1
    assert found.lists[0].flags == found.lists[1].flags == ()


def test_repeated_genes_and_mixed_ids_are_flagged(tmp_path):
    content = "x\tna\tTP53\tTP53\t7157\tENSG00000141510.18\tENSG00000002586.20_PAR_Y\tHGNC:11998\tATM\n"
    (one,) = read_lists(tmp_path, content, "mine.gmt").lists
    assert one.flags[0].endswith(": TP53")
    assert one.flags[1].endswith(": 2 symbols, 1 Entrez id, 2 Ensembl ids, 1 HGNC id")


def test_a_line_of_a_gmt_without_tabs_is_refused(tmp_path):
    with refused(tmp_path / "mine.gmt", 2, fix="put tabs between name"):
        read_lists(tmp_path, "x\tna\tA\tB\tC\ny,na,A,B\n", "mine.gmt")


def test_a_set_whose_first_field_is_an_id_is_called_by_the_second_and_the_id(tmp_path):
    content = f"GO:0006695\tcholesterol biosynthetic process\t{IN_GMT}\nGO:0006281\tna\t{IN_GMT}\n"
    content += f"CHOLESTEROL BIOSYNTHESIS%REACTOME%R-HSA-191273.10\tCholesterol biosynthesis\t{IN_GMT}\n"
    found = read_lists(tmp_path, content, "mine.gmt")
    assert [one.name for one in found.lists] == [
        "cholesterol biosynthetic process (GO:0006695)",
        "GO:0006281",
        "Cholesterol biosynthesis (R-HSA-191273.10)",
    ]


# one gene a line


@pytest.mark.parametrize("header", ["", "# mine\n\n#too\nSYMBOL\n"])
def test_one_gene_a_line_with_or_without_a_header_and_comments(tmp_path, header):
    found = read_lists(tmp_path, f"{header}TP53\n\n  ATM \n# no gene\nBRCA1", "My genes.v2.txt.gz")
    assert (found.kind, by_name(found)) == ("genes", {"My genes.v2": ["TP53", "ATM", "BRCA1"]})
    assert not found.lists[0].ranked


def test_a_list_of_row_numbers_is_refused(tmp_path):
    with refused("mine.txt", 1, "gene", fix="--columns gene=NAME"):
        read_lists(tmp_path, "gene\n1\n2\n3\n4\n")


@pytest.mark.parametrize(("name", "header"), [("mine.rnk", ""), ("mine.csv", "gene,logFC\n")])
def test_a_number_behind_the_gene_ranks_it(tmp_path, name, header):
    content = header + "A,-2\nB,3.5\nC,NA\nD,inf\nB,1\n"
    found = read_lists(tmp_path, content if header else content.replace(",", "\t"), name)
    (one,) = found.lists
    assert one.ranked
    assert one.genes == (ListedGene("D"), ListedGene("B", 3.5), ListedGene("A", -2.0), ListedGene("C"))
    assert [flag.rpartition(": ")[2] for flag in one.flags] == ["C", "B"]


@pytest.mark.parametrize(
    ("content", "is_flagged"),
    [
        ("A\t0.5\nB\t1e-9\nC\t0\nD\t1\n", True),
        ("A\t0\nB\t1\nC\t1\nD\t0\n", False),  # votes
        ("gene\tscore\nA\t0.5\nB\t1e-9\nC\t0\nD\t1\n", False),  # the file says what they are
    ],
)
def test_numbers_without_a_name_that_may_be_p_values_are_told(tmp_path, content, is_flagged):
    found = read_lists(tmp_path, content)
    assert any("p values" in flag for flag in found.lists[0].flags) == is_flagged


def test_where_a_cut_goes_through_equal_numbers_the_seed_draws(tmp_path):
    content = "A\t9\n" + "".join(f"G{number:02}\t1\n" for number in range(40)) + "Z\t0\n"
    lists = [read_lists(tmp_path, content, top=11, seed=seed).lists[0] for seed in (0, 0, 1)]
    first, again, other = ([gene.written for gene in one.genes] for one in lists)
    assert first == again != other
    assert first[0] == other[0] == "A" and len(first) == 11 and "Z" not in first
    assert first[1:] != [f"G{number:02}" for number in range(10)]
    assert "40 genes" in lists[0].flags[0] and "10 of them" in lists[0].flags[0]
    assert read_lists(tmp_path, content, top=1).lists[0].flags == ()
    assert read_lists(tmp_path, content, top=41).lists[0].flags == ()


def test_genes_without_numbers_may_be_said_to_be_ranked(tmp_path):
    found = read_lists(tmp_path, "# Ranked\nA\nB\nC\nD\n", top=3)
    assert (found.lists[0].ranked, by_name(found)) == (True, {"mine": ["A", "B", "C"]})
    assert not read_lists(tmp_path, "# not ranked\n# ranked by nobody\nA\nB\nC\n").lists[0].ranked


def test_several_genes_on_a_line_are_refused(tmp_path):
    with refused(line=3, fix="write one gene a line"):
        read_lists(tmp_path, "A\nB\nTP53 ATM BRCA1\n")


# files that are something else


@pytest.mark.parametrize(("end", "begin", "pack"), [("\r\n", b"\xef\xbb\xbf", bytes), ("\r", b"", gzip.compress)])
def test_line_ends_byte_order_marks_and_gzip_make_no_difference(tmp_path, end, begin, pack):
    content = pack(begin + f"x\tna\tA\tB\tC{end}y\tna\tD\tE\tF{end}".encode())
    assert by_name(read_lists(tmp_path, content, "mine.gmt")) == {"x": list("ABC"), "y": list("DEF")}
    assert by_name(read_lists(tmp_path, pack(begin + f"A{end}B{end}C{end}".encode()))) == {"mine": list("ABC")}


@pytest.mark.parametrize(
    ("content", "name", "fix"),
    [
        (b" \n\n", "mine.txt", "give a file with genes in it"),
        ("TP53\nSøren\n".encode("latin-1"), "mine.txt", "save it as text in UTF-8"),
        (b"PK\x03\x04\x14\0", "mine.xlsx", "save the sheet as `CSV UTF-8`"),
        (b"\x89HDF\r\n\x1a\n\0\0", "cells.h5ad", "give the AnnData to annotate_sets in Python"),
    ],
)
def test_files_that_are_something_else_are_refused(tmp_path, content, name, fix):
    with refused(tmp_path / name, fix=fix):
        read_lists(tmp_path, content, name)
