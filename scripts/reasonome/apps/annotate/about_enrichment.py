"""The page's section on how enriched terms were found, where no model is asked."""

from collections.abc import Mapping

from reasonome.apps.annotate.about import TestedWith, computed_with, sources_used
from reasonome.apps.annotate.gene_list import GeneLists
from reasonome.apps.annotate.page import PageAbout
from reasonome.config import Annotation
from reasonome.config.project import Project
from reasonome.tasks.naming import files


def about_enrichment(
    project: Project,
    settings: Annotation,
    tested_with: TestedWith,
    gene_lists: Mapping[str, GeneLists],
    command: str,
) -> PageAbout:
    """How the terms of a page were found; `gene_lists` has the name of a file as key."""
    return PageAbout(
        sources=sources_used(project, settings, [files.background_corpus(project, settings.benchmark)]),
        reading=[f"{name}: {sentence}" for name, lists in gene_lists.items() for sentence in lists.notes],
        versions=computed_with(settings, asks=False),
        command=command,
        **tested_with.told(),
    )
