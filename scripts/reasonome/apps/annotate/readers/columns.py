"""Names of columns in the tables of common programs, and texts that mean a missing value."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from reasonome.core.errors import InputError, nearest

# Preferred names come first. They are compared by letters and digits, ignoring case: `p_val_adj` is "pvaladj".
GENES = (
    *("gene", "genes", "symbol", "symbols", "genesymbol", "genesymbols", "hgncsymbol", "mgisymbol", "genename"),
    *("externalgenename", "geneshortname", "names", "geneid", "ensembl", "ensemblid", "ensemblgeneid", "entrez"),
    *("entrezid", "feature", "features", "id", "identifier"),
)
ROW_NAMES = ("", "unnamed0", "1", "x", "rowname", "rownames", "index")  # of pandas and R, the 1 of its "...1"
ADJUSTED_P = ("padj", "pvaladj", "adjpval", "pvalsadj", "fdr", "fwer", "qvalue", "qval", "adjpvalue", "adjustedpvalue")
NATURAL_FOLD_CHANGE = "avglogfc"  # Seurat before version 4, to base e
FOLD_CHANGE = ("log2foldchange", "avglog2fc", "log2fc", "logfoldchanges", "logfc", "lfc", NATURAL_FOLD_CHANGE)
ALIASES: Mapping[str, Sequence[str]] = {
    "gene": (*GENES, *ROW_NAMES),
    "adjusted_p": ADJUSTED_P,
    "p": ("pvalue", "pval", "pvals", "p"),
    "log2_fold_change": FOLD_CHANGE,
    "statistic": ("stat", "scores", "score", "t", "f", "lr"),
    "group": ("cluster", "group", "clusters", "groups"),
    "comparison": ("contrast", "comparison", "coef", "celltype", "clusterid", "tissue", "timepoint"),
}
_MISSING = {"", "na", "nan", "-nan", "+nan", "n/a", "none", "null"}  # C writes -nan
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)


def roles(header: Sequence[str], chosen: Mapping[str, str], file: Path | None, line: int | None) -> dict[str, str]:
    """Role → column: the chosen one, else one with a usual name of the role. A single column holds the genes.

    Raises InputError.
    """
    if len(header) == 1:
        return {"gene": header[0]}
    by_role = {}
    for role, aliases in ALIASES.items():
        candidates = [chosen[role]] * header.count(chosen[role]) if role in chosen else _called(header, aliases)
        if len(candidates) == 1:
            by_role[role] = candidates[0]
        elif candidates:
            what = f"the columns {listed(candidates)} may each be that of the {role.replace('_', ' ')}"
            fix = f"say which it is, such as `--columns {role}=NAME`, or give them different names"
            raise InputError(what, file=file, line=line, field=role, fix=fix)
        elif role in chosen:
            what = f"there is no column '{chosen[role]}' among {listed(header)}"
            raise InputError(what, file=file, line=line, field=f"--columns {role}", fix=nearest(chosen[role], header))
    return by_role


def _called(header: Sequence[str], aliases: Sequence[str]) -> list[str]:
    """The columns with the first of `aliases` that occurs in the header."""
    for alias in aliases:
        if matching := [column for column in header if key(column) == alias]:
            return matching
    return []


def listed(names: Sequence[str]) -> str:
    """The first names of columns, in quotes."""
    return ", ".join(map(repr, names[:12])) + ", …" * (len(names) > 12)


def key(column: str) -> str:
    """The letters and digits of a column's name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", column.casefold())


def names_genes(cell: str) -> bool:
    """Whether this is a usual name of a column of genes."""
    return key(cell) in GENES


def is_missing(cell: str) -> bool:
    """Whether a cell means a missing value."""
    return cell.strip().casefold() in _MISSING


def is_number(cell: str) -> bool:
    """Whether a cell looks like a number, with a decimal point or comma."""
    return bool(_NUMBER.fullmatch(cell.strip()))
