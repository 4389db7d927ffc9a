"""Names and texts: normalised, listed in a sentence, and found in facts and texts."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

_FIRST = 5  # names that a sentence lists
_REGULATION = re.compile(r"^((positive |negative )?regulation of |(activation|inhibition) of )+")
_BETWEEN_SYMBOLS = re.compile(r"[\s,;/|\[\](){}\"']+")


def one_line(text: str) -> str:
    """The text with each run of white space replaced by one space."""
    return " ".join(text.split())


def normalise(name: str) -> str:
    """A name for comparison, without case, punctuation and extra spaces; a plus is kept: NAD+ is not NAD.

    "base-excision repair" and "Base Excision Repair" become equal.
    """
    return " ".join(re.findall(r"[^\W_]+|\+", name.casefold()))


def bare_name(name: str) -> str:
    """A name without leading words of regulation: "negative regulation of X" is "X"."""
    return _REGULATION.sub("", name)


def without_regulation(name: str) -> str:
    """A name for comparison, without leading words of regulation: "Negative regulation of X" is "x"."""
    return bare_name(normalise(name))


def symbols_in(cell: str) -> list[str]:
    """The symbols in a cell of a table, each once: `A, B`, `A|B`, `{A},{B}` and `['A', 'B']` are alike."""
    return list(dict.fromkeys(symbol for symbol in _BETWEEN_SYMBOLS.split(cell) if symbol))


def distinct_share(names: Sequence[str]) -> float:
    """Distinct names over all answers; case and spacing do not count, and an empty one is no name."""
    return len({" ".join(name.casefold().split()) for name in names} - {""}) / len(names)


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:_FIRST]) + (f" and {len(names) - _FIRST:,} more" if len(names) > _FIRST else "")


def counted(count: int, singular: str, plural: str = "") -> str:
    """The number with the noun or phrase; a plural that is not given is the singular with an s."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def facts_about(facts: pd.DataFrame, terms: Sequence[tuple[str, str]]) -> pd.Series:
    """Whether each fact has one of `terms` (id, name) as its object, by id or by normalised name.

    Synonyms are passed as further pairs with the term's id.
    """
    ids = {term for term, _ in terms}
    names = {normalise(name) for _, name in terms}
    written = facts["object_name"].drop_duplicates()
    about = set(written[written.map(normalise).isin(names)])
    return facts["object_id"].isin(ids) | facts["object_name"].isin(about)


def names_in_prompts(prompts: Sequence[str], names: Sequence[Iterable[str]]) -> list[str]:
    """For each prompt the longest of its `names` in it, as whole words and ignoring case and punctuation; or ""."""
    longest = []
    for text, candidates in zip(prompts, names, strict=True):
        padded = f" {normalise(text)} "
        held = [name for name in candidates if f" {normalise(name)} " in padded]
        longest.append(max(held, key=lambda name: (len(name), name), default=""))
    return longest


def names_in_texts(texts: Sequence[str], names: Sequence[str]) -> list[int | None]:
    """For each text the position of the longest name that it contains as whole words, or None."""
    phrases = [normalise(name) for name in names]
    frequency = Counter(word for phrase in phrases for word in phrase.split())
    # A name is searched only in texts with its rarest word.
    by_word: dict[str, list[int]] = {}
    for position in sorted(range(len(phrases)), key=lambda i: -len(phrases[i])):
        if words := phrases[position].split():
            by_word.setdefault(min(words, key=lambda word: (frequency[word], word)), []).append(position)
    longest = []
    for text in texts:
        text = normalise(text)
        padded = f" {text} "
        candidates = [i for word in by_word.keys() & set(text.split()) for i in by_word[word]]
        held = [i for i in candidates if f" {phrases[i]} " in padded]
        longest.append(max(held, key=lambda i: (len(phrases[i]), -i), default=None))
    return longest
