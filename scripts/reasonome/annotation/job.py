"""One annotation from files to files: what the command line and Snakemake's rule both run."""

import sys
from collections.abc import Sequence
from pathlib import Path

from reasonome import atomic
from reasonome.annotation import about, annotate, page, tables
from reasonome.annotation.gene_list import GeneLists
from reasonome.annotation.knowledge import Known, Sources, read_known
from reasonome.annotation.over_representation import OverRepresentation, Universe, default_universe, universe_of
from reasonome.annotation.questions import Question, questions
from reasonome.annotation.readers import read_gene_lists
from reasonome.annotation.readers.options import ListOptions
from reasonome.annotation.readers.species import Orthologues
from reasonome.config import Annotation
from reasonome.genes import GeneTable
from reasonome.manifest import canonical, file_sha256, folder_sha256, text_sha256, versions
from reasonome.project import Project, lookup
from reasonome.sources import FORMATS

PAGE = "annotations.html"
ORTHOLOGUES = Path("resources/annotate/mouse_orthologues.tsv.gz")


def annotate_files(
    project: Project, settings: Annotation, sources: Sources, model: Path, out: Path, command: str
) -> None:
    """Write annotations.tsv, annotations.jsonl, annotations.html and manifest.json to `out`, the manifest last.

    Lists that cannot be asked are rows with an error; the others are done. InputError for files that cannot be read
    at all, before anything is written.
    """
    style = lookup(project.styles(annotate.TASK.name), settings.style, "prompt style")
    genes = GeneTable(FORMATS[sources.authority_format].read_genes(dict(sources.authority)))
    read = [(Path(path), read_lists(Path(path), settings)) for path in settings.sets]
    told = [f"{path.name}: {sentence}" for path, lists in read for sentence in lists.told]
    print("\n".join(told), flush=True)
    orthologues = Orthologues.read(ORTHOLOGUES) if settings.species == "mouse" else None
    asked = [one for of, (_, lists) in _named(read) for one in questions(lists.lists, of, genes, orthologues)]
    known = read_known(project, sources, genes)
    universe = choose_universe(settings, [lists for _, lists in read], genes, known, orthologues)
    print(universe.told, flush=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / "manifest.json").unlink(missing_ok=True)
    records = annotate.annotate(asked, settings, style, model, known, universe, out)
    tested = OverRepresentation(known.libraries, universe.symbols).told
    tables.write_tables(records, out)
    page.write_page(records, about.about_page(project, settings, model, universe, tested, told, command), out / PAGE)
    atomic.write_json(out / "manifest.json", manifest(settings, sources, model))
    failed = sum(bool(record.error) for record in records)
    unnamed = sum(not record.name and not record.error for record in records)
    print(f"{len(records)} sets: {len(records) - failed - unnamed} named, {unnamed} without a name, {failed} not asked")
    print(f"{out / PAGE}: open it in a browser")
