"""One annotation, from input files to output files: the command line and Snakemake's rule both run this."""

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
from reasonome.annotation.over_representation import OverRepresentation, Universe, default_universe, resolve_universe
from reasonome.annotation.page import PageAbout
from reasonome.annotation.project_files import (
    ORTHOLOGUES,
    Sources,
    answer_sources,
    check_model,
    check_there,
    model_engine,
    targets,
)
from reasonome.annotation.questions import Question, make_question
from reasonome.annotation.readers import read_gene_lists, read_universe
from reasonome.annotation.readers.files import stem
from reasonome.annotation.record import AnnotationRecord
from reasonome.answering.results_folder import MANIFEST, ResultsKind, check_folder, claim, only_process
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
RESULTS = ResultsKind(
    "annotation",
    "annotations.html",
    (tables.TSV, tables.JSONL),
    frozenset({"settings", "sets", "checked_with", "model"}),
)
_SHOWN = 8  # sets of a file that are printed one by one


@dataclass(frozen=True)
class Prepared:
    """All that an annotation needs except the model's weights: the questions, and what checks their answers.

    `engine` draws the answers. `gene_lists` and `tests` have the name of a file as key. `about` is what the page says
    about how it was made. `universe_sha256` is the digest of the settings' universe file, None without one.
    """

    settings: Annotation
    style: Style
    engine: str
    sources: Sources
    gene_lists: Mapping[str, GeneLists]
    questions: Sequence[Question]
    known: Known
    tests: Mapping[str, OverRepresentation]
    about: PageAbout
    universe_sha256: str | None


@contextmanager
def offline() -> Iterator[None]:
    """Make every request to the Hugging Face hub an error within the block.

    The hub's client reads HF_HUB_OFFLINE when it is imported, which may have happened long before: so this sets the
    client's own switch.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def read_lists(settings: Annotation) -> dict[str, GeneLists]:
    """The lists of every file, by the file's name without its endings; a second file of that name gets a number.

    Raises InputError for a file that cannot be read at all.
    """
    gene_lists: dict[str, GeneLists] = {}
    for path in map(Path, settings.sets):
        name, number = stem(path), 2
        while name in gene_lists:
            name, number = f"{stem(path)} ({number})", number + 1
        gene_lists[name] = read_gene_lists(path, settings)
    return gene_lists


def _print_reading(gene_lists: Mapping[str, GeneLists]) -> None:
    """Print how the files were read, and the sets in them."""
    for name, lists in gene_lists.items():
        for sentence in lists.notes:
            say(f"{name}: {sentence}")
        sizes = ", ".join(
            f"{' '.join(gene_list.name.split())!r} ({len(gene_list.genes):,})" for gene_list in lists.lists[:_SHOWN]
        )
        more = ", …" * (len(lists.lists) > _SHOWN)
        say(f"{name}: {counted(len(lists.lists), 'set')}, by genes: {sizes}{more}")


def preview_lists(
    project: Project, settings: Annotation, gene_lists: dict[str, GeneLists], model: Path, out: Path
) -> None:
    """Print what `annotate_lists` would ask: how many genes are known, and why some sets would not be asked about.

    Runs everything before the model is loaded, and raises the same errors; writes nothing.
    """
    check_folder(out, model, RESULTS)
    with offline():
        prepared = prepare(project, settings, gene_lists, model, "")
    for name, lists in gene_lists.items():
        records = [question.record for question in prepared.questions if question.record.list == name]
        listed = [len(gene_list.genes) for gene_list in lists.lists]
        for total, record in list(zip(listed, records, strict=True))[:_SHOWN]:
            known = f"{total - len(record.unmapped):,} of {counted(total, 'gene')} known"
            say(f"{name}: {' '.join(record.set.split())!r}: {'; '.join([known, *record.flags])}")
        unmapped = sum(len(record.unmapped) for record in records)
        sets = counted(len(records), "set")
        are_known = counted(sum(listed) - unmapped, "gene is known", "genes are known")
        say(f"{name}: in {sets} {are_known}, {unmapped:,} not")
    _print_not_asked(prepared.questions)
    for warning in prepared.about.warnings:
        say(f"warning: {warning}")
    n_asked = sum(question.example is not None for question in prepared.questions)
    print(f"a preview: the model would be asked about {counted(n_asked, 'set')}; nothing was written")


def prepare(
    project: Project, settings: Annotation, gene_lists: dict[str, GeneLists], model: Path, command: str
) -> Prepared:
    """Resolve the genes and read what answers are checked with; print how the sets were read, and the universe.

    Raises InputError for a missing style or file, an incomplete model, and a universe without known genes. Writes
    nothing.
    """
    _print_reading(gene_lists)
    sources = answer_sources(project, settings)
    check_there(sources)
    style = lookup(project.styles(annotate.TASK.name), settings.style, "prompt style")
    if style.neighbours is not None:
        what = f"style '{settings.style}' shows training sets as examples, and sets of your own have none"
        raise InputError(what, field="style", fix="ask in another style")
    check_model(model, Results(project.settings.results))
    tested_genes, universe_sha256 = read_universe(settings.universe) if settings.universe else (None, None)
    genes = GeneTable(FORMATS[sources.authority_format].read_genes(dict(sources.authority)))
    orthologues = Orthologues.read(_ROOT / ORTHOLOGUES)
    gene_lists = {
        name: check_species(lists, settings.species, genes, orthologues) for name, lists in gene_lists.items()
    }
    _refuse_sets_without_descriptions(gene_lists, settings, genes)
    to_human = orthologues if settings.species == "mouse" else None
    questions = [
        make_question(gene_list, name, genes, to_human)
        for name, lists in gene_lists.items()
        for gene_list in lists.lists
    ]
    known = read_known(project, sources, genes)
    own = tested_genes and resolve_universe(tested_genes, genes, settings.universe, to_human)
    tests = {
        name: OverRepresentation(known.libraries, own or _universe(name, lists, genes, known, to_human))
        for name, lists in gene_lists.items()
    }
    page_about = about.about_page(project, settings, model, style, tests, gene_lists, command)
    for sentence in page_about.universe:
        say(sentence)
    engine = model_engine(project, model)
    return Prepared(settings, style, engine, sources, gene_lists, questions, known, tests, page_about, universe_sha256)


def annotate_lists(
    project: Project, settings: Annotation, gene_lists: dict[str, GeneLists], model: Path, out: Path, command: str
) -> None:
    """Write annotations.tsv, annotations.jsonl, annotations.html and manifest.json to `out`, the manifest last.

    A list that cannot be asked about becomes a row with an error. InputError is raised before anything is written.
    """
    check_folder(out, model, RESULTS)
    with offline():
        prepared = prepare(project, settings, gene_lists, model, command)
        with only_process(out):
            claim(out)
            records = annotate.annotate(
                prepared.questions,
                settings,
                prepared.style,
                model,
                prepared.engine,
                prepared.known,
                prepared.tests,
                out,
            )
            tables.write_tables(records, out)
            page.write_page(records, prepared.about, out / RESULTS.page)
            atomic.write_json(out / MANIFEST, _manifest(prepared, model))
    failed = sum(bool(record.error) for record in records)
    unnamed = sum(not record.name and not record.error for record in records)
    named = len(records) - failed - unnamed
    print(f"{counted(len(records), 'set')}: {named:,} named, {unnamed:,} without a name, {failed:,} not asked")
    _print_not_asked(prepared.questions)
    _print_no_terms(records, prepared.known)
    say(f"{out / RESULTS.page}: open it in a browser")


def _print_not_asked(questions: Sequence[Question]) -> None:
    for question in questions:
        if question.record.error:
            say(f"not asked: {question.record.list}: {question.record.set!r}: {question.record.error}")


def _refuse_sets_without_descriptions(
    gene_lists: Mapping[str, GeneLists], settings: Annotation, genes: GeneTable
) -> None:
    """Raise InputError for a GMT without descriptions, whose sets would lose their first gene.

    Mouse symbols are found too: they are human symbols in another case.
    """
    for path, lists in zip(settings.sets, gene_lists.values(), strict=True):
        sets = [
            (gene_list.name, gene_list.description, gene_list.genes[0].written)
            for gene_list in lists.lists
            if gene_list.genes
        ]
        if lists.kind == "gmt" and genes_as_descriptions(sets, lambda text: genes.resolve(text).symbol is not None):
            raise no_descriptions(Path(path))


def _print_no_terms(records: Sequence[AnnotationRecord], known: Known) -> None:
    """Print the names that are no term's name."""
    unconfirmed = [record for record in records if record.is_term == "no"]
    if unconfirmed:
        names = some([f"{record.name!r} ({record.list}: {record.set})" for record in unconfirmed])
        say(f"no term of {known.library_names} is called so, or nearly so, and nothing here can confirm it: {names}")


def _universe(name: str, lists: GeneLists, genes: GeneTable, known: Known, orthologues: Orthologues | None) -> Universe:
    """The universe for the sets of the file `name`: the genes of its table, else the default."""
    if lists.universe:
        return resolve_universe(lists.universe, genes, f"the table '{name}'", orthologues)
    return default_universe(genes, known.libraries, orthologues)


def _manifest(prepared: Prepared, model: Path) -> dict[str, Any]:
    """The inputs of the annotations; equal inputs give an equal manifest."""
    settings = prepared.settings
    checked_with = {str(path): file_sha256(path) for path in targets(prepared.sources)}
    if settings.species == "mouse":
        checked_with[str(ORTHOLOGUES)] = file_sha256(_ROOT / ORTHOLOGUES)
    return {
        "settings": settings.model_dump(mode="json"),
        "style": prepared.style.model_dump(mode="json"),
        "engine": prepared.engine,
        "sets": {name: text_sha256(canonical(asdict(lists))) for name, lists in prepared.gene_lists.items()},
        "universe": prepared.universe_sha256,
        "checked_with": checked_with,
        "model": read_manifest(model / "manifest.json"),
        "code": code_sha256(__file__),
        "versions": versions(),
    }
