"""Checks of cross-references between the files of a project: each name exists and is of a fitting kind."""

from graphlib import CycleError, TopologicalSorter

from reasonome.config import (
    CLUSTER_RULES,
    FORMAT_FILES,
    GMT_FORMATS,
    AdapterWeights,
    Annotation,
    Backbone,
    Benchmark,
    Corpus,
    GeneNamesTeacher,
    Preferences,
    RecallTeacher,
    SamplePreferences,
    TierPreferences,
)
from reasonome.config.annotations import SHIPPED, is_file_name
from reasonome.config.project import Project
from reasonome.config.project.experiment_references import check_experiment
from reasonome.config.project.recipe_references import check_recipe, check_samples
from reasonome.core.errors import nearest


def check_references(project: Project) -> None:
    """InputError for the first name in a project that is unknown, or that does not fit where it is used."""
    project.folder.check_known("config.yaml", ("experiments",), project.settings.experiments, project.experiments)
    for name, backbone in project.backbones.items():
        _check_backbone(project, name, backbone)
    if (asked := project.settings.annotation_model) is not None:
        weighted = [name for name, backbone in project.backbones.items() if backbone.kind == "weights"]
        project.folder.check_known("config.yaml", ("annotation_model",), asked, weighted, "backbone with weights")
    for name, corpus in project.corpora.items():
        _check_corpus(project, name, corpus)
    _check_left_out(project)
    for name, benchmark in project.benchmarks.items():
        _check_benchmark(project, name, benchmark)
    for name, annotation in project.annotations.items():
        _check_annotation(project, name, annotation)
    for name, teacher in project.teachers.items():
        if isinstance(teacher, RecallTeacher):
            project.folder.check_known("teachers.yaml", (name, "corpus"), teacher.corpus, project.corpora)
        elif not isinstance(teacher, GeneNamesTeacher):
            project.folder.check_known("teachers.yaml", (name, "encoder"), teacher.encoder, project.encoders)
    for name, preferences in project.preferences.items():
        _check_preferences(project, name, preferences)
    for stage, variants in project.recipes.items():
        for variant, recipe in variants.items():
            check_recipe(project, f"recipes/{stage}.yaml", variant, recipe)
    for name, experiment in project.experiments.items():
        check_experiment(project, f"experiments/{name}.yaml", experiment)
    _check_requests(project)
    project.folder.check_known("sizes.yaml", ("rows",), project.sizes.rows, project.benchmarks, "benchmark")
    project.folder.check_known("sizes.yaml", ("tokens",), project.sizes.tokens, project.corpora, "corpus")
    styles = {style for task in project.tasks for style in project.styles(task)}
    project.folder.check_known("sizes.yaml", ("lengths",), project.sizes.lengths, styles, "style")


def _check_backbone(project: Project, name: str, backbone: Backbone) -> None:
    """InputError for unknown benchmarks of recorded answers, and for an adapter of a backbone without whole weights."""
    if backbone.recorded is not None:
        loc = (name, "recorded", "files")
        project.folder.check_known("backbones.yaml", loc, backbone.recorded.files, project.benchmarks)
    if isinstance(backbone.weights, AdapterWeights):
        whole = [
            other
            for other, spec in project.backbones.items()
            if spec.kind == "weights" and not isinstance(spec.weights, AdapterWeights)
        ]
        loc, kind = (name, "weights", "backbone"), "backbone with weights of its own"
        project.folder.check_known("backbones.yaml", loc, backbone.weights.backbone, whole, kind)


def _check_corpus(project: Project, name: str, corpus: Corpus) -> None:
    """InputError if a source of a corpus holds no facts, none defines the genes, or its tokenizer has no weights."""
    file = "corpora.yaml"
    project.folder.check_known(file, (name, "sources"), corpus.sources, project.sources)
    for position, source in enumerate(corpus.sources):
        if not FORMAT_FILES[form := project.sources[source].format].facts:
            what = f"'{source}' is of format {form}, which holds no facts"
            raise project.folder.error(file, (name, "sources", position), what, "it is a source of benchmarks")
    project.folder.check_known(file, (name, "leave_out"), corpus.leave_out, project.benchmarks)
    project.authority(name)
    if corpus.only is not None and corpus.only.genes_of is not None:
        listing = [other for other in project.benchmarks if "genes" in project.task(other).Example.model_fields]
        loc = (name, "only", "genes_of")
        project.folder.check_known(
            "corpora.yaml", loc, corpus.only.genes_of, listing, "benchmark whose rows list genes"
        )
    if corpus.tokenizer is None:
        return
    project.folder.check_known(file, (name, "tokenizer"), corpus.tokenizer, project.backbones)
    if project.backbones[corpus.tokenizer].weights is None:
        with_weights = [other for other, backbone in project.backbones.items() if backbone.weights is not None]
        what = f"backbone '{corpus.tokenizer}' has no weights, and so no tokenizer here"
        raise project.folder.error(file, (name, "tokenizer"), what, nearest(corpus.tokenizer, with_weights))


def _check_benchmark(project: Project, name: str, benchmark: Benchmark) -> None:
    """InputError for an unknown name in a benchmark."""
    project.folder.check_known("benchmarks.yaml", (name, "leave_out"), benchmark.leave_out, project.akin(name))
    project.folder.check_known("benchmarks.yaml", (name, "encoders"), benchmark.encoders, project.encoders)
    project.task(name).checks.check_benchmark(project, name, benchmark)


def _check_left_out(project: Project) -> None:
    """InputError for a cycle in `leave_out`: the benchmarks left out are built first."""
    try:
        TopologicalSorter({name: benchmark.leave_out for name, benchmark in project.benchmarks.items()}).prepare()
    except CycleError as error:
        name = error.args[1][0]
        what = f"'{name}' is left out by what it leaves out: neither can be built first"
        fix = "let only one of two benchmarks leave the other out"
        raise project.folder.error("benchmarks.yaml", (name, "leave_out"), what, fix) from None


def _check_annotation(project: Project, name: str, annotation: Annotation) -> None:
    file = "annotations.yaml"
    able = [benchmark for benchmark in project.benchmarks if project.task(benchmark).checks.annotates]
    benchmark = annotation.benchmark or SHIPPED.benchmark
    project.folder.check_known(file, (name, "benchmark"), benchmark, able)
    styles = project.styles(project.benchmarks[benchmark].task)
    if annotation.style is not None:
        project.folder.check_known(file, (name, "style"), annotation.style, styles)
    libraries = [source for source, spec in project.sources.items() if spec.format in GMT_FORMATS]
    libraries += [library for library in annotation.libraries if is_file_name(library)]
    project.folder.check_known(file, (name, "libraries"), annotation.libraries, libraries, "source of gene sets")


def _check_preferences(project: Project, name: str, preferences: Preferences) -> None:
    """InputError for an unknown name in preferences, and for samples of which there are not two."""
    file = "preferences.yaml"
    if isinstance(preferences, TierPreferences):
        project.folder.check_known(file, (name, "teacher"), preferences.teacher, project.teachers)
    if isinstance(preferences, SamplePreferences):
        check_samples(project, file, (name,), preferences)
        if project.decodings[preferences.decoding].samples < 2:
            what = f"decoding '{preferences.decoding}' gives one sample, and two are compared"
            fix = "name one with `samples: 2` or more"
            raise project.folder.error(file, (name, "decoding"), what, fix)


def _check_requests(project: Project) -> None:
    """InputError for an unknown rule, backbone or recipe in resources.yaml."""
    recipes = [f"{stage}.{variant}" for stage, variants in project.recipes.items() for variant in variants]
    known = {"rule": [*CLUSTER_RULES, *project.stages], "backbone": project.backbones, "recipe": recipes}
    for position, request in enumerate(project.requests):
        for kind, valid in known.items():
            named = getattr(request, f"{kind}s") or []
            project.folder.check_known("resources.yaml", (position, f"{kind}s"), named, valid, kind)
