"""Which terms facts and texts speak of."""

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from reasonome.facts.text import normalise


def facts_about(facts: pd.DataFrame, terms: Sequence[tuple[str, str]]) -> pd.Series:
    """Which facts mention one of `terms` (id, name): by id, or by the same normalised name in any source.

    A term's synonyms are further pairs of its id.
    """
    ids = {term for term, _ in terms}
    names = {normalise(name) for _, name in terms}
    written = facts["object_name"].drop_duplicates()
    about = set(written[written.map(normalise).isin(names)])
    return facts["object_id"].isin(ids) | facts["object_name"].isin(about)


def names_in_prompts(prompts: Sequence[str], names: Sequence[Iterable[str]]) -> list[str]:
    """The longest of its own names that each prompt holds as whole words, case and punctuation aside; "" for none."""
    found = []
    for text, own in zip(prompts, names, strict=True):
        padded = f" {normalise(text)} "
        held = [name for name in own if f" {normalise(name)} " in padded]
        found.append(max(held, key=lambda name: (len(name), name), default=""))
    return found


def names_in_texts(texts: Sequence[str], names: Sequence[str]) -> list[int | None]:
    """The position of a name that each text holds as whole words (the longest one), None where it holds none."""
    phrases = [normalise(name) for name in names]
    frequency = Counter(word for phrase in phrases for word in phrase.split())
    # A name is looked for only in texts with its rarest word.
    by_word: dict[str, list[int]] = {}
    for position in sorted(range(len(phrases)), key=lambda i: -len(phrases[i])):
        if words := phrases[position].split():
            by_word.setdefault(min(words, key=lambda word: (frequency[word], word)), []).append(position)
    found = []
    for text in texts:
        text = normalise(text)
        padded = f" {text} "
        candidates = [i for word in by_word.keys() & set(text.split()) for i in by_word[word]]
        held = [i for i in candidates if f" {phrases[i]} " in padded]
        found.append(max(held, key=lambda i: (len(phrases[i]), -i), default=None))
    return found
