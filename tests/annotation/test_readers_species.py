"""Mouse genes, their human genes, and lists of another species than people said."""

from pathlib import Path

import pytest

from reasonome.annotation.readers import read_gene_lists
from reasonome.annotation.readers.species import Orthologues, check_species
from reasonome.core.errors import InputError
from reasonome.facts.genes import Gene, GeneTable

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "annotate" / "mouse_orthologues.tsv.gz"
TABLE = """mouse_symbol\tmgi_id\tensembl_id\tentrez_id\tmouse_synonyms\thuman_symbols
Trp53\tMGI:98834\tENSMUSG00000059552\t22059\tp53|bbl\tTP53
Cd8a\tMGI:88346\tENSMUSG00000053977\t12525\tLyt-2|Ly\tCD8A
Cd8b1\tMGI:88347\tENSMUSG00000053044\t\tLyt-3|Ly\tCD8B|CD8B2
Actb\tMGI:87904\t\t11461\t\tACTB
Actb\tMGI:87904\t\t11461\t\tPOTEF
"""


@pytest.fixture
def orthologues(tmp_path):
    path = tmp_path / "orthologues.tsv"
    path.write_text(TABLE)
    return Orthologues.read(path)


@pytest.fixture(scope="module")
def genes():
    return GeneTable(
        [
            Gene("TP53", entrez_id="7157", aliases=("p53",)),
            Gene("CD8A", ensembl_id="ENSG00000153563"),
            Gene("CD8B", previous=("CD8B1",)),
            Gene("ACTB"),
            Gene("CD8B2"),
        ]
    )


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("Trp53", ("TP53",)),
        (" TRP53 ", ("TP53",)),
        ("MGI:98834", ("TP53",)),
        ("ENSMUSG00000059552", ("TP53",)),
        ("ENSMUSG00000059552.14", ("TP53",)),
        ("22059", ("TP53",)),
        ("22059.0", ("TP53",)),
        ("p53", ("TP53",)),
        ("Lyt-3", ("CD8B", "CD8B2")),
        ("Ly", ()),  # a synonym of two genes
        ("Actb", ("ACTB", "POTEF")),
        ("Gm10800", ()),
        ("", ()),
    ],
)
def test_human_genes_of_mouse_identifiers(orthologues, identifier, expected):
    assert orthologues.human(identifier) == expected


def test_a_table_of_ids_alone_will_do_and_others_are_refused(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("human_symbols,ensembl_id\nTP53,ENSMUSG00000059552.3\n,ENSMUSG00000000001\n")
    mine = Orthologues.read(path)
    assert mine.human("ENSMUSG00000059552") == ("TP53",)
    assert "ENSMUSG00000000001" in mine
    assert mine.human("ENSMUSG00000000001") == ()
    path.write_text("human_symbols,mouse\nTP53,Trp53\n")
    with pytest.raises(InputError, match="no column says which mouse gene it is"):
        Orthologues.read(path)
    path.write_text("mouse_symbol,human\nTrp53,TP53\n")
    with pytest.raises(InputError, match="there is no column 'human_symbols'"):
        Orthologues.read(path)


def check(tmp_path, written, species, genes=None, orthologues=None):
    path = tmp_path / "mine.txt"
    path.write_text("\n".join(written))
    (one,) = check_species(read_gene_lists(path, species=species), species, genes, orthologues).lists
    return one


MOUSE_ERROR = "most of these are genes of mice, not of humans: pass `--species mouse`"
HUMAN_ERROR = "most of these are genes of humans, not of mice: leave `--species mouse` out"


@pytest.mark.parametrize(
    ("written", "species", "error"),
    [
        (["Trp53", "Cd8a", "Actb", "Nope1"], "human", MOUSE_ERROR),
        (["TP53", "CD8A", "ACTB"], "human", ""),
        (["TP53", "CD8A", "ACTB"], "mouse", HUMAN_ERROR),
        (["7157", "CD8B1", "ENSG00000153563"], "mouse", HUMAN_ERROR),
        (["Trp53", "Cd8a", "Actb"], "mouse", ""),
        (["22059", "12525", "11461"], "human", MOUSE_ERROR),
        # 1 of 4 human is under 30 %, 2 of 4 mouse are 50 %; 1 of 3 is not under 30 %; 2 of 5 are under 50 %.
        (["TP53", "Cd8a", "Actb", "Nope1"], "human", MOUSE_ERROR),
        (["TP53", "Cd8a", "Actb"], "human", ""),
        (["Nope1", "Nope2", "Nope3", "Cd8a", "Actb"], "human", ""),
    ],
)
def test_a_list_of_another_species_is_an_error(tmp_path, genes, orthologues, written, species, error):
    assert check(tmp_path, written, species, genes, orthologues).error == error


def test_ids_that_say_their_species_need_no_tables(tmp_path):
    mouse, human = [f"ENSMUSG0000000000{n}" for n in range(4)], [f"ENSG0000000000{n}.2" for n in range(4)]
    assert check(tmp_path, mouse, "human").error == MOUSE_ERROR
    assert check(tmp_path, mouse, "mouse").error == ""
    assert check(tmp_path, human, "mouse").error == HUMAN_ERROR
    assert check(tmp_path, human, "human").error == ""
    assert check(tmp_path, ["MGI:1", "MGI:2", "MGI:3"], "human").error == MOUSE_ERROR


def test_an_error_of_before_stays(tmp_path, genes, orthologues):
    assert check(tmp_path, ["Trp53", "Cd8a"], "human", genes, orthologues).error.startswith("too few genes: 2")


def test_mouse_genes_with_several_human_genes_or_none_are_flagged(tmp_path, genes, orthologues):
    one = check(tmp_path, ["Trp53", "Cd8b1", "Gm10800"], "mouse", genes, orthologues)
    assert one.flags == ("several human genes: Cd8b1 (CD8B, CD8B2)", "no human gene known: Gm10800")


def test_the_shipped_table():
    shipped = Orthologues.read(SHIPPED)
    expected = {
        "Trp53": ("TP53",),
        "ENSMUSG00000059552": ("TP53",),
        "22059": ("TP53",),
        "H2afz": ("H2AZ1",),
        "Sept7": ("SEPTIN7",),
        "Cd8b1": ("CD8B", "CD8B2"),
        "Gm10800": (),
    }
    assert {identifier: shipped.human(identifier) for identifier in expected} == expected
    mouse = read_gene_lists(SHIPPED.parent / "mouse_genes.txt").lists[0]
    human = [gene.written for gene in read_gene_lists(SHIPPED.parent / "genes.txt").lists[0].genes]
    assert [shipped.human(gene.written) for gene in mouse.genes] == [
        (symbol,) for symbol in human if symbol not in ("ACAT2", "IDI1", "IDI2")
    ]


def test_the_copy_of_a_gene_on_chromosome_y_is_that_gene(tmp_path, genes):
    path = tmp_path / "mine.txt"
    path.write_text("ENSG00000002586.20_PAR_Y\nENSG00000169084.14_PAR_Y\nENSG00000153563.16\n")
    (one,) = read_gene_lists(path).lists
    assert (one.flags, one.error) == ((), "")  # all Ensembl ids, of humans
    (mouse,) = read_gene_lists(path, species="mouse").lists
    assert mouse.error.startswith("most of these are genes of humans")
