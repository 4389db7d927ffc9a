"""Reactome's mapping by NCBI Gene id, alone and with the pathway hierarchy, and files that are not these."""

import pytest

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import reactome

GENES = GeneTable([Gene("TP53", entrez_id="7157"), Gene("ATM", entrez_id="472"), Gene("Trp53", entrez_id="22059")])
TP53_CYCLE = "7157\tR-HSA-69473\thttps://reactome.org/x\tG2/M DNA damage checkpoint\tTAS\tHomo sapiens"
MOUSE = "22059\tR-MMU-69473\thttps://reactome.org/x\tG2/M DNA damage checkpoint\tIEA\tMus musculus"
MAPPING = [
    TP53_CYCLE,
    TP53_CYCLE.replace("TAS", "IEA"),
    "472\tR-HSA-69541\thttps://reactome.org/x\tStabilization of p53 \tTAS\tHomo sapiens",
    MOUSE,
    "999999\tR-HSA-69541\thttps://reactome.org/x\tStabilization of p53 \tTAS\tHomo sapiens",
]
# 69473 lies below 69481, which lies below 1640170; 69541 has two parents that share it.
RELATIONS = [
    "R-HSA-1640170\tR-HSA-69481",
    "R-HSA-69481\tR-HSA-69473",
    "R-HSA-69481\tR-HSA-69541",
    "R-HSA-1640170\tR-HSA-69541",
    "R-MMU-69481\tR-MMU-69473",
]
PATHWAYS = ["R-HSA-69481\tG2/M Checkpoints\tHomo sapiens", "R-HSA-1640170\tCell Cycle\tHomo sapiens"]


def write(tmp_path, name, rows):
    path = tmp_path / name
    path.write_text("".join(f"{row}\n" for row in rows))
    return path


def read(tmp_path, taxon=9606, **tables):
    files = {key: write(tmp_path, f"{key}.txt", rows) for key, rows in tables.items()}
    return reactome.read_mapping("mine", files, GENES, taxon)


def fact_rows(result):
    return result.facts[["gene", "object_id", "object_name", "evidence"]].values.tolist()


DIRECT = [
    ["TP53", "R-HSA-69473", "G2/M DNA damage checkpoint", "TAS"],
    ["TP53", "R-HSA-69473", "G2/M DNA damage checkpoint", "IEA"],
    ["ATM", "R-HSA-69541", "Stabilization of p53", "TAS"],
]


def test_rows_of_one_species_are_facts(tmp_path):
    result = read(tmp_path, mapping=MAPPING)
    assert fact_rows(result) == DIRECT
    assert set(result.facts["relation"]) == {"member_of_pathway"}
    assert result.left_out == {"rows of other organisms": 1}
    assert result.unmapped.values.tolist() == [["mine", "999999", "mapping.txt:5", ""]]
    assert result.identifiers == 3


def test_mouse_is_a_setting(tmp_path, snapshot):
    assert fact_rows(read(tmp_path, taxon=10090, mapping=MAPPING)) == snapshot


def test_named_pathways_above_are_added_once_with_the_evidence(tmp_path):
    result = read(tmp_path, mapping=MAPPING, relations=RELATIONS, pathways=PATHWAYS)
    above = [
        [gene, *pathway, evidence]
        for gene, evidence in (("TP53", "TAS"), ("TP53", "IEA"), ("ATM", "TAS"))
        for pathway in (("R-HSA-69481", "G2/M Checkpoints"), ("R-HSA-1640170", "Cell Cycle"))
    ]
    assert sorted(fact_rows(result)) == sorted(DIRECT + above)
    assert result.left_out == {"rows of other organisms": 1}


def test_pathways_above_without_a_name_are_left_out_and_counted(tmp_path):
    result = read(tmp_path, mapping=MAPPING, relations=RELATIONS)
    assert fact_rows(result) == DIRECT
    assert result.left_out["pathways above others that have no name"] == 2


def test_ids_are_those_of_the_gmt(tmp_path):
    gmt = write(tmp_path, "sets.gmt", ["G2/M DNA damage checkpoint\tR-HSA-69473\tTP53"])
    other = reactome.read_gmt_file("gmt", {"gmt": gmt}, GENES).facts
    mine = read(tmp_path, mapping=[TP53_CYCLE]).facts
    columns = ["gene", "relation", "object_id", "object_name"]
    assert mine[columns].values.tolist() == other[columns].values.tolist()


def test_a_cycle_is_refused_with_a_line_of_it(tmp_path, refused):
    with refused("relations.txt", 1):
        read(tmp_path, mapping=MAPPING, relations=[*RELATIONS, "R-HSA-69473\tR-HSA-1640170"])


@pytest.mark.parametrize(
    ("tables", "file", "line"),
    [
        ({"mapping": [TP53_CYCLE.replace("7157", "P04637")]}, "mapping.txt", 1),
        ({"mapping": [TP53_CYCLE, TP53_CYCLE + "\tmore"]}, "mapping.txt", 2),
        ({"mapping": [TP53_CYCLE.replace("R-HSA-69473", "69473")]}, "mapping.txt", 1),
        ({"mapping": [TP53_CYCLE.replace("G2/M DNA damage checkpoint", " ")]}, "mapping.txt", 1),
        ({"mapping": MAPPING, "pathways": ["R-HSA-1\t\tHomo sapiens"]}, "pathways.txt", 1),
        ({"mapping": [MOUSE]}, "mapping.txt", 1),
        ({"mapping": [""]}, "mapping.txt", None),
        ({"mapping": MAPPING, "relations": ["Cell Cycle\tR-HSA-1"]}, "relations.txt", 1),
    ],
)
def test_another_file_is_refused(tmp_path, tables, file, line, refused):
    with refused(file, line):
        read(tmp_path, **tables)


def test_a_taxon_without_a_known_name_is_refused(tmp_path, refused):
    with refused(field="taxon"):
        read(tmp_path, taxon=4932, mapping=MAPPING)
