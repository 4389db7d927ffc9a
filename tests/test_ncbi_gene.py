"""NCBI Gene: genes and facts from gene_info and gene_summary, as symbol authority too, and files that are not these.

The summaries are written for these tests.
"""

import gzip

import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import ncbi_gene

HEADER = (
    "#tax_id\tGeneID\tSymbol\tLocusTag\tSynonyms\tdbXrefs\tchromosome\tmap_location\tdescription\ttype_of_gene\t"
    "Symbol_from_nomenclature_authority\tFull_name_from_nomenclature_authority\tNomenclature_status\t"
    "Other_designations\tModification_date\tFeature_type"
)


def row(taxon, gene_id, symbol, synonyms, references, band, description, kind, official, full_name):
    return "\t".join(
        [taxon, gene_id, symbol, "-", synonyms, references, "-", band, description, kind, official, full_name]
        + ["-", "-", "20221101", "-"]
    )


HUMAN = [
    row(
        "9606",
        "9",
        "NAT1",
        "AAC1|MNAT",
        "MIM:108345|HGNC:HGNC:7645|Ensembl:ENSG00000171428|Ensembl:ENSG00000000009",
        "8p22|8p23",
        "N-acetyltransferase 1",
        "protein-coding",
        "NAT1",
        "N-acetyltransferase 1",
    ),
    row("9606", "4508", "ATP6", "-", "HGNC:HGNC:7414", "-", "ATP synthase 6", "unknown", "MT-ATP6", "-"),
    row("9606", "77", "LOC77", "-", "-", "1q1", "uncharacterized LOC77", "ncRNA", "-", "-"),
    row("9606", "78", "NEWENTRY", "-", "-", "-", "Record to support submission", "other", "-", "-"),
    row("9606", "79", "LOC79", "-", "-", "2p1", "a silencer", "biological-region", "-", "-"),
    row("9606", "80", "OLD1", "-", "-", "2p1", "DISCONTINUED: OLD1", "pseudo", "-", "-"),
]
NEANDERTHAL = row("63221", "6775071", "ATP6", "-", "-", "-", "ATP synthase 6", "protein-coding", "-", "-")
MOUSE = row(
    "10090",
    "22059",
    "Trp53",
    "p53",
    "MGI:MGI:98834|Ensembl:ENSMUSG00000059552",
    "11 42.83 cM|11 B3",
    "transformation related protein 53",
    "protein-coding",
    "Trp53",
    "transformation related protein 53",
)


def write(tmp_path, *rows, header=HEADER, name="gene_info"):
    path = tmp_path / name
    path.write_text("".join(f"{line}\n" for line in (header, *rows)))
    return path


def fact_rows(result):
    return result.facts[["gene", "relation", "object_id", "object_name"]].values.tolist()


def test_genes_carry_ids_aliases_and_the_official_symbol(tmp_path):
    path = write(tmp_path, *HUMAN, NEANDERTHAL)
    assert ncbi_gene.read_genes({"gene_info": path}) == [
        Gene(
            symbol="NAT1",
            name="N-acetyltransferase 1",
            hgnc_id="HGNC:7645",
            entrez_id="9",
            ensembl_id="ENSG00000171428",
            aliases=("AAC1", "MNAT"),
            other_ids=("ENSG00000000009",),
            coding=True,
        ),
        Gene(symbol="MT-ATP6", name="ATP synthase 6", hgnc_id="HGNC:7414", entrez_id="4508", aliases=("ATP6",)),
        Gene(symbol="LOC77", name="uncharacterized LOC77", entrez_id="77", coding=False),
    ]


def test_a_mouse_file_gives_mouse_genes(tmp_path, snapshot):
    path = write(tmp_path, *HUMAN, MOUSE)
    genes = ncbi_gene.read_genes({"gene_info": path}, taxon=10090)
    assert [(gene.symbol, gene.hgnc_id, gene.ensembl_id) for gene in genes] == [("Trp53", "", "ENSMUSG00000059552")]
    table = GeneTable(genes)
    assert table.resolve("MGI:98834").symbol == "Trp53"
    result = ncbi_gene.read("ncbi", {"gene_info": path}, table, taxon=10090)
    assert fact_rows(result) == snapshot
    assert result.left_out == {"rows of other organisms": 6}


def test_a_symbol_of_two_genes_goes_to_the_official_one_or_to_none(tmp_path):
    twin = row("9606", "100", "NAT1", "-", "-", "-", "a locus", "unknown", "-", "-")
    copies = [row("9606", i, "TRNA", "-", "-", "-", "a transfer RNA", "tRNA", "-", "-") for i in ("101", "102")]
    genes = ncbi_gene.read_genes({"gene_info": write(tmp_path, twin, *copies, *HUMAN)})
    assert {gene.symbol: gene.entrez_id for gene in genes} == {"NAT1": "9", "MT-ATP6": "4508", "LOC77": "77"}


def test_facts_by_gene_id_under_another_authority(tmp_path):
    genes = GeneTable([Gene("NAT1NEW", entrez_id="9")])
    result = ncbi_gene.read("ncbi", {"gene_info": write(tmp_path, *HUMAN, NEANDERTHAL)}, genes)
    assert fact_rows(result) == [
        ["NAT1NEW", "has_alias", "AAC1", "AAC1"],
        ["NAT1NEW", "has_alias", "MNAT", "MNAT"],
        ["NAT1NEW", "has_name", "HGNC:7645", "N-acetyltransferase 1"],
        ["NAT1NEW", "has_gene_type", "protein-coding", "protein-coding"],
        ["NAT1NEW", "maps_to_band", "8p22", "8p22"],
    ]
    assert result.unmapped.values.tolist() == [["ncbi", "4508", "gene_info:3", ""]]
    assert result.left_out == {
        "rows of other organisms": 1,
        "placeholders for new entries": 1,
        "biological regions, which are no genes": 1,
        "discontinued genes": 1,
        "genes without official symbol that the symbol authority lacks": 1,
    }


def test_summaries_are_joined_by_gene_id_and_lose_their_credit(tmp_path, snapshot):
    info = write(tmp_path, *HUMAN)
    summary = tmp_path / "gene_summary.gz"
    lines = [
        "#tax_id\tGeneID\tSource\tSummary",
        '9606\t9\tRefSeq\tMoves acetyl groups; "slow" forms exist. [provided by RefSeq, Jul 2008]',
        "9606\t555\tRefSeq\tNot in the other file.",
        "10090\t22059\tRefSeq\tA mouse gene.",
    ]
    summary.write_bytes(gzip.compress("\n".join(lines).encode()))
    genes = GeneTable(ncbi_gene.read_genes({"gene_info": info}))
    result = ncbi_gene.read("ncbi", {"gene_info": info, "summary": summary}, genes)
    summaries = result.facts[result.facts["relation"] == "has_summary"]
    assert summaries.values.tolist() == snapshot
    assert result.left_out["summaries of other organisms"] == 1
    assert result.left_out["summaries of genes that gene_info lacks or that were left out"] == 1
    assert result.unmapped.empty
    assert result.identifiers == 3


@pytest.mark.parametrize(
    ("rows", "header", "line"),
    [
        ([HUMAN[0]], HEADER.replace("GeneID", "Gene"), 1),
        ([HUMAN[0], HUMAN[1].removesuffix("\t-")], HEADER, 3),
        ([HUMAN[0].replace("\t9\t", "\tNAT1\t")], HEADER, 2),
        ([MOUSE], HEADER, 2),
    ],
)
def test_another_file_is_refused(tmp_path, rows, header, line):
    path = write(tmp_path, *rows, header=header)
    with refused(path, line):
        ncbi_gene.read_genes({"gene_info": path})


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (["10090\t22059\tRefSeq\tA mouse gene."], 2),
    ],
)
def test_other_summaries_are_refused(tmp_path, rows, line):
    info = write(tmp_path, *HUMAN)
    path = write(tmp_path, *rows, header="#tax_id\tGeneID\tSource\tSummary", name="summary")
    with refused(path, line):
        ncbi_gene.read("ncbi", {"gene_info": info, "summary": path}, GeneTable([Gene("NAT1", entrez_id="9")]))
