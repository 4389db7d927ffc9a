"""What a completion recites before it names a pathway: which pathway each shown gene is in."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from reasonome.facts.text import normalise
from reasonome.facts.wording import MEMBERSHIP, paraphrases
from reasonome.tasks.naming.questions import Example


class Recited(NamedTuple):
    """A recited membership, and whether the gene is in this pathway."""

    gene: str
    pathway: str
    right: bool


_WORDINGS = [
    re.compile(re.escape(wording).replace(r"\{gene\}", r"(?P<gene>\S+)").replace(r"\{object\}", r"(?P<pathway>.+)"))
    for wording in paraphrases(MEMBERSHIP, 0, begins_with="gene")
]


def recited(steps: Sequence[str], example: Example) -> list[Recited]:
    """The memberships that reasoning states of shown genes, the first of each gene, in their order.

    A step states one membership, in a wording that begins with the gene; steps in other words, and about other genes,
    state none.
    """
    pathways = {gene.symbol: {normalise(fact.object) for fact in gene.facts} for gene in example.genes}
    found: dict[str, Recited] = {}
    for step in steps:
        matches = (wording.fullmatch(step.strip()) for wording in _WORDINGS)
        match = next((match for match in matches if match), None)
        if match and match["gene"] in pathways:
            gene, pathway = match["gene"], match["pathway"]
            found.setdefault(gene, Recited(gene, pathway, normalise(pathway) in pathways[gene]))
    return list(found.values())


def vote(memberships: Sequence[Recited]) -> str:
    """The pathway of most of the recited memberships, normalised; "" without one, and where several have most."""
    counts = Counter(normalise(membership.pathway) for membership in memberships).most_common(2)
    return "" if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]) else counts[0][0]


def recital_scores(steps: Sequence[str], name: str, example: Example) -> dict[str, float | str]:
    """What a recital is worth, by column of a table of scores.

    `recital` has a line for each recited membership, which begins with ✓ where it is right, else with ✗. `recited` is
    the share of the genes whose pathway is recited; `recited_right` that of the recited ones that are right, nan where
    a gene's pathway is not known; `as_recited` is whether the name is that of most of them. Both are nan without a
    recital.
    """
    told = recited(steps, example)
    known = told and all(gene.facts for gene in example.genes)
    return {
        "recital": "\n".join(f"{'✓' if one.right else '✗'} {one.gene}: {one.pathway}" for one in told),
        "recited": len(told) / len(example.genes),
        "recited_right": sum(one.right for one in told) / len(told) if known else math.nan,
        "as_recited": float(bool(name) and normalise(name) == vote(told)) if told else math.nan,
    }
