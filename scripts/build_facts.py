"""Turn the native files of a corpus' sources into one table of facts, and write which licences apply to them.

python scripts/build_facts.py results/facts/demo/facts.job.json

Fails before anything is read for a restricted source whose licence nobody has accepted, and for a file that is not the
pinned one.
"""

from reasonome.config.sources import FactsSettings
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.core.terminal import show
from reasonome.facts.corpus import REJECTED, Facts, facts_of_corpus, write_facts
from reasonome.facts.fetching.pins import licence_table
from reasonome.jobs import read_job


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
    job = read_job(__doc__, FactsSettings)
    folder = job.output("facts").parent
    licences = licence_table(job.settings.sources)
    atomic.write_tsv(job.output("licences"), licences)
    show(licences[["source", "release", "licence", "pinned"]].drop_duplicates().to_string(index=False))
    facts = facts_of_corpus(job.settings, folder / REJECTED)
    write_facts(facts, folder)
    for name in facts.left_out:
        show(summary(name, facts))


if __name__ == "__main__":
    run_program(main)
