"""GRPO task alignment of one chain step; recipe.json is in the model's folder already.

python scripts/grpo.py --folder results/models/smollm2-135m/sft.names-s0+grpo.soft-s0
"""

from reasonome.core import arguments
from reasonome.scoring.encoders import load_encoders, mean_similarity
from reasonome.tasks import load_project
from reasonome.training import processes
from reasonome.training.grpo import grpo
from reasonome.training.stage import Stage


def main() -> None:
    args = arguments.project_parser(__doc__, "folder").parse_args()
    project = load_project(args.config)
    stage = Stage.read(project, args.folder)
    folders = [project.results.encoder(name) for name in stage.recipe.encoders]
    # Rollouts bring new names at every step, which nobody asks for again: they are not kept.
    encoders = load_encoders(project.encoders, folders, keep=False)
    [task] = {project.task(benchmark) for benchmark in stage.styles}
    grpo(stage, task, mean_similarity(list(encoders.values())), encoders)


if __name__ == "__main__":
    processes.run(main)
