"""The leak audit of the closed book: pathways that are never asked may be read, and must not be asked."""

from collections.abc import Mapping, Sequence

from reasonome.facts.text import normalise
from reasonome.jobs import LeakSettings
from reasonome.leaks.audit import Finding, question_finding, read_statements, row_finding
from reasonome.task_parts import Built, Leaks
from reasonome.tasks.closed_book.dialogue import ClosedBookDialogue
from reasonome.tasks.closed_book.questions import Question
from reasonome.tasks.closed_book.settings import NEVER


class ClosedBookLeaks(Leaks[ClosedBookDialogue]):
    """Training questions and statements against the pathways of test questions."""

    fixes: Mapping[str, str] = {
        "training questions": "train on questions of the tested benchmark, whose parts keep never-asked pathways apart"
    }

    def findings(self, audit: LeakSettings, benchmarks: Mapping[str, Built]) -> list[Finding]:
        """What training asks of never-asked pathways, which fails, and what it reads of them, which is the design."""
        found = []
        for name in audit.tested:
            tests = benchmarks[name].rows("test")
            never = {test.main_id for test in tests if test.subset == NEVER}
            for training in audit.training:
                questions = benchmarks[training.name].rows("train")
                for kind, rows in leaking(tests, questions).items():
                    found.append(question_finding(training, name, kind, questions, rows))
            for said in audit.statements:
                statements, _ = read_statements(said)
                about = statements["object_id"].isin(never)
                rows = about.to_numpy().nonzero()[0].tolist()
                tell = statements["text"].iloc.__getitem__
                found.append(row_finding(said, name, "read", len(statements), rows, "report", tell))
        return found


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
