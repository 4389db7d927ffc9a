"""A table of genes as HGNC writes it, for projects with few genes."""

COLUMNS = ("hgnc_id", "symbol", "name", "status", "alias_symbol", "prev_symbol", "gene_group", "gene_group_id")
COLUMNS += ("entrez_id", "ensembl_gene_id", "uniprot_ids", "locus_type")


def table(genes, aliases=(), previous=(), rna=()) -> str:
    """Rows numbered from 1 on; `aliases` and `previous` are by symbol, and `rna` are the genes that do not code."""
    aliases, previous = dict(aliases), dict(previous)
    rows = [
        (f"HGNC:{n}", symbol, f"gene {n}", "Approved", aliases.get(symbol, ""), previous.get(symbol, ""), "", "")
        + (str(n), f"ENSG{n:011}", "", "RNA, micro" if symbol in rna else "gene with protein product")
        for n, symbol in enumerate(genes, 1)
    ]
    return "".join("\t".join(row) + "\n" for row in (COLUMNS, *rows))
