"""HPO: a hand-made ontology and annotation table in the layout of its releases (ids and names of real terms)."""

import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import hpo

TERMS = [
    ("HP:0000001", "All"),
    ("HP:0000118", "Phenotypic abnormality", "is_a: HP:0000001"),
    ("HP:0000707", "Abnormality of the nervous system", "is_a: HP:0000118"),
    ("HP:0001250", "Seizure", "alt_id: HP:0001275", "is_a: HP:0000707"),
    ("HP:0000006", "Autosomal dominant inheritance", "is_a: HP:0000001"),
]
OBO = "format-version: 1.2\ndefault-namespace: human_phenotype\n" + "".join(
    "\n".join(["", "[Term]", f"id: {id}", f"name: {name}", *more, ""]) for id, name, *more in TERMS
)
HEADER = "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"
ROWS = (
    "1\tA\tHP:0001275\tSeizure\t-\tOMIM:1\n"
    "2\tB\tHP:0000707\tAbnormality of the nervous system\t1/2\tORPHA:2\n"
    "1\tA\tHP:0000006\tAutosomal dominant inheritance\t-\tOMIM:1\n"
    "9\tUNKNOWN\tHP:0001250\tSeizure\t-\tOMIM:3\n"
)
GENES = GeneTable([Gene("A", entrez_id="1"), Gene("B", entrez_id="2")])


def read(folder, text=HEADER + ROWS, taxon=9606, obo=OBO):
    files = {"obo": folder / "hp.obo", "genes": folder / "genes_to_phenotype.txt"}
    files["obo"].write_text(obo)
    files["genes"].write_text(text)
    return hpo.read("hpo", files, GENES, taxon), files


def test_phenotypes_become_facts_and_inheritance_does_not(tmp_path):
    result, _ = read(tmp_path)
    assert result.facts.to_numpy().tolist() == [
        ["A", "has_phenotype", "HP:0001250", "Seizure", "hpo", "OMIM:1"],
        ["B", "has_phenotype", "HP:0000707", "Abnormality of the nervous system", "hpo", "ORPHA:2"],
    ]
    assert result.unmapped[["identifier", "where"]].to_numpy().tolist() == [["9", "genes_to_phenotype.txt:5"]]
    assert result.left_out == {"annotations to terms that are no phenotype of this ontology": 1}


def test_a_phenotype_that_no_patient_had_is_no_fact(tmp_path):
    # A has seizures in one disease of two; B in neither of three: none of 4 patients, 0 %, and HPO's term Excluded.
    rows = "1\tA\tHP:0001250\tSeizure\t0/2\tOMIM:1\n1\tA\tHP:0001250\tSeizure\t1/10\tOMIM:2\n" + "".join(
        f"2\tB\tHP:0001250\tSeizure\t{frequency}\tOMIM:{number}\n"
        for number, frequency in enumerate(("0/4", "0%", "HP:0040285"), 3)
    )
    result, _ = read(tmp_path, HEADER + rows)
    assert result.facts[["gene", "object_id", "evidence"]].to_numpy().tolist() == [["A", "HP:0001250", "OMIM:2"]]
    assert result.left_out == {"phenotypes that no patient of the disease had": 4}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("#Format: entrez-gene-id<tab>...\n", 1),
        (HEADER + ROWS + "1\tA\tHP:0001250\n", 6),
        (HEADER, None),
    ],
)
def test_another_file_is_an_error(tmp_path, text, line):
    with refused(tmp_path / "genes_to_phenotype.txt", line):
        read(tmp_path, text)


def test_another_organism_and_another_ontology_are_errors(tmp_path):
    with refused(fix="use a source of"):
        read(tmp_path, taxon=10090)
    with refused(fix="give hp.obo as it is published"):
        read(tmp_path, obo=OBO.replace("HP:0000118", "HP:0000119"))


def test_diseases_have_names_and_pages(tmp_path):
    path = tmp_path / "phenotype.hpoa"
    path.write_text(
        "#version: 2025-01-16\ndatabase_id\tdisease_name\tqualifier\thpo_id\n"
        "OMIM:154700\tMarfan syndrome\t\tHP:0001166\nORPHA:558\tMarfan syndrome\t\tHP:0001166\n"
    )
    assert hpo.read_disease_names(path) == {"OMIM:154700": "Marfan syndrome", "ORPHA:558": "Marfan syndrome"}
    pages = [hpo.disease_page(disease) for disease in ("OMIM:154700", "ORPHA:558", "DECIPHER:18")]
    assert pages[:2] == ["https://omim.org/entry/154700", "https://www.orpha.net/en/disease/detail/558"]
    assert pages[2] == "https://www.deciphergenomics.org/syndrome/18"
    assert [hpo.disease_page(text) for text in ("MONDO:1", "OMIM:x", "javascript:1", "")] == [""] * 4
    path.write_text("#DatabaseID\tDiseaseName\nOMIM\t154700\n")
    with refused(fix="give phenotype.hpoa of a release since 2023"):
        hpo.read_disease_names(path)
