"""Which column of a table has which role, and why: its content decides, its name proposes, and doubt is an error."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from reasonome.apps.annotate.files import NAMES, Rows, are_row_numbers, key
from reasonome.config.annotations import Annotation, Column
from reasonome.core.errors import nearest
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.text import counted, some

Known = Callable[[str], str | None]  # identifier → the gene that it is, None for no known one
STATISTICS: tuple[Column, ...] = ("adjusted_p", "p", "log2_fold_change", "statistic")
NO_COMPARISON = "none"  # `--columns comparison=none`: all rows are of one, and a gene's strongest row counts
_NATURAL = "avglogfc"
_ALWAYS = ("contrast", "comparison", "coef")  # say what is compared also where all rows are of the same comparison
_SAMPLED = 1_000  # rows whose identifiers are looked up
_ALIKE = 0.9  # the share of the most known identifiers that a column of another name may have in its place
_AGREES = 0.95  # the share of rows in which a statistic has the sign of the fold change
_MOST_REPEATED = 0.2  # the share of genes that stand in several rows for other reasons than several comparisons
_ADJUSTED = 0.005  # the largest share by which adjusted p differ from those computed here, as rounded ones do
MOST_OF_A_PART = 0.5  # the largest p of a table that holds only what passed
_FEWEST_ROWS = 10  # of a value, on average, in a column whose name does not say that it tells comparisons apart


@dataclass(frozen=True)
class Reading:
    """A table, its columns by role, and what is in them.

    `genes` has a row for each gene, by line: `gene`, `group` ("" without one) and the STATISTICS, NaN for a missing
    value. `splitting` are the columns that tell comparisons apart, `compared` those that say what is compared, also in
    all rows alike. `told` says in words what was taken for what.
    """

    rows: Rows
    kind: str
    columns: Mapping[Column, str]
    genes: pd.DataFrame
    splitting: Sequence[str]
    compared: Sequence[str]
    told: Sequence[str]

    def comparisons(self) -> Iterator[tuple[str, "Reading"]]:
        """(name, its rows) of each comparison, in the order of the table; without a name where nothing splits it."""
        if not self.splitting:
            yield "", self
            return
        frame = self.rows.frame
        for _, rows in frame.groupby([_labels(frame[column]) for column in self.splitting], sort=False):
            values = [(column, rows[column].iloc[0]) for column in self.splitting]
            name = ", ".join(f"without a {column}" if is_missing(value) else value for column, value in values)
            part = replace(self.rows, name=f"{self.rows.name} {name}", frame=rows)
            yield name, replace(self, rows=part, genes=self.genes[self.genes.index.isin(rows.index)])


def listed(names: Sequence[str]) -> str:
    """The first names of columns, in quotes."""
    return ", ".join(map(repr, names[:12])) + ", …" * (len(names) > 12)


def read_genes(rows: Rows, settings: Annotation, known: Known) -> list[str]:
    """The genes of a table, each once, where its other columns do not matter. InputError as for `read_columns`."""
    roles = _Roles(rows, settings, known)
    roles.take("gene", roles.gene_column())
    if "gene" not in roles.columns:
        raise rows.error(f"no column of genes among {listed(roles.header)}", fix="call one 'gene'")
    return list(dict.fromkeys(filter(None, roles.genes())))


def read_columns(rows: Rows, settings: Annotation, known: Known) -> Reading:
    """The roles of a table's columns.

    Raises InputError for a chosen column that is not there, and a question where two readings remain.
    """
    return _Roles(rows if settings.columns else _of_mageck(rows), settings, known).reading()


def _labels(column: pd.Series) -> pd.Series:
    return column.mask(column.map(is_missing), "")


def _called(column: str) -> str:
    return repr(column) if column else "the row names"


def _error(p: pd.DataFrame) -> float:
    """By how much adjusted p differ from those of Benjamini and Hochberg: the median, as a share."""
    expected = false_discovery_control(p["p"]) if len(p) else p["p"]
    return float((p["adjusted_p"] / expected - 1).abs().median())


def _of_mageck(rows: Rows) -> Rows:
    """MAGeCK's gene summary with one p and FDR for each gene: of depletion where its fold change is below 0."""
    if not {"id", "neg|lfc", "neg|fdr", "pos|fdr", "neg|p-value", "pos|p-value"} <= set(rows.frame):
        return rows
    depleted = rows.numbers("neg|lfc") < 0
    ends = {name: rows.frame[f"neg|{name}"].where(depleted, rows.frame[f"pos|{name}"]) for name in ("p-value", "fdr")}
    return replace(rows, frame=rows.frame[["id", "neg|lfc"]].set_axis(["id", "lfc"], axis=1).assign(**ends))


class _Roles:
    """Finds the roles of one table's columns, one after the other."""

    def __init__(self, rows: Rows, settings: Annotation, known: Known):
        self.rows, self.known, self.chosen, self.kind = rows, known, dict(settings.columns), settings.kind
        self.frame, self.header = rows.frame, list(rows.frame.columns)
        self.sample = self.frame.iloc[:: -(-len(self.frame) // _SAMPLED) or 1]
        self.columns: dict[Column, str] = {}
        self.values = pd.DataFrame(index=self.frame.index)
        self.told: list[str] = []
        self.together = self.chosen.get("comparison") == NO_COMPARISON and NO_COMPARISON not in self.header
        if self.together:
            del self.chosen["comparison"]
        for role, column in self.chosen.items():
            if column not in self.header:
                what = f"there is no column '{column}' among {listed(self.header)}"
                raise rows.error(what, field=f"--columns {role}", fix=nearest(column, self.header))

    def reading(self) -> Reading:
        self.take("gene", self.gene_column())
        self.values["gene"] = self.genes() if "gene" in self.columns else ""
        for role in ("adjusted_p", "p"):
            self.take_numbers(role, self.named(role))
        self.take_change()
        self.take_statistic()
        self.take("group", next(iter(self.splitters("group")), None))
        group = self.columns.get("group")
        self.values["group"] = "" if group is None else _labels(self.frame[group])
        compared = [] if self.together else self.comparison_columns()
        kind = self.kind_of_table(compared) if self.kind in (None, "gmt") else self.kind
        splitting = list(dict.fromkeys(filter(None, [group, *compared])))
        if kind == "clusters" and group is None:
            self.melt()
            splitting = []
        elif kind == "clusters":
            splitting = [column for column in compared if self.varies_within(column, str(group))]
        splitting = [column for column in splitting if self.frame[column].nunique() > 1]
        if kind == "differential":
            further = self.told_apart(splitting)
            splitting, compared = [*splitting, *further], [*compared, *further]
        genes = self.values.reindex(columns=["gene", "group", *STATISTICS])
        genes, told = genes[genes["gene"] != ""], [self.used(splitting), *self.told]
        return Reading(self.rows, kind, self.columns, genes, splitting, compared, told)

    def melt(self) -> None:
        """Take each column as the genes of a cluster, the first row the strongest."""
        if len(self.header) < 2 or {"adjusted_p", "log2_fold_change"} & self.columns.keys():
            what = f"there are no clusters in the columns {listed(self.header)}"
            fix = "say which they are: `--columns gene=NAME,group=NAME`; or give a column of genes for each cluster"
            raise self.rows.error(what, fix=fix)
        self.values = self.frame.melt(var_name="group", value_name="gene", ignore_index=False)
        self.values["gene"] = _labels(self.values["gene"])
        self.values = self.values.reset_index(drop=True)
        self.rows, self.columns = replace(self.rows, ranked=True), {}

    def take(self, role: Column, column: str | None) -> None:
        if column is not None:
            self.columns[role] = column

    def take_numbers(self, role: Column, column: str | None) -> None:
        if column is not None and not self.frame[column].map(is_missing).all():
            self.take(role, column)
            self.values[role] = values = self.rows.numbers(column)
            if role in ("adjusted_p", "p") and len(wrong := values.index[(values < 0) | (values > 1)]):
                what = f"expected a p value from 0 to 1, found '{self.frame.loc[wrong[0], column][:40]}'"
                fix = "give p values themselves, not their logarithms, and check that columns are under their names"
                raise self.rows.error(what, field=column, line=wrong[0], fix=fix)
        elif column is not None:
            self.told.append(f"'{column}' is empty, and not used")

    def named(self, role: Column) -> str | None:
        """The chosen column, else one with the first of the usual names that occurs. InputError for several."""
        if role in self.chosen:
            return self.chosen[role]
        for alias in NAMES[role]:
            if called := [column for column in self.free() if key(column) == alias]:
                return self.only(role, called)
        return None

    def free(self) -> list[str]:
        """The columns that have no role yet, and were not chosen for one."""
        taken = {*self.columns.values(), *self.chosen.values()}
        return [column for column in self.header if column not in taken]

    def only(self, role: str, columns: Sequence[str]) -> str:
        """The first of columns that say the same; the question which one is meant where they differ."""
        first, *others = columns
        if other := next((other for other in others if not self.frame[other].equals(self.frame[first])), None):
            words = role.replace("_", " ")
            what = f"the columns {listed(columns)} may each be that of the {words}"
            fix = f"say which it is: `--columns {role}={first}` or `--columns {role}={other}`"
            raise self.rows.error(what, field=role, fix=fix)
        return first

    # genes

    def gene_column(self) -> str | None:
        """The column with the most known identifiers; of those with nearly as many the one that is called so."""
        if "gene" in self.chosen:
            return self.chosen["gene"]
        free = [column for column in self.free() if not self.frame[column].map(is_missing).all()]
        if len(self.header) == 1:
            return self.header[0]
        order = [*NAMES["gene"], *NAMES["row_names"]]
        named = sorted((one for one in free if key(one) in order), key=lambda one: order.index(key(one)))
        able = [one for one in free if one in named or not self.rows.has_numbers(one)]
        able = [one for one in able if not are_row_numbers(self.frame[one])]
        found = {column: self.known_in(column) for column in able}
        most = max((len(genes) for genes, _ in found.values()), default=0)
        share = max((len(genes) / max(looked, 1) for genes, looked in found.values()), default=0)
        if share < 0.3:
            return next((column for column in named if column in able), None) or (named[0] if named else None)
        near = [column for column, (genes, _) in found.items() if len(genes) >= _ALIKE * most]
        column = next((column for column in named if column in near), None)
        if column is None and (len(near) == len(self.header) or (self.kind == "clusters" and len(near) > 1)):
            return None  # a column of genes for each cluster
        if column is None:
            column = self.same_genes(near)
        if column != next(iter(named), None):
            genes, looked = found[column]
            self.told.append(f"{_called(column)} has the most known genes: {len(genes):,} of {looked:,}")
        return column

    def known_in(self, column: str) -> tuple[set[str], int]:
        """The known genes among the identifiers of some rows of a column, and how many these are."""
        each = {cell for cell in self.sample[column] if not is_missing(cell)}
        return {gene for cell in each if (gene := self.known(cell))}, len(each)

    def same_genes(self, columns: Sequence[str]) -> str:
        """The first of columns with the same gene in most rows; the question which one is meant where they differ."""
        first, *others = columns
        for other in others:
            both = zip(self.sample[first], self.sample[other], strict=True)
            pairs = [(self.known(one), self.known(two)) for one, two in both]
            if 2 * sum(one == two for one, two in pairs) < len(pairs):
                self.only("gene", [first, other])
        return first

    def genes(self) -> pd.Series:
        """The genes of all rows, "" where there is none; X.1, where X is in the table, is a further row of X."""
        column = self.columns["gene"]
        genes = _labels(self.frame[column]).astype(str)
        if are_row_numbers(genes) and "gene" not in self.chosen:
            what = f"the {len(genes):,} genes are the numbers from {min(genes, key=int)} on: row numbers are no genes"
            fix = "say which column has the genes, such as `--columns gene=NAME`, or call it 'gene'"
            raise self.rows.error(what, field="gene", fix=fix)
        each = set(genes)
        stems = {one: match[1] for one in each if (match := re.fullmatch(r"(\S+)\.\d+", one)) and match[1] in each}
        stems = {one: stem for one, stem in stems.items() if self.known(stem)}
        if stems:
            self.told.append(f"a number behind a gene marks a further row of it: {some(list(stems))}")
        return genes.replace(stems)

    # numbers

    def take_change(self) -> None:
        """The log2 fold change: a column that is called so, or the logarithm of a fold change."""
        logarithm = None if "fold_change" in self.chosen else self.named("log2_fold_change")
        column = logarithm if logarithm is not None else self.named("fold_change")
        if column is not None and logarithm is None and not self.chosen and not self.rows.has_numbers(column):
            column = None  # a ratio such as 5/120
        self.take_numbers("log2_fold_change", column)
        if column is None or "log2_fold_change" not in self.columns:
            return
        change = self.values["log2_fold_change"]
        small = bool((change.abs() < 1).any())
        if key(column) == _NATURAL:
            self.values["log2_fold_change"] = change / math.log(2)
        elif logarithm is None and small and (change < 0).any():
            self.told.append(f"'{column}' has values between -1 and 1 and below 0, and is a logarithm")
        elif "fold_change" in self.chosen or (logarithm is None and not small):
            self.values["log2_fold_change"] = np.log2(change) if small else np.sign(change) * np.log2(change.abs())
            self.told.append(f"'{column}' is no logarithm, and its logarithm is taken")
        elif logarithm is None or not (small or "log2_fold_change" in self.chosen or self.is_filtered()):
            why = "has nothing below 0" if small else "has nothing between -1 and 1"
            what = f"'{column}' {why}, and may be a logarithm or the fold change itself"
            fix = f"say which: `--columns log2_fold_change={column}` or `--columns fold_change={column}`"
            raise self.rows.error(what, field=column, fix=fix)

    def is_filtered(self) -> bool:
        """Whether a table is short, or has no gene that is far from significant, and so may lack small changes."""
        values = [self.values[role].max() for role in ("adjusted_p", "p") if role in self.values]
        return len(self.frame) < 2 * _FEWEST_ROWS or max(values, default=0) <= MOST_OF_A_PART

    def take_statistic(self) -> None:
        """A column that is called so, and has the sign of the fold change, or, as F, falls as p rises."""
        if "statistic" in self.chosen:
            return self.take_numbers("statistic", self.chosen["statistic"])
        for alias in NAMES["statistic"]:
            called = [one for one in self.free() if key(one) == alias and self.rows.has_numbers(one)]
            fitting = [column for column in called if self.is_statistic(self.rows.numbers(column))]
            self.told += [
                f"'{one}' is no statistic: it does not go with the change" for one in called if one not in fitting
            ]
            if fitting:
                return self.take_numbers("statistic", self.only("statistic", fitting))
        return None

    def is_statistic(self, values: pd.Series) -> bool:
        if "log2_fold_change" not in self.values:
            return True
        change, p = self.values["log2_fold_change"], self.values.get("p", self.values.get("adjusted_p"))
        both = (values != 0) & (change != 0) & values.notna() & change.notna()
        agrees = not both.any() or (np.sign(values[both]) == np.sign(change[both])).mean() >= _AGREES
        if (values < 0).any() or p is None or p.nunique() < 2:
            return bool(agrees)
        return bool(values.rank().corr(p.rank()) < -0.5)

    # labels

    def splitters(self, role: Column) -> list[str]:
        """The columns that are called as groups or comparisons are, and may be: the chosen one, or each that fits."""
        if role in self.chosen:
            return [self.chosen[role]]
        called = [column for alias in NAMES[role] for column in self.free() if key(column) == alias]
        return [column for column in called if self.may_split(column, role)]

    def may_split(self, column: str, role: Column) -> bool:
        """Whether values are no status, which follows the sign, no names of genes, no numbers, and not many."""
        labels, are_numbers = _labels(self.frame[column]), self.rows.has_numbers(column)
        if are_numbers and (role == "comparison" or labels.str.contains(".", regex=False).any()):
            return False
        if role == "comparison" and 2 * labels.nunique() > len(labels):
            return False
        by_label = self.values["gene"].groupby(labels)
        if labels.nunique() > 2 and (by_label.nunique() == 1).all():
            return False
        change = self.values.get("log2_fold_change")
        if change is None or labels.nunique() > 4 or not ((change > 0).any() and (change < 0).any()):
            return True
        up = (change > 0).groupby(labels).mean()
        is_status = (up >= 0.99).any() and (up <= 0.01).any()
        if is_status:
            self.told.append(f"'{column}' follows the sign of the fold change, and tells no groups apart")
        return not is_status

    def comparison_columns(self) -> list[str]:
        """The columns of comparisons; beside groups only those that vary within one, or say what is compared."""
        found, group = self.splitters("comparison"), self.columns.get("group")
        if group is None or "comparison" in self.chosen:
            return found
        return [one for one in found if key(one) in _ALWAYS or self.varies_within(one, group)]

    def varies_within(self, column: str, group: str) -> bool:
        return bool((self.frame.groupby(group)[column].nunique() > 1).any())

    def kind_of_table(self, compared: Sequence[str]) -> str:
        """Markers of clusters, differential expression, or one list. InputError where the columns do not decide it."""
        has_change = "log2_fold_change" in self.columns and bool({"adjusted_p", "p"} & self.columns.keys())
        if {"gene", "group"} <= self.columns.keys() and not (has_change and compared):
            return "clusters"
        if has_change and "gene" in self.columns:
            return "differential"
        others = [column for column in self.header if column not in compared]
        ranks = "gene" in self.columns and {"statistic", "log2_fold_change"} & self.columns.keys()
        if len(others) == 1 or (len(others) == 2 and ranks):
            return "genes"
        raise self.rows.error(
            f"the columns {listed(self.header)} do not say which kind of gene list this is",
            field=None if "gene" in self.columns else "gene",
            fix="say what they are: `--columns gene=NAME,group=NAME` for markers of clusters, "
            "`--columns gene=NAME,log2_fold_change=NAME,adjusted_p=NAME` for differential expression, or "
            "`--columns gene=NAME,statistic=NAME` for a ranking; or give `--kind genes` for one list of its genes, "
            "`--kind clusters` for a column of genes for each cluster, or `--kind gmt` for sets with tabs",
        )

    def told_apart(self, splitting: Sequence[str]) -> list[str]:
        """The further columns, if any, whose values are blocks that repeat genes with other numbers.

        Raises the question what rows are where a gene has several, unless a column has another value in each row, as of
        probes: then a gene's strongest row counts.
        """
        within = [_labels(self.frame[column]) for column in splitting]
        keyed = pd.DataFrame({"gene": self.values["gene"], **{f"block {n}": one for n, one in enumerate(within)}})
        numbers = keyed.join(self.values[[role for role in STATISTICS if role in self.values]]).drop_duplicates()
        blocks = list(keyed.columns)
        repeats = numbers[(numbers["gene"] != "") & numbers.duplicated(blocks, keep=False)]
        repeated = list(dict.fromkeys(repeats["gene"]))
        if self.together:
            return []
        if not repeated:
            return [] if splitting else self.adjusted_apart()
        stand = counted(len(repeated), "gene stands", "genes stand")
        what = f"{stand} in several rows with other numbers ({some(repeated)})"
        if len(repeated) > _MOST_REPEATED * keyed["gene"].nunique():
            further = [column for column in self.header if column not in self.columns.values()]
            found = [column for column in further if self.tells_apart(column, keyed)]
            apart = [self.frame.groupby(column, sort=False).ngroup() for column in found]
            if any(not one.equals(apart[0]) for one in apart[1:]):
                fix = " or ".join(f"`--columns comparison={column}`" for column in found[:3])
                what += f", and each of {listed(found)} tells them apart"
                raise self.rows.error(what, field=found[0], fix=f"say what compares them: {fix}")
            if found:
                self.told.append(f"{what}, and '{found[0]}' tells these rows apart")
                return found[:1]
        if column := self.row_ids():
            self.told.append(f"{what}, one for each value of '{column}': of each gene the strongest row counts")
            return []
        fix = (
            "if the rows are of several comparisons, `--columns comparison=NAME` makes lists of each; if they are of "
            f"one, `--columns comparison={NO_COMPARISON}` takes the strongest row of a gene"
        )
        raise self.rows.error(what, field="gene", line=int(repeats.index[0]), fix=fix)

    def adjusted_apart(self) -> list[str]:
        """The column within whose values p was adjusted, and not for all rows; none where that does not show."""
        if not {"adjusted_p", "p"} <= self.columns.keys():
            return []
        p = self.values[["p", "adjusted_p"]].dropna()
        words = [one for one in self.header if one not in self.columns.values() and not self.rows.has_numbers(one)]
        for column in words if _error(p) > _ADJUSTED else []:
            labels = _labels(self.frame[column])
            if 2 <= labels.nunique() <= len(p) / _FEWEST_ROWS and p.groupby(labels).apply(_error).max() <= _ADJUSTED:
                self.told.append(f"p was adjusted within each value of '{column}'")
                return [column]
        return []

    def tells_apart(self, column: str, keyed: pd.DataFrame) -> bool:
        """Whether a column has few values, and no gene stands twice with the same one."""
        values = _labels(self.frame[column])
        few = 2 <= values.nunique() <= len(values) / _FEWEST_ROWS
        return few and not keyed.assign(value=values)[keyed["gene"] != ""].duplicated().any()

    def row_ids(self) -> str | None:
        """A column with another value in each row, which is not the gene's name with something behind it."""
        for column in self.header:
            cells, genes = self.frame[column], self.frame[self.columns["gene"]]
            is_gene = column == self.columns["gene"]
            if self.rows.has_numbers(column) or cells.nunique() < len(cells):
                continue
            if is_gene or not any(cell.startswith(gene) for cell, gene in zip(cells, genes, strict=True) if gene):
                return column
        return None

    def used(self, splitting: Sequence[str]) -> str:
        """A sentence that says which column has which role, and how many rows have a gene."""
        if not self.columns:
            return f"each of the {len(self.header)} columns is a cluster"
        pairs = [f"{role.replace('_', ' ')} from {_called(column)}" for role, column in self.columns.items()]
        taken = {*self.columns.values(), *splitting}
        others = [column for column in self.header if column not in taken]
        rows = f"{int((self.values['gene'] != '').sum()):,} of {counted(len(self.frame), 'row')} have a gene"
        return f"columns used: {', '.join(pairs)}; {rows}" + f"; not used: {listed(others)}" * bool(others)
