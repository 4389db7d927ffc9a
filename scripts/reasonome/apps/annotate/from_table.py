"""The gene lists of a table: markers of clusters, differential expression, or one list."""

import math
import re

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from reasonome.apps.annotate.columns import MOST_OF_A_PART, STATISTICS, Reading, listed
from reasonome.apps.annotate.files import UNNAMED
from reasonome.apps.annotate.lists import GeneLists, ListedGene, checked, uniquely_named
from reasonome.config.annotations import Annotation, Column, conditions
from reasonome.facts.text import counted, some

CHANGES = {"clusters": 0.25, "differential": 1.0}  # the least log2 fold change: as Seurat's FindAllMarkers, and twofold
TOP = 100  # genes of a cluster
UNKNOWN = "the file does not say which condition that is"
_UPSIDE_DOWN = "if they are p values, the least significant gene stands first; rank by a statistic, or by -log10 p"
_VERSUS = re.compile(r"[_.]vs[_.]", re.IGNORECASE)


def lists_of(reading: Reading, settings: Annotation) -> GeneLists:
    """The lists of one comparison, or of a table that has no several. Raises InputError where there is no gene."""
    if reading.genes.empty:
        fix = "write one gene a line, or give a table with a column called 'gene'"
        raise reading.rows.error("there is no gene in the file", field="gene", fix=fix)
    return {"clusters": _clusters, "differential": _differential, "genes": _one_list}[reading.kind](reading, settings)


def _clusters(reading: Reading, settings: Annotation) -> GeneLists:
    """One list for each cluster: its positive markers that pass the thresholds, the best first, `top` at most.

    The order is by score, else by adjusted p, p and fold change, else that of a ranked table; a list without order is
    whole. Without fold changes and scores nothing says which genes go up. Rows without a cluster are in no list.
    """
    of_genes, columns = reading.genes, reading.columns
    rows = of_genes[of_genes["group"] != ""]
    if rows.empty:
        fix = "name the cluster in each row, or say which column has it: `--columns group=NAME`"
        raise reading.rows.error("no row with a gene has a cluster", field=columns.get("group"), fix=fix)
    passing, rule = _markers(reading, rows, settings)
    ranked = reading.rows.ranked or any(role in columns for role in STATISTICS)
    tells_up = "statistic" in columns or "log2_fold_change" in columns
    top, lists = settings.top or TOP, []
    for group, group_rows in rows.groupby("group", sort=False):
        markers, keys = _best_first(passing[passing["group"] == group])
        once = ~markers["gene"].duplicated()
        best, flags = _first(markers[once], keys[once], top, settings.seed) if ranked else (markers[once], [])
        best = markers[markers["gene"].isin(best["gene"])]
        name = f"cluster {group}" if str(group).isdigit() else str(group)
        gene_list = checked(
            name,
            _listed(best, best["log2_fold_change"].fillna(best["statistic"])),
            ranked,
            f"{best['gene'].nunique():,} of {counted(once.sum(), 'marker')} that pass, "
            f"{group_rows['gene'].nunique():,} in the table",
            reading.rows.place(group_rows.index[0]) if "group" in columns else "",
            flags,
            f"none of {counted(len(group_rows), 'gene')} passes: loosen the thresholds, or leave this cluster out",
            f"higher in {name} than in the others" if tells_up else "",
        )
        lists.append(gene_list)
    taken = f"{'markers that go up' if tells_up else 'genes'} are taken ({rule})"
    notes = [
        f"read as markers of {counted(len(lists), 'cluster')}",
        f"{taken}, {top:,} of a cluster at most" if ranked else f"{taken}; they have no order, and lists are whole",
    ]
    if not tells_up:
        notes.append("where they are higher is unknown: there is no column of fold changes or scores")
    if "adjusted_p" not in columns and "p" in columns:
        notes.append(f"'{columns['p']}' was not looked at: it is not adjusted for many tests")
    if "group" in columns and (left_out := len(reading.rows.frame) - len(rows)):
        notes.append(f"in no set: {counted(left_out, 'row')} without a gene or a cluster")
    named = uniquely_named(lists)
    notes += [f"{gene_list.name}: {gene_list.description or gene_list.error}" for gene_list in named]
    return GeneLists(named, "clusters", tuple(notes))


def _markers(reading: Reading, rows: pd.DataFrame, settings: Annotation) -> tuple[pd.DataFrame, str]:
    """The rows of markers that go up and pass the thresholds, and the rule as text."""
    rule = []
    if "adjusted_p" in reading.columns:
        rows = rows[rows["adjusted_p"] <= settings.adjusted_p]
        rule.append(f"adjusted p ≤ {settings.adjusted_p:g}")
    if "log2_fold_change" in reading.columns:
        least, change = _least_change(reading, settings), rows["log2_fold_change"]
        # Of scaled data Scanpy has no fold changes of most genes: the logarithm of a mean below 0.
        lacks = reading.genes["log2_fold_change"].isna().mean() > 0.5
        by_score = change.isna() & (rows["statistic"] > 0) & lacks
        rows = rows[((change >= least) & (change != 0)) | by_score]
        rule.append(f"log2 fold change ≥ {least:g}")
        if by_score.any():
            rule[-1] += f" or, in {counted(by_score.sum(), 'row')} without one, {reading.columns['statistic']} > 0"
    elif "statistic" in reading.columns:
        rows = rows[rows["statistic"].isna() | (rows["statistic"] > 0)]
        rule.append(f"{reading.columns['statistic']} > 0")
    return rows, " and ".join(rule) or "the table has no statistics to filter by"


def _least_change(reading: Reading, settings: Annotation) -> float:
    return CHANGES[reading.kind] if settings.log2_fold_change is None else settings.log2_fold_change


def _best_first(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows, the best first, and what they are sorted by."""
    by = ["adjusted_p", "p", "log2_fold_change"]
    if rows["statistic"].notna().any():
        keys = rows[["statistic"]].fillna(0).sort_values("statistic", ascending=False, kind="stable")
    elif rows[by].notna().any(axis=None):
        filled = rows.fillna({"adjusted_p": 1, "p": 1, "log2_fold_change": 0})
        keys = filled[by].sort_values(by, ascending=[True, True, False])
    else:
        keys = pd.DataFrame({"place": range(len(rows))}, rows.index)
    return rows.loc[keys.index], keys


def _first(rows: pd.DataFrame, keys: pd.DataFrame, top: int | None, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """The first `top` of rows that are sorted by `keys`, and flags.

    Of rows that are equal to the last one in these, as many as there is room for are drawn at random.
    """
    if top is None or top >= len(rows):
        return rows, []
    tied = np.flatnonzero((keys == keys.iloc[top - 1]).all(axis=1))
    if not len(tied) or tied[-1] < top:
        return rows[:top], []
    room = top - int(tied[0])
    drawn = np.random.default_rng(seed).choice(tied, room, replace=False)
    flag = f"{len(tied):,} genes are equal where the list is cut: {room:,} of them were drawn at random"
    return rows.iloc[[*range(tied[0]), *sorted(drawn)]], [flag]


def _listed(rows: pd.DataFrame, weights: pd.Series) -> list[ListedGene]:
    """The genes of rows; a missing or infinite weight, which JSON lacks, becomes None."""
    return [
        ListedGene(gene, float(weight) if math.isfinite(weight) else None)
        for gene, weight in zip(rows["gene"], weights, strict=True)
    ]


def _differential(reading: Reading, settings: Annotation) -> GeneLists:
    """The genes that pass the thresholds, by falling |statistic|, else |log2 fold change|: one list, or up and down.

    The universe are the genes with a p value, or an adjusted one: independent filtering removes only the adjusted one,
    and genes without any were not tested. A table that holds only what passed has neither universe nor ranking. Genes
    are ranked by their statistic, or else by -log10 p, with the sign of their change. Without adjusted p it is computed
    from all p (Benjamini-Hochberg). Raises InputError.
    """
    table, rows = reading.rows, reading.genes
    if missing := [role for role in ("gene", "log2_fold_change") if role not in reading.columns]:
        wanted = " or the ".join(missing).replace("_", " ")
        what = f"there is no column of the {wanted} among {listed(list(map(str, table.frame)))}"
        fix = f"say which it is, such as `--columns {missing[0]}=NAME`; DESeq2 calls them gene, padj, log2FoldChange"
        raise table.error(what, field=missing[0], fix=fix)
    is_part = bool(rows[["adjusted_p", "p"]].max().max() <= min(settings.adjusted_p, MOST_OF_A_PART))
    told = []
    if "adjusted_p" not in reading.columns:
        rows = _adjusted(reading, is_part)
        told.append(f"adjusted p (Benjamini-Hochberg) was computed from all of '{reading.columns['p']}'")
    if rows["adjusted_p"].isna().all():
        fix = "export the table again with adjusted p values; DESeq2 leaves them out of genes with few counts only"
        raise table.error("no gene has an adjusted p value", field=reading.columns["adjusted_p"], fix=fix)
    least, change = _least_change(reading, settings), rows["log2_fold_change"]
    rule = f"adjusted p ≤ {settings.adjusted_p:g} and |log2 fold change| ≥ {least:g}"
    passing = rows[(rows["adjusted_p"] <= settings.adjusted_p) & (change.abs() >= least) & (change != 0)]
    keys = pd.DataFrame({"statistic": passing["statistic"].abs(), "change": passing["log2_fold_change"].abs()})
    keys = keys.fillna({"statistic": -math.inf}).sort_values(["statistic", "change"], ascending=False)
    passing = passing.loc[keys.index].drop_duplicates("gene") if not settings.split else passing.loc[keys.index]
    up, down = (passing[passing["log2_fold_change"] * sign > 0].drop_duplicates("gene") for sign in (1, -1))
    ends = _ends(reading, settings.contrast)
    parts = [(f"{table.name} up", up, ends[0]), (f"{table.name} down", down, ends[1])]
    if not settings.split:
        parts = [(table.name, passing, "up and down together")]
    genes = counted(rows["gene"].nunique(), "gene")
    notes = [f"read as differential expression of {genes}", *told]
    passed = f"{passing['gene'].nunique():,} of {genes} pass ({rule})"
    notes.append(f"{passed}: {len(up):,} up, {len(down):,} down")
    if unknown := len(table.frame) - int((rows["adjusted_p"].notna() & change.notna()).sum()):
        notes.append(f"in no set: {counted(unknown, 'row')} without a gene, an adjusted p value or a fold change (NA)")
    if settings.top is not None:
        by = f"|{reading.columns['statistic']}|" if "statistic" in reading.columns else "|log2 fold change|"
        notes.append(f"{counted(settings.top, 'gene')} of a list at most, those of the largest {by}")
    both = set(up["gene"]) & set(down["gene"])
    lists = []
    for name, part, direction in parts:
        taken, flags = _first(part, keys.loc[part.index], settings.top, settings.seed)
        if found := [gene for gene in taken["gene"] if gene in both]:
            flags.append(f"in the table as up and as down: {some(found)}")
        flags += [_only_passed(settings)] if is_part else []
        gene_list = checked(
            name,
            _listed(taken, taken["log2_fold_change"].fillna(taken["statistic"])),
            ranked=True,
            description=f"{len(taken):,} of {counted(len(part), 'gene')} with {rule}",
            flags=flags,
            empty=f"no gene passes ({rule}): loosen the thresholds",
            direction=direction,
        )
        lists.append(gene_list)
    notes.append(ends[0])
    if is_part:
        return GeneLists(tuple(lists), "differential", (*notes, _only_passed(settings)), ends=ends)
    tested, sentence = _tested(rows)
    universe = tuple(dict.fromkeys(tested["gene"]))
    return GeneLists(tuple(lists), "differential", (*notes, sentence), universe, _ranking(tested), ends)


def _only_passed(settings: Annotation) -> str:
    return (
        f"the table holds only genes that passed (no p above {settings.adjusted_p:g}), and not all that were tested: "
        "give these by --universe, or the whole table; there is no GSEA of it"
    )


def _adjusted(reading: Reading, is_part: bool) -> pd.DataFrame:
    """The rows with adjusted p (Benjamini-Hochberg), which needs the p of all tested genes."""
    rows, p = reading.genes, reading.genes["p"]
    if is_part or p.isna().all():
        what = "there are p values without adjusted ones, and only of genes that passed"
        fix = "give the table of all tested genes, or say which column is adjusted: `--columns adjusted_p=NAME`"
        raise reading.rows.error(what, field="adjusted_p", fix=fix)
    return rows.assign(adjusted_p=pd.Series(false_discovery_control(p.dropna()), p.dropna().index))


def _ranking(rows: pd.DataFrame) -> tuple[ListedGene, ...]:
    """The rows' genes with what ranks them for GSEA, from the most upwards to the most downwards.

    An infinite change, of a gene that one condition lacks, is the strongest.
    """
    change, strength = rows["log2_fold_change"], rows["statistic"].abs()
    if strength.isna().all():
        p = rows["p"].fillna(rows["adjusted_p"]).clip(lower=np.finfo(float).tiny)
        strength = pd.Series(-np.log10(p), rows.index)
    strength = strength.mask(strength.isna() & np.isinf(change), np.inf)
    signed = (strength * np.sign(change)).dropna().sort_values(ascending=False, kind="stable")
    return tuple(map(ListedGene, rows.loc[signed.index, "gene"], signed.tolist()))


def _tested(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of the tested genes, and a sentence that says which they are."""
    value = "a p value" if rows["p"].notna().any() else "an adjusted p value"
    tested = rows[rows["p"].notna() | rows["adjusted_p"].notna()]
    genes = counted(tested["gene"].nunique(), "gene")
    sentence = f"tested, and so the universe unless `--universe` is given: {genes} with {value}"
    if filtered := int(tested["adjusted_p"].isna().sum()):
        sentence += f", {filtered:,} of them without an adjusted one, which a filter took"
    if untested := len(rows) - len(tested):
        sentence += f"; not known to be tested: {counted(untested, 'row')} without one"
    return tested, sentence


def _ends(reading: Reading, contrast: str | None) -> tuple[str, str]:
    """What genes with a positive and a negative change are, in words.

    `contrast` ("treated vs control") decides, else a column of comparisons with such a text alone, else, where there is
    no such column, one of groups with a single one. Raises InputError where that column says something else than
    `contrast`; it may have a factor in front, as in condition_treated_vs_control.
    """
    sides = conditions(contrast) if contrast is not None else []
    for column in reading.compared:
        texts = set(reading.rows.frame[column])
        told = conditions(_VERSUS.sub(" vs ", texts.pop()))
        if texts or len(told) != 2 or not all(told):
            continue
        plain = [re.sub(r"[\s_]", "", one.casefold()) for one in (*told, *sides)]  # signs stay: CD4+ and CD4-
        behind_factor = bool(sides) and told[0].casefold().endswith(f"_{sides[0].casefold()}")
        if sides and not ((plain[0] == plain[2] or behind_factor) and plain[1] == plain[3]):
            what = f"this column says {' vs '.join(told)}, and --contrast {' vs '.join(sides)}"
            fix = "leave --contrast out, or write it as the table has it"
            raise reading.rows.error(what, field=column, fix=fix)
        sides = sides or told
    groups = set(reading.genes["group"]) - {""}
    if sides or (len(groups) == 1 and not reading.compared):
        first, second = sides or [groups.pop(), "the others"]
        return f"higher in {first} than in {second}", f"lower in {first} than in {second}"
    return f"up = positive log2 fold change; {UNKNOWN}", f"down = negative log2 fold change; {UNKNOWN}"


def _one_list(reading: Reading, settings: Annotation) -> GeneLists:
    """The list in a table's column of genes, by falling statistic or fold change.

    Without such a column it is ranked only if the table says so.
    """
    rows, columns = reading.genes, reading.columns
    roles: tuple[Column, ...] = ("statistic", "log2_fold_change")
    number: Column | None = next((role for role in roles if role in columns), None)
    notes, flags, ranking = [f"read as one list of {counted(rows['gene'].nunique(), 'gene')}"], [], ()
    if number:
        rows = rows.sort_values(number, ascending=False, kind="stable")
        numbered = rows[rows[number].notna()]
        ranking = tuple(map(ListedGene, numbered["gene"], numbered[number].tolist()))
        bare = list(rows.loc[rows[number].isna(), "gene"])
        flags = [f"without a number, and so last: {some(bare)}"] if bare else []
        notes.append("genes in the order of their number, the highest first")
        values = numbered[number]
        if columns[number] == UNNAMED and values.between(0, 1).all() and (values % 1 != 0).any():
            flags.append(f"all {len(numbered):,} numbers lie between 0 and 1: {_UPSIDE_DOWN}")
            notes.append(flags[-1])
    else:
        hint = "genes in no order: a line `# ranked` in the file says that the first ones matter most"
        order = "genes in the order of the file, which says that it is ranked"
        notes.append(order if reading.rows.ranked else hint)
    ranked = reading.rows.ranked or number is not None
    once = ~rows["gene"].duplicated()
    if ranked and settings.top is not None and settings.top < (total := once.sum()):
        notes.append(f"the first {settings.top:,} of {total:,} genes are taken")
        keys = rows.loc[once, [number]] if number else pd.DataFrame({"place": range(total)}, rows.index[once])
        first, drawn = _first(rows[once], keys, settings.top, settings.seed)
        rows, flags = rows[rows["gene"].isin(first["gene"])], [*flags, *drawn]
    genes = _listed(rows, rows[number]) if number else list(map(ListedGene, rows["gene"]))
    ends = ("at the top of the ranking", "at the bottom of the ranking")
    lists = (checked(reading.rows.name, genes, ranked, flags=flags),)
    return GeneLists(lists, "genes", tuple(notes), ranking=ranking, ends=ends)
