"""Turn the native files of knowledge sources into one table of facts.

python scripts/build_facts.py \\
    --source hgnc hgnc table=resources/demo/hgnc_complete_set.txt.gz \\
    --source go go obo=resources/demo/go-basic.obo.gz gaf=resources/demo/goa_human.gaf.gz \\
    --source reactome reactome gmt=resources/demo/ReactomePathways.gmt.gz \\
    --source wikipathways wikipathways gmt=resources/demo/wikipathways-Homo_sapiens.gmt.gz \\
    --output results/facts/demo
"""

import argparse
from pathlib import Path

from reasonome.core.errors import InputError, run_program
from reasonome.core.terminal import show
from reasonome.facts.corpus import REJECTED, Facts, build_facts, write_facts
from reasonome.facts.sources import FORMATS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--source",
        nargs="+",
        action="append",
        required=True,
        metavar=("NAME FORMAT", "key=path"),
        help="repeatable; formats and their files: "
        + "; ".join(
            f"{name}: {', '.join((*form.files, *map('[{}]'.format, form.optional)))}" for name, form in FORMATS.items()
        ),
    )
    parser.add_argument(
        "--authority", metavar="NAME", help="the source that says which genes there are, if several of them can"
    )
    parser.add_argument("--taxon", type=int, default=9606, help="NCBI taxon the sources must be of")
    parser.add_argument(
        "--unmapped",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="largest share (0 to 1) of a source's distinct identifiers that may be without a gene",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the files")
    return parser.parse_args()


def source(words: list[str]) -> tuple[str, str, dict[str, Path]]:
    """NAME FORMAT key=path ... -> (name, format, files by key)."""
    if len(words) < 3 or not all(key and path for key, _, path in (word.partition("=") for word in words[2:])):
        raise InputError(
            f"expected NAME FORMAT key=path ..., found '{' '.join(words)}'",
            field="--source",
            fix="for example: --source go go obo=go-basic.obo gaf=goa_human.gaf.gz",
        )
    name, form, *files = words
    return name, form, {key: Path(path) for key, _, path in (word.partition("=") for word in files)}


def summary(name: str, facts: Facts) -> str:
    """One line on what a source gave."""
    mine = facts.facts[facts.facts["source"] == name]
    unmapped = int((facts.unmapped["source"] == name).sum())
    text = (
        f"{name}: {len(mine):,} facts on {mine['gene'].nunique():,} genes and "
        f"{mine['object_id'].nunique():,} objects, {unmapped:,} identifiers unmapped"
    )
    left_out = [f"{count:,} {reason}" for reason, count in facts.left_out[name].items()]
    return f"{text}; left out: {', '.join(left_out)}" if left_out else text


def main() -> None:
    args = arguments()
    sources = [source(words) for words in args.source]
    facts = build_facts(sources, args.taxon, args.unmapped, args.authority, args.output / REJECTED)
    write_facts(facts, args.output)
    for name in facts.left_out:
        show(summary(name, facts))


if __name__ == "__main__":
    run_program(main)
