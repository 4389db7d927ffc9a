"""One self-contained page of annotated gene sets, for readers who never trained a model."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup
from pydantic import BaseModel

from reasonome.annotation.agreement import NEAR_IDENTICAL
from reasonome.annotation.gsea import RankedAnalysis, ranking_values
from reasonome.annotation.record import MOST_TERMS, AnnotationRecord
from reasonome.annotation.tables import json_values, tsv_heading, tsv_line
from reasonome.core import atomic
from reasonome.enrichment.term import MANY
from reasonome.report import page_files
from reasonome.report.page_files import SourceUsed

HERE = Path(__file__).with_suffix("")
MODULES = ("records", "dot_plot", "terms", "evidence", "sets", "lists", "rankings")
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
    before or below the first term, in one column with it (annotation.shipped). `chain` are the training steps, first to
    last, and `recipe_steps` has a sentence for each. `universe` says which genes enrichment is tested against,
    `reading` how the files were read, and `recognised` how many of their identifiers are genes. `warnings` stand above
    all names.
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
    versions: dict[str, str] = {}
    command: str
    warnings: list[str] = []


def write_page(
    records: Sequence[AnnotationRecord], about: PageAbout, path: Path, rankings: Sequence[RankedAnalysis] = ()
) -> None:
    """Write the page; style, script and data are in it, so that it loads nothing."""
    atomic.write_text(path, render_page(records, about, rankings))


def render_page(records: Sequence[AnnotationRecord], about: PageAbout, rankings: Sequence[RankedAnalysis] = ()) -> str:
    """The page as text."""
    script = page_files.one_script(SCRIPTS)
    data = {
        "model": f"{about.model} ({about.backbone})" if about.model else "",
        "decoding": f"{about.decoding}, prompts of style {about.style}",
        "second_opinion": about.second_opinion,
        "files": "annotations-shown",
        "rankings": [ranking_values(analysis) for analysis in rankings],
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
