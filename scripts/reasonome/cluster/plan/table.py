"""A plan as a table for people, or as TSV; every number with where it comes from."""

from collections.abc import Callable

import pandas as pd

from reasonome.cluster.plan.estimates import Estimate, total
from reasonome.cluster.plan.plan import Line, Plan

MARKS = {"counted": "", "measured": " m", "scaled": " s", "assumed": " a"}
LEGEND = (
    "m measured here, s scaled from what was measured, a assumed, no mark: follows from files or config; ≤ at most."
)
HEADINGS = ("", "rule", "backbone", "step", "jobs", "each on", "tokens", "time", "hours", "GB GPU/node", "disk")


def tsv(plan: Plan) -> str:
    """One line per backbone and step; for each number a column with its source, `<=` before a bound."""
    rows = []
    for line in plan.lines:
        resources, gpus = line.resources, line.device.workers if line.on_gpus else 0
        row = dict(zip(("rule", "backbone", "step"), line.name, strict=True))
        row |= {"jobs": line.jobs, "gpus": gpus // resources.nodes, "nodes": resources.nodes, "cpus": resources.cpus}
        row |= {"memory_asked_gb": f"{resources.memory_gb:g}", "minutes_asked": resources.minutes}
        numbers = {
            "tokens": line.tokens,
            "seconds": line.seconds,
            "gpu_hours": line.hours if line.on_gpus else None,
            "core_hours": None if line.on_gpus else line.hours,
            "gpu_memory_gb": line.need.gpu,
            "node_memory_gb": line.need.node,
            "disk_gb": line.kept,
            "meanwhile_gb": line.meanwhile,
        }
        for name, number in numbers.items():
            known = number is not None and number.value is not None
            row[name] = f"{number.value:.3g}" if known else ""
            row[f"{name}_from"] = ("<= " if number.at_most else "") + number.source if number else ""
        rows.append(row | {"how": _how(line)})
    return pd.DataFrame(rows).to_csv(sep="\t", index=False).rstrip("\n")


def text(plan: Plan, experiment: str) -> str:
    """The table, notes to its lines, totals and warnings."""
    if not plan.lines and not plan.others:
        return f"'{experiment}' is finished: nothing is left to run"
    rows = [list(HEADINGS)]
    for number, line in enumerate(plan.lines, 1):
        row = [f"[{number}]", *line.name, str(line.jobs), _machine(line), _shown(line.tokens, _count)]
        row += [_shown(line.seconds, _time), f"{_shown(line.hours, _figures)} {_unit(line)}"]
        row += [f"{_shown(line.need.gpu, _figures) or '–'}/{_shown(line.need.node, _figures)}"]
        rows.append([*row, _shown(line.kept, _figures)])
    notes = "\n".join(f"[{number}] {_how(line)}" for number, line in enumerate(plan.lines, 1))
    warnings = "\n".join(f"warning: {warning}" for warning in plan.warnings)
    parts = [_aligned(rows), LEGEND, notes, _totals(plan), warnings] if plan.lines else [_totals(plan)]
    return "\n\n".join(part for part in parts if part)


def _totals(plan: Plan) -> str:
    others = ", ".join(f"{count} {rule}" for rule, count in plan.others.items()) or "none"
    lines = [f"jobs: {sum(line.jobs for line in plan.lines)} that train or answer; others, not planned: {others}"]
    for unit in dict.fromkeys(map(_unit, plan.lines)):
        hours = total([line.hours for line in plan.lines if _unit(line) == unit])
        lines.append(f"{unit}: {_worded(hours)}")
    kept, meanwhile = (total([getattr(line, name) for line in plan.lines]) for name in ("kept", "meanwhile"))
    largest = max((line.need.meanwhile.value or 0 for line in plan.lines), default=0)
    lines.append(
        f"disk: {_worded(kept)} GB of models stay; checkpoints: {_figures(largest)} GB of a job until it is done, "
        f"{_worded(meanwhile)} of all"
    )
    if plan.unbuilt:
        lines.append(f"to know more, first: snakemake --cores 2 {' '.join(plan.unbuilt)}")
    return "\n".join(lines)


def _unit(line: Line) -> str:
    return "GPU-h" if line.on_gpus else "core-h"


def _worded(number: Estimate) -> str:
    """A sum with its source in words, and what it leaves out."""
    if number.value is None:
        return "unknown"
    words = ", ".join(word for word in (number.source, number.note) if word not in ("", "counted"))
    return ("at most " if number.at_most else "") + _figures(number.value) + (f" ({words})" if words else "")


def _how(line: Line) -> str:
    """Notes of time and memory, each once."""
    notes = [number.note for number in (line.seconds, line.need.gpu, line.need.node) if number is not None]
    return "; ".join(dict.fromkeys(part for note in notes for part in note.split("; ") if part))


def _machine(line: Line) -> str:
    if not line.on_gpus:
        return f"{line.device.workers} core{'s' * (line.device.workers > 1)}"
    nodes = line.resources.nodes
    each = f"{line.device.workers // nodes} {line.resources.gpu_model or 'GPU'}"
    return f"{nodes} × {each}" if nodes > 1 else each


def _shown(number: Estimate | None, form: Callable[[float], str]) -> str:
    if number is None:
        return ""
    if number.value is None:
        return "unknown"
    return ("≤" if number.at_most else "") + form(number.value) + MARKS[number.source]


def _figures(value: float) -> str:
    """Two figures, or whole numbers; no exponents."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}" if value >= 0.01 else "0"


def _count(value: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{_figures(value / size)} {unit}"
    return f"{value:.0f}"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{_figures(seconds / 3600)} h"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
