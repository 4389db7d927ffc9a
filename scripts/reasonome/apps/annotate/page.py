"""One self-contained page of annotated gene sets, for readers who never trained a model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup
from pydantic import BaseModel

from reasonome.apps.annotate.enrichment import NEAR_IDENTICAL
from reasonome.apps.annotate.gsea import RankedAnalysis, ranking_values
from reasonome.apps.annotate.record import MOST_TERMS, AnnotationRecord
from reasonome.apps.annotate.tables import (
    ENRICHMENT_COLUMNS,
    GSEA_COLUMNS,
    enrichment_lines,
    gsea_lines,
    heading,
    json_values,
    tsv_heading,
    tsv_line,
)
from reasonome.core import atomic
from reasonome.enrichment.term import MANY, EnrichedTerm
from reasonome.report import page_files
from reasonome.report.page_files import SourceUsed

HERE = Path(__file__).with_suffix("")
MODULES = ("records", "dot_plot", "terms", "evidence", "sets", "across", "lists", "rankings")
MOST_LINES = 40_000  # of enrichment.tsv that a page holds, about 10 MB
Terms = Mapping[str, Sequence[EnrichedTerm]]
NO_TERMS: Terms = MappingProxyType({})
STYLES = [page_files.FOLDER / "page.css", page_files.FOLDER / "records.css"]
SCRIPTS = [
    *(page_files.FOLDER / f"{name}.js" for name in ("elements", "paged_table", "handing_over")),
    *(HERE / f"{name}.js" for name in MODULES),
    page_files.FOLDER / "frame.js",
    HERE / "start.js",
]


class PageAbout(BaseModel):
    """How the terms and the names were found, and the model's scores; without a model its fields are empty.

    `where` says where the model was asked, and what left the machine. `measured` has its scores and those of baselines,
    or says that there are none; `card` is the path of its card, "" without one. With `second_opinion` names stand
    before or below the first term, in one column with it (`shipped`). `chain` are the training steps, first to
    last, and `recipe_steps` has a sentence for each. `universe` says which genes enrichment is tested against,
    `reading` how the files were read, and `recognised` how many of their identifiers are genes. `releases` are of the
    libraries, and `tests` says for each list and library for how many tests p is adjusted. `warnings` stand above all
    names.
    """

    model: str = ""
    where: str = "Nothing was uploaded."
    chain: list[str] = []
    backbone: str = ""
    backbone_licence: str = ""
    recipe_steps: list[str] = []
    measured: str = ""
    card: str = ""
    second_opinion: bool = False
    decoding: str = ""
    style: str = ""
    samples: int = 0
    sources: list[SourceUsed] = []
    universe: list[str]
    reading: list[str] = []
    libraries: list[str] = []
    recognised: list[str] = []
    releases: dict[str, str] = {}
    tests: dict[str, dict[str, int]] = {}
    versions: dict[str, str] = {}
    command: str
    warnings: list[str] = []


def write_page(
    records: Sequence[AnnotationRecord],
    about: PageAbout,
    path: Path,
    rankings: Sequence[RankedAnalysis] = (),
    terms: Terms = NO_TERMS,
) -> None:
    """Write the page; style, script and data are in it, so that it loads nothing.

    `terms` are all significant terms of each set by its id, of which a page holds MOST_LINES at most: of more those
    that it shows.
    """
    atomic.write_text(path, render_page(records, about, rankings, terms))


def render_page(
    records: Sequence[AnnotationRecord],
    about: PageAbout,
    rankings: Sequence[RankedAnalysis] = (),
    terms: Terms = NO_TERMS,
) -> str:
    """The page as text."""
    script = page_files.one_script(SCRIPTS)
    all_terms = sum(map(len, terms.values())) <= MOST_LINES
    data = {
        "model": f"{about.model} ({about.backbone})" if about.model else "",
        "decoding": f"{about.decoding}, prompts of style {about.style}",
        "second_opinion": about.second_opinion,
        "files": "annotations-shown",
        "rankings": [ranking_values(analysis) | {"lines": gsea_lines(analysis)} for analysis in rankings],
        "gsea_heading": heading(GSEA_COLUMNS),
        "terms": {record.id: _held(record, terms.get(record.id, ()), all_terms) for record in records},
        "all_terms": all_terms,
        "terms_heading": heading(ENRICHMENT_COLUMNS),
        "releases": about.releases,
        "tests": about.tests,
        "heading": tsv_heading(),
        "most_terms": MOST_TERMS,
        "many": MANY,
        "near_identical": NEAR_IDENTICAL,
        "lines": [tsv_line(record) for record in records],
        "records": [json_values(record) for record in records],
    }
    template = page_files.templates(HERE).get_template("annotations.html.j2")
    return template.render(
        about=about,
        rankings=rankings,
        lists=list(dict.fromkeys(record.list for record in records)),
        n_records=len(records),
        style=Markup("".join(style.read_text(encoding="utf-8") for style in STYLES)),
        script=Markup(script),
        script_digest=page_files.script_digest(script),
        data=Markup(page_files.script_data(data)),
    )


def _held(record: AnnotationRecord, terms: Sequence[EnrichedTerm], all_terms: bool) -> list[list[str | int | float]]:
    """The lines of enrichment.tsv that the page holds of a set, each with library, id, overlap and adjusted p."""
    shown = {(term.library, term.id) for term in record.enriched}
    lines = zip(enrichment_lines(record, terms), terms, strict=True)
    return [
        [line, term.library, term.id, term.overlap, term.adjusted_p]
        for line, term in lines
        if all_terms or (term.library, term.id) in shown
    ]
