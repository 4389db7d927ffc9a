# Which files and settings a job needs, by its wildcards; the rules are in the files beside this one.

import functools


def source_file(source, key):
    """Where a source's native file is: shipped, or fetched to below results/sources."""
    return str(PROJECT.source_file(source, key))


def reads(stage, *further):
    """The files that a job of this stage reads beside the rows of its benchmark, and its encoders: what the task says.

    `further` are wildcards that the stage is about beside the benchmark.
    """

    def files(wildcards):
        found = inputs_of(stage, wildcards, further)
        return [*found.paths, *encoder_files(found.encoders)]

    return files


def inputs_of(stage, wildcards, further=()):
    """The Inputs of a stage of the benchmark's task; a mistake ends the run with what to do."""
    task = PROJECT.benchmarks[wildcards.benchmark].task
    files = registry.part(task, "files")
    if not hasattr(files, stage):
        raise WorkflowError(f"benchmarks of {task} have no {stage}")
    teacher = wildcards.get("teacher")
    if teacher and PROJECT.teachers[teacher].kind not in registry.part(task, "checks").TEACHERS:
        raise WorkflowError(f"teacher '{teacher}' does not write for {task}")
    try:
        return getattr(files, stage)(PROJECT, wildcards.benchmark, *(wildcards[name] for name in further))
    except InputError as error:
        raise WorkflowError(str(error)) from None


def encoder_files(encoders):
    """Manifests and models of encoders; a model's own time says nothing, its manifest's does."""
    folders = [RESULTS.encoder(encoder) for encoder in encoders]
    return [
        *(folder / "manifest.json" for folder in folders),
        *(ancient(folder / "model") for folder in folders),
    ]


def rows_of(benchmark):
    """What of the configuration decides the rows of a benchmark, as canonical JSON: not how its answers are scored."""
    spec = entry(PROJECT.benchmarks, "benchmark", benchmark)
    return canonical(
        [
            spec.model_dump(mode="json", exclude=set(spec.OF_SCORING)),
            *(rows_of(other) for other in spec.leave_out),
        ]
    )


def audit_inputs(wildcards):
    """The files that the leak audit of an experiment reads."""
    plan = experiments.audit_plan(PROJECT, wildcards.experiment)
    task = PROJECT.benchmarks[plan.benchmarks[0]].task
    return registry.part(task, "files").leaks(PROJECT, plan).paths


def audit_settings(wildcards):
    """What decides an audit beside its files: policies, and the styles in which test sets are asked."""
    plan = experiments.audit_plan(PROJECT, wildcards.experiment)
    return canonical(
        [
            [settings_of(PROJECT.benchmarks, "benchmark", b) for b in plan.benchmarks],
            [settings_of(PROJECT.corpora, "corpus", c) for c in plan.corpora],
            [style_of(*asked) for asked in plan.asked],
        ]
    )


def corpus_files(wildcards):
    sources = entry(PROJECT.corpora, "corpus", wildcards.corpus).sources
    return [source_file(s, key) for s in sources for key in PROJECT.sources[s].files]


def corpus_arguments(wildcards):
    return [
        f"--source {s} {PROJECT.sources[s].format} "
        + " ".join(f"{key}={source_file(s, key)}" for key in PROJECT.sources[s].files)
        for s in PROJECT.corpora[wildcards.corpus].sources
    ]


def corpus_authority(wildcards):
    """The option that names the source which says what genes there are, where the corpus names one."""
    authority = PROJECT.corpora[wildcards.corpus].authority
    return f"--authority {authority}" if authority else ""


def held_out_files(benchmarks):
    """The held-out sets of these benchmarks."""
    return [RESULTS.benchmark(b) / f"{part}.jsonl" for b in benchmarks for part in ("valid", "test")]


def background_settings(wildcards):
    """What of a benchmark decides its background: which sets it asks about, and how small they may be."""
    benchmark = PROJECT.benchmarks[wildcards.benchmark]
    return canonical(
        [
            benchmark.minimum_genes,
            [[spec.namespace, spec.source, spec.relation] for spec in benchmark.subsets.values()],
        ]
    )


def left_out_benchmarks(wildcards):
    return [RESULTS.benchmark(b) for b in entry(PROJECT.corpora, "corpus", wildcards.corpus).leave_out]


def corpus_tokenizer(wildcards):
    """The untouched backbone whose tokens a corpus' statistics count, if it names one."""
    backbone = entry(PROJECT.corpora, "corpus", wildcards.corpus).tokenizer
    return [RESULTS.model(backbone, chains.BASE)] if backbone else []


def corpus_statistics(wildcards):
    """The counts of every corpus that a warm-up of the experiment reads."""
    corpora = experiments.audit_plan(PROJECT, wildcards.experiment).corpora
    return [RESULTS.statements(corpus) / "statistics.tsv" for corpus in corpora]


def local_weights(table, kind, name):
    """The files of weights that lie in a local folder: new ones at the same place are fetched again."""
    weights = entry(table, kind, name).weights
    if weights is None:
        raise WorkflowError(
            f"{kind} '{name}' has no weights: it can be asked, but there is no model of it to fetch or train"
        )
    return sorted(Path(weights.path).glob("*.safetensors")) if weights.source == "path" else []


def parent(wildcards):
    return RESULTS.model(wildcards.backbone, chains.parent(wildcards.chain))


def recipe(wildcards):
    """The merged recipe of the chain's last step; an unknown one ends the run with the nearest valid name."""
    try:
        return chains.last_step(wildcards.chain).recipe(PROJECT)
    except InputError as error:
        raise WorkflowError(str(error)) from None


def sft_reasoning(wildcards):
    return [RESULTS.reasoning(*taught) for taught in experiments.taught_by(recipe(wildcards))]


def examples(part):
    """A split of the benchmark, with what prompts of the style show of its rows."""

    def file(wildcards):
        return examples_of(wildcards.benchmark, wildcards.style) / f"{part}.jsonl"

    return file


def examples_of(benchmark, style):
    """The folder of a benchmark's rows as a style asks them; a mistake ends the run with what to do."""
    try:
        return experiments.examples_folder(PROJECT, benchmark, style)
    except InputError as error:
        raise WorkflowError(str(error)) from None


def recipe_examples(part):
    """A split of each of the recipe's benchmarks, with what prompts of its style show of its rows."""

    def files(wildcards):
        return [examples_of(*question) / f"{part}.jsonl" for question in recipe(wildcards).questions]

    return files


def recipe_style(wildcards):
    """The prompt styles that the recipe learns in, each once, as canonical JSON."""
    return " ".join(dict.fromkeys(style_of(*question) for question in recipe(wildcards).questions))


def recipe_encoders(wildcards):
    return [RESULTS.encoder(encoder) for encoder in recipe(wildcards).encoders]


def asked_model(wildcards):
    """What of a model behind an endpoint decides its answers and their cost, as canonical JSON."""
    apart = {"api_key_variable", "concurrency", "max_retries", "timeout_seconds"}
    return canonical(PROJECT.backbones[wildcards.backbone].api.model_dump(mode="json", exclude=apart))


def recorded_answers(wildcards):
    """The file of a backbone's recorded answers to a benchmark."""
    return entry(
        PROJECT.backbones[wildcards.backbone].recorded.files,
        "benchmark of this backbone",
        wildcards.benchmark,
    )


def runs(wildcards):
    return experiments.cells(PROJECT, wildcards.experiment)


def cell_scores(wildcards):
    return [RESULTS.scores(run) for run in runs(wildcards)]


def cell_baselines(wildcards):
    return list(dict.fromkeys(RESULTS.baselines(run.benchmark, run.style) for run in runs(wildcards)))


def step_files(name):
    """The file `name` of every step that the experiment trains."""

    def files(wildcards):
        steps = experiments.trained_steps(PROJECT, wildcards.experiment)
        return [RESULTS.model(backbone, chain) / name for backbone, chain in steps]

    return files


def requested(rule, wildcards):
    """What config/resources.yaml asks for a job."""
    return _requested(rule, wildcards.get("backbone"), wildcards.get("chain"))


@functools.cache
def _requested(rule, backbone, chain):
    """The same for each of the job's resources: Snakemake asks for one at a time."""
    return job_resources.of_job(PROJECT, rule, backbone, chain)


def environment(rule):
    """The conda environment of jobs that may compute on GPUs; chosen for each where Snakemake makes environments."""

    def of_job(wildcards):
        gpus = requested(rule, wildcards).gpus if HAS_GPUS else 0
        return "../../envs/gpu.yaml" if gpus else "../../envs/cpu.yaml"

    return of_job if DEPLOYED else "../../envs/cpu.yaml"


def cpus(rule):
    """The threads of a rule's jobs; Snakemake gives no more than the machine has."""
    return lambda wildcards: requested(rule, wildcards).cpus


def asks(rule):
    """The resources of a rule's jobs: what an executor for clusters asks for, and what the launcher spreads."""

    def resource(name):
        return lambda wildcards, attempt: requested(rule, wildcards).resources(attempt)[name]

    return {name: resource(name) for name in job_resources.names(PROJECT, rule)}


def annotation_of(wildcards):
    return entry(PROJECT.annotations, "annotation", wildcards.annotation)


def annotation_sets(wildcards):
    """The files of sets, the universe if one is named, and of mice the table of their human orthologues."""
    settings = annotation_of(wildcards)
    universe = [settings.universe] if settings.universe else []
    mouse = [Path(workflow.basedir) / project_files.ORTHOLOGUES] if settings.species == "mouse" else []
    return [*settings.sets, *universe, *mouse]


def cards_of(experiment):
    """The cards of the trained models at the ends of an experiment's arms."""
    models = card_sources.carded(PROJECT, experiment)
    return [RESULTS.model(backbone, chain) / f"card.{experiment}.md" for backbone, chain in models]


def card_corpora(wildcards):
    """The corpora that the chain read; an unknown recipe ends the run with the nearest valid name."""
    try:
        return list(card_sources.corpora_read(PROJECT, wildcards.chain))
    except InputError as error:
        raise WorkflowError(str(error)) from None


def card_licences(wildcards):
    return [RESULTS.facts(corpus).with_name("licences.tsv") for corpus in card_corpora(wildcards)]


def card_manifests(wildcards):
    """The manifests of the chain, the backbone's first."""
    models = model_steps.models_of(wildcards.chain)
    return [RESULTS.model(wildcards.backbone, model) / "manifest.json" for model in models]
