"""Genes that differ between two conditions: tables of DESeq2, edgeR, limma, Scanpy and Seurat."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from reasonome.apps.annotate.gene_list import GeneList, GeneLists, ListedGene, checked
from reasonome.apps.annotate.readers.columns import listed
from reasonome.apps.annotate.readers.direction import ends
from reasonome.apps.annotate.readers.table import Table, first_rows, listed_genes, repeated_genes, with_weights
from reasonome.config import Annotation
from reasonome.facts.text import counted, some

LOG2_FOLD_CHANGE = 1.0  # a factor of two, up or down
_NEEDED = ("gene", "adjusted_p", "log2_fold_change")


def read(table: Table, settings: Annotation) -> GeneLists:
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
    upwards, downwards = ends(table, settings.contrast)
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
        strength = -np.log10(rows["p"].fillna(rows["adjusted_p"]).clip(lower=np.finfo(float).tiny))
    signed = (strength * np.sign(rows["log2_fold_change"])).dropna().sort_values(ascending=False, kind="stable")
    return tuple(with_weights(rows.loc[signed.index], signed))


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
