"""PANTHER pathways. The real file could not be had: these rows are synthetic, in the layout that PANTHER documents."""

import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import panther

GENES = GeneTable(
    [
        Gene("TP53", hgnc_id="HGNC:11998", uniprot_ids=("P04637",)),
        Gene("MDM2", hgnc_id="HGNC:6973", uniprot_ids=("Q00987",)),
        Gene("ATM", ensembl_id="ENSG00000149311"),
        Gene("Trp53", other_ids=("MGI:98834",)),
    ]
)


def row(sequence, pathway="P00059", name="p53 pathway", confidence="IDA"):
    return "\t".join(
        [pathway, name, "G01", "a component", sequence, "a protein", confidence, "1", "PubMed", "PTHR1:SF1", "A FAMILY"]
    )


ROWS = [
    row("HUMAN|HGNC=11998|UniProtKB=P04637"),
    row("HUMAN|HGNC=11998|UniProtKB=P04637", confidence="TAS"),
    # The HGNC number is not known: the accession decides.
    row("HUMAN|HGNC=999|UniProtKB=Q00987", "P00006", "Apoptosis signaling pathway"),
    row("HUMAN|Ensembl=ENSG00000149311|UniProtKB=A0A000"),
    row("MOUSE|MGI=MGI=98834|UniProtKB=P02340"),
    row("HUMAN|HGNC=998|UniProtKB=Q99999"),
]


def read(tmp_path, *rows, taxon=9606):
    path = tmp_path / "SequenceAssociationPathway.txt"
    path.write_bytes("".join(f"{row}\r\n" for row in rows).encode())
    return panther.read("mine", {"associations": path}, GENES, taxon)


def test_sequences_of_one_organism_are_facts(tmp_path):
    result = read(tmp_path, *ROWS)
    assert result.facts.values.tolist() == [
        ["TP53", "member_of_pathway", "PANTHER:P00059", "p53 pathway", "mine", "IDA"],
        ["TP53", "member_of_pathway", "PANTHER:P00059", "p53 pathway", "mine", "TAS"],
        ["MDM2", "member_of_pathway", "PANTHER:P00006", "Apoptosis signaling pathway", "mine", "IDA"],
        ["ATM", "member_of_pathway", "PANTHER:P00059", "p53 pathway", "mine", "IDA"],
    ]
    assert result.left_out == {"rows of other organisms": 1}
    assert result.unmapped.values.tolist() == [["mine", "HGNC:998", "SequenceAssociationPathway.txt:6", ""]]


def test_mouse_ids_repeat_their_prefix(tmp_path):
    result = read(tmp_path, *ROWS, taxon=10090)
    assert result.facts["gene"].tolist() == ["Trp53"]
    assert result.left_out == {"rows of other organisms": 5}


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([ROWS[0], ROWS[1].rsplit("\t", 1)[0]], 2),
        ([row("P04637")], 1),
        ([row("HUMAN|TP53|P04637")], 1),
        ([row("HUMAN|HGNC=1|UniProtKB=P1", pathway="R-HSA-1")], 1),
        ([ROWS[4]], 1),
        ([""], None),
    ],
)
def test_another_file_is_refused(tmp_path, rows, line):
    with refused("SequenceAssociationPathway.txt", line):
        read(tmp_path, *rows)
