"""Gene set files (GMT), one set a line: name, description, genes. Those of WikiPathways have names of their own."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.files.text_file import FETCH_AGAIN, lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.source import (
    ROW_COLUMNS,
    SPECIES,
    SourceFacts,
    check_name,
    organism_name,
    with_genes,
)

# Collections whose sets MSigDB names in capitals: GOBP_DNA_REPAIR.
_MSIGDB = re.compile(r"(?:GOBP|GOMF|GOCC|REACTOME|WP|KEGG|HALLMARK|HP|BIOCARTA|PID)_([A-Z0-9_]+)")
# Enrichr has the id of a term after its name: (GO:0006281), R-HSA-73894, (WP707), _Homo sapiens_h_atmPathway.
_ID_BEHIND = re.compile(
    r"[\s_]*[(\[](?:[A-Za-z][A-Za-z.]*:[A-Z]{0,2}\d{3,}|R-[A-Z]{3}-\d+|WP\d+|[a-z]{3}\d{5})[)\]]$"
    r"|(?:[\s_](?:Homo sapiens|Mus musculus))?[\s_](?:R-[A-Z]{3}-\d+|WP\d+|(?:hsa|mmu)\d{5}|(?:GO|HP|MP):\d{7})$"
    r"|_(?:Homo sapiens|Mus musculus)_\S+$"
)
# Enrichr's libraries may have a weight behind each gene: ACAT2,1.0.
_WEIGHT = re.compile(r",[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
# A first field that is an id, as g:Profiler writes it (GO:0006695, REAC:R-HSA-191273), or a pathway's.
_ID = re.compile(r"[A-Z]{2,}:\S*\d\S*|R-[A-Z]{3}-\d+(?:\.\d+)?|WP\d+|[a-z]{3}\d{5}")


class GeneSet(NamedTuple):
    """One line of a GMT; `genes` are the identifiers as written, each once, without weights behind them."""

    line: int
    name: str
    description: str
    genes: tuple[str, ...]


def read_gmt(path: str | os.PathLike) -> Iterator[GeneSet]:
    """Yield the gene sets of a GMT, also those that have lost their genes; empty fields at the end do not count.

    Raises InputError for a line without a tab or a name, and where no set has genes.
    """
    without_genes, any_genes = 0, False
    for number, line in lines(path):
        if not line.strip():
            continue
        name, *rest = (column.strip() for column in line.split("\t"))
        genes = tuple(dict.fromkeys(without_weight(gene) for gene in rest[1:] if gene))
        if not name or not rest:
            what = "expected name, description and genes, tab-separated; found"
            what += f" {len(rest) + 1} column(s): '{line[:60]}'"
            raise InputError(what, file=path, line=number, fix="give a GMT file")
        without_genes, any_genes = without_genes + (not genes), any_genes or bool(genes)
        yield GeneSet(number, name, rest[0], genes)
    if without_genes and not any_genes:
        what = f"none of the {without_genes:,} sets has a gene: expected name, description and genes, tab-separated"
        raise InputError(what, file=path, fix="give a GMT file")
    if not any_genes:
        raise InputError("there is no gene set in the file", file=path, fix=FETCH_AGAIN)


def without_weight(gene: str) -> str:
    """A gene of a GMT without the weight behind it: ACAT2 of "ACAT2,1.0"."""
    return _WEIGHT.sub("", gene)


def id_and_name(name: str, description: str) -> tuple[str, str]:
    """The id and the name of a set whose first field is an id, or has one in it; ("", "") for others.

    `GO:0006695<tab>cholesterol biosynthetic process` of g:Profiler has its name in the second field, and so has Bader's
    `CHOLESTEROL BIOSYNTHESIS%REACTOME%R-HSA-191273.10`. Without one there, the name is the first part of the latter.
    """
    title, *of_source = (part.strip() for part in name.split("%"))
    is_text = any(map(str.isalpha, description)) and not is_missing(description) and "://" not in description
    described = description if is_text and description.casefold() != name.casefold() else ""
    if len(of_source) >= 2 and all(of_source[:2]):
        source, set_id = of_source[:2]
        return (f"{source}:{set_id}" if set_id.isdigit() else set_id), described or words(title)
    return (name, described) if _ID.fullmatch(name) and described else ("", "")


def ids_and_names(sets: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The `id_and_name` of each (name, description) of a file; descriptions that sets share, such as BP, name none."""
    found = [id_and_name(name, description) for name, description in sets]
    names = [description for (_, description), (_, name) in zip(sets, found, strict=True) if name == description != ""]
    return found if 2 * len(set(names)) > len(names) else [id_and_name(name, "") for name, _ in sets]


def genes_as_descriptions(sets: Sequence[tuple[str, str, str]], is_gene: Callable[[str], bool]) -> bool:
    """Whether most of these (name, description, first gene) have a gene in place of the description.

    Then the file has no descriptions, and each set would lose a gene. These descriptions do not count as genes: those
    contained in the name (targets of a transcription factor), numbers where genes are symbols (sizes), and one word
    that all sets have.
    """
    gene_descriptions = [
        description
        for name, description, first in sets
        if description.casefold() not in name.casefold()
        and description.isdigit() <= first.isdigit()
        and is_gene(description)
    ]
    return len(gene_descriptions) * 2 > len(sets) and len(set(gene_descriptions)) > min(1, len(sets) - 1)


def no_descriptions(path: Path, line: int | None = None, what: str = "") -> InputError:
    """The error for a GMT whose sets have their first gene in place of the description."""
    return InputError(
        f"there is no column of descriptions: the second field of most sets is a gene{what}, which would be lost",
        file=path,
        line=line,
        fix="put a description behind each name, such as: awk -F'\\t' -v OFS='\\t' '{$1 = $1 OFS \"na\"; print}' FILE",
    )


def members(
    name: str, path: Path, sets: list[tuple[GeneSet, str, str]], genes: GeneTable, strict: bool = True
) -> SourceFacts:
    """`member_of_pathway` facts of (gene set, object_id, object_name) triples read from `path`. Raises InputError.

    Sets without genes are left out, and counted.
    """
    left_out = {"gene sets without genes": sum(not gene_set.genes for gene_set, *_ in sets)}
    first: dict[str, GeneSet] = {}
    for gene_set, object_id, object_name in sets:
        check_name(object_name, path, gene_set.line, "the gene set")
        other = first.setdefault(object_id, gene_set)
        if set(other.genes) != set(gene_set.genes):
            what = f"'{object_id[:60]}' stands in line {other.line} already, with other genes"
            fix = "give each gene set its own name, or join the two"
            raise InputError(what, file=path, line=gene_set.line, fix=fix)
    rows = [
        (gene, gene_set.line, "member_of_pathway", object_id, object_name, "")
        for gene_set, object_id, object_name in sets
        for gene in gene_set.genes
    ]
    return with_genes(name, pd.DataFrame(rows, columns=ROW_COLUMNS), genes, path, left_out, strict)


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """Facts of any GMT: a set's name is the object's id, and `words` makes the object's name, but see `ids_and_names`.

    Aliases and any case are accepted, because it is often a user's own collection.
    """
    gene_sets = list(read_gmt(files["gmt"]))
    called = ids_and_names([(gene_set.name, gene_set.description) for gene_set in gene_sets])
    sets = [
        (gene_set, set_id or gene_set.name, set_name or words(gene_set.name))
        for gene_set, (set_id, set_name) in zip(gene_sets, called, strict=True)
    ]
    described = [(gene_set.name, gene_set.description, gene_set.genes[0]) for gene_set, *_ in sets if gene_set.genes]
    if genes_as_descriptions(described, lambda written: genes.resolve(written).symbol is not None):
        first = sets[0][0]
        raise no_descriptions(files["gmt"], first.line, f", as '{first.description[:40]}' here")
    return members(name, files["gmt"], sets, genes, strict=False)


def words(name: str) -> str:
    """The name of a gene set in plain words, alike in all collections.

    `GOBP_DNA_REPAIR` of MSigDB becomes "dna repair"; `DNA repair (GO:0006281)` and `DNA Repair R-HSA-73894` of Enrichr
    lose their ids; elsewhere only underscores are replaced.
    """
    if match := _MSIGDB.fullmatch(name):
        name = match[1].lower()
    return (_ID_BEHIND.sub("", name) or name).replace("_", " ")


def read_wikipathways(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`member_of_pathway` facts. Raises InputError for another name layout, another species and an unknown taxon."""
    expected = organism_name(taxon, SPECIES, "WikiPathways")
    path = files["gmt"]
    sets = []
    for gene_set in read_gmt(path):
        parts = gene_set.name.rsplit("%", 3)
        if len(parts) != 4 or not parts[2].startswith("WP"):
            what = f"expected name%WikiPathways_date%WPid%species in the first column, found '{gene_set.name[:60]}'"
            fix = "give the GMT of a WikiPathways release, or use the format 'gmt' for other gene sets"
            raise InputError(what, file=path, line=gene_set.line, fix=fix)
        title, _, pathway_id, species = (part.strip() for part in parts)
        if species != expected:
            what = f"pathway {pathway_id} is of {species}, not of {expected} (taxon {taxon})"
            fix = "give the release file of that organism, or ask for another taxon"
            raise InputError(what, file=path, line=gene_set.line, fix=fix)
        sets.append((gene_set, pathway_id, title))
    return members(name, path, sets, genes)
