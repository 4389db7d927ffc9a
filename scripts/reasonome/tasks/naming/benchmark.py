"""Benchmarks of gene-set naming: gene sets built from facts or published, split so that nothing leaks."""

from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.benchmarks.strata import depths, strata
from reasonome.tasks.naming.contamination import contaminated
from reasonome.tasks.naming.published import check_sha256, read_published
from reasonome.tasks.naming.rows import official_names, read_sets, write_benchmark
from reasonome.tasks.naming.sets import made_sets, outside_limits, set_facts, within_limits
from reasonome.tasks.naming.splits import creation_dates, split

__all__ = [
    "SPLITS",
    "check_sha256",
    "contaminated",
    "creation_dates",
    "depths",
    "made_sets",
    "official_names",
    "outside_limits",
    "read_published",
    "read_rows",
    "read_sets",
    "set_facts",
    "split",
    "strata",
    "within_limits",
    "write_benchmark",
]
