"""What users give: files, and tables in memory. Tells their kind, and reads the gene lists in them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeGuard

import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from reasonome.apps.annotate.columns import Known, read_columns, read_genes
from reasonome.apps.annotate.files import Rows, TextFile, is_gmt, names_genes, parse_rows, plain_frame, read_file
from reasonome.apps.annotate.from_table import lists_of
from reasonome.apps.annotate.lists import GeneLists, ListedGene, checked, uniquely_named
from reasonome.config.annotations import Annotation
from reasonome.core.errors import InputError
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.sources.gmt import genes_as_descriptions, ids_and_names, no_descriptions, without_weight
from reasonome.facts.text import counted, some

_STATISTICS = ("scores", "logfoldchanges", "pvals", "pvals_adj")
# Kind of lists → the settings that have no effect on them.
_IGNORED = {
    "differential": (),
    "clusters": ("contrast", "gsea", "split"),
    "genes": ("contrast", "adjusted_p", "log2_fold_change", "split"),
    "gmt": ("contrast", "adjusted_p", "log2_fold_change", "split", "top", "gsea"),
}
_REST = "rest"  # what Scanpy compares a group with, unless told otherwise


class AnnData(Protocol):
    """An AnnData, as far as it is read: what Scanpy's analyses left."""

    uns: Mapping[str, Any]


def read_gene_lists(path: Path, settings: Annotation, known: Known) -> list[GeneLists]:
    """The gene lists of a file, plain or gzipped, for each comparison in it apart; `notes` say how it was read.

    The settings decide its kind, else the ending .gmt, else the columns, by what stands in them, where `known` says
    which gene an identifier is. Lists that cannot be annotated are kept, with an error. Raises InputError.
    """
    file = read_file(path, settings.kind == "gmt" or (settings.kind is None and is_gmt(path)))
    if file.sets:
        parts = [_read_gmt(file, settings, known)]
    else:
        parts = _read(parse_rows(file, settings.columns.values()), settings, known)
    return [replace(parts[0], notes=(*parts[0].notes, *file.notes)), *parts[1:]]


def read_memory(data: Any, name: str, settings: Annotation, known: Known) -> list[GeneLists]:
    """As `read_gene_lists`, of a DataFrame, a Series or an AnnData on which Scanpy's rank_genes_groups has run."""
    frame = anndata_markers(data) if is_anndata(data) else data
    return _read(_rows_of(frame, name), settings, known)


def read_universe(path: Path, known: Known) -> tuple[list[str], str]:
    """The tested genes in a file, and the SHA-256 of its bytes.

    The file has a gene a line, which a number may follow, or is a table with a column of genes or of row names. It is
    read only once, because it may be a pipe. Raises InputError as for tables, and for a file without genes.
    """
    file = read_file(path)
    settings = Annotation.model_validate({"sets": ["any"], "kind": "genes"})
    return read_genes(parse_rows(file, ()), settings, known), file.sha256


def _read(rows: Rows, settings: Annotation, known: Known) -> list[GeneLists]:
    """The lists of each comparison in a table; of markers of clusters, of each in which a cluster has some."""
    reading = read_columns(rows, settings, known)
    parts = [replace(lists_of(part, settings), comparison=name) for name, part in reading.comparisons()]
    told = [f"{parts[0].notes[0]}; {reading.told[0]}", *reading.told[1:]]
    if len(parts) > 1:
        names = some([part.comparison for part in parts])
        columns = " and ".join(map(repr, reading.splitting))
        told.insert(0, f"{counted(len(parts), 'comparison')} by {columns}, each with its own lists: {names}")
    first, *others = parts
    # What holds of all of them is said once.
    others = [replace(part, notes=tuple(said for said in part.notes if said not in first.notes)) for part in others]
    ignored = _unused(settings, reading.kind if first.ranking or reading.kind != "genes" else "gmt")
    return [replace(first, notes=(*told, *first.notes[1:], *ignored)), *others]


def _unused(settings: Annotation, kind: str) -> list[str]:
    """A sentence on the options that were set and have no effect on lists of a kind; [] without any."""
    wanted = Annotation.model_fields
    ignored = [name for name in _IGNORED[kind] if getattr(settings, name) not in (wanted[name].default, None, False)]
    if "split" in _IGNORED[kind] and not settings.split:
        ignored.append("together")
    options = ", ".join(f"--{name.replace('_', '-')}" for name in ignored)
    return [f"not used: {options}, which lists of this kind have no use for"] if ignored else []


def _rows_of(data: pd.DataFrame | pd.Series, name: str) -> Rows:
    """A DataFrame or Series as a table of text, called `name`.

    The index becomes the column of row names, unless it only numbers the rows. A Series of numbers ranks the genes in
    its index, unless that only numbers the rows or the Series is named as a column of genes. Raises InputError for an
    empty one.
    """
    numbered = isinstance(data.index, pd.RangeIndex)
    if isinstance(data, pd.Series):
        ranks = is_numeric_dtype(data) and not numbered and not names_genes(str(data.name))
        numbered = not ranks
        frame = data.to_frame("score" if ranks and data.name is None else data.name)
    else:
        numbered = not data.index.name and (numbered or is_integer_dtype(data.index))
        frame = data
    if not len(frame):
        raise InputError(f"there are no rows in the table '{name}'", fix="give a table with at least one gene")
    text = frame.astype(object).where(frame.notna(), "").astype(str).set_axis(list(map(str, frame.columns)), axis=1)
    if not numbered:
        text.insert(0, "", frame.index.astype(str), allow_duplicates=True)
    text = text.map(str.strip)  # as cells of files
    text.index = pd.RangeIndex(1, len(text) + 1)
    return Rows(name, plain_frame(text))


def is_anndata(data: object) -> TypeGuard[AnnData]:
    """Whether this has the attribute `uns` of an AnnData."""
    return hasattr(data, "uns")


def anndata_markers(adata: AnnData) -> pd.DataFrame:
    """The marker genes that Scanpy's `rank_genes_groups` wrote to `adata.uns`, a row for each gene of each group.

    Groups that were compared with another one, and not with the rest, are comparisons with it. Raises InputError where
    there are none.
    """
    key = "rank_genes_groups"
    ranked = adata.uns.get(key, {})
    if "names" not in ranked:
        entries = ", ".join(map(str, adata.uns)) or "nothing"
        what = f"there is no '{key}' with names of genes in adata.uns, only {entries}"
        raise InputError(what, field="sets", fix="run scanpy.tl.rank_genes_groups(adata, ...) first")
    kept = [statistic for statistic in _STATISTICS if statistic in ranked]
    reference = ranked.get("params", {}).get("reference", _REST)

    def called(group: str) -> dict[str, str]:
        return {"group": group} if reference == _REST else {"contrast": f"{group} vs {reference}"}

    parts = [
        pd.DataFrame(called(group) | {"names": ranked["names"][group]} | {key: ranked[key][group] for key in kept})
        for group in ranked["names"].dtype.names
    ]
    return pd.concat(parts, ignore_index=True)


def _read_gmt(file: TextFile, settings: Annotation, known: Known) -> GeneLists:
    """The sets of a GMT; one without genes is kept, with an error. (`facts.sources.gmt` is stricter.)

    A set whose first field is an id is called by the second, with the id behind it.

    Raises InputError for a line without tabs or without a name, for a file without sets, and for one without
    descriptions, whose sets would lose their first gene.
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
    first = [(name, description, genes[0]) for _, name, description, genes in sets if genes]
    if genes_as_descriptions(first, lambda text: known(text) is not None):
        raise no_descriptions(file.path)
    if not gene_lists:
        raise InputError("there is no gene set in the file", file=file.path, fix="give a file with one set a line")
    notes = [f"read as a GMT of {counted(len(gene_lists), 'gene set')}"]
    if weighted:
        notes.append(f"{counted(weighted, 'set has', 'sets have')} weights behind the genes, which do not count")
    return GeneLists(uniquely_named(gene_lists), "gmt", (*notes, *_unused(settings, "gmt")))
