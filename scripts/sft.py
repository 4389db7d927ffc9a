"""Reasoning SFT of one chain step; recipe.json is in the model's folder already.

python scripts/sft.py --folder results/models/smollm2-135m/pretrain.demo-s0+sft.names-s0 \
    --examples results/prompts/demo-go.demo-names/train.jsonl \
    --reasoning results/reasoning/knowledge-given/demo-go.demo-names.jsonl
"""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.core import arguments
from reasonome.core.errors import run_program
from reasonome.training.mixture import data_files
from reasonome.training.sft import sft
from reasonome.training.stage import Stage, read_recipe


def main() -> None:
    parser = arguments.project_parser(__doc__, "folder")
    parser.add_argument("--examples", type=Path, nargs="+", required=True, help="one file a benchmark of the recipe")
    parser.add_argument("--reasoning", type=Path, nargs="*", help="the same of reasoning; left out for teacher: none")
    args = parser.parse_args()

    project, recipe = Project(args.config), read_recipe(args.folder)
    weights = recipe.weights_of_benchmarks
    data = data_files("examples", args.examples, weights)
    if args.reasoning:
        data |= data_files("reasoning", args.reasoning, weights)
    styles = {name: project.style(name, recipe.style) for name in weights}
    sft(Stage(args.folder, data, styles, project.settings.trackers), {name: project.task(name) for name in weights})


if __name__ == "__main__":
    run_program(main)
