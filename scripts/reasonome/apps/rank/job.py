"""One ranking, with a model or without, from input files to output files."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reasonome.answering.asked_model import AskedModel, style_warning, trained_styles
from reasonome.answering.results_folder import check_folder, claim, offline, only_process
from reasonome.apps.measured import at_chance
from reasonome.apps.rank import answers, page, project_files
from reasonome.apps.rank.answers import RESULTS
from reasonome.apps.rank.candidates import Known, rank_without_model
from reasonome.apps.rank.inputs import AskedFile, read_files, read_panel
from reasonome.apps.rank.page import PageAbout
from reasonome.apps.rank.project_files import DISEASES, Sources
from reasonome.apps.rank.questions import NO_FACT, Question, QuestionMaker
from reasonome.apps.rank.reasons import in_kb
from reasonome.apps.rank.record import PURPOSE, RankedCandidate, RankingRecord, with_name, write_tables
from reasonome.apps.rank.settings import Kind, RankSettings
from reasonome.apps.run import SHOWN, print_flags, recipe_sentences, write_page
from reasonome.config import Decoding
from reasonome.config.project import Project
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.core.manifest import file_sha256, versions
from reasonome.core.terminal import say
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.sources.formats import read_genes
from reasonome.facts.sources.hpo import read_disease_names
from reasonome.facts.sources.phenopackets import Case
from reasonome.facts.sources.rankings import LOCUS_COLUMNS
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
_FUMA_COLUMNS = ("GenomicLocus", "uniqID", "rsID", "chr", "pos")  # of GenomicRiskLoci.txt and leadSNPs.txt
_OTHER_BUILD = re.compile(r"(?i)(?<![a-z0-9])(?:grch3[67]|hg1[6-9]|b3[67])(?![0-9])")


@dataclass(frozen=True)
class Prepared:
    """All that a run needs beside the model's answers; `asked` is None where no model is."""

    asked: tuple[AskedModel, RankingStyle] | None
    benchmark: RankingBenchmark
    sources: Sources
    questions: Sequence[Question]
    known: Known
    about: PageAbout


def rank_files(
    project: Project, settings: RankSettings, find: Callable[[], AskedModel | None], out: Path, command: str
) -> list[RankingRecord]:
    """Write rankings.tsv, rankings.jsonl, rankings.html and manifest.json to `out`, the manifest last.

    `find` finds the model when the files were read; None: cases are ranked by phenotypes, loci by distance. A case or
    locus that cannot be asked about becomes a row with an error. InputError is raised before anything is written.
    """
    files = read_files(settings)
    model = find()
    check_folder(out, model and model.folder, RESULTS)
    with offline():
        prepared = prepare(project, settings, files, model, command)
        with only_process(out):
            records = _ranked(prepared, settings, out)
            claim(out, RESULTS)
            write_tables(records, out)
            write_page(out, RESULTS, page.render_page(records, prepared.about), _manifest(prepared, settings))
    _print_rankings(records, "without a usable answer" if model else "with nothing to rank by")
    print_flags((record.name, record.flags) for record in records)
    say(f"{out / RESULTS.page}: open it in a browser. {PURPOSE.capitalize()}.")
    return records


def _ranked(prepared: Prepared, settings: RankSettings, out: Path) -> list[RankingRecord]:
    longest = prepared.benchmark.longest_list
    if prepared.asked is None:
        return rank_without_model(prepared.questions, prepared.known, longest)
    model, style = prepared.asked
    return answers.rank(prepared.questions, settings, style, model, prepared.known, longest, out)


def prepare(
    project: Project, settings: RankSettings, files: Sequence[AskedFile], model: AskedModel | None, command: str
) -> Prepared:
    """Choose benchmark and style, read what is known of genes, and make the questions; prints what is lacking.

    What is printed first is that the model ranks as by chance, if it was measured to. Raises InputError for unknown
    names, a panel without known genes, and where nothing can be asked.
    """
    kind = files[0].kind
    _check_options(settings, kind)
    name, benchmark = project_files.asked_benchmark(project, settings, kind)
    style_name, style, asked, by_chance = "", None, None, ""
    if model is not None:
        style_name, style = project_files.asked_style(project, settings, kind, model)
        asked = (model, style)
        by_chance = at_chance(project, model.folder, project_files.benchmarks_of(project, kind), style_name)
    if by_chance:
        say(f"warning: {by_chance}")
    sources = project_files.sources(project, benchmark)
    panel_file = None if settings.panel is None else Path(settings.panel)
    genes = read_genes(project.source_files(benchmark.authority))
    panel = None if panel_file is None else read_panel(panel_file, genes)
    if kind == "locus" and any(row.candidates is None and not row.fault for file in files for row in file.rows):
        path = next((file.path for file in files if file.path), Path("--locus"))
        check_can_look(benchmark.authority, genes, sources.locations, path)
    _check_phenotypes(kind, benchmark, sources, model)
    known = _known(kind, sources, LocusMaker(benchmark, genes))
    places = known.maker.locate(sources.locations) if sources.locations and kind == "locus" else GeneMap({})
    made = QuestionMaker(style, known.maker, places, known.overlap, panel, panel_file)
    questions = made.questions(files)
    reading = list(_reading(files, settings, made, questions))
    for sentence in reading:
        say(sentence)
    for question in questions:
        if question.record.error:
            say(f"not asked: {question.record.file}: {question.record.name}: {question.record.error}")
    about = PageAbout(
        kind=kind,
        model=model.name if model else "",
        by_chance=by_chance,
        recipe_steps=recipe_sentences(model.steps if model else ()),
        benchmark=name,
        style=style_name,
        decoding=_decoding(answers.decoding_settings(settings, style, questions)) if style else "",
        candidates=_candidates(benchmark, kind, len(made.resolved)),
        reading=reading,
        sources=[described(project, source) for source in sources.files],
        versions=versions(),
        where=model.where(_SHOWN_OF[kind]) if model else "Nothing was uploaded, and no model was asked.",
        command=command,
        warnings=_warnings(project, kind, model, style_name, sources) if model else [],
    )
    for warning in about.warnings:
        say(f"warning: {warning}")
    return Prepared(asked, benchmark, sources, questions, known, about)


def _check_options(settings: RankSettings, kind: Kind) -> None:
    """InputError for a setting of the other kind."""
    if settings.panel is not None and kind == "locus":
        what = "a panel is for cases: the candidates of a locus are in its table, or lie around its position"
        raise InputError(what, field="--panel", fix="leave it out")
    if settings.window_kb is not None and kind == "case":
        what = "a window is for loci: the candidates of a case are in its table, or in the panel"
        raise InputError(what, field="--window-kb", fix="leave it out")


def _check_phenotypes(kind: Kind, benchmark: RankingBenchmark, sources: Sources, model: AskedModel | None) -> None:
    """Say what of HPO's files is not here. InputError where the run needs them."""
    fetch = f"snakemake --cores 2 {' '.join(map(str, sources.lacking))}"
    are_lacking = kind == "case" and sources.phenotypes is None
    if are_lacking and model is None:
        what = "without a model cases are ranked by the phenotypes of genes (HPO), and these are not here"
        raise InputError(what, field="--no-model", fix=f"fetch them first: {fetch}")
    if sources.lacking:
        told = f"phenotypes of genes ({benchmark.phenotypes}) are not here, so nothing is held against them"
        if sources.phenotypes is not None:
            told = f"names of diseases ({benchmark.phenotypes}) are not here, so they are told by their ids"
        say(f"{told}; this fetches them, in {Path.cwd()}: {fetch}")
    if are_lacking and model is not None and model.is_elsewhere:
        what = "without HPO the labels of your files would go to another machine, and they may say more than HPO's"
        raise InputError(what, field="--upload", fix=f"fetch HPO first: {fetch}")


def _known(kind: Kind, sources: Sources, maker: LocusMaker) -> Known:
    """The genes, and of cases the phenotypes of genes and the names of diseases, as far as they are here."""
    files = sources.phenotypes
    if kind == "locus" or files is None:
        return Known(maker, None)
    names = read_disease_names(files[DISEASES]) if DISEASES in files else {}
    return Known(maker, PhenotypeOverlap(files["obo"], files["genes"]), names)


def _reading(
    files: Sequence[AskedFile], settings: RankSettings, made: QuestionMaker, questions: Sequence[Question]
) -> Iterator[str]:
    """In words: how the files were read, and what of them is odd."""
    if solved := sum(file.solved for file in files):
        total = sum(len(file.rows) for file in files)
        named = f"{solved:,} of {total:,} cases name a causative gene, which neither the model nor the page is told"
        yield f"{named}; phenotype overlap may know published cases as such, and then stands better than for new ones"
    told = "each row is a patient with one phenotype: if they are of one patient, write them into one row"
    for file in [file for file in files if file.form == "table" and len(file.rows) > 1]:
        if all(isinstance(row, Case) and len(row.present) == 1 and not row.id for row in file.rows):
            yield f"{file.path}: {told}"
    if made.unmapped:
        counts = f"{len(made.unmapped):,} of {len(made.panel or ()):,} genes"
        yield f"{settings.panel}: {counts} are unknown and left out: {some(made.unmapped)}"
    unknown: dict[str, Counter[bool]] = {}
    for question in questions:
        terms = (*question.record.present, *question.record.absent)
        unknown.setdefault(question.record.file, Counter()).update(NO_FACT in term.note for term in terms)
    told = "are unknown to this release of HPO or obsolete, and no fact can support them"
    for name, count in unknown.items():
        if count[True]:
            yield f"{name}: {count[True]:,} of {count.total():,} phenotypes {told}"
    told = "its positions are read as of GRCh38: lift them over if they are not"
    for path in [file.path for file in files if file.path and file.kind == "locus"]:
        if match := _OTHER_BUILD.search(path.name):
            yield f"{path}: the file is called after {match[0]}, and {told}"
        elif _is_of_fuma(path, settings.columns):
            yield f"{path}: the file has FUMA's columns, whose positions are mostly of GRCh37, and {told}"


def _is_of_fuma(path: Path, columns: Mapping[str, str]) -> bool:
    """Whether a table has FUMA's columns, and none that states a genome build; `columns` are named by the user."""
    usual = (name for names in LOCUS_COLUMNS.values() for name in names)
    table = read_table(path, [*_FUMA_COLUMNS, *columns.values(), *usual])
    is_of_grch38 = any(column.casefold().endswith(("grch38", "hg38")) for column in table.columns)
    return set(table.columns) >= {*_FUMA_COLUMNS} and not (is_of_grch38 or table.find(LOCUS_COLUMNS["build"]))


def _decoding(decoding: Decoding) -> str:
    """In words: how answers are drawn."""
    drawn = f"temperature {decoding.temperature}, top-p {decoding.top_p}" if decoding.temperature else "greedy"
    if decoding.orders > 1:
        return f"{decoding.orders} answers, the candidates in other orders where the style shuffles them; {drawn}"
    return f"{decoding.samples} answers; {drawn}" if decoding.samples > 1 else f"one answer; {drawn}"


def _candidates(benchmark: RankingBenchmark, kind: Kind, panel: int) -> str:
    """In words: which genes may be the answer."""
    if kind == "locus":
        return f"those of the table, else the protein-coding genes within {benchmark.window_kb:,} kb of the position"
    return (
        f"those of the table, else the {panel:,} genes of the panel" if panel else "those of the table, else any gene"
    )


def _warnings(project: Project, kind: Kind, model: AskedModel, style: str, sources: Sources) -> list[str]:
    trained = set(trained_styles(model.steps, project_files.benchmarks_of(project, kind)))
    warnings = []
    if not trained and model.folder is not None:
        warnings.append(f"nothing says that this model was trained to rank {_PLURALS[kind]}: expect unusable answers")
    elif warning := style_warning(trained, style):
        warnings.append(warning)
    if kind == "case" and sources.phenotypes is None:
        warnings.append(
            "phenotypes of genes (HPO) were not here: no ranking by them stands beside, no reason is checked"
        )
    return warnings


def _print_rankings(records: Sequence[RankingRecord], unranked: str) -> None:
    """Print the first gene of each, and how many there are; `unranked` says of the others why they have none."""
    for record in records[:SHOWN]:
        if record.first is not None:
            say(f"{record.name}: {_in_words(record, record.first)}")
        elif not record.error:
            say(f"{record.name}: {unranked}")
    ranked = sum(record.first is not None for record in records)
    failed = sum(bool(record.error) for record in records)
    of = f"{len(records):,} {_PLURALS[records[0].kind] if len(records) > 1 else records[0].kind}"
    print(f"{of}: {ranked:,} ranked, {len(records) - ranked - failed:,} {unranked}, {failed:,} not asked")


def _in_words(record: RankingRecord, first: RankedCandidate) -> str:
    """In words: which gene is first, and by how many answers or by what."""
    if record.samples:
        lost = len(record.samples) - record.usable
        votes = sum(sample.genes[:1] == [first.symbol] for sample in record.samples)
        share = f"first in {votes} of {len(record.samples)} answers"
        return f"{first.symbol} ({share}{f', {lost} without a list' if lost else ''})"
    if record.kind == "locus":
        where = f"{in_kb(first.distance)} from the variant" if first.distance else "the variant is within it"
        return f"{' = '.join(record.firsts)} ({where})"
    disease = f", {with_name(first.diseases[0].id, first.diseases[0].name)}" if len(record.firsts) == 1 else ""
    return f"{' = '.join(record.firsts)} (fit {first.fit:.2f}{disease})"


def _manifest(prepared: Prepared, settings: RankSettings) -> dict[str, object]:
    """The inputs of the rankings; equal inputs give an equal manifest."""
    files = prepared.sources.files
    model, style = prepared.asked or (None, None)
    inputs = [Path(path) for path in (*settings.files, *([settings.panel] if settings.panel else []))]
    return {
        "settings": settings.model_dump(mode="json"),
        "style": style and style.model_dump(mode="json"),
        "benchmark": prepared.about.benchmark,
        "questions": {str(path): file_sha256(path) for path in inputs},
        "ranked_with": {str(path): file_sha256(path) for of_one in files.values() for path in of_one.values()},
        "model": model and model.manifest,
        "meant_for": PURPOSE,
        "code": code_sha256(__file__),
        "versions": versions(),
    }
