"""Build a benchmark of gene-set naming from facts and ontologies, or from published tables of gene sets.

Writes train, valid and test sets, the identifiers that no gene was found for, and the audit of leaks.

python scripts/build_benchmark.py --benchmark demo-go --facts results/facts/demo/facts.parquet \\
    --ontology go-demo=resources/demo/go-basic.obo.gz --output results/benchmarks/demo-go
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from reasonome.benchmarks import gene_sets
from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.config import Benchmark
from reasonome.config.project import Project
from reasonome.core.errors import InputError, lookup, run_program
from reasonome.core.manifest import file_sha256
from reasonome.facts.corpus import read_facts
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import FORMATS
from reasonome.facts.sources.go import Ontology
from reasonome.facts.sources.ontology import is_sqlite, read_ontology
from reasonome.facts.sources.source import UNMAPPED_COLUMNS
from reasonome.tasks.naming import benchmark as benchmarks


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--facts", type=Path, required=True)
    parser.add_argument(
        "--ontology", action="append", default=[], metavar="SOURCE=PATH", help="repeatable: an OBO, or a GO.sqlite"
    )
    parser.add_argument(
        "--synonyms", type=Path, nargs="*", default=[], help="further ontologies: their terms' names for the same sets"
    )
    parser.add_argument(
        "--authority", nargs="+", default=[], metavar="KEY=PATH", help="files of the corpus' authority for gene symbols"
    )
    parser.add_argument(
        "--published",
        nargs=3,
        action="append",
        default=[],
        metavar=("PART", "SUBSET", "PATH"),
        help="repeatable: a published table of gene sets, for a benchmark of that kind",
    )
    parser.add_argument("--leave-out", type=Path, nargs="*", default=[], help="folders of benchmarks built before")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    return parser.parse_args()


def pairs(words: Sequence[str], option: str) -> dict[str, Path]:
    """name=path … → path by name."""
    if not all(name and path for name, _, path in (word.partition("=") for word in words)):
        raise InputError(f"expected name=path, found '{' '.join(words)}'", field=option)
    return {name: Path(path) for name, _, path in (word.partition("=") for word in words)}


def read_published(
    project: Project, benchmark: Benchmark, args: argparse.Namespace, ontologies: Iterable[Ontology]
) -> tuple[dict[str, list[GeneSet]], pd.DataFrame, dict[str, dict]]:
    """Published sets by split, the identifiers without a gene, and what is to be told of each file.

    Sets get synonyms and ancestors from the ontologies, and keep their ids, which other people's answers refer to.
    """
    source = project.authority(benchmark.corpus)
    corpus = project.corpora[benchmark.corpus]
    read_genes = FORMATS[project.sources[source].format].read_genes
    genes = GeneTable(read_genes(pairs(args.authority, "--authority"), corpus.taxon))
    sets: dict[str, list[GeneSet]] = {}
    unmapped, told = [], {}
    for part, subset, path in args.published:
        spec = benchmark.published_files[part, subset]
        sha256 = file_sha256(path)
        benchmarks.check_sha256(spec, sha256, path)
        found = benchmarks.read_published(path, subset, genes, corpus.unmapped)
        with_terms = gene_sets.with_terms(found.sets, *ontologies)
        sets.setdefault(part, []).extend(
            replace(known, id=one.id) for known, one in zip(with_terms, found.sets, strict=True)
        )
        unmapped.append(found.unmapped)
        told[f"{part}/{subset}"] = {
            "file": Path(path).name,
            "sha256": sha256,
            "sets": len(found.sets),
            "sets_without_known_genes": found.emptied,
            "unmapped_identifiers": len(found.unmapped),
        }
    return sets, pd.concat(unmapped, ignore_index=True).sort_values(UNMAPPED_COLUMNS, ignore_index=True), told


def read_left_out(
    project: Project, folders: Sequence[Path], ontologies: Iterable[Ontology]
) -> dict[str, tuple[Benchmark, list[GeneSet]]]:
    """Other benchmarks, by name, with their held-out sets."""
    found = {}
    for folder in folders:
        sets = [s for part in ("valid", "test") for s in benchmarks.read_sets(folder / f"{part}.jsonl")]
        found[folder.name] = (
            lookup(project.naming_benchmarks, folder.name, "benchmark of gene sets"),
            gene_sets.with_terms(sets, *ontologies),
        )
    return found


def main() -> None:
    args = arguments()
    project = Project(args.config)
    benchmark = lookup(project.naming_benchmarks, args.benchmark, "benchmark of gene sets")
    facts = read_facts(args.facts)
    paths = pairs(args.ontology, "--ontology")
    ontologies = {source: read_ontology(path) for source, path in paths.items()}
    made = benchmarks.made_sets(facts, ontologies, benchmark)
    for ontology in map(read_ontology, args.synonyms):
        made = {subset: gene_sets.with_other_names(sets, ontology) for subset, sets in made.items()}
    candidates = benchmarks.within_limits(made, benchmark)
    dates = None
    if benchmark.split.by == "date":
        obos = [path for path in paths.values() if not is_sqlite(path)]
        dates = {term: day for path in obos for term, day in benchmarks.creation_dates(path).items()}
    published, unmapped, told = None, None, {}
    if benchmark.files:
        published, unmapped, told = read_published(project, benchmark, args, ontologies.values())
    left_out = read_left_out(project, args.leave_out, ontologies.values())
    splits, report = benchmarks.split(candidates, benchmark, dates, published, left_out)
    report["outside_limits"] = benchmarks.outside_limits(made, benchmark)
    if told:
        report["published"] = told
    depth = benchmarks.depths(facts)
    known = [s for sets in (*candidates.values(), *(published or {}).values()) for s in sets]
    strata = benchmarks.strata(known, depth)
    report["strata"] = {"facts_per_gene": [strata.low, strata.high]}
    variants = benchmarks.contaminated(splits["test"], benchmark.contaminated, facts, depth, benchmark.seed)
    benchmarks.write_benchmark(
        splits, report, benchmarks.official_names(facts), args.output, strata.of, variants, unmapped
    )
    sizes = ", ".join(f"{len(sets)} {part}" for part, sets in splits.items())
    outside = {subset: counts for subset, counts in report["outside_limits"].items() if any(counts.values())}
    dropped = {**report["dropped_from_train"], **report.get("dropped_for", {})} or "none"
    print(f"{args.benchmark}: {sizes}, {len(variants)} contaminated; dropped from train: {dropped}")
    print(f"outside {benchmark.minimum_genes} to {benchmark.maximum_genes} genes: {outside or 'none'}")
    if "by_date" in report:
        print(f"by date: {report['by_date']}")
    if told:
        print(f"published: {told}")


if __name__ == "__main__":
    run_program(main)
