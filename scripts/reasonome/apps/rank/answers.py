"""Rank the genes of questions with a model: answers are drawn, merged by votes and held against facts."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tqdm import tqdm

from reasonome.answering.asked_model import AskedModel
from reasonome.answering.results_folder import ResultsKind, answers_by_id
from reasonome.answering.rows import AnswerRow, cut_flags
from reasonome.answering.wrapping import read_wrapped, told
from reasonome.apps.rank.candidates import Known, candidates, ranks
from reasonome.apps.rank.questions import Question
from reasonome.apps.rank.record import JSONL, TSV, RankingRecord, Sample
from reasonome.apps.rank.settings import NEW_TOKENS, Kind, RankSettings
from reasonome.apps.run import check_context, decoding_of
from reasonome.facts.text import some
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.ranking.settings import RankingStyle
from reasonome.tasks.ranking.task import CausalGeneRanking, RankingTask, RareDiseaseRanking
from reasonome.tasks.ranking.voting import Ballot, majority

TASKS: dict[Kind, RankingTask] = {"case": RareDiseaseRanking(), "locus": CausalGeneRanking()}
RESULTS = ResultsKind(
    "ranking",
    "rankings.html",
    (TSV, JSONL),
    frozenset({"settings", "questions", "ranked_with", "model"}),
)


def rank(
    questions: Sequence[Question],
    settings: RankSettings,
    style: RankingStyle,
    model: AskedModel,
    known: Known,
    longest_list: int,
    out: Path,
) -> list[RankingRecord]:
    """The records of all questions, in their order; `out` keeps the answers, and a later run uses them again.

    All candidates that an answer lists count; where any human gene may be it, the first `longest_list` do. Raises
    InputError as the model's `write_answers` does, and for prompts that are longer than the model reads.
    """
    asked = [question.example for question in questions if question.example is not None]
    task = TASKS[questions[0].record.kind]
    new_tokens = settings.max_new_tokens or NEW_TOKENS[style.reasoning] + model.room_to_think
    decoding = decoding_of(settings, new_tokens, in_orders=any(question.candidates for question in questions))
    check_context(task, asked, style, model, decoding.max_new_tokens, "ask in a style with a smaller budget_tokens")
    answers = answers_by_id(model, task, style, decoding, asked, out, RESULTS)
    records = []
    for question in tqdm(questions, desc="checking", unit=f" {questions[0].record.kind}s", delay=5):
        example, record = question.example, question.record
        if example is not None:
            record = _ranked(question, example, answers[record.id], style, known, longest_list)
        records.append(record)
    return records


def _ranked(
    question: Question,
    example: RankingExample,
    rows: Sequence[AnswerRow],
    style: RankingStyle,
    known: Known,
    longest_list: int,
) -> RankingRecord:
    """The record with the merged ranking, the facts beside it, and the reasons of an answer that goes with it."""
    record, task = question.record, TASKS[question.record.kind]
    most = len(question.candidates) or longest_list
    lists = _Lists(question, example.meanings(), known)
    read = [read_wrapped(partial(task.parse, style=style), row.text) for row in rows]
    parsed = [answer for answer, _ in read]
    if around := told(kind for _, kinds in read for kind in kinds):
        record = record.model_copy(
            update={"flags": [*record.flags, f"answers were read without what stands around them: {around}"]}
        )
    listed = [lists.read(answer.genes)[:most] for answer in parsed]
    samples = [Sample(genes=genes, text=row.text) for genes, row in zip(listed, rows, strict=True)]
    merged = _merged(listed, most)
    first = next((place for place, genes in enumerate(listed) if genes[:1] == [*merged][:1]), 0)
    left_out = task.prompt(example, style).facts_left_out
    return record.model_copy(
        update={
            "genes": candidates(question, samples, merged, known, known.fits(question)),
            "samples": [samples[first], *(one for place, one in enumerate(samples) if place != first)],
            "reasons": "\n".join(parsed[first].steps) if merged else "",
            "flags": [*record.flags, *cut_flags(rows), *_flags(listed, lists, left_out)],
        }
    )


def _merged(lists: Sequence[Sequence[str]], most: int) -> dict[str, int]:
    """The ranks of the genes, by how many lists have them first, then by the mean of 1/rank; equals share a rank."""
    votes = {
        gene: (
            sum(genes[:1] == [gene] for genes in lists),
            round(sum(1 / (genes.index(gene) + 1) for genes in lists if gene in genes), 9),
        )
        for gene in majority([Ballot(genes) for genes in lists])[:most]
    }
    levels = {vote: level for level, vote in enumerate(sorted({*votes.values()}, reverse=True))}
    return ranks({gene: levels[vote] for gene, vote in votes.items()})


class _Lists:
    """Reads listed texts as symbols, and keeps those that are no candidates, and those that are no genes."""

    def __init__(self, question: Question, meanings: Mapping[str, str], known: Known):
        self._question, self._meanings, self._known = question, meanings, known
        self.strangers: dict[str, None] = {}
        self.invented: dict[str, None] = {}

    def read(self, written: Sequence[str]) -> list[str]:
        """The symbols of the genes that may be the answer, each once."""
        symbols: dict[str, None] = {}
        for text in written:
            symbol = self._meanings.get(text.strip().casefold()) or self._known.symbol(text)
            if symbol is None:
                self.invented[text[:60]] = None
            elif self._question.candidates and symbol not in self._question.by_symbol:
                self.strangers[symbol] = None
            else:
                symbols[symbol] = None
        return list(symbols)


def _flags(listed: Sequence[Sequence[str]], lists: _Lists, left_out: int) -> list[str]:
    """Warnings: phenotypes that did not fit, unusable answers, votes that differ, strangers and inventions."""
    firsts = [genes[0] for genes in listed if genes]
    flags = []
    if left_out:
        flags.append(f"the prompt had no room for {left_out:,} phenotypes")
    if not firsts:
        flags.append("no answer had a list of candidates")
    elif len(firsts) < len(listed):
        flags.append(f"{len(listed) - len(firsts)} of {len(listed)} answers had no list of candidates")
    if len(firsts) > 1 and len(set(firsts)) == len(firsts):
        flags.append("no two answers put the same gene first: this ranking is a guess")
    if lists.strangers:
        flags.append(f"listed, but no candidates: {some(list(lists.strangers))}")
    if lists.invented:
        flags.append(f"listed, but no human genes: {some(list(lists.invented))}")
    return flags
