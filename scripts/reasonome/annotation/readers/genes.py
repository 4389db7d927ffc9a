"""A list of genes, named as its file; a number behind the gene ranks it."""

import math

from reasonome.annotation.gene_list import GeneLists, ListedGene, checked, counted, some
from reasonome.annotation.readers.options import OPTIONS, unused
from reasonome.annotation.readers.table import Table
from reasonome.config import Annotation

KIND = "genes"


def read(table: Table, settings: Annotation) -> GeneLists:
    """The list of a table's column of genes: in the order of its statistic or fold change, the highest first.

    Without such a column the first genes matter most if the table says so, else none does. InputError where there is
    no gene.
    """
    rows = table.statistics()
    if rows.empty:
        raise table.error("there is no gene in the file", fix="write one gene a line")
    number = next((role for role in ("statistic", "log2_fold_change") if role in table.columns), None)
    told, flags = [f"read as one list of {counted(len(rows), 'gene')}"], []
    if len(table.header) > 1:
        told.append(table.used())
    if number:
        rows = rows.rename(columns={number: "weight"}).sort_values("weight", ascending=False, kind="stable")
        bare = list(rows.loc[rows["weight"].isna(), "gene"])
        flags = [f"without a number, and so last: {some(bare)}"] if bare else []
        genes = [_weighted(gene, weight) for gene, weight in zip(rows["gene"], rows["weight"], strict=True)]
        told.append("genes in the order of their number, the highest first")
    else:
        genes = list(map(ListedGene, rows["gene"]))
        hint = "genes in no order: a line `# ranked` in the file says that the first ones matter most"
        told.append("genes in the order of the file, which says that it is ranked" if table.ranked else hint)
    ranked = table.ranked or number is not None
    if ranked and settings.top is not None and settings.top < len(genes):
        told.append(f"the first {settings.top:,} of {len(genes):,} genes are taken")
        genes = genes[: settings.top]
    if ranked:
        reason = "a ranking is one list, without p values and fold changes"
        idle = unused(settings, reason, [name for name in OPTIONS if name != "top"])
    else:
        idle = unused(settings, "the list has no statistics and no order, and is taken whole")
    return GeneLists((checked(table.name, genes, ranked, flags=flags),), KIND, (*told, *idle))


def _weighted(gene: str, weight: float) -> ListedGene:
    """The gene with its weight, unless that is infinite, which JSON cannot say."""
    return ListedGene(gene, float(weight) if math.isfinite(weight) else None)
