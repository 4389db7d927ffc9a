"""One annotation from files to files: what the command line and Snakemake's rule both run."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import constants

from reasonome.annotation import about, annotate, page, tables
from reasonome.annotation.gene_list import GeneLists, counted, some
from reasonome.annotation.knowledge import Known, read_known
from reasonome.annotation.orthologues import Orthologues, check_species
from reasonome.annotation.over_representation import OverRepresentation, Universe, default_universe, universe_of
from reasonome.annotation.page import PageAbout
from reasonome.annotation.project_files import (
    ORTHOLOGUES,
    Sources,
    check_model,
    check_there,
    engine_of,
    sources_of,
    targets,
)
from reasonome.annotation.questions import Question, question
from reasonome.annotation.readers import read_gene_lists, read_universe
from reasonome.annotation.readers.files import stem
from reasonome.annotation.record import AnnotationRecord
from reasonome.annotation.results_folder import MANIFEST, PAGE, check_folder, claim, only_process
from reasonome.config import Annotation, Style
from reasonome.config.project import Project
from reasonome.config.project.experiments import Results
from reasonome.core import atomic
from reasonome.core.code_digest import PACKAGE_ROOT, code_sha256
from reasonome.core.errors import InputError, lookup
from reasonome.core.manifest import canonical, file_sha256, read_manifest, text_sha256, versions
from reasonome.core.terminal import say
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import FORMATS
from reasonome.facts.sources.gmt import genes_as_descriptions, no_descriptions

_ROOT = PACKAGE_ROOT.parents[1]  # what ships beside the package lies below it
_SHOWN = 8  # sets of a file that are shown one by one


@dataclass(frozen=True)
class Prepared:
    """All that an annotation needs but the model's weights: what is asked, and what the answers are checked with.

    `engine` is what draws the answers, `tested` is by the file that sets are of, `about` what the page says of
    how it was made, and `universe_sha256` the digest of the settings' file, if there is one.
    """

    settings: Annotation
    style: Style
    engine: str
    sources: Sources
    found: Mapping[str, GeneLists]
    asked: Sequence[Question]
    known: Known
    tested: Mapping[str, annotate.Tested]
    about: PageAbout
    universe_sha256: str | None


@contextmanager
def offline() -> Iterator[None]:
    """Within the block every request to the Hugging Face hub is an error; afterwards all is as before.

    The hub's client reads HF_HUB_OFFLINE once, when it is imported, which in somebody's Python was long ago: so its
    own switch is set, and not the variable.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def read_lists(settings: Annotation) -> dict[str, GeneLists]:
    """The lists of every file, by the file's name without its endings; of two files of one name the second is numbered.

    InputError for a file that cannot be read at all.
    """
    found: dict[str, GeneLists] = {}
    for path in map(Path, settings.sets):
        name, number = stem(path), 2
        while name in found:
            name, number = f"{stem(path)} ({number})", number + 1
        found[name] = read_gene_lists(path, settings)
    return found


def _print_reading(found: Mapping[str, GeneLists]) -> None:
    """Say how the files were read, and which sets came of it."""
    for name, lists in found.items():
        for sentence in lists.told:
            say(f"{name}: {sentence}")
        sizes = ", ".join(f"{' '.join(one.name.split())!r} ({len(one.genes):,})" for one in lists.lists[:_SHOWN])
        more = ", …" * (len(lists.lists) > _SHOWN)
        say(f"{name}: {counted(len(lists.lists), 'set')}, by genes: {sizes}{more}")


def preview_lists(project: Project, settings: Annotation, found: dict[str, GeneLists], model: Path, out: Path) -> None:
    """Print what `annotate_lists` would ask: which genes are known, and why some sets would not be asked.

    Does all that comes before the model is loaded, and raises what that raises; writes nothing.
    """
    check_folder(out, model)
    with offline():
        prepared = prepare(project, settings, found, model, "")
    for name, lists in found.items():
        records = [one.record for one in prepared.asked if one.record.list == name]
        listed = [len(one.genes) for one in lists.lists]
        for total, record in list(zip(listed, records, strict=True))[:_SHOWN]:
            known = f"{total - len(record.unmapped):,} of {counted(total, 'gene')} known"
            say(f"{name}: {' '.join(record.set.split())!r}: {'; '.join([known, *record.flags])}")
        unmapped = sum(len(record.unmapped) for record in records)
        sets = counted(len(records), "set")
        are_known = counted(sum(listed) - unmapped, "gene is known", "genes are known")
        say(f"{name}: in {sets} {are_known}, {unmapped:,} not")
    _print_not_asked(prepared.asked)
    for warning in prepared.about.warnings:
        say(f"warning: {warning}")
    asked = sum(one.example is not None for one in prepared.asked)
    print(f"a preview: the model would be asked about {counted(asked, 'set')}; nothing was written")


def prepare(project: Project, settings: Annotation, found: dict[str, GeneLists], model: Path, command: str) -> Prepared:
    """Say how the sets were read, resolve the genes, and read what answers are checked with; says which universe it is.

    InputError for a style or files that are not there, a model that is not whole, and a universe that cannot be.
    Writes nothing.
    """
    _print_reading(found)
    sources = sources_of(project, settings)
    check_there(sources)
    style = lookup(project.styles(annotate.TASK.name), settings.style, "prompt style")
    if style.neighbours is not None:
        what = f"style '{settings.style}' shows training sets as examples, which sets of your own have none of"
        raise InputError(what, field="style", fix="ask in another style")
    check_model(model, Results(project.settings.results))
    tested_genes, universe_sha256 = read_universe(settings.universe) if settings.universe else (None, None)
    genes = GeneTable(FORMATS[sources.authority_format].read_genes(dict(sources.authority)))
    orthologues = Orthologues.read(_ROOT / ORTHOLOGUES)
    found = {name: check_species(lists, settings.species, genes, orthologues) for name, lists in found.items()}
    _refuse_sets_without_descriptions(found, settings, genes)
    to_human = orthologues if settings.species == "mouse" else None
    asked = [question(one, name, genes, to_human) for name, lists in found.items() for one in lists.lists]
    known = read_known(project, sources, genes)
    own = tested_genes and universe_of(tested_genes, genes, settings.universe, to_human)
    universes = {name: own or _universe(name, lists, genes, known, to_human) for name, lists in found.items()}
    tests = {
        one.symbols: OverRepresentation(known.libraries, one.symbols, one.orthologues) for one in universes.values()
    }
    tested = {name: annotate.Tested(one, tests[one.symbols]) for name, one in universes.items()}
    how = about.about_page(project, settings, model, style, tested, found, command)
    for sentence in how.universe:
        say(sentence)
    engine = engine_of(project, model)
    return Prepared(settings, style, engine, sources, found, asked, known, tested, how, universe_sha256)


def annotate_lists(
    project: Project, settings: Annotation, found: dict[str, GeneLists], model: Path, out: Path, command: str
) -> None:
    """Write annotations.tsv, annotations.jsonl, annotations.html and manifest.json to `out`, the manifest last.

    Lists that cannot be asked are rows with an error; the others are done. InputError comes before anything is written.
    """
    check_folder(out, model)
    with offline():
        prepared = prepare(project, settings, found, model, command)
        with only_process(out):
            claim(out)
            records = annotate.annotate(
                prepared.asked, settings, prepared.style, model, prepared.engine, prepared.known, prepared.tested, out
            )
            tables.write_tables(records, out)
            page.write_page(records, prepared.about, out / PAGE)
            atomic.write_json(out / MANIFEST, _manifest(prepared, model))
    failed = sum(bool(record.error) for record in records)
    unnamed = sum(not record.name and not record.error for record in records)
    named = len(records) - failed - unnamed
    print(f"{counted(len(records), 'set')}: {named:,} named, {unnamed:,} without a name, {failed:,} not asked")
    _print_not_asked(prepared.asked)
    _print_no_terms(records, prepared.known)
    say(f"{out / PAGE}: open it in a browser")


def _print_not_asked(asked: Sequence[Question]) -> None:
    for one in asked:
        if one.record.error:
            say(f"not asked: {one.record.list}: {one.record.set!r}: {one.record.error}")


def _refuse_sets_without_descriptions(found: Mapping[str, GeneLists], settings: Annotation, genes: GeneTable) -> None:
    """InputError for a GMT of which each set would lose its first gene; symbols of mice are humans' in another case."""
    for path, lists in zip(settings.sets, found.values(), strict=True):
        sets = [(one.name, one.description, one.genes[0].written) for one in lists.lists if one.genes]
        if lists.kind == "gmt" and genes_as_descriptions(sets, lambda one: genes.resolve(one).symbol is not None):
            raise no_descriptions(Path(path))


def _print_no_terms(records: Sequence[AnnotationRecord], known: Known) -> None:
    """Say which names no known term has."""
    found = [one for one in records if one.is_term == "no"]
    if found:
        told = some([f"{one.name!r} ({one.list}: {one.set})" for one in found])
        say(f"no term of {known.told} is called so, or nearly so, and nothing here can confirm it: {told}")


def _universe(name: str, lists: GeneLists, genes: GeneTable, known: Known, orthologues: Orthologues | None) -> Universe:
    """The genes that the sets of the file `name` could have had: those of its table, else the default."""
    if lists.universe:
        return universe_of(lists.universe, genes, f"the table '{name}'", orthologues)
    return default_universe(genes, known.libraries, orthologues)


def _manifest(prepared: Prepared, model: Path) -> dict[str, Any]:
    """What the annotations were made of: equal inputs give an equal manifest."""
    settings = prepared.settings
    checked_with = {str(path): file_sha256(path) for path in targets(prepared.sources)}
    if settings.species == "mouse":
        checked_with[str(ORTHOLOGUES)] = file_sha256(_ROOT / ORTHOLOGUES)
    return {
        "settings": settings.model_dump(mode="json"),
        "style": prepared.style.model_dump(mode="json"),
        "engine": prepared.engine,
        "sets": {name: text_sha256(canonical(asdict(lists))) for name, lists in prepared.found.items()},
        "universe": prepared.universe_sha256,
        "checked_with": checked_with,
        "model": read_manifest(model / "manifest.json"),
        "code": code_sha256(__file__),
        "versions": versions(),
    }
