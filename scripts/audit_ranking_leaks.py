"""Audit an experiment of rankings for leaks: every training data and prompt against every test question.

Fails where a training question shares a gene, a disease or a locus with a test question, or a statement tells an
answer.

python scripts/audit_ranking_leaks.py --experiment demo-ranking --output results/experiments/demo-ranking
"""

import argparse
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import read_rows
from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan, Results, audit_plan
from reasonome.core import atomic
from reasonome.core.errors import lookup, run_program
from reasonome.core.terminal import show
from reasonome.facts.corpus import read_facts
from reasonome.leaks import audit as leak_audit
from reasonome.leaks.audit import Finding, Training
from reasonome.report.evidence import read_json
from reasonome.tasks.ranking import leaks as ranking_leak_audit
from reasonome.tasks.ranking.leaks import HeldOutQuestions
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.registry import TASKS

SHOWN = ["training", "benchmark", "kind", "looked_at", "found", "dropped", "remaining", "policy", "verdict"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--output", type=Path, required=True, help="folder of audit.json and audit.tsv")
    args = parser.parse_args()

    project = Project(args.config)
    lookup(project.experiments, args.experiment, "experiment")
    plan, results = audit_plan(project, args.experiment), Results(project.settings.results)
    tested = {
        name: HeldOutQuestions(name, read_questions(project, results, name, "test"), window(project, name))
        for name in plan.benchmarks
    }
    findings = [
        *audit_questions(project, results, plan, tested),
        *audit_statements(results, plan, tested),
        *audit_reasoning(results, plan, tested),
        *(
            ranking_leak_audit.prompt_finding(style, str(results.benchmark(name) / "test.jsonl"), tested[name])
            for name, style in plan.asked
        ),
    ]
    table = leak_audit.table(findings)
    show(table[SHOWN].to_string(index=False))
    leak_audit.check(args.experiment, findings)
    atomic.write_tsv(args.output / "audit.tsv", table)
    report = {
        "experiment": args.experiment,
        "findings": [finding.row() for finding in findings],
        "same_source": same_sources(project, plan),
    }
    atomic.write_json(args.output / "audit.json", report)


def read_questions(project: Project, results: Results, benchmark: str, part: str) -> list[RankingExample]:
    """The questions of one split of a benchmark."""
    model = TASKS[project.benchmarks[benchmark].task].Example
    return read_rows(results.benchmark(benchmark) / f"{part}.jsonl", model)


def window(project: Project, benchmark: str) -> int:
    """Base pairs on either side of a lead variant of the benchmark."""
    return 1000 * project.benchmarks[benchmark].window_kb


def audit_questions(
    project: Project, results: Results, plan: AuditPlan, tested: dict[str, HeldOutQuestions]
) -> list[Finding]:
    """Train splits, as SFT and GRPO use them."""
    findings = []
    for benchmark, used_by in plan.training.items():
        questions = read_questions(project, results, benchmark, "train")
        folder = results.benchmark(benchmark)
        dropped_for = read_json(folder / "audit.json").get("dropped_for", {})
        training = Training(benchmark, used_by, folder / "train.jsonl")
        for name, tests in tested.items():
            dropped = dropped_for.get(name, {})
            own = window(project, benchmark)
            findings += ranking_leak_audit.question_findings(training, questions, own, tests, dropped)
    return findings


def audit_statements(results: Results, plan: AuditPlan, tested: dict[str, HeldOutQuestions]) -> list[Finding]:
    """The train split of each corpus that a warm-up uses."""
    findings = []
    for corpus, used_by in plan.corpora.items():
        folder = results.statements(corpus)
        statements = pd.DataFrame(atomic.read_columns(folder / "train.jsonl", ["text", "gene", "object_id"]))
        names = read_facts(results.facts(corpus))[["object_id", "object_name"]].drop_duplicates()
        training = Training(corpus, used_by, folder / "train.jsonl")
        for tests in tested.values():
            findings += ranking_leak_audit.statement_findings(training, statements, names, tests)
    return findings


def audit_reasoning(results: Results, plan: AuditPlan, tested: dict[str, HeldOutQuestions]) -> list[Finding]:
    """What teachers wrote and SFT learns."""
    findings = []
    for key, used_by in plan.reasoning.items():
        file = results.reasoning(*key)
        rows = atomic.read_jsonl(file)
        training = Training("{} on {}.{}".format(*key), used_by, file)
        findings += [ranking_leak_audit.reasoning_finding(training, rows, tests) for tests in tested.values()]
    return findings


def same_sources(project: Project, plan: AuditPlan) -> list[dict]:
    """Training and test questions that come from one source."""

    def sources(benchmark: str) -> list[str]:
        return list(dict.fromkeys(spec.source for spec in project.benchmarks[benchmark].subsets.values()))

    return [
        {"data": "training questions", "training": training, "benchmark": tested, "sources": shared}
        for tested in plan.benchmarks
        for training in plan.training
        if (shared := [source for source in sources(training) if source in sources(tested)])
    ]


if __name__ == "__main__":
    run_program(main)
