"""Write what an experiment's report is made of, as plan.json.

python scripts/write_plan.py --experiment demo --output results/experiments/demo/plan.json
"""

from reasonome.config.project.experiments import report_plan
from reasonome.core import arguments, atomic
from reasonome.core.errors import lookup, run_program
from reasonome.tasks import open_project


def main() -> None:
    args = arguments.project_parser(__doc__, "experiment", "output").parse_args()
    project = open_project(args.config, args.set)
    lookup(project.experiments, args.experiment, "experiment")
    atomic.write_json(args.output, report_plan(project, args.experiment))


if __name__ == "__main__":
    run_program(main)
