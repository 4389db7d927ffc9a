"""Audit an experiment for leaks: every training data and prompt against every test set. Fails where a leak may not be.

python scripts/audit_leaks.py --experiment demo --ontologies resources/demo/go-basic.obo.gz \
    --output results/experiments/demo
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from reasonome import atomic, benchmarks, leak_audit
from reasonome.audit import GeneSet, with_terms
from reasonome.errors import run_program
from reasonome.experiments import AuditPlan, Results, audit_plan, examples_folder, set_sources, shared_sources
from reasonome.facts import read_facts
from reasonome.leak_audit import Asked, Finding, HeldOut, Training
from reasonome.project import Project, lookup
from reasonome.report.evidence import read_json
from reasonome.report.tables import write_table
from reasonome.sources.go import Ontology
from reasonome.sources.ontology import read_ontology
from reasonome.tasks import TASKS

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
        *audit_statements(project, results, plan, tested),
        *audit_reasoning(results, plan, tested),
        *audit_prompts(project, plan, tested),
    ]
    table = leak_audit.table(findings)
    print(table[SHOWN].to_string(index=False))
    leak_audit.check(args.experiment, findings)
    write_table(table, args.output / "audit.tsv")
    report = {
        "experiment": args.experiment,
        "findings": [finding.row() for finding in findings],
        "same_source": same_sources(project, plan),
    }
    atomic.write_json(args.output / "audit.json", report)


def read_sets(path: Path, project: Project, benchmark: str, ontologies: Sequence[Ontology]) -> list[GeneSet]:
    """The gene sets of a split in the file's order, less contaminated variants, with what ontologies know of them."""
    sets = benchmarks.read_sets(path, TASKS[project.benchmarks[benchmark].task].Example)
    for ontology in ontologies:
        sets = with_terms(sets, ontology)
    return sets


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


def audit_statements(project: Project, results: Results, plan: AuditPlan, tested: Sequence[HeldOut]) -> list[Finding]:
    """The train split of each corpus that a warm-up uses."""
    findings = []
    for corpus, used_by in plan.corpora.items():
        folder, spec = results.statements(corpus), project.corpora[corpus]
        statements = pd.DataFrame(atomic.read_jsonl(folder / "train.jsonl"), columns=["text", "gene", "object_id"])
        left_out = pd.read_csv(folder / "left_out.tsv", sep="\t", dtype=str, keep_default_na=False)
        names = read_facts(results.facts(corpus))[["object_id", "object_name"]]
        policies = {"test_fact": spec.test_facts, "test_name": spec.test_names}
        training = Training(corpus, used_by, folder / "train.jsonl")
        for tests in tested:
            findings += leak_audit.statement_findings(training, statements, left_out, names, tests, policies)
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


def audit_prompts(project: Project, plan: AuditPlan, tested: Sequence[HeldOut]) -> list[Finding]:
    """The prompts of the test sets in every style, with all genes whatever the budget, so that none is missed."""
    findings = []
    by_name = {tests.benchmark: tests for tests in tested}
    for benchmark, name in plan.asked:
        task, style = TASKS[project.benchmarks[benchmark].task], project.style(benchmark, name)
        file = examples_folder(project, benchmark, name) / "test.jsonl"
        prompts = []
        for example in benchmarks.read_rows(file, task.Example):
            prompt = task.prompt(example, style, lambda texts: [0] * len(texts))
            text = "\n".join(message["content"] for message in prompt.messages)
            prompts.append(Asked(text, example.name, tuple(gene.name for gene in example.genes)))
        findings += leak_audit.prompt_findings(
            name, prompts, file, by_name[benchmark], carries_facts=style.facts is not None
        )
    return findings


def same_sources(project: Project, plan: AuditPlan) -> list[dict]:
    """Training data and test sets that come from one source."""
    found = []
    for tested in plan.benchmarks:
        test = set_sources(project, tested, "test")
        data = [("training sets", b, set_sources(project, b, "train")) for b in plan.training]
        data += [("statements", c, project.corpora[c].sources) for c in plan.corpora]
        for kind, name, sources in data:
            if shared := shared_sources(project, sources, test):
                found.append({"data": kind, "training": name, "benchmark": tested, "sources": shared})
    return found


if __name__ == "__main__":
    run_program(main)
