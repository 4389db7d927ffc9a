"""The leak audit of verified answers: training questions and reasoning against test questions."""

from reasonome.benchmarks.rows import read_rows
from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan
from reasonome.leaks.audit import Finding, Training
from reasonome.tasks.verified.task import Question

# What to do about a leak that may not be, by the kind of training data.
FIXES = {
    "training questions": "add {benchmark} to leave_out of {training} in benchmarks.yaml (where they are one "
    "benchmark: build it again)"
}


def findings(project: Project, plan: AuditPlan) -> list[Finding]:
    """Training questions of a group that a test question has, and those that ask the same."""
    found = []
    for name in plan.benchmarks:
        tests = _questions(project, name, "test")
        groups = {one.group for one in tests}
        asked = {tuple(one.columns.values()) for one in tests}
        for benchmark, used_by in plan.training.items():
            file = project.results.benchmark(benchmark) / "train.jsonl"
            training = _questions(project, benchmark, "train")
            leaking = {
                "same_group": [row for row, one in enumerate(training) if one.group in groups],
                "same_question": [row for row, one in enumerate(training) if tuple(one.columns.values()) in asked],
            }
            found += [
                _finding(Training(benchmark, used_by, file), name, kind, training, rows)
                for kind, rows in leaking.items()
            ]
    return found


def same_sources(project: Project, plan: AuditPlan) -> list[dict]:
    """Training and test questions of one table."""

    def tables(benchmark: str) -> list[str]:
        return list(dict.fromkeys(spec.table for spec in project.benchmarks[benchmark].subsets.values()))

    return [
        {"data": "training questions", "training": training, "benchmark": tested, "sources": shared}
        for tested in plan.benchmarks
        for training in plan.training
        if (shared := [table for table in tables(training) if table in tables(tested)])
    ]


def _finding(training: Training, benchmark: str, kind: str, questions: list[Question], rows: list[int]) -> Finding:
    return Finding(
        "training questions",
        training.name,
        training.used_by,
        benchmark,
        kind,
        looked_at=len(questions),
        dropped=0,
        remaining=len(rows),
        policy="fail",
        file=str(training.file),
        example=f"question '{questions[rows[0]].id}'" if rows else "",
        line=rows[0] + 1 if rows else None,
    )


def _questions(project: Project, benchmark: str, part: str) -> list[Question]:
    return read_rows(project.results.benchmark(benchmark) / f"{part}.jsonl", Question)
