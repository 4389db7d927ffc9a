"""Reasoning SFT of one chain step; recipe.json is in the model's folder already.

python scripts/sft.py --folder results/models/smollm2-135m/pretrain.demo-s0+sft.names-s0 \
    --examples results/prompts/demo-go.demo-names/train.jsonl \
    --reasoning results/reasoning/knowledge-given/demo-go.demo-names.jsonl
"""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.core import arguments
from reasonome.core.errors import run_program
from reasonome.training.sft import sft
from reasonome.training.stage import Stage, read_recipe


def main() -> None:
    parser = arguments.of_project(__doc__, "folder", "examples")
    parser.add_argument("--reasoning", type=Path, nargs="?", help="left out for teacher: none")
    args = parser.parse_args()
    data = {"examples": args.examples} | ({"reasoning": args.reasoning} if args.reasoning else {})
    project, recipe = Project(args.config), read_recipe(args.folder)
    stage = Stage(args.folder, data, project.style(recipe.benchmark, recipe.style), project.settings.trackers)
    sft(stage, project.task(recipe.benchmark))


if __name__ == "__main__":
    run_program(main)
