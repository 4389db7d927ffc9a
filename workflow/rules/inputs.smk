# Which files and settings a job needs, by its wildcards; the rules are in the files beside this one.


def source_file(source, key):
    """Where a source's native file is: shipped, or downloaded below results/sources."""
    spec = PROJECT.sources[source].files[key]
    if spec.path is not None:
        return spec.path
    return f"{ROOT}/sources/{source}/{key}/{spec.file_name}"


def corpus_files(wildcards):
    sources = entry(PROJECT.corpora, "corpus", wildcards.corpus).sources
    return [source_file(s, key) for s in sources for key in PROJECT.sources[s].files]


def corpus_arguments(wildcards):
    return [
        f"--source {s} {PROJECT.sources[s].format} "
        + " ".join(f"{key}={source_file(s, key)}" for key in PROJECT.sources[s].files)
        for s in PROJECT.corpora[wildcards.corpus].sources
    ]


def ontology_of(wildcards):
    """The OBO file of the GO source in the benchmark's corpus."""
    corpus = PROJECT.corpora[PROJECT.benchmarks[wildcards.benchmark].corpus]
    for source in corpus.sources:
        if PROJECT.sources[source].format == "go":
            return source_file(source, "obo")
    raise WorkflowError(f"benchmark '{wildcards.benchmark}': its corpus has no source of format 'go'")


def left_out_benchmarks(wildcards):
    return [RESULTS.benchmark(b) for b in entry(PROJECT.corpora, "corpus", wildcards.corpus).leave_out]


def local_weights(table, kind, name):
    """The files of weights that lie in a local folder: new ones at the same place are fetched again."""
    weights = entry(table, kind, name).weights
    return sorted(Path(weights.path).glob("*.safetensors")) if weights.source == "path" else []


def teacher_template(wildcards):
    """The prompt of an API teacher; a knowledge teacher has none."""
    if wildcards.teacher in KNOWLEDGE_TEACHERS:
        return ""
    task = PROJECT.benchmarks[wildcards.benchmark].task
    return (CONFIG / "prompts" / f"teacher.{task}.txt").read_text(encoding="utf-8")


def teacher_encoder(wildcards):
    return RESULTS.encoder(PROJECT.teachers[wildcards.teacher].encoder)


def parent(wildcards):
    return RESULTS.model(wildcards.backbone, chains.parent(wildcards.chain))


def recipe(wildcards):
    """The merged recipe of the chain's last step; an unknown one ends the run with the nearest valid name."""
    try:
        return chains.last_step(wildcards.chain).recipe(PROJECT)
    except InputError as error:
        raise WorkflowError(str(error)) from None


def sft_reasoning(wildcards):
    spec = recipe(wildcards)
    return [] if spec.teacher == "none" else RESULTS.reasoning(spec.teacher, spec.benchmark, spec.style)


def recipe_style(wildcards):
    return style_of(recipe(wildcards).benchmark, recipe(wildcards).style)


def recipe_encoders(wildcards):
    return [RESULTS.encoder(encoder) for encoder in recipe(wildcards).encoders]


def benchmark_encoders(wildcards):
    return [RESULTS.encoder(encoder) for encoder in PROJECT.benchmarks[wildcards.benchmark].encoders]


def runs(wildcards):
    return chains.expand(PROJECT.experiments[wildcards.experiment])


def cell_scores(wildcards):
    return [RESULTS.scores(run) for run in runs(wildcards)]


def cell_floors(wildcards):
    return list(dict.fromkeys(RESULTS.floors(run.benchmark, run.style) for run in runs(wildcards)))


def step_files(name):
    """The file `name` of every step that the experiment trains."""

    def files(wildcards):
        steps = experiments.trained_steps(PROJECT, wildcards.experiment)
        return [RESULTS.model(backbone, chain) / name for backbone, chain in steps]

    return files
