"""Gene set files (GMT): one set a line, tab-separated: name, description, genes."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import FETCH_AGAIN, lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import SourceFacts, SourceFormat, with_genes
from reasonome.facts.sources.table import ROW_COLUMNS, check_name

# Collections whose sets MSigDB names in capitals: GOBP_DNA_REPAIR.
_MSIGDB = re.compile(r"(?:GOBP|GOMF|GOCC|REACTOME|WP|KEGG|HALLMARK|HP|BIOCARTA|PID)_([A-Z0-9_]+)")
# Enrichr has the id of a term behind its name: (GO:0006281), (R-HSA-73894), (WP707), (hsa03430).
_ID_BEHIND = re.compile(r"\s*[(\[](?:[A-Za-z][A-Za-z.]*:[A-Z]{0,2}\d{3,}|R-[A-Z]{3}-\d+|WP\d+|[a-z]{3}\d{5})[)\]]$")


class GeneSet(NamedTuple):
    """One line of a GMT: the genes are identifiers as they stand, each once."""

    line: int
    name: str
    description: str
    genes: tuple[str, ...]


def read_gmt(path: str | os.PathLike) -> Iterator[GeneSet]:
    """Yield the gene sets of a GMT; empty fields at the end of a line are ignored. Raises InputError."""
    found = False
    for number, line in lines(path):
        if not line.strip():
            continue
        name, *rest = (column.strip() for column in line.split("\t"))
        genes = tuple(dict.fromkeys(gene for gene in rest[1:] if gene))
        if not name or not genes:
            what = "expected name, description and at least one gene, tab-separated; found"
            what += f" {len(rest) + 1} column(s): '{line[:60]}'"
            raise InputError(what, file=path, line=number, fix="give a GMT file; leave sets without genes out")
        found = True
        yield GeneSet(number, name, rest[0], genes)
    if not found:
        raise InputError("there is no gene set in the file", file=path, fix=FETCH_AGAIN)


def genes_as_descriptions(sets: Sequence[tuple[str, str, str]], is_gene: Callable[[str], bool]) -> bool:
    """Whether most of these (name, description, first gene) have a gene where the description should be.

    Then the file has no descriptions, and each set would lose a gene. No such genes are descriptions that stand in the
    name (as in transcription factors' targets), numbers beside symbols (sizes), and one word that all sets have.
    """
    found = [
        description
        for name, description, first in sets
        if description.casefold() not in name.casefold()
        and description.isdigit() <= first.isdigit()
        and is_gene(description)
    ]
    return len(found) * 2 > len(sets) and len(set(found)) > min(1, len(sets) - 1)


def no_descriptions(path: Path, line: int | None = None, what: str = "") -> InputError:
    """The error for a GMT whose sets have their first gene where the description should be."""
    return InputError(
        f"there is no column of descriptions: the second field of most sets is a gene{what}, which would be lost",
        file=path,
        line=line,
        fix="put a description behind each name, such as: awk -F'\\t' -v OFS='\\t' '{$1 = $1 OFS \"na\"; print}' FILE",
    )


def members(
    name: str, path: Path, sets: list[tuple[GeneSet, str, str]], genes: GeneTable, strict: bool = True
) -> SourceFacts:
    """`member_of_pathway` facts of (gene set, object_id, object_name) triples read from `path`. Raises InputError."""
    first: dict[str, GeneSet] = {}
    for one, object_id, object_name in sets:
        check_name(object_name, path, one.line, "the gene set")
        other = first.setdefault(object_id, one)
        if set(other.genes) != set(one.genes):
            what = f"'{object_id[:60]}' stands in line {other.line} already, with other genes"
            fix = "give each gene set its own name, or join the two"
            raise InputError(what, file=path, line=one.line, fix=fix)
    rows = [
        (gene, one.line, "member_of_pathway", object_id, object_name, "")
        for one, object_id, object_name in sets
        for gene in one.genes
    ]
    return with_genes(name, pd.DataFrame(rows, columns=ROW_COLUMNS), genes, path, strict=strict)


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """Facts of any GMT: the set's name is its id; `words` gives the name.

    Aliases and any case are accepted here: it is often a user's own collection.
    """
    sets = [(one, one.name, words(one.name)) for one in read_gmt(files["gmt"])]
    described = [(one.name, one.description, one.genes[0]) for one, *_ in sets]
    if genes_as_descriptions(described, lambda written: genes.resolve(written).symbol is not None):
        first = sets[0][0]
        raise no_descriptions(files["gmt"], first.line, f", as '{first.description[:40]}' here")
    return members(name, files["gmt"], sets, genes, strict=False)


def words(name: str) -> str:
    """The name of a gene set as people write it, so that it is the same in all collections.

    `GOBP_DNA_REPAIR` of MSigDB is "dna repair", and `DNA repair (GO:0006281)` of Enrichr is "DNA repair"; elsewhere
    only the underscores go.
    """
    if of_msigdb := _MSIGDB.fullmatch(name):
        name = of_msigdb[1].lower()
    name = name.replace("_", " ")
    return _ID_BEHIND.sub("", name) or name


FORMAT = SourceFormat(read=read)
