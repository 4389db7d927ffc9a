"""GRPO task alignment of one chain step; recipe.json is in the model's folder already.

python scripts/grpo.py --folder results/models/smollm2-135m/sft.names-s0+grpo.soft-s0 \
    --examples results/prompts/demo-go.demo-names/train.jsonl --valid results/prompts/demo-go.demo-names/valid.jsonl \
    --encoders results/encoders/minilm
"""

from pathlib import Path

from reasonome.config.project import Project
from reasonome.core import arguments
from reasonome.core.errors import run_program
from reasonome.scoring.encoders import load_encoders, mean_similarity
from reasonome.training.grpo import grpo
from reasonome.training.mixture import data_files
from reasonome.training.stage import Stage, read_recipe


def main() -> None:
    parser = arguments.project_parser(__doc__, "folder")
    parser.add_argument("--examples", type=Path, nargs="+", required=True, help="one file a benchmark of the recipe")
    parser.add_argument("--valid", type=Path, nargs="+", required=True, help="the same of the valid split")
    parser.add_argument("--encoders", type=Path, nargs="*", default=[], help="folders named as in encoders.yaml")
    args = parser.parse_args()
    encoder_manifests = {f"encoder {path.name}": path / "manifest.json" for path in args.encoders}
    project, recipe = Project(args.config), read_recipe(args.folder)
    weights = recipe.weights_of_benchmarks
    data = data_files("examples", args.examples, weights) | data_files("valid", args.valid, weights)
    styles = {name: project.style(name, recipe.style) for name in weights}
    stage = Stage(args.folder, data | encoder_manifests, styles, project.settings.trackers)
    # Rollouts bring new names at every step, which nobody asks for again: they are not kept.
    encoders = load_encoders(project.encoders, args.encoders, keep=False)
    [task] = {project.task(name) for name in weights}
    grpo(stage, task, mean_similarity(list(encoders.values())), encoders)


if __name__ == "__main__":
    run_program(main)
