"""Every answer as the page's table shows it: those of models in the plan's order, then those of baselines."""

import json
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from reasonome.report.data_table import MOST_ROWS, Column, numbers, packed_table
from reasonome.report.evidence import Evidence
from reasonome.report.plan import Plan
from reasonome.report.tables import grouped
from reasonome.task_parts import Reporting

MOST_BYTES = 1_000_000  # of the packed answers: texts are cut until they fit
LONGEST = (2000, 1000, 500, 200, 50)  # characters of a text
CONSTANT_SHARE, CONSTANT_LEAST = 0.05, 3  # of the questions, and questions, that get one name
_WHO = ["backbone", "arm", "seed", "benchmark", "style", "decoding"]


def answers_table(plan: Plan, evidence: Evidence) -> tuple[str, int]:
    """The packed table of the first MOST_ROWS answers, and how many there are in all."""
    columns, packed = _columns(plan, evidence), ""
    count = len(columns[0].cells)
    for longest in LONGEST:
        packed = packed_table([column._replace(cells=_cut(column, longest)) for column in columns])
        if len(packed) <= MOST_BYTES:
            break
    return packed, count


def _cut(column: Column, longest: int) -> list:
    """The cells of the first rows, the texts below them no longer than this."""
    cells = column.cells[:MOST_ROWS]
    if not column.below:
        return cells
    return [f"{cell[:longest]} …" if len(cell) > longest else cell for cell in cells]


def _columns(plan: Plan, evidence: Evidence) -> list[Column]:
    """All answers by column; one that tells answers apart is left out where it is the same for all."""
    report, metric_set = plan.report, plan.metric_set
    metrics = dict.fromkeys([metric_set.primary, metric_set.stand_in, *metric_set.on("answers")])
    below = ["question", *report.of_questions, "genes", "ranking", "term_name", "term_by", "finish_reason", "text"]
    texts = dict.fromkeys(["subset", "stratum", "id", "gold", "answer", "relation", *below])
    cells = {name: [] for name in (*_WHO, *texts, *metrics, "of", "failures", "checked")}
    for of, labels, table in _runs(evidence):
        shown = report.as_shown(table)
        for name, label in zip(_WHO, labels, strict=True):
            cells[name] += [label] * len(shown)
        for name in texts:
            cells[name] += text_column(shown, name)
        for name in metrics:
            cells[name] += numbers(shown[name]) if name in shown else [None] * len(shown)
        cells["of"] += [of] * len(shown)
        cells["failures"] += failure_kinds(shown, report)
        cells["checked"] += map(_claims, text_column(shown, "checked_claims"))
    differing = [name for name in _WHO if name == "arm" or len({*cells[name]} - {""}) > 1]
    return [
        Column("answers of", cells["of"], filtered=True),
        *(Column(name, cells[name], filtered=True) for name in [*differing, "subset", "stratum"]),
        *(Column(title, cells[name]) for title, name in {"id": "id", "truth": "gold", "answer": "answer"}.items()),
        *(Column(metric_set.name(name), cells[name], places=metric_set.digits(name)) for name in metrics),
        Column("failures", cells["failures"], filtered=True),
        Column("relation to the truth", cells["relation"], filtered=True),
        *(Column(name.replace("_", " "), cells[name], below=True) for name in dict.fromkeys(below)),
        Column("claims, checked", cells["checked"], below=True),
    ]


def _runs(evidence: Evidence) -> Iterator[tuple[str, Sequence[str], pd.DataFrame]]:
    """Of models or of baselines, the labels of _WHO, and the answers."""
    for evaluation, table in evidence.evaluations:
        yield "models", [str(getattr(evaluation, name)) for name in _WHO], table
    for (benchmark, style), table in evidence.baselines.items():
        for (baseline,), rows in grouped(table, ["baseline"]):
            yield "baselines", ["", baseline, "", benchmark, style, ""], rows


def _claims(checked: str) -> str:
    """A line for each claim of an answer."""
    claims = json.loads(checked) if checked else []
    lines = [(c["gene"], "not " if c["negated"] else "", c["term"], c["verdict"], c["fact"] or "") for c in claims]
    return "\n".join(f"{gene}: {denied}{term}: {verdict} {fact}".strip() for gene, denied, term, verdict, fact in lines)


def failure_kinds(table: pd.DataFrame, report: Reporting) -> list[list[str]]:
    """What is wrong with each answer, in words, none or several; `table` holds one run's scored answers."""
    names = [" ".join(text.casefold().split()) for text in text_column(table, "answer")]
    failures = report.failure_kinds(table, names, _repeated(names, table["id"]))
    problems = [text.replace("_", " ").split(",") if text else [] for text in text_column(table, "problems")]
    return [list(dict.fromkeys([*own, *kinds])) for own, kinds in zip(problems, failures, strict=True)]


def _repeated(names: Sequence[str], ids: Iterable[str]) -> set[str]:
    """The names that answer at least CONSTANT_SHARE of the questions, and at least CONSTANT_LEAST."""
    pairs = pd.DataFrame({"name": names, "id": list(ids)}).drop_duplicates()
    counts = pairs.loc[pairs["name"] != "", "name"].value_counts()
    least = max(CONSTANT_LEAST, CONSTANT_SHARE * pairs["id"].nunique())
    return set(counts.index[counts >= least])


def text_column(table: pd.DataFrame, name: str) -> list[str]:
    """A column of texts, empty ones if the table lacks it."""
    if name not in table:
        return [""] * len(table)
    return table[name].astype(object).fillna("").map(str).tolist()
