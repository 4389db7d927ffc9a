"""DPO of one chain step; recipe.json is in the model's folder already.

python scripts/dpo.py --folder results/models/smollm2-135m/sft.names-s0+dpo.tiers-s0
"""

from reasonome.core import arguments
from reasonome.tasks import load_project
from reasonome.training import processes
from reasonome.training.dpo import dpo
from reasonome.training.stage import Stage


def main() -> None:
    args = arguments.project_parser(__doc__, "folder").parse_args()
    dpo(Stage.read(load_project(args.config), args.folder))


if __name__ == "__main__":
    processes.run(main)
