"""The page's training: curves, held-out rewards, corpora, filtered reasoning, and the drawings beside them."""

from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from reasonome.report.evidence import TrainedStep
from reasonome.report.figures import training_name
from reasonome.report.number_text import flat
from reasonome.report.plan import Corpus


def step_section(figures: Path, step: TrainedStep) -> dict[str, Any]:
    """What is shown of a trained step."""
    return {
        "log": step,
        "curves": None if step.history.empty else drawing(figures / "training", training_name(step)),
        "validation": _validation(step.validation) if step.validation and step.validation["n"] else None,
        "constant": step.constant,
        "run": [] if step.run is None else list(flat(step.run)),
    }


def _validation(validation: dict) -> dict[str, Any]:
    """Reward before and after the step, whole and by component, beside what the best constant answer and copies of the
    question earn on the same held-out examples; and the semantic part of the training reward, early and late."""
    constants = validation["constants"]
    lazy = {"constant": constants, **{copy["name"]: copy for copy in constants.get("copies", [])}}
    shown = ["before", "after", "difference", "low", "high"]

    def earned(component: str) -> dict[str, float]:
        return {name: policy[component] for name, policy in lazy.items()}

    rows = [("reward", {name: validation[name] for name in shown} | earned("reward"))]
    for component, (before, after) in validation["components"].items():
        rows.append((component, {"before": before, "after": after} | earned(component)))
    return {
        "n": validation["n"],
        "columns": [*shown, *lazy],
        "rows": rows,
        "quarters": [validation[f"semantic_{which}_quarter"] for which in ("first", "last")],
    }


def corpus_section(figures: Path, corpus: Corpus, table: pd.DataFrame) -> dict[str, Any]:
    """A corpus' counts as text, with each source's share of the statements, and their chart."""
    return {
        "name": corpus.name,
        "placebo": corpus.placebo,
        "columns": [*table.columns[:-1], "share of statements"],
        "rows": [
            (row.source, ["" if pd.isna(n) else f"{n:,}" for n in row[1:-1]] + [f"{row.share:.1%}"])
            for row in table.itertuples(index=False)
        ],
        "counted_tokens": bool(table["tokens"].notna().all()),
        "chart": drawing(figures / "corpora", corpus.name),
    }


def drawing(folder: Path, name: str) -> Markup:
    """A figure's SVG."""
    return Markup((folder / f"{name}.svg").read_text(encoding="utf-8"))
