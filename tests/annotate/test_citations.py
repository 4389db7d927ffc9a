"""What a model's paragraph cites: genes of the list or not, terms enriched in it or not."""

import pytest
import toy_hgnc

from reasonome.apps.annotate.citations import check, read_answer
from reasonome.apps.annotate.record import AnnotatedGene, AnnotationRecord
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.sources.formats import read_genes

OWN = ["ISG15", "MX1", "HLA-A"]


@pytest.fixture(scope="module")
def genes(tmp_path_factory):
    path = tmp_path_factory.mktemp("genes") / "hgnc.txt"
    path.write_text(toy_hgnc.table([*OWN, "TP53", "REST", "IFI6"], previous={"IFI6": "G1P3"}))
    return read_genes({"table": path})


def term(name: str) -> EnrichedTerm:
    numbers = {"overlap": 2, "size": 9, "drawn": 3, "universe": 99, "p": 0.001, "adjusted_p": 0.01}
    return EnrichedTerm(library="L", id=name, name=name, genes=OWN[:2], **numbers)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("MX1-dependent defence; isg15 too, and HLA-A.", [("MX1", True), ("isg15", True), ("HLA-A", True)]),
        ("TP53 and the invented ISG99 rest; DNA, RNA, type I.", [("TP53", False), ("ISG99", False)]),
        ("G1P3 is an old name.", [("G1P3", False)]),
        ('They act in "Response to virus" and "cell death".', [("Response to virus", True), ("cell death", False)]),
        (
            "They respond: response to virus, not response to virus by TP53.",
            [("response to virus", True)] * 2 + [("TP53", False)],
        ),
        ("The DNA damage response is a tested set, and defence is none.", [("DNA damage response", False)]),
        ('Of "TP53 targets" none.', [("TP53 targets", False)]),
        ('A quoted "MX1" is a gene.', [("MX1", True)]),
        ("", []),
    ],
)
def test_each_citation_is_there_or_not_and_the_words_stay(genes, text, cited):
    record = AnnotationRecord(
        list="l", set="s", id="i", genes=[AnnotatedGene(symbol=symbol, written=symbol) for symbol in OWN]
    )
    parts = check(text, record, [term("response to virus")], {"dna damage response": "DNA damage response"}, genes)
    assert "".join(part.text for part in parts) == text
    assert [(part.text, part.there) for part in parts if part.cites] == cited


@pytest.mark.parametrize(
    ("text", "name", "paragraph"),
    [
        ("They act.\nTogether.\n\nProcess: viral defence", "viral defence", "They act. Together."),
        ("They act.\n**Process:** viral defence\n\nGenes: A\nProcess: b", "viral defence", "They act."),
        ("Process: x\nReasoning:\n<think>They act.</think>\n<think>So.</think>", "x", "They act. So."),
        ('{"name": "x", "paragraph": "They act."}', "x", "They act."),
        ("<think>Process: y</think>They act.\nProcess: x<|im_end|>", "x", "They act."),
        ("They act.", "", "They act."),
        ("<think>\nI could say\nProcess: viral defence\nbut MX1", "", ""),  # ended at the limit of tokens
    ],
)
def test_an_answer_is_a_paragraph_and_a_name(text, name, paragraph):
    read = read_answer(text)
    assert (read.name, read.paragraph) == (name, paragraph)
