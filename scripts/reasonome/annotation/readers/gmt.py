"""Gene sets that people bring as GMT: one set a line, tab-separated: name, description, genes."""

from reasonome.annotation.gene_list import GeneLists, ListedGene, checked, counted, uniquely_named
from reasonome.annotation.readers.files import TextFile
from reasonome.annotation.readers.options import unused
from reasonome.config import Annotation
from reasonome.core.errors import InputError

KIND = "gmt"


def read(file: TextFile, settings: Annotation) -> GeneLists:
    """The sets of a GMT; one without genes is kept, with an error. The sources of facts are read more strictly.

    Raises InputError for a line without tabs or without a name, and for a file without sets.
    """
    found = []
    for line, text in enumerate(file.lines, 1):
        if not text.strip():
            continue
        name, *rest = (field.strip() for field in text.split("\t"))
        if not (name and rest):
            what = f"expected name, description and genes, tab-separated; found '{text.strip()[:60]}'"
            fix = "put tabs between name, description and genes; give `--kind genes` for a list of one gene a line"
            raise InputError(what, file=file.path, line=line, fix=fix)
        description = rest[0] if rest[0] != "na" else ""
        found.append(checked(name, map(ListedGene, rest[1:]), description=description, place=f"line {line}"))
    if not found:
        raise InputError("there is no gene set in the file", file=file.path, fix="give a file with one set a line")
    told = f"read as a GMT of {counted(len(found), 'gene set')}"
    idle = unused(settings, "a GMT has no statistics, and its sets are taken whole")
    return GeneLists(uniquely_named(found), KIND, (told, *idle))
