"""The costs of an experiment by job, from the run.json of training and generation."""

import math
from typing import Any

import pandas as pd

from reasonome.core import atomic
from reasonome.report.plan import Plan

_TOKENS = ["backward_tokens", "prompt_tokens", "generated_tokens"]
COLUMNS = ["job", "backbone", "chain", "seconds", "share_of_time", *_TOKENS]
COLUMNS += ["tokens_per_second", "mfu", "peak_memory_gb", "precision"]
_MEASURED = ["seconds", *_TOKENS, "peak_memory_gb"]


def costs_table(plan: Plan) -> pd.DataFrame:
    """costs.tsv (docs/tables.md): a row per trained step, set of samples, of facts and of answers, then `total`.

    Then a row per model of an arm: what all jobs took that made it. Sums of peak memory are the highest. Raises
    InputError for a missing run.json.
    """
    trained = [("train", s.chain.rpartition("+")[2], s.backbone, s.chain, s.folder / "run.json") for s in plan.steps]
    answered = [
        ("answer", f"{e.benchmark}.{e.style} {e.decoding}", e.backbone, e.chain, e.run) for e in plan.evaluations
    ]
    drawn = [
        ("sample", f"{s.run.parent.name} {s.run.name.removesuffix('.run.json')}", s.backbone, s.chain, s.run)
        for s in plan.samples
    ]
    facts = [("facts", k.run.name.removesuffix(".run.json"), k.backbone, k.chain, k.run) for k in plan.recalled]
    rows = []
    for kind, what, backbone, chain, path in dict.fromkeys(trained + drawn + facts + answered):
        run = atomic.read_json(path)
        rate = run.get("tokens_per_second")
        if kind != "train":
            rate = run["generated_tokens"] / run["seconds"] if run["seconds"] else 0.0
        rows.append(
            [f"{kind} {what}", backbone, chain, *_measured(run), rate, run.get("mfu"), run.get("precision", "")]
        )
    columns = ["job", "backbone", "chain", *_MEASURED, "tokens_per_second", "mfu", "precision"]
    table = pd.DataFrame(rows, columns=columns).astype({"tokens_per_second": float, "mfu": float})
    total = {"job": "total", "backbone": "", "chain": "", "precision": "", **_added_up(table)}
    table.loc[len(table)] = total
    for model in plan.models:
        spent = pd.DataFrame([_measured(atomic.read_json(path)) for path in model.runs], columns=_MEASURED)
        named = {"job": f"arm {model.arm}", "backbone": model.backbone, "chain": model.chain, "precision": ""}
        table.loc[len(table)] = named | _added_up(spent)
    table["share_of_time"] = (table["seconds"] / total["seconds"]).map("{:.0%}".format)
    return table.astype(dict.fromkeys(_TOKENS, "Int64")).round({"seconds": 1, "tokens_per_second": 1})[COLUMNS]


def _measured(run: dict[str, Any]) -> list[float]:
    """The values of _MEASURED; nan for prompt tokens that nobody counted, of models trained before they were."""
    known = {"prompt_tokens": math.nan if run["generated_tokens"] else 0} | run
    return [known[name] for name in _MEASURED]


def _added_up(table: pd.DataFrame) -> dict[str, float]:
    """The sums of time and tokens over jobs, nan where one is, and the highest memory."""
    return {**table[_MEASURED[:-1]].sum(skipna=False), "peak_memory_gb": table["peak_memory_gb"].max()}
