"""CORUM complexes of release 5. All complexes here are synthetic; only the column names are CORUM's."""

import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import corum

GENES = GeneTable(
    [
        Gene("TP53", uniprot_ids=("P04637",)),
        Gene("MDM2", uniprot_ids=("Q00987",)),
        Gene("ATM", uniprot_ids=("Q13315",)),
        Gene("Trp53"),
    ]
)
COLUMNS = [
    "complex_id", "complex_name", "synonyms", "organism", "cell_line", "pmid", "comment_complex", "comment_members",
    "comment_disease", "comment_drug", "comment_drug_formal", "subunits_uniprot_id", "subunits_gene_name",
    "subunits_gene_name_synonyms", "subunits_protein_name", "subunits_proteinname_synonyms", "subunits_organism",
    "subunits_drugs", "subunits_mims", "subunits_stoechiometrie", "purification_methods", "functions_evi",
    "functions_pmid", "functions_go_id", "functions_go_name", "fcgs_id", "fcgs_name", "fcgs_category_name",
]  # fmt: skip
METHODS = "MI:0019- coimmunoprecipitation; MI:0006-anti bait coimmunoprecipitation"


def row(complex_id, name, symbols, accessions, organism="Human", **cells):
    cells |= {"complex_id": complex_id, "complex_name": name, "organism": organism}
    cells |= {"subunits_gene_name": symbols, "subunits_uniprot_id": accessions}
    assert set(cells) <= set(COLUMNS)
    return "\t".join(cells.get(column, "") for column in COLUMNS)


ROWS = [
    row("1", "first complex", "TP53;MDM2", "P04637;Q00987", purification_methods=METHODS),
    # Where the symbol is unknown or missing the accession decides; the last is no gene at all.
    row("2", 'the "second" complex', "OLDNAME;None;ATM;N/A", "P04637;Q00987;Q13315;None"),
    row("3", "mouse complex", "Trp53", "P02340", organism="Mouse"),
    row("4", "fourth complex", "UNKNOWN", "Q99999"),
]


def read(tmp_path, *rows, header=COLUMNS, taxon=9606):
    path = tmp_path / "allComplexes.txt"
    path.write_text("".join(f"{line}\n" for line in ("\t".join(header), *rows)))
    return corum.read("mine", {"complexes": path}, GENES, taxon)


def fact_rows(result):
    return result.facts[["gene", "object_id", "object_name", "evidence"]].values.tolist()


def test_subunits_are_found_by_symbol_then_by_accession(tmp_path):
    result = read(tmp_path, *ROWS)
    assert fact_rows(result) == [
        ["TP53", "CORUM:1", "first complex", "MI:0006,MI:0019"],
        ["MDM2", "CORUM:1", "first complex", "MI:0006,MI:0019"],
        ["TP53", "CORUM:2", 'the "second" complex', ""],
        ["MDM2", "CORUM:2", 'the "second" complex', ""],
        ["ATM", "CORUM:2", 'the "second" complex', ""],
    ]
    assert set(result.facts["relation"]) == {"subunit_of_complex"}
    assert result.left_out == {"complexes of other organisms": 1, "subunits without an identifier": 1}
    assert result.unmapped.values.tolist() == [["mine", "UNKNOWN", "allComplexes.txt:5", ""]]


@pytest.mark.parametrize(
    ("symbols", "accessions", "genes"),
    [
        ("TP53;MDM2;ATM", "P04637;Q00987", ["TP53", "MDM2"]),  # lists of unequal length are not paired
        ("TP53;MDM2", "None;None", ["TP53", "MDM2"]),
    ],
)
def test_subunits_without_the_one_or_the_other(tmp_path, symbols, accessions, genes):
    assert read(tmp_path, row("1", "a complex", symbols, accessions)).facts["gene"].tolist() == genes


def test_mouse_is_a_setting(tmp_path):
    assert fact_rows(read(tmp_path, *ROWS, taxon=10090)) == [["Trp53", "CORUM:3", "mouse complex", ""]]


@pytest.mark.parametrize("comment", ["one line,\nanother\n\nand a third", '"one ""line"",\nanother"'])
def test_comments_may_have_line_breaks_quoted_or_not(tmp_path, comment):
    rows = [
        row("1", "first complex", "TP53", "P04637", comment_complex=comment),
        row("2", "second complex", "NOBODY", "Q99999"),
    ]
    result = read(tmp_path, *rows)
    assert fact_rows(result) == [["TP53", "CORUM:1", "first complex", ""]]
    # The line is that of the file, not the count of complexes.
    assert result.unmapped["where"].tolist() == [f"allComplexes.txt:{3 + comment.count(chr(10))}"]


ONE = ROWS[0]
LAST = row("4", 'fourth" complex', "ATM", "Q13315")


@pytest.mark.parametrize(
    ("header", "rows", "line"),
    [
        ([*COLUMNS[:12], "genes", *COLUMNS[13:]], [ONE], 1),
        (COLUMNS, [ONE, ONE + "\tmore"], 3),
        (COLUMNS, [ONE, "C" + ONE], 3),
        # A quote mark too many hides no complex.
        (COLUMNS, [ONE, row("2", '"second complex', "MDM2", "Q00987"), LAST], 3),
        (COLUMNS, [ROWS[2]], 2),
        (COLUMNS, [], None),
    ],
)
def test_another_file_is_refused(tmp_path, header, rows, line):
    with refused("allComplexes.txt", line):
        read(tmp_path, *rows, header=header)


def test_complexes_without_a_name_are_left_out_and_counted(tmp_path):
    result = read(tmp_path, ONE, row("5", "", "ATM", "Q13315"), row("6", "___", "ATM", "Q13315"))
    assert result.facts["object_id"].tolist() == ["CORUM:1", "CORUM:1"]
    assert result.left_out == {"complexes without a name": 2}
