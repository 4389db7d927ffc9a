"""The leak audit of gene classes: training questions, and statements of a warm-up that tell a test gene's class."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from reasonome.facts.sources.formats import read_genes
from reasonome.facts.sources.go import read_obo
from reasonome.facts.text import normalise
from reasonome.facts.wording import JOINT
from reasonome.jobs import LeakSettings
from reasonome.leaks.audit import Finding, Training, read_statements, row_finding, shortened
from reasonome.task_parts import Built
from reasonome.tasks.gene_classification.negatives import terms_below
from reasonome.tasks.gene_classification.questions import families
from reasonome.tasks.gene_classification.settings import GeneBenchmark, PairBenchmark
from reasonome.tasks.prediction.dialogue import PredictionQuestion
from reasonome.tasks.question_answer.leaks import VerifiedLeaks

TELLS, WORDS = "tells_the_class", "class_in_text"
_POLICIES = {TELLS: "fail", WORDS: "report"}


class Tested(NamedTuple):
    """The test questions of a benchmark; by subset the terms that tell the class, and for lists the label, if any."""

    benchmark: str
    questions: Sequence[PredictionQuestion]
    terms: Mapping[str, Collection[str]]
    labels: Mapping[str, str | None]


class FamilyLeaks(VerifiedLeaks):
    """Training questions on the genes of test questions, or on their relatives."""

    def leaking(
        self,
        tested: Built[GeneBenchmark],
        tests: Sequence[PredictionQuestion],
        questions: Sequence[PredictionQuestion],
    ) -> dict[str, list[int]]:
        """Those with a gene of a test question's family, of pairs on the side that the test's splits share nothing of,
        and those that ask the same.

        Genes and families are as the test questions' corpus has them: another one may name both otherwise.
        """
        spec, genes = tested.benchmark, read_genes(tested.files["authority"], tested.taxon)
        family = families(genes.genes.values())
        side = self.task.columns.index(spec.split_by) if isinstance(spec, PairBenchmark) else 0

        def asked(question: PredictionQuestion) -> tuple[str | None, ...]:
            return tuple(genes.resolve(question.columns[column]).symbol for column in self.task.columns)

        groups, in_tests = {question.group for question in tests}, set(map(asked, tests))
        own = list(map(asked, questions))
        return {
            "same_group": [row for row, symbols in enumerate(own) if family.get(symbols[side] or "") in groups],
            "same_question": [row for row, symbols in enumerate(own) if None not in symbols and symbols in in_tests],
        }


class GeneLeaks(FamilyLeaks):
    """Training questions, and statements of a warm-up that tell the class of a test gene."""

    fixes: Mapping[str, str] = {
        **VerifiedLeaks.fixes,
        TELLS: "warm up on a corpus without the source of such facts: there is no setting that allows it",
    }

    def findings(self, audit: LeakSettings, benchmarks: Mapping[str, Built[GeneBenchmark]]) -> list[Finding]:
        """Leaking training questions, and statements about the genes of test questions.

        A statement that gives a test gene a term whose genes are asked for fails the audit. One that has the word of a
        list for the gene's class is counted: it may say something else of it.
        """
        tested = [_tested(name, benchmarks[name]) for name in audit.tested]
        return super().findings(audit, benchmarks) + [
            finding
            for said in audit.statements
            for tests in tested
            for finding in statement_findings(said, read_statements(said)[0], tests)
        ]


def statement_findings(training: Training, statements: pd.DataFrame, tests: Tested) -> list[Finding]:
    """A finding for each kind of leak; `statements` has text, gene and object_id, a row per line of the file."""
    by_gene: dict[str, list[PredictionQuestion]] = defaultdict(list)
    for question in tests.questions:
        by_gene[question.columns["symbol"]].append(question)
    rows: dict[str, list[int]] = {kind: [] for kind in _POLICIES}
    columns = (statements[column] for column in ("gene", "object_id", "text"))
    for row, (genes, objects, text) in enumerate(zip(*columns, strict=True)):
        about = [question for gene in genes.split(JOINT) for question in by_gene.get(gene, ())]
        if not about:
            continue
        ids, words = set(objects.split(JOINT)), f" {normalise(text)} "
        if any(ids.intersection(tests.terms.get(question.subset, ())) for question in about):
            rows[TELLS].append(row)
        elif any(_has_class(words, question, tests) for question in about):
            rows[WORDS].append(row)

    texts = statements["text"].tolist()
    return [
        row_finding(training, tests.benchmark, kind, len(texts), rows[kind], policy, lambda row: shortened(texts[row]))
        for kind, policy in _POLICIES.items()
    ]


def _has_class(words: str, question: PredictionQuestion, tests: Tested) -> bool:
    """Whether words of a statement have the class that a list gives the gene; a listed label stands for `yes`."""
    if question.subset not in tests.labels:
        return False
    return f" {normalise(tests.labels[question.subset] or question.answer)} " in words


def _tested(name: str, built: Built[GeneBenchmark]) -> Tested:
    subsets, ontologies = built.benchmark.subsets, [*map(read_obo, built.files["ontologies"].values())]
    terms = {subset: terms_below(spec.telling_terms, ontologies) for subset, spec in subsets.items()}
    labels = {subset: spec.label for subset, spec in subsets.items() if spec.term is None}
    return Tested(name, built.rows("test"), terms, labels)
