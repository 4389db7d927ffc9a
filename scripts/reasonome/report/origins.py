"""Where answers come from: a model trained here, its untrained base, an endpoint, or somebody's file of answers."""

from collections.abc import Iterable
from typing import Any

from reasonome.core import atomic
from reasonome.report.plan import Evaluation, Plan

UNTRAINED, ENDPOINT, RECORDED = "untrained", "from an endpoint", "recorded elsewhere"
RECORDED_COLUMNS = ["rows", "missing", "empty", "duplicates", "conflicts", "unknown", "file", "sha256"]
ENDPOINT_COLUMNS = ["models", "answers", "asked", "prompt_tokens", "generated_tokens", "cost"]
Answering = dict[str, Any] | None  # run.json of the job that brought the answers


def read_answering(plan: Plan) -> list[Answering]:
    """The run.json of every evaluation, in order; None where the plan names none. Raises InputError."""
    return [None if evaluation.run is None else atomic.read_json(evaluation.run) for evaluation in plan.evaluations]


def origin_of(evaluation: Evaluation, answering: Answering) -> str:
    """What to say of answers behind which no trained step stands; "" where one does."""
    if answering and "recorded" in answering:
        return RECORDED
    if answering and "asked" in answering:
        return ENDPOINT
    return "" if evaluation.steps else UNTRAINED


def recorded_files(plan: Plan, answering: Iterable[Answering]) -> list[tuple[Evaluation, dict[str, Any]]]:
    """Every evaluation of recorded answers, and what its file held and lacked."""
    pairs = zip(plan.evaluations, answering, strict=True)
    return [(evaluation, run["recorded"]) for evaluation, run in pairs if origin_of(evaluation, run) == RECORDED]


def endpoints(plan: Plan, answering: Iterable[Answering]) -> list[tuple[Evaluation, dict[str, Any]]]:
    """Every evaluation of an endpoint's answers, and how many of what models there are at what cost."""
    pairs = zip(plan.evaluations, answering, strict=True)
    return [(evaluation, run) for evaluation, run in pairs if origin_of(evaluation, run) == ENDPOINT]
