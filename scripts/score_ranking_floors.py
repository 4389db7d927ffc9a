"""Score the floors of a benchmark of rankings: orders of genes that need no model.

python scripts/score_ranking_floors.py --benchmark demo-loci --style short --folder results/benchmarks/demo-loci \
    --authority table=resources/demo/hgnc_complete_set.txt.gz --output results/floors/demo-loci.short.parquet
"""

import argparse
from pathlib import Path

from reasonome.benchmarks.rows import read_rows
from reasonome.benchmarks.sealing import unsealed
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import lookup, run_program
from reasonome.facts.authority import read_authority
from reasonome.scoring.encoders import load_encoders
from reasonome.tasks.ranking import scoring as ranking_scoring
from reasonome.tasks.ranking.phenotype_overlap import PhenotypeOverlap
from reasonome.tasks.registry import TASKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="the benchmark's splits")
    parser.add_argument("--authority", nargs="+", required=True, metavar="KEY=PATH", help="files of the authority")
    parser.add_argument("--encoders", type=Path, nargs="*", default=[], help="folders of sentence encoders")
    parser.add_argument("--ontology", type=Path, help="hp.obo, for the overlap of phenotypes")
    parser.add_argument("--gene-phenotypes", type=Path, help="genes_to_phenotype.txt, for the overlap of phenotypes")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    benchmark = lookup(project.ranking_benchmarks, args.benchmark, "benchmark of rankings")
    task = TASKS[benchmark.task]
    asked = read_rows(args.folder / "test.jsonl", task.Example)
    genes = read_authority(project, benchmark, args.authority).genes
    overlap = PhenotypeOverlap(args.ontology, args.gene_phenotypes) if args.ontology else None
    table = ranking_scoring.score_ranking_floors(
        task,
        project.style(args.benchmark, args.style),
        read_rows(args.folder / "train.jsonl", task.Example),
        unsealed(asked, benchmark.sealed, project.settings.final),
        {symbol: gene.name for symbol, gene in genes.items()},
        benchmark.longest_list,
        load_encoders(project.encoders, args.encoders),
        overlap,
    )
    with atomic.replacing(args.output) as temporary:
        table.to_parquet(temporary, index=False)
    print(table.groupby("floor")[["top_1", "top_3", "mrr"]].mean().round(3).to_string())


if __name__ == "__main__":
    run_program(main)
