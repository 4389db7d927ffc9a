"""Rows about GWAS loci → questions: genes resolved, candidates around the lead variant, every row accounted for."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from reasonome.core.errors import InputError, nearest
from reasonome.core.terminal import printable
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import gold_standards, rankings
from reasonome.facts.sources.gene_locations import read_locations
from reasonome.facts.sources.rankings import LocusRow
from reasonome.facts.text import one_line
from reasonome.tasks.ranking.questions import LocusExample, RankedGene
from reasonome.tasks.ranking.rows import Maker, Place, shuffled
from reasonome.tasks.ranking.settings import RankingBenchmark, RankingSubset

_ANYWHERE = 1 << 40  # base pairs: longer than any chromosome


@dataclass(frozen=True)
class GeneMap:
    """Where the genes of an authority lie: (start, end, symbol) by chromosome."""

    bodies: Mapping[str, list[tuple[int, int, str]]]

    def near(self, chromosome: str, position: int, window: int, last: int | None = None) -> dict[str, int]:
        """The genes whose body lies within `window` base pairs of a position → their distance, 0 inside the body.

        With `last` it is their distance from all that lies from `position` to there.
        """
        distances: dict[str, int] = {}
        for start, end, symbol in self.bodies.get(chromosome, ()):
            distance = max(start - (last or position), position - end, 0)
            if distance <= distances.get(symbol, window):
                distances[symbol] = distance
        return distances

    @property
    def symbols(self) -> set[str]:
        """All genes with a location."""
        return {symbol for bodies in self.bodies.values() for *_, symbol in bodies}


def questions(
    benchmark: RankingBenchmark,
    formats: Mapping[str, str],
    files: Mapping[str, Path],
    genes: GeneTable,
    locations: Path | None = None,
) -> Maker:
    """The questions of a benchmark, with the account of all rows; `files` has the file of each subset's source, and
    `formats` the format of each source.

    Around the lead variants of gold standards, and of ready tables without a column of candidates, the candidates are
    the protein-coding genes whose body lies within `window_kb`. Rows with one trait and the same candidates are one
    question, with the causal genes of all. `locations` gives the distances of candidates. InputError as of the readers;
    where candidates must be looked for without `locations`, or with an authority that does not state which genes code
    for proteins; and for a `confidence` that no row has.
    """
    maker = LocusMaker(benchmark, genes)
    places = maker.locate(locations) if locations is not None else GeneMap({})
    for subset, spec in benchmark.subsets.items():
        gold = formats[spec.source] == "gold_standards"
        path = files[subset]
        rows = gold_standards.read(path) if gold else rankings.read_loci(path, spec.columns)
        if any(row.candidates is None for row in rows):
            check_can_look(benchmark.authority, genes, locations, path)
        _check_confidence(rows, subset, spec, path)
        for row in tqdm(rows, desc=subset, unit=" rows", delay=5, leave=False):
            maker.add(row, subset, spec, path, places, gold)
    maker.examples = list(maker.by_content.values())
    return maker


def check_can_look(authority: str, genes: GeneTable, locations: Path | None, path: Path) -> None:
    """InputError where candidates around positions of `path` cannot be found."""
    if locations is None:
        what = "this table has no column of candidates, and the benchmark no `locations` to look for them by position"
        fix = "add `locations` to it: a source of format gene_locations; or a column of candidates"
        raise InputError(what, file=path, field="candidates", fix=fix)
    if not any(gene.coding for gene in genes.genes.values()):
        what = f"'{authority}' does not say which genes code for proteins, and candidates are those"
        raise InputError(what, field="authority", fix="use HGNC's complete set or NCBI Gene")


def _check_confidence(rows: Sequence[LocusRow], subset: str, spec: RankingSubset, path: Path) -> None:
    """InputError for a confidence that no row has: misspelt, it would leave out the rows that it should keep."""
    stated = Counter(row.confidence for row in rows if row.confidence)
    for wanted in spec.confidence or ():
        if wanted not in stated:
            has = ", ".join(f"{value} ({count})" for value, count in stated.most_common(10)) or "none at all"
            what = f"no row has the confidence '{wanted}'; the file has: {has}"
            raise InputError(what, file=path, field=f"subsets.{subset}.confidence", fix=nearest(wanted, stated))


@dataclass
class LocusMaker(Maker):
    """Questions, and the variants of their first rows, are by trait and candidates."""

    by_content: dict[tuple, LocusExample] = field(default_factory=dict)
    variants: dict[tuple, tuple] = field(default_factory=dict)

    def locate(self, path: Path) -> GeneMap:
        """Genes of the authority by chromosome; rows whose identifiers mean none are unmapped."""
        locations, elsewhere = read_locations(path)
        self.notes["locations on other sequences"] = elsewhere
        bodies: dict[str, list[tuple[int, int, str]]] = {}
        for location in tqdm(locations, desc=printable(path.name), unit=" genes", delay=5, leave=False):
            at = Place(self.benchmark.locations or "", path, f"line {location.line}")
            if symbol := self.symbol(location.identifiers, at, strict=True):
                bodies.setdefault(location.chromosome, []).append((location.start, location.end, symbol))
        return GeneMap(bodies)

    def add(self, row: LocusRow, subset: str, spec: RankingSubset, path: Path, places: GeneMap, gold: bool) -> None:
        """Make a question of a row, add its causal genes to an existing one, or account for leaving it out."""
        name, at, trait = _id(row, subset, gold), Place(spec.source, path, row.place), one_line(row.trait)
        causal = {written: self.symbol([written], at) for written in row.causal}
        symbols = list(dict.fromkeys(filter(None, causal.values())))
        reason, detail = self._why_not(row, spec, causal, places)
        if not reason:
            candidates = self.candidates(row, at, places)
            reason, detail = self.unfit(symbols, candidates)
        if reason:
            self.leave_out(at, name, reason, detail)
            return
        key = (trait.casefold(), frozenset(candidates))
        variant = (subset, row.variant, row.chromosome, row.position) if gold else (subset, row.place)
        right = {symbol: candidates[symbol] for symbol in symbols}
        if (first := self.by_content.get(key)) is not None:
            right = {gene.symbol: gene for gene in first.causal} | right
            self.by_content[key] = first.model_copy(update={"causal": [right[symbol] for symbol in sorted(right)]})
            if self.variants[key] == variant:
                self.places[subset, first.id].append(row.place)
            else:
                detail = f"the trait and candidates of {first.id}, which has its causal genes"
                self.leave_out(at, name, "duplicate", detail)
            return
        if (subset, name) in self.places:
            self.leave_out(at, name, "duplicate id", "an earlier question has it, with other candidates")
            return
        self.places[subset, name] = [row.place]
        self.variants[key] = variant
        self.by_content[key] = LocusExample(
            id=name,
            subset=subset,
            candidates=shuffled(candidates.values(), self.benchmark.seed),
            causal=[right[symbol] for symbol in sorted(right)],
            source=row.source.strip() or spec.source,
            trait=trait,
            chromosome=row.chromosome,
            position=row.position,
            variant=row.variant,
            confidence=row.confidence,
        )

    def _why_not(
        self, row: LocusRow, spec: RankingSubset, causal: Mapping[str, str | None], places: GeneMap
    ) -> tuple[str, str]:
        """(reason, detail) why a row makes no question, whatever the candidates are; ("", "") if it may."""
        if not row.trait.strip():
            return "no trait", ""
        if spec.confidence is not None and row.confidence not in spec.confidence:
            return "confidence", row.confidence or "none stated"
        if not causal:
            return "no causal gene", ""
        if unknown := [written for written, symbol in causal.items() if symbol is None]:
            return "causal gene unknown", ", ".join(unknown)
        if row.candidates is not None:
            return "", ""
        if row.position is None:
            return "no GRCh38 position", ""
        near = places.near(row.chromosome, row.position, self.benchmark.window)
        for written, symbol in causal.items():
            if symbol is None or not self.genes.genes[symbol].coding:
                return "causal gene does not code for a protein", f"{symbol} ({written})"
            if symbol not in near:
                reason = "outside the window" if symbol in places.symbols else "has no location"
                return f"causal gene {reason}", f"{symbol} ({written})"
        return "", ""

    def candidates(self, row: LocusRow, at: Place, places: GeneMap) -> dict[str, RankedGene]:
        """The candidates of a row by symbol: those that it lists, else the genes around its position."""
        window = self.benchmark.window if row.candidates is None else _ANYWHERE
        near = {} if row.position is None else places.near(row.chromosome, row.position, window, row.end)
        if row.candidates is not None:
            return self.listed(row.candidates, row.scores, at, near)
        return {
            symbol: self.ranked(symbol, distance=distance, score=self.score(distance))
            for symbol, distance in near.items()
            if self.genes.genes[symbol].coding
        }


def _id(row: LocusRow, subset: str, gold: bool) -> str:
    """The row's own id; of a gold standard its variant with a digest of the trait; else the place."""
    if gold and row.variant:
        return f"{row.variant}.{hashlib.sha256(row.trait.encode()).hexdigest()[:6]}"
    return row.id or f"{subset}.{row.place.rpartition(' ')[2]}"
