"""Train one step of a chain; recipe.json, which says how, is in the model's folder already.

python scripts/train.py results/models/smollm2-135m/sft.closedbook-s0+grpo.closedbook-s0/job.json
"""

from reasonome.jobs import read_job
from reasonome.training import processes
from reasonome.training.job import TrainingJob
from reasonome.training.settings import TrainingSettings


def main() -> None:
    job = TrainingJob.of(read_job(__doc__, TrainingSettings))
    job.recipe.train(job)


if __name__ == "__main__":
    processes.run(main)
