"""Filters of teachers' proposals: one is kept if it is usable and right, or close to the truth."""

from collections.abc import Callable, Mapping, Sequence

from reasonome.tasks.base import Similarity
from reasonome.teaching import Proposal


def keep(
    proposals: Sequence[Proposal], truths: Mapping[str, str], similarity: Similarity, threshold: float
) -> tuple[list[dict], list[dict]]:
    """Split proposals into kept and dropped rows of reasoning, in the order given.

    `truths`: the true name by id. `similarity(proposed, true)` gives one value a pair and is called once, for usable
    proposals only. Kept: similarity strictly above `threshold`. Rows have id, subset, name, proposed, steps,
    similarity, text; a dropped one also has `reason`, and similarity None if it was not compared.
    """
    usable = [proposal for proposal in proposals if not proposal.problem]
    true = [truths[proposal.id] for proposal in usable]
    values = iter(similarity([proposal.proposed for proposal in usable], true) if usable else ())
    judged = []
    for proposal in proposals:
        value, reason = None, proposal.problem
        if not reason:
            value = float(next(values))
            reason = "" if value > threshold else f"similarity {value:.2f} <= {threshold:.2f}"
        judged.append((_row(proposal, truths[proposal.id], value), reason))
    return _parted(judged)


def keep_right(
    proposals: Sequence[Proposal], truths: Mapping[str, str], is_right: Callable[[Proposal], bool], wrong: str
) -> tuple[list[dict], list[dict]]:
    """Split proposals as `keep` does, but without similarity: right ones are kept; others have the reason `wrong`.

    This is rejection sampling from a teacher that does not see the answer. `truths` are by id.
    """
    judged = []
    for proposal in proposals:
        reason = proposal.problem or ("" if is_right(proposal) else wrong)
        judged.append((_row(proposal, truths[proposal.id], None), reason))
    return _parted(judged)


def _parted(judged: Sequence[tuple[dict, str]]) -> tuple[list[dict], list[dict]]:
    """The rows without a reason to drop them, and the others with it."""
    return [row for row, reason in judged if not reason], [row | {"reason": why} for row, why in judged if why]


def _row(proposal: Proposal, name: str, similarity: float | None) -> dict:
    """A proposal as a row of reasoning; `name` is the truth."""
    return {
        "id": proposal.id,
        "subset": proposal.subset,
        "name": name,
        "proposed": proposal.proposed,
        "steps": proposal.steps,
        "similarity": similarity,
        "text": proposal.text,
    }
