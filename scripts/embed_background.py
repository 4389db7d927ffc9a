"""Embed the names of a background once, into the encoder's cache, so that no two scoring jobs do it at a time.

python scripts/embed_background.py --benchmark demo-go --encoder minilm \
    --output results/backgrounds/demo-go.minilm.json
"""

from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.scoring.encoders import load_encoders
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "benchmark", "encoder", "output")
    names = project.task(args.benchmark).background.candidate_names(project.results.background(args.benchmark))
    [encoder] = load_encoders(project.encoder_folders([args.encoder])).values()
    encoder.embed(names)
    atomic.write_json(args.output, {"names": len(names)})
    print(f"{len(names):,} names")


if __name__ == "__main__":
    run_program(main)
