"""Mentions of terms in facts and texts."""

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from reasonome.facts.text import normalise


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
