"""One self-contained page of ranked cases or loci, for readers who never trained a model."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup
from pydantic import BaseModel

from reasonome.apps.rank.record import PURPOSE, RankingRecord
from reasonome.apps.rank.settings import Kind
from reasonome.apps.rank.tables import tsv_heading, tsv_lines
from reasonome.core import atomic
from reasonome.facts.sources.hpo import disease_page
from reasonome.report import page_files
from reasonome.report.page_files import SourceUsed

HERE = Path(__file__).with_suffix("")
STYLES = [page_files.FOLDER / "page.css", page_files.FOLDER / "records.css"]
SCRIPTS = [
    *(page_files.FOLDER / f"{name}.js" for name in ("elements", "paged_table", "handing_over")),
    *(HERE / f"{name}.js" for name in ("records", "evidence", "rankings")),
    page_files.FOLDER / "frame.js",
    HERE / "start.js",
]


class PageAbout(BaseModel):
    """How the rankings were made. `recipe_steps` has a sentence for each training step; `warnings` stand above all.

    `where` is a sentence on where the model was asked. `model` is "" where none was. `by_chance` says first of all that
    the model was measured to rank as by chance; "" where it was not.
    """

    kind: Kind
    model: str
    by_chance: str = ""
    recipe_steps: list[str] = []
    benchmark: str
    style: str
    decoding: str
    samples: int
    candidates: str
    reading: list[str] = []
    sources: list[SourceUsed] = []
    where: str
    versions: dict[str, str] = {}
    command: str
    warnings: list[str] = []


def write_page(records: Sequence[RankingRecord], about: PageAbout, path: Path) -> None:
    """Write the page; style, script and data are in it, so that it loads nothing."""
    atomic.write_text(path, render_page(records, about))


def render_page(records: Sequence[RankingRecord], about: PageAbout) -> str:
    """The page as text."""
    script = page_files.one_script(SCRIPTS)
    # Of a large panel nearly all genes are left out, of each case: rankings.jsonl has them.
    shown = [record.model_dump(mode="json", exclude_defaults=True, exclude={"left_out"}) for record in records]
    data = {
        "kind": about.kind,
        "model": about.model,
        "links": _links(records),
        "files": "rankings-shown",
        "heading": tsv_heading(),
        "lines": ["\n".join(tsv_lines(record)) for record in records],
        "records": shown,
    }
    template = page_files.templates(HERE).get_template("rankings.html.j2")
    return template.render(
        about=about,
        purpose=PURPOSE,
        n_records=len(records),
        files=list(dict.fromkeys(record.file for record in records)),
        style=Markup("".join(style.read_text(encoding="utf-8") for style in STYLES)),
        script=Markup(script),
        script_digest=page_files.script_digest(script),
        data=Markup(page_files.script_data(data)),
    )


def _links(records: Sequence[RankingRecord]) -> dict[str, str]:
    """The page of each disease that is told of, by its id, as far as there is one."""
    genes = [gene for record in records for gene in record.genes]
    of_phenotypes = (disease for gene in genes for known in gene.known for disease in known.diseases)
    ids = dict.fromkeys((*of_phenotypes, *(disease.id for gene in genes for disease in gene.diseases)))
    return {disease: page for disease in ids if (page := disease_page(disease))}
