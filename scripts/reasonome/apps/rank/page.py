"""One self-contained page of ranked cases or loci, for readers who never trained a model."""

from collections.abc import Sequence
from pathlib import Path

from reasonome.apps.page import About, render, scripts
from reasonome.apps.rank.record import COLUMNS, PURPOSE, RankedCandidate, RankingRecord, tsv_lines
from reasonome.apps.rank.settings import Kind

HERE = Path(__file__).with_suffix("")
SCRIPTS = scripts(HERE, ["records", "evidence", "rankings"])


class PageAbout(About):
    """How the rankings were made. `by_chance` says first of all that the model was measured to rank as by chance."""

    kind: Kind
    by_chance: str = ""
    benchmark: str


def render_page(records: Sequence[RankingRecord], about: PageAbout) -> str:
    """The page as text."""
    # Of a large panel nearly all genes are left out, of each case: rankings.jsonl has them. `empty` has the defaults.
    shown = [record.model_dump(mode="json", exclude_defaults=True, exclude={"left_out"}) for record in records]
    empty = RankingRecord(kind=about.kind, file="", name="", id="").model_dump(mode="json", exclude={"left_out"})
    data = {
        "kind": about.kind,
        "model": about.model,
        "files": "rankings-shown",
        "heading": "\t".join(COLUMNS),
        "lines": ["\n".join(tsv_lines(record)) for record in records],
        "records": shown,
        "empty": empty,
        "empty_gene": RankedCandidate(symbol="").model_dump(mode="json"),
    }
    files = list(dict.fromkeys(record.file for record in records))
    template = HERE / "rankings.html.j2"
    return render(template, SCRIPTS, about, data, purpose=PURPOSE, n_records=len(records), files=files)
