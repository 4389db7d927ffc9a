"""The leak audit of questions on enrichment tables: training questions that depend on a held-out tissue or study."""

from collections.abc import Mapping

from reasonome.benchmarks.rows import read_splits
from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan
from reasonome.leaks.audit import Finding, Training, question_finding
from reasonome.task import Leaks
from reasonome.tasks.pathway_qa.dialogue import UNSIGNED, PathwayDialogue, PathwayQuestion
from reasonome.tasks.pathway_qa.enrichment_tables import folded
from reasonome.tasks.pathway_qa.factorial import BETWEEN
from reasonome.tasks.pathway_qa.settings import table_files


class PathwayLeaks(Leaks[PathwayDialogue]):
    """Training questions that depend on a held-out tissue or study."""

    fixes: Mapping[str, str] = {
        "training questions": "hold the same tissues or studies out of the benchmark that the model trains on"
    }

    def findings(self, project: Project, plan: AuditPlan) -> list[Finding]:
        """Training questions that depend on a place held out for test, and those with the text of a test question."""
        leak_findings = []
        for name in plan.benchmarks:
            held_out = project.benchmarks[name].held_out
            test = {*map(folded, held_out.test)}
            texts = {
                q.columns["question"] for q in read_splits(project.results.benchmark(name), PathwayQuestion, "test")
            }
            for benchmark, used_by in plan.training.items():
                folder = project.results.benchmark(benchmark)
                training = Training("training questions", benchmark, used_by, folder / "train.jsonl")
                questions = read_splits(folder, PathwayQuestion, "train")
                leaking = {
                    "same_group": [row for row, q in enumerate(questions) if named(q, held_out.by) & test],
                    "same_question": [row for row, q in enumerate(questions) if q.columns["question"] in texts],
                }
                for kind, rows in leaking.items():
                    leak_findings.append(question_finding(training, name, kind, questions, rows))
        return leak_findings

    def same_sources(self, project: Project, plan: AuditPlan) -> list[dict]:
        """Training and test questions of one table, which has several tissues or studies."""

        return [
            {"data": "training questions", "training": training, "benchmark": tested, "sources": shared}
            for tested in plan.benchmarks
            for training in plan.training
            if (
                shared := [
                    str(path)
                    for path in dict.fromkeys(table_files(project, training))
                    if path in table_files(project, tested)
                ]
            )
        ]


def named(question: PathwayQuestion, by: str) -> set[str]:
    """The tissues, or the studies, that a question names, its prompt lists or its table shows, `folded`.

    Of an interaction also its factors.
    """
    rows = [row.split("; ") for row in question.columns["table"].splitlines() if "; " in row]
    if by == "tissue":
        names = {*question.tissues, *question.studies, *(row[1] for row in rows)}
    else:
        listed = {study.removesuffix(UNSIGNED) for studies in question.studies.values() for study in studies}
        names = {*listed, *(row[2] for row in rows), question.study, *question.study.split(BETWEEN)} - {""}
    return {*map(folded, names)}
