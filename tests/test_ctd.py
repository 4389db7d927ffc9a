"""CTD's tables. All rows here are synthetic, in CTD's layout: none of its data may be shipped."""

import csv
import gzip

import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import ctd

GENES = GeneTable(
    [Gene("TP53", entrez_id="7157"), Gene("ATM", entrez_id="472"), Gene("MDM2"), Gene("Fos", entrez_id="9")]
)
CHEMICALS = (
    "ChemicalName,ChemicalID,CasRN,GeneSymbol,GeneID,GeneForms,Organism,OrganismID,"
    "Interaction,InteractionActions,PubMedIDs"
)
DISEASES = (
    "GeneSymbol,GeneID,DiseaseName,DiseaseID,DirectEvidence,InferenceChemicalName,InferenceScore,OmimIDs,PubMedIDs"
)
PATHWAYS = "GeneSymbol,GeneID,PathwayName,PathwayID"
CHEMICAL_ROWS = [
    '"1,2-madeupene",C000001,,TP53,7157,protein,Homo sapiens,9606,"a, b",increases^expression|affects^binding,1',
    '"1,2-madeupene",C000001,,TP53,7157,mRNA,Homo sapiens,9606,c,decreases^expression|affects^binding,2',
    "inventol,D000002,1-1-1,TP53,7157,mRNA,Homo sapiens,9606,d,affects^cotreatment,3",
    "inventol,D000002,1-1-1,FOS,9,mRNA,Mus musculus,10090,e,increases^expression,4",
    "inventol,D000002,1-1-1,TP53,7157,protein,,,f,affects^folding,5",
    # The number is unknown, the symbol is not.
    "inventol,D000002,1-1-1,MDM2,999998,mRNA,Homo sapiens,9606,g,increases^expression,6",
    "inventol,D000002,1-1-1,NOBODY,999999,mRNA,Homo sapiens,9606,h,increases^expression,7",
]
DISEASE_ROWS = [
    "TP53,7157,madeup disease,MESH:D000003,marker/mechanism,,,,1",
    "TP53,7157,madeup disease,MESH:D000003,therapeutic,,,,2",
    "TP53,7157,madeup disease,MESH:D000003,,inventol,4.51,,3",
    'ATM,472,"ache, mild",OMIM:000004,,inventol,12.3,4,5',
    'ATM,472,"ache, mild",OMIM:000004,,"1,2-madeupene",12.3,4,6',
]
PATHWAY_ROWS = [
    "TP53,7157,Madeup cycle,REACT:R-HSA-1",
    "TP53,7157,Madeup cycle,REACT:R-HSA-1",
    "ATM,472,Madeup signaling,KEGG:hsa00001",
]


def tabbed(row):
    """The cells of a row between tabs, as they are published; here commas keep them short."""
    return "\t".join(next(csv.reader([row])))


def write(tmp_path, header, rows, name="ctd.tsv", comments=True):
    path, header = tmp_path / name, tabbed(header)
    opening = ["# made up for a test", "#", "# Fields:", f"# {header}", "#"] if comments else [header]
    path.write_text("".join(f"{line}\n" for line in (*opening, *map(tabbed, rows))))
    return path


def read(taxon=9606, **files):
    return ctd.read("mine", files, GENES, taxon)


def fact_rows(result):
    return result.facts[["gene", "relation", "object_id", "object_name", "evidence"]].values.tolist()


def test_chemicals_of_one_organism_with_all_their_actions(tmp_path):
    result = read(chem_gene=write(tmp_path, CHEMICALS, CHEMICAL_ROWS))
    actions = "affects^binding|decreases^expression|increases^expression"
    assert fact_rows(result) == [
        ["TP53", "affected_by_chemical", "MESH:C000001", "1,2-madeupene", actions],
        ["TP53", "affected_by_chemical", "MESH:D000002", "inventol", "affects^cotreatment"],
        ["MDM2", "affected_by_chemical", "MESH:D000002", "inventol", "increases^expression"],
    ]
    assert result.left_out == {"interactions of other organisms": 1, "interactions without an organism": 1}
    assert result.unmapped.values.tolist() == [["mine", "999999", "ctd.tsv:12", ""]]


def test_mouse_is_a_setting(tmp_path):
    result = read(chem_gene=write(tmp_path, CHEMICALS, CHEMICAL_ROWS), taxon=10090)
    assert fact_rows(result) == [["Fos", "affected_by_chemical", "MESH:D000002", "inventol", "increases^expression"]]


def test_direct_evidence_for_a_disease_is_kept_apart_from_inference(tmp_path):
    assert fact_rows(read(gene_disease=write(tmp_path, DISEASES, DISEASE_ROWS))) == [
        ["TP53", "associated_with_disease", "MESH:D000003", "madeup disease", "marker/mechanism|therapeutic"],
        ["TP53", "inferred_disease", "MESH:D000003", "madeup disease", "4.51"],
        ["ATM", "inferred_disease", "OMIM:000004", "ache, mild", "12.3"],
    ]


def test_a_gene_keeps_its_inferred_diseases_of_highest_score(tmp_path):
    rows = [f"TP53,7157,disease {n},MESH:D{n},,inventol,{n % 23}.5,,1" for n in range(23)]
    result = read(gene_disease=write(tmp_path, DISEASES, rows))
    assert result.facts["object_name"].tolist() == [f"disease {n}" for n in range(22, 2, -1)]
    assert result.facts["evidence"].tolist()[0] == "22.5"
    assert result.left_out == {"inferred diseases beyond the 20 of highest score of a gene": 3}
    # Rows of one pair, through other chemicals, need not follow one another.
    again = read(gene_disease=write(tmp_path, DISEASES, [*rows, *rows]))
    assert again.facts.equals(result.facts)
    assert again.left_out == result.left_out


def test_pathways_of_reactome_have_its_own_ids(tmp_path):
    assert fact_rows(read(gene_pathway=write(tmp_path, PATHWAYS, PATHWAY_ROWS))) == [
        ["TP53", "member_of_pathway", "R-HSA-1", "Madeup cycle", ""],
        ["ATM", "member_of_pathway", "KEGG:hsa00001", "Madeup signaling", ""],
    ]


def test_files_go_together_and_an_unmapped_gene_is_told_once(tmp_path):
    diseases = [*DISEASE_ROWS, "NOBODY,999999,madeup disease,MESH:D000003,therapeutic,,,,1"]
    result = read(
        gene_disease=write(tmp_path, DISEASES, diseases, "diseases.tsv"),
        chem_gene=write(tmp_path, CHEMICALS, CHEMICAL_ROWS, "chemicals.tsv"),
        gene_pathway=write(tmp_path, PATHWAYS, PATHWAY_ROWS, "pathways.tsv"),
    )
    assert result.facts["relation"].value_counts().to_dict() == {
        "affected_by_chemical": 3,
        "associated_with_disease": 1,
        "inferred_disease": 2,
        "member_of_pathway": 2,
    }
    assert result.unmapped.values.tolist() == [["mine", "999999", "chemicals.tsv:12", ""]]
    assert result.identifiers == 4  # 7157, MDM2, 999999, 472


def test_gzipped_tables_read_alike_and_quotes_are_text(tmp_path):
    rows = ["# Fields:", f"# {tabbed(DISEASES)}", "#", *map(tabbed, DISEASE_ROWS[:3])]
    path = tmp_path / "ctd.tsv.gz"
    path.write_bytes(
        gzip.compress("\n".join([*rows, 'ATM\t472\t"ache", mild\tMESH:D1\ttherapeutic\t\t\t\t1']).encode())
    )
    assert fact_rows(read(gene_disease=path)) == [
        ["TP53", "associated_with_disease", "MESH:D000003", "madeup disease", "marker/mechanism|therapeutic"],
        ["ATM", "associated_with_disease", "MESH:D1", '"ache", mild', "therapeutic"],
        ["TP53", "inferred_disease", "MESH:D000003", "madeup disease", "4.51"],
    ]


def test_the_curated_table_has_a_plain_header_and_no_scores(tmp_path):
    header = "GeneSymbol,GeneID,DiseaseName,DiseaseID,DirectEvidence,OmimIDs,PubMedIDs"
    path = write(tmp_path, header, ["TP53,7157,madeup disease,MESH:D000003,therapeutic,,1"], comments=False)
    assert fact_rows(read(gene_disease=path)) == [
        ["TP53", "associated_with_disease", "MESH:D000003", "madeup disease", "therapeutic"]
    ]


@pytest.mark.parametrize(
    ("kind", "header", "rows", "line"),
    [
        ("chem_gene", CHEMICALS.replace("OrganismID", "Taxon"), CHEMICAL_ROWS, 4),
        ("chem_gene", CHEMICALS, [CHEMICAL_ROWS[0], "a,b"], 7),
        ("chem_gene", CHEMICALS, [CHEMICAL_ROWS[0].replace("7157", "TP53")], 6),
        ("chem_gene", CHEMICALS, CHEMICAL_ROWS[3:4], 6),
        ("gene_disease", DISEASES, ["TP53,TP53,a,MESH:D1,therapeutic,,,,"], 6),
        ("gene_disease", DISEASES, ["TP53,7157,a,MESH:D1,,inventol,high,,"], 6),
        ("gene_pathway", DISEASES, DISEASE_ROWS, 4),
    ],
)
def test_another_table_is_refused(tmp_path, kind, header, rows, line):
    path = write(tmp_path, header, rows)
    with refused(path, line):
        read(**{kind: path})


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f"{tabbed(PATHWAY_ROWS[0])}\n", 1),
        ("# Fields:\n#\n", 2),
        (f"# Fields:\n# {tabbed(PATHWAYS)}\n#\n", 2),
        (f"{PATHWAYS}\n{PATHWAY_ROWS[0]}\n", 1),
    ],
)
def test_a_file_without_columns_or_rows_is_refused(tmp_path, content, line):
    path = tmp_path / "ctd.tsv"
    path.write_text(content)
    with refused(path, line):
        read(gene_pathway=path)
