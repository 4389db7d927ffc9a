"""Write what an experiment's report is made of, as plan.json.

python scripts/write_plan.py --experiment demo --output results/experiments/demo/plan.json
"""

import argparse
from pathlib import Path

from reasonome.config.project import Project
from reasonome.config.project.experiments import report_plan
from reasonome.core import atomic
from reasonome.core.errors import lookup, run_program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    project = Project(args.config)
    lookup(project.experiments, args.experiment, "experiment")
    atomic.write_json(args.output, report_plan(project, args.experiment))


if __name__ == "__main__":
    run_program(main)
