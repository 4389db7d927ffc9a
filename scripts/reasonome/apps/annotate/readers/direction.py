"""Which condition "up" is: as the user says, or the table, or said to be unknown."""

import re

from reasonome.apps.annotate.readers.comparisons import comparison_columns
from reasonome.apps.annotate.readers.table import Table
from reasonome.config.annotations import conditions

UNKNOWN = "the file does not say which condition that is"
_VERSUS = re.compile(r"[_.]vs[_.]", re.IGNORECASE)


def ends(table: Table, contrast: str | None) -> tuple[str, str]:
    """What genes with a positive and a negative change are, in words.

    `contrast` ("treated vs control") decides, else a column of comparisons with such a text alone, else, where there is
    no such column, one of groups with a single one.
    """
    sides = _conditions_told(table) if contrast is None else conditions(contrast)
    if sides:
        first, second = sides
        return f"higher in {first} than in {second}", f"lower in {first} than in {second}"
    groups = set(table.frame[table.columns["group"]]) - {""} if "group" in table.columns else set()
    if len(groups) == 1 and not comparison_columns(table):
        [group] = groups
        return f"higher in {group} than in the others", f"lower in {group} than in the others"
    return f"up = positive log2 fold change; {UNKNOWN}", f"down = negative log2 fold change; {UNKNOWN}"


def _conditions_told(table: Table) -> list[str]:
    """The two conditions that a column of comparisons names in all rows: "treated vs control"; [] without one."""
    for column in comparison_columns(table):
        texts = set(table.frame[column])
        sides = conditions(_VERSUS.sub(" vs ", texts.pop()))
        if not texts and len(sides) == 2 and all(sides):
            return sides
    return []
