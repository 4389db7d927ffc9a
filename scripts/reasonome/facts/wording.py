"""The sentences of statements, by relation: about one gene, and about several genes that share an object."""

import re
from pathlib import Path
from typing import Literal

import yaml

# relation → kind of sentence → sentences, with the fields {gene} or {genes} and {object}.
_SENTENCES: dict[str, dict[str, list[str]]] = yaml.load(
    Path(__file__).with_suffix("").joinpath("sentences.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)


def _of_kind(kind: str) -> dict[str, list[str]]:
    return {relation: kinds[kind] for relation, kinds in _SENTENCES.items() if kind in kinds}


PARAPHRASES, FURTHER = _of_kind("one"), _of_kind("further")
SEVERAL, ASKED = _of_kind("several"), _of_kind("asked")

# GAF 2.2 qualifiers that imply another relation and use its wording.
SAME_WORDING = {"is_active_in": "located_in", "part_of": "located_in"}

RELATIONS = frozenset({*PARAPHRASES, *SAME_WORDING})


# Separates several genes, relations, ids or sources of a statement; unlike a comma it occurs in none of them.
JOINT = "\t"
# Relations whose object is running text, which is quoted whole.
FREE_TEXT = frozenset({"has_summary", "has_function_text", "expressed_in_text"})
MEMBERSHIP = "member_of_pathway"
PART_OF_PATHWAY = "part_of_pathway"  # its subject is a pathway
# Relations about a gene's names, type and location, which say nothing about its function; LABELS hold no word of it.
LABELS = frozenset({"has_alias", "has_gene_type", "maps_to_band"})
NAMING = LABELS | {"has_name"}

# A first word in lower case; a single letter (as in p-cresol) is a symbol, not a word.
_PLAIN_WORD = re.compile(r"[a-z]{2,}(-[a-z]+)*(?![\w'-])")


def worded_as(relation: str) -> str:
    """The relation whose wordings a relation uses; of several that JOINT separates, the first one's."""
    first = relation.partition(JOINT)[0]
    return SAME_WORDING.get(first, first)


def paraphrases(relation: str, turn: int, begins_with: Literal["gene", "object"] | None = None) -> list[str]:
    """The wordings of a relation with wordings of its own, in the order in which a corpus takes them; `turn` says which
    comes first. With `begins_with` those alone in which that stands before the other.

    Those in FURTHER come after all others, so that a corpus with few paraphrases reads the same whatever stands there.
    """
    parts = [PARAPHRASES[relation], FURTHER.get(relation, [])]
    if begins_with is not None:
        parts = [[text for text in part if _first_of(text) == begins_with] for part in parts]
    return [part[(turn + place) % len(part)] for part in parts for place in range(len(part))]


def _first_of(wording: str) -> str:
    return "gene" if wording.index("{gene}") < wording.index("{object}") else "object"


def opening(name: str) -> str:
    """A name at the start of a sentence: a plain word is capitalised; mRNA, p53 and the like stay unchanged."""
    return name[0].upper() + name[1:] if _PLAIN_WORD.match(name) else name


def listed(genes: list[str]) -> str:
    """Two or more genes as text: "A, B and C"."""
    return f"{', '.join(genes[:-1])} and {genes[-1]}"
