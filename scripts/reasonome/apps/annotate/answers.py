"""Name gene sets with a model and check its answers: the records behind the tables and the page."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from reasonome.answering.asked_model import AskedModel
from reasonome.answering.results_folder import ResultsKind, answers_by_id
from reasonome.answering.rows import AnswerRow, cut_flags
from reasonome.answering.wrapping import parse_wrapped
from reasonome.apps.annotate import tables
from reasonome.apps.annotate.enrichment import tested_genes
from reasonome.apps.annotate.figures import FOLDER
from reasonome.apps.annotate.judge import judge
from reasonome.apps.annotate.knowledge import Known
from reasonome.apps.annotate.project_files import Asking
from reasonome.apps.annotate.questions import Question
from reasonome.apps.annotate.record import AnnotatedClaim, AnnotationRecord, Sample
from reasonome.apps.annotate.tables import IDENTIFIERS, METHODS
from reasonome.apps.run import check_context, decoding_of
from reasonome.config import Decoding
from reasonome.enrichment.over_representation import OverRepresentation
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.text import normalise
from reasonome.tasks.naming.claims import TRUE, Claim
from reasonome.tasks.naming.dialogue import ABSTENTION
from reasonome.tasks.naming.prompt_facts import FactIndex, with_facts
from reasonome.tasks.naming.prompt_terms import shown_terms
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.tasks.naming.task import GeneSetNaming

TASK = GeneSetNaming()
RESULTS = ResultsKind(
    "annotation",
    "annotations.html",
    (tables.TSV, tables.JSONL, tables.ENRICHMENT, tables.GSEA, tables.WORKBOOK, METHODS, FOLDER, IDENTIFIERS),
    frozenset({"settings", "sets", "checked_with", "model"}),
)
NEW_TOKENS = 160  # of an answer: a name, and some steps


@dataclass(frozen=True)
class Asked:
    """How a model is asked, and what its answers are held against.

    `tests`, by the name of the sets' file, give the terms that the style shows, which are those that benchmarks show of
    the same genes.
    """

    model: AskedModel
    settings: Asking
    style: NamingStyle
    known: Known
    tests: Mapping[str, OverRepresentation]

    @property
    def decoding(self) -> Decoding:
        """How answers are drawn."""
        return decoding_of(self.settings, self.settings.max_new_tokens)


def annotate(
    questions: Sequence[Question], how: Asked, terms: Mapping[str, Sequence[EnrichedTerm]], out: Path
) -> list[AnnotationRecord]:
    """The records of all questions, in their order; `out` keeps the answers, and a later run uses them again.

    `terms` are the significant ones of each set by its id. The model sees the genes of a ranked set in that order,
    those of others in a seeded random order, as far as the style's budget goes. Raises InputError as the model's
    `write_answers` does.
    """
    style = how.style
    examples = {question.record.id: question.example for question in questions if question.example is not None}
    if style.facts is not None:
        index = FactIndex(how.known.facts, style.seed)
        examples = {example.id: example for example in with_facts(list(examples.values()), index, style.facts)}
    if style.terms is not None:
        for record in (question.record for question in questions if question.record.id in examples):
            shown = shown_terms(how.tests[record.list], tested_genes(record), style.terms)
            examples[record.id] = examples[record.id].model_copy(update={"enriched": shown})
    listed = style.model_copy(update={"order": "listed"})
    ranked = {question.record.id for question in questions if question.record.ranked}
    examples = {id: TASK.with_choice(example, listed if id in ranked else style) for id, example in examples.items()}
    asked = list(examples.values())
    check_context(TASK, asked, style, how.model, how.decoding.max_new_tokens, ", about fewer genes (--top)")
    answers = answers_by_id(how.model, TASK, style, how.decoding, asked, out, RESULTS)
    records = []
    for question in tqdm(questions, desc="checking", unit=" sets", delay=5):
        record = question.record
        if record.id in examples:
            named = _named(record, examples[record.id], answers[record.id], style)
            record = _checked(named, how.known, terms[record.id])
        records.append(record)
    return records


def _named(
    record: AnnotationRecord, example: Example, rows: Sequence[AnswerRow], style: NamingStyle
) -> AnnotationRecord:
    """The record with the most frequent name, the likeliest of equally frequent ones, and that sample's reasoning."""
    likeliest = sorted(rows, key=lambda row: -_likelihood(row))
    answers = [parse_wrapped(TASK, row.text, style) for row in likeliest]
    name = most_frequent_name([answer.name for answer in answers])
    chosen = next(place for place, answer in enumerate(answers) if normalise(answer.name) == normalise(name))
    answer = answers[chosen]
    abstained = normalise(name) == normalise(ABSTENTION)
    stated = answer.confidence is not None
    shown = set(example.shown or ())
    agreeing = [place for place, other in enumerate(answers) if normalise(other.name) == normalise(name)]
    likelihood = sum(_likelihood(likeliest[place]) for place in agreeing) / len(agreeing)
    kind = "stated" if stated else ""
    if not stated and any(row.name_logprob is not None for row in rows):
        kind = "probability of its words"
    others = [place for place in range(len(rows)) if place != chosen]
    return record.model_copy(
        update={
            "genes": [gene.model_copy(update={"shown": gene.symbol in shown}) for gene in record.genes],
            "flags": [*record.flags, *cut_flags(rows)],
            "name": "" if abstained else name,
            "abstained": abstained,
            "problems": list(answer.problems),
            "confidence": (answer.confidence if stated else likelihood) if name and kind else None,
            "confidence_kind": kind if name else "",
            "agreement": (len(agreeing) - 1) / len(others) if name and others else None,
            "samples": [Sample(name=answers[place].name, text=likeliest[place].text) for place in (chosen, *others)],
            "reasoning": "\n".join(answer.steps),
        }
    )


def most_frequent_name(names: Sequence[str]) -> str:
    """The name that most samples give, as its first sample writes it; of equally frequent names the first.

    Case, spacing and punctuation do not count (`facts.text.normalise`). "" where no sample gives a usable name.
    """
    written: dict[str, str] = {}
    for name in names:
        written.setdefault(normalise(name), name)
    # Counters keep the order of insertion, and `most_common` keeps it for equal counts.
    votes = Counter(key for key in map(normalise, names) if key)
    return written[votes.most_common(1)[0][0]] if votes else ""


def _likelihood(row: AnswerRow) -> float:
    """The geometric mean probability of the name's tokens; 0 for an answer without a name."""
    return math.exp(row.name_logprob / row.name_tokens) if row.name_tokens and row.name_logprob is not None else 0.0


def _checked(record: AnnotationRecord, known: Known, terms: Sequence[EnrichedTerm]) -> AnnotationRecord:
    """The record with checked claims, and the standing of the name beside the enriched terms."""
    symbols = [gene.symbol for gene in record.genes]
    reading = known.claims.read(record.reasoning, symbols)
    shown = [gene.symbol for gene in record.genes if gene.shown]
    changed = {
        "flags": [*record.flags, *_flags(record)],
        "claims": [_annotated(claim) for claim in reading.claims],
        "unchecked": reading.unchecked,
        "other_genes": shown,
    }
    if record.name:
        judged = judge(record.name, record.genes, terms, known)
        changed |= vars(judged)
        changed["other_genes"] = [symbol for symbol in shown if symbol not in judged.supporting_genes]
    return record.model_copy(update=changed)


def _flags(record: AnnotationRecord) -> list[str]:
    """Warnings: genes left out of the prompt, and samples that disagree."""
    shown = sum(gene.shown for gene in record.genes)
    flags = []
    if 0 < shown < len(record.genes):
        flags.append(f"the prompt had room for {shown:,} of {len(record.genes):,} genes")
    if record.name and record.agreement == 0:
        flags.append("no two answers agree on a name: this one is a guess")
    return flags


def _annotated(claim: Claim) -> AnnotatedClaim:
    """The claim in the form of a record."""
    verdict = "supported" if claim.verdict == TRUE else claim.verdict
    return AnnotatedClaim.model_validate(claim._asdict() | {"verdict": verdict})
