"""The leak audit of gene-set naming: all training data and prompts of an experiment against all of its test sets."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from reasonome.benchmarks import gene_sets
from reasonome.benchmarks.gene_sets import GeneSet, with_terms
from reasonome.benchmarks.rows import read_rows
from reasonome.core import atomic
from reasonome.facts.sources.go import Ontology, read_obo
from reasonome.facts.text import names_in_prompts, names_in_texts, normalise
from reasonome.facts.wording import JOINT
from reasonome.jobs import LeakSettings
from reasonome.leaks.audit import (
    Finding,
    Training,
    read_preferences,
    read_statements,
    row_finding,
    shortened,
)
from reasonome.task_parts import Built, Leaks
from reasonome.tasks.naming import prompt_terms
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.questions import Example, ShownTerm
from reasonome.tasks.naming.rows import read_sets, sets_of_origin, with_term_of_origin
from reasonome.tasks.naming.settings import AuditPolicy, NamingBenchmark, NamingStyle

Pair = tuple[str, str]  # a gene and a test term
# How to fix a leak that is not allowed, by its kind or by the kind of training data.
FIXES = {
    "training sets": "add {benchmark} to leave_out of {training} in benchmarks.yaml so that such sets are dropped "
    "(where they are one benchmark: build it again), or set audit.{kind} of {benchmark} to report",
    "test_fact": "add {benchmark} to leave_out of {training} in corpora.yaml with test_facts: drop, or set "
    "test_facts of {training} to report",
    "test_fact_by_descendant": "set test_descendants of {training} in corpora.yaml to drop, which leaves such "
    "statements out, or to report",
    "test_name": "set test_names of {training} in corpora.yaml to drop, which leaves such statements out, or to report",
    "reasoning": "set audit.name_in_reasoning of {benchmark} in benchmarks.yaml to drop (such rows are left out of "
    "training) or report",
    "preferences": "take these rows out of {training}, or set audit.name_in_reasoning of {benchmark} to report",
    "held_out_term": "add {benchmark} to leave_out of the benchmark of {training} in benchmarks.yaml, or set "
    "audit.held_out_term of {benchmark} to report",
    "withheld_term": "these prompts are of other settings of withheld_terms or jaccard: write them again",
    "prompts": "change the prompt style, or allow it: audit.name_in_prompt of {benchmark} in benchmarks.yaml, report",
}


class NamingLeaks(Leaks[NamingDialogue]):
    """Sets, statements, reasoning, tables and prompts that give a test set away."""

    fixes = FIXES

    def findings(self, audit: LeakSettings, benchmarks: Mapping[str, Built[NamingBenchmark]]) -> list[Finding]:
        """Every kind of leak from each training data, and from prompts, into each benchmark's test sets."""
        ontologies = [*map(read_obo, audit.ontologies)]
        tested = []
        for name in audit.tested:
            spec, sets = benchmarks[name].benchmark, read_sets(benchmarks[name].folder, "test")
            tested.append(HeldOut(name, with_terms(sets, *ontologies), spec.audit, spec.jaccard, spec.containment))
        return [
            *_audit_training(audit, benchmarks, tested, ontologies),
            *_audit_training_prompts(audit, tested),
            *_audit_statements(audit, tested, ontologies),
            *_audit_reasoning(audit, tested),
            *_audit_tables(audit, tested),
            *_audit_prompts(audit, self.task, tested, ontologies),
        ]

    def of_sources(self, audit: LeakSettings) -> list[tuple[str, str, dict[str, str]]]:
        """Training sets, and statements."""
        return super().of_sources(audit) + [(said.data, said.name, said.sources) for said in audit.statements]


@dataclass(frozen=True)
class HeldOut:
    """The test sets of one benchmark, its audit policy, and its thresholds of the Jaccard index and of containment."""

    benchmark: str
    sets: Sequence[GeneSet]
    policy: AuditPolicy
    threshold: float
    containment: float


def _audit_training(
    audit: LeakSettings,
    benchmarks: Mapping[str, Built[NamingBenchmark]],
    tested: Sequence[HeldOut],
    ontologies: Sequence[Ontology],
) -> Iterator[Finding]:
    """Findings of the train splits, which SFT and GRPO use."""
    for training in audit.training:
        sets = with_terms(sets_of_origin(read_rows(training.file, Example)), *ontologies)
        split = atomic.read_json(training.file.with_name("audit.json"))
        for tests in tested:
            yield from set_findings(training, sets, tests, _dropped(benchmarks, training.name, tests.benchmark, split))


def _dropped(
    benchmarks: Mapping[str, Built[NamingBenchmark]], benchmark: str, tested: str, split: Mapping[str, Any]
) -> Mapping[str, int]:
    """How many training sets of a benchmark were dropped for the tested one, by kind of leak, from its audit.json.

    Valid sets that another entry asks were held out with the test sets of the entry that it is like.
    """
    trained, asked = benchmarks[benchmark].benchmark, benchmarks[tested].benchmark
    if trained.splits_like(asked):
        return split["dropped_from_train"]
    dropped_for = split.get("dropped_for", {})
    names = [tested, *(name for name in trained.leave_out if benchmarks[name].benchmark.holds_out(asked))]
    return next((dropped_for[name] for name in names if name in dropped_for), {})


def _audit_training_prompts(audit: LeakSettings, tested: Sequence[HeldOut]) -> Iterator[Finding]:
    """Findings of the facts and enriched terms that training questions show."""
    for shown in audit.training_prompts:
        if not NamingStyle.model_validate(shown.settings).tells:
            continue
        rows = read_rows(shown.file, Example)
        for tests in tested:
            yield held_out_term_finding(shown, rows, tests)


def held_out_term_finding(training: Training, rows: Sequence[Example], tested: HeldOut) -> Finding:
    """Training questions (their order is that of the file) that show the term of a test set: an enriched term by id or
    name, or the object of a fact by name."""
    ids = {i for s in tested.sets for i in (s.id, s.term_id)}
    names = {name for s in tested.sets for name in s.names}
    objects = {fact.object for row in rows for gene in row.genes for fact in gene.facts}
    objects = {name for name in objects if normalise(name) in names}

    def first_shown(row: Example) -> str:
        terms = (_in_words(term) for term in row.enriched or [] if term.id in ids or normalise(term.name) in names)
        facts = (
            f"{gene.symbol}: {fact.relation} '{fact.object}'"
            for gene in row.genes
            for fact in gene.facts
            if fact.object in objects
        )
        return next(chain(terms, facts), "")

    shown = dict(enumerate(map(first_shown, rows)))
    return _finding(training, tested, "held_out_term", tested.policy.held_out_term, shown)


def _in_words(term: ShownTerm) -> str:
    return f"{term.id} '{term.name}'"


def _finding(
    training: Training, tested: HeldOut, kind: str, policy: str, shown: Mapping[int, str], dropped: int = 0
) -> Finding:
    """A finding of what the rows that were looked at show and must not, in words; "" for those that do not."""
    rows = [row for row, words in shown.items() if words]
    return row_finding(training, tested.benchmark, kind, len(shown), rows, policy, shown.__getitem__, dropped)


def _audit_statements(
    audit: LeakSettings, tested: Sequence[HeldOut], ontologies: Sequence[Ontology]
) -> Iterator[Finding]:
    """Findings of the train split of each corpus that a warm-up uses."""
    for said in audit.statements:
        statements, names = read_statements(said)
        left_out = pd.read_csv(said.file.with_name("left_out.tsv"), sep="\t", dtype=str, keep_default_na=False)
        for tests in tested:
            yield from statement_findings(said, statements, left_out, names, tests, said.policies, ontologies)


def _audit_reasoning(audit: LeakSettings, tested: Sequence[HeldOut]) -> Iterator[Finding]:
    """Findings of the kept reasoning of teachers, which SFT learns."""
    for training in audit.reasoning:
        rows = atomic.read_jsonl(training.file)
        left_out = atomic.read_jsonl(training.file.with_suffix(".dropped.jsonl"))
        for tests in tested:
            reason = names_a_test_term(tests.benchmark)
            yield reasoning_finding(training, rows, sum(row["reason"] == reason for row in left_out), tests)


def _audit_tables(audit: LeakSettings, tested: Sequence[HeldOut]) -> Iterator[Finding]:
    """Findings of people's own tables of preferences: rows with the name of a test set, which no policy leaves out."""
    for training in audit.tables:
        texts, lines = read_preferences(training.file)
        for tests in tested:
            policy = "report" if tests.policy.name_in_reasoning == "report" else "fail"
            found = _name_finding(training, texts, tests, "name_in_preferences", policy)
            yield replace(found, line=None if found.line is None else lines[found.line - 1])


def _name_finding(
    training: Training, texts: Sequence[str], tested: HeldOut, kind: str, policy: str, dropped: int = 0
) -> Finding:
    """The texts that contain the name of a test set."""
    matches = names_in_texts(texts, [s.name for s in tested.sets])
    shown = {
        row: "" if name is None else f"'{tested.sets[name].name}' in: {shortened(text)}"
        for row, (text, name) in enumerate(zip(texts, matches, strict=True))
    }
    return _finding(training, tested, kind, policy, shown, dropped)


def _audit_prompts(
    audit: LeakSettings, task: NamingDialogue, tested: Sequence[HeldOut], ontologies: Sequence[Ontology]
) -> Iterator[Finding]:
    """Findings of the prompts of the test sets, in every style that is asked."""
    by_name = {tests.benchmark: tests for tests in tested}
    for asked in audit.asked:
        style, rows = NamingStyle.model_validate(asked.settings), read_rows(asked.file, task.Example)
        yield from prompt_findings(asked.style, task, style, rows, asked.file, by_name[asked.benchmark], ontologies)


def set_findings(
    training: Training, sets: Sequence[GeneSet], tested: HeldOut, dropped: Mapping[str, int]
) -> list[Finding]:
    """Training sets (their order is that of the file) against test sets, a finding for each of gene_sets.KINDS.

    `dropped`: kind → sets left out when the split was made; a set with several reasons counts for the first.
    """
    matches = gene_sets.match(sets, tested.sets, tested.threshold, tested.containment)
    with_term = [sum(bool(s.ancestors) for s in side) for side in (sets, tested.sets)]
    findings = []
    for kind in gene_sets.KINDS:
        pairs = matches.pairs[kind]
        found = row_finding(
            training,
            tested.benchmark,
            kind,
            with_term[0] * with_term[1] if kind == "related_term" else len(sets) * len(tested.sets),
            sorted(pairs)[:1],
            getattr(tested.policy, kind),
            lambda row, pairs=pairs: _pair(sets, tested.sets, row, pairs[row]),
            dropped.get(kind, 0),
            len(pairs),
        )
        if kind == "jaccard" and matches.closest is not None:
            highest, *closest = matches.closest
            found = replace(found, example=_pair(sets, tested.sets, *closest), highest_jaccard=round(highest, 4))
        findings.append(found)
    return findings


def _pair(training: Sequence[GeneSet], tests: Sequence[GeneSet], i: int, j: int) -> str:
    return " ~ ".join(f"{s.id} '{s.name}' ({len(s.symbols)} genes)" for s in (training[i], tests[j]))


def statement_findings(
    training: Training,
    statements: pd.DataFrame,
    left_out: pd.DataFrame,
    names: pd.DataFrame,
    tested: HeldOut,
    policies: Mapping[str, str],
    ontologies: Sequence[Ontology] = (),
) -> list[Finding]:
    """Statements that put a gene of a test set into its term.

    `statements` has text, gene and object_id (several joined by JOINT), a row per line of the file; `left_out` has
    the facts that the corpus left out (gene, object_id, object_name); `names` has object_id and object_name of all
    facts. "test_fact": the statement is about the term, by id, name or synonym. "test_fact_by_descendant": it is
    about a term below it in one of `ontologies`, by the same. "test_name": the term's name or a synonym of several
    words stands among the words of a statement about one of its genes, as in a gene's summary. `policies` are by
    these three kinds.
    """
    objects = pd.concat([names, left_out[["object_id", "object_name"]]]).drop_duplicates()
    named = [(i, normalise(name)) for i, name in objects.itertuples(index=False, name=None)]
    members = {(gene, s.term_id) for s in tested.sets for gene in s.symbols}
    about = _terms_of(named, [(s.term_id, name, s.term_id) for s in tested.sets for name in s.names])
    below = _terms_of(named, _descendants(tested.sets, ontologies))
    facts = _saying(statements, about, members)
    # A statement about one test term may hold the name of another one of its gene.
    in_text = {
        row: others
        for row, pairs in _naming(statements["gene"], statements["text"], tested.sets).items()
        if (others := [pair for pair in pairs if pair not in facts.get(row, ())])
    }
    unsaid = left_out[~left_out["object_id"].isin(about.keys())]
    # Of each kind the (gene, term) pairs of each row, and of each fact that was left out.
    results: dict[str, tuple[Mapping[int, Collection[Pair]], Mapping[int, Collection[Pair]]]] = {
        "test_fact": (facts, _saying(left_out, about, members)),
        "test_fact_by_descendant": (_saying(statements, below, members), _saying(left_out, below, members)),
        "test_name": (in_text, _naming(unsaid["gene"], unsaid["object_name"], tested.sets)),
    }

    def example(kind: str, row: int) -> str:
        named = [s.name for s in tested.sets if kind == "test_name" and s.term_id == in_text[row][0][1]]
        return "".join(f"'{name}' in: " for name in named) + shortened(statements["text"].iloc[row])

    findings = []
    for kind, by_row in results.items():
        remaining, dropped = (set().union(*pairs.values()) for pairs in by_row)
        findings.append(
            row_finding(
                training,
                tested.benchmark,
                kind,
                len(statements),
                sorted(by_row[0]),
                policies[kind],
                partial(example, kind),
                len(dropped - remaining),
                len(remaining),
            )
        )
    return findings


def _descendants(tests: Sequence[GeneSet], ontologies: Sequence[Ontology]) -> Iterator[tuple[str, str, str]]:
    """(id, name, test term) of all terms below a test term, once for each name and each test term above it."""
    tested = {s.term_id for s in tests}
    for ontology in ontologies:
        for below, ancestors in ontology.ancestors.items():
            term = ontology.terms[below]
            for above in tested & ancestors:
                yield from ((below, normalise(name), above) for name in (term.name, *term.synonyms))


def _terms_of(objects: Iterable[tuple[str, str]], known: Iterable[tuple[str, str, str]]) -> dict[str, set[str]]:
    """Id → the test terms of `known` (id, name, test term) that it is: itself, or by the name of an object of that id.

    `objects` are (id, name).
    """
    by_id, by_name = defaultdict(set), defaultdict(set)
    for object_id, name, term in known:
        by_id[object_id].add(term)
        by_name[name].add(term)
    for object_id, name in objects:
        if name in by_name:
            by_id[object_id] |= by_name[name]
    return by_id


def _saying(
    table: pd.DataFrame, terms_of: Mapping[str, Collection[str]], members: Collection[Pair]
) -> dict[int, set[Pair]]:
    """Row → the (gene, test term) pairs among `members` that it says; its genes and objects may be several."""
    said = {}
    for row, (genes, objects) in enumerate(zip(table["gene"], table["object_id"], strict=True)):
        terms = {term for object_id in objects.split(JOINT) for term in terms_of.get(object_id, ())}
        if pairs := {pair for gene in genes.split(JOINT) for term in terms if (pair := (gene, term)) in members}:
            said[row] = pairs
    return said


def _naming(genes: Iterable[str], texts: Iterable[str], tests: Sequence[GeneSet]) -> dict[int, list[Pair]]:
    """Row → the (gene, test term) pairs whose searchable name is in the row's text; its genes may be several."""
    names_of: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for gene_set in tests:
        for gene in gene_set.symbols:
            names_of[gene] += [(f" {name} ", gene_set.term_id) for name in gene_set.searchable_names]
    naming = {}
    for row, (joined, written) in enumerate(zip(tqdm(genes, "texts", delay=5, leave=False), texts, strict=True)):
        wanted = [(gene, *named) for gene in joined.split(JOINT) for named in names_of.get(gene, ())]
        text = f" {normalise(written)} " if wanted else ""
        if pairs := [(gene, term) for gene, name, term in wanted if name in text]:
            naming[row] = pairs
    return naming


def reasoning_finding(training: Training, rows: Sequence[dict], dropped: int, tested: HeldOut) -> Finding:
    """Rows of a teacher's kept reasoning (proposed, steps) that contain a test name; `dropped`: rows left out."""
    texts = [taught_text(row) for row in rows]
    return _name_finding(training, texts, tested, "name_in_reasoning", tested.policy.name_in_reasoning, dropped)


def without_test_names(rows: Sequence[dict], benchmark: str, names: Sequence[str]) -> tuple[list[dict], list[dict]]:
    """Rows of reasoning that contain none of the test `names`, and those that do, with the reason."""
    matches = names_in_texts([taught_text(row) for row in rows], names)
    kept = [row for row, name in zip(rows, matches, strict=True) if name is None]
    reason = names_a_test_term(benchmark)
    dropped = [row | {"reason": reason} for row, name in zip(rows, matches, strict=True) if name is not None]
    return kept, dropped


def names_a_test_term(benchmark: str) -> str:
    """The reason that dropped reasoning gives."""
    return f"names a test term of {benchmark}"


def taught_text(row: dict) -> str:
    """The text that a model learns from a row of reasoning: the proposed name and the steps, one a line."""
    return "\n".join([row["proposed"], *row["steps"]])


def prompt_findings(
    name: str,
    task: NamingDialogue,
    style: NamingStyle,
    rows: Sequence[Example],
    file: Path,
    tested: HeldOut,
    ontologies: Sequence[Ontology] = (),
) -> list[Finding]:
    """Prompts that contain a true name: on its own, or only within the official name of a gene.

    Where the policy does not name the style, the first fails if the style shows facts, and is reported otherwise.
    The second ("name_in_gene_name") belongs to the question, so it is always reported. In a style with enriched terms,
    rows of which nothing is withheld are skipped; there is a third finding of such a style, "withheld_term".
    """
    policy = tested.policy.name_in_prompt.get(name, "report" if style.facts is None else "fail")
    shows_terms = style.terms is not None
    asked = {number: row for number, row in enumerate(rows) if not (shows_terms and row.withheld == "nothing")}
    training = Training("prompts", f"style {name}", (), file)
    chosen = [task.with_choice(row, style) for row in asked.values()]
    names = [gene_set.searchable_names for gene_set in with_term_of_origin(asked.values(), *ontologies)]

    def told(shown: NamingStyle) -> dict[int, str]:
        """The name in each prompt, in quotes; "" where it has none."""
        texts = ["\n".join(message["content"] for message in task.prompt(row, shown).messages) for row in chosen]
        phrases = names_in_prompts(texts, names)
        return {number: phrase and f"'{phrase}'" for number, phrase in zip(asked, phrases, strict=True)}

    outside = told(style.model_copy(update={"gene": style.gene.replace("{name}", "name unknown")}))
    in_gene_names = {number: "" if outside[number] else phrase for number, phrase in told(style).items()}
    findings = [
        _finding(training, tested, "name_in_prompt", policy, outside),
        _finding(training, tested, "name_in_gene_name", "report", in_gene_names),
    ]
    return findings + ([_withheld_term_finding(training, style, rows, tested)] if shows_terms else [])


def _withheld_term_finding(training: Training, style: NamingStyle, rows: Sequence[Example], tested: HeldOut) -> Finding:
    """Prompts that show a term that is withheld of their question; a control may, as its terms are not the set's."""
    shown = {}
    for number, row in enumerate(rows):
        withheld = prompt_terms.withheld_terms(row, tested.threshold, prompt_terms.HeldOut())
        shown[number] = next(map(_in_words, filter(withheld, row.enriched or [])), "")
    return _finding(training, tested, "withheld_term", "report" if style.is_control() else "fail", shown)
