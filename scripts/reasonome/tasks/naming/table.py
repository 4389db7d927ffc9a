"""Gene-set naming in a table of answers: how its cells are read and scored, and its baselines."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reasonome.answering.wrapping import name_alone, read_wrapped, unwrapped
from reasonome.benchmarks.gene_sets import GeneSet, jaccard_blocks
from reasonome.facts.text import one_line, symbols_in
from reasonome.scoring import rouge
from reasonome.scoring.answer_tables import drawn_from, shuffled_answers, wrapping_notes
from reasonome.task_parts import TableBaseline, Tables
from reasonome.tasks.naming.background import read_background
from reasonome.tasks.naming.baselines.names import SETS_TO_CHOOSE_BY, best_by_term_score, sampled
from reasonome.tasks.naming.completion import Answer
from reasonome.tasks.naming.constant_names import common_word_rows, most_overlapping
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.metrics import TermScorer, name_scores
from reasonome.tasks.naming.questions import Example, Gene
from reasonome.tasks.naming.rows import connected_sets

_RANDOM_NAMES = 20_000  # drawn in all, however many rows there are; twenty draws at most and two at least
_NAMES_TO_COMPARE = 20_000  # true names that constants are chosen from and by, if there are more
_NEAR_DUPLICATE = 0.5  # the default Jaccard index from which a benchmark's sets form a cluster


class NamingTables(Tables[NamingDialogue]):
    """Tables of names with the true name (`gold`) and perhaps the genes of the set."""

    optional = ("id", "genes")
    joined = {"genes": ", ".join}
    compares_texts = True
    form = ("no_name", "format", "format_published")
    distinct = "distinct_names"

    def terms(self, background: Path, encoders: Mapping[str, Any]) -> TermScorer:
        """A scorer of names by the terms of a background."""
        return TermScorer(read_background(background), encoders)

    def read(self, table: pd.DataFrame) -> pd.DataFrame:
        """A row per answer: answer (the name), no_name; format and format_published, which only completions have."""
        rows = []
        for cell in table["answer"]:
            answer, kinds, formed = _read(self.task, cell)
            rows.append(
                {
                    "answer": answer.name,
                    "problems": ",".join([*answer.problems, *kinds]),
                    "no_name": float(not answer.name),
                    "format": float(answer.named and answer.reasoned and not kinds) if formed else np.nan,
                    "format_published": float(answer.format_published) if formed else np.nan,
                }
            )
        return pd.DataFrame(rows)

    def scores(
        self, names: Sequence[str], table: pd.DataFrame, encoders: Mapping[str, Any], terms: Any | None
    ) -> pd.DataFrame:
        """Metrics of `names` against the table's golds, a row per name; those of terms where there is a TermScorer."""
        similarities = {name: encoder.similarity for name, encoder in encoders.items()}
        scores = pd.DataFrame(name_scores(names, table["gold"].tolist(), similarities))
        if terms is None:
            return scores
        return terms.score(names, _examples(table, terms)).select_dtypes("number").join(scores)

    def clusters(self, table: pd.DataFrame) -> list[str] | None:
        """Near-duplicate sets are a cluster, by genes alone: a table has no names of terms."""
        if "genes" not in table:
            return None
        sets, set_of = _gene_sets(table)
        return connected_sets(sets, _NEAR_DUPLICATE, kin=True)[set_of].astype(str).tolist()

    def notes(self, table: pd.DataFrame) -> list[str]:
        """What stood around answers, and how many true names have no letter or digit that ROUGE reads (ASCII only)."""
        what = "names read without what stands around them, which costs their form (`format`) alone"
        notes = wrapping_notes(table, what)
        if unread := sum(not rouge.tokens(name) for name in table["gold"]):
            notes.append(f"true names without a letter that ROUGE-L reads (a-z, 0-9), which score 0 in it: {unread}")
        return notes

    def baselines(self, table: pd.DataFrame, seed: int, terms: Any | None) -> dict[str, TableBaseline]:
        """Constants, a random name, the answers shuffled and, where there are genes, the nearest other row."""
        golds = table["gold"].tolist()
        some = len(set(golds)) > _NAMES_TO_COMPARE
        compared = sampled(golds, _NAMES_TO_COMPARE, seed) if some else golds
        chosen_on = f"{_NAMES_TO_COMPARE:,} of these rows, drawn at random," if some else "these very rows"
        candidates = sorted(set(compared))
        constant = most_overlapping(candidates, compared)
        common = most_overlapping(common_word_rows(golds), compared)
        draws = min(20, max(2, _RANDOM_NAMES // len(golds)))

        def in_every_row(name: str, what: str) -> TableBaseline:
            return TableBaseline("none", [[name] * len(golds)], f"'{one_line(name)}' in every row: {what}")

        what = f"the true name with the best mean ROUGE-L, chosen on {chosen_on} and so optimistic in ROUGE-L"
        baselines = {"best_constant": in_every_row(constant, what)}
        if terms is not None:
            ids = _ids(table)
            in_order = sorted(range(len(table)), key=ids.__getitem__)
            rows = table.iloc[sampled(in_order, SETS_TO_CHOOSE_BY, seed)]
            by_terms = best_by_term_score(sorted(set(golds)), _examples(rows, terms), terms, seed)
            what = (
                "the true name with the best mean term score, chosen on these very rows and so optimistic in term_score"
            )
            baselines["best_constant_term"] = in_every_row(by_terms, what)
        baselines |= {
            "common_words": in_every_row(common, "the commonest words of the true names, chosen likewise"),
            "random_name": drawn_from(golds, "a true name", draws, seed),
            "shuffled_answers": shuffled_answers(table, seed),
        }
        if "genes" in table and len(table) > 1:
            baselines["nearest_row"] = TableBaseline(
                "the other rows",
                [nearest_rows(table)],
                "the true name of the other row whose genes overlap most (Jaccard); no answer where none does",
            )
        return baselines


def _read(task: NamingDialogue, cell: str) -> tuple[Answer, tuple[str, ...], bool]:
    """The answer in a cell, the kinds of what was taken away around it, and whether it is a completion."""
    if task.is_completion(cell):
        return *read_wrapped(task.parse, cell), True
    inner = unwrapped(cell)
    name = one_line(inner.text)
    alone = name_alone(name)
    return Answer(alone, [], []), (*inner.kinds, *["number_behind"] * (alone != name)), False


def nearest_rows(table: pd.DataFrame) -> list[str]:
    """For every row the gold of the other row whose genes have the highest Jaccard index; the first of equals."""
    sets, set_of = _gene_sets(table)
    golds = table["gold"].tolist()
    rows_of = pd.Series(set_of).groupby(set_of).indices
    nearest: list[str] = []  # of each set
    for block in jaccard_blocks(sets, sets):
        own = np.arange(len(nearest), len(nearest) + len(block))
        block[np.arange(len(block)), own] = -1
        nearest += [
            golds[rows_of[near][0]] if index > 0 else ""
            for near, index in zip(block.argmax(axis=1), block.max(axis=1), strict=True)
        ]
    # The first other row of the same set is one of its first two.
    return [
        next((golds[other] for other in rows_of[number][:2] if other != row), nearest[number])
        for row, number in enumerate(set_of)
    ]


def _gene_sets(table: pd.DataFrame) -> tuple[list[GeneSet], list[int]]:
    """The distinct sets of genes in a table, in the order of their first rows, and which of them each row has.

    Genes are compared ignoring case.
    """
    number_of: dict[frozenset[str], int] = {}
    cell_symbols = {cell: frozenset(map(str.casefold, symbols_in(cell))) for cell in dict.fromkeys(table["genes"])}
    set_of = [number_of.setdefault(cell_symbols[cell], len(number_of)) for cell in table["genes"]]
    return [GeneSet(str(number), "", "", symbols) for symbols, number in number_of.items()], set_of


def _ids(table: pd.DataFrame) -> list[str]:
    return table["id"].tolist() if "id" in table else table.index.astype(str).tolist()


def _examples(table: pd.DataFrame, terms: Any) -> list[Example]:
    """The questions of the rows, with genes spelled as the terms' background does, whatever their case."""
    return [
        Example(
            id=i,
            subset="",
            name=gold,
            genes=[Gene(symbol=terms.background.symbol(symbol)) for symbol in symbols_in(genes)],
        )
        for i, gold, genes in zip(_ids(table), table["gold"], table["genes"], strict=True)
    ]
