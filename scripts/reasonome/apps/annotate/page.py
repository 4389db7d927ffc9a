"""One self-contained page of annotated gene sets, for readers who never trained a model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from reasonome.apps.annotate.enrichment import NEAR_IDENTICAL
from reasonome.apps.annotate.gsea import RankedAnalysis, ranking_values
from reasonome.apps.annotate.record import MOST_TERMS, AnnotationRecord
from reasonome.apps.annotate.tables import (
    COLUMNS,
    ENRICHMENT_COLUMNS,
    GSEA_COLUMNS,
    enrichment_lines,
    gsea_lines,
    tsv_line,
)
from reasonome.apps.page import About, render, scripts
from reasonome.enrichment.term import MANY, EnrichedTerm

HERE = Path(__file__).with_suffix("")
SCRIPTS = scripts(HERE, ["records", "dot_plot", "terms", "evidence", "sets", "across", "lists", "rankings"])
MOST_LINES = 40_000  # of enrichment.tsv that a page holds, about 10 MB
Terms = Mapping[str, Sequence[EnrichedTerm]]
NO_TERMS: Terms = MappingProxyType({})


class PageAbout(About):
    """How the terms were found and a model was asked; without a model its fields are empty.

    `context` is what people said of the lists, `chain` are the training steps, first to last. `universe` says which
    genes enrichment is tested against, and `recognised` how many identifiers of the files are genes. `releases` are of
    the libraries, and `tests` says for each list and library for how many tests p is adjusted.
    """

    context: str = ""
    chain: list[str] = []
    backbone: str = ""
    backbone_licence: str = ""
    universe: list[str]
    libraries: list[str] = []
    recognised: list[str] = []
    releases: dict[str, str] = {}
    tests: dict[str, dict[str, int]] = {}


def render_page(
    records: Sequence[AnnotationRecord],
    about: PageAbout,
    rankings: Sequence[RankedAnalysis] = (),
    terms: Terms = NO_TERMS,
) -> str:
    """The page as text.

    `terms` are all significant terms of each set by its id, of which a page holds MOST_LINES at most: of more those
    that it shows.
    """
    all_terms = sum(map(len, terms.values())) <= MOST_LINES
    data = {
        "model": f"{about.model} ({about.backbone})" if about.model else "",
        "files": "annotations-shown",
        "rankings": [ranking_values(analysis) | {"lines": gsea_lines(analysis)} for analysis in rankings],
        "gsea_heading": "\t".join(GSEA_COLUMNS),
        "terms": {record.id: _held(record, terms.get(record.id, ()), all_terms) for record in records},
        "all_terms": all_terms,
        "terms_heading": "\t".join(ENRICHMENT_COLUMNS),
        "releases": about.releases,
        "tests": about.tests,
        "heading": "\t".join(COLUMNS),
        "most_terms": MOST_TERMS,
        "many": MANY,
        "near_identical": NEAR_IDENTICAL,
        "lines": [tsv_line(record) for record in records],
        "records": [record.model_dump(mode="json") for record in records],
    }
    lists = list(dict.fromkeys(record.list for record in records))
    template = HERE / "annotations.html.j2"
    return render(template, SCRIPTS, about, data, rankings=rankings, lists=lists, n_records=len(records))


def _held(record: AnnotationRecord, terms: Sequence[EnrichedTerm], all_terms: bool) -> list[list[str | int | float]]:
    """The lines of enrichment.tsv that the page holds of a set, each with library, id, overlap and adjusted p."""
    shown = {(term.library, term.id) for term in record.enriched}
    lines = zip(enrichment_lines(record, terms), terms, strict=True)
    return [
        [line, term.library, term.id, term.overlap, term.adjusted_p]
        for line, term in lines
        if all_terms or (term.library, term.id) in shown
    ]
