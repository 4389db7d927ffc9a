"""Figures of enriched terms for a paper, drawn by GSEApy: PNG, PDF and SVG, of equal bytes for equal data."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gseapy
import matplotlib
import networkx
import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from reasonome.apps.annotate.enrichment import leading_terms
from reasonome.apps.annotate.gsea import RankedAnalysis, RankedTerm
from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.apps.run import unused_name
from reasonome.enrichment.term import EnrichedTerm
from reasonome.report.page_files import page_svg

FOLDER = "figures"
FORMATS: dict[str, dict[str, Any]] = {
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "png": {"metadata": {"Software": None}, "dpi": 180},
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
}
MOST_LISTS = 8  # whose terms are drawn
MOST_TERMS, MOST_NODES = 15, 20  # of a plot, and of a map
BEST_OF_EACH = 4  # terms of a list, where lists stand side by side
LEAST_JACCARD = 0.2  # of terms that a map joins
P, SMALLEST_P = "Adjusted P-value", 1e-300
LOG_P = "−log10 adjusted p"
_WIDTH, _LINES = 54, 3  # of a term's name: characters of a line, and lines
FOLD, NES = "fold enrichment", "normalised enrichment score"
_COLOURS = ["#2f7fc1", "#d0622b", "#1f9a73", "#b565a7", "#a8870f", "#c4506a", "#4f9aa8", "#5b8c2a"]
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "svg.fonttype": "none",
    "svg.hashsalt": "reasonome",
    "text.parse_math": False,  # a set may be called "$x$"
}


KINDS = DOTS, BARS, MAP, RUNNING = "dot plot", "bar plot", "map", "running scores"
SHOWN = (DOTS, RUNNING)  # what a page shows; it leads to the files of the others


class Drawn(NamedTuple):
    """A figure: the name of its files without ending, what it is, and its drawing for a page, "" for none."""

    name: str
    kind: str
    svg: str


def draw(
    records: Sequence[AnnotationRecord],
    terms: Mapping[str, Sequence[EnrichedTerm]],
    rankings: Sequence[RankedAnalysis],
    folder: Path,
) -> tuple[dict[str, list[Drawn]], str]:
    """The figures by a set's id, by the name of a ranking, and by "" of all sets; and what is not drawn, in words.

    They are written to `folder`, where figures of an earlier run are replaced: of the first MOST_LISTS sets and
    rankings with terms, from those that are not folded below another.
    """
    kinds, endings = "|".join(KINDS).replace(" ", "_"), "|".join(FORMATS)
    for old in folder.glob("*"):
        if re.fullmatch(rf"(.*_)?({kinds})( \(\d+\))?\.({endings})", old.name):
            old.unlink()
    leading = {record.id: leading_terms(terms.get(record.id, ())) for record in records}
    sets = [record for record in records if leading[record.id]]
    ranked = [analysis for analysis in rankings if analysis.leading or analysis.running]
    if not sets and not ranked:
        return {}, "no figures: no term is enriched"
    folder.mkdir(exist_ok=True)
    names: set[str] = set()
    found: dict[str, list[Drawn]] = {}

    def save(key: str, of: str, kind: str, figure: Figure) -> None:
        name = unused_name(re.sub(r"[^A-Za-z0-9]+", "_", f"{of[:80]} {kind}").strip("_"), names)
        names.add(name)
        svg = _saved(figure, folder / name, f"{of}: {kind}")
        found.setdefault(key, []).append(Drawn(name, kind, svg if kind in SHOWN else ""))

    with matplotlib.rc_context(_STYLE):
        for record in sets[:MOST_LISTS]:
            called = record.set if record.set.startswith(record.list) else f"{record.list} {record.set}"
            for kind, figure in _of_terms(_table(leading[record.id]), called, FOLD):
                save(record.id, called, kind, figure)
        for analysis in ranked[:MOST_LISTS]:
            called = f"{analysis.list} GSEA"
            if analysis.leading:
                for kind, figure in _of_terms(_table(analysis.leading), called, NES):
                    save(analysis.list, called, kind, figure)
            if analysis.running:
                save(analysis.list, called, RUNNING, _running(analysis))
        if len(sets) > 1:
            save("", "all sets", DOTS, _side_by_side(sets[:MOST_LISTS], leading))
    left = max(len(sets), len(ranked)) - MOST_LISTS
    return found, f"figures are of the first {MOST_LISTS} lists; tables have {left:,} more" if left > 0 else ""


def _saved(figure: Figure, stem: Path, told: str) -> str:
    """The drawing for a page, of a figure that is written in each format."""
    figure.draw_without_rendering()
    whole = figure.get_tightbbox().padded(0.1)
    for ending, options in FORMATS.items():
        figure.savefig(f"{stem}.{ending}", bbox_inches=whole, facecolor="white", **options)
    return page_svg(Path(f"{stem}.svg").read_text(encoding="utf-8"), stem.name, told)


def _labels(names: Sequence[tuple[str, str]]) -> list[str]:
    """What terms are called in a figure, by name and library: in lines, cut where it is too long, each only once."""
    labels: list[str] = []
    for name, library in names:
        of = f"({library})".replace(" ", "\u00a0")  # stays whole
        lines = textwrap.wrap(f"{name} {of}", _WIDTH, max_lines=_LINES, placeholder=f" … {of}")
        labels.append(unused_name("\n".join(lines), labels))
    return labels


def _table(terms: Sequence[EnrichedTerm] | Sequence[RankedTerm]) -> pd.DataFrame:
    """Terms with the columns that GSEApy's plots read; `x` is the axis of its dot plot."""
    return pd.DataFrame(map(_row, terms)).assign(Term=_labels([(term.name, term.library) for term in terms]))


def _row(term: EnrichedTerm | RankedTerm) -> dict[str, Any]:
    if isinstance(term, EnrichedTerm):
        p, genes, x = term.adjusted_p, term.genes, term.fold_enrichment
    else:
        p, genes, x = term.fdr, term.leading_edge, term.nes
    overlap = f"{len(genes)}/{term.size}"
    return {"Library": term.library, P: max(p, SMALLEST_P), "Overlap": overlap, "Genes": ";".join(genes), "x": x}


def _of_terms(table: pd.DataFrame, title: str, x: str) -> Iterator[tuple[str, Figure]]:
    """The figures of a list or ranking, each with what it is; `x` is what the dot plot's axis is called."""
    best = table.head(MOST_TERMS)
    yield DOTS, _dots(best, title, x)
    figure = _sized(best)
    gseapy.barplot(best, column=P, top_term=len(best), group="Library", color=_COLOURS, ax=figure.subplots())
    figure.axes[0].set_xlabel(LOG_P)
    yield BARS, _in_one_size(figure, title)
    if len(table) > 1:
        yield MAP, _map(table.head(MOST_NODES), title)


def _sized(table: pd.DataFrame) -> Figure:
    """A figure with as much room for each term as the one with the most lines takes."""
    terms = table["Term"].unique()
    lines = len(terms) * max(term.count("\n") + 1.4 for term in terms)
    return Figure(figsize=(4.5, max(4.2, 1 + 0.19 * lines)))


def _dots(table: pd.DataFrame, title: str, x: str = "", **options: Any) -> Figure:
    """GSEApy's dot plot, whose letters are all of one size."""
    figure = _sized(table)
    axes = figure.subplots()
    gseapy.dotplot(table, column=P, top_term=len(table), ax=axes, x="x", size=3, **options)
    axes.set(xlabel=x, ylim=(-0.7, table["Term"].nunique() - 0.3))
    if legend := axes.get_legend():
        legend.set_bbox_to_anchor((1.02, 1.04))
    figure.axes[1].set_title(LOG_P, loc="left", pad=12)
    for text in figure.findobj(Text):  # of the legend, which GSEApy writes as mathematics
        text.set_text(re.sub(r"\$\\mathdefault\{(.*)\}\$", r"\1 %", text.get_text()))
    return _in_one_size(figure, title)


def _in_one_size(figure: Figure, title: str) -> Figure:
    """The figure with its title and letters of one size."""
    for axes in figure.axes:
        axes.tick_params(labelsize=9)
    for text in figure.findobj(Text):
        text.set(fontsize=9, fontweight="normal")
    figure.axes[0].set_title("\n".join(textwrap.wrap(title, 60)), fontsize=10)
    return figure


def _side_by_side(sets: Sequence[AnnotationRecord], leading: Mapping[str, Sequence[EnrichedTerm]]) -> Figure:
    """The best terms of each set, a column a set, and a dot wherever one of them is enriched."""
    best = dict.fromkeys((term.library, term.id) for one in sets for term in leading[one.id][:BEST_OF_EACH])
    parts = []
    for number, one in enumerate(sets, 1):
        table = _table([term for term in leading[one.id] if (term.library, term.id) in best])
        column = "\n".join(textwrap.wrap(one.set, 24, max_lines=2, placeholder=" …"))
        parts.append(table.assign(x=f"{number}  {column}"))
    columns = [part["x"].iloc[0] for part in parts]
    return _dots(pd.concat(parts), "The best terms of each set", x_order=columns, xticklabels_rot=40)


def _running(analysis: RankedAnalysis) -> Figure:
    """The running scores of a ranking, by GSEApy, the highest NES first."""
    names = _labels([(one.term.name, one.term.library) for one in analysis.running])
    terms = [one.term for one in analysis.running]
    figure = Figure(figsize=(6.5, 5))
    empty = figure.subplots()
    gseapy.gseaplot2(
        [f"{name}\nNES {term.nes:+.2f}, FDR {term.fdr:.1e}" for name, term in zip(names, terms, strict=True)],
        [one.hits for one in analysis.running],
        [one.scores for one in analysis.running],
        rank_metric=analysis.weights,
        colors=_COLOURS,
        ax=empty,
        legend_kws={"loc": "upper left", "bbox_to_anchor": (1.15, 1), "frameon": False, "labelspacing": 0.9},
    )
    empty.remove()
    for filled in figure.findobj(PolyCollection):  # a point for each gene would make large files
        points = np.asarray(filled.get_paths()[0].vertices)
        filled.set_verts([points[:: max(1, len(points) // 2000)]])
    _in_one_size(figure, "")
    told = f"{analysis.list}\nleft: {analysis.ends[0]}; right: {analysis.ends[1]}"
    figure.axes[-2].set_title(told, fontsize=9)  # of the scores
    return figure


def _map(table: pd.DataFrame, title: str) -> Figure:
    """Terms as numbered circles, joined where they share genes of the list: larger the more genes, darker the surer."""
    _, shared = gseapy.enrichment_map(table, column=P, top_term=len(table))
    graph = networkx.Graph()
    graph.add_nodes_from(table["Term"])
    near = shared[shared["jaccard_coef"] >= LEAST_JACCARD]
    graph.add_weighted_edges_from(near[["src_name", "targ_name", "jaccard_coef"]].itertuples(index=False, name=None))
    apart = {one: {other: 1.0 - 0.7 * graph.has_edge(one, other) for other in graph} for one in graph}
    places = networkx.kamada_kawai_layout(graph, dist=apart)
    spots = np.array([places[term] for term in table["Term"]])
    counts, surest = table["Genes"].str.count(";") + 1, -np.log10(table[P])
    figure = Figure(figsize=(7, 5.5))
    axes = figure.subplots()
    for one, other, weight in near[["src_name", "targ_name", "jaccard_coef"]].itertuples(index=False, name=None):
        axes.plot(*np.array([places[one], places[other]]).T, color="#c3c9d0", linewidth=4 * weight, zorder=1)
    drawn = axes.scatter(*spots.T, s=150 + 500 * counts / counts.max(), c=surest, cmap="viridis_r", zorder=2)
    for number, (spot, shade) in enumerate(zip(spots, np.asarray(drawn.norm(surest)), strict=True), 1):
        colour = "white" if shade > 0.4 else "black"
        axes.annotate(str(number), spot, ha="center", va="center", fontsize=8, color=colour, zorder=3)
    key = [f"{number}  {term}" for number, term in enumerate(table["Term"].str.replace("\n", "\n      "), 1)]
    axes.text(1.02, 1, "\n".join(key), transform=axes.transAxes, va="top", fontsize=8, linespacing=1.4)
    axes.set(xticks=[], yticks=[])
    axes.margins(0.12)
    figure.colorbar(drawn, ax=axes, location="bottom", shrink=0.4, pad=0.03, label=LOG_P)
    axes.set_title("\n".join(textwrap.wrap(f"{title}: terms that share genes", 70)), fontsize=10)
    return figure
