"""Write what an experiment's report is made of, as plan.json.

python scripts/write_plan.py --experiment demo --output results/experiments/demo/plan.json
"""

from reasonome.config.project.experiments import report_plan
from reasonome.core import atomic
from reasonome.core.errors import lookup, run_program
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "experiment", "output")
    lookup(project.experiments, args.experiment, "experiment")
    atomic.write_json(args.output, report_plan(project, args.experiment))


if __name__ == "__main__":
    run_program(main)
