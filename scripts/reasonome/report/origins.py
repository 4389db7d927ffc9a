"""Where answers come from: a model trained here, its untrained base, an endpoint, or a file of recorded answers."""

from collections.abc import Iterable
from typing import Any

from reasonome.core import atomic
from reasonome.report.plan import Evaluation, Plan

UNTRAINED, ENDPOINT, RECORDED = "untrained", "from an endpoint", "recorded elsewhere"
Answering = dict[str, Any]  # run.json of the job that brought the answers


def read_answering(plan: Plan) -> list[Answering]:
    """The run.json of every evaluation, in order. Raises InputError."""
    return [atomic.read_json(evaluation.run) for evaluation in plan.evaluations]


def answer_origin(evaluation: Evaluation, answering: Answering) -> str:
    """The origin of answers that no trained model gave; "" for those of a trained model."""
    if "recorded" in answering:
        return RECORDED
    if "asked" in answering:
        return ENDPOINT
    return "" if evaluation.steps else UNTRAINED


def described_origin(evaluation: Evaluation, answering: Answering) -> str:
    """The origin of answers as it stands beside scores: with what the configuration notes of recorded ones."""
    note = answering.get("recorded", {}).get("note", "")
    return ": ".join(text for text in (answer_origin(evaluation, answering), note) if text)


def evaluations_from(origin: str, plan: Plan, answering: Iterable[Answering]) -> list[tuple[Evaluation, Answering]]:
    """Every evaluation whose answers have this origin, with what their job recorded about them."""
    pairs = zip(plan.evaluations, answering, strict=True)
    return [
        (evaluation, run.get("recorded", run)) for evaluation, run in pairs if answer_origin(evaluation, run) == origin
    ]
