"""Write one LoRA adapter with the effect of all steps of a chain: what ships of a model, with its card and its worth.

python scripts/export_adapter.py --experiment demo --backbone smollm2-135m --chain sft.lora-s0+grpo.lora-s0 \
    --output results/models/smollm2-135m/sft.lora-s0+grpo.lora-s0/joined.demo
"""

import datetime

from reasonome.config.project import chains
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.core.manifest import file_sha256
from reasonome.report.model_card import experiment_card
from reasonome.report.model_scores import MEASURED, model_worth, scores_of
from reasonome.tasks import arguments_and_project, find_task
from reasonome.training.joined_adapter import CONFIGURATION, WEIGHTS, write_joined


def main() -> None:
    args, project = arguments_and_project(__doc__, "experiment", "backbone", "chain", "output")
    out, model = args.output, project.results.model(args.backbone, args.chain)
    today = datetime.datetime.now(datetime.UTC).date()
    scored = scores_of(project.results.experiment(args.experiment), args.backbone, args.chain, find_task)
    worth = model_worth(scored, today, seed=project.settings.seed, resamples=project.settings.bootstrap)
    rounded = write_joined(model, out)
    adapter = {
        "rank": atomic.read_json(out / CONFIGURATION)["r"],
        "files": {name: file_sha256(out / name) for name in (CONFIGURATION, WEIGHTS)},
        "lost_to_rounding": {step: of_step.lost for step, of_step in rounded.items()},
        "error_of_rounding": {step: of_step.error for step, of_step in rounded.items()},
    }
    target = (out / "manifest.json").as_posix()
    card = experiment_card(project, args.experiment, args.backbone, args.chain, target, find_task, adapter)
    atomic.write_text(out / "README.md", card)
    atomic.write_text(out / MEASURED, f"{worth.model_dump_json(indent=2)}\n")
    base, *steps = chains.step_manifests(model)
    joined = {
        str(chains.last_step(chain)): file_sha256(model.with_name(chain) / "adapter" / WEIGHTS)
        for chain in chains.lineage(args.chain)[1:]
    }
    made_of = {"backbone": args.backbone, "base": base, "chain": args.chain, "steps": steps, "joined": joined}
    atomic.write_json(out / "manifest.json", made_of | adapter)
    size = (out / WEIGHTS).stat().st_size / 1e6
    shares = "; ".join(f"{step} {one.lost:.1%}, error {one.error:.1%}" for step, one in rounded.items())
    print(f"{out}: rank {adapter['rank']}, {size:.1f} MB; of updates, rounding had taken when merged: {shares}")


if __name__ == "__main__":
    run_program(main)
