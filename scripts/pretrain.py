"""Knowledge warm-up of one chain step; recipe.json is in the model's folder already.

python scripts/pretrain.py --folder results/models/smollm2-135m/pretrain.demo-s0 \
    --train results/statements/demo/train.jsonl --held-out results/statements/demo/held_out.jsonl
"""

from reasonome.config.project import Project
from reasonome.core import arguments
from reasonome.core.errors import run_program
from reasonome.training.pretrain import pretrain
from reasonome.training.stage import Stage


def main() -> None:
    args = arguments.project_parser(__doc__, "folder", "train", "held-out").parse_args()
    trackers = Project(args.config).settings.trackers
    pretrain(Stage(args.folder, {"train": args.train, "held_out": args.held_out}, trackers=trackers))


if __name__ == "__main__":
    run_program(main)
