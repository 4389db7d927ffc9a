"""Rankings of genes in a table of answers: how cells are read in two tracks, their metrics, and baselines."""

import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import pandas as pd
from tqdm import tqdm

from reasonome.answering.wrapping import thinking_end, unwrapped
from reasonome.facts.files.plain_table import counted_lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.text import counted, one_line, symbols_in
from reasonome.scoring.answer_tables import shuffled_answers, wrapping_notes
from reasonome.task_parts import TableBaseline, Tables
from reasonome.tasks.ranking.clusters import clusters
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.metrics import TOP, expected_metrics, list_metrics
from reasonome.tasks.ranking.questions import RankedGene, RankingExample
from reasonome.tasks.ranking.ranked_list import LIST_PROBLEMS, RankedAnswer, has_near_tags, has_tags, lists_in
from reasonome.tasks.ranking.rewards import LONGEST_LIST

STRICT, AS_PUBLISHED = "strict", "as-published"
METRICS = (*(f"top_{k}" for k in TOP), "mrr", "top_max")
OF_CANDIDATES = ("rank", "non_candidates")  # metrics that only a question with candidates has


def _in_brackets(texts: Sequence[str]) -> str:
    """Genes as a ranked list; a text that has one already as it is."""
    return texts[0] if len(texts) == 1 and "[" in texts[0] else f"[{', '.join(texts)}]"


class TableExample(RankingExample):
    """The question of a row: a table has its candidates, but not the trait or phenotypes."""

    @property
    def asked(self) -> list[str]:
        return []


class RankingTables(Tables[RankingDialogue]):
    """Tables of ranked genes with the causal ones (`gold`) and perhaps the candidates.

    In track `strict` a cell is parsed like a model's completion, and genes are compared ignoring case, and by the names
    that `authority` knows, which notes call `source`. In `as-published` brackets are dropped, the cell is split
    at commas, and the entries are compared exactly, without the white space around them.
    """

    optional = ("id", "candidates")
    joined = {"candidates": ", ".join, "gold": "|".join, "answer": _in_brackets}
    tracks = (STRICT, AS_PUBLISHED)

    def __init__(
        self, task: RankingDialogue, track: str = STRICT, authority: GeneTable | None = None, source: str = ""
    ):
        super().__init__(task)
        self.track, self.authority, self.source = track, authority, source

    def in_track(self, track: str, genes: GeneTable | None, source: str) -> "RankingTables":
        """The part in a track, with the genes whose aliases the strict one knows."""
        return RankingTables(self.task, track, genes, source)

    @property
    def every_row(self) -> bool:
        """Whether rows that repeat an id count too."""
        return self.track == AS_PUBLISHED

    def read(self, table: pd.DataFrame) -> pd.DataFrame:
        """A row per answer: example (its question), answer (the ranked genes), problems."""
        candidate_cells = table["candidates"] if "candidates" in table else [""] * len(table)
        rows = []
        for cell, gold, candidates in zip(table["answer"], table["gold"], candidate_cells, strict=True):
            example = self._example(gold, symbols_in(candidates))
            read_cell = self._strict if self.track == STRICT else self._as_published
            genes, problems = read_cell(cell, example)
            if self.track == AS_PUBLISHED and symbols_in(gold) != [gold]:
                problems.append("gold_not_one_gene")
            if example.candidates:
                shown = {gene.symbol for gene in example.candidates}
                problems += ["non_candidates"] * (not shown.issuperset(filter(None, genes)))
                problems += ["gold_not_a_candidate"] * (not shown & example.right)
            answer = list(map(sys.intern, genes))  # most rows speak of the same genes
            rows.append({"example": example, "answer": answer, "problems": ",".join(dict.fromkeys(problems))})
        return pd.DataFrame(rows)

    def scores(
        self, names: Sequence[Sequence[str]], table: pd.DataFrame, encoders: Mapping[str, Any], terms: Any | None
    ) -> pd.DataFrame:
        """Metrics of rankings of the table's questions, a row per ranking; OF_CANDIDATES are nan without any."""
        any_candidates = _any_candidates(table["example"])
        rows = []
        for genes, example in zip(names, table["example"], strict=True):
            metrics = list_metrics(genes, example, self._longest(example, genes))
            row = {metric: metrics[metric] for metric in METRICS}
            if any_candidates:
                row |= {metric: metrics[metric] if example.candidates else math.nan for metric in OF_CANDIDATES}
            rows.append(row | {"list_length": float(sum(gene != "" for gene in genes))})
        return pd.DataFrame(rows)

    def clusters(self, table: pd.DataFrame) -> list[str]:
        """The cluster of each question: rows that share a right gene, directly or through others, are one cluster."""
        right = clusters(table["example"].tolist())
        return right if self.track == AS_PUBLISHED else [genes.casefold() for genes in right]

    def notes(self, table: pd.DataFrame) -> list[str]:
        """How genes were compared, and which lines lack a list or candidates."""
        if self.track == AS_PUBLISHED:
            notes = ["as published: brackets dropped, split at commas, white space stripped, compared exactly"]
        elif self.authority is None:
            notes = ["strict: genes are compared by symbol, case aside; aliases are unknown without a list of genes"]
        else:
            known = f"the {len(self.authority.genes):,} genes of {self.source}"
            notes = [f"strict: genes are compared as genes, by the symbols and aliases of {known}"]
        if self.track == STRICT:
            unusable = [not LIST_PROBLEMS.isdisjoint(codes.split(",")) for codes in table["problems"]]
            wrong = table.loc[unusable, "line"].tolist()
            notes += [f"answers without one closed list, counted as wrong: {counted_lines(wrong)}"] if wrong else []
        what = "answers read without what stands around them"
        notes += wrapping_notes(table, what)
        strange = table[["non_candidates" in codes.split(",") for codes in table["problems"]]]
        if len(strange):
            line, genes, example = strange[["line", "answer", "example"]].iloc[0]
            shown = {gene.symbol for gene in example.candidates}
            first = next(gene for gene in genes if gene and gene not in shown)
            count = counted(len(strange), "answer lists", "answers list")
            notes.append(f"{count} what is no candidate; the first, in line {line}: '{one_line(first)[:80]}'")
        if _any_candidates(table["example"]):
            bare = table.loc[[not example.candidates for example in table["example"]], "line"].tolist()
            what = "rows without candidates, which have no rank and count as wrong in the orders of candidates"
            notes += [f"{what}: {counted_lines(bare)}"] if bare else []
        return notes

    def baselines(self, table: pd.DataFrame, seed: int, terms: Any | None) -> dict[str, TableBaseline]:
        """The commonest golds and shuffled answers; of candidates also their random order and that of the prompt."""
        examples = table["example"].tolist()
        shown = [[gene.symbol for gene in example.candidates] for example in examples]
        baselines = {}
        if _any_candidates(examples):
            baselines = {
                "random_order": TableBaseline(
                    "candidates",
                    [],
                    "the exact expectation over all orders of the candidates; its MRR is H(n)/n for one gene of n",
                    _random_order(examples),
                ),
                "prompt_order": TableBaseline("candidates", [shown], "the candidates in the order of their column"),
            }
        baselines["commonest_gold"] = TableBaseline(
            "the other rows",
            [_by_frequency(examples, shown)],
            "genes in the order of how often they are right in the other rows; of equals that of the prompt",
        )
        if len(table) > 1:
            baselines["shuffled_answers"] = shuffled_answers(table, seed)
        return baselines

    def _longest(self, example: RankingExample, genes: Sequence[str]) -> int:
        """How many entries count: as published all, else the number of candidates or at least LONGEST_LIST."""
        if self.track == AS_PUBLISHED:
            return max(1, len(genes))
        return max(LONGEST_LIST, len(example.candidates))

    def _example(self, gold: str, candidates: Sequence[str]) -> RankingExample:
        right = [gold] if self.track == AS_PUBLISHED else symbols_in(gold)
        by_key: dict[str, RankedGene] = {}
        causal, listed = ([self._question_gene(text, by_key) for text in texts] for texts in (right, candidates))
        return TableExample(id="row", subset="", candidates=_unrepeated(listed), causal=_unrepeated(causal))

    def _question_gene(self, written: str, by_key: dict[str, RankedGene]) -> RankedGene:
        """The gene that a gold or candidate means: as published as it is written, else one for all its spellings."""
        if self.track == AS_PUBLISHED:
            return _gene(written)
        symbol = self._known(written) or written
        return by_key.setdefault(symbol.casefold(), _gene(symbol, written))

    def _known(self, written: str) -> str | None:
        return self.authority.resolve(written).symbol if self.authority else None

    def _strict(self, cell: str, example: RankingExample) -> tuple[list[str], list[str]]:
        """(symbols, problems) of a cell, parsed like a completion; no symbols without a closed list."""
        if not cell.strip():
            return [], []
        inner, answer = unwrapped(cell), cell[thinking_end(cell) :]
        parsed, problems = self._parsed(unwrapped(answer).text)
        problems = [*problems, *inner.kinds]
        if inner.kinds and not parsed.named:
            parsed, problems = self._parsed(answer)
        if not parsed.named:
            return [], problems
        meanings = example.meanings()
        resolved = [(gene, meanings.get(gene.casefold()) or self._known(gene)) for gene in parsed.genes]
        if self.authority:
            problems += ["unknown_genes"] * any(symbol is None for _, symbol in resolved)
        renamed = [(gene, symbol) for gene, symbol in resolved if symbol not in (gene, None)]
        problems += ["other_case" if gene.casefold() == symbol.casefold() else "aliases" for gene, symbol in renamed]
        genes = list(dict.fromkeys(symbol or gene for gene, symbol in resolved))
        problems += ["repeated_genes"] * (len(genes) < parsed.listed)
        problems += ["cut_off"] * (len(genes) > self._longest(example, genes))
        return genes, problems

    def _parsed(self, cell: str) -> tuple[RankedAnswer, list[str]]:
        """The answer of a completion, or of the one closed list in a cell without tags; and what was malformed."""
        if self.task.is_completion(cell):
            parsed = self.task.parse(cell)
            content, closed, _ = cell.partition("<genes>")[2].partition("</genes>")
            near = ["near_tags"] * has_near_tags(cell)
            return parsed, [*parsed.problems, *near, *_line_breaks(content if closed else "")]
        listed = lists_in(cell)
        if len(listed) == 1 and cell.count("[") == cell.count("]") == 1:
            parsed = self.task.bare(listed[0])
            outside = ["text_outside"] * (cell.strip() != listed[0])
            return parsed, [*parsed.problems, "no_tags", *outside, *_line_breaks(listed[0])]
        bracket = "[" in cell or "]" in cell
        problem = "several_lists" if len(listed) > 1 else "unclosed_list" if bracket else "no_brackets"
        return RankedAnswer([], "", [problem]), [problem, "no_tags"]

    def _as_published(self, cell: str, example: RankingExample) -> tuple[list[str], list[str]]:
        """(entries, problems) of a cell that is split as it stands, but for what other programs write around an answer.

        An empty cell has one empty entry.
        """
        inner = unwrapped(cell)
        cell = inner.text if inner.text.strip() else cell
        entries = [entry.strip() for entry in cell.replace("[", "").replace("]", "").split(",")]
        if not cell.strip():
            return entries, []
        symbols = {gene.symbol for gene in (*example.causal, *example.candidates)}
        folded = {symbol.casefold() for symbol in symbols}
        closed, bracket = lists_in(cell), "[" in cell or "]" in cell
        checks = {
            "tags": has_tags(cell),
            "unclosed_list": not closed and bracket,
            "no_brackets": not bracket,
            "repeated_genes": len(set(entries)) < len(entries),
            "empty_entries": "" in entries,
            "other_case": any(entry not in symbols and entry.casefold() in folded for entry in entries),
        }
        found = [problem for problem, present in checks.items() if present]
        return entries, [*found, *_line_breaks(cell), *inner.kinds]


@lru_cache(maxsize=200_000)
def _gene(symbol: str, *aliases: str) -> RankedGene:
    """One object for a gene in all questions."""
    return RankedGene(symbol=symbol, aliases=aliases)


def _any_candidates(examples: Iterable[RankingExample]) -> bool:
    return any(example.candidates for example in examples)


def _unrepeated(genes: Sequence[RankedGene]) -> list[RankedGene]:
    return list({gene.symbol: gene for gene in genes}.values())


def _line_breaks(text: str) -> list[str]:
    return ["line_breaks"] * (len(text.strip().splitlines()) > 1)


def _by_frequency(examples: Sequence[RankingExample], shown: Sequence[Sequence[str]]) -> list[list[str]]:
    """For each question its candidates, else the golds, by how often they are right in the other rows.

    A row's own gold does not count: among candidates that are right nowhere else it would be the answer.
    """
    counts = Counter(gene.symbol for example in examples for gene in example.causal)
    golds = [symbol for symbol, _ in counts.most_common()]
    # Leaving out this row's gold moves its genes back only, so that a few more golds are enough.
    most = LONGEST_LIST + max(len(example.right) for example in examples)
    rankings = []
    questions = tqdm(examples, "commonest genes", delay=5, leave=False)
    for example, candidates in zip(questions, shown, strict=True):
        right = example.right
        elsewhere = {gene: counts[gene] - (gene in right) for gene in candidates or golds[:most]}
        ranked = sorted(elsewhere, key=lambda gene: -elsewhere[gene])
        rankings.append(ranked if candidates else [gene for gene in ranked if elsewhere[gene]][:LONGEST_LIST])
    return rankings


def _random_order(examples: Sequence[RankingExample]) -> pd.DataFrame:
    """The exact mean of each metric over all orders of each question's candidates.

    A right gene that is no candidate is in no order; without candidates there is none.
    """
    symbol_sets = [({gene.symbol for gene in example.candidates}, example.right) for example in examples]
    return pd.DataFrame([_expected(len(symbols), len(symbols & right)) for symbols, right in symbol_sets])


@cache
def _expected(n: int, right: int) -> dict[str, float]:
    """The metrics of a random order of n candidates, as many of them right."""
    metrics = dict.fromkeys(METRICS, 0.0) | {"rank": n + 1.0 if n else math.nan, "non_candidates": 0.0}
    if right:
        expected = expected_metrics(n, right, n, n)
        metrics |= {metric: expected[metric] for metric in metrics}
    return metrics | {"list_length": float(n)}
