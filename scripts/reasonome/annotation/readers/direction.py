"""Which condition "up" is: as the user says, or the table, or said to be unknown."""

from reasonome.annotation.readers.table import Table
from reasonome.config.annotations import conditions

UNKNOWN = "the file does not say which condition that is"


def ends(table: Table, contrast: str | None) -> tuple[str, str]:
    """What genes with a positive and a negative change are, in words.

    `contrast` ("treated vs control") decides, else a column of groups with a single one.
    """
    if contrast is not None:
        first, second = conditions(contrast)
        return f"higher in {first} than in {second}", f"lower in {first} than in {second}"
    groups = set(table.frame[table.columns["group"]]) - {""} if "group" in table.columns else set()
    if len(groups) == 1:
        [group] = groups
        return f"higher in {group} than in the others", f"lower in {group} than in the others"
    return f"up = positive log2 fold change; {UNKNOWN}", f"down = negative log2 fold change; {UNKNOWN}"
