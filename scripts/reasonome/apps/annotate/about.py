"""The page's section on how terms were found and a model was asked: the tests, the model's training, the sources."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reasonome.apps.annotate import gsea
from reasonome.apps.annotate.answers import Asked
from reasonome.apps.annotate.enrichment import SAME_GENES, SIGNIFICANT, tested_genes
from reasonome.apps.annotate.gsea import RankedAnalysis, is_wanted
from reasonome.apps.annotate.lists import GeneLists
from reasonome.apps.annotate.page import PageAbout
from reasonome.apps.annotate.project_files import Completed, Library
from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.apps.annotate.tables import Recognised
from reasonome.apps.run import recipe_sentences
from reasonome.config.project import Project
from reasonome.core.manifest import PACKAGES, versions
from reasonome.enrichment.over_representation import LARGEST, SMALLEST, OverRepresentation
from reasonome.facts.fetching.pins import native, release
from reasonome.facts.text import counted, some
from reasonome.report.card_sources import SourceRead, described
from reasonome.tasks.naming import files
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.libraries import library_of

COMPUTED_WITH = {"scipy": "SciPy (over-representation)", "gseapy": "GSEApy (GSEA)"}


def about_page(
    project: Project,
    settings: Completed,
    tests: Mapping[str, OverRepresentation],
    releases: Mapping[str, str],
    gene_lists: Mapping[str, GeneLists],
    recognised: Sequence[Recognised],
    command: str,
    asked: Asked | None,
) -> PageAbout:
    """How terms were found, and where a model was `asked`, which one.

    `tests` and `gene_lists` have the name of a file as key, and `releases` that of a library.
    """
    return PageAbout(
        sources=_sources_used(project, settings),
        reading=[f"{name}: {sentence}" for name, lists in gene_lists.items() for sentence in lists.notes],
        versions=_computed_with(settings, asks=asked is not None),
        command=command,
        universe=told_once({name: [test.universe.description] for name, test in tests.items()}),
        releases=dict(releases),
        tests={name: test.tests for name, test in tests.items()},
        recognised=[one.sentence for one in recognised],
        **({} if asked is None else _of_model(asked)),
    )


def methods(
    settings: Completed,
    tests: Mapping[str, OverRepresentation],
    records: Sequence[AnnotationRecord],
    rankings: Sequence[RankedAnalysis],
    page: PageAbout,
) -> list[str]:
    """How terms were tested, in sentences for a paper, the last of them the command."""
    sizes = [
        f"{record.set} ({record.list}), {counted(len(genes), 'gene')}, of which "
        f"{len(tests[record.list].universe.symbols.intersection(genes)):,} in the universe"
        for record in records
        if not record.error and (genes := tested_genes(record))
    ]
    libraries = {
        name: [
            f"{summary}; release: {page.releases[library]}"
            for library, summary in zip(test.tests, test.summaries, strict=True)
        ]
        for name, test in tests.items()
    }
    told = [f"Computed with {', '.join(f'{name} {version}' for name, version in page.versions.items())}."]
    if tests:
        told += [
            f"Lists: {some(sizes)}.",
            *(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in page.universe),
            f"Over-representation: gene sets with {SMALLEST} to {LARGEST} genes of the universe; hypergeometric test, "
            "upper tail; p adjusted after Benjamini and Hochberg for all tested sets of one library; terms with an "
            f"adjusted p of at most {SIGNIFICANT} count. Of terms of one library that share much of their genes of the "
            f"list (Jaccard index of {SAME_GENES} or more), figures show the one of the smallest p.",
            *(f"{sentence}." for sentence in told_once(libraries)),
        ]
    told += [
        f"GSEA of {one.list}: preranked analysis by GSEApy (fgsea's multilevel method, weight 1, seed {settings.seed}) "
        f"of {one.genes:,} ranked genes against {one.sets:,} sets with {gsea.SMALLEST} to {gsea.LARGEST} of them; "
        f"terms with an FDR of at most {gsea.FALSE_DISCOVERY_RATE} in their library count."
        for one in rankings
        if one.sets
    ]
    return [*told, f"Command: {page.command}"]


def _of_model(asked: Asked) -> dict[str, Any]:
    """What the page says of the model, as fields of PageAbout."""
    model = asked.model
    base, trained = (model.steps or [model.manifest])[0], model.steps[1:]
    return {
        "model": model.name,
        "where": model.where("genes, terms and the context"),
        "chain": [step["step"] for step in trained],
        "backbone": base.get("weights", {}).get("backbone") or base.get("name", model.name),
        "backbone_licence": base.get("weights", {}).get("licence", "not stated"),
        "recipe_steps": recipe_sentences(trained),
        "context": asked.settings.context or "",
    }


def _computed_with(settings: Completed, asks: bool) -> dict[str, str]:
    """What computed the terms and the scores of GSEA, and what a model that was asked depends on, with versions."""
    packages = [name for name in COMPUTED_WITH if name != "gseapy" or is_wanted(settings, asks)]
    found = versions((*packages, *(PACKAGES if asks else ())))
    return {COMPUTED_WITH.get(name, name): version for name, version in found.items()}


def told_once(sentences: Mapping[str, Sequence[str]]) -> list[str]:
    """The sentences on all files, by file: once where they are the same, else each behind the name of its file."""
    if len(set(map(tuple, sentences.values()))) <= 1:
        return list(next(iter(sentences.values()), ()))
    return [f"{name}: {sentence}" for name, of_file in sentences.items() for sentence in of_file]


def _sources_used(project: Project, settings: Completed) -> list[SourceRead]:
    """The sources of the terms, and the libraries that are sources, by collection, with release and licence."""
    names = dict.fromkeys(project.corpora[files.background_corpus(project, settings.benchmark)].sources)
    libraries = settings.libraries if settings.only_libraries is None else settings.only_libraries
    names |= dict.fromkeys(name for name in libraries if name in project.sources)
    collections = {name: project.sources[name].lists or name for name in names}
    used = [replace(described(project, name), name=lists, url="") for name, lists in collections.items()]
    return list(dict.fromkeys(used))


def library_releases(project: Project, background: Background, libraries: Mapping[str, Library]) -> dict[str, str]:
    """Library → its release in words: of those of the background's terms, and of `libraries`.

    A file of the user's has the day of its last change.
    """
    terms = {library_of(term): term.source for term in background.candidates}
    return {name: release(native(project, source)) for name, source in terms.items()} | {
        name: release(native(project, library.source)) if library.source else library.release or _of_file(library)
        for name, library in libraries.items()
    }


def _of_file(library: Library) -> str:
    return f"{library.path.name}, last changed {time.strftime('%Y-%m-%d', time.gmtime(library.path.stat().st_mtime))}"
