"""Write a benchmark's rows with what the prompts of a style show of them, which is chosen here for everyone.

Those are the genes that fit, in their order, and of gene sets the facts and neighbours that the style shows.

python scripts/write_prompts.py --benchmark demo-go --style facts --folder results/benchmarks/demo-go \\
    --facts results/facts/demo/facts.parquet --ontology go-demo=resources/demo/go-basic.obo.gz \\
    --output results/prompts/demo-go.facts
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reasonome.config import AnyBenchmark, Benchmark, Style
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import InputError, lookup, run_program
from reasonome.facts.corpus import read_facts
from reasonome.facts.sources.ontology import read_ontology
from reasonome.tasks.naming import benchmark as benchmarks
from reasonome.tasks.naming import prompt_facts
from reasonome.tasks.naming.prompt_neighbours import with_neighbours
from reasonome.tasks.registry import TASKS

Splits = dict[str, list[Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the benchmark")
    parser.add_argument("--facts", type=Path, help="facts of the benchmark's corpus, for a style with facts")
    parser.add_argument(
        "--ontology", action="append", default=[], metavar="SOURCE=PATH", help="repeatable: an OBO, or a GO.sqlite"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    args = parser.parse_args()

    project = Project(args.config)
    benchmark = lookup(project.benchmarks, args.benchmark, "benchmark")
    style = project.style(args.benchmark, args.style)
    task = TASKS[benchmark.task]
    splits = {part: benchmarks.read_rows(args.folder / f"{part}.jsonl", task.Example) for part in benchmarks.SPLITS}
    if style.facts is not None:
        splits = add_facts(splits, benchmark, style, args.facts, args.ontology)
    if style.neighbours is not None:
        training = splits["train"]
        splits = {
            part: with_neighbours(examples, training, style, benchmark.jaccard) for part, examples in splits.items()
        }
    for part, examples in splits.items():
        chosen = (task.with_choice(asked_by_kind(example, benchmark), style) for example in examples)
        rows = (example.model_dump(exclude_defaults=True) for example in chosen)
        atomic.write_jsonl(args.output / f"{part}.jsonl", rows)


def asked_by_kind(example: Any, benchmark: AnyBenchmark) -> Any:
    """The example with what kind of thing is asked for, where the benchmark says."""
    kind = benchmark.kind_of(example.subset) if isinstance(benchmark, Benchmark) else ""
    return example.model_copy(update={"kind": kind}) if kind else example


def add_facts(
    splits: Splits, benchmark: Benchmark, style: Style, path: Path | None, ontology_files: Sequence[str]
) -> Splits:
    """The splits with the facts of genes; says how many facts there are to choose from."""
    if path is None:
        raise InputError("the style shows facts", field="--facts", fix="give the facts of the benchmark's corpus")
    facts = read_facts(path)
    told = len(facts)
    if style.facts.sources == "others" or benchmark.kind == "built":
        ontologies = {}
        for word in ontology_files:
            source, _, file = word.partition("=")
            ontologies[source] = read_ontology(file)
        made_of = benchmarks.set_facts(facts, ontologies, benchmark)
        examples = [example for part in splits.values() for example in part]
        own = prompt_facts.collection(made_of, ontologies, examples)
        if style.facts.sources == "others":
            facts = prompt_facts.without_collection(facts, own)
        else:
            facts = prompt_facts.without_relations(facts, own.relations)
    index = prompt_facts.FactIndex(facts, style.seed)
    splits = {part: prompt_facts.with_facts(examples, index, style.facts) for part, examples in splits.items()}
    genes = [gene for examples in splits.values() for example in examples for gene in example.genes]
    print(
        f"{len(facts):,} of {told:,} facts are about nothing that the sets are drawn from; "
        f"{sum(bool(gene.facts) for gene in genes):,} of {len(genes):,} genes of sets have facts"
    )
    return splits


if __name__ == "__main__":
    run_program(main)
