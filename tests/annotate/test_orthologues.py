"""Mouse genes, their human genes, and lists of another species than people said."""

import pytest
from annotation_project import ROOT
from unknown_genes import unknown

from reasonome.apps.annotate.inputs import read_gene_lists
from reasonome.apps.annotate.lists import GeneList, GeneLists, ListedGene, checked
from reasonome.apps.annotate.project_files import ORTHOLOGUES
from reasonome.apps.annotate.questions import check_species
from reasonome.config.annotations import Annotation
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.orthologues import Orthologues

TABLE = """mouse_symbol\tmgi_id\tensembl_id\tentrez_id\tmouse_synonyms\thuman_symbols
Trp53\tMGI:98834\tENSMUSG00000059552\t22059\tp53|bbl\tTP53
Cd8a\tMGI:88346\tENSMUSG00000053977\t12525\tLyt-2|Ly\tCD8A
Cd8b1\tMGI:88347\tENSMUSG00000053044.3\t\tLyt-3|Ly\tCD8B|CD8B2
Actb\tMGI:87904\t\t11461\t\tACTB
Actb\tMGI:87904\t\t11461\t\tPOTEF
Septin2\t\t\t\tSept2\tSEPTIN2
\tMGI:5\t\t\t\t
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
        ("ENSMUSG00000059552", ("TP53",)),
        ("ENSMUSG00000059552.14", ("TP53",)),
        ("ENSMUSG00000053044", ("CD8B", "CD8B2")),
        ("22059", ("TP53",)),
        ("p53", ("TP53",)),
        ("Lyt-3", ("CD8B", "CD8B2")),
        ("Ly", ()),  # a synonym of two genes
        ("Actb", ("ACTB", "POTEF")),
        ("MGI:5", ()),
        ("Cd8a|ENSMUSG00000059552", ()),  # two genes
        ("2-Sep", ("SEPTIN2",)),
    ],
)
def test_human_genes_of_mouse_identifiers(orthologues, identifier, expected):
    assert orthologues.human(identifier) == expected


def check(written, species, genes, orthologues) -> GeneList:
    found = GeneLists((checked("mine", map(ListedGene, written)),), "genes")
    (one,) = check_species(found, species, genes, orthologues).lists
    return one


MOUSE_ERROR = (
    "most of these are written as genes of mice: pass `--species mouse`, or `--species human` if they are human genes "
    "in another case"
)
HUMAN_ERROR = "most of these are genes of humans, not of mice: leave `--species mouse` out"


@pytest.mark.parametrize(
    ("written", "species", "error"),
    [
        (["Trp53", "Cd8a", "Actb", "Nope1"], None, MOUSE_ERROR),
        (["Cd8a", "Actb", "Nope1"], None, MOUSE_ERROR),
        (["Cd8a", "Actb", "Nope1"], "human", ""),
        (["TP53", "CD8A", "ACTB"], None, ""),
        (["TP53", "CD8A", "ACTB"], "mouse", HUMAN_ERROR),
        (["7157", "CD8B1", "ENSG00000153563"], "mouse", HUMAN_ERROR),
        (["Trp53", "Cd8a", "Actb"], "mouse", ""),
        # 1 of 4 human is under 30 %, 2 of 4 mouse are 50 %; 1 of 3 is not under 30 %; 2 of 5 are under 50 %.
        (["TP53", "Cd8a", "Actb", "Nope1"], None, MOUSE_ERROR),
        (["TP53", "Cd8a", "Actb"], None, ""),
        (["Nope1", "Nope2", "Nope3", "Cd8a", "Actb"], None, ""),
        # ids that say their species
        (["ENSMUSG00000000001", "MGI:1", "MGI:2"], "human", MOUSE_ERROR),
        (["ENSG00000000001.2", "ENSG00000002586.20_PAR_Y", "HGNC:3"], "mouse", HUMAN_ERROR),
        # an error of before stays
        (["Trp53", "Cd8a"], None, "too few genes: 2; 3 are the fewest that are tested"),
    ],
)
def test_a_list_of_another_species_is_an_error(genes, orthologues, written, species, error):
    assert check(written, species, genes, orthologues).error == error


@pytest.mark.parametrize(
    ("written", "species", "of"),
    [
        (["tp53", "cd8a", "actb", "Nope1"], None, "zebrafish"),
        (["Cd8a", "Actb", "RT1-Da", "RGD1306001"], None, "rats"),
        (["Cd8a", "Actb", "RT1-Da", "ENSRNOG00000000001"], "mouse", "rats"),
    ],
)
def test_other_species_are_named_by_their_spelling(genes, orthologues, written, species, of):
    assert f"are written as those of {of}" in check(written, species, genes, orthologues).error
    assert "those of" not in check(written, "human", genes, orthologues).error


def test_mouse_genes_with_several_human_genes_or_none_are_flagged(genes, orthologues):
    one = check(["Trp53", "Cd8b1", "Gm10800"], "mouse", genes, orthologues)
    assert one.flags == ("several human genes: Cd8b1 (CD8B, CD8B2)", "no human gene known: Gm10800")


@pytest.mark.slow
def test_the_shipped_table():
    shipped = Orthologues.read(ORTHOLOGUES)
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
    assert {shipped.gene(written) for written in ("Brca1", "MGI:104537", "ENSMUSG00000017146.12", "brca1")} == {"Brca1"}
    assert shipped.genes["Saa1"] == shipped.genes["Saa2"] == ("SAA1", "SAA2")
    assert shipped.gene("no gene") == ""
    files = [ROOT / "resources/annotate" / name for name in ("mouse_genes.txt", "genes.txt")]
    mouse, human = (read_gene_lists(path, Annotation(sets=["any"]), unknown)[0].lists[0].genes for path in files)
    assert [shipped.human(gene.written) for gene in mouse] == [
        (gene.written,) for gene in human if gene.written not in ("ACAT2", "IDI1", "IDI2")
    ]
