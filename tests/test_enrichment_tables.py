"""Enrichment tables of each program by its columns, bad rows, and tables that cannot be read."""

from pathlib import Path

import gseapy
import numpy as np
import pandas as pd
import pytest
from refusals import refused

from reasonome.tasks.pathway_qa.enrichment_tables import genes, read_contrasts

SHIPPED = Path(__file__).parent.parent / "resources/spaceflight/mouse_reactome.csv.gz"

# (text, id, name, adjusted p, score, genes): the header as the program writes it, and a row.
TABLES = {
    "fGSEA": (
        'pathway,pval,padj,log2err,ES,NES,size,leadingEdge\nREACTOME_DNA_REPAIR,.001,.01,.4,.5,1.9,25,"Brca1; Rad51"\n',
        ("REACTOME_DNA_REPAIR", "REACTOME_DNA_REPAIR", 0.01, 1.9, ("Brca1", "Rad51")),
    ),
    "fGSEA, list column": (
        "pathway\tpval\tpadj\tlog2err\tES\tNES\tsize\tleadingEdge\n"
        'A_B\t.001\t.01\t.4\t.5\t-1.9\t25\t"c(""X1"", ""X2"")"\n',
        ("A_B", "A_B", 0.01, -1.9, ("X1", "X2")),
    ),
    "clusterProfiler GSEA": (
        "ID,Description,setSize,enrichmentScore,NES,pvalue,p.adjust,qvalue,rank,leading_edge,core_enrichment\n"
        'GO:0006281,DNA repair,80,.5,2.1,1e-5,.002,.001,900,"tags=40%, list=9%, signal=37%",BRCA1/RAD51\n',
        ("GO:0006281", "DNA repair", 0.002, 2.1, ("BRCA1", "RAD51")),
    ),
    "clusterProfiler": (
        "ID,Description,GeneRatio,BgRatio,pvalue,p.adjust,qvalue,geneID,Count\n"
        "GO:0006281,DNA repair,5/100,80/18000,1e-5,.002,.001,BRCA1/RAD51,2\n",
        ("GO:0006281", "DNA repair", 0.002, None, ("BRCA1", "RAD51")),
    ),
    "GSEApy prerank": (
        "Name,Term,ES,NES,NOM p-val,FDR q-val,FWER p-val,Tag %,Gene %,Lead_genes\n"
        "prerank,DNA repair,.5,1.7,0.0,.03,.1,10/50,9%,BRCA1;RAD51\n",
        ("DNA repair", "DNA repair", 0.03, 1.7, ("BRCA1", "RAD51")),
    ),
    "GSEApy enrichr": (
        "Gene_set\tTerm\tOverlap\tP-value\tAdjusted P-value\tOdds Ratio\tCombined Score\tGenes\n"
        "GO\tDNA repair\t2/80\t.001\t.04\t5\t30\tBRCA1;RAD51\n",
        ("DNA repair", "DNA repair", 0.04, None, ("BRCA1", "RAD51")),
    ),
    "GSEA desktop": (
        "NAME\tGS<br> follow link to MSigDB\tGS DETAILS\tSIZE\tES\tNES\tNOM p-val\tFDR q-val\tFWER p-val\tRANK AT MAX\t"
        "LEADING EDGE\t\nHALLMARK_E2F\tHALLMARK_E2F\tDetails ...\t69\t.7\t2.7\t0.0\t0.0\t0.0\t2778\ttags=65%\t\n",
        ("HALLMARK_E2F", "HALLMARK_E2F", 0.0, 2.7, ()),
    ),
    "g:Profiler": (
        "source,native,name,p_value,significant,term_size,intersection_size,intersections\n"
        "GO:BP,GO:0006281,DNA repair,.004,True,500,2,\"['BRCA1', 'RAD51']\"\n",
        ("GO:0006281", "DNA repair", 0.004, None, ("BRCA1", "RAD51")),
    ),
    "generic results": (
        "Name\tDescription\tpvalue\tqvalue\tphenotype\tgenes\nGO:0006281\tDNA repair\t.01\t.03\t1\tBRCA1,RAD51\n",
        ("GO:0006281", "DNA repair", 0.03, None, ("BRCA1", "RAD51")),
    ),
    "DAVID": (
        "Category\tTerm\tCount\t%\tPValue\tGenes\tList Total\tPop Hits\tPop Total\tFold Enrichment\tBonferroni"
        "\tBenjamini\tFDR\n"
        "GOTERM_BP_FAT\tGO:0006281~DNA repair\t2\t1.5\t.001\tBRCA1, RAD51\t90\t80\t18000\t5\t.5\t.02\t.02\n",
        ("GO:0006281", "DNA repair", 0.02, None, ("BRCA1", "RAD51")),
    ),
}


@pytest.mark.parametrize("program", TABLES)
def test_each_program_by_its_columns(tmp_path, program):
    text, (identifier, name, adjusted, score, listed) = TABLES[program]
    (tmp_path / "table").write_text(text)
    [contrast], bad = read_contrasts(tmp_path / "table", "liver", "one")
    assert (contrast.tissue, contrast.study, bad) == ("liver", "one", [])
    [row] = contrast.sets.values()
    assert (row.id, row.name, row.adjusted, row.genes) == (identifier, name, adjusted, listed)
    assert contrast.signed == (score is not None)
    assert score is None or row.score == score


@pytest.mark.parametrize(
    ("term", "identifier", "name"),
    [
        ("hsa03030:DNA replication", "hsa03030", "DNA replication"),
        ("R-HSA-73894~DNA Repair", "R-HSA-73894", "DNA Repair"),
        ("KW-0234~DNA repair", "KW-0234", "DNA repair"),
        ("IPR002423:Chaperonin Cpn60/TCP-1", "IPR002423", "Chaperonin Cpn60/TCP-1"),
        ("h_btg2Pathway:BTG family proteins", "h_btg2Pathway", "BTG family proteins"),
        ("repeat:WD 1", "repeat:WD 1", "repeat:WD 1"),
    ],
)
def test_ids_and_names_of_david(tmp_path, term, identifier, name):
    (tmp_path / "t.txt").write_text(f"Category\tTerm\tBenjamini\tGenes\nX\t{term}\t.02\tMCM2\n")
    [contrast], _ = read_contrasts(tmp_path / "t.txt", "liver", "one")
    assert [(row.id, row.name) for row in contrast.sets.values()] == [(identifier, name)]


def test_a_phenotype_is_a_direction_where_it_has_two_values(tmp_path):
    (tmp_path / "t.txt").write_text("Name\tDescription\tqvalue\tphenotype\nA\tx\t.01\t1\nB\ty\t.01\t-1\n")
    [contrast], _ = read_contrasts(tmp_path / "t.txt", "liver", "one")
    assert contrast.signed and [row.score for row in contrast.sets.values()] == [1, -1]


def test_a_column_of_aliases(tmp_path):
    (tmp_path / "t.csv").write_text("pathway,padj,NES,other\nA,.01,2,R-1; R-2|first\nB,.01,2,\n")
    [contrast], _ = read_contrasts(tmp_path / "t.csv", "liver", "one", {"alias": "other"})
    assert [row.aliases for row in contrast.sets.values()] == [("R-1", "R-2", "first"), ()]


def test_a_contrast_without_a_sound_row_is_named(tmp_path):
    (tmp_path / "t.csv").write_text(f"{FGSEA}GOOD,.01,2,X,skin\nA,NA,2,X,liver\nB,NA,2,X,liver\n")
    [contrast], bad = read_contrasts(tmp_path / "t.csv", study="one", columns={"tissue": "tissue"})
    assert contrast.tissue == "skin"
    assert [tuple(row) for row in bad] == [
        (3, "A", "the adjusted p is 'NA'"),
        (4, "B", "the adjusted p is 'NA'"),
        (3, "liver, one", "no row of this contrast can be used"),
    ]


def test_the_shipped_table_of_fgsea_has_twenty_contrasts():
    contrasts, bad = read_contrasts(SHIPPED, columns={"tissue": "tissue", "study": "mission"})
    assert len(contrasts) == 20
    assert {row.reason for row in bad} <= {"the adjusted p is 'NA'"}
    thymus = next(c for c in contrasts if (c.tissue, c.study) == ("thymus", "RR-9"))
    row = thymus.sets["REACTOME_ACTIVATION_OF_THE_PRE_REPLICATIVE_COMPLEX"]
    assert "Mcm2" in row.genes and row.adjusted < 0.05


@pytest.fixture(scope="module")
def two_sets():
    genes = [f"G{place}" for place in range(200)]
    return pd.Series(np.linspace(3, -3, 200), index=genes), {"first": genes[:20], "last": genes[-20:]}


def test_a_file_that_gseapy_prerank_wrote(two_sets, tmp_path):
    ranks, sets = two_sets
    gseapy.prerank(ranks, sets, min_size=5, permutation_num=50, outdir=str(tmp_path), seed=1, no_plot=True)
    [contrast], bad = read_contrasts(tmp_path / "gseapy.gene_set.prerank.report.csv", "liver", "one")
    assert bad == [] and contrast.signed
    assert contrast.sets["first"].score > 0 > contrast.sets["last"].score
    assert set(contrast.sets["first"].genes) == set(sets["first"])


def test_a_file_that_gseapy_enrich_wrote(two_sets, tmp_path):
    ranks, sets = two_sets
    gseapy.enrich(sets["first"][:15], sets, background=list(ranks.index), outdir=str(tmp_path), no_plot=True)
    [path] = tmp_path.glob("*.txt")
    [contrast], bad = read_contrasts(path, "liver", "one")
    assert bad == [] and not contrast.signed
    assert set(contrast.sets["first"].genes) == set(sets["first"][:15]) and contrast.sets["first"].adjusted < 1e-6


# (set, name, adjusted p, score, first gene and number of genes) of the first and of a later row, read off the file.
REAL = {
    "gsea_report_for_ES12.xls": [
        ("RIBOSOME BIOGENESIS%GO%GO:0042254", "RIBOSOME BIOGENESIS%GO%GO:0042254", 0.0, 2.7164943, None),
        ("G2 M CHECKPOINTS%REACTOME%REACT_828.2", "G2 M CHECKPOINTS%REACTOME%REACT_828.2", 0.0, 2.3745635, None),
    ],
    "david_chart.txt": [
        ("GO:0034660", "ncRNA metabolic process", 0.019912424511369098, None, ("CARS", 21)),
        ("GO:0043218", "compact myelin", 0.11285050886964809, None, ("PLLP", 3)),
    ],
    "gprofiler_generic.txt": [
        ("GO:0050890", "cognition", 0.0356, None, ("FYN", 10)),
        ("GO:0072593", "reactive oxygen species metabolic process", 0.0185, None, ("CAV1", 13)),
    ],
}


@pytest.mark.parametrize("file", REAL)
def test_real_files_of_programs(file):
    """tests/data/enrichment/README.md has where they are from."""
    [contrast], bad = read_contrasts(Path(__file__).parent / "data/enrichment" / file, "liver", "one")
    assert bad == [] and len(contrast.sets) == 15
    for identifier, name, adjusted, score, listed in REAL[file]:
        row = contrast.sets[identifier]
        assert (row.name, row.adjusted) == (name, adjusted)
        assert contrast.signed == (score is not None) and (score is None or row.score == score)
        assert (row.genes == ()) if listed is None else (row.genes[0], len(row.genes)) == listed


UNSTATABLE = "no statement can have this name in this tissue: it has a line end or a ';', or begins like a list"
FGSEA = "pathway,padj,NES,leadingEdge,tissue\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,NA,1.5,X,skin", "the adjusted p is 'NA'"),
        ("A,1.5,1.5,X,skin", "the adjusted p is '1.5'"),
        ("A,.01,high,X,skin", "the score is 'high'"),
        (",.01,1.5,X,skin", "the cell of the set, the tissue or the study is empty"),
        ("GOOD,.01,1.5,X,skin", "the set has an earlier row"),
        ("A,.01,0,X,skin", "the set is significant, and its score 0 has no direction"),
        ("1. foo,.01,2,X,skin", UNSTATABLE),
        ("Answer: foo,.01,2,X,skin", UNSTATABLE),
        ("A,.01,2,X,skin; left", UNSTATABLE),
    ],
)
def test_bad_rows_are_flagged_with_their_line(tmp_path, row, reason):
    (tmp_path / "t.csv").write_text(f"{FGSEA}GOOD,.01,2,X,skin\n{row}\n")
    [contrast], [bad, *_] = read_contrasts(tmp_path / "t.csv", study="one", columns={"tissue": "tissue"})
    assert list(contrast.sets) == ["GOOD"]
    assert (bad.line, bad.reason) == (3, reason)


def test_a_row_with_the_score_0_that_is_not_significant_counts(tmp_path):
    (tmp_path / "t.csv").write_text("pathway,padj,NES\nA,.5,0\nB,.04,0\n")
    [contrast], [bad] = read_contrasts(tmp_path / "t.csv", "skin", "one")
    assert list(contrast.sets) == ["A"] and bad.id == "B"
    [contrast], bad = read_contrasts(tmp_path / "t.csv", "skin", "one", significant=0.01)
    assert list(contrast.sets) == ["A", "B"] and bad == []


@pytest.mark.parametrize(
    ("text", "columns", "line", "fix"),
    [
        ("gene,log2FoldChange,padj\nA,1,.1\n", {}, 1, "say in `columns` what id, adjusted and score are called"),
        (f"{FGSEA}A,NA,1,X,skin\n", {}, 2, "see whether the columns are those meant"),
        (f"{FGSEA}A,.1,1,X\n", {}, 2, "put quotes around a cell"),
        (f"{FGSEA}A,.1,1,X,skin\n", {"tissue": "tisue"}, 1, "did you mean 'tissue'?"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, text, columns, line, fix):
    (tmp_path / "t.csv").write_text(text)
    with refused(tmp_path / "t.csv", line, fix=fix):
        read_contrasts(tmp_path / "t.csv", "skin", "one", columns)


def test_columns_of_ones_own(tmp_path):
    (tmp_path / "t.tsv").write_text("set\tq\tz\nA\t.1\t-2\n")
    [contrast], _ = read_contrasts(tmp_path / "t.tsv", "skin", "one", {"id": "set", "adjusted": "q", "score": "z"})
    assert contrast.sets["A"].score == -2


def test_columns_of_ones_own_keep_the_sign_of_the_program(tmp_path):
    (tmp_path / "t.csv").write_text("ID,NES,p.adjust\nA,-2,.01\n")
    [contrast], _ = read_contrasts(tmp_path / "t.csv", "skin", "one", {"id": "ID", "adjusted": "p.adjust"})
    assert contrast.sets["A"].score == -2


def test_a_column_of_g_profiler_alone_is_no_table_of_it(tmp_path):
    (tmp_path / "t.csv").write_text("source,pathway_name,p_value\nGO,A,.1\n")
    with refused(fix="say in `columns` what id"):
        read_contrasts(tmp_path / "t.csv", "skin", "one")


@pytest.mark.parametrize("text", ["A; B", "A,B", "A/B", "['A', 'B']", 'c("A", "B")', "A B A"])
def test_genes_of_a_cell(text):
    assert genes(text) == ("A", "B")
