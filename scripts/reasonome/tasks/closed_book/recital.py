"""What a completion recites before it names a pathway: which pathway each shown gene is in."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from reasonome.facts.text import normalise
from reasonome.facts.wording import MEMBERSHIP, PART_OF_PATHWAY, paraphrases
from reasonome.tasks.closed_book.questions import Question


class Recited(NamedTuple):
    """A recited membership, and whether the gene is in this pathway."""

    gene: str
    pathway: str
    right: bool


def _patterns(relation: str, subject: str) -> list[re.Pattern]:
    escaped = (re.escape(wording) for wording in paraphrases(relation, 0, begins_with="gene"))
    named = (text.replace(r"\{gene\}", f"(?P<gene>{subject})") for text in escaped)
    return [re.compile(text.replace(r"\{object\}", "(?P<pathway>.+)")) for text in named]


_MEMBERSHIPS = _patterns(MEMBERSHIP, r"\S+")
_PARENTS = _patterns(PART_OF_PATHWAY, ".+")
_BETWEEN_SENTENCES = re.compile(r"(?<=\.)\s+")


def recited(steps: Sequence[str], example: Question) -> list[Recited]:
    """The memberships that reasoning states of shown genes, the first of each gene, in their order.

    A sentence of a step states one membership, in a wording that begins with the gene; sentences in other words, and
    about other genes, state none.
    """
    pathways = {gene.symbol: {normalise(fact.object) for fact in gene.facts} for gene in example.genes}
    found: dict[str, Recited] = {}
    for sentence in _sentences(steps):
        match = _matched(_MEMBERSHIPS, sentence)
        if match and match["gene"] in pathways:
            gene, pathway = match["gene"], match["pathway"]
            found.setdefault(gene, Recited(gene, pathway, normalise(pathway) in pathways[gene]))
    return list(found.values())


def recited_parent(steps: Sequence[str], example: Question) -> Recited | None:
    """The last parent that reasoning states, with its pathway's name in place of a gene's, where a parent is asked for.

    It is right where it is that of the pathway which leads to the answer.
    """
    matches = [match for sentence in _sentences(steps) if (match := _matched(_PARENTS, sentence))]
    if example.through is None or not matches:
        return None
    pathway, parent = matches[-1]["gene"], matches[-1]["pathway"]
    right = normalise(pathway) == normalise(example.through.name) and normalise(parent) == normalise(example.name)
    return Recited(pathway, parent, right)


def _sentences(steps: Sequence[str]) -> list[str]:
    return [sentence for step in steps for sentence in _BETWEEN_SENTENCES.split(step.strip())]


def _matched(wordings: Sequence[re.Pattern], sentence: str) -> re.Match | None:
    matches = (wording.fullmatch(sentence) for wording in wordings)
    return next((match for match in matches if match), None)


def vote(memberships: Sequence[Recited]) -> str:
    """The pathway of most of the recited memberships, normalised; "" without one, and where several have most."""
    counts = Counter(normalise(membership.pathway) for membership in memberships).most_common(2)
    return "" if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]) else counts[0][0]


def conclusion(steps: Sequence[str], example: Question) -> str:
    """The name that a recital leads to, normalised: the recited parent, else the `vote` of the memberships."""
    parent = recited_parent(steps, example)
    return normalise(parent.pathway) if parent else vote(recited(steps, example))


def went_wrong(steps: Sequence[str], name: str, example: Question) -> str:
    """The first step at which a recital leaves the way to the right name, in words; "" where the name is right."""
    if normalise(name) == normalise(example.name):
        return ""
    told, parent = recited(steps, example), recited_parent(steps, example)
    shared = example.through.name if example.through else example.name
    if not told:
        return "it recites no pathway of these genes"
    if vote(told) != normalise(shared):
        return "most of what it recites of the genes is another pathway"
    if example.through and parent is None:
        return "it does not say what the pathway is part of"
    if parent and normalise(parent.gene) != normalise(shared):
        return "it goes on from another pathway than most of its facts name"
    if parent and not parent.right:
        return "what it says the pathway is part of is wrong"
    return "it names something else than it recited"


def recital_scores(steps: Sequence[str], name: str, example: Question) -> dict[str, float | str]:
    """What a recital is worth, by column of a table of scores.

    `recital` has a line for each recited membership, and parent, which begins with ✓ where it is right, else with ✗.
    `recited` is the share of the genes whose pathway is recited; `recited_right` that of the recited ones that are
    right, nan where a gene's pathway is not known; `as_recited` is whether the name is the recital's `conclusion`; both
    are nan without a recital. `sentences` counts those of the reasoning, and `repeated` is the share of these that
    were said before, nan without one. `went_wrong` says where.
    """
    told = recited(steps, example)
    sentences = [normalise(sentence) for sentence in _sentences(steps)]
    lines = [*told, *filter(None, [recited_parent(steps, example)])]
    known = told and all(gene.facts for gene in example.genes)
    return {
        "recital": "\n".join(f"{'✓' if one.right else '✗'} {one.gene}: {one.pathway}" for one in lines),
        "went_wrong": went_wrong(steps, name, example),
        "sentences": len(sentences),
        "repeated": 1 - len({*sentences}) / len(sentences) if sentences else math.nan,
        "recited": len(told) / len(example.genes),
        "recited_right": sum(one.right for one in told) / len(told) if known else math.nan,
        "as_recited": float(bool(name) and normalise(name) == conclusion(steps, example)) if told else math.nan,
    }
