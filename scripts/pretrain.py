"""Knowledge warm-up of one chain step; recipe.json is in the model's folder already.

python scripts/pretrain.py --folder results/models/smollm2-135m/pretrain.demo-s0
"""

from reasonome.core import arguments
from reasonome.tasks import load_project
from reasonome.training import processes
from reasonome.training.pretrain import pretrain
from reasonome.training.stage import Stage


def main() -> None:
    args = arguments.project_parser(__doc__, "folder").parse_args()
    pretrain(Stage.read(load_project(args.config), args.folder))


if __name__ == "__main__":
    processes.run(main)
