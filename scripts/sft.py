"""Reasoning SFT of one chain step; recipe.json is in the model's folder already.

python scripts/sft.py --folder results/models/smollm2-135m/pretrain.demo-s0+sft.names-s0
"""

from reasonome.core import arguments
from reasonome.scoring.encoders import load_encoders, mean_similarity
from reasonome.tasks import load_project
from reasonome.training import processes
from reasonome.training.sft import sft
from reasonome.training.stage import Stage


def main() -> None:
    args = arguments.project_parser(__doc__, "folder").parse_args()
    project = load_project(args.config)
    stage = Stage.read(project, args.folder)
    encoders = load_encoders(project.encoders, [project.results.encoder(name) for name in stage.recipe.encoders])
    similarity = mean_similarity(list(encoders.values()))
    sft(stage, {benchmark: project.task(benchmark) for benchmark in stage.styles}, similarity)


if __name__ == "__main__":
    processes.run(main)
