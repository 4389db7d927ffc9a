"""Gene lists, with flags for what is odd about them: of clusters' markers, of one list in a file, and of a GMT."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pandas as pd

from reasonome.apps.annotate.table import (
    OPTIONS,
    STATISTICS,
    UNNAMED,
    Table,
    TextFile,
    first_rows,
    listed,
    unused,
)
from reasonome.apps.run import unused_name
from reasonome.config.annotations import Annotation, Column
from reasonome.core.errors import InputError
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.sources.gmt import ids_and_names, without_weight
from reasonome.facts.text import counted, some

FEWEST = 3  # genes; one or two have too many processes in common
MOST = 2_000  # genes; a tenth of the protein-coding ones, more than nearly all processes have

# UniProt accessions are missing: P2RY11 and B3GAT1 look like an accession and are symbols.
_KINDS = {
    "Ensembl id": re.compile(r"ENS[A-Z]*G\d{11}(\.\d+(_\d+)?)?(_PAR_Y)?", re.IGNORECASE),
    "Entrez id": re.compile(r"\d+(\.0)?|(NCBIGene|Entrez|GeneID):\d+", re.IGNORECASE),
    "HGNC id": re.compile(r"(HGNC:)+\d+", re.IGNORECASE),
    "MGI id": re.compile(r"(MGI:)+\d+", re.IGNORECASE),
}
LOG2_FOLD_CHANGE = 0.25  # the default of Seurat's FindAllMarkers
TOP = 100  # genes of a cluster
_RANKS: tuple[Column, ...] = ("statistic", "log2_fold_change")  # columns that rank genes, the best first
_ROW_NUMBERS = ("", "Unnamed: 0", "index")
_UPSIDE_DOWN = "if they are p values, the least significant gene stands first; rank by a statistic, or by -log10 p"


@dataclass(frozen=True)
class ListedGene:
    """One gene of a list: its identifier as written, and the number that ranks it (a fold change, a score), if any."""

    written: str
    weight: float | None = None


@dataclass(frozen=True)
class GeneList:
    """A user's gene set, as it stands in a file.

    `ranked` says that the first genes matter most; else their order means nothing. `flags` are warnings ("listed more
    than once: TP53"). A list with an `error` cannot be annotated; the text says why and what to do. `place` is where
    the list stands in the file: "line 12". `direction` says in words where its genes are higher.
    """

    name: str
    genes: tuple[ListedGene, ...]
    ranked: bool = False
    description: str = ""
    place: str = ""
    flags: tuple[str, ...] = ()
    error: str = ""
    direction: str = ""


@dataclass(frozen=True)
class GeneLists:
    """All lists of one file, or of one `comparison` in it.

    `notes` are sentences on how it was read, which are printed before the model runs.
    `universe` are the tested genes, where the file has them (all rows of a table of differential expression).
    `ranking` are all genes with a number, where the file ranks them, and `ends` say in words what its two ends are. A
    ranking with an error (`ranking_error`) cannot be analysed.
    """

    lists: tuple[GeneList, ...]
    kind: str
    notes: tuple[str, ...] = ()
    universe: tuple[str, ...] = field(default=(), repr=False)
    ranking: tuple[ListedGene, ...] = field(default=(), repr=False)
    ends: tuple[str, str] = ("", "")
    ranking_error: str = ""
    comparison: str = ""

    @property
    def can_be_tested(self) -> bool:
        """Whether any list, or the ranking, has no error; also where there is no ranking."""
        return not self.ranking_error or not all(one.error for one in self.lists)


def checked(
    name: str,
    genes: Iterable[ListedGene],
    ranked: bool = False,
    description: str = "",
    place: str = "",
    flags: Iterable[str] = (),
    empty: str = "there is no gene in this list: add its genes, or leave the list out",
    direction: str = "",
) -> GeneList:
    """The list with each gene once, at its first place, and its flags; with an error where it cannot be named.

    `empty` is the error of a list without genes.
    """
    genes = [replace(gene, written=gene.written.strip()) for gene in genes]
    counts = Counter(gene.written for gene in genes if gene.written)
    first = {gene.written: gene for gene in reversed(genes)}
    once = tuple(first[written] for written in counts)
    flags = list(flags)
    differing = {gene.written for gene in genes if gene.weight != first[gene.written].weight}
    repeated = [written for written, count in counts.items() if count > 1]
    if alike := [written for written in repeated if written not in differing]:
        flags.append(f"listed more than once: {some(alike)}")
    if others := [written for written in repeated if written in differing]:
        flags.append(f"listed more than once with other numbers, of which the first counts: {some(others)}")
    if len(kinds := Counter(map(_identifier_kind, counts))) > 1:
        flags.append(f"identifiers of several kinds: {', '.join(counted(n, kind) for kind, n in kinds.items())}")
    return GeneList(name, once, ranked, description, place, tuple(flags), _unusable(len(once), empty), direction)


def listed_genes(rows: pd.DataFrame, weights: pd.Series) -> list[ListedGene]:
    """The genes of rows of `statistics`; a missing or infinite weight, which JSON lacks, becomes None."""
    return [
        ListedGene(gene, float(weight) if math.isfinite(weight) else None)
        for gene, weight in zip(rows["gene"], weights, strict=True)
    ]


def uniquely_named(lists: Iterable[GeneList]) -> tuple[GeneList, ...]:
    """The lists; a list with the name of an earlier one is renamed to "name (2)" and so on, and gets a flag."""
    taken: set[str] = set()
    renamed = []
    for gene_list in lists:
        name = unused_name(gene_list.name, taken)
        taken.add(name)
        if name != gene_list.name:
            flag = f"another list is called '{gene_list.name}' too: this one is now '{name}'"
            gene_list = replace(gene_list, name=name, flags=(*gene_list.flags, flag))
        renamed.append(gene_list)
    return tuple(renamed)


def _identifier_kind(identifier: str) -> str:
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(identifier)), "symbol")


def _unusable(count: int, empty: str) -> str:
    if not count:
        return empty
    if count < FEWEST:
        return f"too few genes: {count}; {FEWEST} are the fewest that are tested"
    if count > MOST:
        return f"{count:,} genes are too many to have one function: filter them, to {MOST:,} at most"
    return ""


def read_clusters(table: Table, settings: Annotation) -> GeneLists:
    """One list for each cluster: its positive markers that pass the thresholds, the best first, `top` at most.

    The order is by score, else by adjusted p, p and fold change. A table without a column of clusters must have a
    column of genes for each cluster. Without fold changes and scores nothing says which genes go up. Rows without a
    cluster are in no list. Raises InputError.
    """
    if "group" not in table.columns:
        return _columns_of_genes(table, settings)
    of_genes = table.statistics()
    if of_genes.empty:
        raise table.error("there is no gene set in the table: no row has a gene", fix="give a column of genes")
    _refuse_merged(table)
    rows = of_genes[of_genes["group"] != ""]
    if rows.empty:
        fix = "name the cluster in each row, or say which column has it: `--columns group=NAME`"
        raise table.error("no row with a gene has a cluster", field=table.columns["group"], fix=fix)
    passing, rule = _passing(rows, table, settings)
    ranked = any(role in table.columns for role in STATISTICS)
    tells_up = any(role in table.columns for role in _RANKS)
    top = settings.top or TOP
    lists = []
    for group, group_rows in rows.groupby("group", sort=False):
        markers, keys = _best_first(passing[passing["group"] == group])
        best, flags = _first_genes(markers, keys if ranked else None, top, settings.seed)
        genes = listed_genes(best, best["log2_fold_change"].fillna(best["statistic"]))
        taken, pass_all, listed_all = (part["gene"].nunique() for part in (best, markers, group_rows))
        description = f"{taken:,} of {counted(pass_all, 'marker')} that pass, {listed_all:,} in the table"
        place = f"{'row' if table.file is None else 'line'} {group_rows.index[0]}"
        empty = f"none of {counted(len(group_rows), 'gene')} passes: loosen the thresholds, or leave this cluster out"
        name = _name(str(group))
        direction = f"higher in {name} than in the others" if tells_up else ""
        lists.append(checked(name, genes, ranked, description, place, flags, empty, direction))
    notes = [
        f"read as markers of {counted(len(lists), 'cluster')}",
        table.used(),
        f"{'markers that go up' if tells_up else 'genes'} are taken ({rule}), {top:,} of a cluster at most",
    ]
    if not tells_up:
        notes.append("where they are higher is unknown: there is no column of fold changes or scores")
    if "adjusted_p" not in table.columns and "p" in table.columns:
        notes.append(f"'{table.columns['p']}' was not looked at: it is not adjusted for many tests")
    if left_out := len(table.frame) - len(of_genes):
        notes.append(f"in no set: {counted(left_out, 'row')} without a gene")
    if left_out := len(of_genes) - len(rows):
        notes.append(f"in no set: {counted(left_out, 'row')} without a cluster")
    return _lists(lists, notes, table, settings)


def _refuse_merged(table: Table) -> None:
    """Raise InputError where most clusters are missing and no label stands in two rows on end, as of merged cells."""
    groups = table.groups()
    missing = groups.count("")
    repeated = any(group and group == above for above, group in pairwise(groups))
    if groups[0] and 2 * missing > len(groups) and not repeated:
        line = int(table.frame.index[groups.index("")])
        place = f"{'row' if table.file is None else 'line'} {line}"
        what = f"the cluster is missing in {missing:,} of {len(groups):,} rows, from {place} on"
        fix = (
            "fill the labels down: merged cells of a spreadsheet keep only the first; "
            "and delete the rows that are of no cluster"
        )
        raise InputError(what, file=table.file, line=line, field=table.columns["group"], fix=fix)


def _passing(rows: pd.DataFrame, table: Table, settings: Annotation) -> tuple[pd.DataFrame, str]:
    """The rows of upregulated markers that pass the thresholds, and the rule as text."""
    rule = []
    if "adjusted_p" in table.columns:
        rows = rows[rows["adjusted_p"] <= settings.adjusted_p]
        rule.append(f"adjusted p ≤ {settings.adjusted_p:g}")
    if "log2_fold_change" in table.columns:
        change = LOG2_FOLD_CHANGE if settings.log2_fold_change is None else settings.log2_fold_change
        rows = rows[(rows["log2_fold_change"] >= change) & (rows["log2_fold_change"] != 0)]
        rule.append(f"log2 fold change ≥ {change:g}")
    elif "statistic" in table.columns:
        rows = rows[rows["statistic"].isna() | (rows["statistic"] > 0)]
        rule.append(f"{table.columns['statistic']} > 0")
    return rows, " and ".join(rule) or "the table has no statistics to filter by"


def _best_first(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows, the best first, and what they are sorted by."""
    if rows["statistic"].notna().any():
        keys = rows[["statistic"]].fillna(0).sort_values("statistic", ascending=False, kind="stable")
    else:
        filled = rows.fillna({"adjusted_p": 1, "p": 1, "log2_fold_change": 0})
        by = ["adjusted_p", "p", "log2_fold_change"]
        keys = filled[by].sort_values(by, ascending=[True, True, False])
    return rows.loc[keys.index], keys


def _first_genes(rows: pd.DataFrame, keys: pd.DataFrame | None, top: int, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """All rows of the first `top` genes, each in the place of its first row, and flags.

    Genes that are equal by `keys` where the list is cut are drawn; without `keys` the order decides.
    """
    is_first = ~rows["gene"].duplicated()
    once = rows[is_first]
    taken, flags = (once[:top], []) if keys is None else first_rows(once, keys[is_first], top, seed)
    return rows[rows["gene"].isin(taken["gene"])], flags


def _columns_of_genes(table: Table, settings: Annotation) -> GeneLists:
    columns = [column for column in table.header if column not in _ROW_NUMBERS]
    if len(columns) < 2 or {"adjusted_p", "log2_fold_change"} & table.columns.keys():
        what = f"there are no clusters in the columns {listed(table.header)}"
        fix = "say which they are: `--columns gene=NAME,group=NAME`; or give a column of genes for each cluster"
        raise table.error(what, fix=fix)
    top = settings.top or TOP
    lists = []
    for place, column in enumerate(table.header):
        if column in columns:
            genes = [cell for cell in table.frame.iloc[:, place] if not is_missing(cell)]
            once = list(dict.fromkeys(genes))
            first = set(once[:top])
            description = f"{len(first):,} of {counted(len(once), 'gene')} in the table"
            taken = [ListedGene(gene) for gene in genes if gene in first]
            lists.append(checked(_name(column), taken, True, description))
    notes = [
        f"read as {counted(len(columns), 'column')} of genes, one list each, the first row the strongest",
        f"{top:,} genes of a list are taken at most",
    ]
    return _lists(lists, notes, table, settings)


def _lists(clusters: list[GeneList], notes: list[str], table: Table, settings: Annotation) -> GeneLists:
    lists = uniquely_named(clusters)
    notes += [f"{gene_list.name}: {gene_list.description or gene_list.error}" for gene_list in lists]
    unused_options = []
    for role in ("adjusted_p", "log2_fold_change"):
        if role not in table.columns:
            unused_options += unused(settings, f"the table has no column of the {role.replace('_', ' ')}", [role])
    unused_options += unused(settings, "markers are the genes that go up", ["split", "contrast"])
    unused_options += unused(settings, "it needs a number for all genes that were tested", ["gsea"])
    return GeneLists(lists, "clusters", (*notes, *unused_options))


def _name(group: str) -> str:
    return f"cluster {group}" if group.isdigit() else group


def read_genes(table: Table, settings: Annotation) -> GeneLists:
    """The list in a table's column of genes, by falling statistic or fold change.

    Without such a column it is ranked only if the table says so. Raises InputError where there is no gene.
    """
    rows = table.statistics()
    if rows.empty:
        raise table.error("there is no gene in the file", fix="write one gene a line")
    number: Column | None = next((role for role in _RANKS if role in table.columns), None)
    notes, flags = [f"read as one list of {counted(rows['gene'].nunique(), 'gene')}"], []
    if len(table.header) > 1:
        notes.append(table.used())
    ranking = ()
    if number:
        rows = rows.sort_values(number, ascending=False, kind="stable")
        numbered = rows[rows[number].notna()]
        ranking = tuple(map(ListedGene, numbered["gene"], numbered[number].tolist()))
        bare = list(rows.loc[rows[number].isna(), "gene"])
        flags = [f"without a number, and so last: {some(bare)}"] if bare else []
        notes.append("genes in the order of their number, the highest first")
        if table.columns[number] == UNNAMED and _may_be_p(numbered[number]):
            flags.append(f"all {len(numbered):,} numbers lie between 0 and 1: {_UPSIDE_DOWN}")
            notes.append(flags[-1])
    else:
        hint = "genes in no order: a line `# ranked` in the file says that the first ones matter most"
        notes.append("genes in the order of the file, which says that it is ranked" if table.ranked else hint)
    ranked = table.ranked or number is not None
    if ranked and settings.top is not None and settings.top < (total := rows["gene"].nunique()):
        notes.append(f"the first {settings.top:,} of {total:,} genes are taken")
        rows, drawn = _first_genes(rows, rows[[number]] if number else None, settings.top, settings.seed)
        flags += drawn
    if ranked:
        reason = "a ranking is one list, without p values and fold changes"
        used = {"top", "gsea"} if ranking else {"top"}
        unused_options = unused(settings, reason, [name for name in OPTIONS if name not in used])
    else:
        unused_options = unused(settings, "the list has no statistics and no order, and is taken whole")
    genes = listed_genes(rows, rows[number]) if number else list(map(ListedGene, rows["gene"]))
    lists = (checked(table.name, genes, ranked, flags=flags),)
    ends = ("at the top of the ranking", "at the bottom of the ranking")
    return GeneLists(lists, "genes", (*notes, *unused_options), ranking=ranking, ends=ends)


def _may_be_p(numbers: pd.Series) -> bool:
    """Whether numbers are from 0 to 1, and not only these two."""
    return bool(numbers.between(0, 1).all() and (numbers % 1 != 0).any())


def read_gmt(file: TextFile, settings: Annotation) -> GeneLists:
    """The sets of a GMT; one without genes is kept, with an error. (`facts.sources.gmt` is stricter.)

    A set whose first field is an id is called by the second, with the id behind it.

    Raises InputError for a line without tabs or without a name, and for a file without sets.
    """
    sets, weighted = [], 0
    for line, text in enumerate(file.lines, 1):
        if not text.strip():
            continue
        name, *rest = (field.strip() for field in text.split("\t"))
        if not (name and rest):
            what = f"expected name, description and genes, tab-separated; found '{text.strip()[:60]}'"
            fix = "put tabs between name, description and genes; give `--kind genes` for a list of one gene a line"
            raise InputError(what, file=file.path, line=line, fix=fix)
        genes = [without_weight(gene) for gene in rest[1:]]
        weighted += genes != rest[1:]
        sets.append((line, name, "" if is_missing(rest[0]) else rest[0], genes))
    called = ids_and_names([(name, description) for _, name, description, _ in sets])
    gene_lists = []
    for (line, name, description, genes), (set_id, set_name) in zip(sets, called, strict=True):
        if set_id:
            name, description = f"{set_name} ({set_id})", ""
        gene_lists.append(checked(name, map(ListedGene, genes), description=description, place=f"line {line}"))
    if not gene_lists:
        raise InputError("there is no gene set in the file", file=file.path, fix="give a file with one set a line")
    notes = [f"read as a GMT of {counted(len(gene_lists), 'gene set')}"]
    if weighted:
        notes.append(f"{counted(weighted, 'set has', 'sets have')} weights behind the genes, which do not count")
    unused_options = unused(settings, "a GMT has no statistics, and its sets are taken whole")
    return GeneLists(uniquely_named(gene_lists), "gmt", (*notes, *unused_options))
