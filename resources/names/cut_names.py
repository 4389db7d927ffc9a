"""Write names.tsv: right names as given, and wrong ones drawn at random, for gene sets of the shipped collections.

    PYTHONPATH=scripts:resources/names python resources/names/cut_names.py --part fit right_names.json > rows.tsv

A file of right names has {"names": {kind: {id of a set: name}}}. For each set it draws two wrong names: the name of
another set, and a right name (of the first kind) of another one. Both are of the same collection and share less than a
tenth of their genes with the set (Jaccard index). Of the former half share a word with the set's name that few names
have.
"""

import argparse
import csv
import json
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from measure_names import Labelled, Shelf, read_shelf

from reasonome.apps.annotate.knowledge import words
from reasonome.core.errors import run_program
from reasonome.tasks import load_project

SIZES = range(10, 101)  # genes of a set whose name is drawn
LEAST_ALIKE = 0.1  # the Jaccard index that is too much for a wrong name
COMMON = 0.02  # of a collection's names: a word that more have is none of content
SEED = 46


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)


def content(name: str, counts: Counter[str], names: int) -> frozenset[str]:
    """The words of a name that few names of its collection have."""
    return frozenset(word for word in words(name) if counts[word] <= COMMON * names and not word.isdigit())


def drawn(shelf: Shelf, sets: Sequence[tuple[str, str]], random_order: random.Random) -> dict[tuple[str, str], tuple]:
    """(collection, id) → the kind of a wrong name and the name, a set's that shares few genes; half share a word."""
    ordered = random_order.sample(list(sets), len(sets))
    left = {True: len(sets) // 2, False: len(sets) - len(sets) // 2}
    chosen = {}
    for collection, id in ordered:
        library = shelf.libraries[collection].sets
        counts = Counter(word for one in library.values() for word in words(one.name))
        own = content(library[id].name, counts, len(library))
        others = [
            one
            for i, one in sorted(library.items())
            if len(one.symbols) in SIZES and jaccard(one.symbols, library[id].symbols) < LEAST_ALIKE
        ]
        shares = {does: [one for one in others if bool(own & words(one.name)) is does] for does in (True, False)}
        does = bool(left[True] and shares[True]) or not left[False]
        left[does] -= 1
        kind = "name of another set, which shares a word" if does else "name of another set"
        chosen[collection, id] = (kind, random_order.choice(shares[does]).name)
    return chosen


def of_others(
    shelf: Shelf, sets: Sequence[tuple[str, str]], names: Mapping[str, str], random_order: random.Random
) -> dict[tuple[str, str], str]:
    """(collection, id) → a right name of another of the sets, of that collection, that shares few genes."""
    chosen = {}
    for collection, id in sets:
        library = shelf.libraries[collection].sets
        others = [
            i
            for other, i in sets
            if other == collection and jaccard(library[i].symbols, library[id].symbols) < LEAST_ALIKE
        ]
        chosen[collection, id] = names[random_order.choice(others)]
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", type=Path, help="the right names")
    parser.add_argument("--part", required=True, choices=("fit", "test"))
    args = parser.parse_args()
    shelf = read_shelf(load_project(Path("config")))
    right = json.loads(args.names.read_text(encoding="utf-8"))["names"]
    collections = {i: name for name, library in shelf.libraries.items() for i in library.sets}
    first = next(iter(right.values()))
    sets = [(collections[id], id) for id in first]
    random_order = random.Random(SEED)
    wrong, others = drawn(shelf, sets, random_order), of_others(shelf, sets, first, random_order)
    rows = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    rows.writerow(Labelled._fields)
    for collection, id in sets:
        known = (args.part, collection, id, shelf.libraries[collection].sets[id].name)
        for kind, names in right.items():
            rows.writerow(Labelled(*known, "right", kind, names[id]))
        rows.writerow(Labelled(*known, "wrong", *wrong[collection, id]))
        rows.writerow(Labelled(*known, "wrong", "in other words", others[collection, id]))


if __name__ == "__main__":
    run_program(main)
