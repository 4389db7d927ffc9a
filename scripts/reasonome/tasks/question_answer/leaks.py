"""The leak audit of verified answers: training questions against test questions."""

from collections.abc import Mapping, Sequence

from reasonome.jobs import LeakSettings
from reasonome.leaks.audit import LEAVE_OUT, Finding, question_finding
from reasonome.task_parts import Built, Leaks
from reasonome.tasks.question_answer.dialogue import Question, VerifiedDialogue


class VerifiedLeaks(Leaks[VerifiedDialogue]):
    """Training questions against test questions."""

    fixes: Mapping[str, str] = {"training questions": LEAVE_OUT}

    def findings(self, audit: LeakSettings, benchmarks: Mapping[str, Built]) -> list[Finding]:
        """A finding for each kind of leak from the training questions of each benchmark into each one's tests."""
        leak_findings = []
        for name in audit.tested:
            tests = benchmarks[name].rows("test")
            for training in audit.training:
                questions = benchmarks[training.name].rows("train")
                for kind, rows in self.leaking(benchmarks[name], tests, questions).items():
                    leak_findings.append(question_finding(training, name, kind, questions, rows))
        return leak_findings

    def leaking(self, tested: Built, tests: Sequence[Question], questions: Sequence[Question]) -> dict[str, list[int]]:
        """Kind of leak → which training questions, from 0, leak into the test questions of the `tested` benchmark.

        Those with the group of a test question, and those with the same columns.
        """
        groups = {question.group for question in tests}
        contents = {tuple(question.columns.values()) for question in tests}
        return {
            "same_group": [row for row, question in enumerate(questions) if question.group in groups],
            "same_question": [row for row, q in enumerate(questions) if tuple(q.columns.values()) in contents],
        }
