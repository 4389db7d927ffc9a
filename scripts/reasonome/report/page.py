"""One self-contained report.html: the tables, the figures, and every answer to look through."""

import base64
import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reasonome.benchmarks.strata import STRATA
from reasonome.comparisons import MEAN, in_mean
from reasonome.config import is_variant
from reasonome.errors import InputError
from reasonome.report.evidence import Evidence, TrainedStep
from reasonome.report.figures import ablation_name, training_name
from reasonome.report.plan import Corpus, Plan, Reasoning
from reasonome.report.tables import SETTING, information_rank, of_all_strata, reported_seeds

HERE = Path(__file__).parent
SIGNIFICANT = 0.05
METRIC_NAMES = {
    "rouge_l": "ROUGE-L",
    "similarity": "similarity",
    "exact": "exact",
    "abstained": "abstained",
    "format": "format kept",
    "no_name": "no usable name",
    "truncated": "cut off",
    "distinct_names": "distinct names",
    "length": "length",
}
VARIANT_METRICS = ("rouge_l", "exact", "abstained")
GROUPS = {
    "none": "nothing about the question",
    "prompt": "the genes' names alone",
    "prompt facts": "the facts chosen for the prompt",
    "training data": "the training data",
    "a database": "a database",
}
FLOOR_NOTES = {
    "constant": "always gives the training name that scores best on training names; it does not see the genes",
    "common_words": "always gives the row of the commonest training words that scores best; it does not see the genes",
    "random": "draws a training name by chance; it does not see the genes",
    "commonest_phrase": "answers with the commonest phrase of the official names of all genes, shown or not",
    "nearest_prompt": "answers with the name of the training set whose genes, as prompted, read most like these",
    "nearest_set": "answers with the name of the training set that shares most genes with this one",
    "over_representation": "answers with the most over-represented of the facts chosen for the prompt, shown or not",
}
LEAK_KINDS = {
    "same_term": "the same id",
    "same_name": "the same name or an exact synonym",
    "identical_set": "the same genes",
    "jaccard": "a Jaccard index of the threshold or more",
    "related_term": "an ancestor or a descendant by is_a and part_of",
    "test_fact": "a gene of a test set is said to belong to its term, by id, name or synonym, from any source",
    "test_fact_by_descendant": "a gene of a test set is said to belong to a term below its own by is_a and part_of",
    "test_name": "the words of a statement about a gene hold the name of its test term, often inside a longer name",
    "name_in_reasoning": "the words of a teacher's reasoning hold a test name, often inside a longer name",
    "name_in_prompt": "the prompt holds the true name of its own genes",
    "name_in_gene_name": "the true name stands in the prompt only because the name of a gene holds it",
}
_MOST_SHOWN = 20  # entries of a list in an audit


class Column(NamedTuple):
    """What a column of scores shows: a metric on a subset, of all its examples or of one stratum."""

    metric: str
    subset: str = MEAN
    stratum: str = ""


@dataclass(frozen=True)
class ReportInputs:
    """All that the page shows. `metrics` are whole, with the rows of strata; `figures` is the folder that
    `write_figures` made; `audits` are by benchmark, made with its splits; `leaks` is the experiment's leak audit;
    `reasoning` has counts (columns outcome, subset, count) beside what was counted; `costs` has a row per job;
    `corpora` has their statistics by name."""

    plan: Plan
    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    evidence: Evidence
    steps: list[TrainedStep]
    figures: Path
    audits: dict[str, dict]
    leaks: dict
    reasoning: list[tuple[Reasoning, pd.DataFrame]]
    costs: pd.DataFrame
    corpora: dict[str, pd.DataFrame]


def render_page(inputs: ReportInputs) -> str:
    """The page as text. It loads nothing: styles, script, drawings and data are in it.

    Raises InputError where the tables are of another experiment or lack an arm of the plan.
    """
    _check_tables(inputs)
    script = (HERE / "browser.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"score": _score, "signed": _signed, "p_value": _p_value, "pretty": _pretty}
    return environment.get_template("page.html.j2").render(
        plan=inputs.plan,
        metric_names=METRIC_NAMES,
        groups=GROUPS,
        settings=[_setting(inputs, *key) for key in _settings(inputs.metrics)],
        floor_notes=_floor_notes(inputs.metrics),
        training=[_step(inputs.figures, step) for step in inputs.steps],
        reasoning=[(reasoning, _crosstab(counts)) for reasoning, counts in inputs.reasoning],
        corpora=[_corpus(inputs, corpus) for corpus in inputs.plan.corpora],
        audits={name: list(_flat(audit)) for name, audit in inputs.audits.items()},
        leaks=_leaks(inputs.leaks),
        costs=inputs.costs,
        mean=MEAN,
        significant=SIGNIFICANT,
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=Markup(_as_script_data(answers_data(inputs.evidence))),
    )


def _check_tables(inputs: ReportInputs) -> None:
    for name, table in (("metrics", inputs.metrics), ("comparisons", inputs.comparisons)):
        others = set(table["experiment"]) - {inputs.plan.experiment}
        if others:
            raise InputError(f"the {name} are of experiment {sorted(others)[0]}", field="experiment")
    if inputs.leaks["experiment"] != inputs.plan.experiment:
        raise InputError(f"the leak audit is of experiment {inputs.leaks['experiment']}", field="experiment")
    planned = {(e.backbone, e.arm) for e in inputs.plan.evaluations}
    models = inputs.metrics.query("kind == 'model'")
    lacking = planned - set(zip(models["backbone"], models["arm"], strict=True))
    if lacking:
        raise InputError(
            f"the metrics lack {', '.join(sorted(lacking)[0])}", fix="run scripts/summarise.py on this plan"
        )


def _settings(metrics: pd.DataFrame) -> list[tuple[str, str, str]]:
    models = metrics[metrics["kind"] == "model"]
    return list(models[SETTING].drop_duplicates().itertuples(index=False, name=None))


def _setting(inputs: ReportInputs, benchmark: str, style: str, decoding: str) -> dict[str, Any]:
    """What the page shows of one benchmark, prompt style and decoding."""
    asked = reported_seeds(inputs.metrics).query("benchmark == @benchmark and style == @style")
    asked = asked[(asked["kind"] == "floor") | (asked["decoding"] == decoding)]
    shown = of_all_strata(asked)
    models, floors = (shown[shown["kind"] == kind] for kind in ("model", "floor"))
    compared = inputs.comparisons.query("benchmark == @benchmark and style == @style and decoding == @decoding")
    subsets = sorted(set(models["subset"]) - {MEAN})
    # One column per metric and its mean over subsets, and ROUGE-L of every subset that the mean is of.
    columns = [Column("rouge_l")]
    if len(in_mean(subsets)) > 1:
        columns += [Column("rouge_l", subset) for subset in in_mean(subsets)]
    measured = [metric for metric in METRIC_NAMES if metric in set(models["metric"])]
    columns += [Column(metric) for metric in measured if metric not in ("rouge_l", "abstained")]
    kinds = sorted(set(floors["information"]), key=information_rank)
    return {
        "name": f"{benchmark}, style {style}, decoding {decoding}",
        "columns": columns,
        "subsets": in_mean(subsets),
        "n": int(models.query("metric == 'rouge_l' and subset == @MEAN")["n"].iloc[0]),
        "scores": _scores(shown, columns),
        "strata": _strata_scores(asked[asked["kind"] != "shuffled"]),
        "variants": _variant_scores(shown[shown["kind"] != "shuffled"], subsets),
        "margins": _margins(compared, floors, kinds),
        "kinds": kinds,
        "tests": compared.query("subset == @MEAN").to_dict("records"),
        "subset_tests": compared.query("subset != @MEAN").to_dict("records"),
        "style_tests": compared.query("subset == @MEAN and kind == 'other style'").to_dict("records"),
        "missing": _missing(compared),
        "charts": [
            (
                backbone,
                _drawing(inputs.figures / "ablation", ablation_name(backbone, benchmark, style, decoding)),
            )
            for backbone in models["backbone"].unique()
        ],
    }


def _scores(metrics: pd.DataFrame, columns: list[Column]) -> dict[str, Any]:
    """A table of scores: its columns, and its rows in groups (title, whether models, rows)."""
    floors = metrics[metrics["kind"] == "floor"]
    kinds = sorted(set(floors["information"]), key=information_rank)
    groups = [("Models", True, _rows(metrics[metrics["kind"] == "model"], columns))]
    groups += [
        (f"Floors that use {GROUPS.get(kind, kind)}", False, _rows(floors[floors["information"] == kind], columns))
        for kind in kinds
    ]
    shuffled = _rows(metrics[metrics["kind"] == "shuffled"], columns)
    groups.append(("The models' own answers, shuffled", False, shuffled))
    return {"columns": columns, "groups": [group for group in groups if group[2]]}


def _strata_scores(metrics: pd.DataFrame) -> dict[str, Any] | None:
    """Scores by stratum, and the examples in each; None where the examples have no strata."""
    models = metrics[(metrics["kind"] == "model") & (metrics["subset"] == MEAN) & (metrics["metric"] == "rouge_l")]
    sizes = models.set_index("stratum")["n"].to_dict()
    strata = [stratum for stratum in STRATA if stratum in sizes]
    if not strata:
        return None
    shown = [metric for metric in ("rouge_l", "similarity", "exact") if metric in set(metrics["metric"])]
    columns = [Column(metric, stratum=stratum) for metric in shown for stratum in strata]
    return _scores(metrics, columns) | {"sizes": [(stratum, int(sizes[stratum])) for stratum in strata]}


def _variant_scores(metrics: pd.DataFrame, subsets: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """(metric, scores on every subset beside its contaminated variants); none where there are no variants."""
    if not any(map(is_variant, subsets)):
        return []
    measured = set(metrics["metric"])
    # A longer number after the same name comes later: bp, bp-50, bp-100.
    columns = sorted(subsets, key=lambda subset: (subset.partition("-")[0], len(subset), subset))
    return [
        (metric, _scores(metrics, [Column(metric, subset) for subset in columns]))
        for metric in VARIANT_METRICS
        if metric in measured
    ]


def _rows(metrics: pd.DataFrame, columns: list[Column]) -> list[dict]:
    """A row for everything that has a value in any of the columns."""
    rows = []
    for (backbone, arm, seed), cells in metrics.groupby(["backbone", "arm", "seed"], sort=False):
        found = {Column(row.metric, row.subset, row.stratum): row for row in cells.itertuples()}
        if not any(column in found for column in columns):
            continue
        rows.append(
            {
                "backbone": backbone,
                "arm": arm,
                "seed": seed,
                "cells": [(column.metric, found.get(column)) for column in columns],
            }
        )
    return rows


def _margins(compared: pd.DataFrame, floors: pd.DataFrame, kinds: list[str]) -> list[dict]:
    """Per arm and metric: the test against the best floor of each kind, and the kinds it beats whole."""
    tests = compared[compared["subset"] == MEAN]
    rows = []
    for (backbone, arm, metric), own in tests.groupby(["backbone", "a", "metric"], sort=False):
        cells, beaten = {}, []
        for kind in kinds:
            against = own[(own["kind"] == "floor") & (own["information"] == kind)]
            if against.empty:
                continue
            values = floors.query("metric == @metric and subset == @MEAN").set_index("arm")["value"]
            best = max(against["b"], key=lambda floor: values[floor])
            cells[kind] = against[against["b"] == best].iloc[0].to_dict()
            if ((against["difference"] > 0) & (against["p_holm"] < SIGNIFICANT)).all():
                beaten.append(kind)
        one = {kind: own[own["kind"] == kind].to_dict("records") for kind in ("parent arm", "shuffled")}
        rows.append(
            {
                "backbone": backbone,
                "arm": arm,
                "seed": "",
                "metric": metric,
                "cells": cells,
                "beaten": beaten,
                "parent": one["parent arm"][0] if one["parent arm"] else None,
                "shuffled": one["shuffled"][0] if one["shuffled"] else None,
            }
        )
    return rows


def _missing(compared: pd.DataFrame) -> list[tuple[str, str, int, int]]:
    """(backbone, arm, examples that got no answer at all, examples) of the arms that lack any."""
    rows = compared[(compared["subset"] == MEAN) & (compared["missing_a"] > 0)]
    rows = rows.drop_duplicates(["backbone", "a"])
    return [(row.backbone, row.a, int(row.missing_a), int(row.n)) for row in rows.itertuples()]


def _floor_notes(metrics: pd.DataFrame) -> list[tuple[str, str, str]]:
    floors = metrics[metrics["kind"] == "floor"][["arm", "information"]].drop_duplicates()
    floors = floors.sort_values("information", key=lambda names: names.map(information_rank))
    return [(f.arm, f.information, FLOOR_NOTES.get(f.arm, "")) for f in floors.itertuples()]


def _step(figures: Path, step: TrainedStep) -> dict[str, Any]:
    return {
        "log": step,
        "curves": None if step.history.empty else _drawing(figures / "training", training_name(step)),
        "validation": _validation(step.validation) if step.validation and step.validation["n"] else None,
        "constant_name": step.constant["name"] if step.constant else "",
        "run": [] if step.run is None else list(_flat(step.run)),
    }


def _validation(validation: dict) -> dict[str, Any]:
    """Reward before and after the step, whole and by component, beside what the best constant answer earns
    on the same held-out examples; and the semantic part of the training reward, early and late."""
    constants = validation["constants"]
    shown = ["before", "after", "difference", "low", "high"]
    rows = [("reward", {name: validation[name] for name in shown} | {"constant": constants["reward"]})]
    for component, (before, after) in validation["components"].items():
        rows.append((component, {"before": before, "after": after, "constant": constants[component]}))
    return {
        "n": validation["n"],
        "columns": [*shown, "constant"],
        "rows": rows,
        "quarters": [validation[f"semantic_{which}_quarter"] for which in ("first", "last")],
    }


def _leaks(leaks: dict) -> dict[str, Any]:
    """The findings by training data and benchmark, what remains, and what comes from one source."""
    groups: dict[tuple, dict[str, Any]] = {}
    for finding in leaks["findings"]:
        key = tuple(finding[name] for name in ("data", "training", "used_by", "benchmark"))
        group = groups.setdefault(key, dict(zip(("data", "training", "used_by", "benchmark"), key, strict=True)))
        group.setdefault("findings", []).append(finding | {"means": LEAK_KINDS.get(finding["kind"], "")})
    for group in groups.values():
        group["closest"] = next((f for f in group["findings"] if f["highest_jaccard"] is not None), None)
    return {
        "groups": list(groups.values()),
        "remaining": sum(finding["remaining"] > 0 for finding in leaks["findings"]),
        "same_source": leaks["same_source"],
    }


def _corpus(inputs: ReportInputs, corpus: Corpus) -> dict[str, Any]:
    """A corpus' counts as text, with each source's share of the statements, and their chart."""
    table = inputs.corpora[corpus.name]
    return {
        "name": corpus.name,
        "placebo": corpus.placebo,
        "columns": [*table.columns[:-1], "share of statements"],
        "rows": [
            (row.source, ["" if pd.isna(n) else f"{n:,}" for n in row[1:-1]] + [f"{row.share:.1%}"])
            for row in table.itertuples(index=False)
        ],
        "counted_tokens": bool(table["tokens"].notna().all()),
        "chart": _drawing(inputs.figures / "corpora", corpus.name),
    }


def _drawing(folder: Path, name: str) -> Markup:
    path = folder / f"{name}.svg"
    if not path.is_file():
        raise InputError("the figure has not been drawn", file=path)
    return Markup(path.read_text(encoding="utf-8"))


def _crosstab(counts: pd.DataFrame) -> dict[str, Any]:
    table = counts.pivot_table(index="outcome", columns="subset", values="count", aggfunc="sum", fill_value=0)
    table["all"] = table.sum(axis=1)
    table = table.sort_values("all", ascending=False)
    kept_first = sorted(table.index, key=lambda outcome: outcome != "kept")
    return {"columns": list(table.columns), "rows": [(name, list(table.loc[name])) for name in kept_first]}


def _flat(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(path, value as text) of every leaf of nested JSON; long lists are cut, and say so."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, (*path, str(key)))
        return
    if isinstance(value, list):
        items = [v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in value[:_MOST_SHOWN]]
        more = f" … and {len(value) - _MOST_SHOWN:,} more" if len(value) > _MOST_SHOWN else ""
        text = ", ".join(items) + more
    elif isinstance(value, bool) or value is None:
        text = {True: "yes", False: "no", None: ""}[value]
    elif isinstance(value, int):
        text = f"{value:,}"
    elif isinstance(value, float):
        text = f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    else:
        text = "" if value == {} else str(value)
    yield " › ".join(path), text


def answers_data(evidence: Evidence) -> dict[str, Any]:
    """Every answer for the browser, as arrays; an example's genes are stored once for all arms.

    runs: the labels of `facets`; examples: benchmark, style, subset, id, gold, genes, genes left out;
    rows: run, example, sample, answer, reasoning, text, problems, finish reason, then one value per metric.
    """
    facets = ["backbone", "arm", "seed", "benchmark", "style", "decoding"]
    tables = [table for _, table in evidence.evaluations]
    metrics = [
        name
        for name in dict.fromkeys(column for table in tables for column in table)
        if name.startswith(("rouge_", "similarity"))
        or name in ("exact", "abstained", "format", "truncated", "length", "logprob")
    ]
    examples: dict[tuple, int] = {}
    rows = []
    for run, (evaluation, table) in enumerate(evidence.evaluations):
        columns = ["subset", "id", "gold", "genes", "genes_left_out"]
        given = [_text_column(table, name) for name in columns]
        said = [_text_column(table, c) for c in ("answer", "reasoning", "text", "problems", "finish_reason")]
        scores = table.reindex(columns=metrics).astype(float).round(4).to_numpy().tolist()
        for example, words, sample, values in zip(
            zip(*given, strict=True), zip(*said, strict=True), table["sample"], scores, strict=True
        ):
            key = (evaluation.benchmark, evaluation.style, *example)
            position = examples.setdefault(key, len(examples))
            numbers = [value if math.isfinite(value) else None for value in values]
            rows.append([run, position, int(sample), *words, *numbers])
    return {
        "facets": facets,
        "runs": [[str(getattr(e, name)) for name in facets] for e, _ in evidence.evaluations],
        "metrics": metrics,
        "examples": list(examples),
        "rows": rows,
    }


def _text_column(table: pd.DataFrame, name: str) -> list[str]:
    if name not in table:
        return [""] * len(table)
    column = table[name].astype(object)
    return ["" if empty else str(value) for value, empty in zip(column, column.isna(), strict=True)]


def _as_script_data(value: Any) -> str:
    """JSON that cannot end its <script> element or open a comment in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _score(value: float | None, metric: str = "") -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{value:.1f}" if metric == "length" else f"{value:.3f}"


def _signed(value: float) -> str:
    return "" if math.isnan(value) else f"{value:+.3f}".replace("-", "−")


def _p_value(value: float) -> str:
    if math.isnan(value):
        return "not tested"
    if value >= SIGNIFICANT:
        return f"n.s. ({value:.2f})"
    return "<\u00a00.001" if value < 0.001 else f"{value:.3f}"


def _pretty(value: dict) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
