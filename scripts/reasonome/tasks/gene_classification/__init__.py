"""Classes of genes, from lists and from facts."""
