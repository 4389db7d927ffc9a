"""Write the card of a trained model: what it is, what it learned from, and what it scored beside baselines.

python scripts/write_model_card.py --experiment demo --backbone smollm2-135m --chain sft.closedbook-s0 \
    --output results/models/smollm2-135m/sft.closedbook-s0/card.demo.md
"""

from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.report.model_card import experiment_card
from reasonome.tasks import arguments_and_project, find_task


def main() -> None:
    args, project = arguments_and_project(__doc__, "experiment", "backbone", "chain", "output")
    card = experiment_card(project, args.experiment, args.backbone, args.chain, args.output.as_posix(), find_task)
    atomic.write_text(args.output, card)


if __name__ == "__main__":
    run_program(main)
