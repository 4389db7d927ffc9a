"""The leak audit of rankings: what training data and prompts give away about test questions."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd

from reasonome.core import atomic
from reasonome.facts.text import normalise
from reasonome.facts.wording import JOINT
from reasonome.jobs import LeakSettings
from reasonome.leaks.audit import (
    LEAVE_OUT,
    Finding,
    Training,
    question_finding,
    read_statements,
    row_finding,
    shortened,
)
from reasonome.task_parts import Built, Leaks
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.questions import CaseExample, RankingExample
from reasonome.tasks.ranking.settings import RankingBenchmark
from reasonome.tasks.ranking.splits import BenchmarkQuestions, leaks, read_questions

# What a training question may share with a test question; each question counts for the first kind.
QUESTION_KINDS = ("causal gene", "disease", "candidate gene", "overlapping locus")
TELLS, PHENOTYPE, WORDS = "tells_the_answer", "gene_and_phenotype", "asked_in_text"
# A statement that gives the answer fails the audit; knowledge of a gene's phenotypes, which a warm-up is for, is only
# counted and reported.
POLICIES = {TELLS: "fail", PHENOTYPE: "report", WORDS: "report"}
_SHORTEST_NAME = 4  # characters of a disease, trait or symbol to find in running text; shorter ones are common words
# How to fix a leak that is not allowed, by its kind or by the kind of training data.
FIXES = {
    "training questions": LEAVE_OUT,
    "tells_the_answer": "warm up on a corpus without the sources that link genes to diseases or traits, or without "
    "such relations: there is no setting that allows it",
}


class RankingLeaks(Leaks[RankingDialogue]):
    """Questions, statements, reasoning and prompts that give a test question away."""

    fixes = FIXES

    def findings(self, audit: LeakSettings, benchmarks: Mapping[str, Built[RankingBenchmark]]) -> list[Finding]:
        """Every kind of leak from each training data, and from prompts, into each benchmark's test questions.

        A training question that shares a gene, a disease or a locus with a test question fails the audit, and so does a
        statement that gives an answer.
        """
        by_name = {name: read_questions(name, benchmarks[name], "test") for name in audit.tested}
        tested = by_name.values()
        findings = _audit_questions(audit, benchmarks, tested)
        for said in audit.statements:
            statements, names = read_statements(said)
            for tests in tested:
                findings += statement_findings(said, statements, names, tests)
        for training in audit.reasoning:
            rows = atomic.read_jsonl(training.file)
            findings += [reasoning_finding(training, rows, tests) for tests in tested]
        for asked in audit.asked:
            file = benchmarks[asked.benchmark].folder / "test.jsonl"
            findings.append(prompt_finding(asked.style, file, by_name[asked.benchmark]))
        return findings


def _audit_questions(
    audit: LeakSettings, benchmarks: Mapping[str, Built[RankingBenchmark]], tested: Collection[BenchmarkQuestions]
) -> list[Finding]:
    """Findings of the train splits, which SFT and GRPO use."""
    findings = []
    for training in audit.training:
        training_questions = read_questions(training.name, benchmarks[training.name], "train")
        dropped_for = atomic.read_json(training.file.with_name("audit.json")).get("dropped_for", {})
        for tests in tested:
            findings += question_findings(training, training_questions, tests, dropped_for.get(tests.benchmark, {}))
    return findings


def question_findings(
    training: Training, train_questions: BenchmarkQuestions, tested: BenchmarkQuestions, dropped: dict[str, int]
) -> list[Finding]:
    """Training questions that share anything with a test question, a finding per kind; `dropped` is by kind too."""
    kinds = leaks(train_questions.questions, tested.questions, train_questions.window + tested.window)
    findings = []
    for kind in QUESTION_KINDS:
        rows = [row for row, leak in enumerate(kinds) if leak == kind]
        code = kind.replace(" ", "_")
        findings.append(
            question_finding(training, tested.benchmark, code, train_questions.questions, rows, dropped.get(kind, 0))
        )
    return findings


def statement_findings(
    training: Training, statements: pd.DataFrame, names: pd.DataFrame, tested: BenchmarkQuestions
) -> list[Finding]:
    """Findings of statements about a right gene of a test question, by kind; pairs of gene and question are counted.

    `statements` has text, gene and object_id (several joined by JOINT), a row per line of the file; `names` has
    object_id and object_name of all facts. "tells_the_answer": the object is the disease or the trait that is asked
    about, by id or name. "gene_and_phenotype": it is a present phenotype, by id or name. "asked_in_text": the name of
    disease or trait stands among the statement's words.
    """
    by_gene: dict[str, list[RankingExample]] = defaultdict(list)
    for question in tested.questions:
        for symbol in question.right:
            by_gene[symbol].append(question)
    name_of = dict(zip(names["object_id"], names["object_name"].map(normalise), strict=True))
    pairs: dict[str, set[tuple[str, str]]] = {kind: set() for kind in POLICIES}
    rows: dict[str, list[int]] = {kind: [] for kind in POLICIES}
    columns = (statements[column] for column in ("gene", "object_id", "text"))
    for row, (genes, ids, text) in enumerate(zip(*columns, strict=True)):
        affected = [(gene, question) for gene in genes.split(JOINT) for question in by_gene.get(gene, ())]
        if not affected:
            continue
        objects = set(ids.split(JOINT))
        objects |= {name_of[object_id] for object_id in objects if object_id in name_of}
        words = f" {normalise(text)} "
        for gene, question in affected:
            for kind in _statement_kinds(question, objects, words):
                pairs[kind].add((gene, question.id))
                rows[kind].append(row)
    texts = statements["text"].tolist()
    return [
        row_finding(
            training,
            tested.benchmark,
            kind,
            len(texts),
            rows[kind],
            policy,
            lambda row: shortened(texts[row]),
            remaining=len(pairs[kind]),
        )
        for kind, policy in POLICIES.items()
    ]


def _statement_kinds(question: RankingExample, objects: set[str], text: str) -> list[str]:
    """Which kinds of leak a statement about a right gene of the question is, by its objects (ids, names) and text."""
    forms, name = _disease_or_trait(question)
    kinds = [TELLS] if objects & forms else []
    if isinstance(question, CaseExample):
        phenotypes = {form for term in question.present for form in (term.id, normalise(term.label))}
        kinds += [PHENOTYPE] if objects & phenotypes else []
    if not kinds and len(name) >= _SHORTEST_NAME and f" {name} " in text:
        kinds.append(WORDS)
    return kinds


def _disease_or_trait(question: RankingExample) -> tuple[set[str], str]:
    """Every form in which the disease or trait may be an object, and its normalised name."""
    if isinstance(question, CaseExample):
        name = normalise(question.disease)
        return {question.disease_id, name} - {""}, name
    name = normalise("; ".join(question.asked))
    return {name}, name


def reasoning_finding(training: Training, rows: Sequence[dict], tested: BenchmarkQuestions) -> Finding:
    """Rows of reasoning that SFT learns in which a right gene of a test question is named."""
    symbols = {symbol for question in tested.questions for symbol in question.right if len(symbol) >= _SHORTEST_NAME}
    texts = [" ".join(row.get("steps", ())) for row in rows]
    named = [sorted(symbols.intersection(re.findall(r"[\w.-]+\w", text))) for text in texts]
    return row_finding(
        training,
        tested.benchmark,
        "gene_in_reasoning",
        len(rows),
        [row for row, genes in enumerate(named) if genes],
        "report",
        lambda row: f"{named[row][0]} in: {shortened(texts[row])}",
    )


def prompt_finding(style: str, file: Path, tested: BenchmarkQuestions) -> Finding:
    """Test questions whose trait or phenotypes name a right gene, as "CRP levels" names CRP."""
    questions = tested.questions
    texts = ["; ".join([*question.asked, *question.denied]) for question in questions]
    return row_finding(
        Training("prompts", f"style {style}", (), file),
        tested.benchmark,
        "gene_in_question",
        len(questions),
        [row for row, question in enumerate(questions) if question.named_answer],
        "report",
        lambda row: f"{questions[row].named_answer} in: {shortened(texts[row])}",
    )
