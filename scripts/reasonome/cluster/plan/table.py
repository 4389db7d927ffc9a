"""A plan as a table for people, or as TSV; every number with where it comes from."""

from collections.abc import Callable

from reasonome.cluster.plan.estimates import Estimate
from reasonome.cluster.plan.plan import MODEL_RULES, Plan, Planned, group_of

MARKS = {"counted": "", "measured": " m", "scaled": " s", "assumed": " a"}
LEGEND = (
    "m measured here, s scaled from what was measured, a assumed, no mark: follows from files or config; ≤ at most."
)
NUMBERS = ("tokens", "seconds", "gpu_hours", "cpu_hours", "gpu_memory_gb", "node_memory_gb", "disk_gb", "meanwhile_gb")
COLUMNS = ("rule", "backbone", "step", "jobs", "gpus", "nodes", "cpus", "memory_asked_gb", "minutes_asked")


def numbers(plan: Plan, jobs: list[Planned]) -> dict[str, Estimate | None]:
    """The numbers of one line, by NUMBERS: tokens, seconds, memory of its longest job, hours and disk of all jobs."""
    model = jobs[0].job.rule in MODEL_RULES
    largest = max(jobs, key=lambda planned: planned.seconds.value or 0)
    need = largest.need
    return {
        "tokens": largest.work.backward + largest.work.generated if model else None,
        "seconds": largest.seconds,
        "gpu_hours": plan.gpu_hours(jobs) if largest.gpus else None,
        "cpu_hours": plan.cpu_hours(jobs),
        "gpu_memory_gb": need.gpu if need else None,
        "node_memory_gb": need.node if need else None,
        "disk_gb": plan.kept(jobs) if need else None,
        "meanwhile_gb": plan.meanwhile(jobs) if need else None,
    }


def tsv(plan: Plan) -> str:
    """One line per rule, or per backbone and step; for each number a column with its source, `<=` before a bound."""
    lines = ["\t".join([*COLUMNS, *(name for number in NUMBERS for name in (number, f"{number}_from")), "how"])]
    for jobs in plan.rows:
        asked, found = jobs[0].asked, numbers(plan, jobs)
        words = [*group_of(jobs[0].job), len(jobs), jobs[0].gpus // asked.nodes, asked.nodes, asked.cpus]
        words += [f"{asked.memory_gb:g}", asked.minutes]
        for number in found.values():
            known = number is not None and number.value is not None
            bound = "<= " if known and number.at_most else ""
            words += [f"{number.value:.4g}" if known else "", f"{bound}{number.source}" if number else ""]
        lines.append("\t".join(map(str, [*words, _how(found, "; ")])))
    return "\n".join(lines)


def text(plan: Plan, experiment: str) -> str:
    """The table, notes to its lines, totals and warnings."""
    if not plan.jobs:
        return f"'{experiment}' is finished: nothing is left to run"
    rows = [
        ["", "rule", "backbone", "step", "jobs", "each on", "tokens", "time", "GPU-h", "CPU-h", "GB GPU/node", "disk"]
    ]
    notes = []
    for jobs in plan.rows:
        found = numbers(plan, jobs)
        how = _how(found, "; ")
        model = jobs[0].job.rule in MODEL_RULES
        if model:
            notes.append(how)
        rows.append(
            [
                f"[{len(notes)}]" if model else "",
                *group_of(jobs[0].job),
                str(len(jobs)),
                _machine(jobs[0]),
                _shown(found["tokens"], _count),
                _shown(found["seconds"], _time),
                _shown(found["gpu_hours"], _three),
                _shown(found["cpu_hours"], _three),
                "/".join(_shown(found[key], _three) or "–" for key in ("gpu_memory_gb", "node_memory_gb"))
                if model
                else "",
                _shown(found["disk_gb"], _three),
            ]
        )
    parts = [_aligned(rows), LEGEND, "\n".join(f"[{number}] {note}" for number, note in enumerate(notes, 1))]
    parts += [_totals(plan), "\n".join(f"warning: {warning}" for warning in plan.warnings)]
    return "\n\n".join(part for part in parts if part)


def _totals(plan: Plan) -> str:
    jobs = plan.jobs
    on_gpus = [planned for planned in jobs if planned.gpus]
    disk = f"{_worded(plan.kept(jobs), _three)} GB of models and answers stay"
    meanwhile = [planned.need.meanwhile.value or 0 for planned in jobs if planned.need]
    if any(meanwhile):
        disk += f"; checkpoints: {_three(max(meanwhile))} GB of a job until it is done, {_three(sum(meanwhile))} of all"
    path = f"{_worded(plan.longest_path, _time)}, without waiting for nodes"
    if plan.longest_path.note:
        path += f" and {plan.longest_path.note}"
    lines = [
        f"jobs: {len(jobs)}, {len(on_gpus)} of them on GPUs",
        f"CPU-hours: {_with_limits(plan.cpu_hours(jobs), jobs, lambda planned: planned.cores)}",
        f"shortest time on as many machines as can be used (critical path): {path}",
        f"disk: {disk}",
    ]
    if on_gpus:
        lines[1:1] = [
            f"GPU-hours: {_with_limits(plan.gpu_hours(jobs), on_gpus, lambda planned: planned.gpus)}",
            f"GPUs held at once: {plan.most_gpus} if all were there; --jobs and the scheduler allow fewer",
        ]
    if plan.unbuilt:
        lines.append(f"to know more, first: snakemake --cores 2 {' '.join(plan.unbuilt)}")
    return "\n".join(lines)


def _with_limits(hours: Estimate, jobs: list[Planned], held: Callable[[Planned], int]) -> str:
    """The hours that are known, and the limits of the jobs of which they are not."""
    rest = [planned for planned in jobs if planned.seconds.value is None]
    if not rest:
        return _worded(hours, _three)
    limits = sum(planned.asked.minutes * held(planned) for planned in rest) / 60
    known = f"{_worded(hours, _three)} of {len(jobs) - len(rest)} jobs; " if len(rest) < len(jobs) else ""
    return f"{known}unknown of {len(rest)}, which their time limits hold to {_three(limits)}"


def _worded(number: Estimate, form) -> str:
    """A number with its source in words, for a sentence."""
    if number.value is None:
        return "unknown"
    source = "" if number.source == "counted" else f" ({number.source})"
    return ("at most " if number.at_most else "") + form(number.value) + source


def _how(found: dict[str, Estimate | None], between: str) -> str:
    """Notes of time and memory, each once."""
    notes = [found[key].note for key in ("seconds", "gpu_memory_gb", "node_memory_gb") if found[key] is not None]
    return between.join(dict.fromkeys(part for note in notes for part in note.split("; ") if part))


def _machine(planned: Planned) -> str:
    if not planned.gpus:
        cores = planned.device.workers
        return f"{cores} core{'s' * (cores > 1)}"
    nodes = planned.asked.nodes
    each = f"{planned.gpus // nodes} {planned.asked.gpu_model or 'GPU'}"
    return f"{nodes} × {each}" if nodes > 1 else each


def _shown(number: Estimate | None, form) -> str:
    if number is None:
        return ""
    if number.value is None:
        return "unknown"
    return ("≤" if number.at_most else "") + form(number.value) + MARKS[number.source]


def _three(value: float) -> str:
    """Three figures, without exponents."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.001 else "0.00"


def _count(value: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.0f}"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
