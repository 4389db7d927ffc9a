"""Genes that differ between conditions: tables of DESeq2, edgeR, limma, Scanpy and Seurat, each comparison apart."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from reasonome.apps.annotate.lists import GeneList, GeneLists, ListedGene, checked, listed_genes
from reasonome.apps.annotate.table import (
    ALIASES,
    Table,
    first_rows,
    is_number,
    key,
    listed,
    repeated_genes,
)
from reasonome.config.annotations import Annotation, conditions
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.text import counted, some

# Columns of these names say that statistics are of a comparison, also where all rows are of the same one.
_ALWAYS = ("contrast", "comparison", "coef")
_FEWEST_ROWS = 10  # of a value, on average, in a column whose name does not say that it tells comparisons apart
_MOST_REPEATED = 0.2  # the share of genes that stand in several rows for other reasons, such as several probes
UNKNOWN = "the file does not say which condition that is"
_VERSUS = re.compile(r"[_.]vs[_.]", re.IGNORECASE)
LOG2_FOLD_CHANGE = 1.0  # a factor of two, up or down
_NEEDED = ("gene", "adjusted_p", "log2_fold_change")


def comparison_columns(table: Table) -> list[str]:
    """The columns that say which comparison a row is of: the chosen one, else all that are called so.

    A column whose values have less than two rows each, on average, does not count.
    """
    if "comparison" in table.chosen:
        return [table.columns["comparison"]]
    called = [column for column in _once(table.header) if key(column) in ALIASES["comparison"]]
    if "group" in table.chosen and table.columns["group"] in called:
        called.remove(table.columns["group"])
    return [column for column in called if 2 * table.frame[column].nunique() <= len(table.frame)]


def compares_within_groups(table: Table) -> bool:
    """Whether rows of the same group are of several comparisons, or of one that has a column of its own.

    A column that only names the groups, as "T cells" beside cluster 3, compares nothing.
    """
    if "comparison" in table.chosen or any(key(column) in _ALWAYS for column in comparison_columns(table)):
        return True
    return bool(within_groups(table))


def within_groups(table: Table) -> list[str]:
    """The columns of comparisons that have several values in a group; none where there are no groups."""
    if "group" not in table.columns:
        return []
    groups = table.frame.groupby(table.columns["group"], sort=False)
    return [column for column in comparison_columns(table) if (groups[column].nunique() > 1).any()]


def comparisons(table: Table, columns: list[str]) -> Iterator[tuple[str, Table]]:
    """(name of a comparison, its rows) in the order of the table; one without a name where no `columns` tell them."""
    if not columns:
        yield "", table
        return
    missing_alike = [table.frame[column].mask(table.frame[column].map(is_missing), "") for column in columns]
    for _, rows in table.frame.groupby(missing_alike, sort=False):
        values = [(column, rows[column].iloc[0]) for column in columns]
        name = ", ".join(f"without a {column}" if is_missing(value) else value for column, value in values)
        yield name, replace(table, name=f"{table.name} {name}", frame=rows)


def splitting(table: Table) -> list[str]:
    """The columns of groups and of comparisons that have several values."""
    columns = comparison_columns(table)
    if "group" in table.columns and table.columns["group"] not in columns:
        columns.insert(0, table.columns["group"])
    return [column for column in columns if table.frame[column].nunique() > 1]


def _once(header: list[str]) -> list[str]:
    """The columns whose names no other column has."""
    return [column for column in header if header.count(column) == 1]


def refuse_mixed(table: Table) -> None:
    """Raise InputError where one further column, or two, tell apart the rows of genes that have several."""
    if "gene" not in table.columns or not {"log2_fold_change", "statistic"} & table.columns.keys():
        return
    rows = table.statistics()
    repeated = repeated_genes(rows)
    if len(repeated) <= _MOST_REPEATED * rows["gene"].nunique():
        return
    further = [column for column in _once(table.header) if column not in table.columns.values()]
    # Of three conditions that are compared with each other, two columns say which: A and B, A and C, B and C.
    pairs = combinations([column for column in further if not table.frame[column].map(is_number).any()], 2)
    for columns in [*((column,) for column in further), *pairs]:
        if _tells_apart(table.frame.loc[rows.index].groupby(list(columns), sort=False).ngroup(), rows):
            genes, of_one = counted(len(repeated), "gene stands", "genes stand"), len(columns) == 1
            told = f"{' and '.join(map(repr, columns))} {'tells' if of_one else 'together tell'}"
            what = f"{genes} in several rows with other numbers, and {told} these rows apart"
            written = "a column contrast in place of both, with texts such as 'A vs B',"
            split = f"`--columns comparison={columns[0]}`" if of_one else written
            fix = (
                f"if it says which comparison a row is of, {split} makes lists of each; else "
                "leave it out, and the strongest row of a gene counts"
            )
            raise table.error(what, field=columns[0], fix=fix)


def _tells_apart(column: pd.Series, rows: pd.DataFrame) -> bool:
    """Whether a column has few values, and no gene stands twice with the same one."""
    values = column.nunique()
    if values < 2 or values * _FEWEST_ROWS > len(rows):
        return False
    return not pd.DataFrame({"gene": rows["gene"], "value": column}).duplicated().any()


def _ends(table: Table, contrast: str | None) -> tuple[str, str]:
    """What genes with a positive and a negative change are, in words.

    `contrast` ("treated vs control") decides, else a column of comparisons with such a text alone, else, where there is
    no such column, one of groups with a single one. Raises InputError where that column says something else than
    `contrast`.
    """
    column, sides = _conditions_told(table)
    if contrast is not None:
        chosen = conditions(contrast)
        if sides and not _are_same(sides, chosen):
            what = f"this column says {' vs '.join(sides)}, and --contrast {' vs '.join(chosen)}"
            raise table.error(what, field=column, fix="leave --contrast out, or write it as the table has it")
        sides = chosen
    if sides:
        first, second = sides
        return f"higher in {first} than in {second}", f"lower in {first} than in {second}"
    groups = set(table.frame[table.columns["group"]]) - {""} if "group" in table.columns else set()
    if len(groups) == 1 and not comparison_columns(table):
        [group] = groups
        return f"higher in {group} than in the others", f"lower in {group} than in the others"
    return f"up = positive log2 fold change; {UNKNOWN}", f"down = negative log2 fold change; {UNKNOWN}"


def _are_same(told: Sequence[str], chosen: Sequence[str]) -> bool:
    """Whether these are the same conditions, the first perhaps behind a factor, as in condition_treated_vs_control."""
    behind_factor = told[0].casefold().endswith(f"_{chosen[0].casefold()}")
    first, second = (_plain(one) == _plain(other) for one, other in zip(told, chosen, strict=True))
    return (first or behind_factor) and second


def _plain(condition: str) -> str:
    """A condition's name without case, spaces and underscores; signs stay, as in CD4+ and CD4-."""
    return re.sub(r"[\s_]", "", condition.casefold())


def _conditions_told(table: Table) -> tuple[str, list[str]]:
    """A column of comparisons, and the two conditions that it names in all rows ("treated vs control"); else none."""
    for column in comparison_columns(table):
        texts = set(table.frame[column])
        sides = conditions(_VERSUS.sub(" vs ", texts.pop()))
        if not texts and len(sides) == 2 and all(sides):
            return column, sides
    return "", []


def read_differential(table: Table, settings: Annotation) -> GeneLists:
    """The genes that pass the thresholds, by falling |statistic|, else |log2 fold change|: one list, or up and down.

    The universe are the genes with a p value: independent filtering removes only the adjusted one, and genes without
    any were not tested. They are ranked by their statistic, or else by -log10 p, with the sign of their change. Raises
    InputError.
    """
    if missing := [role for role in _NEEDED if role not in table.columns]:
        what = f"there is no column of the {' or the '.join(missing).replace('_', ' ')} among {listed(table.header)}"
        fix = f"say which it is, such as `--columns {missing[0]}=NAME`; DESeq2 calls them gene, padj, log2FoldChange"
        raise table.error(what, field=missing[0], fix=fix)
    rows = table.statistics()
    if rows["adjusted_p"].isna().all():
        fix = "export the table again with adjusted p values; DESeq2 leaves them out of genes with few counts only"
        raise table.error("no gene has an adjusted p value", field=table.columns["adjusted_p"], fix=fix)
    least = LOG2_FOLD_CHANGE if settings.log2_fold_change is None else settings.log2_fold_change
    rule = f"adjusted p ≤ {settings.adjusted_p:g} and |log2 fold change| ≥ {least:g}"
    change = rows["log2_fold_change"]
    passing = rows[(rows["adjusted_p"] <= settings.adjusted_p) & (change.abs() >= least) & (change != 0)]
    passing = passing.loc[_strength(passing).index]
    up, down = (passing[passing["log2_fold_change"] * sign > 0] for sign in (1, -1))
    upwards, downwards = _ends(table, settings.contrast)
    parts = [(f"{table.name} up", up, upwards), (f"{table.name} down", down, downwards)]
    if not settings.split:
        parts = [(table.name, passing, "up and down together")]
    genes = counted(_genes(rows), "gene")
    notes = [
        f"read as differential expression of {genes}",
        table.used(),
        f"{_genes(passing):,} of {genes} pass ({rule}): {_genes(up):,} up, {_genes(down):,} down",
    ]
    if repeated := repeated_genes(rows):
        stand = counted(len(repeated), "gene stands", "genes stand")
        notes.append(f"{stand} in several rows with other numbers ({some(repeated)}): of each the strongest row counts")
    if unknown := len(table.frame) - int((rows["adjusted_p"].notna() & change.notna()).sum()):
        notes.append(f"in no set: {counted(unknown, 'row')} without a gene, an adjusted p value or a fold change (NA)")
    if settings.top is not None:
        by = f"|{table.columns['statistic']}|" if "statistic" in table.columns else "|log2 fold change|"
        notes.append(f"{counted(settings.top, 'gene')} of a list at most, those of the largest {by}")
    odd = {
        "in the table as up and as down": set(up["gene"]) & set(down["gene"]),
        "in several rows with other numbers, of which the strongest counts": set(repeated),
    }
    lists = tuple(_list(name, part, rule, settings, odd, direction) for name, part, direction in parts)
    tested, sentence = _tested(rows)
    universe = tuple(dict.fromkeys(tested["gene"]))
    notes += [upwards, sentence]
    return GeneLists(lists, "differential", tuple(notes), universe, _ranking(tested), (upwards, downwards))


def _strength(rows: pd.DataFrame) -> pd.DataFrame:
    """By what rows are sorted, in that order: falling |statistic|, missing ones last, then |log2 fold change|."""
    keys = pd.DataFrame({"statistic": rows["statistic"].abs(), "change": rows["log2_fold_change"].abs()})
    return keys.fillna({"statistic": -math.inf}).sort_values(["statistic", "change"], ascending=False)


def _genes(rows: pd.DataFrame) -> int:
    return rows["gene"].nunique()


def _ranking(rows: pd.DataFrame) -> tuple[ListedGene, ...]:
    """The rows' genes with what ranks them for GSEA, from the most upwards to the most downwards."""
    strength = rows["statistic"].abs()
    if strength.isna().all():
        p = rows["p"].fillna(rows["adjusted_p"]).clip(lower=np.finfo(float).tiny)
        strength = pd.Series(-np.log10(p), rows.index)
    signed = (strength * np.sign(rows["log2_fold_change"])).dropna().sort_values(ascending=False, kind="stable")
    return tuple(map(ListedGene, rows.loc[signed.index, "gene"], signed.tolist()))


def _list(
    name: str, rows: pd.DataFrame, rule: str, settings: Annotation, odd: Mapping[str, set[str]], direction: str
) -> GeneList:
    """The list of rows that are sorted by strength; a gene of `odd` ones in it is flagged under the words for them."""
    rows = rows.drop_duplicates("gene")
    taken, flags = first_rows(rows, _strength(rows), settings.top, settings.seed)
    for words, genes in odd.items():
        if found := [gene for gene in taken["gene"] if gene in genes]:
            flags.append(f"{words}: {some(found)}")
    return checked(
        name,
        listed_genes(taken, taken["log2_fold_change"].fillna(taken["statistic"])),
        ranked=True,
        description=f"{len(taken):,} of {counted(len(rows), 'gene')} with {rule}",
        flags=flags,
        empty=f"no gene passes ({rule}): loosen the thresholds",
        direction=direction,
    )


def _tested(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of the tested genes, and a sentence that says which they are."""
    has_p = bool(rows["p"].notna().any())
    tested = rows[rows["p" if has_p else "adjusted_p"].notna()]
    genes = set(tested["gene"])
    value = "a p value" if has_p else "an adjusted p value"
    sentence = f"tested, and so the universe unless `--universe` is given: {counted(len(genes), 'gene')} with {value}"
    if filtered := int(tested["adjusted_p"].isna().sum()):
        sentence += f", {filtered:,} of them without an adjusted one, which a filter took"
    if untested := len(rows) - len(tested):
        why = "not tested" if has_p else "perhaps tested, which only p values would say"
        sentence += f"; {why}: {counted(untested, 'row')} without one"
    return tested, sentence
