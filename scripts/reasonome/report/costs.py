"""The costs of an experiment by job, from the run.json of training and generation."""

import pandas as pd

from reasonome.core import atomic
from reasonome.report.plan import Plan

COLUMNS = ["job", "backbone", "chain", "seconds", "share_of_time", "backward_tokens", "generated_tokens"]
COLUMNS += ["tokens_per_second", "mfu", "peak_memory_gb", "precision"]
_MEASURED = ["seconds", "backward_tokens", "generated_tokens", "peak_memory_gb"]


def costs_table(plan: Plan) -> pd.DataFrame:
    """costs.tsv (docs/tables.md): a row per trained step, set of samples, of facts and of answers, then `total`.

    The total of peak memory is the highest. Raises InputError for a missing run.json.
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
        measured = [run[name] for name in _MEASURED]
        rows.append([f"{kind} {what}", backbone, chain, *measured, rate, run.get("mfu"), run.get("precision", "")])
    columns = ["job", "backbone", "chain", *_MEASURED, "tokens_per_second", "mfu", "precision"]
    table = pd.DataFrame(rows, columns=columns).astype({"tokens_per_second": float, "mfu": float})
    total = {"job": "total", "backbone": "", "chain": "", "precision": "", **table[_MEASURED[:3]].sum()}
    table.loc[len(table)] = total | {"peak_memory_gb": table["peak_memory_gb"].max()}
    table["share_of_time"] = (table["seconds"] / total["seconds"]).map("{:.0%}".format)
    return table.astype({"backward_tokens": int, "generated_tokens": int}).round(
        {"seconds": 1, "tokens_per_second": 1}
    )[COLUMNS]
