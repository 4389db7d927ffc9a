"""Build a benchmark of gene-set naming from facts and an ontology: train, valid, test and the leak audit.

python scripts/build_benchmark.py --benchmark demo-go --facts results/facts/demo/facts.parquet \
    --obo resources/demo/go-basic.obo.gz --output results/benchmarks/demo-go
"""

import argparse
from pathlib import Path

from reasonome import benchmarks
from reasonome.errors import run_program
from reasonome.facts import read_facts
from reasonome.project import Project, lookup
from reasonome.sources.go import read_obo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--facts", type=Path, required=True)
    parser.add_argument("--obo", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    benchmark = lookup(Project(args.config).benchmarks, args.benchmark, "benchmark")
    facts = read_facts(args.facts)
    candidates = benchmarks.gene_sets(facts, read_obo(args.obo), benchmark)
    splits, audit = benchmarks.split(candidates, benchmark)
    benchmarks.write_benchmark(splits, audit, benchmarks.official_names(facts), args.output)
    sizes = ", ".join(f"{len(sets)} {part}" for part, sets in splits.items())
    print(f"{args.benchmark}: {sizes}; dropped from train: {audit['dropped_from_train'] or 'none'}")


if __name__ == "__main__":
    run_program(main)
