"""Audit an experiment for leaks: every training data and prompt against every test set. Fails where a leak may not be.

python scripts/audit_leaks.py --experiment demo --ontologies resources/demo/go-basic.obo.gz \
    --output results/experiments/demo
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.gene_sets import GeneSet, with_terms
from reasonome.config import Style
from reasonome.config.project import Project
from reasonome.config.project.experiments import (
    AuditPlan,
    Results,
    audit_plan,
    corpus_sources,
    examples_folder,
    set_sources,
    shared_sources,
)
from reasonome.core import atomic
from reasonome.core.errors import lookup, run_program
from reasonome.core.terminal import show
from reasonome.facts.corpus import read_facts
from reasonome.facts.sources.go import Ontology
from reasonome.facts.sources.ontology import read_ontology
from reasonome.leaks import audit as leak_audit
from reasonome.leaks.audit import Asked, Finding, HeldOut, Training
from reasonome.report.evidence import read_json
from reasonome.tasks.naming import benchmark as benchmarks
from reasonome.tasks.naming.task import ABSTENTION, Example, Gene, GeneSetNaming
from reasonome.tasks.registry import TASKS

SHOWN = ["training", "benchmark", "kind", "looked_at", "found", "dropped", "remaining", "policy", "verdict"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--ontologies", type=Path, nargs="*", default=[], help="OBO or GO.sqlite")
    parser.add_argument("--output", type=Path, required=True, help="folder of audit.json and audit.tsv")
    args = parser.parse_args()

    project = Project(args.config)
    lookup(project.experiments, args.experiment, "experiment")
    plan, results = audit_plan(project, args.experiment), Results(project.settings.results)
    ontologies = [read_ontology(path) for path in args.ontologies]
    tested = [read_held_out(project, results, benchmark, ontologies) for benchmark in plan.benchmarks]
    findings = [
        *audit_training(project, results, plan, tested, ontologies),
        *audit_statements(project, results, plan, tested, ontologies),
        *audit_reasoning(results, plan, tested),
        *audit_prompts(project, plan, tested, ontologies),
    ]
    table = leak_audit.table(findings)
    show(table[SHOWN].to_string(index=False))
    leak_audit.check(args.experiment, findings)
    atomic.write_tsv(args.output / "audit.tsv", table)
    report = {
        "experiment": args.experiment,
        "findings": [finding.row() for finding in findings],
        "same_source": same_sources(project, plan),
    }
    atomic.write_json(args.output / "audit.json", report)


def read_sets(path: Path, project: Project, benchmark: str, ontologies: Sequence[Ontology]) -> list[GeneSet]:
    """The gene sets of a split in the file's order, less contaminated variants, with what ontologies know of them."""
    sets = benchmarks.read_sets(path, TASKS[project.benchmarks[benchmark].task].Example)
    return with_terms(sets, *ontologies)


def read_held_out(project: Project, results: Results, benchmark: str, ontologies: Sequence[Ontology]) -> HeldOut:
    """The test sets of a benchmark."""
    spec = project.benchmarks[benchmark]
    sets = read_sets(results.benchmark(benchmark) / "test.jsonl", project, benchmark, ontologies)
    return HeldOut(benchmark, sets, spec.audit, spec.jaccard)


def audit_training(
    project: Project, results: Results, plan: AuditPlan, tested: Sequence[HeldOut], ontologies: Sequence[Ontology]
) -> list[Finding]:
    """Train splits, as SFT and GRPO use them."""
    findings = []
    for benchmark, used_by in plan.training.items():
        folder = results.benchmark(benchmark)
        sets = read_sets(folder / "train.jsonl", project, benchmark, ontologies)
        split = read_json(folder / "audit.json")
        for tests in tested:
            own = tests.benchmark == benchmark
            dropped = split["dropped_from_train"] if own else split.get("dropped_for", {}).get(tests.benchmark, {})
            training = Training(benchmark, used_by, folder / "train.jsonl")
            findings += leak_audit.set_findings(training, sets, tests, dropped)
    return findings


def audit_statements(
    project: Project, results: Results, plan: AuditPlan, tested: Sequence[HeldOut], ontologies: Sequence[Ontology]
) -> list[Finding]:
    """The train split of each corpus that a warm-up uses."""
    findings = []
    for corpus, used_by in plan.corpora.items():
        folder, spec = results.statements(corpus), project.corpora[corpus]
        statements = pd.DataFrame(atomic.read_columns(folder / "train.jsonl", ["text", "gene", "object_id"]))
        left_out = pd.read_csv(folder / "left_out.tsv", sep="\t", dtype=str, keep_default_na=False)
        names = read_facts(results.facts(corpus))[["object_id", "object_name"]]
        policies = {
            "test_fact": spec.test_facts,
            "test_fact_by_descendant": spec.test_descendants,
            "test_name": spec.test_names,
        }
        training = Training(corpus, used_by, folder / "train.jsonl")
        for tests in tested:
            findings += leak_audit.statement_findings(
                training, statements, left_out, names, tests, policies, ontologies
            )
    return findings


def audit_reasoning(results: Results, plan: AuditPlan, tested: Sequence[HeldOut]) -> list[Finding]:
    """What teachers wrote and SFT learns."""
    findings = []
    for key, used_by in plan.reasoning.items():
        file = results.reasoning(*key)
        rows = atomic.read_jsonl(file)
        left_out = atomic.read_jsonl(file.with_suffix(".dropped.jsonl"))
        for tests in tested:
            reason = leak_audit.names_a_test_term(tests.benchmark)
            dropped = sum(row["reason"] == reason for row in left_out)
            training = Training("{} on {}.{}".format(*key), used_by, file)
            findings.append(leak_audit.reasoning_finding(training, rows, dropped, tests))
    return findings


def audit_prompts(
    project: Project, plan: AuditPlan, tested: Sequence[HeldOut], ontologies: Sequence[Ontology]
) -> list[Finding]:
    """The prompts of the test sets in every style, as they are asked."""
    findings = []
    by_name = {tests.benchmark: tests for tests in tested}
    for benchmark, name in plan.asked:
        task, style = TASKS[project.benchmarks[benchmark].task], project.style(benchmark, name)
        file = examples_folder(project, benchmark, name) / "test.jsonl"
        prompts = asked_prompts(task, style, benchmarks.read_rows(file, task.Example), ontologies)
        findings += leak_audit.prompt_findings(
            name, prompts, file, by_name[benchmark], carries_facts=style.facts is not None
        )
    return findings


def asked_prompts(
    task: GeneSetNaming, style: Style, examples: Sequence[Example], ontologies: Sequence[Ontology]
) -> list[Asked]:
    """The rendered prompts of a file's rows, less those whose answer is to abstain: a style may say in which words."""
    chosen = [task.with_choice(row, style) for row in examples]
    return [
        Asked(prompt_text(task, row, style), prompt_text(task, without_gene_names(row), style), names, line)
        for line, (row, names) in enumerate(zip(chosen, true_names(examples, ontologies), strict=True), 1)
        if row.name != ABSTENTION
    ]


def prompt_text(task: GeneSetNaming, example: Example, style: Style) -> str:
    """All messages of a prompt."""
    prompt = task.prompt(example, style)
    return "\n".join(message["content"] for message in prompt.messages)


def without_gene_names(example: Example) -> Example:
    """The example with no gene's official name, in its own set and in those of its neighbours."""
    return example.model_copy(
        update={
            "genes": unnamed(example.genes),
            "neighbours": [n.model_copy(update={"genes": unnamed(n.genes)}) for n in example.neighbours],
        }
    )


def unnamed(genes: Sequence[Gene]) -> list[Gene]:
    """The genes without official names."""
    return [gene.model_copy(update={"name": ""}) for gene in genes]


def true_names(examples: Sequence[Example], ontologies: Sequence[Ontology]) -> list[frozenset[str]]:
    """The names of each example that its prompt may not hold; of a contaminated variant those of its original."""
    sets = [
        GeneSet(e.main_id or e.term or e.id, e.subset, e.name, frozenset(), frozenset(e.synonyms)) for e in examples
    ]
    return [one.searchable_names for one in with_terms(sets, *ontologies)]


def same_sources(project: Project, plan: AuditPlan) -> list[dict]:
    """Training data and test sets that come from one source."""
    found = []
    for tested in plan.benchmarks:
        test = set_sources(project, tested, "test")
        data = [("training sets", b, set_sources(project, b, "train")) for b in plan.training]
        data += [("statements", c, corpus_sources(project, c)) for c in plan.corpora]
        for kind, name, sources in data:
            if shared := shared_sources(sources, test):
                found.append({"data": kind, "training": name, "benchmark": tested, "sources": shared})
    return found


if __name__ == "__main__":
    run_program(main)
