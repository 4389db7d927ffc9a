"""Cases of rare diseases → questions: genes and phenotypes resolved, every case accounted for, decoys drawn."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.core.errors import InputError
from reasonome.core.manifest import text_sha256
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import hpo, phenopackets, rankings
from reasonome.facts.sources.go import Ontology, read_obo
from reasonome.facts.sources.phenopackets import DURATION, Case, CaseTerm
from reasonome.tasks.ranking.questions import CaseExample, Phenotype, RankedGene, RankingExample
from reasonome.tasks.ranking.rows import Maker, Place, shuffled
from reasonome.tasks.ranking.settings import DrawnCases, RankingBenchmark

_UNITS = ("years", "months", "weeks", "days")
_GESTATION = "gestational week "


def questions(
    benchmark: RankingBenchmark,
    formats: Mapping[str, str],
    files: Mapping[str, Path],
    genes: GeneTable,
    obo: Path | None = None,
) -> Maker:
    """The questions of a benchmark, with the account of all rows; `files` has the file of each subset's source, and
    `formats` the format of each source.

    With `obo`, the Human Phenotype Ontology, alternative and obsolete phenotypes are replaced by the current ones, and
    missing labels are filled in; ids unknown to the ontology are kept. A case is left out if it has no present
    phenotype, one that is also absent, no causal gene or one that the authority does not know, several diseases, or the
    same question as an earlier one. Decoys come after splitting: `with_decoys`. Raises InputError as the readers do.
    """
    maker = _Maker(benchmark, genes, ontology=read_obo(obo) if obo else None)
    for subset, spec in benchmark.subsets.items():
        path = files[subset]
        if formats[spec.source] == "phenopackets":
            rows = phenopackets.read_cases(path)
        elif spec.drawn is not None and obo is not None:
            facts = hpo.read(spec.source, {"genes": path, "obo": obo}, genes).facts
            rows = drawn(facts, spec.drawn, benchmark.seed)
        else:
            rows = [
                replace(row, id=row.id or f"{subset}.{row.line}") for row in rankings.read_cases(path, spec.columns)
            ]
        for row in tqdm(rows, desc=subset, unit=" cases", delay=5, leave=False):
            maker.add(row, subset, spec.source, path)
    return maker


def drawn(facts: pd.DataFrame, settings: DrawnCases, seed: int) -> list[Case]:
    """Cases of genes drawn at random, each with some phenotypes of its gene; no two genes have one in common.

    `facts` are those of HPO. InputError where too few genes have as many phenotypes as are asked for.
    """
    pairs = facts[["gene", "object_id", "object_name"]].drop_duplicates(["gene", "object_id"])
    rare = pairs[pairs.groupby("object_id")["gene"].transform("size") <= settings.largest].sort_values("object_id")
    random, taken, cases = Random(seed), set(), []
    fewest, most = settings.phenotypes
    of_gene = [(str(gene), rows) for gene, rows in rare.groupby("gene", sort=True) if fewest <= len(rows) <= most]
    for gene, rows in random.sample(of_gene, len(of_gene)):
        if not taken.isdisjoint(rows["object_id"]):
            continue
        taken.update(rows["object_id"])
        terms = [CaseTerm(*term) for term in zip(rows["object_id"], rows["object_name"], strict=True)]
        shown = random.sample(list(combinations(terms, settings.shown)), settings.cases)
        cases += [Case(f"{gene}.{n}", gene, genes=((gene,),), present=present) for n, present in enumerate(shown, 1)]
        if len(cases) == settings.genes * settings.cases:
            return cases
    able = f"only {len(cases) // settings.cases} genes with {fewest} to {most} phenotypes of at most {settings.largest}"
    what = f"{able} genes share none of them, and `drawn` asks for {settings.genes}"
    raise InputError(what, field="drawn.genes", fix="ask for fewer, or for other numbers of phenotypes")


def with_decoys(
    parts: Mapping[str, Sequence[RankingExample]], benchmark: RankingBenchmark
) -> dict[str, list[RankingExample]]:
    """Split questions, with candidates for those without: their causal genes and `decoys` others, in seeded order.

    Decoys are causal genes of other cases of the same split, drawn without replacement and weighted by their number of
    cases: otherwise a common gene would mostly be right where it is a candidate. None is known to cause the case's own
    disease. They depend on the seed, the id and the split's genes. Without `decoys` questions are not changed: every
    human gene is a candidate. InputError for a split with too few genes.
    """
    if benchmark.decoys is None:
        return {part: list(examples) for part, examples in parts.items()}
    return {part: _decoyed(part, examples, benchmark.decoys, benchmark.seed) for part, examples in parts.items()}


def _decoyed(part: str, examples: Sequence[RankingExample], decoys: int, seed: int) -> list[RankingExample]:
    genes = {gene.symbol: gene for example in examples for gene in example.causal}
    cases = Counter(symbol for example in examples for symbol in example.right)
    disease_genes: dict[str, set[str]] = {}
    for example in examples:
        if isinstance(example, CaseExample) and example.of_disease:
            disease_genes.setdefault(example.of_disease, set()).update(example.right)
    completed: list[RankingExample] = []
    for example in examples:
        if example.candidates:
            completed.append(example)
            continue
        disease = example.of_disease if isinstance(example, CaseExample) else ""
        own = example.right | disease_genes.get(disease, set())
        others = [symbol for symbol in sorted(genes) if symbol not in own]
        if len(others) < decoys:
            raise InputError(
                f"the {part} cases have {len(genes)} causal genes, too few for {decoys} decoys a question",
                field="decoys",
                fix=f"ask for at most {len(others)}, or hold out more questions",
            )
        rng = np.random.default_rng(int(text_sha256(f"{seed}:{example.id}")[:16], base=16))
        # The shortest exponential waiting times: a weighted draw without replacement (Efraimidis 2006).
        waits = rng.exponential(size=len(others)) / [cases[symbol] for symbol in others]
        drawn = [genes[others[place]] for place in np.argsort(waits)[:decoys]]
        candidates = shuffled((*example.causal, *drawn), seed)
        completed.append(example.model_copy(update={"candidates": candidates}))
    return completed


def age_words(last_seen: str, onset: str) -> str:
    """An age as prompts show it, such as 2 years 3 months; else the age at onset; "" where neither is known.

    Both are ISO 8601 durations, labels of HPO's onset terms, or "gestational week 31+5".
    """
    if last_seen:
        return _age(last_seen)
    return f"{_age(onset)} at onset" if onset else ""


def _age(text: str) -> str:
    if match := DURATION.fullmatch(text):
        numbers = [(int(match[unit] or 0), unit) for unit in _UNITS]
        parts = [f"{number} {unit if number > 1 else unit[:-1]}" for number, unit in numbers if number]
        return " ".join(parts) or "newborn"
    if text.startswith(_GESTATION):
        weeks, _, days = text.removeprefix(_GESTATION).partition("+")
        rest = f" {days} day{'s' * (days != '1')}" if days.strip("0") else ""
        return f"{weeks} weeks{rest} of gestation"
    return text.removesuffix(" onset").lower()


@dataclass
class _Maker(Maker):
    ontology: Ontology | None = None
    asked: dict[tuple, str] = field(default_factory=dict)  # content of a question and its answer → id

    def add(self, row: Case, subset: str, source: str, path: Path) -> None:
        """Make a question of a case, or account for leaving it out."""
        at, age = Place(source, path, row.place), row.age or age_words(row.age_last_seen, row.age_at_onset)
        row = replace(row, present=self._phenotypes(row.present), absent=self._phenotypes(row.absent))
        causal = [self.symbol(identifiers, at) for identifiers in row.genes]
        candidates = self.listed(row.candidates, row.scores, at, {})
        reason, detail = self._why_not(row, causal, candidates)
        content = (row.present, row.absent, causal, candidates)
        question = (*map(frozenset, content), age, row.sex)
        if not reason and (subset, row.id) in self.places:
            reason = "duplicate id"
        if not reason and question in self.asked:
            reason, detail = "duplicate", f"as {self.asked[question]}"
        if reason:
            self.leave_out(at, row.id, reason, detail)
            return
        self.asked[question] = row.id
        self.places[subset, row.id] = [row.place]
        disease = row.diseases[0] if row.diseases else CaseTerm("", "")
        self.examples.append(
            CaseExample(
                id=row.id,
                subset=subset,
                candidates=shuffled(candidates.values(), self.benchmark.seed),
                causal=[self.ranked(symbol) for symbol in sorted({*filter(None, causal)})],
                source=row.source or source,
                age=age,
                sex=row.sex,
                present=[Phenotype(id=term.id, label=term.label) for term in row.present],
                absent=[Phenotype(id=term.id, label=term.label) for term in row.absent],
                disease_id=disease.id,
                disease=disease.label,
            )
        )

    def _why_not(self, row: Case, causal: list[str | None], candidates: Mapping[str, RankedGene]) -> tuple[str, str]:
        """(reason, detail) why a case makes no question; ("", "") if it does."""
        if not row.present:
            return "no phenotype present", ""
        if both := {term.id for term in row.present} & {term.id for term in row.absent}:
            return "phenotype both present and absent", ", ".join(sorted(both))
        if not row.genes:
            return "no causal gene", ""
        if unknown := [names[-1] for names, symbol in zip(row.genes, causal, strict=True) if symbol is None]:
            return "causal gene unknown", ", ".join(unknown)
        if len(row.diseases) > 1:
            return "several diseases", ", ".join(disease.id for disease in row.diseases)
        return self.unfit(sorted({*filter(None, causal)}), candidates) if candidates else ("", "")

    def _phenotypes(self, terms: tuple[CaseTerm, ...]) -> tuple[CaseTerm, ...]:
        """Current terms with labels, each once; those without a label are left out."""
        by_id: dict[str, CaseTerm] = {}
        for term in terms:
            current = self._in_use(term)
            if not current.label:
                self.notes["phenotypes without a label, left out"] += 1
            else:
                by_id.setdefault(current.id, current)
        return tuple(by_id.values())

    def _in_use(self, term: CaseTerm) -> CaseTerm:
        if self.ontology is None:
            return term
        live = self.ontology.live_id(term.id)
        if live is None:
            kind = "obsolete" if self.ontology.main_id(term.id) else "unknown to the ontology"
            self.notes[f"phenotypes {kind}, kept"] += 1
            return term
        if live != term.id:
            self.notes["phenotypes replaced by the ontology's"] += 1
            return CaseTerm(live, self.ontology.terms[live].name)
        return CaseTerm(live, term.label or self.ontology.terms[live].name)
