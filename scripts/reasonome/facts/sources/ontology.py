"""Reading an ontology from an OBO or SQLite file."""

import os
from pathlib import Path

from reasonome.facts.files.text_file import check_is_file
from reasonome.facts.sources.bioconductor import ontology_from_sqlite
from reasonome.facts.sources.go import Ontology, read_obo


def read_ontology(path: str | os.PathLike) -> Ontology:
    """The ontology of an OBO, or of Bioconductor's GO.sqlite. Raises InputError."""
    return ontology_from_sqlite(path) if is_sqlite(path) else read_obo(path)


def is_sqlite(path: str | os.PathLike) -> bool:
    """Whether the file is an SQLite database, by its first bytes. Raises InputError where there is no file."""
    check_is_file(Path(path))
    with open(path, "rb") as handle:
        return handle.read(16) == b"SQLite format 3\0"
