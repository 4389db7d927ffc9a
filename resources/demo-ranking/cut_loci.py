"""Cut the demo's gold standards and gene locations out of whole releases, gzipped in their native formats.

From the top folder of the project:

    PYTHONPATH=scripts:resources/go python resources/demo-ranking/cut_loci.py \\
        --gold-standards gwas_gold_standards.191108.tsv --locations NCBI38.gene.loc --output resources/demo-ranking

The table lies in gold_standards/processed/ of github.com/opentargets/genetics-gold-standards, the locations are an
auxiliary file of MAGMA. Rows stay whole and in their order; the columns FREE_TEXT are emptied. Equal inputs give equal
bytes.
"""

import argparse
from pathlib import Path

from cut_go import write_gz

from reasonome.core.errors import run_program
from reasonome.facts.files.text_file import lines
from reasonome.facts.sources.source import rows

# Sentences and remarks that people wrote; the other columns are facts.
FREE_TEXT = ("gold_standard_info.evidence.description", "metadata.comments")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("gold-standards", "locations", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args()


def without_free_text(path: Path) -> list[str]:
    """The rows of the table, its free-text cells empty."""
    numbered = lines(path)
    header = next(numbered)[1].split("\t")
    emptied = {header.index(column) for column in FREE_TEXT}
    body = (
        ["" if at in emptied else cell for at, cell in enumerate(row)] for _, row in rows(numbered, path, len(header))
    )
    return ["\t".join(cells) for cells in (header, *body)]


def main() -> None:
    args = arguments()
    write_gz(args.output / "gold_standards.tsv.gz", without_free_text(args.gold_standards))
    write_gz(args.output / "gene_locations.tsv.gz", [text for _, text in lines(args.locations)])


if __name__ == "__main__":
    run_program(main)
