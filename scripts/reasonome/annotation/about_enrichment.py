"""The page's section on how enriched terms were found, where no model is asked."""

from collections.abc import Mapping

from reasonome.annotation.about import sources_used, told_once
from reasonome.annotation.gene_list import GeneLists
from reasonome.annotation.page import PageAbout
from reasonome.config import Annotation
from reasonome.config.project import Project
from reasonome.core.manifest import versions
from reasonome.enrichment.over_representation import OverRepresentation
from reasonome.tasks.naming import files


def about_enrichment(
    project: Project,
    settings: Annotation,
    tests: Mapping[str, OverRepresentation],
    gene_lists: Mapping[str, GeneLists],
    command: str,
) -> PageAbout:
    """How the terms of a page were found; `tests` and `gene_lists` have the name of a file as key."""
    return PageAbout(
        sources=sources_used(project, settings, [files.background_corpus(project, settings.benchmark)]),
        universe=told_once({name: [of_file.universe.description] for name, of_file in tests.items()}),
        reading=[f"{name}: {sentence}" for name, lists in gene_lists.items() for sentence in lists.notes],
        libraries=told_once({name: of_file.summaries for name, of_file in tests.items()}),
        versions=versions(),
        command=command,
    )
