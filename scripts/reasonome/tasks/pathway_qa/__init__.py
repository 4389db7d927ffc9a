"""Questions on enrichment tables: which gene sets moved, where, and in how many studies."""
