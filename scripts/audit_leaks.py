"""Audit an experiment for leaks: every training data and prompt against every test set. Fails where a leak may not be.

python scripts/audit_leaks.py results/experiments/demo/audit.job.json
"""

from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.core.terminal import show
from reasonome.jobs import AuditSettings, read_job
from reasonome.leaks import audit
from reasonome.task_parts import Built
from reasonome.tasks import find_task

SHOWN = ["training", "benchmark", "kind", "looked_at", "found", "dropped", "remaining", "policy", "verdict"]


def main() -> None:
    job = read_job(__doc__, AuditSettings)
    experiment, not_compared = job.settings.experiment, job.settings.not_compared
    findings: list[audit.Finding] = []
    shared, fixes, tested = [], {}, []
    for own in job.settings.audits:
        benchmarks = {name: Built.of(find_task(other.task), other) for name, other in own.benchmarks.items()}
        leaks = find_task(own.benchmarks[own.tested[0]].task).leaks
        findings += leaks.findings(own, benchmarks)
        shared += audit.same_sources(own, leaks.of_sources(own))
        fixes |= leaks.fixes
        tested += own.tested
    table = audit.table(findings)
    show(table[SHOWN].to_string(index=False))
    for benchmark in not_compared:
        show(f"not compared: questions of {benchmark}, whose task knows no leak into {', '.join(tested)}")
    audit.check(experiment, findings, fixes)
    atomic.write_tsv(job.output("table"), table)
    rows = [finding.row() for finding in findings]
    report = {"experiment": experiment, "findings": rows, "same_source": shared, "not_compared": not_compared}
    atomic.write_json(job.output("json"), report)


if __name__ == "__main__":
    run_program(main)
