"""Ask a model about gene lists, once each, and mark what its answers cite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reasonome.answering.asked_model import AskedModel
from reasonome.answering.results_folder import ResultsKind, answers_by_id
from reasonome.answering.rows import AnswerRow, cut_flags
from reasonome.apps.annotate import tables
from reasonome.apps.annotate.citations import check, is_enriched, read_answer
from reasonome.apps.annotate.figures import FOLDER
from reasonome.apps.annotate.prompt import STYLE, ListTask, left_out, make_question
from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.apps.annotate.tables import IDENTIFIERS, METHODS
from reasonome.apps.run import check_context
from reasonome.config import Decoding
from reasonome.config.annotations import Annotation
from reasonome.enrichment.over_representation import GeneSetLibrary
from reasonome.enrichment.term import EnrichedTerm
from reasonome.facts.genes import GeneTable
from reasonome.facts.text import normalise

TASK = ListTask()
RESULTS = ResultsKind(
    "annotation",
    "annotations.html",
    (tables.TSV, tables.JSONL, tables.ENRICHMENT, tables.GSEA, tables.WORKBOOK, METHODS, FOLDER, IDENTIFIERS),
    frozenset({"settings", "sets", "checked_with", "model"}),
)
NEW_TOKENS = 400  # of an answer: a paragraph and a name
NO_TERM = "no term is enriched, so that the model was not asked: nothing would support a name"
NO_NAME = "the answer has no line `Process: NAME`"


@dataclass(frozen=True)
class Asked:
    """A model and how it is asked; its answers are held against the names of `libraries`, and known `genes`."""

    model: AskedModel
    settings: Annotation
    libraries: Sequence[GeneSetLibrary]
    genes: GeneTable

    @property
    def decoding(self) -> Decoding:
        """How an answer is drawn: greedily."""
        most = self.settings.max_new_tokens or NEW_TOKENS + self.model.room_to_think
        return Decoding(max_new_tokens=most, batch_size=self.settings.batch_size)


def annotate(
    records: Sequence[AnnotationRecord], how: Asked, terms: Mapping[str, Sequence[EnrichedTerm]], out: Path
) -> list[AnnotationRecord]:
    """The records with the model's words; `out` keeps the answers, and a later run uses them again.

    `terms` are the significant ones of each list by its id; the model is not asked about a list without any. Raises
    InputError as the model's `write_answers` does.
    """
    settings, decoding = how.settings, how.decoding
    questions = [make_question(one, settings.context or "", settings.seed) for one in records if one.enriched]
    check_context(TASK, questions, STYLE, how.model, decoding.max_new_tokens, "give fewer genes (--top)")
    hidden = left_out(TASK, questions)
    answers = answers_by_id(how.model, TASK, STYLE, decoding, questions, out, RESULTS)
    names = {normalise(one.name): one.name for library in how.libraries for one in library.sets.values()}
    marked = []
    for record in records:
        if record.enriched:
            record = _marked(record, answers[record.id], terms[record.id], hidden[record.id], names, how.genes)
        elif not record.error:
            record = record.model_copy(update={"flags": [*record.flags, NO_TERM]})
        marked.append(record)
    return marked


def _marked(
    record: AnnotationRecord,
    rows: Sequence[AnswerRow],
    terms: Sequence[EnrichedTerm],
    hidden: set[str],
    names: Mapping[str, str],
    genes: GeneTable,
) -> AnnotationRecord:
    """The record with the answer to it, and flags for what is odd about that."""
    [row] = rows
    read = read_answer(row.text)
    flags = [*record.flags, *cut_flags(rows)]
    if hidden:
        flags.append(f"the prompt had room for {len(record.genes) - len(hidden):,} of {len(record.genes):,} genes")
    if read.around:
        flags.append(f"the answer was read without what stands around it: {read.around}")
    if not read.name:
        flags.append(NO_NAME)
    return record.model_copy(
        update={
            "genes": [gene.model_copy(update={"shown": gene.symbol not in hidden}) for gene in record.genes],
            "flags": flags,
            "name": read.name,
            "name_is_term": is_enriched(read.name, terms) if read.name else None,
            "paragraph": check(read.paragraph, record, terms, names, genes),
            "answer": row.text,
        }
    )
