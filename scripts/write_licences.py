"""Write which licences apply to a corpus, and what its native files are; refuse those that may not be used.

python scripts/write_licences.py --corpus demo --output results/facts/demo/licences.tsv

Fails for a restricted source whose licence nobody has accepted, and for a file that is not the pinned one.
"""

import argparse
from pathlib import Path

from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import lookup, run_program
from reasonome.core.terminal import show
from reasonome.facts.fetching.licences import licence_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    lookup(project.corpora, args.corpus, "corpus")
    table = licence_table(project, args.corpus)
    atomic.write_text(args.output, table.to_csv(sep="\t", index=False, lineterminator="\n"))
    show(table[["source", "release", "licence", "pinned"]].drop_duplicates().to_string(index=False))


if __name__ == "__main__":
    run_program(main)
