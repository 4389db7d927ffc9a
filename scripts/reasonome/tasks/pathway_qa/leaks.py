"""The leak audit of questions on enrichment tables: training questions that depend on a held-out tissue or study."""

from reasonome.benchmarks.rows import read_splits
from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan
from reasonome.leaks.audit import LEAVE_OUT, Finding, Training, question_finding
from reasonome.tasks.pathway_qa.task import PathwayQuestion

# How to fix a leak that is not allowed, by the kind of training data.
FIXES = {"training questions": LEAVE_OUT}


def findings(project: Project, plan: AuditPlan) -> list[Finding]:
    """Training questions that depend on a place held out for test, and those with the text of a test question."""
    leak_findings = []
    for name in plan.benchmarks:
        held_out = {*project.benchmarks[name].held_out.test}
        texts = {q.columns["question"] for q in read_splits(project.results.benchmark(name), PathwayQuestion, "test")}
        for benchmark, used_by in plan.training.items():
            folder = project.results.benchmark(benchmark)
            training = Training("training questions", benchmark, used_by, folder / "train.jsonl")
            questions = read_splits(folder, PathwayQuestion, "train")
            leaking = {
                "same_group": [row for row, q in enumerate(questions) if not held_out.isdisjoint(q.places)],
                "same_question": [row for row, q in enumerate(questions) if q.columns["question"] in texts],
            }
            for kind, rows in leaking.items():
                leak_findings.append(question_finding(training, name, kind, questions, rows))
    return leak_findings


def same_sources(project: Project, plan: AuditPlan) -> list[dict]:
    """Training and test questions of one table, which has several tissues or studies."""

    def tables(benchmark: str) -> list[str]:
        return list(dict.fromkeys(spec.path for spec in project.benchmarks[benchmark].tables))

    return [
        {"data": "training questions", "training": training, "benchmark": tested, "sources": shared}
        for tested in plan.benchmarks
        for training in plan.training
        if (shared := [table for table in tables(training) if table in tables(tested)])
    ]
