"""Questions on genes and pairs of them, from tables and from facts; each once in a subset, in the group of a family.

A family is that of HGNC's gene groups, and where a gene has none, the stem of its symbol.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from reasonome.benchmarks.gene_sets import depths
from reasonome.benchmarks.rows import STRATA
from reasonome.core.errors import InputError, nearest
from reasonome.core.terminal import show
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources.formats import read_genes
from reasonome.facts.sources.go import Ontology, read_obo
from reasonome.facts.sources.source import read_facts
from reasonome.task_parts import BuildingJob
from reasonome.tasks.gene_classification.negatives import matched, term_genes
from reasonome.tasks.gene_classification.settings import GeneBenchmark, GeneSubset, PairBenchmark, PairSubset
from reasonome.tasks.prediction.dialogue import PredictionQuestion, Target
from reasonome.tasks.question_answer.building import LeftOut, VerifiedBuilding

_NUMBERED = re.compile(r"([A-Za-z-]{2,}?)\d.*")


def symbol_stem(symbol: str) -> str:
    """The letters before the first digit, MAPK for MAPK8IP1; a symbol with none or one of them is its own stem."""
    numbered = _NUMBERED.fullmatch(symbol)
    return numbered[1] if numbered else symbol


def families(genes: Iterable[Gene]) -> dict[str, str]:
    """Symbol → family, named after the first of its symbols in the alphabet.

    Genes are of one family if they share a gene group or, where one of them has no group, the stem of the symbol. Of
    several groups a gene has the smallest: large ones, such as CD molecules, join what has little in common.
    """
    genes = list(genes)
    sizes = Counter(group for gene in genes for group, _ in gene.groups)
    stems_without_group = {symbol_stem(gene.symbol) for gene in genes if not gene.groups}
    keys: dict[tuple[str, str], int] = {}
    rows, columns = [], []
    for row, gene in enumerate(genes):
        stem = symbol_stem(gene.symbol)
        own = [("stem", stem)] if stem in stems_without_group else []
        if gene.groups:
            own.append(("group", min((group for group, _ in gene.groups), key=lambda group: (sizes[group], group))))
        rows += [row] * len(own)
        columns += [keys.setdefault(key, len(keys)) for key in own]
    members = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(genes), max(len(keys), 1))).tocsr()
    _, labels = connected_components(members @ members.T, directed=False)
    names: dict[int, str] = {}
    for label, symbol in zip(labels.tolist(), (gene.symbol for gene in genes), strict=True):
        names[label] = min(symbol, names.get(label, symbol))
    return {gene.symbol: names[label] for label, gene in zip(labels.tolist(), genes, strict=True)}


class _Labelled(NamedTuple):
    """The gene, or the two genes of a pair → class or number, what was left out, and genes that may be meant by what
    was.
    """

    answers: dict[tuple[str, ...], str]
    left_out: list[LeftOut]
    doubtful: frozenset[str] = frozenset()


class _Knowledge(NamedTuple):
    genes: GeneTable
    facts: pd.DataFrame
    denied: pd.DataFrame
    ontologies: list[Ontology]
    depth: dict[str, int]

    def has_protein(self, symbol: str) -> bool:
        """Whether a gene of the table may have a protein product."""
        gene = self.genes.genes.get(symbol)
        return gene is not None and gene.coding is not False


class GeneBuilding(VerifiedBuilding):
    """Benchmarks of genes, or of pairs of them, and their classes."""

    def read(self, job: BuildingJob[GeneBenchmark]) -> tuple[list[PredictionQuestion], list[LeftOut]]:
        """The questions of a benchmark, and the rows of its tables that were left out, with the reason and their line.

        Left out are identifiers without a gene, and genes or pairs with two labels. InputError for a missing column, an
        unknown class, a class without a gene or pair, and a term that no ontology of the corpus has in use.
        """
        name, benchmark, inputs = job.name, job.benchmark, job.files
        facts = read_facts(inputs["facts"])
        genes = read_genes(inputs["authority"], job.taxon)
        needed = any(spec.telling_terms for spec in benchmark.subsets.values())
        ontologies = [read_obo(path) for path in inputs["ontologies"].values()] if needed else []
        known = _Knowledge(genes, facts, read_facts(inputs["denied"]), ontologies, depths(facts))
        family, strata = families(genes.genes.values()), _strata(known.depth)
        split_by = benchmark.split_by if isinstance(benchmark, PairBenchmark) else "symbol"
        questions: list[PredictionQuestion] = []
        left_out: list[LeftOut] = []
        for subset, spec in benchmark.subsets.items():
            labelled = _labelled(subset, spec, inputs["tables"].get(subset), known, benchmark.seed)
            _check_found(subset, spec, labelled, inputs["tables"].get(subset))
            left_out += labelled.left_out
            for asked, answer in sorted(labelled.answers.items()):
                symbols = dict(zip(self.task.columns, asked, strict=True))
                names = (genes.genes[symbol].name for symbol in asked)
                question = PredictionQuestion(
                    id=":".join([subset, *asked]),
                    subset=subset,
                    columns=symbols | dict(zip(self.task.shown, names, strict=True)),
                    answer=answer,
                    group=family[symbols[split_by]],
                    target=Target.of(spec),
                    stratum=strata(symbols[split_by]),
                )
                questions.append(question)
        apart = {question.columns[split_by] for question in questions}
        alone = sum(not genes.genes[symbol].groups for symbol in apart)
        show(f"{name}: {alone:,} of {len(apart):,} genes have no gene group: their family is the stem of the symbol")
        return questions, left_out


def _strata(depth: Mapping[str, int]) -> Callable[[str], str]:
    """Symbol → how well the gene is studied, by the terciles of `depth`."""
    bounds = np.quantile(list(depth.values()), [1 / 3, 2 / 3])

    def stratum(symbol: str) -> str:
        own = depth.get(symbol, 0)
        return STRATA[int(own >= bounds[0]) + int(own > bounds[1])]

    return stratum


def _check_found(subset: str, spec: GeneSubset | PairSubset, found: _Labelled, table: Path | None) -> None:
    """InputError for a class without a gene or pair, or where none has a number: of the table, if there is one, with
    the commonest reason there."""
    commonest = Counter(row.reason for row in found.left_out).most_common(1)
    why = "".join(f": {reason}, in {count}" for reason, count in commonest)
    for label in spec.labels or [None]:
        if found.answers and (label is None or label in found.answers.values()):
            continue
        has = "a number" if label is None else f"the class '{label}'"
        fix = "name another term, or more sources in the corpus"
        if table:
            fix = "add rows" if label is None else "add rows, or leave the class out"
        field = f"subsets.{subset}.{'table' if label is None else 'classes'}"
        raise InputError(f"no {spec.asks_about} has {has}{why}", file=table, field=field, fix=fix)


def _labelled(
    subset: str, spec: GeneSubset | PairSubset, table: Path | None, known: _Knowledge, seed: int
) -> _Labelled:
    """The genes or pairs of a subset by class. Genes of the second class are drawn where only the first is listed.

    Genes without a protein product count only where a list has them.
    """
    yes, no, left_out = frozenset(), frozenset(), []
    for term in spec.telling_terms:
        if not any(ontology.live_id(term) for ontology in known.ontologies):
            what = f"no ontology of the corpus has the term '{term}' in use"
            field = f"subsets.{subset}.{'term' if term == spec.term else 'telling'}"
            raise InputError(what, field=field, fix="give the id of a term of the corpus' ontologies")
    if table is not None:
        listed = _listed(table, subset, spec, known.genes)
        if spec.label is None:
            return listed
        yes, left_out = frozenset(symbol for (symbol,) in listed.answers), listed.left_out
        others = frozenset(known.depth.keys() - yes - listed.doubtful)
    else:
        own = spec.telling_terms[0]  # without a table, the term that is asked about
        ontology, term = next((one, term) for one in known.ontologies if (term := one.live_id(own)))
        yes, no, others = term_genes(known.facts, known.denied, ontology, term)
        yes, no = (frozenset(filter(known.has_protein, genes)) for genes in (yes, no))
    others = frozenset(filter(known.has_protein, others))
    show(f"{subset}: {len(yes):,} genes of the class, {len(no):,} denied, {len(others):,} others to draw from")
    if spec.balanced:
        count = max(0, len(yes) - len(no))
        others = matched(yes, others, defaultdict(int, known.depth), count, f"{seed}:{subset}")
    first, second = spec.labels
    answers = dict.fromkeys(yes, first) | dict.fromkeys([*no, *others], second)
    return _Labelled({(symbol,): answer for symbol, answer in answers.items()}, left_out)


def _listed(path: Path, subset: str, spec: GeneSubset | PairSubset, genes: GeneTable) -> _Labelled:
    """The answers for the genes or pairs in a table; with a label, only of those that have it."""
    called: dict[Any, str] = {**spec.columns}
    names = {key: called.get(key, key) for key in (*spec.gene_columns, "label")}
    table = read_table(path, list(names.values()), texts=True)
    places = {key: table.place(column, field=f"subsets.{subset}.columns") for key, column in names.items()}
    classes = {spec.label: spec.labels[0]} if spec.label is not None else spec.classes_by_cell
    labels: dict[tuple[str, ...], list[tuple[int, str]]] = defaultdict(list)
    left_out: list[LeftOut] = []
    doubtful: set[str] = set()
    for line, cells in table.rows:
        identifiers, cell = [cells[places[key]].strip() for key in spec.gene_columns], cells[places["label"]].strip()
        identifier = " ".join(identifiers)
        if not cell and spec.label is None:
            left_out.append(LeftOut(subset, identifier, "no label", str(line)))
            continue
        if spec.label is not None and cell.casefold() != spec.label.casefold():
            continue
        answer = classes.get(cell) if classes else spec.read(cell)
        if answer is None and classes:
            fix = f"{nearest(cell, classes)}; `cells` says what the cells of a class say"
            raise InputError(f"'{cell}' is no class", file=path, line=line, field=names["label"], fix=fix)
        if answer is None:
            left_out.append(LeftOut(subset, identifier, "no number", str(line)))
            continue
        resolved = [genes.resolve(one) for one in identifiers]
        symbols = tuple(one.symbol for one in resolved if one.symbol is not None)
        if len(symbols) == len(identifiers):
            labels[symbols].append((line, answer))
        else:
            unknown = next(one for one in resolved if one.symbol is None)
            left_out.append(LeftOut(subset, identifier, f"no gene: {unknown.how}", str(line)))
            doubtful.update(unknown.candidates)
    if spec.label is not None and not labels and not left_out:
        fix = nearest(spec.label, {cells[places["label"]].strip() for _, cells in table.rows} - {""})
        raise InputError(f"no row has the label '{spec.label}'", file=path, field=names["label"], fix=fix)
    alone: dict[tuple[str, ...], str] = {}
    for symbols, rows in labels.items():
        if spec.agree(answer for _, answer in rows):
            alone[symbols] = rows[0][1]
            continue
        lines = ", ".join(str(line) for line, _ in rows)
        what = "two labels" if spec.classes else "numbers that contradict each other"
        left_out.append(LeftOut(subset, " ".join(symbols), f"{what} for one {spec.asks_about}", lines))
    return _Labelled(alone, left_out, frozenset(doubtful))
