"""Unsolved cases and loci → questions to a model: phenotypes and genes resolved, candidates chosen."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field

from reasonome.apps.rank.inputs import AskedFile
from reasonome.apps.rank.record import AskedPhenotype, RankingRecord, with_name
from reasonome.apps.run import record_id
from reasonome.core.errors import InputError
from reasonome.facts.sources.phenopackets import DURATION, Case
from reasonome.facts.sources.rankings import LocusRow
from reasonome.facts.text import one_line, some
from reasonome.prompts.prompts import gene_text, most_that_fit
from reasonome.tasks.ranking.cases import age_words
from reasonome.tasks.ranking.loci import GeneMap, LocusMaker
from reasonome.tasks.ranking.phenotypes import PhenotypeOverlap, fits
from reasonome.tasks.ranking.questions import CaseExample, LocusExample, Phenotype, RankedGene
from reasonome.tasks.ranking.rows import Place, shuffled
from reasonome.tasks.ranking.settings import RankingStyle

FEWEST = 2  # candidates, of which one is to come first
NO_FACT = "no fact can support it"  # said of a phenotype that HPO's files do not know
_LISTED = 100  # candidates that a ranking without a model lists
_NUMBER = r"\d+ (?:year|month|week|day)s?"
# Ages that a prompt may show; any other text might say who the patient is.
_AGE = re.compile(
    rf"(?:{_NUMBER}(?: {_NUMBER})*(?: of gestation)?|newborn|late|"
    r"(?:(?:early |intermediate |late )?young |late |middle )?(?:embryonal|fetal|antenatal|"
    r"congenital|neonatal|infantile|pediatric|childhood|juvenile|puerpural|adult|age|first trimester|second trimester|"
    r"third trimester))(?: at onset)?"
)
_FILLING = frozenset(("of", "the", "and", "or", "in", "a", "an", "with", "to"))  # words that no name is told by
_SEXES = {"female": "female", "f": "female", "male": "male", "m": "male"}


_NoGenes = Annotated[list[RankedGene], Field(max_length=0)]


class UnsolvedCase(CaseExample):
    """A case without a known gene."""

    causal: _NoGenes = []


class UnsolvedLocus(LocusExample):
    """A locus without a known gene."""

    causal: _NoGenes = []


@dataclass(frozen=True)
class Question:
    """The record so far and its example, None where it is not asked about, as the record's `error` says.

    `candidates` are all genes that may be the answer, and the example has those that the prompt has room for; none
    where any human gene may be it.
    """

    record: RankingRecord
    example: UnsolvedCase | UnsolvedLocus | None
    candidates: Sequence[RankedGene] = ()

    @property
    def shown(self) -> list[RankedGene]:
        """The candidates of the example, which the prompt has."""
        return [] if self.example is None else self.example.candidates

    @cached_property
    def by_symbol(self) -> dict[str, RankedGene]:
        """The candidates by symbol."""
        return {gene.symbol: gene for gene in self.candidates}


@dataclass
class QuestionMaker:
    """Makes the questions of a run. `panel` are genes as written, None for any human gene.

    `style` is None where no model is asked, so that no prompt limits the candidates. `maker` resolves genes and knows
    the window, `places` says where genes lie, and `overlap` knows the phenotypes of genes, of which cases ask.
    """

    style: RankingStyle | None
    maker: LocusMaker
    places: GeneMap
    overlap: PhenotypeOverlap | None
    panel: Sequence[str] | None = None
    panel_file: Path | None = None
    resolved: dict[str, RankedGene] = field(default_factory=dict)
    unmapped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Resolve the panel. InputError where none or one of its genes is known."""
        if self.panel is None:
            return
        for written in self.panel:
            if (symbol := self.maker.genes.resolve(written).symbol) is None:
                self.unmapped.append(written)
            else:
                self.resolved.setdefault(symbol, self.maker.ranked(symbol))
        if len(self.resolved) < FEWEST:
            guesses = [guess for written in self.unmapped[:20] if (guess := self.maker.genes.best_guess(written))]
            fix = f"did you mean {guesses[0]}?" if guesses else "give human gene symbols or ids, one a line"
            known = f"none of its {len(self.panel):,} genes is known" if not self.resolved else "it has one known gene"
            what = f"with this panel there is nothing to rank: {known}"
            raise InputError(what, file=self.panel_file, field="--panel", fix=fix)

    @property
    def known_phenotypes(self) -> PhenotypeOverlap:
        """The phenotypes of genes, which are there where questions are of cases."""
        assert self.overlap is not None
        return self.overlap

    def questions(self, files: Sequence[AskedFile]) -> list[Question]:
        """A question for each row; one that cannot be asked about has an error.

        Raises that error where no row can be asked about.
        """
        made: list[Question] = []
        errors: list[InputError] = []
        for file in files:
            make: Callable = self.case if file.kind == "case" else self.locus
            for number, row in enumerate(file.rows, 1):
                try:
                    if row.fault is not None:
                        raise row.fault
                    made.append(make(row, file, number))
                except InputError as error:
                    errors.append(error)
                    told = " ".join(str(error).replace("\n  fix:", "; fix:").split())
                    made.append(Question(_record(row, file, number, error=told), None))
        if errors and len(errors) == len(made):
            raise errors[0]
        asked = [question for question in made if question.example is not None]
        if len({bool(question.candidates) for question in asked}) > 1:
            what = "some cases name candidates and others none, and the two are asked in different ways"
            fix = "give the others a --panel, or rank them in two runs"
            raise InputError(what, file=files[0].path, field="candidates", fix=fix)
        return made

    def case(self, row: Case, file: AskedFile, number: int) -> Question:
        """The question of a case. Raises InputError."""
        where = _where(row, file)
        present = self._phenotypes(row.present, where, "present", file)
        absent = self._phenotypes(row.absent, where, "absent", file)
        if not present:
            field = "phenotypicFeatures" if file.is_packet else "present"
            fix = "give what the patient has as HPO terms: a question without them asks nothing"
            raise InputError("this case has no phenotype that is present", **where, field=field, fix=fix)
        both = sorted({term.id for term in present} & {term.id for term in absent})
        if both:
            what = f"{', '.join(both)} is both present and absent"
            where["line"] = file.term_lines.get(both[0], row.line)
            raise InputError(what, **where, field="absent", fix="take it out of one of the two")
        flags = [f"{term.id} {term.label}: {term.note}" for term in (*present, *absent) if term.note]
        flags += self._contradictions(present, absent)
        age = _age(row.age.strip())
        if row.age.strip() and not age and self.style is not None:
            written = row.age.strip()[:20]
            flags.append(f"the model is not told the age '{written}': write it as 6 years 4 months or P6Y4M")
        sex = _SEXES.get(row.sex.strip().lower(), "")
        if row.sex.strip() and not sex and self.style is not None:
            flags.append(f"the model is not told the sex '{row.sex.strip()[:20]}': write female or male")
        record = _record(row, file, number, present=present, absent=absent, age=age, sex=sex)
        example = UnsolvedCase(
            id=record.id,
            subset="cases",
            present=[Phenotype(id=term.id, label=term.label) for term in present],
            absent=[Phenotype(id=term.id, label=term.label) for term in absent],
            age=age,
            sex=sex,
        )
        candidates, unmapped = self._candidates(row, file, where)
        scores = fits(example, candidates, self.known_phenotypes)
        by_fit = {gene.symbol: fit for gene, (overlap, fit) in zip(candidates, scores, strict=True) if overlap > 0}
        candidates = self._scored(candidates, [overlap for overlap, _ in scores])
        return self._asked(record, example, candidates, unmapped, flags, by_fit, "whose known phenotypes fit best")

    def _contradictions(self, present: Sequence[AskedPhenotype], absent: Sequence[AskedPhenotype]) -> list[str]:
        """In words: which absent phenotypes a present one implies."""
        return [
            f"{with_name(one.id, one.label)} is present, and {with_name(other.id, other.label)}, which it implies, is "
            "absent: check both"
            for one in present
            for other in absent
            if self.known_phenotypes.implies(one.id, other.id)
        ]

    def _scored(self, candidates: Sequence[RankedGene], scores: Sequence[float | None]) -> list[RankedGene]:
        """The candidates; with these scores if the style lists them by scores, and they have none of a table."""
        if self.style is None or self.style.order != "score" or any(gene.score is not None for gene in candidates):
            return list(candidates)
        return [gene.model_copy(update={"score": score}) for gene, score in zip(candidates, scores, strict=True)]

    def locus(self, row: LocusRow, file: AskedFile, number: int) -> Question:
        """The question of a locus. Raises InputError."""
        where = _where(row, file)
        trait = one_line(row.trait)
        if not trait:
            raise InputError("this locus has no trait", **where, field="trait", fix="say which trait it is of")
        if row.candidates is None and row.position is None:
            what = "this locus has neither candidates nor a position"
            raise InputError(what, **where, field="position", fix="give chromosome and position (GRCh38)")
        candidates, unmapped = self._candidates(row, file, where)
        by_distance = [None if gene.distance is None else -float(gene.distance) for gene in candidates]
        candidates = self._scored(candidates, by_distance)
        place = {"chromosome": row.chromosome, "position": row.position, "end": row.end, "variant": row.variant}
        record = _record(row, file, number, trait=trait, **place)
        example = UnsolvedLocus(id=record.id, subset="loci", trait=trait)
        near = {gene.symbol: -gene.distance for gene in candidates if gene.distance is not None}
        if self.style is None and not near:
            what = "without a model candidates are ranked by distance, and no place is known here"
            fix = "give chromosome and position (GRCh38), or a --model"
            raise InputError(what, **where, field="position", fix=fix)
        return self._asked(record, example, candidates, unmapped, [], near, "nearest to the lead variant")

    def _candidates(self, row: Case | LocusRow, file: AskedFile, where: Mapping) -> tuple[list[RankedGene], list[str]]:
        """The genes that may be the answer, and identifiers without a gene; none of either where any gene may be."""
        at = Place(file.name, file.path or Path("locus"), row.place)
        if isinstance(row, LocusRow):
            by_symbol = self.maker.candidates(row, at, self.places)
        elif row.candidates:
            by_symbol = self.maker.listed(row.candidates, row.scores, at, {})
        elif self.panel is not None:
            return list(self.resolved.values()), []
        else:
            return [], []
        known = [gene for gene in by_symbol.values() if gene.symbol in self.maker.genes]
        unmapped = [gene.symbol for gene in by_symbol.values() if gene.symbol not in self.maker.genes]
        if len(known) < FEWEST:
            raise self._too_few(row, known, unmapped, where)
        return known, unmapped

    def _too_few(
        self, row: Case | LocusRow, known: Sequence[RankedGene], unmapped: Sequence[str], where: Mapping
    ) -> InputError:
        found = f"one candidate alone, {known[0].symbol}," if known else "no candidate"
        if row.candidates is None:
            kb = self.maker.benchmark.window_kb
            what = f"{found} lies within {kb:,} kb of {row.chromosome}:{row.position:,}: there is nothing to rank"
            fix = "give a wider window (--window-kb), and check that the position is of GRCh38"
            return InputError(what, **where, field="position", fix=fix)
        guess = self.maker.genes.best_guess(unmapped[0]) if unmapped else ""
        told = guess and guess not in {gene.symbol for gene in known}
        fix = f"did you mean {guess}?" if told else "give two human genes or more"
        found = "one candidate alone is known" if known else "no candidate is known"
        return InputError(f"{found}: there is nothing to rank", **where, field="candidates", fix=fix)

    def _asked(
        self,
        record: RankingRecord,
        example: UnsolvedCase | UnsolvedLocus,
        candidates: Sequence[RankedGene],
        unmapped: Sequence[str],
        flags: list[str],
        preferred: Mapping[str, float],
        which: str,
    ) -> Question:
        """The question with the candidates that its prompt has room for: the most `preferred`, else any by the seed."""
        if self.style and self.style.order == "score" and candidates and all(gene.score is None for gene in candidates):
            what = "this style lists candidates as a tool's scores have them, and nothing here scores them"
            raise InputError(what, field="--style", fix="ask in another style, or give a column of scores")
        seed = 0 if self.style is None else self.style.seed
        ordered = sorted(shuffled(candidates, seed), key=lambda gene: -preferred.get(gene.symbol, float("-inf")))
        room = _LISTED
        if self.style is not None:
            room = most_that_fit([gene_text(gene, self.style) for gene in ordered], self.style)
        listed, left_out = ordered[:room], [gene.symbol for gene in ordered[room:]]
        if left_out:
            flags = [*flags, self._room(len(listed), left_out, f"those {which}" if preferred else "")]
        if unmapped:
            verb = "is no known gene and was" if len(unmapped) == 1 else "are no known genes and were"
            flags = [*flags, f"{len(unmapped):,} of the candidates {verb} left out: {some(unmapped)}"]
        updates = {"panel": len(candidates), "shown": len(listed), "flags": flags, "left_out": left_out}
        shown = example.model_copy(update={"candidates": shuffled(listed, seed)})
        return Question(record.model_copy(update=updates), shown, candidates)

    def _room(self, n_listed: int, left_out: Sequence[str], which: str) -> str:
        """In words: how many candidates are listed, `which` those are, and some of the others."""
        which = which or "drawn by a seed, as nothing here says which fit best"
        total = n_listed + len(left_out)
        if self.style is None:
            return f"{n_listed:,} of {total:,} candidates are listed, {which}; left out: {some(left_out)}"
        told = f"the prompt had room for {n_listed:,} of {total:,} candidates, {which}"
        return f"{told}; the model was not shown {some(left_out)}"

    def _phenotypes(
        self, terms: Sequence[tuple[str, str]], where: dict, column: str, file: AskedFile
    ) -> list[AskedPhenotype]:
        """Current terms with the ontology's labels, each once. Raises InputError for one that nothing names."""
        by_id: dict[str, AskedPhenotype] = {}
        for term, label in terms:
            line = file.term_lines.get(term, where.get("line"))
            current = self._in_use(term, label, {**where, "line": line}, column, file.is_packet)
            by_id.setdefault(current.id, current)
        return list(by_id.values())

    def _in_use(self, term: str, label: str, where: Mapping, column: str, is_packet: bool) -> AskedPhenotype:
        """The term as HPO calls it: words of the file are shown to the model only where HPO does not know the term.

        InputError, but for phenopackets, for words in the label that none of the term's names has: "ruled out".
        """
        ontology = self.known_phenotypes.ontology
        live = ontology.live_id(term)
        if live is not None:
            notes = [f"stands for {term}, which HPO has replaced"] if live != term else []
            if not self.known_phenotypes.known([live]):
                notes.append("is no phenotype for HPO, and does not count")
            name, synonyms = ontology.terms[live].name, ontology.terms[live].synonyms
            if further := _further_words(label, [name, *synonyms]):
                if not is_packet:  # which says of each phenotype whether it is present
                    other = "absent" if column == "present" else "present"
                    what = f"{term} is {name}, and '{further}' stands beside it: that may say more, or {other}"
                    fix = f"write {term} or {term} {name} if it is present, -{term} if it is absent"
                    raise InputError(what, **where, field=column, fix=fix)
                if further == " ".join(_words(label)):
                    notes.append("the file calls it something else: check the id")
            return AskedPhenotype(id=live, label=name, note="; ".join(notes))
        main = ontology.main_id(term)
        known = ontology.terms[main] if main else None
        if not label and known is None:
            fix = "look the term up at https://hpo.jax.org, or write its label behind it"
            raise InputError(f"HPO has no term {term}", **where, field=column, fix=fix)
        note = "unknown to this release of HPO" if known is None else "obsolete"
        return AskedPhenotype(
            id=term,
            label=label or (known.name if known else ""),
            note=f"{note}: {'' if self.style is None else 'the model is told the label, and '}{NO_FACT}",
        )


def _age(text: str) -> str:
    """The age in words that a prompt may show; "" for any other text."""
    if DURATION.fullmatch(text):
        return age_words(text, "")
    return text if _AGE.fullmatch(text) else ""


def _further_words(label: str, names: Iterable[str]) -> str:
    """The words of a label that are in none of the names, in its order; a plural is no other word."""
    known = {word for name in names for word in _words(name)} | _FILLING
    return " ".join(word for word in _words(label) if word not in known)


def _words(text: str) -> list[str]:
    return [word.removesuffix("s") for word in re.findall(r"[^\W_]+", text.casefold())]


def _record(row: Case | LocusRow, file: AskedFile, number: int, **fields) -> RankingRecord:
    variant = row.variant if isinstance(row, LocusRow) else ""
    name = row.id or variant or (f"{file.name} {number}" if len(file.rows) > 1 else file.name)
    return RankingRecord(
        kind=file.kind,
        file=file.name,
        name=name,
        id=record_id(file.name, name, str(number)),  # models and endpoints see no other name
        place=row.place,
        **fields,
    )


def _where(row: Case | LocusRow, file: AskedFile) -> dict:
    """Where a row stands, for errors: its file, or the member of an archive, and its line."""
    if file.path is None:
        return {}
    member = row.place and row.line is None
    return {"file": f"{file.path}:{row.place}" if member else file.path, "line": row.line}
