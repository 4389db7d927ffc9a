"""Write a step's recipe.json: its settings after defaults and variant are merged. Its graders are tried before.

python scripts/write_recipe.py --step sft.closedbook-s0 \
    --output results/models/smollm2-135m/sft.closedbook-s0/recipe.json
"""

from reasonome.config.project.chains import Step
from reasonome.config.rollouts import RolloutRecipe
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.tasks import arguments_and_project
from reasonome.training.graders import try_graders


def main() -> None:
    args, project = arguments_and_project(__doc__, "step", "output")
    recipe = Step.parse(args.step).recipe(project)
    if isinstance(recipe, RolloutRecipe):
        try_graders(project, recipe)
    atomic.write_json(args.output, recipe.model_dump(mode="json"))


if __name__ == "__main__":
    run_program(main)
