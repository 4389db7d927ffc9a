"""Gene-set naming: what a set of genes shares."""
