"""The leak audit of an experiment: what of its test sets each of its training data and prompts gives away."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from reasonome.benchmarks import gene_sets
from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.config import AuditPolicy
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.facts.mentions import names_in_prompts, names_in_texts
from reasonome.facts.sources.go import Ontology
from reasonome.facts.text import normalise
from reasonome.facts.wording import JOINT

COLUMNS = [
    "data",
    "training",
    "used_by",
    "benchmark",
    "kind",
    "looked_at",
    "found",
    "dropped",
    "remaining",
    "policy",
    "verdict",
    "highest_jaccard",
    "example",
    "file",
    "line",
]


@dataclass(frozen=True)
class HeldOut:
    """The test sets of one benchmark, and what it tolerates."""

    benchmark: str
    sets: Sequence[GeneSet]
    policy: AuditPolicy
    threshold: float


@dataclass(frozen=True)
class Training:
    """Training data of one kind: its name, the steps that use it, and the file (one row a line)."""

    name: str
    used_by: tuple[str, ...]
    file: Path


@dataclass(frozen=True)
class Finding:
    """One kind of leak between one training data and one benchmark's test sets.

    `looked_at` counts what was compared: pairs of sets, statements, rows of reasoning, prompts. `found` is
    `dropped` (while the data were built) and `remaining`: training sets, (gene, test term) pairs that statements
    tell, rows, prompts. `example` is the first that remains, at `line` of `file`; of "jaccard" the closest pair.
    """

    data: str
    training: str
    used_by: tuple[str, ...]
    benchmark: str
    kind: str
    looked_at: int
    dropped: int
    remaining: int
    policy: str
    file: str
    example: str = ""
    line: int | None = None
    highest_jaccard: float | None = None

    @property
    def found(self) -> int:
        return self.dropped + self.remaining

    @property
    def verdict(self) -> str:
        """ "clean", "reported" (leaks remain and may) or "fails"."""
        if not self.remaining:
            return "clean"
        return "reported" if self.policy == "report" else "fails"

    def row(self) -> dict[str, Any]:
        """The finding as a row of COLUMNS."""
        values = asdict(self) | {"found": self.found, "verdict": self.verdict, "used_by": ", ".join(self.used_by)}
        return {column: values[column] for column in COLUMNS}


def set_findings(
    training: Training, sets: Sequence[GeneSet], tested: HeldOut, dropped: dict[str, int]
) -> list[Finding]:
    """Training sets (their order is that of the file) against test sets, a finding for each of gene_sets.KINDS.

    `dropped`: kind → sets left out when the split was made; a set with several reasons counts for the first.
    """
    matches = gene_sets.match(sets, tested.sets, tested.threshold)
    with_term = [sum(bool(s.ancestors) for s in side) for side in (sets, tested.sets)]
    findings = []
    for kind in gene_sets.KINDS:
        pairs = matches.pairs[kind]
        first = min(pairs.items(), default=None)
        example, highest = "", None
        if kind == "jaccard" and matches.closest is not None:
            highest, *first_closest = matches.closest
            example, highest = _pair(sets, tested.sets, *first_closest), round(highest, 4)
        elif first is not None:
            example = _pair(sets, tested.sets, *first)
        findings.append(
            Finding(
                "training sets",
                training.name,
                training.used_by,
                tested.benchmark,
                kind,
                looked_at=with_term[0] * with_term[1] if kind == "related_term" else len(sets) * len(tested.sets),
                dropped=dropped.get(kind, 0),
                remaining=len(pairs),
                policy=getattr(tested.policy, kind),
                file=str(training.file),
                example=example,
                line=None if first is None else first[0] + 1,
                highest_jaccard=highest,
            )
        )
    return findings


def _pair(training: Sequence[GeneSet], tests: Sequence[GeneSet], i: int, j: int) -> str:
    return " ~ ".join(f"{s.id} '{s.name}' ({len(s.symbols)} genes)" for s in (training[i], tests[j]))


def statement_findings(
    training: Training,
    statements: pd.DataFrame,
    left_out: pd.DataFrame,
    names: pd.DataFrame,
    tested: HeldOut,
    policies: dict[str, str],
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
    members = pd.DataFrame([(gene, s.term_id) for s in tested.sets for gene in s.symbols], columns=["gene", "term"])
    members = members.drop_duplicates()
    rows = statements[["gene", "object_id"]].reset_index(drop=True).rename_axis("row").reset_index()
    for column in ("gene", "object_id"):
        if rows[column].str.contains(JOINT, regex=False).any():
            rows = rows.assign(**{column: rows[column].str.split(JOINT, regex=False)}).explode(column)
    found, told_rows = {}, {}
    objects = pd.concat([names, left_out[["object_id", "object_name"]]]).drop_duplicates()
    objects["name"] = objects["object_name"].map(normalise)
    for kind, known in (
        ("test_fact", _named(tested.sets)),
        ("test_fact_by_descendant", _descendants(tested.sets, ontologies)),
    ):
        terms_of = _terms_of(objects, known)
        told = rows.merge(terms_of, on="object_id").merge(members, on=["gene", "term"])
        before = left_out.merge(terms_of, on="object_id").merge(members, on=["gene", "term"])
        remaining = _pairs(told)
        told_rows[kind] = set(told["row"])
        found[kind] = (remaining, len(_pairs(before) - remaining), min(told_rows[kind], default=None), "")

    others = rows[~rows["row"].isin(told_rows["test_fact"])].drop_duplicates(["row", "gene"])
    in_text = _names_in_text(others, statements["text"].reset_index(drop=True), tested.sets)
    first = min(in_text, default=None)
    term = None if first is None else in_text[first][0][1]
    named = "".join(f"'{s.name}' in: " for s in tested.sets if s.term_id == term)
    found["test_name"] = ({pair for pairs in in_text.values() for pair in pairs}, 0, first, named)
    return [
        Finding(
            "statements",
            training.name,
            training.used_by,
            tested.benchmark,
            kind,
            looked_at=len(statements),
            dropped=dropped,
            remaining=len(pairs),
            policy=policies[kind],
            file=str(training.file),
            example="" if row is None else prefix + shortened(statements["text"].iloc[row]),
            line=None if row is None else row + 1,
        )
        for kind, (pairs, dropped, row, prefix) in found.items()
    ]


def _pairs(table: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(table["gene"], table["term"], strict=True))


def _named(tests: Sequence[GeneSet]) -> pd.DataFrame:
    """(object_id, name, term) of the test terms, a row for each name."""
    rows = [(s.term_id, name, s.term_id) for s in tests for name in s.names]
    return pd.DataFrame(rows, columns=["object_id", "name", "term"])


def _descendants(tests: Sequence[GeneSet], ontologies: Sequence[Ontology]) -> pd.DataFrame:
    """(object_id, name, term) of all terms below a test term, a row for each name and each test term above it."""
    tested = {s.term_id for s in tests}
    rows = []
    for ontology in ontologies:
        for below, ancestors in ontology.ancestors.items():
            if above := sorted(tested & ancestors):
                term = ontology.terms[below]
                names = {normalise(name) for name in (term.name, *term.synonyms)}
                rows += [(below, name, test) for name in sorted(names) for test in above]
    return pd.DataFrame(rows, columns=["object_id", "name", "term"])


def _terms_of(objects: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """(object_id, term) of objects that are in `known`: the same id, or one of its names under another id."""
    by_name = objects[["object_id", "name"]].merge(known[["name", "term"]], on="name")
    return pd.concat([known, by_name])[["object_id", "term"]].drop_duplicates()


def _names_in_text(rows: pd.DataFrame, texts: pd.Series, tests: Sequence[GeneSet]) -> dict[int, list[tuple[str, str]]]:
    """Row → (gene, term) pairs of which a searchable name stands in the row's text."""
    names_of: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for gene_set in tests:
        for gene in gene_set.symbols:
            names_of[gene] += [(f" {name} ", gene_set.term_id) for name in gene_set.searchable_names]
    rows = rows[rows["gene"].isin(set(names_of))]
    found: dict[int, list[tuple[str, str]]] = {}
    bar = tqdm(zip(rows["row"], rows["gene"], strict=True), "texts", len(rows), delay=5, leave=False)
    for row, gene in bar:
        text = f" {normalise(texts.iat[row])} "
        if pairs := [(gene, term) for name, term in names_of[gene] if name in text]:
            found.setdefault(row, []).extend(pairs)
    return found


def reasoning_finding(training: Training, rows: Sequence[dict], dropped: int, tested: HeldOut) -> Finding:
    """Rows of a teacher's kept reasoning (proposed, steps) whose words hold a test name; `dropped`: rows left out."""
    texts = [taught_text(row) for row in rows]
    found = names_in_texts(texts, [s.name for s in tested.sets])
    first = next((i for i, name in enumerate(found) if name is not None), None)
    example = "" if first is None else f"'{tested.sets[found[first]].name}' in: {shortened(texts[first])}"
    return Finding(
        "reasoning",
        training.name,
        training.used_by,
        tested.benchmark,
        "name_in_reasoning",
        looked_at=len(rows),
        dropped=dropped,
        remaining=sum(name is not None for name in found),
        policy=tested.policy.name_in_reasoning,
        file=str(training.file),
        example=example,
        line=None if first is None else first + 1,
    )


def drop_naming(rows: Sequence[dict], benchmark: str, names: Sequence[str]) -> tuple[list[dict], list[dict]]:
    """Rows of reasoning without those whose words hold one of the test `names`, and these, with the reason."""
    found = names_in_texts([taught_text(row) for row in rows], names)
    kept = [row for row, name in zip(rows, found, strict=True) if name is None]
    reason = names_a_test_term(benchmark)
    dropped = [row | {"reason": reason} for row, name in zip(rows, found, strict=True) if name is not None]
    return kept, dropped


def names_a_test_term(benchmark: str) -> str:
    """The reason that dropped reasoning gives."""
    return f"names a test term of {benchmark}"


def taught_text(row: dict) -> str:
    """What a model learns to say from a row of reasoning: the proposed name and the steps, one a line."""
    return "\n".join([row["proposed"], *row["steps"]])


@dataclass(frozen=True)
class Asked:
    """One rendered prompt: its text, with and without the official names of genes, the true names, the set's line."""

    text: str
    without_gene_names: str
    names: frozenset[str]
    line: int


def prompt_findings(
    style: str, prompts: Sequence[Asked], file: Path, tested: HeldOut, carries_facts: bool = False
) -> list[Finding]:
    """Prompts that hold a true name: on its own, or only because the official name of a gene holds it.

    Where the policy does not name the style, the first fails if the style carries facts, and is reported if not.
    The second ("name_in_gene_name") is a fact of the question, so it is reported whatever the policy.
    """
    names = [prompt.names for prompt in prompts]
    anywhere = names_in_prompts([prompt.text for prompt in prompts], names)
    outside = names_in_prompts([prompt.without_gene_names for prompt in prompts], names)
    kinds = {
        "name_in_prompt": (outside, tested.policy.name_in_prompt.get(style, "fail" if carries_facts else "report")),
        "name_in_gene_name": (["" if o else a for a, o in zip(anywhere, outside, strict=True)], "report"),
    }
    findings = []
    for kind, (held, policy) in kinds.items():
        first = next((i for i, name in enumerate(held) if name), None)
        findings.append(
            Finding(
                "prompts",
                f"style {style}",
                (),
                tested.benchmark,
                kind,
                looked_at=len(prompts),
                dropped=0,
                remaining=sum(map(bool, held)),
                policy=policy,
                file=str(file),
                example="" if first is None else f"'{held[first]}'",
                line=None if first is None else prompts[first].line,
            )
        )
    return findings


def shortened(text: str, most: int = 160) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def table(findings: Iterable[Finding]) -> pd.DataFrame:
    """The findings as a table of COLUMNS."""
    frame = pd.DataFrame([finding.row() for finding in findings], columns=COLUMNS)
    return frame.astype({"line": "Int64"})


_FIXES = {
    "training sets": "add {benchmark} to leave_out of {training} in benchmarks.yaml so that such sets are dropped "
    "(where they are one benchmark: build it again), or set audit.{kind} of {benchmark} to report",
    "training questions": "add {benchmark} to leave_out of {training} in benchmarks.yaml (where they are one "
    "benchmark: build it again)",
    "tells_the_answer": "warm up on a corpus without the sources that link genes to diseases or traits, or without "
    "such relations: there is no setting that allows it",
    "test_fact_by_descendant": "no setting leaves such statements out: set {field} of {training} in corpora.yaml to "
    "report",
    "statements": "add {benchmark} to leave_out of {training} in corpora.yaml with test_facts: drop, or set "
    "{field} of {training} to report",
    "reasoning": "set audit.name_in_reasoning of {benchmark} in benchmarks.yaml to drop (such rows are left out of "
    "training) or report",
    "prompts": "change the prompt style, or allow it: audit.name_in_prompt of {benchmark} in benchmarks.yaml, report",
}
_FIELDS = {"test_fact": "test_facts", "test_fact_by_descendant": "test_descendants", "test_name": "test_names"}


def check(experiment: str, findings: Sequence[Finding]) -> None:
    """InputError that names file, line, kind and example of the first finding that fails, if any does.

    All that fail are printed first: a failed audit writes no file.
    """
    failing = [finding for finding in findings if finding.verdict == "fails"]
    if not failing:
        return
    for one in failing:
        place = one.file if one.line is None else f"{one.file}:{one.line}"
        show(f"{place}: {one.kind}: {one.remaining:,} of {one.training} into {one.benchmark}, as {one.example}")
    first = failing[0]
    others = f"; {len(failing) - 1} more kinds of leak fail, see the log" if len(failing) > 1 else ""
    raise InputError(
        f"the leak audit of experiment '{experiment}' fails: {first.remaining:,} leaks of kind {first.kind} from "
        f"{first.data} of {first.training} into test sets of {first.benchmark} (policy {first.policy}), the first: "
        f"{first.example}{others}",
        file=first.file,
        line=first.line,
        field=first.kind,
        fix=_FIXES.get(first.kind, _FIXES[first.data]).format(
            benchmark=first.benchmark,
            training=first.training,
            kind=first.kind,
            field=_FIELDS.get(first.kind, first.kind),
        ),
    )
