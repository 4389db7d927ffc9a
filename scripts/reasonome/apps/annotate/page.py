"""One self-contained page of annotated gene sets, for readers who never trained a model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from reasonome.apps.annotate.enrichment import NEAR_IDENTICAL
from reasonome.apps.annotate.figures import Drawn
from reasonome.apps.annotate.gsea import RankedAnalysis, ranking_values
from reasonome.apps.annotate.record import MOST_TERMS, AnnotationRecord
from reasonome.apps.annotate.tables import COLUMNS, tsv_line
from reasonome.apps.page import About, render, scripts
from reasonome.enrichment.term import MANY

HERE = Path(__file__).with_suffix("")
SCRIPTS = scripts(HERE, ["records", "figures", "terms", "evidence", "sets", "lists", "rankings"])
Figures = Mapping[str, Sequence[Drawn]]
NO_FIGURES: Figures = MappingProxyType({})


class PageAbout(About):
    """How the terms were found and a model was asked; without a model its fields are empty.

    `context` is what people said of the lists, `chain` are the training steps, first to last. `universe` says which
    genes enrichment is tested against, `recognised` how many identifiers of the files are genes, and `methods` how
    terms were tested, for a paper. `releases` are of the libraries, and `tests` says for each list and library for how
    many tests p is adjusted.
    """

    context: str = ""
    chain: list[str] = []
    backbone: str = ""
    backbone_licence: str = ""
    universe: list[str]
    methods: list[str] = []
    recognised: list[str] = []
    releases: dict[str, str] = {}
    tests: dict[str, dict[str, int]] = {}


def render_page(
    records: Sequence[AnnotationRecord],
    about: PageAbout,
    rankings: Sequence[RankedAnalysis] = (),
    figures: Figures = NO_FIGURES,
) -> str:
    """The page as text; `figures` are as of `figures.draw`."""
    data = {
        "model": f"{about.model} ({about.backbone})" if about.model else "",
        "files": "annotations-shown",
        "rankings": [ranking_values(analysis) for analysis in rankings],
        "figures": {key: [figure._asdict() for figure in drawn] for key, drawn in figures.items()},
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
