"""One ranking, with a model or without, from input files to output files."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from reasonome.answering.asked_model import AskedModel, own_style, style_warning, trained_styles
from reasonome.answering.results_folder import check_folder, claim, offline, only_process
from reasonome.apps.measured import at_chance
from reasonome.apps.rank import answers, page
from reasonome.apps.rank.answers import RESULTS, TASKS
from reasonome.apps.rank.candidates import Known, rank_without_model
from reasonome.apps.rank.inputs import AskedFile, read_files, read_panel
from reasonome.apps.rank.page import PageAbout
from reasonome.apps.rank.questions import QuestionMaker
from reasonome.apps.rank.record import PURPOSE, RankingRecord, write_tables
from reasonome.apps.rank.settings import Kind, RankSettings
from reasonome.apps.run import SHOWN, print_flags, recipe_sentences, write_page
from reasonome.config.project import Project
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError, check_made, lookup
from reasonome.core.manifest import file_sha256, versions
from reasonome.core.terminal import say
from reasonome.facts.sources.formats import read_genes
from reasonome.facts.sources.hpo import read_disease_names
from reasonome.facts.text import some
from reasonome.report.card_sources import described
from reasonome.tasks.ranking.loci import GeneMap, LocusMaker, check_can_look
from reasonome.tasks.ranking.phenotypes import PhenotypeOverlap
from reasonome.tasks.ranking.settings import RankingBenchmark, RankingStyle

_SHOWN_OF: dict[Kind, str] = {
    "case": "phenotypes, age and sex of the patients, and candidate genes",
    "locus": "traits and candidate genes",
}
_PLURALS: dict[Kind, str] = {"case": "cases", "locus": "loci"}
_DEFAULTS: dict[Kind, str] = {"case": "demo-cases", "locus": "demo-loci"}
_WITH_REASONS = "short"
_DISEASES = "diseases"  # the file of HPO with the names of diseases
_ON_GRCH38 = "positions are read as of GRCh38; lift those of another build over (FUMA's are mostly of GRCh37)"


def rank_files(
    project: Project, settings: RankSettings, find: Callable[[], AskedModel | None], out: Path, command: str
) -> list[RankingRecord]:
    """Write rankings.tsv, rankings.jsonl, rankings.html and manifest.json to `out`, the manifest last.

    `find` finds the model when the files were read; None: cases are ranked by phenotypes, loci by distance. A case or
    locus that cannot be asked about becomes a row with an error. What is printed first is that the model ranks as by
    chance, if it was measured to. InputError is raised before anything is written.
    """
    files = read_files(settings)
    kind = files[0].kind
    model = find()
    check_folder(out, model and model.folder, RESULTS)
    _check_options(settings, kind)
    with offline():
        benchmarks = _benchmarks_of(project, kind)
        name = settings.benchmark or _DEFAULTS[kind]
        benchmark = lookup(benchmarks, name, f"benchmark of {TASKS[kind].name}")
        if settings.window_kb is not None:
            benchmark = benchmark.model_copy(update={"window_kb": settings.window_kb})
        style_name, style = ("", None) if model is None else _style(project, settings, kind, model)
        by_chance = at_chance(project, model.folder, benchmarks, style_name) if model else ""
        if by_chance:
            say(f"warning: {by_chance}")
        made, known = _maker(project, settings, files, benchmark, style)
        questions = made.questions(files)
        about = PageAbout(
            kind=kind,
            model=model.name if model else "",
            by_chance=by_chance,
            recipe_steps=recipe_sentences(model.steps if model else ()),
            benchmark=name,
            style=style_name,
            decoding=f"{settings.samples}, in {style_name} prompts" if model else "",
            reading=list(_reading(files, settings, made)),
            sources=[described(project, source) for source in _sources(benchmark, kind)],
            versions=versions(),
            where=model.where(_SHOWN_OF[kind]) if model else "Nothing was uploaded, and no model was asked.",
            command=command,
            warnings=_warnings(model, kind, set(trained_styles(model.steps, benchmarks)), style_name) if model else [],
        )
        for sentence in (*about.reading, *(f"warning: {warning}" for warning in about.warnings)):
            say(sentence)
        for record in [question.record for question in questions if question.record.error]:
            say(f"not asked: {record.file}: {record.name}: {record.error}")
        with only_process(out):
            if model is None or style is None:
                records = rank_without_model(questions, known, benchmark.longest_list)
            else:
                records = answers.rank(questions, settings, style, model, known, benchmark.longest_list, out)
            claim(out, RESULTS)
            write_tables(records, out)
            inputs = [Path(path) for path in (*settings.files, *filter(None, [settings.panel]))]
            manifest = {
                "settings": settings.model_dump(mode="json"),
                "style": style and style.model_dump(mode="json"),
                "benchmark": name,
                "questions": {str(path): file_sha256(path) for path in inputs},
                "ranked_with": {
                    str(path): file_sha256(path)
                    for source in _sources(benchmark, kind)
                    for path in project.source_files(source).values()
                },
                "model": model and model.manifest,
                "meant_for": PURPOSE,
                "code": code_sha256(__file__),
                "versions": versions(),
            }
            write_page(out, RESULTS, page.render_page(records, about), manifest)
    _print_rankings(records, "without a usable answer" if model else "with nothing to rank by")
    print_flags((record.name, record.flags) for record in records)
    say(f"{out / RESULTS.page}: open it in a browser. {PURPOSE.capitalize()}.")
    return records


def _check_options(settings: RankSettings, kind: Kind) -> None:
    """InputError for a setting of the other kind."""
    if settings.panel is not None and kind == "locus":
        what = "a panel is for cases: the candidates of a locus are in its table, or lie around its position"
        raise InputError(what, field="--panel", fix="leave it out")
    if settings.window_kb is not None and kind == "case":
        what = "a window is for loci: the candidates of a case are in its table, or in the panel"
        raise InputError(what, field="--window-kb", fix="leave it out")


def _benchmarks_of(project: Project, kind: Kind) -> dict[str, RankingBenchmark]:
    """The benchmarks of this kind's task by name."""
    return {name: spec for name, spec in project.benchmarks.items() if spec.task == TASKS[kind].name}


def _style(project: Project, settings: RankSettings, kind: Kind, model: AskedModel) -> tuple[str, RankingStyle]:
    """The prompt style: that of the settings, else the model's own for this task, else one with reasons.

    InputError for an unknown one.
    """
    found = project.styles(TASKS[kind].name)
    styles = {name: style for name, style in found.items() if isinstance(style, RankingStyle)}
    name = settings.style or own_style(styles, model.steps, _benchmarks_of(project, kind)) or _WITH_REASONS
    return name, lookup(styles, name, "prompt style")


def _sources(benchmark: RankingBenchmark, kind: Kind) -> list[str]:
    """The sources that are read: genes, and where these lie or which phenotypes are known of them."""
    return list(filter(None, [benchmark.authority, benchmark.phenotypes if kind == "case" else benchmark.locations]))


def _maker(
    project: Project,
    settings: RankSettings,
    files: Sequence[AskedFile],
    benchmark: RankingBenchmark,
    style: RankingStyle | None,
) -> tuple[QuestionMaker, Known]:
    """What makes the questions, and what is known of genes. InputError for sources that were not fetched yet."""
    kind = files[0].kind
    of_sources = [project.source_files(source) for source in _sources(benchmark, kind)]
    check_made([path for of_one in of_sources for path in of_one.values()], "this file was not fetched yet")
    genes = read_genes(of_sources[0])
    maker = LocusMaker(benchmark, genes)
    places, known = GeneMap({}), Known(maker, None)
    if kind == "locus":
        locations = next(iter(of_sources[1].values())) if benchmark.locations else None
        if any(row.candidates is None and not row.fault for file in files for row in file.rows):
            path = next((file.path for file in files if file.path), Path("--locus"))
            check_can_look(benchmark.authority, genes, locations, path)
        places = maker.locate(locations) if locations else places
    elif not benchmark.phenotypes:
        what, fix = "cases are ranked by phenotypes, and the benchmark names none", "add `phenotypes: hpo-2025` to it"
        raise InputError(what, field="--benchmark", fix=fix)
    else:
        hpo = of_sources[1]
        names = read_disease_names(hpo[_DISEASES]) if _DISEASES in hpo else {}
        known = Known(maker, PhenotypeOverlap(hpo["obo"], hpo["genes"]), names)
    panel_file = None if settings.panel is None else Path(settings.panel)
    panel = panel_file and read_panel(panel_file, lambda text: genes.resolve(text).symbol)
    return QuestionMaker(style, maker, places, known.overlap, panel, panel_file), known


def _reading(files: Sequence[AskedFile], settings: RankSettings, made: QuestionMaker) -> Iterator[str]:
    """In words: how the files were read, and what of them is odd."""
    for file in files:
        yield from (f"{file.path}: {note}" for note in file.notes)
    if made.unmapped:
        counts = f"{len(made.unmapped):,} of {len(made.panel or ()):,} genes"
        yield f"{settings.panel}: {counts} are unknown and left out: {some(made.unmapped)}"
    if files[0].kind == "locus":
        yield _ON_GRCH38


def _warnings(model: AskedModel, kind: Kind, trained: set[str], style: str) -> list[str]:
    if not trained and model.folder is not None:
        return [f"nothing says that this model was trained to rank {_PLURALS[kind]}: expect unusable answers"]
    return list(filter(None, [style_warning(trained, style)]))


def _print_rankings(records: Sequence[RankingRecord], unranked: str) -> None:
    """Print the first genes of each, and how many there are; `unranked` says of the others why they have none."""
    for record in records[:SHOWN]:
        if record.firsts:
            say(f"{record.name}: {_in_words(record)}")
        elif not record.error:
            say(f"{record.name}: {unranked}")
    ranked = sum(bool(record.firsts) for record in records)
    failed = sum(bool(record.error) for record in records)
    of = f"{len(records):,} {_PLURALS[records[0].kind] if len(records) > 1 else records[0].kind}"
    print(f"{of}: {ranked:,} ranked, {len(records) - ranked - failed:,} {unranked}, {failed:,} not asked")


def _in_words(record: RankingRecord) -> str:
    """In words: which gene is first, or which tie for it, and by how many answers or by what."""
    first, *others = record.firsts
    symbols = [gene.symbol for gene in record.firsts]
    if len(symbols) > 3:
        symbols = [*symbols[:2], f"{len(symbols) - 2:,} more"]
    named = f"{', '.join(symbols[:-1])} and {symbols[-1]} tie" if others else first.symbol
    if record.samples:
        lost = sum(not sample.genes for sample in record.samples)
        votes = sum(sample.genes[:1] == [first.symbol] for sample in record.samples)
        share = f"{'each ' * bool(others)}first in {votes} of {len(record.samples)} answers"
        return f"{named} ({share}{f', {lost} without a list' if lost else ''})"
    if record.kind == "locus":
        where = f"{first.distance / 1000:,.1f} kb from the variant" if first.distance else "the variant is within it"
        return f"{named} ({where})"
    return f"{named} (fit {first.fit:.2f}{'' if others or not first.diseases else f', {first.diseases[0].name}'})"
