"""Over-representation analysis: the one that benchmarks, baselines and people's own gene sets share."""
