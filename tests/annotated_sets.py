"""Hand-made annotated sets: five in two lists; two are nearly the same, one is an error and one has no name."""

from reasonome.apps.annotate.gsea import RankedAnalysis, RankedTerm
from reasonome.apps.annotate.page import PageAbout
from reasonome.apps.annotate.record import (
    AnnotatedGene,
    AnnotationRecord,
    Part,
    UnmappedGene,
)
from reasonome.enrichment.term import EnrichedTerm, FoldedTerm
from reasonome.report.card_sources import SourceRead

SPINDLE = AnnotationRecord(
    list="day 0",
    set="cluster 1",
    id="day 0/cluster 1",
    description="markers of cluster 1",
    place="line 1",
    genes=[
        AnnotatedGene(
            symbol="BUB1", written="BUB1", name="BUB1 mitotic checkpoint serine/threonine kinase", weight=2.5
        ),
        AnnotatedGene(symbol="MAD2L1", written="ENSG00000164109", name="mitotic arrest deficient 2 like 1", how="id"),
        AnnotatedGene(symbol="TTK", written="TTK", shown=False),
    ],
    unmapped=[UnmappedGene(written="MARCH1", why="a date in a spreadsheet", candidates=["MARCHF1", "MARC1"])],
    flags=["listed twice: TTK"],
    direction="higher in cluster 1 than in the others",
    name="spindle checkpoint",
    name_is_term=False,
    answer="the text",
    paragraph=[
        Part(text="BUB1", cites="gene", there=True),
        Part(text=" and "),
        Part(text="RAD51", cites="gene"),
        Part(text=" act in the "),
        Part(text="spindle assembly checkpoint", cites="term", there=True),
        Part(text=" and in "),
        Part(text="anaphase", cites="term"),
    ],
    enriched=[
        EnrichedTerm(
            library="GO BP",
            id="GO:0007094",
            name="spindle assembly checkpoint",
            overlap=2,
            size=40,
            drawn=3,
            universe=18000,
            p=2e-07,
            adjusted_p=3.1e-05,
            genes=["BUB1", "MAD2L1"],
            folded=[FoldedTerm(id="GO:0071174", name="spindle signaling", overlap=2, adjusted_p=0.00004)],
        ),
        EnrichedTerm(
            library="Reactome",
            id="R-HSA-2",
            name="cell cycle",
            overlap=3,
            size=600,
            drawn=3,
            universe=18000,
            p=0.001,
            adjusted_p=0.04,
            genes=["BUB1", "MAD2L1", "TTK"],
        ),
    ],
    group=1,
)
NEARLY = SPINDLE.model_copy(
    update={
        "list": "day 7",
        "id": "day 7/cluster 1",
        "name": "mitotic checkpoint",
        "flags": [],
        "paragraph": [],
        "unmapped": [],
        "enriched": [],
    }
)
INTERFERON = AnnotationRecord(
    list="day 0",
    set="cluster 2",
    id="day 0/cluster 2",
    genes=[AnnotatedGene(symbol=symbol, written=symbol) for symbol in ("ISG15", "MX1")],
    name="interferon response",
    name_is_term=False,
    answer="the only text",
    group=2,
)
ERROR = AnnotationRecord(
    list="day 0",
    set="cluster 3",
    id="day 0/cluster 3",
    unmapped=[UnmappedGene(written="foo", why="not known")],
    error="none of its identifiers is a gene",
    group=3,
)
NAMELESS = AnnotationRecord(
    list="day 7",
    set="cluster 2",
    id="day 7/cluster 2",
    genes=[AnnotatedGene(symbol=symbol, written=symbol) for symbol in ("TTN", "OR4F5")],
    answer="no shared process",
    flags=["the answer has no line `Process: NAME`"],
    group=4,
)
RECORDS = [SPINDLE, INTERFERON, ERROR, NEARLY, NAMELESS]

ABOUT = PageAbout(
    where="Nothing was uploaded: the model ran where this page was made.",
    model="models/tiny/grpo.names-s0",
    chain=["sft.names-s0", "grpo.names-s0"],
    backbone="Qwen/Qwen3-0.6B",
    backbone_licence="Apache-2.0",
    recipe_steps=["supervised fine-tuning on names", "reinforcement on names"],
    context="cells of a line",
    sources=[SourceRead(name="Gene Ontology", release="2026-06-01", licence="CC BY 4.0"), SourceRead(name="CORUM")],
    universe=["all 18,412 genes of the libraries"],
    reading=["sets: read as a GMT of 3 gene sets"],
    methods=["Reactome: 1,712 pathways"],
    versions={"reasonome": "0.1.0", "torch": "2.9"},
    command="reasonome annotate sets.gmt --model models/tiny/grpo.names-s0 --out annotated",
    warnings=["This model's scores do not beat the best constant."],
)

RANKING = RankedAnalysis(
    list="day 0",
    ends=("higher in treated than in control", "lower in treated than in control"),
    genes=700,
    sets=20,
    terms=[
        RankedTerm(
            library="GO BP",
            id="GO:1",
            name="mitosis",
            size=12,
            score=0.8,
            nes=2.1,
            p=1e-6,
            fdr=2e-5,
            leading_edge=["TTK", "BUB1"],
        ),
        RankedTerm(
            library="GO BP",
            id="GO:2",
            name="nuclear division",
            size=14,
            score=0.7,
            nes=1.9,
            p=1e-5,
            fdr=2e-4,
            leading_edge=["TTK", "BUB1"],
            folded_under="GO:1",
        ),
        RankedTerm(
            library="Reactome",
            id="R-1",
            name="translation",
            size=20,
            score=-0.6,
            nes=-1.7,
            p=0.001,
            fdr=0.02,
            leading_edge=["RPL3"],
        ),
    ],
)

POISON = """<img src=x onerror="pwned=1"></script><script>pwned=1</script><!-- '"><a href=javascript:pwned>"""
LONG_NAME = "Zellzyklus-Prüfpunkt γδ 有丝分裂 микротрубочки"[:40]


def poisoned(value):
    """A record or a part of one with POISON behind every text, except where a text is one of a few words."""
    if isinstance(value, str):
        return f"{value}{POISON}"
    if isinstance(value, list):
        return [poisoned(one) for one in value]
    if isinstance(value, dict):
        kept = ("cites",)
        return {key: one if key in kept else poisoned(one) for key, one in value.items()}
    return value


POISONED = [AnnotationRecord.model_validate(poisoned(record.model_dump())) for record in RECORDS]
POISONED_ABOUT = PageAbout.model_validate(poisoned(ABOUT.model_dump()))
