"""Filters of teachers' proposals: one is kept if it is usable and right, or close to the truth."""

from collections.abc import Callable, Mapping, Sequence

from reasonome.task import Similarity
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
    values = similarity([proposal.proposed for proposal in usable], true) if usable else ()
    value_of = dict(zip((proposal.id for proposal in usable), map(float, values), strict=True))

    def close(proposal: Proposal) -> tuple[float, str]:
        value = value_of[proposal.id]
        return value, "" if value > threshold else f"similarity {value:.2f} <= {threshold:.2f}"

    return _parted(proposals, truths, close)


def keep_right(
    proposals: Sequence[Proposal], truths: Mapping[str, str], is_right: Callable[[Proposal], bool], wrong: str
) -> tuple[list[dict], list[dict]]:
    """Split proposals as `keep` does, but without similarity: right ones are kept; others have the reason `wrong`.

    This is rejection sampling from a teacher that does not see the answer. `truths` are by id.
    """
    return _parted(proposals, truths, lambda proposal: (None, "" if is_right(proposal) else wrong))


def _parted(
    proposals: Sequence[Proposal], truths: Mapping[str, str], judge: Callable[[Proposal], tuple[float | None, str]]
) -> tuple[list[dict], list[dict]]:
    """Kept and dropped rows; `judge` gives the similarity of a usable proposal, and the reason to drop it or ""."""
    kept, dropped = [], []
    for proposal in proposals:
        similarity, reason = (None, proposal.problem) if proposal.problem else judge(proposal)
        row = {
            "id": proposal.id,
            "subset": proposal.subset,
            "name": truths[proposal.id],
            "proposed": proposal.proposed,
            "steps": proposal.steps,
            "similarity": similarity,
            "text": proposal.text,
        }
        if reason:
            dropped.append(row | {"reason": reason})
        else:
            kept.append(row)
    return kept, dropped
