"""The leak audit of rankings: what training data and prompts give away of test questions."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from reasonome.benchmarks.rows import read_rows
from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan
from reasonome.core import atomic
from reasonome.facts.corpus import read_facts
from reasonome.facts.text import normalise
from reasonome.facts.wording import JOINT
from reasonome.leaks.audit import Finding, Training, shortened
from reasonome.tasks.ranking.questions import CaseExample, LocusExample, RankingExample
from reasonome.tasks.ranking.splits import leaks

# What a training question may have in common with a test question; each question counts for the first.
QUESTION_KINDS = ("causal gene", "disease", "candidate gene", "overlapping locus")
TELLS, PHENOTYPE, WORDS = "tells_the_answer", "gene_and_phenotype", "asked_in_text"
# A statement that says which gene causes what is asked about fails the audit; knowledge of a gene's phenotypes, which
# is what a warm-up is for, is counted and shown.
POLICIES = {TELLS: "fail", PHENOTYPE: "report", WORDS: "report"}
_SHORTEST_NAME = 4  # characters of what is asked, or of a symbol in running text: shorter ones are words of their own
# What to do about a leak that may not be, by its kind or by the kind of training data.
FIXES = {
    "training questions": "add {benchmark} to leave_out of {training} in benchmarks.yaml (where they are one "
    "benchmark: build it again)",
    "tells_the_answer": "warm up on a corpus without the sources that link genes to diseases or traits, or without "
    "such relations: there is no setting that allows it",
}


def findings(project: Project, plan: AuditPlan) -> list[Finding]:
    """Every kind of leak from each training data, and from prompts, into each benchmark's test questions.

    A training question that shares a gene, a disease or a locus with a test question may not be, nor a statement that
    tells an answer.
    """
    tested = {
        name: HeldOutQuestions(name, _read_questions(project, name, "test"), _window(project, name))
        for name in plan.benchmarks
    }
    test_file = {name: str(project.results.benchmark(name) / "test.jsonl") for name in plan.benchmarks}
    return [
        *_audit_questions(project, plan, tested),
        *_audit_statements(project, plan, tested),
        *_audit_reasoning(project, plan, tested),
        *(prompt_finding(style, test_file[name], tested[name]) for name, style in plan.asked),
    ]


class HeldOutQuestions(NamedTuple):
    """The test questions of one benchmark, and its own window around a lead variant (base pairs)."""

    benchmark: str
    questions: Sequence[RankingExample]
    window: int


def question_findings(
    training: Training,
    questions: Sequence[RankingExample],
    window: int,
    tested: HeldOutQuestions,
    dropped: dict[str, int],
) -> list[Finding]:
    """Training questions that share anything with a test question, a finding per kind; `dropped` is by kind too.

    `window` is that of the training benchmark around a lead variant, in base pairs.
    """
    kinds = leaks(questions, tested.questions, window + tested.window)
    counts = Counter(kinds)
    findings = []
    for kind in QUESTION_KINDS:
        first = kinds.index(kind) if counts[kind] else None
        findings.append(
            Finding(
                "training questions",
                training.name,
                training.used_by,
                tested.benchmark,
                kind.replace(" ", "_"),
                looked_at=len(questions),
                dropped=dropped.get(kind, 0),
                remaining=counts[kind],
                policy="fail",
                file=str(training.file),
                example="" if first is None else f"question '{questions[first].id}'",
                line=None if first is None else first + 1,
            )
        )
    return findings


def statement_findings(
    training: Training, statements: pd.DataFrame, names: pd.DataFrame, tested: HeldOutQuestions
) -> list[Finding]:
    """Statements about a right gene of a test question, by what they say of it; pairs of gene and question count.

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
    about = [(row, genes.split(JOINT)) for row, genes in enumerate(statements["gene"])]
    pairs: dict[str, set[tuple[str, str]]] = {kind: set() for kind in POLICIES}
    first: dict[str, int] = {}
    for row, genes in about:
        known = [gene for gene in genes if gene in by_gene]
        if not known:
            continue
        objects = statements["object_id"].iat[row].split(JOINT)
        objects += [name_of[one] for one in objects if one in name_of]
        text = f" {normalise(statements['text'].iat[row])} "
        for gene in known:
            for question in by_gene[gene]:
                for kind in _told(question, set(objects), text):
                    pairs[kind].add((gene, question.id))
                    first.setdefault(kind, row)
    return [
        Finding(
            "statements",
            training.name,
            training.used_by,
            tested.benchmark,
            kind,
            looked_at=len(statements),
            dropped=0,
            remaining=len(pairs[kind]),
            policy=policy,
            file=str(training.file),
            example=shortened(statements["text"].iat[first[kind]]) if kind in first else "",
            line=first[kind] + 1 if kind in first else None,
        )
        for kind, policy in POLICIES.items()
    ]


def _told(question: RankingExample, objects: set[str], text: str) -> list[str]:
    """Which kinds of leak a statement about a right gene of the question is, by its objects (ids, names) and text."""
    asked, name = _asked(question)
    kinds = [TELLS] if objects & asked else []
    if isinstance(question, CaseExample):
        phenotypes = {form for one in question.present for form in (one.id, normalise(one.label))}
        kinds += [PHENOTYPE] if objects & phenotypes else []
    if not kinds and len(name) >= _SHORTEST_NAME and f" {name} " in text:
        kinds.append(WORDS)
    return kinds


def _asked(question: RankingExample) -> tuple[set[str], str]:
    """Every form in which the disease or trait may be an object, and its normalised name."""
    if isinstance(question, LocusExample):
        name = normalise(question.trait)
        return {name}, name
    if isinstance(question, CaseExample):
        name = normalise(question.disease)
        return {form for form in (question.disease_id, name) if form}, name
    return set(), ""


def reasoning_finding(training: Training, rows: Sequence[dict], tested: HeldOutQuestions) -> Finding:
    """Rows of reasoning that SFT learns in which a right gene of a test question is named."""
    symbols = {symbol for question in tested.questions for symbol in question.right if len(symbol) >= _SHORTEST_NAME}
    texts = [" ".join(row.get("steps", ())) for row in rows]
    found = [sorted(symbols.intersection(re.findall(r"[\w.-]+\w", text))) for text in texts]
    first = next((row for row, named in enumerate(found) if named), None)
    return Finding(
        "reasoning",
        training.name,
        training.used_by,
        tested.benchmark,
        "gene_in_reasoning",
        looked_at=len(rows),
        dropped=0,
        remaining=sum(map(bool, found)),
        policy="report",
        file=str(training.file),
        example="" if first is None else f"{found[first][0]} in: {shortened(texts[first])}",
        line=None if first is None else first + 1,
    )


def prompt_finding(style: str, file: str, tested: HeldOutQuestions) -> Finding:
    """Test questions whose trait or phenotypes name a right gene, as "CRP levels" names CRP."""
    found = [question.told for question in tested.questions]
    first = next((row for row, gene in enumerate(found) if gene), None)
    return Finding(
        "prompts",
        f"style {style}",
        (),
        tested.benchmark,
        "gene_in_question",
        looked_at=len(tested.questions),
        dropped=0,
        remaining=sum(map(bool, found)),
        policy="report",
        file=file,
        example="" if first is None else f"{found[first]} in: {shortened(_text(tested.questions[first]))}",
        line=None if first is None else first + 1,
    )


def _text(question: RankingExample) -> str:
    return "; ".join([*question.asked, *question.denied])


def _read_questions(project: Project, benchmark: str, part: str) -> list[RankingExample]:
    """The questions of one split of a benchmark."""
    model = project.task(benchmark).Example
    return read_rows(project.results.benchmark(benchmark) / f"{part}.jsonl", model)


def _window(project: Project, benchmark: str) -> int:
    """Base pairs on either side of a lead variant of the benchmark."""
    return 1000 * project.benchmarks[benchmark].window_kb


def _audit_questions(project: Project, plan: AuditPlan, tested: dict[str, HeldOutQuestions]) -> list[Finding]:
    """Train splits, as SFT and GRPO use them."""
    findings = []
    for benchmark, used_by in plan.training.items():
        questions = _read_questions(project, benchmark, "train")
        folder = project.results.benchmark(benchmark)
        dropped_for = atomic.read_json(folder / "audit.json").get("dropped_for", {})
        training = Training(benchmark, used_by, folder / "train.jsonl")
        for name, tests in tested.items():
            dropped = dropped_for.get(name, {})
            own = _window(project, benchmark)
            findings += question_findings(training, questions, own, tests, dropped)
    return findings


def _audit_statements(project: Project, plan: AuditPlan, tested: dict[str, HeldOutQuestions]) -> list[Finding]:
    """The train split of each corpus that a warm-up uses."""
    findings = []
    for corpus, used_by in plan.corpora.items():
        folder = project.results.statements(corpus)
        statements = pd.DataFrame(atomic.read_columns(folder / "train.jsonl", ["text", "gene", "object_id"]))
        names = read_facts(project.results.facts(corpus))[["object_id", "object_name"]].drop_duplicates()
        training = Training(corpus, used_by, folder / "train.jsonl")
        for tests in tested.values():
            findings += statement_findings(training, statements, names, tests)
    return findings


def _audit_reasoning(project: Project, plan: AuditPlan, tested: dict[str, HeldOutQuestions]) -> list[Finding]:
    """What teachers wrote and SFT learns."""
    findings = []
    for key, used_by in plan.reasoning.items():
        file = project.results.reasoning(*key)
        rows = atomic.read_jsonl(file)
        training = Training("{} on {}.{}".format(*key), used_by, file)
        findings += [reasoning_finding(training, rows, tests) for tests in tested.values()]
    return findings


def same_sources(project: Project, plan: AuditPlan) -> list[dict]:
    """Training and test questions that come from one source."""

    def sources(benchmark: str) -> list[str]:
        return list(dict.fromkeys(spec.source for spec in project.benchmarks[benchmark].subsets.values()))

    return [
        {"data": "training questions", "training": training, "benchmark": tested, "sources": shared}
        for tested in plan.benchmarks
        for training in plan.training
        if (shared := [source for source in sources(training) if source in sources(tested)])
    ]
