"""One annotation from files to files: what the command line and Snakemake's rule both run."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from reasonome import atomic
from reasonome.annotation import about, annotate, page, tables
from reasonome.annotation.gene_list import GeneLists
from reasonome.annotation.knowledge import Known, Sources, read_known
from reasonome.annotation.over_representation import OverRepresentation, Universe, default_universe, universe_of
from reasonome.annotation.questions import questions
from reasonome.annotation.readers import ListOptions, read_gene_lists
from reasonome.annotation.readers.species import Orthologues, check_species
from reasonome.config import Annotation
from reasonome.errors import InputError
from reasonome.genes import GeneTable
from reasonome.manifest import canonical, code_sha256, file_sha256, read_manifest, text_sha256, versions
from reasonome.plain_table import read_text
from reasonome.project import Project, lookup
from reasonome.sources import FORMATS

PAGE = "annotations.html"
ORTHOLOGUES = Path("resources/annotate/mouse_orthologues.tsv.gz")
# As the rule in workflow/rules/annotations.smk has them.
CODE = (
    "annotation",
    "audit.py",
    "background.py",
    "clusters.py",
    "completion.py",
    "encoders.py",
    "genes.py",
    "jsontext.py",
    "metrics",
    "plain_table.py",
    "prompt_facts.py",
    "prompt_neighbours.py",
    "prompts.py",
    "report/self_contained.py",
    "sources/gmt.py",
    "sources/source.py",
    "tasks",
    "wording.py",
)


def list_options(settings: Annotation) -> ListOptions:
    """What of the settings is about reading."""
    return ListOptions(settings.adjusted_p, settings.log2_fold_change, settings.top, settings.split)


def read_lists(settings: Annotation) -> dict[str, GeneLists]:
    """The lists of every file, by the file's name without its endings; of two files of one name the second is numbered.

    InputError for a file that cannot be read at all.
    """
    found: dict[str, GeneLists] = {}
    for path in map(Path, settings.sets):
        stem, number = path.name.partition(".")[0] or path.name, 2
        name = stem
        while name in found:
            name, number = f"{stem} ({number})", number + 1
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
    universe = _universe(settings, list(found.values()), genes, known, to_human)
    tested = OverRepresentation(known.libraries, universe.symbols).told
    print(universe.told, flush=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / "manifest.json").unlink(missing_ok=True)
    records = annotate.annotate(asked, settings, style, model, known, universe, out)
    told = [f"{name}: {sentence}" for name, lists in found.items() for sentence in lists.told]
    tables.write_tables(records, out)
    page.write_page(records, about.about_page(project, settings, model, universe, tested, told, command), out / PAGE)
    atomic.write_json(out / "manifest.json", _manifest(settings, found, sources, model))
    failed = sum(bool(record.error) for record in records)
    unnamed = sum(not record.name and not record.error for record in records)
    print(f"{len(records)} sets: {len(records) - failed - unnamed} named, {unnamed} without a name, {failed} not asked")
    for record in records:
        if record.error:
            print(f"not asked: {record.list}: {record.set!r}: {record.error}")
    print(f"{out / PAGE}: open it in a browser")


def _universe(
    settings: Annotation, found: Sequence[GeneLists], genes: GeneTable, known: Known, orthologues: Orthologues | None
) -> Universe:
    """The genes that were tested: of the settings' file, else of the tables, if all have some, else the default."""
    if settings.universe is not None:
        text, _ = read_text(Path(settings.universe))
        written = [line.split("\t")[0].strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
        if not written:
            raise InputError(
                "there is no gene in the file", file=settings.universe, field="universe", fix="write one gene a line"
            )
    elif all(lists.universe for lists in found):
        written = [one for lists in found for one in lists.universe]
    else:
        return default_universe(genes, known.libraries)
    if orthologues is not None:
        written = [symbol for one in dict.fromkeys(written) for symbol in orthologues.human(one)]
    given = universe_of(list(dict.fromkeys(written)), genes)
    return given if settings.universe else replace(given, told=given.told.replace("given for it", "in the tables"))


def _manifest(settings: Annotation, found: dict[str, GeneLists], sources: Sources, model: Path) -> dict:
    """What the annotations were made of: equal inputs give an equal manifest."""
    checked = [*sources.authority.values(), *sources.facts, sources.background, *sources.libraries.values()]
    return {
        "settings": settings.model_dump(mode="json"),
        "sets": {name: text_sha256(canonical(asdict(lists))) for name, lists in found.items()},
        "universe": file_sha256(settings.universe) if settings.universe else None,
        "checked_with": {str(path): file_sha256(path) for path in checked},
        "model": read_manifest(model / "manifest.json"),
        "code": code_sha256(CODE),
        "versions": versions(),
    }
