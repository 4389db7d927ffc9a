"""Print what the judge of names makes of right and of wrong names for gene sets of the shipped collections.

    PYTHONPATH=scripts python resources/names/measure_names.py

It prints the tables of docs/annotate.md, in some minutes on two cores. `--part fit` takes the names on which the
judge's limits were chosen; `--curve` varies the limits.
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from reasonome.apps.annotate.enrichment import SIGNIFICANT
from reasonome.apps.annotate.judge import (
    STANDINGS,
    UNCONFIRMED,
    WITH_ENCODER,
    WITHOUT_ENCODER,
    Comparison,
    compare,
    verdict,
)
from reasonome.apps.annotate.knowledge import Known, read_known, read_libraries
from reasonome.apps.annotate.project_files import answer_sources, encoder_targets, targets
from reasonome.apps.annotate.record import AnnotatedGene
from reasonome.config.annotations import Annotation
from reasonome.config.project import Project
from reasonome.core.errors import check_made, run_program
from reasonome.enrichment.over_representation import GeneSetLibrary, OverRepresentation, default_universe
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.formats import read_authority
from reasonome.tasks import load_project
from reasonome.tasks.naming.background import read_background

HERE = Path(__file__).parent
NAMES = HERE / "names.tsv"
STEPS = [step / 100 for step in range(-20, 21, 5)]


class Labelled(NamedTuple):
    """A line of names.tsv: a name for a set, `right` or `wrong`, and of which kind."""

    part: str
    collection: str
    id: str
    set: str
    label: str
    kind: str
    name: str


class Shelf(NamedTuple):
    """What names are held against: the libraries and facts, and the test that finds enriched terms."""

    known: Known
    libraries: Mapping[str, GeneSetLibrary]
    test: OverRepresentation
    genes: GeneTable

    def symbols(self, collection: str, id: str) -> list[str]:
        """The genes of a set, sorted."""
        return sorted(self.libraries[collection].sets[id].symbols)

    def listed(self, collection: str, id: str) -> tuple[list[AnnotatedGene], list[EnrichedTerm]]:
        """A set as a list of genes, and its significant terms."""
        symbols = self.symbols(collection, id)
        told = [AnnotatedGene(symbol=one, written=one, name=self.genes.genes[one].name) for one in symbols]
        return told, self.test.enriched(symbols, most=None, largest_p=SIGNIFICANT)


def read_names(part: str) -> list[Labelled]:
    with open(NAMES, encoding="utf-8", newline="") as handle:
        names = [Labelled(**row) for row in csv.DictReader(handle, delimiter="\t")]
    return [name for name in names if name.part == part]


def read_shelf(project: Project) -> Shelf:
    """What `annotate` with its default settings holds names against; InputError with the command that makes it."""
    settings = Annotation(sets=[str(NAMES)])
    sources = answer_sources(project, settings)
    check_made([*targets(sources), *encoder_targets(sources)], "what names are held against was not made yet")
    genes = read_authority(project, sources.authority)
    background = read_background(sources.background)
    libraries = read_libraries(sources, background, genes)
    known = read_known(project, sources, background, libraries)
    test = OverRepresentation(libraries, default_universe(genes, libraries))
    return Shelf(known, {shown_name(library.name): library for library in libraries}, test, genes)


def shown_name(library: str) -> str:
    """The collection of a library of the demo: "Reactome" of "reactome-demo"."""
    return {"reactome-demo": "Reactome", "wikipathways-demo": "WikiPathways"}.get(library, library)


def compared(shelf: Shelf, names: Sequence[Labelled], own: bool) -> Iterator[tuple[Labelled, Comparison]]:
    """Each name held against its set; without its `own` term, as for a list that no collection has."""
    lists = {}
    for one in tqdm(names, desc="names", unit=" names"):
        key = (one.collection, one.id)
        if key not in lists:
            lists[key] = shelf.listed(*key)
        left_out = frozenset() if own else frozenset({(shelf.libraries[one.collection].name, one.id)})
        yield one, compare(one.name, *lists[key], shelf.known, left_out)


def table(found: Sequence[tuple[Labelled, Comparison]], limits) -> list[str]:
    """Lines of Markdown: of each kind of name the shares of the three standings."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one, comparison in found:
        counts[one.label, one.kind][verdict(comparison, limits)[0]] += 1
        counts[one.label, "all"][verdict(comparison, limits)[0]] += 1
    rows = sorted(counts, key=lambda key: (key[0], key[1] == "all", key[1]))
    lines = []
    for key in rows:
        total = counts[key].total()
        shares = " | ".join(f"{counts[key][standing] / total:.2f}" for standing in STANDINGS)
        lines.append(f"| {key[0]}, {key[1]} | {total} | {shares} |")
    return lines


def curve(found: Sequence[tuple[Labelled, Comparison]], limits) -> list[str]:
    """Lines of Markdown: the shares of right names that are not unconfirmed and of wrong ones that are, over limits."""
    lines = []
    for step in STEPS:
        moved = replace(limits, near=limits.near + step, covered=limits.covered + step)
        unconfirmed = {label: [] for label in ("right", "wrong")}
        for one, comparison in found:
            unconfirmed[one.label].append(verdict(comparison, moved)[0] == UNCONFIRMED)
        right, wrong = (sum(of_label) / len(of_label) for of_label in unconfirmed.values())
        lines.append(f"| {moved.near:.2f} | {moved.covered:.2f} | {1 - right:.2f} | {wrong:.2f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("test", "fit"), default="test", help="which names (default: test)")
    parser.add_argument("--curve", action="store_true", help="the shares over other limits, too")
    args = parser.parse_args()
    names = read_names(args.part)
    shelf = read_shelf(load_project(Path("config")))
    for encoder in (True, False):
        limits = WITH_ENCODER if encoder else WITHOUT_ENCODER
        held = shelf if encoder else shelf._replace(known=replace(shelf.known, similarity=None))
        for own in (True, False):
            found = list(compared(held, names, own))
            terms, by = "shown" if own else "withheld", "with" if encoder else "without"
            print(f"\nThe set's own term {terms}, {by} encoder\n")
            print("\n".join(["| name | n | confirmed | compatible | unconfirmed |", "|---|---|---|---|---|"]))
            print("\n".join(table(found, limits)))
            if args.curve:
                print("\n| near | covered | right, not unconfirmed | wrong, unconfirmed |\n|---|---|---|---|")
                print("\n".join(curve(found, limits)))


if __name__ == "__main__":
    run_program(main)
