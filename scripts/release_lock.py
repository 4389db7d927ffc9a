"""Remove Snakemake's lock on this folder if no living process holds it, as after a power cut.

python scripts/release_lock.py
"""

import argparse
from pathlib import Path

from reasonome.cluster import snakemake_lock
from reasonome.core.errors import run_program


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    sentence = snakemake_lock.release(Path(__file__).resolve().parent)
    if sentence:
        print(sentence)


if __name__ == "__main__":
    run_program(main)
