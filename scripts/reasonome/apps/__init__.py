"""Applications of the chain: people's own gene sets, cases and loci. Nothing below the commands imports them."""
