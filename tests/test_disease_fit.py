"""What a patient has not, by HPO's frequencies: fits of genes and diseases, worked out by hand."""

from math import log

import pytest

from reasonome.tasks.ranking.phenotypes import PhenotypeOverlap, counted_terms, fits, gene_fit, share_of
from reasonome.tasks.ranking.questions import CaseExample, RankedGene

TERMS = [
    ("HP:0000001", "All", ""),
    ("HP:0000118", "Phenotypic abnormality", "HP:0000001"),
    ("HP:0000010", "Tall", "HP:0000118"),
    ("HP:0000020", "Lens", "HP:0000118"),
    ("HP:0000021", "Lens up", "HP:0000020"),
    ("HP:0000030", "Seizure", "HP:0000118"),
]
OBO = "format-version: 1.2\ndefault-namespace: h\n" + "".join(
    f"\n[Term]\nid: {term}\nname: {name}\n" + (f"is_a: {parent}\n" if parent else "") for term, name, parent in TERMS
)
# A and B are tall, as half of the four genes are (ln 2); most patients with A's disease M have a lens that is up.
ROWS = [
    ("A", "10", "-", "OMIM:1"),
    ("A", "21", "9/10", "OMIM:1"),
    ("B", "10", "-", "OMIM:2"),
    ("B", "21", "HP:0040283", "OMIM:2"),
    ("C", "30", "-", "OMIM:3"),
    ("D", "30", "-", "OMIM:4"),
]
TALL = log(2)
COST = log(6)  # -ln(1 - 10/12): 9 of 10 patients are (9 + 1) / (10 + 2)


def overlap(folder, rows=ROWS) -> PhenotypeOverlap:
    (folder / "hp.obo").write_text(OBO)
    text = "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"
    text += "".join(f"1\t{gene}\tHP:00000{term}\tx\t{how}\t{disease}\n" for gene, term, how, disease in rows)
    (folder / "genes_to_phenotype.txt").write_text(text)
    return PhenotypeOverlap(folder / "hp.obo", folder / "genes_to_phenotype.txt")


def case(present: str, absent: str = "") -> CaseExample:
    present, absent = (
        [{"id": f"HP:00000{term}", "label": "x"} for term in terms.split()] for terms in (present, absent)
    )
    return CaseExample(id="c", subset="cases", causal=[RankedGene(symbol="A")], present=present, absent=absent)


GENES = [RankedGene(symbol=symbol) for symbol in "ABCD"]


def scored(example: CaseExample, found: PhenotypeOverlap) -> tuple[list[float], list[float]]:
    """Overlaps and fits of all genes."""
    overlaps, fitting = zip(*fits(example, GENES, found), strict=True)
    return list(overlaps), list(fitting)


def near(*values: float):
    return pytest.approx(list(values), abs=1e-6)


def test_what_most_patients_have_and_this_one_has_not_changes_the_ranking(tmp_path):
    found = overlap(tmp_path)
    assert scored(case("10"), found) == (near(TALL, TALL, 0, 0), near(TALL, TALL, 0, 0))  # A = B
    # Of B's patients few have it, so that it says nothing against B; C and D fit nothing, and lose nothing.
    assert scored(case("10", "21"), found) == (near(TALL, TALL, 0, 0), near(TALL - COST, TALL, 0, 0))


def test_a_kind_of_what_is_absent_counts_and_something_more_special_does_not(tmp_path):
    found = overlap(tmp_path, [*ROWS, ("D", "20", "9/10", "OMIM:4"), ("D", "10", "-", "OMIM:4")])
    tall = log(4 / 3)  # D is tall too
    # No lens at all is out: so is one that is up (A). D's patients have something of the lens.
    assert scored(case("10", "20"), found)[1] == near(tall - COST, tall, 0, tall - COST)
    # That the lens is not up says nothing of other lenses.
    assert scored(case("10", "21"), found)[1] == near(tall - COST, tall, 0, tall)


def test_what_few_patients_have_counts_less_than_what_most_have(tmp_path):
    rows = [
        (gene, "21" if term == "30" else term, "-" if gene == "C" else how, disease)
        for gene, term, how, disease in ROWS
    ]
    found = overlap(
        tmp_path,
        [
            *rows[:4],
            ("C", "21", "-", "OMIM:3"),
            ("D", "30", "-", "OMIM:4"),
            ("E", "30", "-", "OMIM:5"),
            ("E", "21", "1/4", "OMIM:5"),
        ],
    )
    # Four of five genes have a lens that is up: most of A's patients, 17 % of B's, nobody says of C's, 2 of 6 of E's.
    up = log(5 / 4)
    genes = [*GENES, RankedGene(symbol="E")]
    overlaps, fitting = zip(*fits(case("21"), genes, found), strict=True)
    assert list(overlaps) == near(up, up, up, 0, up)
    assert list(fitting) == near(up, 0, up, 0, 0), "no gene loses more than its match"
    # With a phenotype that one gene alone has, ln 5, it is the cost that counts: of E ln 3, as 1 of 4 is 2 of 6.
    found = overlap(tmp_path, [("E", "21", "1/4", "OMIM:5"), *((gene, "30", "-", f"OMIM:{gene}") for gene in "ABCD")])
    [(one, fit)] = fits(case("21"), genes[4:], found)
    assert (one, fit) == pytest.approx((log(5), log(5) - log(3)), abs=1e-6)
    [best] = gene_fit(genes[4], *counted_terms(case("21"), found), found, one).diseases
    assert [(item.known, item.stated, item.is_present) for item in best.against] == [
        ("HP:0000021", "1 of 4 patients", True)
    ]


def test_the_cost_is_a_mean_as_the_overlap_is(tmp_path):
    (one, *_) = fits(case("10 30", "21"), GENES, overlap(tmp_path))
    assert one == pytest.approx((TALL / 2, TALL / 2 - COST / 2), abs=1e-6)


def test_a_gene_loses_what_its_best_disease_loses(tmp_path):
    rows = [*ROWS, ("A", "10", "-", "OMIM:7")]  # a second disease of A, of which nobody says a word of lenses
    found = overlap(tmp_path, rows)
    assert scored(case("10", "21"), found)[1] == near(TALL, TALL, 0, 0)
    present, absent = counted_terms(case("10", "21"), found)
    best, other = gene_fit(GENES[0], present, absent, found, TALL).diseases
    assert (best.disease, best.fit, best.against) == ("OMIM:7", pytest.approx(TALL), ())
    assert (other.disease, other.fit) == ("OMIM:1", pytest.approx(TALL - COST))
    (against,) = other.against
    assert (against.term, against.known, against.stated) == ("HP:0000021", "HP:0000021", "9 of 10 patients")


def test_an_absent_phenotype_that_a_present_one_implies_does_not_count(tmp_path):
    found = overlap(tmp_path)
    assert counted_terms(case("10 21", "20 30"), found) == (["HP:0000010", "HP:0000021"], ["HP:0000030"])
    (one, *_) = fits(case("10 21", "20"), GENES, found)
    assert one[0] == one[1] > 0


@pytest.mark.parametrize(
    ("frequency", "share", "words"),
    [
        ("9/10", 10 / 12, "9 of 10 patients"),
        ("1/1", 2 / 3, "1 of 1 patient"),
        ("60%", 0.6, "60 %"),
        ("45.5 %", 0.455, "45.5 %"),
        ("HP:0040280", 1, "obligate (100 %)"),
        ("HP:0040281", 0.895, "very frequent (80 to 99 %)"),
        ("HP:0040282", 0.545, "frequent (30 to 79 %)"),
        ("HP:0040283", 0.17, "occasional (5 to 29 %)"),
    ],
)
def test_shares_of_patients(frequency, share, words):
    assert share_of(frequency) == (pytest.approx(share), words)


@pytest.mark.parametrize("frequency", ["-", "", "often", "0/0"])
def test_no_share_is_stated(frequency):
    assert share_of(frequency) is None


def test_what_is_certain_still_leaves_room_for_errors(tmp_path):
    rows = [(gene, term, "HP:0040280" if how == "9/10" else how, disease) for gene, term, how, disease in ROWS]
    (one, *_) = fits(case("10", "21"), GENES, overlap(tmp_path, rows))
    assert one[1] == pytest.approx(TALL - log(20), abs=1e-6)
