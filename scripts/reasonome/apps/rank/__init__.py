"""Ranks the genes of people's own cases and loci, which nobody has solved."""
