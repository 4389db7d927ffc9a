"""Rows about GWAS loci → questions: genes resolved, candidates around the lead variant, every row accounted for."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from reasonome.config.project import Project
from reasonome.core.errors import InputError, nearest
from reasonome.core.terminal import printable
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import gold_standards, rankings
from reasonome.facts.sources.gene_locations import read_locations
from reasonome.facts.sources.rankings import LocusRow
from reasonome.tasks.ranking.questions import LocusExample, RankedGene
from reasonome.tasks.ranking.rows import LeftOut, Questions, Unmapped, ranked_gene, shuffled
from reasonome.tasks.ranking.settings import RankingBenchmark, RankingSubset


@dataclass(frozen=True)
class GeneMap:
    """Where the genes of an authority lie: (start, end, symbol) by chromosome."""

    bodies: Mapping[str, list[tuple[int, int, str]]]

    def near(self, chromosome: str, position: int, window: int) -> dict[str, int]:
        """The genes whose body lies within `window` base pairs of a position → their distance, 0 inside the body."""
        found: dict[str, int] = {}
        for start, end, symbol in self.bodies.get(chromosome, ()):
            distance = max(start - position, position - end, 0)
            if distance <= found.get(symbol, window):
                found[symbol] = distance
        return found

    @property
    def symbols(self) -> set[str]:
        """All genes with a location."""
        return {symbol for bodies in self.bodies.values() for *_, symbol in bodies}


def questions(
    project: Project, name: str, files: Mapping[str, Path], genes: GeneTable, locations: Path | None = None
) -> Questions:
    """The questions of a benchmark's subsets, of whose sources `files` are the files, by subset.

    Around the lead variants of gold standards the candidates are the protein-coding genes whose body lies within
    `window_kb`; ready tables name their own. Rows with one trait and the same candidates are one question, with the
    causal genes of all. `locations` gives the distances of candidates. InputError as of the readers, for gold
    standards under an authority that does not say which genes code for proteins, and for a `confidence` that a subset
    asks for and no row has.
    """
    benchmark = project.benchmarks[name]
    maker = _Maker(benchmark, genes, benchmark.locations or "")
    places = maker.locate(locations) if locations is not None else GeneMap({})
    for subset, spec in benchmark.subsets.items():
        gold = project.sources[spec.source].format == "gold_standards"
        path = files[subset]
        rows = gold_standards.read(path) if gold else rankings.read_loci(path, spec.columns)
        if gold and not any(gene.coding for gene in genes.genes.values()):
            what = f"'{benchmark.authority}' does not say which genes code for proteins, and candidates are those"
            raise InputError(what, field="authority", fix="use HGNC's complete set, NCBI Gene or Bioconductor")
        _check_confidence(rows, subset, spec, path)
        for row in tqdm(rows, desc=subset, unit=" rows", delay=5, leave=False):
            maker.add(row, subset, spec, path, places, gold)
    return maker.questions()


def _check_confidence(rows: Sequence[LocusRow], subset: str, spec: RankingSubset, path: Path) -> None:
    """InputError for a confidence that no row has: misspelt, it would leave out what it means to keep."""
    stated = Counter(row.confidence for row in rows if row.confidence)
    for wanted in spec.confidence or ():
        if wanted not in stated:
            has = ", ".join(f"{value} ({count})" for value, count in stated.most_common(10)) or "none at all"
            what = f"no row has the confidence '{wanted}'; the file has: {has}"
            raise InputError(what, file=path, field=f"subsets.{subset}.confidence", fix=nearest(wanted, stated))


@dataclass
class _Draft:
    """A question under way: its first row's facts, and the causal genes of all its rows."""

    example: LocusExample
    variant: tuple
    causal: dict[str, RankedGene]
    places: list[str]


@dataclass
class _Maker:
    benchmark: RankingBenchmark
    genes: GeneTable
    map_name: str
    drafts: dict[tuple, _Draft] = field(default_factory=dict)
    ids: set[tuple[str, str]] = field(default_factory=set)
    shown: dict[str, RankedGene] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    notes: Counter = field(default_factory=Counter)

    def locate(self, path: Path) -> GeneMap:
        """Genes of the authority by chromosome; rows whose identifiers mean none are unmapped."""
        found, elsewhere = read_locations(path)
        self.notes["locations on other sequences"] = elsewhere
        bodies: dict[str, list[tuple[int, int, str]]] = {}
        for one in tqdm(found, desc=printable(path.name), unit=" genes", delay=5, leave=False):
            symbols = (self.genes.resolve(identifier, strict=True).symbol for identifier in one.identifiers)
            symbol = next(filter(None, symbols), None)
            if symbol is None:
                self._note_unmapped(self.map_name, one.identifiers[-1], path, f"line {one.line}")
            else:
                bodies.setdefault(one.chromosome, []).append((one.start, one.end, symbol))
        return GeneMap(bodies)

    def add(self, row: LocusRow, subset: str, spec: RankingSubset, path: Path, places: GeneMap, gold: bool) -> None:
        """Make a question of a row, add its causal genes to one that is there, or say why neither."""
        name = _id(row, subset, gold)

        def leave_out(reason: str, detail: str = "") -> None:
            self.left_out.append(LeftOut(spec.source, name, reason, ": ".join(filter(None, (row.place, detail)))))

        trait = " ".join(row.trait.split())
        causal = self._resolved(row.causal, spec.source, path, row.place)
        if not trait:
            return leave_out("no trait")
        if spec.confidence is not None and row.confidence not in spec.confidence:
            return leave_out("confidence", row.confidence or "none stated")
        if not row.causal:
            return leave_out("no causal gene")
        if unknown := [written for written, symbol in causal.items() if symbol is None]:
            return leave_out("causal gene unknown", ", ".join(unknown))
        if gold and row.position is None:
            return leave_out("no GRCh38 position")
        right = list(dict.fromkeys(symbol for symbol in causal.values() if symbol))
        if gold:
            if reason := self._no_candidate(right[0], row, places):
                return leave_out(reason, f"{right[0]} ({row.causal[0]})")
            candidates = self._around(row, places)
        else:
            candidates = self._listed(row, spec.source, path, places)
        if missing := [symbol for symbol in right if symbol not in candidates]:
            return leave_out("causal gene is no candidate", ", ".join(missing))
        low, high = self.benchmark.minimum_candidates, self.benchmark.maximum_candidates
        if not low <= len(candidates) <= high:
            reason = "too few candidates" if len(candidates) < low else "too many candidates"
            return leave_out(reason, f"{len(candidates)} of {low} to {high}")
        key = (trait.casefold(), frozenset(candidates))
        variant = (row.variant, row.chromosome, row.position) if gold else (subset, row.place)
        if (draft := self.drafts.get(key)) is not None:
            draft.causal.update((symbol, candidates[symbol]) for symbol in right)
            if draft.variant == variant and draft.example.subset == subset:
                draft.places.append(row.place)
                return None
            return leave_out("duplicate", f"the trait and candidates of {draft.example.id}, which has its causal genes")
        if (subset, name) in self.ids:
            return leave_out("duplicate id", "an earlier question has it, with other candidates")
        self.ids.add((subset, name))
        example = LocusExample(
            id=name,
            subset=subset,
            candidates=shuffled(candidates.values(), self.benchmark.seed),
            causal=[candidates[symbol] for symbol in right],
            source=row.source.strip() or spec.source,
            trait=trait,
            chromosome=row.chromosome,
            position=row.position,
            variant=row.variant,
            confidence=row.confidence,
        )
        self.drafts[key] = _Draft(example, variant, {symbol: candidates[symbol] for symbol in right}, [row.place])
        return None

    def questions(self) -> Questions:
        """All that was made of the rows; causal genes in alphabetical order."""
        made = [
            draft.example.model_copy(update={"causal": [draft.causal[symbol] for symbol in sorted(draft.causal)]})
            for draft in self.drafts.values()
        ]
        places = {(one.subset, one.id): draft.places for one, draft in zip(made, self.drafts.values(), strict=True)}
        return Questions(made, self.left_out, self.unmapped, places, dict(self.notes))

    def _resolved(self, written: tuple[str, ...], source: str, path: Path, place: str) -> dict[str, str | None]:
        """Symbol by identifier; one without a gene is noted as unmapped."""
        found = {identifier: self.genes.resolve(identifier).symbol for identifier in written}
        for identifier, symbol in found.items():
            if symbol is None:
                self._note_unmapped(source, identifier, path, place)
        return found

    def _note_unmapped(self, source: str, identifier: str, path: Path, place: str) -> None:
        where = f"{path.name}:{place.removeprefix('line ')}"
        self.unmapped.append(Unmapped(source, identifier, where, self.genes.best_guess(identifier)))

    def _no_candidate(self, symbol: str, row: LocusRow, places: GeneMap) -> str:
        """Why a causal gene cannot be among the candidates around its variant; "" if it is."""
        if not self.genes.genes[symbol].coding:
            return "causal gene does not code for a protein"
        if symbol in places.near(row.chromosome, row.position, self.window):
            return ""
        if symbol not in places.symbols:
            return "causal gene has no location"
        return "causal gene outside the window"

    def _around(self, row: LocusRow, places: GeneMap) -> dict[str, RankedGene]:
        near = places.near(row.chromosome, row.position, self.window)
        coding = {symbol: distance for symbol, distance in near.items() if self.genes.genes[symbol].coding}
        return {
            symbol: self._ranked(symbol, distance=distance, score=self._score(distance))
            for symbol, distance in coding.items()
        }

    def _score(self, distance: int | None) -> float | None:
        """What stands for a tool's score, if the benchmark has any: more is better."""
        return -float(distance) if self.benchmark.scores == "distance" and distance is not None else None

    def _ranked(self, symbol: str, **known: Any) -> RankedGene:
        """A gene of the authority; its aliases are looked up once."""
        if symbol not in self.shown:
            self.shown[symbol] = ranked_gene(self.genes.genes[symbol], self.genes)
        return self.shown[symbol].model_copy(update=known)

    def _listed(self, row: LocusRow, source: str, path: Path, places: GeneMap) -> dict[str, RankedGene]:
        """The candidates of a ready table, as current symbols; one that no gene is found for stays as it is written."""
        resolved = self._resolved(row.candidates, source, path, row.place)
        anywhere = 1 << 40  # longer than any chromosome
        distances = {} if row.position is None else places.near(row.chromosome, row.position, anywhere)
        found: dict[str, RankedGene] = {}
        for number, (written, symbol) in enumerate(resolved.items()):
            distance = distances.get(symbol)
            known = {"score": row.scores[number] if row.scores else self._score(distance), "distance": distance}
            one = self._ranked(symbol, **known) if symbol else RankedGene(symbol=written, **known)
            found.setdefault(one.symbol.casefold(), one)
        return {one.symbol: one for one in found.values()}

    @property
    def window(self) -> int:
        return 1000 * self.benchmark.window_kb


def _id(row: LocusRow, subset: str, gold: bool) -> str:
    """The row's own id; of a gold standard its variant with a digest of the trait; else the place."""
    if gold and row.variant:
        return f"{row.variant}.{hashlib.sha256(row.trait.encode()).hexdigest()[:6]}"
    return row.id or f"{subset}.{row.place.rpartition(' ')[2]}"
