"""Jobs of rules about sources and corpora: fetching, facts, statements, and the names in a background."""

from collections.abc import Mapping

from pydantic import JsonValue

from reasonome.compile.benchmarks import benchmark_job, named_task
from reasonome.config.project import Project
from reasonome.config.project.chains import BASE
from reasonome.config.sources import Corpus
from reasonome.config.strict import Strict
from reasonome.facts.corpus import FactsSettings
from reasonome.facts.fetching.pins import NativeSource, native
from reasonome.jobs import BenchmarkSettings, Files, Job
from reasonome.task_parts import Inputs

Named = Mapping[str, Files]


class FetchSettings(Strict):
    """A source, and which of its files to fetch."""

    source: NativeSource
    key: str


class StatementSettings(Strict):
    """A corpus, the tasks of the benchmarks that it names, and the licences of its sources.

    Tasks are as in `BenchmarkSettings`.
    """

    name: str
    corpus: Corpus
    tasks: dict[str, str]
    licences: dict[str, JsonValue]


def fetch_job(project: Project, source: str, key: str, files: Named, outputs: Named) -> Job[FetchSettings]:
    """The job that fetches a file of a source."""
    settings = FetchSettings(source=native(project, source), key=key)
    return Job(rule="fetch_source", inputs=dict(files), outputs=dict(outputs), settings=settings)


def facts_settings(project: Project, name: str) -> FactsSettings:
    """What the facts of a corpus are made of."""
    corpus = project.corpora[name]
    return FactsSettings(
        sources=[native(project, source) for source in corpus.sources],
        authority=project.authority(name),
        taxon=corpus.taxon,
        unmapped=corpus.unmapped,
    )


def facts_job(project: Project, corpus: str, files: Named, outputs: Named) -> Job[FactsSettings]:
    """The job that makes the facts of a corpus; its settings name the native files."""
    settings = facts_settings(project, corpus)
    return Job(rule="build_facts", inputs=dict(files), outputs=dict(outputs), settings=settings)


def statements_job(project: Project, name: str, files: Named, outputs: Named) -> Job[StatementSettings]:
    """The job that writes the statements of a corpus; among its inputs is the folder of each benchmark."""
    corpus = project.corpora[name]
    named = [*corpus.leave_out, *(corpus.only.benchmarks if corpus.only else ())]
    inputs: dict[str, Files] = {f"benchmark {benchmark}": project.results.benchmark(benchmark) for benchmark in named}
    inputs["ontologies"] = list(project.ontologies(name).values())
    inputs["tokenizer"] = [project.results.model(corpus.tokenizer, BASE) / "model"] if corpus.tokenizer else []
    stated = {"release", "licence", "licence_url"}
    settings = StatementSettings(
        name=name,
        corpus=corpus,
        tasks={benchmark: named_task(project, benchmark) for benchmark in named},
        licences={source: project.sources[source].model_dump(include=stated) for source in corpus.sources},
    )
    return Job(rule="write_statements", inputs={**files, **inputs}, outputs=dict(outputs), settings=settings)


def embedding_job(
    project: Project, benchmark: str, encoder: str, files: Named, outputs: Named
) -> Job[BenchmarkSettings]:
    """The job that embeds the names of a background."""
    return benchmark_job(project, "embed_background", (benchmark, None), Inputs(encoders=[encoder]), files, outputs)
