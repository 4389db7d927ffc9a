"""Names in benchmarks.yaml: the sources, corpora, encoders and other benchmarks that a benchmark is made of."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reasonome.config import FORMAT_FILES, GO_FORMATS, QUESTION_FORMATS, Benchmark, RankingBenchmark
from reasonome.core.yaml_text import Loc

if TYPE_CHECKING:
    from reasonome.config.project import Project


def check_ranking(project: "Project", name: str, benchmark: RankingBenchmark) -> None:
    """Sources of a ranking's questions, genes, locations and phenotypes are there, in formats that hold them."""

    def of_formats(loc: Loc, source: str, formats: Iterable[str], role: str) -> None:
        able = [other for other, spec in project.sources.items() if spec.format in formats]
        project.folder.check_known("benchmarks.yaml", loc, source, able, role)

    authorities = [form for form, files in FORMAT_FILES.items() if files.authority]
    of_formats((name, "authority"), benchmark.authority, authorities, "authority for gene symbols")
    for key, form in (("locations", "gene_locations"), ("phenotypes", "hpo")):
        if (source := getattr(benchmark, key)) is not None:
            of_formats((name, key), source, (form,), f"source of format {form}")
    for subset, spec in benchmark.subsets.items():
        loc = (name, "subsets", subset)
        formats = QUESTION_FORMATS[benchmark.task]
        of_formats((*loc, "source"), spec.source, formats, f"source of questions ({' or '.join(formats)})")
        form = project.sources[spec.source].format
        if form == "gold_standards" and benchmark.locations is None:
            what = f"candidates at the loci of '{spec.source}' are found by where genes lie"
            raise project.folder.error(
                "benchmarks.yaml", loc, what, "add `locations`: a source of format gene_locations"
            )
        if spec.columns and form != "rankings":
            what = f"'columns' are those of a ready table (format rankings), and '{spec.source}' is of format {form}"
            raise project.folder.error("benchmarks.yaml", (*loc, "columns"), what, "leave them out")
        if spec.confidence and form != "gold_standards":
            what = f"'{spec.source}' is of format {form}, which states no confidence"
            raise project.folder.error("benchmarks.yaml", (*loc, "confidence"), what, "leave it out")
    project.folder.check_known("benchmarks.yaml", (name, "leave_out"), benchmark.leave_out, project.ranking_benchmarks)
    for position, other in enumerate(benchmark.leave_out):
        if (theirs := project.ranking_benchmarks[other].authority) != benchmark.authority:
            what = f"'{other}' names genes as {theirs} does, and '{name}' as {benchmark.authority}"
            fix = "give both one authority: genes of two could not be told to be the same"
            raise project.folder.error("benchmarks.yaml", (name, "leave_out", position), what, fix)
    _check_left_out(project, name, benchmark)
    project.folder.check_known("benchmarks.yaml", (name, "encoders"), benchmark.encoders, project.encoders)


def check_naming(project: "Project", name: str, benchmark: Benchmark) -> None:
    """A benchmark of gene-set naming has its corpus, encoders and styles, and terms to compare answers with."""
    project.folder.check_known("benchmarks.yaml", (name, "corpus"), benchmark.corpus, project.corpora)
    project.folder.check_known("benchmarks.yaml", (name, "encoders"), benchmark.encoders, project.encoders)
    _check_subsets(project, name, benchmark)
    project.folder.check_known("benchmarks.yaml", (name, "leave_out"), benchmark.leave_out, project.naming_benchmarks)
    _check_left_out(project, name, benchmark)
    _check_background(project, name, benchmark)
    loc, styles = (name, "audit", "name_in_prompt"), project.styles(benchmark.task)
    project.folder.check_known("benchmarks.yaml", loc, benchmark.audit.name_in_prompt, styles, "style")


def _check_subsets(project: "Project", name: str, benchmark: Benchmark) -> None:
    """Sources of subsets are in the corpus, and a branch of GO is that of one source."""
    corpus = project.corpora[benchmark.corpus]
    go = [source for source in corpus.sources if project.sources[source].format in GO_FORMATS]
    for subset, spec in benchmark.subsets.items():
        loc = (name, "subsets", subset)
        if spec.source is not None:
            project.folder.check_known("benchmarks.yaml", (*loc, "source"), spec.source, corpus.sources)
        if spec.namespace and spec.source not in go and len(go) != 1:
            what = f"corpus '{benchmark.corpus}' has {len(go)} sources of GO" + (f": {', '.join(go)}" * bool(go))
            fix = "say which by 'source'" if go else "add one to the corpus (format go or bioconductor)"
            raise project.folder.error("benchmarks.yaml", (*loc, "namespace"), what, fix)


def _check_left_out(project: "Project", name: str, benchmark: Benchmark | RankingBenchmark) -> None:
    """Benchmarks leave out others that are built before them."""
    before, waiting = set(), list(benchmark.leave_out)
    while waiting:
        other = waiting.pop()
        if other == name:
            what = f"'{name}' is left out by what it leaves out: neither can be built first"
            fix = "let only one of two benchmarks leave the other out"
            raise project.folder.error("benchmarks.yaml", (name, "leave_out"), what, fix)
        if other not in before and other in project.benchmarks:
            before.add(other)
            waiting += project.benchmarks[other].leave_out


def _check_background(project: "Project", name: str, benchmark: Benchmark) -> None:
    """The corpus that answers are compared with has an ontology, or the sets that the benchmark's are of."""
    loc = (name, "corpus" if benchmark.background is None else "background")
    corpus = project.background(name)
    project.folder.check_known("benchmarks.yaml", loc, corpus, project.corpora)
    listed = any(
        not spec.namespace and spec.source in (None, *project.corpora[corpus].sources)
        for spec in benchmark.subsets.values()
    )
    if not (listed or project.ontologies(corpus)):
        others = [other for other in project.corpora if project.ontologies(other)]
        raise project.folder.error(
            "benchmarks.yaml",
            loc,
            f"corpus '{corpus}' has no terms that answers could be compared with: no ontology, and no sets of "
            "which the benchmark's are",
            "name a corpus with an ontology as 'background'" + (f": {', '.join(others)}" if others else ""),
        )
