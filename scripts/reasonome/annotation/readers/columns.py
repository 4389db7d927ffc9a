"""The columns of tables of statistics about genes, as the common programs call them, and the numbers in them."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import PlainTable

# Names are compared by their letters and digits, case aside: `p_val_adj` and `P.Val.Adj` are "pvaladj".
# The better one of two columns comes first; "" is the unnamed column of row names.
NAMED_GENE_COLUMNS = (
    *("gene", "genes", "symbol", "symbols", "genesymbol", "genesymbols", "hgncsymbol", "mgisymbol", "genename"),
    *("externalgenename", "geneshortname", "names", "geneid", "ensembl", "ensemblid", "ensemblgeneid", "entrez"),
    *("entrezid", "feature", "features", "id", "identifier"),
)
POINT = "write numbers with a point: 0.05"
ROW_NAMES = ("", "unnamed0", "1", "x", "rowname", "rownames", "index")  # of pandas and R, the 1 of its "...1"
ADJUSTED_P = ("padj", "pvaladj", "adjpval", "pvalsadj", "fdr", "fwer", "qvalue", "qval", "adjpvalue", "adjustedpvalue")
P = ("pvalue", "pval", "pvals", "p")
LOG2_FOLD_CHANGE = ("log2foldchange", "avglog2fc", "log2fc", "logfoldchanges", "logfc", "lfc")
NATURAL_FOLD_CHANGE = ("avglogfc",)  # Seurat before version 4, to base e
STATISTIC = ("stat", "scores", "score", "t", "f", "lr")
GROUP = ("cluster", "group", "clusters", "groups")
ROLES: Mapping[str, tuple[str, ...]] = {
    "gene": (*NAMED_GENE_COLUMNS, *ROW_NAMES),
    "adjusted p": ADJUSTED_P,
    "p": P,
    "log2 fold change": (*LOG2_FOLD_CHANGE, *NATURAL_FOLD_CHANGE),
    "statistic": STATISTIC,
    "group": GROUP,
}
_FEWEST_NUMBERED = 3  # identifiers that are row numbers under whatever name: of Entrez ids no study has just 1, 2, 3
_MISSING = {"", "na", "nan", "-nan", "+nan", "n/a", "none", "null"}  # C writes -nan
# float() also takes 1_0 and digits of other scripts.
_NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)", re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def key(column: str) -> str:
    """The letters and digits of a column's name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", column.casefold())


def roles(columns: Iterable[str]) -> dict[str, str]:
    """Role → the column that has it by its name, of the roles that any column has."""
    return {role: columns[0] for role, columns in _by_role(columns).items() if columns}


def gene_column(table: PlainTable) -> str | None:
    """The column of genes, also that of row names; None where there is no such column, or it only numbers the rows."""
    for column in _by_role(table.columns)["gene"]:
        cells = [cells[column].strip() for _, cells in table.rows]
        if not (are_row_numbers(cells) or (key(column) in ROW_NAMES and _are_consecutive(cells))):
            return column
    return None


def are_row_numbers(cells: Sequence[str]) -> bool:
    """Whether identifiers are the numbers from 0 or 1 on, in any order; Entrez ids leave some out."""
    return len(set(cells)) >= _FEWEST_NUMBERED and _are_consecutive(cells)


def placed(table: PlainTable) -> dict[str, str]:
    """`roles` of a table, where row numbers are no genes.

    InputError where a column of a role is there twice, as `padj` and `p_adj` are, and where the rows have numbers in
    place of genes.
    """
    found = roles(table.columns)
    if "gene" in found:
        found["gene"] = gene_column(table)
        if found["gene"] is None:
            raise no_gene_column(table, "gene")
    for role, column in found.items():
        table.place(column, role)
        if same := [other for other in table.columns if other != column and column and key(other) == key(column)]:
            raise table.header_error(
                f"the columns {', '.join(map(repr, [column, *same]))} may each be that of the {role}",
                field=role,
                fix="keep one of them, or give the others names that say what they are",
            )
    return found


def no_gene_column(table: PlainTable, field: str) -> InputError:
    """The error for a table of which no column names the genes."""
    return table.header_error(
        f"none of the columns {', '.join(map(repr, table.columns[:12]))} names the genes; row numbers are no genes",
        field=field,
        fix="call the column that has the genes 'gene'",
    )


def check_not_numbered(genes: Sequence[str], path: Path | None, line: int | None, field: str | None = None) -> None:
    """InputError for a list of genes that only numbers its lines."""
    if are_row_numbers(genes):
        what = f"the {len(genes):,} genes are the numbers from {min(genes, key=int)} on: row numbers are no genes"
        raise InputError(what, file=path, line=line, field=field, fix="give the column that has the genes")


def not_used(table: PlainTable, found: Mapping[str, str]) -> tuple[str, ...]:
    """Sentences about further columns of the statistics that are taken; genes often have several names."""
    others = {
        role: [column for column in table.columns if column != found[role] and key(column) in ROLES[role]]
        for role in found.keys() - {"gene"}
    }
    return tuple(
        f"not used: {', '.join(map(repr, others[role]))}, since {found[role]!r} is the {role}"
        for role in ROLES
        if others.get(role)
    )


def used(found: Mapping[str, str], wanted: Iterable[str]) -> str:
    """A sentence about which column is taken for what."""
    pairs = [f"{role} from {repr(found[role]) if found[role] else 'the row names'}" for role in wanted if role in found]
    return f"columns used: {', '.join(pairs)}"


def _by_role(columns: Iterable[str]) -> dict[str, list[str]]:
    """Role → the columns that may have it, the best first."""
    by_key: dict[str, str] = {}
    for column in columns:
        by_key.setdefault(key(column), column)
    return {role: [by_key[name] for name in names if name in by_key] for role, names in ROLES.items()}


def _are_consecutive(cells: Sequence[str]) -> bool:
    found = set(cells)
    return any(found == set(map(str, range(first, first + len(found)))) for first in (0, 1))


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.strip().casefold() in _MISSING


def is_number(cell: str) -> bool:
    """Whether a cell is a number, those that never end included."""
    return bool(_NUMBER.fullmatch(cell.strip()))


def is_decimal_comma(cell: str) -> bool:
    """Whether a cell is a number with a comma where the point should be."""
    return bool(_DECIMAL_COMMA.fullmatch(cell.strip()))


def number(cell: str, path: Path | None, line: int, column: str) -> float | None:
    """The number in a cell, None where it is missing; InputError for other text."""
    if is_missing(cell):
        return None
    if not is_number(cell):
        fix = POINT if "," in cell else "give a number, or NA where there is none"
        raise InputError(f"expected a number, found '{cell[:40]}'", file=path, line=line, field=column, fix=fix)
    return float(cell.strip())


def p_value(cell: str, path: Path | None, line: int, column: str) -> float | None:
    """The p value in a cell, None where it is missing; InputError for one below 0 or above 1."""
    value = number(cell, path, line, column)
    if value is not None and not 0 <= value <= 1:
        raise InputError(
            f"expected a p value from 0 to 1, found '{cell[:40]}'",
            file=path,
            line=line,
            field=column,
            fix="give p values themselves, not their logarithms, and check that columns are under their names",
        )
    return value


def log2_change(cell: str, path: Path | None, line: int, column: str) -> float | None:
    """The log2 fold change in a cell, None where it is missing; Seurat's `avg_logFC` is to base e and is converted."""
    value = number(cell, path, line, column)
    return value if value is None or key(column) not in NATURAL_FOLD_CHANGE else value / math.log(2)
