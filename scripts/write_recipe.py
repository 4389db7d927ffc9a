"""Write a step's recipe.json: its settings after defaults and variant are merged. Rewards of your own are tried before.

python scripts/write_recipe.py results/models/smollm2-135m/sft.closedbook-s0/recipe.job.json
"""

from reasonome.config.rollouts import RolloutRecipe
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.jobs import read_job
from reasonome.scoring.own_functions import try_rewards
from reasonome.stages import STAGES
from reasonome.tasks import find_task
from reasonome.training.settings import TrainingSettings


def main() -> None:
    job = read_job(__doc__, TrainingSettings)
    recipe = STAGES[job.settings.stage].model_validate(job.settings.recipe)
    if isinstance(recipe, RolloutRecipe):
        for benchmark, file in job.files("questions").items():
            task = find_task(job.settings.tasks[benchmark])
            try_rewards(recipe.graders, task, task.Style.model_validate(job.settings.styles[benchmark]), file)
    atomic.write_json(job.output("recipe"), recipe.model_dump(mode="json"))


if __name__ == "__main__":
    run_program(main)
