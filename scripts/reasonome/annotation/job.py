"""One annotation from files to files: what the command line and Snakemake's rule both run."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from reasonome import atomic
from reasonome.annotation import about, annotate, page, tables
from reasonome.annotation.gene_list import GeneLists
from reasonome.annotation.knowledge import Known, read_known
from reasonome.annotation.over_representation import OverRepresentation, Universe, default_universe, universe_of
from reasonome.annotation.project_files import CODE, ORTHOLOGUES, Sources, targets
from reasonome.annotation.questions import questions
from reasonome.annotation.readers import ListOptions, read_gene_lists, stem
from reasonome.annotation.readers.species import Orthologues, check_species
from reasonome.config import Annotation, Style
from reasonome.errors import InputError
from reasonome.genes import GeneTable
from reasonome.manifest import canonical, code_sha256, file_sha256, read_manifest, text_sha256, versions
from reasonome.plain_table import read_text
from reasonome.project import Project, lookup
from reasonome.sources import FORMATS

PAGE = "annotations.html"


def list_options(settings: Annotation) -> ListOptions:
    """What of the settings is about reading."""
    return ListOptions(settings.adjusted_p, settings.log2_fold_change, settings.top, settings.split)


def read_lists(settings: Annotation) -> dict[str, GeneLists]:
    """The lists of every file, by the file's name without its endings; of two files of one name the second is numbered.

    InputError for a file that cannot be read at all.
    """
    found: dict[str, GeneLists] = {}
    for path in map(Path, settings.sets):
        name, number = stem(path), 2
        while name in found:
            name, number = f"{stem(path)} ({number})", number + 1
        found[name] = read_gene_lists(
            path, kind=settings.kind, species=settings.species, options=list_options(settings)
        )
    return found


def annotate_lists(
    project: Project,
    settings: Annotation,
    found: dict[str, GeneLists],
    sources: Sources,
    model: Path,
    out: Path,
    command: str,
) -> None:
    """Write annotations.tsv, annotations.jsonl, annotations.html and manifest.json to `out`, the manifest last.

    Lists that cannot be asked are rows with an error; the others are done. InputError for a style or files that are not
    there, before anything is written.
    """
    if out.exists() and not out.is_dir():
        raise InputError("this is a file, and results need a folder", file=out, fix="give another folder")
    style = lookup(project.styles(annotate.TASK.name), settings.style, "prompt style")
    if style.neighbours is not None:
        what = f"style '{settings.style}' shows training sets as examples, which sets of your own have none of"
        raise InputError(what, field="style", fix="ask in another style")
    genes = GeneTable(FORMATS[sources.authority_format].read_genes(dict(sources.authority)))
    orthologues = Orthologues.read(ORTHOLOGUES)
    found = {name: check_species(lists, settings.species, genes, orthologues) for name, lists in found.items()}
    to_human = orthologues if settings.species == "mouse" else None
    asked = [one for name, lists in found.items() for one in questions(lists.lists, name, genes, to_human)]
    known = read_known(project, sources, genes)
    universes = {name: _universe(settings, lists, genes, known, to_human) for name, lists in found.items()}
    tests = {
        one.symbols: OverRepresentation(known.libraries, one.symbols, one.orthologues) for one in universes.values()
    }
    tested = {name: annotate.Tested(one, tests[one.symbols]) for name, one in universes.items()}
    how = about.about_page(project, settings, model, style, tested, found, command)
    print(*how.universe, sep="\n", flush=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / "manifest.json").unlink(missing_ok=True)
    records = annotate.annotate(asked, settings, style, model, known, tested, out)
    tables.write_tables(records, out)
    page.write_page(records, how, out / PAGE)
    atomic.write_json(out / "manifest.json", _manifest(settings, style, found, sources, model))
    failed = sum(bool(record.error) for record in records)
    unnamed = sum(not record.name and not record.error for record in records)
    print(f"{len(records)} sets: {len(records) - failed - unnamed} named, {unnamed} without a name, {failed} not asked")
    for record in records:
        if record.error:
            print(f"not asked: {record.list}: {record.set!r}: {record.error}")
    print(f"{out / PAGE}: open it in a browser")


def _universe(
    settings: Annotation, lists: GeneLists, genes: GeneTable, known: Known, orthologues: Orthologues | None
) -> Universe:
    """The genes that the sets of a file could have had: of the settings' file, else of the table, else the default."""
    if settings.universe is not None:
        text, _ = read_text(Path(settings.universe))
        written = [line.split("\t")[0].strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
        of = settings.universe
        if not written:
            raise InputError("there is no gene in the file", file=of, field="universe", fix="write one gene a line")
    elif lists.universe:
        written, of = list(lists.universe), "the table"
    else:
        return default_universe(genes, known.libraries, orthologues)
    return universe_of(written, genes, of, orthologues)


def _manifest(
    settings: Annotation, style: Style, found: dict[str, GeneLists], sources: Sources, model: Path
) -> dict[str, Any]:
    """What the annotations were made of: equal inputs give an equal manifest."""
    checked = [*targets(sources), *([ORTHOLOGUES] if settings.species == "mouse" else [])]
    return {
        "settings": settings.model_dump(mode="json"),
        "style": style.model_dump(mode="json"),
        "sets": {name: text_sha256(canonical(asdict(lists))) for name, lists in found.items()},
        "universe": file_sha256(settings.universe) if settings.universe else None,
        "checked_with": {str(path): file_sha256(path) for path in checked},
        "model": read_manifest(model / "manifest.json"),
        "code": code_sha256(CODE),
        "versions": versions(),
    }
