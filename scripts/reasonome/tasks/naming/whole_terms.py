"""Whether a term in a sentence stands whole, or is part of a longer one: "interferon-mediated protein binding"."""

import re
from collections.abc import Sequence
from itertools import pairwise

# Words that may stand beside a whole term. Pointers and kinds ("the pathway X", "X genes") are skipped. Next to them
# must be punctuation, a gene (behind the term), or a word that links a term with a gene; "of" and "to" link only after
# some words. Any other word counts as part of a longer term: a missing verb loses a claim, but supports no false one.
_POINTERS = """
a all an another any biological cellular certain common core each every general human important its key known main major
molecular other overall same several shared some such the their these this those various
"""
_KINDS_BEFORE = """
chemical compartment complex disease domain function gene group keyword pathway pathways phenotype process processes
reaction term
"""
_KINDS_BEHIND = """
activities activity function functions gene genes machinery mechanism mechanisms pathway pathways process processes
protein proteins
"""
_LINKS = """
accompanies accompany after ahead also although among and are as associated at be because been before behind being
between but by called can carries carry carrying catalyse catalyses catalyze catalyzes contain contains count counts did
do does doing done drive drives during either enable enables encode encodes encoding for from further had has have
having help helps hence if in include includes including inside into involve involves involving is jointly like mainly
may mediate mediates mostly named namely neither never no nor not occurs often on only or perform performing performs
provide provides providing rather respectively restrain say says share shares sharing show showing shows so stand stands
such than that then there they through thus together too under undergo undergoes undergoing upon via was we well were
when where whereas which while who whose with within without yet
"""
_BEFORE_OF_AND_TO = """
ahead annotated aspect aspects assigned belong belonging belongs capable case central component components connected
contribute contributed contributes contributing contribution dedicated essential function functions gene genes important
key linked localize localized localizes member members part participant participants parts pathway pathways process
processes product products protein proteins related role roles specific step steps subunit subunits type types unrelated
upstream
"""
_PASSED_BEFORE = frozenset(_POINTERS.split()) | frozenset(_KINDS_BEFORE.split())
_PASSED_BEHIND = frozenset(_KINDS_BEHIND.split())
_LINKING = frozenset(_LINKS.split())
_LEADING = frozenset(_BEFORE_OF_AND_TO.split())  # on, by "of" or "to"

_HYPHENS = "-\u2010-\u2013"  # of all kinds
# But for quotes and emphasis, which may stand around a part of a term.
_PUNCTUATION = re.compile(rf"\s[{_HYPHENS}\u2014]+\s|[^{_HYPHENS}\w\s'\"*`\u2018-\u201d]")
_WORD = re.compile(rf"\w+(?:[{_HYPHENS}'\u2019]\w+)*")
_JOINED_BEFORE, _JOINED_BEHIND = re.compile(rf"\w[{_HYPHENS}]\Z"), re.compile(rf"[{_HYPHENS}]\w")
_LISTED = re.compile(r"\s*(?:,|,?\s(?:and|or|nor))\s+")
_NEAR = 120  # characters beside a term that are examined


def whole_terms(sentence: str, terms: Sequence[tuple[int, int]], genes: Sequence[int]) -> list[bool]:
    """Whether each term stands whole; terms are (start, end) in the order of the sentence, genes are starts.

    Terms of a list ("A, B and C") share the words before the first and behind the last.
    """
    listed = [_LISTED.fullmatch(sentence, left[1], right[0]) is not None for left, right in pairwise(terms)]
    opens: list[bool] = []
    for (start, _), follows in zip(terms, [False, *listed], strict=False):
        opens.append(opens[-1] if follows else _opens(sentence[max(0, start - _NEAR) : start]))
    closes: list[bool] = []
    for (_, end), leads in zip(reversed(terms), [False, *reversed(listed)], strict=False):
        until = min([gene for gene in genes if gene >= end], default=len(sentence))
        closes.append(closes[-1] if leads else _closes(sentence[end : min(until, end + _NEAR)]))
    return [before and behind for before, behind in zip(opens, reversed(closes), strict=True)]


def _opens(before: str) -> bool:
    """Whether a whole term may begin behind this text."""
    if _JOINED_BEFORE.search(before):
        return False
    words = _WORD.findall(_PUNCTUATION.split(before)[-1].lower())
    while words and words[-1] in _PASSED_BEFORE:
        words.pop()
    if words and words[-1] in ("of", "to"):
        return len(words) > 1 and words[-2] in _LEADING
    return not words or words[-1] in _LINKING


def _closes(behind: str) -> bool:
    """Whether a whole term may end before this text, which ends at a gene or with the sentence."""
    if _JOINED_BEHIND.match(behind):
        return False
    words = _WORD.findall(_PUNCTUATION.split(behind)[0].lower())
    return next((word in _LINKING for word in words if word not in _PASSED_BEHIND), True)
