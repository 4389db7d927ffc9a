"""One annotation, from input files to output files: the command line and Snakemake's rule both run this."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from reasonome.answering.asked_model import AskedModel
from reasonome.answering.results_folder import check_folder, claim, offline, only_process
from reasonome.apps.annotate import about, answers, figures, gsea, page, tables
from reasonome.apps.annotate.answers import RESULTS, Asked
from reasonome.apps.annotate.columns import Known
from reasonome.apps.annotate.enrichment import enrich
from reasonome.apps.annotate.inputs import read_gene_lists, read_universe
from reasonome.apps.annotate.lists import GeneLists
from reasonome.apps.annotate.page import PageAbout
from reasonome.apps.annotate.project_files import (
    ORTHOLOGUES,
    Completed,
    Sources,
    completed,
    read_libraries,
    targets,
    tested_sources,
)
from reasonome.apps.annotate.prompt import STYLE
from reasonome.apps.annotate.questions import check_species, make_record
from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.apps.annotate.tables import Recognised, recognised, write_identifiers
from reasonome.apps.run import SHOWN, print_flags, stem, unused_name, write_page
from reasonome.config.annotations import Annotation
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError, check_made
from reasonome.core.manifest import PACKAGES, canonical, file_sha256, text_sha256, versions
from reasonome.core.terminal import say
from reasonome.enrichment.over_representation import (
    GeneSetLibrary,
    OverRepresentation,
    Universe,
    default_universe,
    resolve_universe,
)
from reasonome.facts.genes import GeneTable
from reasonome.facts.orthologues import Orthologues
from reasonome.facts.sources.formats import read_genes
from reasonome.facts.text import counted
from reasonome.tasks.naming.background import read_background

_ANY_ID = re.compile(r"ENS[A-Z]*G\d{11}(\.\d+(_\d+)?)?|(MGI:)+\d+")


@dataclass(frozen=True)
class Prepared:
    """All that is read before a model is asked: `asked` is how, None without one.

    `gene_lists` and `tests` have the name of a file as key; a file of another species, or whose own universe cannot be
    used, has no tests. `universe_sha256` is the digest of the settings' universe file, None without one. `orthologues`
    are given for lists of mice.
    """

    settings: Completed
    sources: Sources
    gene_lists: Mapping[str, GeneLists]
    records: Sequence[AnnotationRecord]
    genes: GeneTable
    orthologues: Orthologues | None
    tests: Mapping[str, OverRepresentation]
    asked: Asked | None
    about: PageAbout
    recognised: Sequence[Recognised]
    universe_sha256: str | None


@lru_cache(maxsize=1)
def _gene_table(files: frozenset[tuple[str, Path]]) -> GeneTable:
    return read_genes(dict(files))


def known_genes(project: Project, settings: Annotation) -> Known:
    """Says which gene an identifier is: of the authority for symbols, or an Ensembl or MGI id of any species.

    Where the authority's files are not here, which is told later, only such ids are known.
    """
    files = project.source_files(tested_sources(project, settings).authority)
    genes = _gene_table(frozenset(files.items())) if all(path.is_file() for path in files.values()) else GeneTable([])

    @cache
    def known(text: str) -> str | None:
        return genes.resolve(text).symbol or (text if _ANY_ID.fullmatch(text) else None)

    return known


def read_lists(project: Project, settings: Annotation) -> dict[str, GeneLists]:
    """The lists of every file, and of every comparison in it.

    They are called as the file, without its endings, and the comparison; a second one of that name gets a number.
    Raises InputError for a file that cannot be read at all.
    """
    known, gene_lists = known_genes(project, settings), dict[str, GeneLists]()
    for path in map(Path, settings.sets):
        for lists in read_gene_lists(path, settings, known):
            gene_lists[unused_name(f"{stem(path)} {lists.comparison}".strip(), gene_lists)] = lists
    return gene_lists


def _print_reading(gene_lists: Mapping[str, GeneLists]) -> None:
    """Print how the files were read, and the sets in them."""
    for name, lists in gene_lists.items():
        for sentence in lists.notes:
            say(f"{name}: {sentence}")
        sizes = ", ".join(
            f"{' '.join(gene_list.name.split())!r} ({len(gene_list.genes):,})" for gene_list in lists.lists[:SHOWN]
        )
        more = ", …" * (len(lists.lists) > SHOWN)
        say(f"{name}: {counted(len(lists.lists), 'set')}, by genes: {sizes}{more}")


def preview_lists(
    project: Project, settings: Annotation, gene_lists: dict[str, GeneLists], model: AskedModel | None, out: Path
) -> None:
    """Print what `annotate_lists` would ask: how many genes are known, and why some sets would not be asked about.

    Runs everything before the model is loaded, and raises the same errors; writes nothing.
    """
    check_folder(out, model and model.folder, RESULTS)
    with offline():
        prepared = prepare(project, settings, gene_lists, model, "")
    for name, lists in gene_lists.items():
        records = [record for record in prepared.records if record.list == name]
        listed = [len(gene_list.genes) for gene_list in lists.lists]
        for total, record in list(zip(listed, records, strict=True))[:SHOWN]:
            known = f"{total - len(record.unmapped):,} of {counted(total, 'gene')} known"
            say(f"{_called(record)}: {'; '.join([known, *record.flags])}")
    _print_not_tested(prepared.records)
    tested = counted(sum(not record.error for record in prepared.records), "set")
    asked = "" if model is None else ", and the model asked about those that have any"
    print(f"a preview: terms would be tested for {tested}{asked}; nothing was written")


def prepare(
    project: Project, settings: Annotation, gene_lists: dict[str, GeneLists], model: AskedModel | None, command: str
) -> Prepared:
    """Resolve the genes and read what terms are tested with; print how the sets were read, and the universe.

    Raises InputError for a missing file, and a universe without known genes. Writes nothing.
    """
    given = completed(project, settings)
    _print_reading(gene_lists)
    sources = tested_sources(project, given)
    check_made(targets(sources), "terms to test were not made yet")
    tested_genes, universe_sha256 = None, None
    if given.universe:
        tested_genes, universe_sha256 = read_universe(Path(given.universe), known_genes(project, given))
    genes = _gene_table(frozenset(project.source_files(sources.authority).items()))
    orthologues = Orthologues.read(ORTHOLOGUES)
    gene_lists = {name: check_species(lists, given.species, genes, orthologues) for name, lists in gene_lists.items()}
    to_human = orthologues if given.species == "mouse" else None
    background = read_background(sources.background)
    libraries = read_libraries(sources, background, genes)
    universe = None
    if given.universe and tested_genes:
        universe = resolve_universe(tested_genes, genes, given.universe, to_human)
    gene_lists, tests = _tests(gene_lists, libraries, universe, genes, to_human)
    records = [
        make_record(gene_list, name, genes, to_human) for name, lists in gene_lists.items() for gene_list in lists.lists
    ]
    asked = None if model is None else Asked(model, given, libraries, genes)
    releases = about.library_releases(project, background, sources.libraries)
    read = recognised(gene_lists, (given.universe, tested_genes), libraries, genes, to_human)
    page_about = about.about_page(project, given, tests, releases, gene_lists, read, command, asked)
    for sentence in (*page_about.universe, *page_about.recognised):
        say(sentence)
    return Prepared(
        settings=given,
        sources=sources,
        gene_lists=gene_lists,
        records=records,
        genes=genes,
        orthologues=to_human,
        tests=tests,
        asked=asked,
        about=page_about,
        recognised=read,
        universe_sha256=universe_sha256,
    )


def _tests(
    gene_lists: Mapping[str, GeneLists],
    libraries: Sequence[GeneSetLibrary],
    universe: Universe | None,
    genes: GeneTable,
    orthologues: Orthologues | None,
) -> tuple[dict[str, GeneLists], dict[str, OverRepresentation]]:
    """The lists, and the tests of those that can be tested, by name; `universe` is the user's for all of them.

    Lists of a table whose own universe cannot be used have an error. Raises InputError where no others are left, and
    for a universe that is no table's own.
    """
    with_errors, tests, failed = dict(gene_lists), {}, []
    for name, lists in gene_lists.items():
        if not lists.can_be_tested:
            continue
        if universe is not None or not lists.universe:
            usual = universe or default_universe(genes, libraries, orthologues, receptors=True)
            tests[name] = OverRepresentation(libraries, usual)
            continue
        try:
            own = resolve_universe(lists.universe, genes, f"the table '{name}'", orthologues)
            tests[name] = OverRepresentation(libraries, own)
        except InputError as error:
            failed.append(error)
            told = f"{error.what}; {error.fix}"
            marked = tuple(replace(one, error=one.error or told) for one in lists.lists)
            with_errors[name] = replace(lists, lists=marked, ranking_error=told)
    if failed and not tests:
        raise failed[0]
    return with_errors, tests


def annotate_lists(
    project: Project,
    settings: Annotation,
    gene_lists: dict[str, GeneLists],
    model: AskedModel | None,
    out: Path,
    command: str,
) -> bool:
    """Write the page, the tables and manifest.json to `out`, the manifest last; without a model no name is asked for.

    A list that cannot be asked about becomes a row with an error. Returns whether any list or ranking was tested.
    InputError is raised before anything is written.
    """
    check_folder(out, model and model.folder, RESULTS)
    with offline():
        prepared = prepare(project, settings, gene_lists, model, command)
        with only_process(out):
            records, terms = enrich(prepared.records, prepared.tests)
            rankings = []
            if gsea.is_wanted(settings, model is not None):
                rankings = gsea.analyse_rankings(
                    prepared.gene_lists,
                    prepared.tests,
                    prepared.genes,
                    prepared.orthologues,
                    settings.seed,
                    settings.draw,
                )
            if prepared.asked is not None:
                records = answers.annotate(records, prepared.asked, terms, out)
            claim(out, RESULTS)
            tables.write_tables(records, out)
            tables.write_enrichment(records, terms, out)
            tables.write_gsea(rankings, out)
            tables.write_workbook(out)
            write_identifiers(prepared.recognised, out)
            methods = about.methods(prepared.settings, prepared.tests, records, rankings, prepared.about)
            atomic.write_text(out / tables.METHODS, "\n".join([*prepared.about.reading, *methods]) + "\n")
            drawn, not_drawn = figures.draw(records, terms, rankings, out / figures.FOLDER)
            page_about = prepared.about.model_copy(update={"methods": methods})
            shown = page.render_page(records, page_about, rankings, drawn)
            write_page(out, RESULTS, shown, _manifest(prepared))
    _print_terms(records)
    if not_drawn:
        say(not_drawn)
    if model is not None:
        _print_names(records)
    _print_not_tested(records)
    _print_rankings(rankings)
    print_flags((_called(record), record.flags) for record in records)
    say(f"{out / RESULTS.page}: open it in a browser")
    return any(not record.error for record in records) or any(analysis.sets for analysis in rankings)


def _print_rankings(rankings: Sequence[gsea.RankedAnalysis]) -> None:
    """Print how many terms GSEA found in each ranking, and the best one."""
    for analysis in rankings[:SHOWN]:
        best = next(iter(analysis.terms), None)  # they are sorted
        named = "" if best is None else f", the best {best.name} ({best.library}, NES {best.nes:+.2f})"
        say(f"{analysis.list}: GSEA: {counted(len(analysis.terms), 'term')} of {counted(analysis.sets, 'set')}{named}")


def _called(record: AnnotationRecord) -> str:
    """What a set is called on the terminal, on one line: by its list and its name."""
    return f"{record.list}: {' '.join(record.set.split())!r}"


def _print_terms(records: Sequence[AnnotationRecord]) -> None:
    """Print the best term of the first sets, and how many have one."""
    tested = [record for record in records if not record.error]
    for record in tested[:SHOWN]:
        best = tables.best_term(record)
        told = "no term is enriched" if best is None else f"{best.name} ({best.library}), {tables.in_figures(best)}"
        say(f"{_called(record)}: {told}")
    enriched = sum(bool(record.enriched) for record in tested)
    without, failed = len(tested) - enriched, len(records) - len(tested)
    print(
        f"{counted(len(records), 'set')}: {enriched:,} with enriched terms, {without:,} without, {failed:,} not tested"
    )


def _print_names(records: Sequence[AnnotationRecord]) -> None:
    """Print the names of the first sets, and how much of what the model cites is there."""
    for record in [one for one in records if one.name][:SHOWN]:
        said = "an enriched term" if record.name_is_term else "the name of no enriched term"
        say(f"{_called(record)}: the model suggests {record.name!r}: {said}")
    cited = [part for record in records for part in record.paragraph if part.cites]
    there = sum(part.there for part in cited)
    named = counted(sum(bool(record.name) for record in records), "name")
    print(
        f"the model's words: {named}; of {len(cited):,} genes and terms that they cite {there:,} are in the list or "
        f"enriched in it, {len(cited) - there:,} are not"
    )


def _print_not_tested(records: Sequence[AnnotationRecord]) -> None:
    for record in records:
        if record.error:
            say(f"not tested: {record.list}: {record.set!r}: {record.error}")


def _manifest(prepared: Prepared) -> dict[str, object]:
    """The inputs of the annotations; equal inputs give an equal manifest."""
    settings, asked = prepared.settings, prepared.asked
    checked_with = {str(path): file_sha256(path) for path in targets(prepared.sources)}
    if settings.species == "mouse":
        checked_with[ORTHOLOGUES.name] = file_sha256(ORTHOLOGUES)
    return {
        "settings": settings.model_dump(mode="json"),
        "prompt": asked and STYLE.model_dump(mode="json"),
        "engine": asked and asked.model.engine,
        "sets": {name: text_sha256(canonical(asdict(lists))) for name, lists in prepared.gene_lists.items()},
        "universe": prepared.universe_sha256,
        "checked_with": checked_with,
        "model": asked and asked.model.manifest,
        "code": code_sha256(__file__),
        "versions": versions((*about.COMPUTED_WITH, *(PACKAGES if asked else ()))),
    }
