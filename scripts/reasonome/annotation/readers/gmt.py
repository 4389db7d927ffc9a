"""Gene sets that people bring as GMT: one set a line, tab-separated: name, description, genes."""

import io
from pathlib import Path

from reasonome.annotation.gene_list import GeneLists, ListedGene
from reasonome.annotation.readers.checked import checked, counted, uniquely_named
from reasonome.annotation.readers.options import OPTIONS, ListOptions
from reasonome.core.errors import InputError

KIND = "gmt"


def read(text: str, path: Path, options: ListOptions) -> GeneLists:
    """The sets of a GMT, whose names may begin with #; the sources of facts are read more strictly.

    One without genes is kept, with an error. Raises InputError for a line without tabs or without a name, and for a
    file without sets.
    """
    found = []
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        if not line.strip():
            continue
        name, *rest = (field.strip() for field in line.rstrip("\n").split("\t"))
        if not (name and rest):
            raise InputError(
                f"expected name, description and genes, tab-separated; found '{line.strip()[:60]}'",
                file=path,
                line=number,
                fix="put tabs between name, description and genes; give `--kind genes` for a list of one gene a line",
            )
        description, genes = rest[0], map(ListedGene, rest[1:])
        found.append(
            checked(name, genes, description=description if description != "na" else "", place=f"line {number}")
        )
    if not found:
        raise InputError("there is no gene set in the file", file=path, fix="give a file with one set a line")
    told = f"read as a GMT of {counted(len(found), 'gene set')}"
    idle = options.unused(dict.fromkeys(OPTIONS, "a GMT has no statistics, and its sets are taken whole"))
    return GeneLists(uniquely_named(found), KIND, (told, *idle))
