"""The leak audit of questions on enrichment tables: training questions that depend on a held-out tissue or study."""

from collections.abc import Mapping, Sequence

from reasonome.task_parts import Built
from reasonome.tasks.pathway_qa.dialogue import UNSIGNED, PathwayQuestion
from reasonome.tasks.pathway_qa.enrichment_tables import folded
from reasonome.tasks.pathway_qa.settings import PathwayBenchmark
from reasonome.tasks.question_answer.leaks import VerifiedLeaks


class PathwayLeaks(VerifiedLeaks):
    """Training questions that depend on a held-out tissue or study."""

    fixes: Mapping[str, str] = {
        "training questions": "hold the same tissues or studies out of the benchmark that the model trains on"
    }

    def leaking(
        self,
        tested: Built[PathwayBenchmark],
        tests: Sequence[PathwayQuestion],
        questions: Sequence[PathwayQuestion],
    ) -> dict[str, list[int]]:
        """Training questions that depend on a place held out for test, and those with the text of a test question."""
        held_out = tested.benchmark.held_out
        places = {*map(folded, held_out.test)}
        texts = {question.columns["question"] for question in tests}
        return {
            "same_group": [row for row, q in enumerate(questions) if named(q, held_out.by) & places],
            "same_question": [row for row, q in enumerate(questions) if q.columns["question"] in texts],
        }


def named(question: PathwayQuestion, by: str) -> set[str]:
    """The tissues, or the studies, that a question names, its prompt lists or its table shows, `folded`."""
    rows = [row.split("; ") for row in question.columns["table"].splitlines() if "; " in row]
    if by == "tissue":
        names = {*question.tissues, *question.studies, *(row[1] for row in rows)}
    else:
        listed = {study.removesuffix(UNSIGNED) for studies in question.studies.values() for study in studies}
        names = {*listed, *(row[2] for row in rows), question.study} - {""}
    return {*map(folded, names)}
