"""Embed the names of a background once, into the encoder's cache, so that no two scoring jobs do it at a time.

python scripts/embed_background.py --benchmark demo-go --background results/backgrounds/demo-go.parquet \
    --encoder results/encoders/minilm --output results/backgrounds/demo-go.minilm.json
"""

import argparse
from pathlib import Path

from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.scoring.encoders import load_encoders
from reasonome.tasks import registry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--background", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the sentence encoder")
    parser.add_argument("--output", type=Path, required=True, help="how many names were embedded")
    args = parser.parse_args()

    project = Project(args.config)
    part = registry.part(project.task(args.benchmark).name, "background")
    names = part.read_background(args.background).candidate_names
    load_encoders(project.encoders, [args.encoder])[args.encoder.name].embed(names)
    atomic.write_json(args.output, {"names": len(names)})
    print(f"{len(names):,} names")


if __name__ == "__main__":
    run_program(main)
