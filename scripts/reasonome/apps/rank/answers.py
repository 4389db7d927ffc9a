"""Rank the genes of questions with a model: answers are drawn, merged by votes and held against facts."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tqdm import tqdm

from reasonome.answering.asked_model import AskedModel
from reasonome.answering.results_folder import ResultsKind, answers_by_id
from reasonome.answering.rows import AnswerRow, cut_flags
from reasonome.answering.wrapping import read_wrapped, told
from reasonome.apps.rank.candidates import Known, candidates, disease_names
from reasonome.apps.rank.questions import Question
from reasonome.apps.rank.reasons import check_distances, check_phenotypes
from reasonome.apps.rank.record import JSONL, TSV, RankingRecord, Sample
from reasonome.apps.rank.settings import NEW_TOKENS, Kind, RankSettings
from reasonome.apps.run import check_context, decoding_of
from reasonome.config import Decoding
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
    decoding = decoding_settings(settings, style, questions, model.room_to_think)
    check_context(task, asked, style, model, decoding.max_new_tokens, "ask in a style with a smaller budget_tokens")
    answers = answers_by_id(model, task, style, decoding, asked, out, RESULTS)
    records = []
    for question in tqdm(questions, desc="checking", unit=f" {questions[0].record.kind}s", delay=5):
        example, record = question.example, question.record
        if example is not None:
            record = _ranked(question, example, answers[record.id], style, known, longest_list)
        records.append(record)
    return records


def decoding_settings(
    settings: RankSettings, style: RankingStyle, questions: Sequence[Question], room_to_think: int = 0
) -> Decoding:
    """How answers are drawn: each in another order of the candidates, if there are any."""
    new_tokens = settings.max_new_tokens or NEW_TOKENS[style.reasoning] + room_to_think
    return decoding_of(settings, new_tokens, in_orders=any(question.candidates for question in questions))


def _ranked(
    question: Question,
    example: RankingExample,
    rows: Sequence[AnswerRow],
    style: RankingStyle,
    known: Known,
    longest_list: int,
) -> RankingRecord:
    """The record with the merged ranking, the facts beside it, and the checked reasons."""
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
    merged = majority([Ballot(sample.genes) for sample in samples])[:most]
    chosen = _nearest_to(merged, samples)
    reasons = "\n".join(parsed[chosen].steps) if merged else ""
    genes = candidates(question, samples, merged, known, known.fits(question))
    named = [known.gene(gene.symbol, question) for gene in genes]
    claims, unchecked = [], []
    if reasons and record.kind == "locus":
        claims, unchecked = check_distances(reasons, named, genes)
    elif reasons and known.overlap is not None:
        claims, unchecked = check_phenotypes(reasons, named, record, known.overlap, known.disease_names)
    left_out = task.prompt(example, style).facts_left_out
    return record.model_copy(
        update={
            "genes": genes,
            "disease_names": disease_names(genes, known),
            "usable": sum(bool(sample.genes) for sample in samples),
            "samples": [samples[chosen], *(one for place, one in enumerate(samples) if place != chosen)],
            "reasons": reasons,
            "claims": claims,
            "unchecked": unchecked,
            "strangers": list(lists.strangers),
            "invented": list(lists.invented),
            "flags": [*record.flags, *cut_flags(rows), *_flags(samples, lists, left_out)],
        }
    )


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


def _nearest_to(merged: Sequence[str], samples: Sequence[Sample]) -> int:
    """The place of the answer whose first genes are most like those of the merged ranking; the first of equals."""

    def likeness(place: int) -> list[int]:
        at = {gene: rank for rank, gene in enumerate(samples[place].genes, 1)}
        unlisted = len(merged) + 1
        return [-abs(at.get(gene, unlisted) - rank) for rank, gene in enumerate(merged[:3], 1)]

    return max(range(len(samples)), key=likeness)


def _flags(samples: Sequence[Sample], lists: _Lists, left_out: int) -> list[str]:
    """Warnings: phenotypes that did not fit, unusable answers, votes that differ, strangers and inventions."""
    usable = sum(bool(sample.genes) for sample in samples)
    firsts = [sample.genes[0] for sample in samples if sample.genes]
    flags = []
    if left_out:
        flags.append(f"the prompt had no room for {left_out:,} phenotypes")
    if not usable:
        flags.append("no answer had a list of candidates")
    elif usable < len(samples):
        flags.append(f"{len(samples) - usable} of {len(samples)} answers had no list of candidates")
    if len(firsts) > 1 and len(set(firsts)) == len(firsts):
        flags.append("no two answers put the same gene first: this ranking is a guess")
    if lists.strangers:
        flags.append(f"listed, but no candidates: {some(list(lists.strangers))}")
    if lists.invented:
        flags.append(f"listed, but no human genes: {some(list(lists.invented))}")
    return flags
