"""Two tables of facts compared: what a new release of the sources added, removed and changed."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reasonome.facts.sources.source import read_facts

KEY = ["source", "relation", "gene", "object_id"]  # one fact; its name and evidence may change
VALUES = ["object_name", "evidence"]
KINDS = ["added", "removed", "changed"]
COLUMNS = ["source", "relation", "before", "after", *KINDS]
EXAMPLES = 3  # of each kind


@dataclass(frozen=True)
class ReleaseDiff:
    """`counts` (COLUMNS) per source and relation, last row `total`; `examples`: the first changes of each kind.

    `examples` has KEY, `kind`, and object_name and evidence with the suffixes _before and _after.
    """

    counts: pd.DataFrame
    examples: pd.DataFrame

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        return bool(self.counts.iloc[-1][KINDS].sum())

    def text(self) -> str:
        """The counts as a table, and the examples below it."""
        lines = [self.counts.to_string(index=False)]
        for kind in KINDS:
            rows = self.examples[self.examples["kind"] == kind]
            if len(rows):
                lines += ["", f"{kind}, for example:", *(f"  {_line(row)}" for row in rows.itertuples())]
        return "\n".join(lines) + "\n"


def read(path: Path) -> pd.DataFrame:
    """The facts of a facts.parquet, or of the folder that holds one."""
    return read_facts(path / "facts.parquet" if path.is_dir() else path)


def compare(old: pd.DataFrame, new: pd.DataFrame) -> ReleaseDiff:
    """The facts added, removed and changed in `new` since `old`; both have the columns of facts.parquet.

    A fact is a gene, relation, object_id and source; it changed if its object_name or evidence did.
    """
    both = old.merge(new, how="outer", on=KEY, suffixes=("_before", "_after"), indicator="side", sort=True)
    kind = both.pop("side").map({"left_only": "removed", "right_only": "added", "both": ""}).astype(str)
    same = pd.Series(True, index=both.index)
    for value in VALUES:
        same &= both[f"{value}_before"] == both[f"{value}_after"]
    both["kind"] = kind.mask((kind == "") & ~same, "changed")
    counts = pd.DataFrame({"before": both["kind"] != "added", "after": both["kind"] != "removed"})
    for name in KINDS:
        counts[name] = both["kind"] == name
    counts = counts.groupby([both["source"], both["relation"]]).sum().astype(int).reset_index()
    total = pd.DataFrame([["total", "", *counts[COLUMNS[2:]].sum()]], columns=COLUMNS)
    changed = both[both["kind"] != ""]
    return ReleaseDiff(pd.concat([counts, total], ignore_index=True), changed.groupby("kind").head(EXAMPLES))


def _line(row: tuple) -> str:
    """An example as text: the fact and its change."""
    fact = f"{row.source}: {row.gene} {row.relation} {row.object_id}"
    if row.kind != "changed":
        name = row.object_name_after if row.kind == "added" else row.object_name_before
        return f"{fact} {name}"
    changes = []
    for value in VALUES:
        before, after = getattr(row, f"{value}_before"), getattr(row, f"{value}_after")
        if before != after:
            changes.append(f"{value} '{before}' → '{after}'")
    return f"{fact}: {', '.join(changes)}"
