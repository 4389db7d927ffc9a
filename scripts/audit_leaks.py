"""Audit an experiment for leaks: every training data and prompt against every test set. Fails where a leak may not be.

python scripts/audit_leaks.py --experiment demo --output results/experiments/demo
"""

from reasonome.config.project.experiments import audit_plan
from reasonome.core import atomic
from reasonome.core.errors import lookup, run_program
from reasonome.core.terminal import show
from reasonome.leaks import audit
from reasonome.tasks import arguments_and_project

SHOWN = ["training", "benchmark", "kind", "looked_at", "found", "dropped", "remaining", "policy", "verdict"]


def main() -> None:
    args, project = arguments_and_project(__doc__, "experiment", "output")
    lookup(project.experiments, args.experiment, "experiment")
    plan = audit_plan(project, args.experiment)
    tasks = plan.by_task(project)
    findings = [finding for task, own in tasks for finding in task.leaks.findings(project, own)]
    table = audit.table(findings)
    show(table[SHOWN].to_string(index=False))
    for benchmark in plan.not_compared:
        show(f"not compared: questions of {benchmark}, whose task knows no leak into {', '.join(plan.benchmarks)}")
    audit.check(args.experiment, findings, {kind: fix for task, _ in tasks for kind, fix in task.leaks.fixes.items()})
    atomic.write_tsv(args.output / "audit.tsv", table)
    report = {
        "experiment": args.experiment,
        "findings": [finding.row() for finding in findings],
        "same_source": [shared for task, own in tasks for shared in task.leaks.same_sources(project, own)],
        "not_compared": plan.not_compared,
    }
    atomic.write_json(args.output / "audit.json", report)


if __name__ == "__main__":
    run_program(main)
