"""CORUM complexes of releases 3 and 5. All complexes here are synthetic; only the column names are CORUM's."""

import pytest

from reasonome.core.errors import InputError
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import corum

GENES = GeneTable(
    [
        Gene("TP53", entrez_id="7157", uniprot_ids=("P04637",)),
        Gene("MDM2", entrez_id="4193", uniprot_ids=("Q00987",)),
        Gene("ATM", entrez_id="472", uniprot_ids=("Q13315",)),
        Gene("Trp53", entrez_id="22059"),
    ]
)
COLUMNS_3 = [
    "ComplexID",
    "ComplexName",
    "Organism",
    "Synonyms",
    "Cell line",
    "subunits(UniProt IDs)",
    "subunits(Entrez IDs)",
    "Protein complex purification method",
    "GO ID",
    "GO description",
    "FunCat ID",
    "FunCat description",
    "subunits(Gene name syn)",
    "Complex comment",
    "Disease comment",
    "SWISSPROT organism",
    "Subunits comment",
    "subunits(Gene name)",
    "PubMed ID",
    "subunits(Protein name)",
]
COLUMNS_5 = [
    "complex_id",
    "complex_name",
    "synonyms",
    "organism",
    "cell_line",
    "pmid",
    "comment_complex",
    "comment_members",
    "comment_disease",
    "comment_drug",
    "comment_drug_formal",
    "subunits_uniprot_id",
    "subunits_gene_name",
    "subunits_gene_name_synonyms",
    "subunits_protein_name",
    "subunits_proteinname_synonyms",
    "subunits_organism",
    "subunits_drugs",
    "subunits_mims",
    "subunits_stoechiometrie",
    "purification_methods",
    "functions_evi",
    "functions_pmid",
    "functions_go_id",
    "functions_go_name",
    "fcgs_id",
    "fcgs_name",
    "fcgs_category_name",
]


def row(columns, **cells):
    """A row of the release; the words of a column's name are joined by _ in `cells`, what is not given is empty."""
    plain = {"".join(filter(str.isalnum, key)).lower(): value for key, value in cells.items()}
    fields = [plain.pop("".join(filter(str.isalnum, column)).lower(), "") for column in columns]
    assert not plain
    return "\t".join(fields)


def row_3(complex_id, name, entrez, symbols, accessions, organism="Human", method="None", **cells):
    return row(
        COLUMNS_3,
        complexid=complex_id,
        complexname=name,
        organism=organism,
        subunitsEntrezIDs=entrez,
        subunitsGeneName=symbols,
        subunitsUniProtIDs=accessions,
        protein_complex_purification_method=method,
        **cells,
    )


def row_5(complex_id, name, symbols, accessions, organism="Human", **cells):
    return row(
        COLUMNS_5,
        complex_id=complex_id,
        complex_name=name,
        organism=organism,
        subunits_gene_name=symbols,
        subunits_uniprot_id=accessions,
        **cells,
    )


def read(tmp_path, columns, *rows, taxon=9606):
    path = tmp_path / "allComplexes.txt"
    path.write_text("".join(f"{line}\n" for line in ("\t".join(columns), *rows)))
    return corum.read("mine", {"complexes": path}, GENES, taxon)


def facts_of(result):
    return result.facts[["gene", "object_id", "object_name", "evidence"]].values.tolist()


METHODS = "MI:0019- coimmunoprecipitation; MI:0006-anti bait coimmunoprecipitation"
RELEASE_3 = [
    row_3("1", "first complex", "7157;4193", "TP53;MDM2", "P04637;Q00987", method=METHODS),
    # Without an Entrez id the symbol decides, without that the accession; the last is no gene at all.
    row_3("2", 'the "second" complex', "None;None;472;None", "MDM2;None;ATM;N/A", "None;P04637;Q13315;None"),
    row_3("3", "mouse complex", "22059", "Trp53", "P02340", organism="Mouse"),
    row_3("4", "fourth complex", "999999", "UNKNOWN", "Q99999"),
]


def test_release_3_has_20_columns_and_entrez_ids(tmp_path):
    assert len(COLUMNS_3) == 20
    result = read(tmp_path, COLUMNS_3, *RELEASE_3)
    assert facts_of(result) == [
        ["TP53", "CORUM:1", "first complex", "MI:0006,MI:0019"],
        ["MDM2", "CORUM:1", "first complex", "MI:0006,MI:0019"],
        ["MDM2", "CORUM:2", 'the "second" complex', ""],
        ["TP53", "CORUM:2", 'the "second" complex', ""],
        ["ATM", "CORUM:2", 'the "second" complex', ""],
    ]
    assert set(result.facts["relation"]) == {"subunit_of_complex"}
    assert result.left_out == {"complexes of other organisms": 1, "subunits without an identifier": 1}
    assert result.unmapped.values.tolist() == [["mine", "999999", "allComplexes.txt:5", ""]]


def test_lists_of_unequal_length_are_not_paired(tmp_path):
    result = read(tmp_path, COLUMNS_3, row_3("1", "a complex", "7157;None", "TP53;MDM2;ATM", "P04637;Q00987"))
    assert result.facts["gene"].tolist() == ["TP53", "MDM2"]


def test_mouse_is_a_setting(tmp_path):
    assert facts_of(read(tmp_path, COLUMNS_3, *RELEASE_3, taxon=10090)) == [["Trp53", "CORUM:3", "mouse complex", ""]]


def test_release_5_has_28_columns_and_symbols(tmp_path):
    assert len(COLUMNS_5) == 28
    rows = [
        row_5("1", "first complex", "TP53;MDM2", "P04637;Q00987", purification_methods=METHODS),
        row_5("2", "second complex", "OLDNAME;ATM", "P04637;Q13315"),
        row_5("3", "mouse complex", "Trp53", "P02340", organism="Mouse"),
    ]
    result = read(tmp_path, COLUMNS_5, *rows)
    assert facts_of(result) == [
        ["TP53", "CORUM:1", "first complex", "MI:0006,MI:0019"],
        ["MDM2", "CORUM:1", "first complex", "MI:0006,MI:0019"],
        ["TP53", "CORUM:2", "second complex", ""],
        ["ATM", "CORUM:2", "second complex", ""],
    ]
    assert result.left_out == {"complexes of other organisms": 1}


@pytest.mark.parametrize("comment", ["one line,\nanother\n\nand a third", '"one ""line"",\nanother"'])
def test_comments_may_have_line_breaks_quoted_or_not(tmp_path, comment):
    rows = [
        row_5("1", "first complex", "TP53", "P04637", comment_complex=comment),
        row_5("2", "second complex", "NOBODY", "Q99999"),
    ]
    result = read(tmp_path, COLUMNS_5, *rows)
    assert facts_of(result) == [["TP53", "CORUM:1", "first complex", ""]]
    # The line is that of the file, not the count of complexes.
    assert result.unmapped["where"].tolist() == [f"allComplexes.txt:{3 + comment.count(chr(10))}"]


ONE = RELEASE_3[0]


@pytest.mark.parametrize(
    ("columns", "rows", "line", "message"),
    [
        ([*COLUMNS_3[:6], "Entrez", *COLUMNS_3[7:]], [ONE], 1, r"column\(s\) subunits\(Entrez IDs\) are not in the"),
        ([*COLUMNS_5[:12], "genes", *COLUMNS_5[13:]], [ONE], 1, r"column\(s\) subunits_gene_name are not in the head"),
        (COLUMNS_3, [ONE.rsplit("\t", 1)[0], ONE], 2, "expected 20 tab-separated columns, found 19"),
        (COLUMNS_3, [ONE, ONE + "\tmore"], 3, "expected 20 tab-separated columns, found 21"),
        (COLUMNS_3, [ONE, "C" + ONE], 3, r"expected a complex id \(a number\) in the first column"),
        (COLUMNS_3, [ONE.replace("7157;4193", "TP53;MDM2")], 2, "expected an NCBI Gene id .* found 'TP53'"),
        (COLUMNS_3, [RELEASE_3[2]], 2, "no row is of taxon 9606; the first is of Mouse"),
        (COLUMNS_3, [], None, "there are no complexes in the file"),
        (["<!doctype html>"], [], 1, "this is a web page"),
    ],
)
def test_another_file_is_refused(tmp_path, columns, rows, line, message):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path, columns, *rows)
    assert (error.value.file.name, error.value.line) == ("allComplexes.txt", line)
    assert error.value.fix


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "allComplexes.txt"
    path.write_text("")
    with pytest.raises(InputError, match="the file is empty"):
        corum.read("mine", {"complexes": path}, GENES)


def test_an_organism_that_corum_does_not_name_is_refused(tmp_path):
    with pytest.raises(InputError, match="CORUM's name for taxon 4932 is not known"):
        read(tmp_path, COLUMNS_3, *RELEASE_3, taxon=4932)


@pytest.mark.parametrize("columns", [COLUMNS_3, COLUMNS_5])
def test_a_quote_mark_too_many_hides_no_complex(tmp_path, columns):
    make = (lambda *a: row_3(*a)) if columns is COLUMNS_3 else (lambda i, name, entrez, *a: row_5(i, name, *a))
    rows = [
        make("1", "first complex", "7157", "TP53", "P04637"),
        make("2", '"second complex', "4193", "MDM2", "Q00987"),
        make("3", "third complex", "472", "ATM", "Q13315"),
        make("4", 'fourth" complex', "472", "ATM", "Q13315"),
    ]
    with pytest.raises(InputError, match="a cell begins with a quote mark that is not closed in this row") as error:
        read(tmp_path, columns, *rows)
    assert (error.value.file.name, error.value.line) == ("allComplexes.txt", 3)


def test_complexes_without_a_name_are_left_out_and_counted(tmp_path):
    nameless = [row_3(str(n), name, "472", "ATM", "Q13315") for n, name in ((5, ""), (6, "___"))]
    result = read(tmp_path, COLUMNS_3, ONE, *nameless)
    assert result.facts["object_id"].tolist() == ["CORUM:1", "CORUM:1"]
    assert result.left_out == {"complexes without a name": 2}
