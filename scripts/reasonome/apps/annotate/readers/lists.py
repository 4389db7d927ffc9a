"""Lists of genes: a file with one list, perhaps ranked by a number, and the sets of a GMT."""

import pandas as pd

from reasonome.apps.annotate.gene_list import GeneLists, ListedGene, checked, uniquely_named
from reasonome.apps.annotate.readers.files import TextFile
from reasonome.apps.annotate.readers.table import OPTIONS, UNNAMED, Table, first_rows, listed_genes, unused, with_weights
from reasonome.config import Annotation
from reasonome.core.errors import InputError
from reasonome.facts.sources.gmt import id_and_name, without_weight
from reasonome.facts.text import counted, some

_UPSIDE_DOWN = "if they are p values, the least significant gene stands first; rank by a statistic, or by -log10 p"


def read_genes(table: Table, settings: Annotation) -> GeneLists:
    """The list in a table's column of genes, by falling statistic or fold change.

    Without such a column it is ranked only if the table says so. Raises InputError where there is no gene.
    """
    rows = table.statistics()
    if rows.empty:
        raise table.error("there is no gene in the file", fix="write one gene a line")
    number = next((role for role in ("statistic", "log2_fold_change") if role in table.columns), None)
    notes, flags = [f"read as one list of {counted(rows['gene'].nunique(), 'gene')}"], []
    if len(table.header) > 1:
        notes.append(table.used())
    ranking = ()
    if number:
        rows = rows.sort_values(number, ascending=False, kind="stable")
        numbered = rows[rows[number].notna()]
        ranking = tuple(with_weights(numbered, numbered[number]))
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
    if ranked and settings.top is not None and settings.top < len(rows):
        notes.append(f"the first {settings.top:,} of {len(rows):,} genes are taken")
        if number:
            rows, drawn = first_rows(rows, rows[[number]], settings.top, settings.seed)
            flags += drawn
        rows = rows[: settings.top]
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
    gene_lists, weighted = [], 0
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
        description = rest[0] if rest[0] != "na" else ""
        set_id, set_name = id_and_name(name, description)
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
