"""Train one chain step; recipe.json, which says how, is in the model's folder already.

python scripts/train.py --folder results/models/smollm2-135m/sft.closedbook-s0+grpo.closedbook-s0
"""

from reasonome.stages import read_recipe
from reasonome.tasks import arguments_and_project
from reasonome.training import processes
from reasonome.training.job import TrainingJob


def main() -> None:
    args, project = arguments_and_project(__doc__, "folder")
    job = TrainingJob.of(project, read_recipe(args.folder), args.folder)
    job.recipe.train(project, job)


if __name__ == "__main__":
    processes.run(main)
