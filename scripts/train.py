"""Train one step of a chain, into the model's folder.

python scripts/train.py results/models/smollm2-135m/sft.closedbook-s0+grpo.closedbook-s0/manifest.job.json
"""

from reasonome.jobs import read_job
from reasonome.stages import STAGES
from reasonome.tasks import find_task
from reasonome.training import processes
from reasonome.training.job import TrainingJob
from reasonome.training.settings import TrainingSettings


def main() -> None:
    job = read_job(__doc__, TrainingSettings)
    settings, folder = job.settings, job.output("manifest").parent
    recipe = STAGES[settings.stage].model_validate(settings.recipe)
    found = {named: find_task(named) for named in set(settings.tasks.values())}
    tasks = {benchmark: found[named] for benchmark, named in settings.tasks.items()}
    styles = {name: tasks[name].Style.model_validate(style) for name, style in settings.styles.items()}
    recipe.train(TrainingJob(recipe, folder, job.files("data"), styles, tasks, settings.encoders, settings.trackers))


if __name__ == "__main__":
    processes.run(main)
