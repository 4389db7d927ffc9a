"""Names that are one gene's own, and those that only look so."""

import pytest
from annotation_project import GOOD

from reasonome.annotation.knowledge import read_known, read_libraries
from reasonome.annotation.names import own_name_flag
from reasonome.annotation.project_files import answer_sources
from reasonome.annotation.record import AnnotatedGene
from reasonome.config import Annotation
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import FORMATS
from reasonome.tasks.naming.background import read_background

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
        ("CDK2 (cyclin dependent kinase 2)", "CDK2"),
        ("Major histocompatibility complex class I A", "HLA-A"),
        ("hla-a", "HLA-A"),
        ("unnamed", "UNNAMED"),
    ],
)
def test_a_name_that_is_what_a_gene_is_called(name, symbol):
    assert own_name_flag(name, SET, name in TERMS) == f"the name is a gene's own: {symbol}"


@pytest.mark.parametrize(
    ("name", "symbols"),
    [
        ("Cyclin-dependent kinase", "CDK1, CDK2"),
        ("kinase", "CDK1, CDK2"),
        ("major histocompatibility complex", "HLA-A"),
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
        "cyclin dependent kin",
        "mitotic cell cycle",
        "",
        " - ",
    ],
)
def test_other_names_are_not_flagged(name):
    assert own_name_flag(name, SET, name in TERMS) == ""


def test_an_annotation_flags_the_name(annotating, by_hand):
    by_hand.answers = {"ATM": "Process: BRCA1\nReasoning:\n<think>BRCA1 takes part in DNA repair.</think>"}
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert record["name"] == "BRCA1" and "the name is a gene's own: BRCA1" in record["flags"]


def test_names_of_terms_and_of_library_sets_are_known(annotation_folder, annotation_settings, monkeypatch):
    monkeypatch.chdir(annotation_folder)
    sources = answer_sources(annotation_settings, Annotation(sets=["mine.gmt"]))
    genes = GeneTable(FORMATS[sources.authority_format].read_genes(dict(sources.authority)))
    background = read_background(sources.background)
    libraries = read_libraries(sources, background, genes)
    known = read_known(annotation_settings, sources, background, libraries)
    names = ["DNA-Repair", "homologous recombination", "Translation factors", "gene 1", ""]
    assert [known.names.is_term(name) for name in names] == ["yes", "yes", "yes", "no", "no"]
