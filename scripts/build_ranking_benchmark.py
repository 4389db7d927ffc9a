"""Build a benchmark of rankings: questions from gold standards, phenopackets or ready tables, split without leaks.

Writes train, valid and test questions, the rows that are in none of them and why, the identifiers that no gene was
found for, and the audit.

python scripts/build_ranking_benchmark.py --benchmark demo-loci \\
    --authority table=resources/demo/hgnc_complete_set.txt.gz \\
    --locations resources/demo-ranking/gene_locations.tsv.gz \\
    --questions loci=resources/demo-ranking/gold_standards.tsv.gz --output results/benchmarks/demo-loci
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.config import RankingBenchmark
from reasonome.config.project import Project
from reasonome.core.errors import InputError, lookup, nearest, run_program
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import FORMATS
from reasonome.tasks.ranking import cases, loci
from reasonome.tasks.ranking import splits as ranking_splits
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.ranking.rows import Questions, without_told, write_rankings
from reasonome.tasks.ranking.splits import HeldOut
from reasonome.tasks.registry import TASKS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--authority", nargs="+", required=True, metavar="KEY=PATH", help="files of the authority")
    parser.add_argument("--questions", nargs="+", required=True, metavar="SUBSET=PATH", help="a file for each subset")
    parser.add_argument("--locations", type=Path, help="where genes lie")
    parser.add_argument("--ontology", type=Path, help="hp.obo: which phenotypes are in use")
    parser.add_argument("--leave-out", type=Path, nargs="*", default=[], help="folders of benchmarks built before")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    return parser.parse_args()


def paths(words: Sequence[str], option: str) -> dict[str, Path]:
    """name=path … → path by name."""
    found = {name: path for name, _, path in (word.partition("=") for word in words)}
    if not all(found) or not all(found.values()):
        raise InputError(f"expected name=path, found '{' '.join(words)}'", field=option)
    return {name: Path(path) for name, path in found.items()}


def read_left_out(project: Project, folders: Sequence[Path]) -> dict[str, HeldOut]:
    """The held-out questions of other benchmarks, by name."""
    found: dict[str, HeldOut] = {}
    for folder in folders:
        other = lookup(project.ranking_benchmarks, folder.name, "benchmark of rankings")
        model = TASKS[other.task].Example
        questions = [row for part in ("valid", "test") for row in read_rows(folder / f"{part}.jsonl", model)]
        found[folder.name] = HeldOut(questions, 1000 * other.window_kb)
    return found


def questions(project: Project, args: argparse.Namespace, genes: GeneTable, files: dict[str, Path]) -> Questions:
    """The questions of the benchmark's task, before they are split."""
    if project.ranking_benchmarks[args.benchmark].task == "causal_gene_ranking":
        return loci.questions(project, args.benchmark, files, genes, args.locations)
    return cases.questions(project, args.benchmark, files, genes, args.ontology)


def check_ids(examples: Sequence[RankingExample]) -> None:
    """InputError for an id that questions of two subsets have: answers name their question by it alone."""
    subset_of: dict[str, str] = {}
    for one in examples:
        if (other := subset_of.setdefault(one.id, one.subset)) != one.subset:
            what = f"'{one.id}' is the id of a question of '{other}' and of one of '{one.subset}'"
            raise InputError(what, field="subsets", fix="give the questions of one of the tables other ids")


def candidates_drawn(
    parts: Mapping[str, list[RankingExample]], benchmark: RankingBenchmark
) -> Mapping[str, list[RankingExample]]:
    """Split questions with their candidates: those of loci have them, those of cases get decoys of their split."""
    return parts if benchmark.task == "causal_gene_ranking" else cases.with_decoys(parts, benchmark)


def main() -> None:
    args = arguments()
    project = Project(args.config)
    benchmark = lookup(project.ranking_benchmarks, args.benchmark, "benchmark of rankings")
    files = paths(args.questions, "--questions")
    if files.keys() != benchmark.subsets.keys():
        raise InputError("give a file for each subset", field="--questions", fix=nearest(min(files), benchmark.subsets))
    read_genes = FORMATS[project.sources[benchmark.authority].format].read_genes
    genes = GeneTable(read_genes(paths(args.authority, "--authority")))
    source_of = {name: spec.source for name, spec in benchmark.subsets.items()}
    made = without_told(questions(project, args, genes, files), source_of)
    check_ids(made.examples)
    rows = {name: made.account(source_of, name) for name in source_of}
    splits = ranking_splits.split(made.examples, benchmark, read_left_out(project, args.leave_out), rows)
    unused = splits.left_out(source_of, made.places)
    rows_of = {part: sum(len(made.places[one.subset, one.id]) for one in found) for part, found in splits.parts.items()}
    parts = candidates_drawn(splits.parts, benchmark)
    everything = [one for part in SPLITS for one in parts[part]]
    told = ranking_splits.shortcuts(everything, project.order_seeds(args.benchmark))
    audit = {
        **splits.audit,
        "shortcuts": told,
        "rows": {**rows_of, "left_out": dict(Counter(row.reason for row in made.left_out + unused))},
    }
    audit |= {"notes": made.notes} if made.notes else {}
    write_rankings(parts, audit, made.left_out + unused, made.unmapped, args.output)
    sizes = ", ".join(f"{len(found)} {part}" for part, found in parts.items())
    print(f"{args.benchmark}: {sizes}, in {audit['components']} groups, the largest of {audit['largest_component']}")
    print(f"rows left out: {audit['rows']['left_out'] or 'none'}; dropped for: {audit.get('dropped_for', 'none')}")
    for rule, one in told.items():
        print(f"{rule}: top-1 {one['top_1']:.3f}, by chance {one['chance']:.3f} (p = {one['p']})")


if __name__ == "__main__":
    run_program(main)
