"""Cut the demo's cases out of Phenopacket Store: gzipped JSON lines in the flat layout.

From the top folder of the project:

    PYTHONPATH=scripts:resources/go python resources/demo-ranking/cut_cases.py \\
        --store notebooks.zip --output resources/demo-ranking

The store is github.com/monarch-initiative/phenopacket-store at commit b694d17 (2026-06-25): a .zip of its folder
`notebooks`, or JSON lines. Genes whose symbol has a CRC-32 that 5 divides are kept back. Equal inputs give equal bytes.
"""

import argparse
import json
import random
from pathlib import Path
from zlib import crc32

from cut_go import write_gz

from reasonome.core.errors import run_program
from reasonome.facts.sources.phenopackets import Case, read_cases

GENES, FEWEST, MOST = 190, 2, 3  # genes drawn, cases that each must have, cases drawn of each


def draw(cases: list[Case]) -> list[Case]:
    """`MOST` cases at most of each of `GENES` genes, drawn at random (seed 0), in the order of gene and id."""
    of_gene: dict[str, list[Case]] = {}
    for case in sorted(cases, key=lambda one: one.id):
        symbols = [identifiers[-1] for identifiers in case.genes]
        if len(symbols) == 1 and crc32(symbols[0].encode()) % 5 and case.present:
            of_gene.setdefault(symbols[0], []).append(case)
    rng = random.Random(0)
    genes = rng.sample(sorted(gene for gene, found in of_gene.items() if len(found) >= FEWEST), GENES)
    return [
        case
        for gene in sorted(genes)
        for case in sorted(rng.sample(of_gene[gene], min(MOST, len(of_gene[gene]))), key=lambda one: one.id)
    ]


def flat(case: Case) -> dict:
    """A case as a line of the flat layout."""
    return {
        "id": case.id,
        "diseases": [term._asdict() for term in case.diseases],
        "genes": [identifiers[-1] for identifiers in case.genes],
        "present": [term._asdict() for term in case.present],
        "excluded": [term._asdict() for term in case.absent],
        "sex": case.sex.upper() or "UNKNOWN_SEX",
        "age_at_onset": case.age_at_onset or None,
        "age_last_seen": case.age_last_seen or None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("store", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    drawn = draw(read_cases(args.store))
    rows = [json.dumps(flat(case), ensure_ascii=False, separators=(",", ":")) for case in drawn]
    write_gz(args.output / "cases.jsonl.gz", rows)
    print(f"{len(drawn)} cases of {GENES} genes")


if __name__ == "__main__":
    run_program(main)
