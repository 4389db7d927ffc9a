"""HPO ids in one text, as people part them and label them."""

import pytest

from reasonome.facts.sources.phenotype_text import is_of_terms, written_terms

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
        "Seizure (HP:0001250) HP:0001263",
        "Seizure (HP:0001250",
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
