"""Phenotype overlap on an ontology of ten terms and four genes, whose similarities were worked out by hand."""

from math import log

import pytest
from refusals import refused

from reasonome.tasks.ranking.phenotypes import PhenotypeOverlap
from reasonome.tasks.ranking.questions import CaseExample, RankedGene

# (id, name, parents or what else there is to say)
TERMS = [
    ("HP:0000001", "All", []),
    ("HP:0000118", "Phenotypic abnormality", ["is_a: HP:0000001"]),
    ("HP:0000005", "Mode of inheritance", ["is_a: HP:0000001"]),
    ("HP:0000010", "Nervous", ["is_a: HP:0000118"]),
    ("HP:0000011", "Seizure", ["is_a: HP:0000010"]),
    ("HP:0000012", "Focal seizure", ["alt_id: HP:0000112", "is_a: HP:0000011"]),
    ("HP:0000020", "Skeletal", ["is_a: HP:0000118"]),
    ("HP:0000021", "Short", ["is_a: HP:0000020"]),
    ("HP:0000030", "Short and seizing", ["is_a: HP:0000011", "is_a: HP:0000021"]),
    ("HP:0000040", "Old focal", ["is_obsolete: true", "replaced_by: HP:0000012"]),
    ("HP:0000041", "Old and gone", ["is_obsolete: true"]),
]
OBO = "format-version: 1.2\ndefault-namespace: h\n\n" + "\n".join(
    "\n".join(["[Term]", f"id: {i}", f"name: {name}", *more, ""]) for i, name, more in TERMS
)
HEADER = "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"
ROWS = [
    (1, "G1", "HP:0000012", "-", "OMIM:1"),
    (2, "G2", "HP:0000021", "1/2", "OMIM:2"),
    (2, "G2", "HP:0000011", "HP:0040281", "ORPHA:9"),
    (3, "G3", "HP:0000011", "10%", "OMIM:1"),
    (4, "G4", "HP:0000020", "-", "OMIM:4"),
    (4, "G4", "HP:0000012", "0/3", "OMIM:4"),  # in none of three patients
    (4, "G4", "HP:0000021", "HP:0040285", "OMIM:4"),  # excluded
    (4, "G4", "HP:0000005", "-", "OMIM:4"),  # no phenotype
    (5, "G5", "HP:0000005", "-", "OMIM:5"),
]
NERVOUS, FOCAL, SKELETAL, SHORT = log(4 / 3), log(4), log(2), log(4)  # information contents: of 4 genes 3, 1, 2, 1


def overlap(folder, rows=ROWS) -> PhenotypeOverlap:
    (folder / "hp.obo").write_text(OBO)
    text = HEADER + "".join(f"{n}\t{gene}\t{term}\tx\t{how}\t{disease}\n" for n, gene, term, how, disease in rows)
    (folder / "genes_to_phenotype.txt").write_text(text)
    return PhenotypeOverlap(folder / "hp.obo", folder / "genes_to_phenotype.txt")


def case(*present, disease="") -> CaseExample:
    return CaseExample(
        id="c",
        subset="cases",
        causal=[RankedGene(symbol="G1")],
        present=[{"id": f"HP:00000{term}" if len(term) == 2 else term, "label": "x"} for term in present],
        disease_id=disease,
    )


def genes(*symbols):
    return [RankedGene(symbol=symbol) for symbol in symbols]


def test_a_term_is_the_more_informative_the_fewer_genes_have_it(tmp_path):
    found = overlap(tmp_path)
    assert found.genes == ["G1", "G2", "G3", "G4"]  # G5 has no phenotype
    assert found.information == pytest.approx(
        {
            "HP:0000118": 0,
            "HP:0000010": NERVOUS,
            "HP:0000011": NERVOUS,
            "HP:0000012": FOCAL,
            "HP:0000020": SKELETAL,
            "HP:0000021": SHORT,
        }
    )


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (["12"], [FOCAL, NERVOUS, NERVOUS, 0]),
        (["21"], [0, SHORT, 0, SKELETAL]),
        (["12", "21"], [FOCAL / 2, (NERVOUS + SHORT) / 2, NERVOUS / 2, SKELETAL / 2]),
        (["30"], [NERVOUS, SHORT, NERVOUS, SKELETAL]),  # the better of two parents; no gene has it itself
        (["10", "20"], [NERVOUS / 2, (NERVOUS + SKELETAL) / 2, NERVOUS / 2, SKELETAL / 2]),
    ],
)
def test_scores_worked_out_by_hand(tmp_path, present, expected):
    found = overlap(tmp_path)
    assert found.scores(case(*present), genes("G1", "G2", "G3", "G4")) == pytest.approx(expected, rel=1e-6)
    assert found.all_scores(case(*present)).tolist() == pytest.approx(expected, rel=1e-6)


def test_a_phenotype_counts_once_by_whatever_id_and_what_is_no_phenotype_not_at_all(tmp_path):
    found = overlap(tmp_path)
    several = case("12", "HP:0000112", "40", "05", "41", "99")
    assert found.known(phenotype.id for phenotype in several.present) == ["HP:0000012"]
    assert found.scores(several, genes("G1", "G3")) == pytest.approx([FOCAL, NERVOUS])
    assert found.scores(case("05", "99"), genes("G1", "G3")) == [0, 0]


def test_the_cases_own_disease_can_be_left_out(tmp_path):
    found = overlap(tmp_path)
    every = genes("G1", "G2", "G3", "G4")
    assert found.scores(case("12", "21", disease="OMIM:1"), every, leave_out_disease=True) == pytest.approx(
        [0, (NERVOUS + SHORT) / 2, 0, SKELETAL / 2]
    )
    # G2 keeps what it has by its other disease.
    assert found.scores(case("12", "21", disease="OMIM:2"), every, leave_out_disease=True) == pytest.approx(
        [FOCAL / 2, NERVOUS / 2, NERVOUS / 2, SKELETAL / 2]
    )
    with_it = found.scores(case("12", "21", disease="OMIM:2"), every)
    assert with_it[1] == pytest.approx((NERVOUS + SHORT) / 2)
    for other in ("OMIM:5", "OMIM:404", ""):
        assert found.scores(case("12", "21", disease=other), every, leave_out_disease=True) == with_it


def test_leaving_out_a_disease_that_says_nothing_of_its_own_changes_nothing(tmp_path):
    twice = [*ROWS, *((n, gene, term, how, "ORPHA:1") for n, gene, term, how, disease in ROWS if disease == "OMIM:1")]
    found = overlap(tmp_path, twice)
    asked = case("12", "30", "20", disease="OMIM:1")
    every = genes("G1", "G2", "G3", "G4")
    assert found.scores(asked, every, leave_out_disease=True) == pytest.approx(found.scores(asked, every), rel=1e-6)


def test_equal_scores_are_equal_to_the_last_bit(tmp_path):
    # G1 has phenotypes by one disease, G2 the same by another; without G1's own they are worked out another way.
    both = [(n, f"G{n}", f"HP:00000{term}", "-", "OMIM:1") for n in (1, 2) for term in (12, 21, 30)]
    own = [(1, "G1", "HP:0000012", "-", "OMIM:7")]
    rest = [(n, f"G{n}", "HP:0000010", "-", "OMIM:9") for n in range(3, 10)]
    found = overlap(tmp_path, [*both, *own, *rest])
    for present in (["12", "21", "30"], ["30", "12", "10"], ["12", "21", "20", "10", "11", "30", "10"]):
        first, second, *_ = found.all_scores(case(*present, disease="OMIM:7"), leave_out_disease=True)
        assert first == second
    # The same numbers in another order, too: of 12 and 21, each gene has one as it is and one by what is above it.
    information = list(found.information.values())
    assert sum(information * 9) == sum(sorted(information) * 9)


def test_genes_are_found_by_symbol_then_by_the_one_alias_that_hpo_has(tmp_path):
    found = overlap(tmp_path)
    renamed = RankedGene(symbol="NEW1", aliases=("OLDER", "G1"))
    unclear = RankedGene(symbol="NEW2", aliases=("G1", "G2"))
    same_name = RankedGene(symbol="G3", aliases=("G1",))
    unknown = RankedGene(symbol="G5")
    asked = [renamed, unclear, same_name, unknown]
    assert found.scores(case("12"), asked) == pytest.approx([FOCAL, 0, NERVOUS, 0])


def test_another_file_is_an_error(tmp_path):
    overlap(tmp_path)
    with refused(fix="give genes_to_phenotype.txt of a release"):
        PhenotypeOverlap(tmp_path / "hp.obo", tmp_path / "hp.obo")
    (tmp_path / "go.obo").write_text(OBO.replace("HP:0000118", "GO:0008150"))
    with refused(fix="give hp.obo as it is published"):
        PhenotypeOverlap(tmp_path / "go.obo", tmp_path / "genes_to_phenotype.txt")
