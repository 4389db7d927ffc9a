"""The leak audit of verified answers: training questions against test questions."""

from collections.abc import Mapping, Sequence

from reasonome.benchmarks.rows import read_splits
from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan
from reasonome.leaks.audit import LEAVE_OUT, Finding, Training, question_finding, question_sources
from reasonome.task_parts import Leaks
from reasonome.tasks.question_answer.dialogue import Question, VerifiedDialogue


class VerifiedLeaks(Leaks[VerifiedDialogue]):
    """Training questions against test questions."""

    fixes: Mapping[str, str] = {"training questions": LEAVE_OUT}

    def findings(self, project: Project, plan: AuditPlan) -> list[Finding]:
        """A finding for each kind of leak from the training questions of each benchmark into each one's tests."""
        leak_findings = []
        for name in plan.benchmarks:
            tests = read_splits(project.results.benchmark(name), project.task(name).Example, "test")
            for benchmark, used_by in plan.training.items():
                folder = project.results.benchmark(benchmark)
                training = Training("training questions", benchmark, used_by, folder / "train.jsonl")
                questions = read_splits(folder, project.task(benchmark).Example, "train")
                for kind, rows in self.leaking(project, name, tests, questions).items():
                    leak_findings.append(question_finding(training, name, kind, questions, rows))
        return leak_findings

    def leaking(
        self, project: Project, benchmark: str, tests: Sequence[Question], questions: Sequence[Question]
    ) -> dict[str, list[int]]:
        """Kind of leak → which training questions, from 0, leak into the test questions of a benchmark.

        Those with the group of a test question, and those with the same columns.
        """
        groups = {question.group for question in tests}
        contents = {tuple(question.columns.values()) for question in tests}
        return {
            "same_group": [row for row, question in enumerate(questions) if question.group in groups],
            "same_question": [row for row, q in enumerate(questions) if tuple(q.columns.values()) in contents],
        }

    def same_sources(self, project: Project, plan: AuditPlan) -> list[dict]:
        """Training and test questions of one table."""

        def tables(benchmark: str) -> list[str]:
            return project.task(benchmark).files.beside_corpora(project, benchmark)

        return question_sources(plan, tables)
