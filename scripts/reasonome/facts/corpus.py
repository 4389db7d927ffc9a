"""The table of facts: all sources under current gene symbols, each fact once, in a fixed order."""

import os
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

import pandas as pd

from reasonome.config.sources import FactsSettings
from reasonome.core.atomic import replacing, write_tsv
from reasonome.core.errors import InputError
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.formats import AUTHORITIES, FORMATS
from reasonome.facts.sources.source import FACT_COLUMNS, UNMAPPED_COLUMNS, SourceFacts

REJECTED = "unmapped.rejected.tsv"
STATISTICS_COLUMNS = ["source", "relation", "facts", "genes", "objects"]
TOTAL = "total"  # in the column of sources, the row of all
_SHOWN_UNMAPPED = 3
_FACT_KEY = ["gene", "relation", "object_id", "source"]


@dataclass(frozen=True)
class Facts:
    """The facts, the identifiers without a gene, counts, and by source the counts of rows left out on purpose.

    `denied` are facts that sources deny, in the columns of facts.
    """

    facts: pd.DataFrame
    unmapped: pd.DataFrame
    statistics: pd.DataFrame
    left_out: dict[str, dict[str, int]] = field(default_factory=dict)
    denied: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=FACT_COLUMNS, dtype="str"))


def build_facts(
    sources: list[tuple[str, str, dict[str, Path]]],
    taxon: int = 9606,
    unmapped_share: float = 0.1,
    authority: str | None = None,
    rejected: Path | None = None,
) -> Facts:
    """Read all sources, as (name, format, files by key).

    The source `authority` defines the genes; without it the first source that can. Raises InputError for faults in the
    files, and for a source with more than `unmapped_share` (0 to 1) of its distinct identifiers without a gene; all
    such identifiers are then written to `rejected`, if given.
    """
    able = {name: (form, files) for name, form, files in sources if form in AUTHORITIES}
    form, files = able[authority or next(iter(able))]
    genes = GeneTable(AUTHORITIES[form](files, taxon))
    by_source = {name: FORMATS[form](name, files, genes, taxon) for name, form, files in sources}
    unmapped = pd.concat([source.unmapped for source in by_source.values()], ignore_index=True)
    unmapped = unmapped.sort_values(UNMAPPED_COLUMNS, ignore_index=True)
    try:
        for name, source in by_source.items():
            check_mapped(name, source, unmapped_share)
    except InputError as error:
        if rejected is not None:
            write_tsv(rejected, unmapped)
            error.fix = f"{error.fix}; all of them are in {rejected}"
        raise
    facts = _each_once(pd.concat([source.facts for source in by_source.values()], ignore_index=True))
    denied = _each_once(pd.concat([source.denied for source in by_source.values()], ignore_index=True))
    return Facts(
        facts, unmapped, _statistics(facts), {name: source.left_out for name, source in by_source.items()}, denied
    )


def facts_of_corpus(settings: FactsSettings, rejected: Path | None = None) -> Facts:
    """The facts of a corpus; `rejected` and InputError as of `build_facts`."""
    sources = [(source.name, source.entry.format, dict(source.files)) for source in settings.sources]
    corpus = settings.corpus
    return build_facts(sources, corpus.taxon, corpus.unmapped, corpus.authority, rejected)


def write_facts(facts: Facts, out_dir: str | os.PathLike) -> None:
    """Write {facts,denied}.parquet, unmapped.tsv and statistics.tsv into `out_dir`."""
    out_dir = Path(out_dir)
    for name, table in (("facts.parquet", facts.facts), ("denied.parquet", facts.denied)):
        with replacing(out_dir / name) as temporary:
            table.to_parquet(temporary, index=False)
    for name, table in (("unmapped.tsv", facts.unmapped), ("statistics.tsv", facts.statistics)):
        write_tsv(out_dir / name, table)
    (out_dir / REJECTED).unlink(missing_ok=True)  # of an earlier build that failed


def check_mapped(name: str, source: SourceFacts, largest: float, file: str | os.PathLike | None = None) -> None:
    """Raise InputError if more than the share `largest` (0 to 1) of a source's distinct identifiers have no gene."""
    if source.unmapped.empty:
        return
    share = len(source.unmapped) / source.identifiers
    if share <= largest:
        return
    first = [
        f"{row.where} '{row.identifier}'" + (f" (did you mean {row.best_guess}?)" if row.best_guess else "")
        for row in source.unmapped.head(_SHOWN_UNMAPPED).itertuples()
    ]
    raise InputError(
        f"{len(source.unmapped):,} of {source.identifiers:,} identifiers ({share:.1%}; at most {largest:.1%} may) "
        f"map to no gene, the first: {', '.join(first)}",
        file=file,
        field=name,
        fix="give symbols or ids of the same organism as the authority's, and correct those that are wrong; if the "
        f"rest are no genes, allow `unmapped: {ceil(share * 1000) / 1000}` in the corpus",
    )


def _each_once(facts: pd.DataFrame) -> pd.DataFrame:
    """Sorted, with the evidence codes of a fact joined by commas."""
    facts = facts.sort_values(FACT_COLUMNS).drop_duplicates([*_FACT_KEY, "evidence"])
    repeated = facts.duplicated(_FACT_KEY, keep=False)
    joined = facts[repeated].groupby(_FACT_KEY, as_index=False)
    joined = joined.agg({"object_name": "first", "evidence": lambda codes: ",".join(filter(None, codes))})
    return pd.concat([facts[~repeated], joined.astype(facts.dtypes)]).sort_values(FACT_COLUMNS, ignore_index=True)


def _statistics(facts: pd.DataFrame) -> pd.DataFrame:
    counted = facts.groupby(["source", "relation"], as_index=False).agg(
        facts=("gene", "size"), genes=("gene", "nunique"), objects=("object_id", "nunique")
    )
    total = [TOTAL, "", len(facts), facts["gene"].nunique(), facts["object_id"].nunique()]
    return pd.concat([counted, pd.DataFrame([total], columns=STATISTICS_COLUMNS)], ignore_index=True)
