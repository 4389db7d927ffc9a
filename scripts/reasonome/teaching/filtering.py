"""Filters of what teachers propose: a proposal stays if it can be read and is right, or close to the truth."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from reasonome.core import atomic
from reasonome.tasks.base import Similarity
from reasonome.teaching import Proposal


def keep(
    proposals: Sequence[Proposal], truths: Iterable[dict], similarity: Similarity, threshold: float = 0.7
) -> tuple[list[dict], list[dict]]:
    """Split proposals into kept and dropped rows of reasoning, in the order given.

    `truths`: benchmark rows, joined by id. `similarity(proposed, true)` gives one value a pair and is called
    once, for usable proposals only. Kept: similarity strictly above `threshold`. Rows have id, subset, name,
    proposed, steps, similarity, text; a dropped one also has `reason`, and similarity None if it was not
    compared.
    """
    name_by_id = {row["id"]: row["name"] for row in truths}
    usable = [index for index, proposal in enumerate(proposals) if not proposal.problem]
    values: dict[int, float] = {}
    if usable:
        proposed = [proposals[index].proposed for index in usable]
        true = [name_by_id[proposals[index].id] for index in usable]
        values = dict(zip(usable, map(float, similarity(proposed, true)), strict=True))

    kept, dropped = [], []
    for index, proposal in enumerate(proposals):
        value = values.get(index)
        row = _row(proposal, name_by_id[proposal.id], value)
        if value is None:
            dropped.append(row | {"reason": proposal.problem})
        elif value > threshold:
            kept.append(row)
        else:
            dropped.append(row | {"reason": f"similarity {value:.2f} <= {threshold:.2f}"})
    return kept, dropped


def keep_right(
    proposals: Sequence[Proposal], truths: Mapping[str, str], is_right: Callable[[Proposal], bool], wrong: str
) -> tuple[list[dict], list[dict]]:
    """Split proposals as `keep` does, without any similarity: what is kept is right, and `wrong` is said of the others.

    This is rejection sampling: a teacher that is not told the answer is believed where it comes to it. `truths` are by
    id.
    """
    kept, dropped = [], []
    for proposal in proposals:
        row = _row(proposal, truths[proposal.id], None)
        if proposal.problem or not is_right(proposal):
            dropped.append(row | {"reason": proposal.problem or wrong})
        else:
            kept.append(row)
    return kept, dropped


def write_reasoning(teacher: str, kept: Sequence[dict], dropped: Sequence[dict], output: Path) -> None:
    """Write the kept rows, and the dropped ones with their reasons beside them."""
    atomic.write_jsonl(output.with_suffix(".dropped.jsonl"), dropped)
    atomic.write_jsonl(output, kept)
    print(f"{teacher}: {len(kept)} kept, {len(dropped)} dropped")


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
