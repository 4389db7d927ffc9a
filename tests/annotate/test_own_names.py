"""Names that are one gene's own, and those that only look so."""

import pytest
from annotation_project import GOOD

from reasonome.apps.annotate.judge import own_name_flag
from reasonome.apps.annotate.record import AnnotatedGene

SET = [
    AnnotatedGene(symbol=symbol, written=symbol, name=name)
    for symbol, name in [
        ("BRCA1", "BRCA1 DNA repair associated"),
        ("CDK1", "cyclin dependent kinase 1"),
        ("CDK2", "cyclin dependent kinase 2"),
        ("HLA-A", "major histocompatibility complex, class I, A"),
        ("UNNAMED", ""),
    ]
]
TERMS = {"DNA repair", "Cyclin dependent kinase 1"}


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BRCA1 DNA repair associated", "BRCA1"),
        ("Cyclin-Dependent Kinase 1", "CDK1"),  # also where a term has that name
        ("cyclin dependent kinase 2 (CDK2)", "CDK2"),
        ("Major histocompatibility complex class I A", "HLA-A"),
    ],
)
def test_a_name_that_is_what_a_gene_is_called(name, symbol):
    assert own_name_flag(name, SET, name in TERMS) == f"the name is a gene's own: {symbol}"


@pytest.mark.parametrize(
    ("name", "symbols"),
    [
        ("Cyclin-dependent kinase", "CDK1, CDK2"),
        ("repair associated", "BRCA1"),
    ],
)
def test_a_name_that_is_part_of_what_genes_are_called(name, symbols):
    assert own_name_flag(name, SET, name in TERMS) == f"the name is part of a gene's own: {symbols}"


@pytest.mark.parametrize(
    "name",
    [
        "DNA repair",  # stands in a gene's name, and is a term
        "cyclin dependent kinase 1 signalling",  # says more than the gene's name
        "cyclin kinase",  # words of a gene's name that do not stand together
        "mitotic cell cycle",
        "",
    ],
)
def test_other_names_are_not_flagged(name):
    assert own_name_flag(name, SET, name in TERMS) == ""


def test_an_annotation_says_so(annotating, by_hand):
    by_hand.answers = {"ATM": "Process: BRCA1\nReasoning:\n<think>BRCA1 takes part in DNA repair.</think>"}
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert (record["name"], record["standing"]) == ("BRCA1", "none")
    assert record["standing_why"] == "the name is a gene's own: BRCA1"
