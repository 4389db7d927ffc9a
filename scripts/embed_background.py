"""Embed the names of a background once, into the encoder's cache, so that no two scoring jobs do it at a time.

python scripts/embed_background.py --benchmark demo-go --encoder minilm \
    --output results/backgrounds/demo-go.minilm.json
"""

from reasonome.config.project import Project
from reasonome.core import arguments, atomic
from reasonome.core.errors import run_program
from reasonome.scoring.encoders import load_encoders
from reasonome.tasks.naming.background import read_background
from reasonome.tasks.naming.terms import TermScorer


def main() -> None:
    args = arguments.of_project(__doc__, "benchmark", "encoder", "output").parse_args()
    project = Project(args.config)
    encoders = load_encoders(project.encoders, [project.results.encoder(args.encoder)])
    count = TermScorer(read_background(project.results.background(args.benchmark)), encoders).embed_candidates()
    atomic.write_json(args.output, {"names": count})
    print(f"{count:,} names")


if __name__ == "__main__":
    run_program(main)
