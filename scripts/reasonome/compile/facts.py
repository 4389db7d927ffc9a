"""Settings of jobs about sources and corpora: facts, statements, and the names in a background."""

from reasonome.compile.benchmarks import benchmark_settings, task_named
from reasonome.config.project import Project
from reasonome.config.project.chains import BASE
from reasonome.config.sources import FactsSettings
from reasonome.facts.fetching.pins import native
from reasonome.jobs import BenchmarkSettings, StatementSettings
from reasonome.task_parts import Inputs


def facts_settings(project: Project, name: str) -> FactsSettings:
    """What the facts of a corpus are made of."""
    corpus = project.corpora[name]
    return FactsSettings(corpus=corpus, sources=[native(project, source) for source in corpus.sources])


def statement_settings(project: Project, name: str) -> StatementSettings:
    """What the statements of a corpus are written from, beside its facts."""
    corpus = project.corpora[name]
    named = [*corpus.leave_out, *(corpus.only.benchmarks if corpus.only else ())]
    stated = {"release", "licence", "licence_url"}
    return StatementSettings(
        name=name,
        corpus=corpus,
        benchmarks={one: (task_named(project, one), project.results.benchmark(one)) for one in named},
        ontologies=list(project.ontologies(name).values()),
        tokenizer=project.results.model(corpus.tokenizer, BASE) / "model" if corpus.tokenizer else None,
        licences={source: project.sources[source].model_dump(include=stated) for source in corpus.sources},
    )


def embedding_settings(project: Project, benchmark: str, encoder: str) -> BenchmarkSettings:
    """A benchmark, and an encoder that embeds the names in its background."""
    return benchmark_settings(project, benchmark, None, None, Inputs(encoders=[encoder]))
