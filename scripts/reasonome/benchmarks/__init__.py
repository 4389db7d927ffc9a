"""Common code of the benchmarks of all tasks: rows, strata, sealed parts."""
