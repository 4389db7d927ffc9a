"""HPO ids in one text, as people part them and label them."""

from math import log

import pytest

from reasonome.facts.sources.hpo import is_of_terms, written_terms
from reasonome.tasks.ranking.phenotypes import PhenotypeOverlap
from reasonome.tasks.ranking.questions import CaseExample, RankedGene

FOUR = [f"HP:{number}" for number in ("0001680", "0001511", "0001788", "0010935")]


@pytest.mark.parametrize("between", [" ", "  ", "\t", ",", ", ", ";", " | ", "|", " ; "])
def test_ids_alone_with_anything_between(between):
    assert [(term.id, term.label, term.absent) for term in written_terms(between.join(FOUR))] == [
        (term, "", False) for term in FOUR
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HP:0001250 Seizure; HP:0001263 Delay, global", [("Seizure", False), ("Delay, global", False)]),
        ("HP:0001250 Seizure HP:0001263", [("Seizure", False), ("", False)]),
        ("HP:0001250: Seizure\t-HP:0001263 Delay", [("Seizure", False), ("Delay", True)]),
        ("not HP:0001250, no HP:0001263 Delay", [("", True), ("Delay", True)]),
        ("HP:0001250 –HP:0001263", [("", False), ("", True)]),
        ("HP:0001250 - Seizure; HP:0001263 — Delay", [("Seizure", False), ("Delay", False)]),
        ("HP:0001250 No speech; HP:0001263 Speech absent", [("No speech", False), ("Speech absent", False)]),
        ("hp_0001250", [("", False)]),
        ("Seizure (HP:0001250)", [("Seizure", False)]),
        ("Seizure (HP:0001250), Delay, global (HP:0001263)", [("Seizure", False), ("Delay, global", False)]),
        ("no seizure (HP:0001250)|-Delay (HP:0001263)", [("seizure", True), ("Delay", True)]),
    ],
)
def test_labels_and_what_is_absent(text, expected):
    terms = written_terms(text)
    assert [(term.label, term.absent) for term in terms] == expected
    assert [term.id for term in terms] == ["HP:0001250", "HP:0001263"][: len(expected)]


@pytest.mark.parametrize(
    "text",
    [
        "fits",
        "fits HP:0001250",
        "HP:00012501",
        "HP:0001250 HP:00012631",  # a digit too many, not a label
        "HP:0001250 Seizure (see HP:0001263)",
        "- HP:0001250",  # a mark of a list, or of what is absent
        "HP:0001250 - HP:0001263",
        "HP:0001250 absent",
        "HP:0001263 Delay; HP:0001250 (excluded)",
        "HP:0001250: no",
        "HP:0001250\t-",
        "HP:0001250\tSeizure\texcluded",
        "HP:0001250 | Seizure | no",
        "HP:0001250 Seizure (absent), HP:0001263",
        "Seizure (HP:0001250) HP:0001263",
        "Seizure (HP:0001250",
        "HP:0001250\tSeizure\tno",  # a column of a table
        "HP:0001250 Seizure, Absent",
        "HP:0001250; excluded: HP:0001263",
        "Seizure (HP:0001250); not present; Delay (HP:0001263)",
    ],
)
def test_what_could_mean_two_things_is_refused(text):
    with pytest.raises(ValueError, match="expected|absent"):
        written_terms(text)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("HP:0001250", True),
        ("-HP_12", True),
        ("Seizure (HP:0001250)", True),
        ("id,present", False),
        ("HP\tHPR", False),  # genes
        ("trait\tHP1BP3", False),
    ],
)
def test_a_line_of_terms(line, expected):
    assert is_of_terms(line) == expected


@pytest.mark.parametrize(("between", "first"), [(" ", "COL3A1"), ("\t", "COL3A1"), (" | ", "COL3A1"), (None, "NOTCH1")])
def test_all_ids_of_a_line_decide_which_gene_fits_best(tmp_path, between, first):
    root = "[Term]\nid: HP:0000001\nname: All\n"
    below = [f"[Term]\nid: {term}\nname: {term}\nis_a: HP:0000118\n" for term in FOUR]
    abnormality = "[Term]\nid: HP:0000118\nname: Phenotypic abnormality\nis_a: HP:0000001\n"
    head = "format-version: 1.2\ndefault-namespace: h\n"
    (tmp_path / "hp.obo").write_text("\n".join([head, root, abnormality, *below]))
    known = {"NOTCH1": FOUR[:1], "SKI": FOUR[:1], "COL3A1": FOUR[1:]}
    rows = [f"1\t{gene}\t{term}\tx\t-\tOMIM:1\n" for gene, own in known.items() for term in own]
    header = "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"
    (tmp_path / "genes_to_phenotype.txt").write_text(header + "".join(rows))
    overlap = PhenotypeOverlap(tmp_path / "hp.obo", tmp_path / "genes_to_phenotype.txt")
    text = FOUR[0] if between is None else between.join(FOUR)
    present = [{"id": term.id, "label": "x"} for term in written_terms(text)]
    genes = [RankedGene(symbol="NOTCH1"), RankedGene(symbol="COL3A1")]
    scores = overlap.scores(CaseExample(id="c", subset="s", causal=genes[:1], present=present), genes)
    # Two of three genes have the first phenotype, and one each of the others.
    alone, all_four = [log(3 / 2), 0], [log(3 / 2) / 4, 3 * log(3) / 4]
    assert scores == pytest.approx(alone if between is None else all_four)
    assert max(zip(scores, ("NOTCH1", "COL3A1"), strict=True))[1] == first
