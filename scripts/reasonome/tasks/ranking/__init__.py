"""Rankings of genes: at GWAS loci, and in rare disease."""
