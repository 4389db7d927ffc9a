"""HGNC's table: columns by name, quoted lists, gene groups, and tables that are not HGNC's."""

from pathlib import Path

import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import hgnc

TABLE = Path(__file__).parent / "data" / "facts" / "hgnc_seven_rows.txt"


def test_genes_and_their_lists():
    genes = hgnc.read_genes(TABLE)
    assert [gene.symbol for gene in genes] == ["TP53", "BRCA1", "ATM", "CALM1", "MARCHF1", "HLA-B"]
    brca1 = genes[1]
    assert brca1 == Gene(
        "BRCA1",
        "BRCA1 DNA repair associated",
        "HGNC:1100",
        "672",
        "ENSG00000012048",
        ("P38398",),
        (),
        ("RNF53", "SHARED"),
        (("58", "Ring finger proteins"), ("548", "Fanconi anemia complementation groups")),
    )


def test_columns_are_found_by_name_in_any_order(tmp_path):
    rows = [line.split("\t") for line in TABLE.read_text().splitlines()]
    path = tmp_path / "reversed.txt"
    path.write_text("".join("\t".join(row[::-1]) + "\n" for row in rows))
    assert hgnc.read_genes(path) == hgnc.read_genes(TABLE)


def test_a_quoted_header_and_blank_lines_are_read(tmp_path):
    header, *rows = TABLE.read_text().splitlines()
    path = tmp_path / "quoted.txt"
    quoted = "\t".join(f'"{column}"' for column in header.split("\t"))
    path.write_text("\n".join([quoted, rows[0], "", *rows[1:], "", ""]))
    assert [(line, gene.symbol) for line, gene in hgnc.numbered_genes(path)][:2] == [(2, "TP53"), (4, "BRCA1")]
    assert hgnc.read_genes(path) == hgnc.read_genes(TABLE)


def test_names_and_gene_groups_are_facts():
    genes = GeneTable(hgnc.read_genes(TABLE))
    result = hgnc.read("hgnc", {"table": TABLE}, genes)
    rows = result.facts.values.tolist()
    assert len(rows) == 6 + 3
    assert ["ATM", "has_name", "HGNC:795", "ATM serine/threonine kinase", "hgnc", ""] in rows
    assert ["BRCA1", "in_gene_group", "HGNC.GROUP:58", "Ring finger proteins", "hgnc", ""] in rows
    assert ["CALM1", "in_gene_group", "HGNC.GROUP:863", "EF-hand domain containing", "hgnc", ""] in rows
    assert result.unmapped.empty


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("prev_symbol", "previous", 1),
        ("\t17p13.1", "", 2),
        ("\tATM\t", "\tTP53\t", 4),
        ("HGNC:795", "HGNC:11998", 4),
        ("\t472\t", "\t7157\t", 4),
        ("\tATM\t", "\t\t", 4),
        ("HGNC:795", "", 4),
        ("\tATM\t", "\t472\t", 4),
        ("\t472\t", "\tATM\t", 4),
        ('"58|548"', "58", 3),
    ],
)
def test_a_broken_table_is_refused(changed, old, new, line):
    path = changed(TABLE, old, new)
    with refused(path, line):
        hgnc.read_genes(path)


def test_an_ensembl_id_of_two_genes_means_neither(changed):
    genes = GeneTable(hgnc.read_genes(changed(TABLE, "ENSG00000149311", "ENSG00000141510")))
    assert genes.resolve("ENSG00000141510") == (None, "ambiguous", ("ATM", "TP53"))


def test_another_taxon_is_refused():
    with refused(field="taxon"):
        hgnc.read("hgnc", {"table": TABLE}, GeneTable(hgnc.read_genes(TABLE)), taxon=10090)


def test_facts_stand_under_the_symbols_of_another_authority():
    # 11998 and 795 by their ids; the old symbol of one is current here.
    genes = GeneTable([Gene("P53X", hgnc_id="HGNC:11998"), Gene("ATMX", entrez_id="472")])
    result = hgnc.read("hgnc", {"table": TABLE}, genes)
    assert result.facts[["gene", "object_name"]].values.tolist() == [
        ["P53X", "tumor protein p53"],
        ["ATMX", "ATM serine/threonine kinase"],
    ]
    assert result.unmapped["identifier"].tolist() == ["BRCA1", "CALM1", "MARCHF1", "HLA-B"]
    assert result.identifiers == 6


def test_a_table_without_approved_genes_is_refused(tmp_path):
    path = tmp_path / "hgnc.txt"
    path.write_text("\t".join(hgnc.COLUMNS) + "\n")
    with refused():
        hgnc.read_genes(path)
