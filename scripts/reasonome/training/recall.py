"""What a warm-up's model recalls while it reads: asked whenever the loss on held-out statements is measured."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from transformers import TrainerCallback

from reasonome.answering.fact_recall import Question, drawn_questions, ranks
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.facts.corpus import read_facts
from reasonome.facts.selection import RECALLED


def questions(statements: Path, facts: Path, number: int) -> list[Question]:
    """The questions that models are asked after the stage, too; InputError where there is none."""
    drawn = drawn_questions(list(atomic.read_jsonl(statements)), read_facts(facts), number, seed=0)
    if not drawn:
        what = "no relation has enough objects to choose from"
        raise InputError(what, file=statements, field="recall", fix="leave `recall` out of the recipe")
    return drawn


def counts(asked: Sequence[Question]) -> dict[str, int]:
    """How many questions are of each relation."""
    return dict(Counter(question.fact.relation for question in asked))


class Recall(TrainerCallback):
    """Adds the shares of recalled facts to the log entry of each evaluation: of all, and of each relation."""

    def __init__(self, tokenizer, asked: Sequence[Question]):
        self._tokenizer, self._asked = tokenizer, asked

    def on_evaluate(self, args, state, control, model=None, **_):
        right: Counter[str] = Counter()
        for question, rank in zip(self._asked, ranks(model, self._tokenizer, self._asked), strict=True):
            right[question.fact.relation] += rank == 1
        of = counts(self._asked)
        state.log_history[-1] |= {RECALLED: right.total() / sum(of.values())}
        state.log_history[-1] |= {f"{RECALLED}/{relation}": right[relation] / count for relation, count in of.items()}
