"""Name the gene sets of an entry of config/annotations.yaml with a model; tables and a page.

python scripts/annotate.py --annotation example --model results/models/smollm2-135m/sft.enriched-s0 \
    --output results/annotations/smollm2-135m/sft.enriched-s0/example
"""

from reasonome.answering.asked_model import find_model
from reasonome.apps.annotate import job
from reasonome.core import arguments
from reasonome.core.errors import lookup, run_program
from reasonome.tasks import open_project
from reasonome.training import gpus


def main() -> None:
    parser = arguments.project_parser(__doc__, "annotation", "model", "output")
    parser.add_argument("--gpus", type=int, help="at most (default: all that are visible)")
    args = parser.parse_args()
    gpus.limit(args.gpus)

    project = open_project(args.config, args.set)
    settings = lookup(project.annotations, args.annotation, "annotation")
    gene_lists = job.read_lists(project, settings)
    command = f"snakemake --cores 2 {args.output / job.RESULTS.page}"
    model = find_model(project, str(args.model))
    job.annotate_lists(project, settings, gene_lists, model, args.output, command)


if __name__ == "__main__":
    run_program(main)
