"""The leak audit of the closed book: pathways that are never asked may be read, and must not be asked."""

from collections.abc import Mapping, Sequence

from reasonome.benchmarks.rows import read_splits
from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan
from reasonome.facts.text import normalise
from reasonome.leaks.audit import (
    Finding,
    Training,
    question_finding,
    question_sources,
    read_statements,
    row_finding,
)
from reasonome.task_parts import Leaks
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.closed_book.questions import Question
from reasonome.tasks.closed_book.world import NEVER


class ClosedBookLeaks(Leaks[ClosedBookDialogue]):
    """Training questions and statements against the pathways of test questions."""

    fixes: Mapping[str, str] = {
        "training questions": "train on questions of the tested benchmark, whose parts keep never-asked pathways apart"
    }

    def findings(self, project: Project, plan: AuditPlan) -> list[Finding]:
        """What training asks of never-asked pathways, which fails, and what it reads of them, which is the design."""
        found = []
        for name in plan.benchmarks:
            tests = read_splits(project.results.benchmark(name), project.task(name).Example, "test")
            never = {test.main_id for test in tests if test.subset == NEVER}
            for benchmark, used_by in plan.training.items():
                folder = project.results.benchmark(benchmark)
                training = Training("training questions", benchmark, used_by, folder / "train.jsonl")
                questions = read_splits(folder, project.task(benchmark).Example, "train")
                for kind, rows in leaking(tests, questions).items():
                    found.append(question_finding(training, name, kind, questions, rows))
            for training, statements, _ in read_statements(project, plan):
                about = statements["object_id"].isin(never)
                rows = about.to_numpy().nonzero()[0].tolist()
                tell = statements["text"].iloc.__getitem__
                found.append(row_finding(training, name, "read", len(statements), rows, "report", tell))
        return found

    def same_sources(self, project: Project, plan: AuditPlan) -> list[dict]:
        """Training and test questions whose pathways are of one corpus."""
        return question_sources(plan, lambda name: project.task(name).files.corpora(project, name))


def leaking(tests: Sequence[Question], questions: Sequence[Question]) -> dict[str, list[int]]:
    """Kind of leak → which training questions, from 0: those whose answer is a never-asked pathway, by id or by name,
    and those with the genes of a test question."""
    never = [test for test in tests if test.subset == NEVER]
    ids, names = {test.main_id for test in never}, {normalise(test.name) for test in never}
    tested = {_genes(test) for test in tests}
    return {
        "asked": [i for i, one in enumerate(questions) if one.main_id in ids or normalise(one.name) in names],
        "same_question": [i for i, one in enumerate(questions) if _genes(one) in tested],
    }


def _genes(example: Question) -> frozenset[str]:
    return frozenset(gene.symbol for gene in example.genes)
