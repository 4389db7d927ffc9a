"""HGNC's complete set (hgnc_complete_set.txt): gene symbols and ids, official names, gene groups."""

import os
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import FETCH_AGAIN, lines
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources.source import (
    SourceFacts,
    check_entrez_id,
    check_human,
    check_once,
    check_symbol,
    make_facts,
    records,
)

COLUMNS = [
    "hgnc_id", "symbol", "name", "status", "alias_symbol", "prev_symbol", "gene_group", "gene_group_id",
    "entrez_id", "ensembl_gene_id", "uniprot_ids",
]  # fmt: skip
# Optional: only the choice of candidates at loci uses it.
LOCUS_TYPE = "locus_type"
# The second type is genes of one locus that share exons, such as UGT1A1 to UGT1A10.
CODING = {"gene with protein product", "complex locus constituent"}
RECEPTORS = {"immunoglobulin gene", "T cell receptor gene"}


def read_genes(path: str | os.PathLike) -> list[Gene]:
    """The approved genes of the table at `path`. Raises InputError as `numbered_genes` does."""
    return [gene for _, gene in numbered_genes(path)]


def numbered_genes(path: str | os.PathLike) -> list[tuple[int, Gene]]:
    """(line, gene) of the approved genes of the table; other columns than those used may be missing or new.

    Raises InputError.
    """
    genes: list[tuple[int, Gene]] = []
    # Two genes may share an Ensembl id, which is ambiguous then.
    seen: dict[str, dict[str, int]] = {"symbol": {}, "hgnc_id": {}, "entrez_id": {}}
    fix = "give HGNC's hgnc_complete_set.txt, with its header, as it is published"
    for line, fields in records(lines(path), path, COLUMNS, [LOCUS_TYPE], quoted=True, fix=fix):
        if fields["status"] != "Approved":
            continue
        gene = _gene(fields, path, line)
        for field, values in seen.items():
            check_once(values, getattr(gene, field), path, line, field)
        genes.append((line, gene))
    if not genes:
        raise InputError("no row has the status Approved", file=path, fix=FETCH_AGAIN)
    return genes


def authority(files: dict[str, Path], taxon: int = 9606) -> list[Gene]:
    """The genes of a source of this format. Raises InputError for another taxon: HGNC has human genes only."""
    check_human(taxon, "HGNC")
    return read_genes(files["table"])


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`has_name` and `in_gene_group` facts of all approved genes, each looked up in `genes` by any of its ids."""
    check_human(taxon, "HGNC")
    facts = []
    for line, gene in numbered_genes(files["table"]):
        known = (i for i in (gene.hgnc_id, gene.entrez_id, gene.ensembl_id) if i and genes.resolve(i, True).symbol)
        identifier = next(known, gene.symbol)
        if gene.name:
            facts.append((identifier, line, "has_name", gene.hgnc_id, gene.name, ""))
        for group_id, group in gene.groups:
            facts.append((identifier, line, "in_gene_group", f"HGNC.GROUP:{group_id}", group, ""))
    return make_facts(name, [(files["table"], facts)], genes)


def _gene(fields: dict[str, str], path: str | os.PathLike, line: int) -> Gene:
    for column in ("symbol", "hgnc_id"):
        if not fields[column]:
            raise InputError("this gene has none", file=path, line=line, field=column, fix="fill it in")
    check_symbol(fields["symbol"], path, line, "symbol")
    if fields["entrez_id"]:
        check_entrez_id(fields["entrez_id"], path, line, "entrez_id")
    names, ids = _list(fields["gene_group"]), _list(fields["gene_group_id"])
    if len(names) != len(ids):
        what = f"{fields['symbol']} has {len(names)} gene group name(s) but {len(ids)} id(s)"
        fix = "names and ids are lists joined by | of equal length"
        raise InputError(what, file=path, line=line, field="gene_group_id", fix=fix)
    return Gene(
        symbol=fields["symbol"],
        name=fields["name"],
        hgnc_id=fields["hgnc_id"],
        entrez_id=fields["entrez_id"],
        ensembl_id=fields["ensembl_gene_id"],
        uniprot_ids=_list(fields["uniprot_ids"]),
        previous=_list(fields["prev_symbol"]),
        aliases=_list(fields["alias_symbol"]),
        groups=tuple(zip(ids, names, strict=True)),
        coding=fields[LOCUS_TYPE] in CODING if fields[LOCUS_TYPE] else None,
        receptor=fields[LOCUS_TYPE] in RECEPTORS,
    )


def _list(field: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in field.split("|") if part.strip())
