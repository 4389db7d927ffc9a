"""What the benchmarks of all tasks share: rows, strata, sealed parts."""
