"""Write a backbone that is another one with a LoRA adapter added, in fp32.

python scripts/merge_adapter.py --backbone NAME --output results/models/NAME/base
"""

from reasonome.answering.model_files import write_adapted
from reasonome.config.backbones import AdapterWeights
from reasonome.config.project import chains
from reasonome.core.errors import InputError, lookup, run_program
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "backbone", "output")
    weights = lookup(project.backbones, args.backbone, "backbone").weights
    if not isinstance(weights, AdapterWeights):
        raise InputError(f"backbone '{args.backbone}' has no adapter", fix="fetch it: scripts/fetch_weights.py")
    write_adapted(args.backbone, weights, project.results.model(weights.backbone, chains.BASE), args.output)
    print(f"{args.backbone}: {weights.backbone} with the adapter in {weights.path}")


if __name__ == "__main__":
    run_program(main)
