"""Today's knowledge: HGNC, GO, Reactome and WikiPathways are fetched and pinned, and the terms are made of them."""

import shutil
from collections.abc import Iterator

from reasonome.apps.annotate.making import make
from reasonome.apps.annotate.project_files import current_sources
from reasonome.config.annotations import CURRENT
from reasonome.config.project import Project
from reasonome.core.errors import lookup
from reasonome.facts.fetching import pins


def update(project: Project) -> Iterator[str]:
    """Fetch the sources of today's knowledge anew, pin them, and make facts and terms of them.

    Yields a sentence on each file. What was made of an earlier file goes as soon as another is there. Raises InputError
    where the project has no benchmark of today's knowledge, for a file that cannot be fetched, after which its source
    stays as it was, and where a rule fails.
    """
    benchmark = lookup(project.benchmarks, CURRENT.benchmark, "benchmark")
    facts, background = project.results.facts(benchmark.corpus), project.results.background(CURRENT.benchmark)
    for source in current_sources(project):
        lookup(project.sources, source, "source")
        before = project.locked.get(source)
        files = pins.pin(project, source, anew=True).files
        known = before.files if before else {}
        if any(pins.differs(known.get(key), file) for key, file in files.items()):
            background.unlink(missing_ok=True)
            shutil.rmtree(facts.parent, ignore_errors=True)
        yield from pins.told(source, before, files)
    make(project, [facts, background])
