"""UniProt's REST table: the syntax of its comments, one fact for each thing said, and tables that are not UniProt's.

The comments are written for these tests in UniProt's syntax; their words are not UniProt's.
"""

import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import uniprot

GENES = GeneTable(
    [
        Gene("ABL1", uniprot_ids=("P00519",)),
        Gene("CALM1", uniprot_ids=("P0DP23",)),
        Gene("H4C1", uniprot_ids=("P62805",)),
        Gene("H4C2", uniprot_ids=("P62805",)),
        Gene("Abl1", uniprot_ids=("P00520",)),
    ]
)
BASE = {"Entry": "P00519", "Gene Names (primary)": "ABL1", "Organism (ID)": "9606"}


def write(tmp_path, *entries):
    """A table of entries, given by column; each begins as BASE."""
    entries = [BASE | entry for entry in entries]
    columns = list(dict.fromkeys(column for entry in entries for column in entry))
    path = tmp_path / "uniprot.tsv"
    table = [columns, *([entry.get(column, "") for column in columns] for entry in entries)]
    path.write_text("".join("\t".join(row) + "\n" for row in table))
    return path


def read(tmp_path, *entries, taxon=9606):
    return uniprot.read("mine", {"table": write(tmp_path, *entries)}, GENES, taxon)


def fact_rows(result):
    return result.facts[["gene", "relation", "object_id", "object_name", "evidence"]].values.tolist()


def test_function_is_one_text_without_citations_and_evidence(tmp_path, snapshot):
    comment = (
        "FUNCTION: [Isoform 1]: Adds phosphate (PubMed:123, PubMed:4). Binds DNA (By similarity). "
        "{ECO:0000269|PubMed:123, ECO:0000250|UniProtKB:P00520}.; FUNCTION: (Microbial infection) Helps (a virus) "
        "(PubMed:5). {ECO:0000269|PubMed:5}."
    )
    assert fact_rows(read(tmp_path, {"Function [CC]": comment})) == snapshot


def test_tissue_is_one_text(tmp_path, snapshot):
    comment = "TISSUE SPECIFICITY: In brain; less in liver (at protein level). {ECO:0000269|PubMed:1}."
    assert fact_rows(read(tmp_path, {"Tissue specificity": comment})) == snapshot


def test_locations_are_split_and_notes_are_not_taken(tmp_path):
    comment = (
        "SUBCELLULAR LOCATION: Cytoplasm, cytoskeleton {ECO:0000269|PubMed:1, ECO:0000305|RefSeq:NP_1.1}. Cell "
        "membrane {ECO:0000250}; Multi-pass membrane protein {ECO:0000255}. Note=Moves. "
        "{ECO:0000269|PubMed:2}.; SUBCELLULAR LOCATION: [Isoform 2]: Nucleus (Probable).; "
        "SUBCELLULAR LOCATION: Note=Everywhere."
    )
    assert fact_rows(read(tmp_path, {"Subcellular location [CC]": comment})) == [
        [
            "ABL1",
            "in_compartment",
            "UniProtKB-SubCell:Cytoplasm, cytoskeleton",
            "Cytoplasm, cytoskeleton",
            "ECO:0000269,ECO:0000305",
        ],
        ["ABL1", "in_compartment", "UniProtKB-SubCell:Cell membrane", "Cell membrane", "ECO:0000250"],
        ["ABL1", "in_compartment", "UniProtKB-SubCell:Nucleus", "Nucleus", "Isoform 2"],
    ]


def test_diseases_have_names_and_omim_ids(tmp_path, snapshot):
    comment = (
        "DISEASE: Anemia (mild), type 2 (AN2) [MIM:123456]: Blood is thin (PubMed:1): see there. "
        "{ECO:0000269|PubMed:1}. Note=The disease is caused by variants of this gene.; DISEASE: Rare ache (RA): No "
        "number. {ECO:0000305}.; DISEASE: Note=A fusion (BCR-ABL): found in leukemia."
    )
    result = read(tmp_path, {"Involvement in disease": comment})
    assert fact_rows(result) == snapshot
    assert result.left_out == {"disease comments that name no disease": 1}


def test_reactions_have_rhea_or_ec_numbers(tmp_path, snapshot):
    comment = (
        "CATALYTIC ACTIVITY: Reaction=ATP + L-tyrosyl-[protein] = ADP + H(+) + O-phospho-L-tyrosyl-[protein]; "
        "Xref=Rhea:RHEA:10596, Rhea:RHEA-COMP:10136, ChEBI:CHEBI:15378; EC=2.7.10.2; Evidence={ECO:0000255|PROSITE-"
        "ProRule:PRU10028, ECO:0000269|PubMed:1}; PhysiologicalDirection=left-to-right; Xref=Rhea:RHEA:10597; "
        "Evidence={ECO:0000305};; CATALYTIC ACTIVITY: [Isoform 2]: Reaction=Cuts bonds.; EC=3.4.21.1; "
        "Evidence={ECO:0000250};; CATALYTIC ACTIVITY: Reaction=A = B;"
    )
    assert fact_rows(read(tmp_path, {"Catalytic activity": comment})) == snapshot


def test_keywords_about_the_data_are_left_out(tmp_path):
    result = read(tmp_path, {"Keywords": "3D-structure;Apoptosis;ATP-binding;Reference proteome"})
    assert fact_rows(result) == [
        ["ABL1", "has_keyword", "UniProtKB-KW:Apoptosis", "Apoptosis", ""],
        ["ABL1", "has_keyword", "UniProtKB-KW:ATP-binding", "ATP-binding", ""],
    ]
    assert result.left_out == {"keywords about the data": 2}


def test_genes_are_found_by_accession_then_by_primary_name(tmp_path):
    words = {"Keywords": "Word"}
    result = read(
        tmp_path,
        # The accession is right where the name is old.
        words | {"Gene Names (primary)": "OLDABL"},
        words | {"Entry": "A0A024", "Gene Names (primary)": "CALM1"},
        # One protein of two genes.
        words | {"Entry": "P62805", "Gene Names (primary)": "H4C1; H4C2"},
        words | {"Entry": "Q99999", "Gene Names (primary)": "NOBODY"},
        words | {"Entry": "Q99998", "Gene Names (primary)": ""},
    )
    assert result.facts["gene"].tolist() == ["ABL1", "CALM1", "H4C1", "H4C2"]
    assert result.unmapped.values.tolist() == [["mine", "Q99999", "uniprot.tsv:5", ""]]
    assert result.left_out == {"entries without a gene name": 1}
    assert result.identifiers == 5


def test_columns_stand_in_any_order_and_text_may_hold_quotes(tmp_path):
    path = tmp_path / "uniprot.tsv"
    path.write_text(
        "Function [CC]\tOrganism (ID)\tLength\tGene Names (primary)\tEntry\n"
        'FUNCTION: "Slow" kinase.\t9606\t1130\tABL1\tP00519\n'
        "FUNCTION: Kinase.\t10090\t1123\tAbl1\tP00520\n"
    )
    human, mouse = (uniprot.read("mine", {"table": path}, GENES, taxon) for taxon in (9606, 10090))
    assert human.facts[["gene", "object_name"]].values.tolist() == [["ABL1", '"Slow" kinase.']]
    assert mouse.facts[["gene", "object_name"]].values.tolist() == [["Abl1", "Kinase."]]
    assert human.left_out == mouse.left_out == {"entries of other organisms": 1}


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"Function [CC]": "Kinase."}, 2),
        ({"Organism (ID)": "10090", "Keywords": "Word"}, 2),
        ({"Length": "1130"}, 1),
    ],
)
def test_another_table_is_refused(tmp_path, entry, line):
    with refused("uniprot.tsv", line):
        read(tmp_path, entry)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("Gene Names\tOrganism\tKeywords\n", 1),
        ("Entry\tGene Names (primary)\tOrganism (ID)\tKeywords\n", None),
    ],
)
def test_headers_that_lack_a_column_are_refused(tmp_path, content, line):
    path = tmp_path / "uniprot.tsv"
    path.write_text(content)
    with refused(path, line):
        uniprot.read("mine", {"table": path}, GENES)
