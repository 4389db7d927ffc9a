"""Build the background of a benchmark: all terms and gene sets that its answers are compared with.

python scripts/build_background.py --benchmark demo-go --output results/backgrounds/demo-go.parquet
"""

from reasonome.config.project import Project
from reasonome.core import arguments
from reasonome.core.errors import lookup, run_program
from reasonome.core.terminal import show
from reasonome.facts.corpus import read_facts
from reasonome.facts.sources.ontology import read_ontology
from reasonome.tasks.naming import files
from reasonome.tasks.naming.background import background_statistics, background_table, write_background


def main() -> None:
    args = arguments.of_project(__doc__, "benchmark", "output").parse_args()
    project = Project(args.config)
    benchmark = lookup(project.benchmarks, args.benchmark, "benchmark")
    read = files.background(project, args.benchmark).files
    ontologies = {source: read_ontology(path) for source, path in read["ontologies"].items()}
    table = background_table(read_facts(read["facts"]), ontologies, benchmark)
    write_background(table, args.output)
    for row in background_statistics(table).itertuples():
        show(
            f"{row.source}{f' {row.namespace}' if row.namespace else ''}: {row.terms:,} terms, {row.with_genes:,} with "
            f"genes ({row.largest:,} at most), {row.candidates:,} to which answers are linked"
        )


if __name__ == "__main__":
    run_program(main)
