# Which files and settings a job needs, by its wildcards, where that is more than a line; the rules are beside this file.

# Backbones that are another one with an adapter, and the weights of each as the configuration has them.
ADAPTED = {
    name: backbone.weights
    for name, backbone in PROJECT.backbones.items()
    if backbone.weights and backbone.weights.source == "adapter"
}


def reads(told, *further):
    """The files that a job reads beside the rows of its benchmark, and its encoders, as they are `told` by the task.

    `further` are wildcards that they follow from, beside the benchmark.
    """

    def files(wildcards):
        found = inputs_of(told, wildcards, further)
        return [*found.paths, *encoder_files(found.encoders)]

    return files


def reads_to_teach(told, *further):
    """The same of a job whose output models learn from.

    Changed code builds a background again, and trains nothing: its own time does not count, what it is built from does.
    """
    listed = reads(told, *further)

    def files(wildcards):
        found, background = listed(wildcards), RESULTS.background(wildcards.benchmark)
        if background not in found:
            return found
        beside = inputs_of(lambda task: task.files.background, wildcards).paths
        return [ancient(background), *dict.fromkeys(file for file in [*found, *beside] if file != background)]

    return files


def inputs_of(told, wildcards, further=()):
    """The Inputs that the benchmark's task has `told`; a mistake ends the run with what to do."""
    task = PROJECT.task(wildcards.benchmark)
    teacher = wildcards.get("teacher")
    if teacher and PROJECT.teachers[teacher].kind not in task.checks.teachers:
        raise WorkflowError(f"teacher '{teacher}' does not write for {task.name}")
    about = [wildcards[name] for name in ("benchmark", *further)]
    return or_stop(told(task), PROJECT, *about)


def job_of(name, told, *further, scores=False):
    """The params of jobs about a benchmark. One is job.json, and one the digest of its settings.

    Snakemake reruns a job for another digest; it does not look at params that follow from inputs and outputs.
    """

    def compiled_job(wildcards, input={}, output={}):
        found = inputs_of(told, wildcards, further)
        about = [wildcards.get(name) for name in ("benchmark", "style", "teacher")]
        files = [compiling.named(files) for files in (input, output)]
        return or_stop(compiling.benchmark_job, PROJECT, name, about, found, *files, scores)

    return {
        "settings": lambda wildcards: compiled_job(wildcards).digest,
        "job": lambda wildcards, input, output: compiled_job(wildcards, input, output).to_json(),
    }


def job_json(name, input, output, settings):
    """A job.json of the files that a rule names."""
    files = [compiling.named(files) for files in (input, output)]
    return Job(rule=name, inputs=files[0], outputs=files[1], settings=settings).to_json()


def job_by(name_of_rule, settings, *about):
    """The param with job.json, of a rule whose settings follow from these wildcards."""

    def compiled_job(wildcards, input, output):
        made = or_stop(settings, PROJECT, *(wildcards[name] for name in about))
        return job_json(name_of_rule, input, output, made)

    return compiled_job


def asked_job(name):
    """The job.json of a rule that asks weights."""
    return lambda wildcards, input, output, resources: job_json(
        name, input, output, asking.of_weights(PROJECT, wildcards, resources.gpus_per_node)
    )


def fetched_weights(kind, table):
    """The job.json of weights that a table of the configuration names."""

    def job(wildcards, output):
        name = wildcards[kind]
        pooling = table[name].pooling if kind == "encoder" else None
        field = f"{kind}s.yaml: {name}.weights"
        settings = WeightsSettings(name=name, field=field, weights=table[name].weights, pooling=pooling)
        return job_json(f"fetch_{kind}", {}, output, settings)

    return job


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
    own = spec.model_dump(mode="json", exclude=set(spec.SCORING_SETTINGS))
    return canonical([own, *(rows_of(other) for other in spec.leave_out)])


def own_building_code(wildcards):
    """The digests of the code that builds a benchmark, of a task of one's own."""
    files = code_files(PROJECT.task(wildcards.benchmark))
    return " ".join(building_sha256(file) for file in files if not file.is_relative_to(PACKAGE_ROOT))


def published_file(wildcards):
    """The entry of a published table of gene sets."""
    return PROJECT.benchmarks[wildcards.benchmark].published_files[wildcards.part, wildcards.subset]


def held_out_files(benchmarks):
    """The held-out sets of these benchmarks."""
    return [RESULTS.benchmark(b) / f"{part}.jsonl" for b in benchmarks for part in ("valid", "test")]


def examples(part):
    """A split of the benchmark, with what prompts of the style show of its rows."""

    def file(wildcards):
        folder = or_stop(PROJECT.examples, wildcards.benchmark, wildcards.style)
        return folder / f"{part}.jsonl"

    return file


def corpus_settings(wildcards):
    """What of the configuration decides the facts of a corpus, beside its files."""
    spec = PROJECT.corpora[wildcards.corpus]
    sources = {name: PROJECT.sources[name] for name in spec.sources}
    formats = {name: [source.format, list(source.files)] for name, source in sources.items()}
    return canonical([formats, PROJECT.authority(wildcards.corpus), spec.taxon, spec.unmapped])


def background_settings(wildcards):
    """What of a benchmark decides its background: which sets it asks about, and how small they may be."""
    benchmark = PROJECT.benchmarks[wildcards.benchmark]
    sets = [[spec.namespace, spec.source, spec.relation] for spec in benchmark.subsets.values()]
    return canonical([benchmark.minimum_genes, sets])


def statement_files(wildcards):
    """What decides which facts of a corpus are said: held-out sets, the benchmark whose genes alone are spoken of, and
    the ontologies that tell which terms lie below held-out ones."""
    corpus = entry(PROJECT.corpora, "corpus", wildcards.corpus)
    files = held_out_files(corpus.leave_out)
    for listing in corpus.only.benchmarks if corpus.only else ():
        files += [RESULTS.benchmark(listing) / f"{part}.jsonl" for part in ("train", "valid", "test")]
    if corpus.test_descendants == "drop":
        files += PROJECT.ontologies(wildcards.corpus).values()
    return list(dict.fromkeys(files))


def corpus_tokenizer(wildcards):
    """The untouched backbone whose tokens a corpus' statistics count, if it names one."""
    backbone = entry(PROJECT.corpora, "corpus", wildcards.corpus).tokenizer
    return [RESULTS.model(backbone, chains.BASE)] if backbone else []


def local_weights(table, kind, name):
    """The files of weights that lie in a local folder: new ones at the same place are fetched again."""
    weights = entry(table, kind, name).weights
    if weights is None:
        raise WorkflowError(
            f"{kind} '{name}' has no weights: it can be asked, but there is no model of it to fetch or train"
        )
    return sorted(Path(weights.path).glob("*.safetensors")) if weights.source == "path" else []


def adapted_backbone(wildcards):
    """The folder of the untouched backbone that an adapter is added to."""
    return RESULTS.model(ADAPTED[wildcards.backbone].backbone, chains.BASE)


def recipe(wildcards):
    """The merged recipe of the chain's last step; an unknown one ends the run with the nearest valid name."""
    return or_stop(lambda: chains.last_step(wildcards.chain).recipe(PROJECT.recipes))


def parent(wildcards):
    chain = chains.parent(wildcards.chain)
    or_stop(recipe_references.check_answers, PROJECT, chain)
    return RESULTS.model(wildcards.backbone, chain)


def recorded_settings(recorded):
    """How recorded answers are read, and what is noted beside their scores, as canonical JSON."""
    return canonical(recorded.columns | ({"note": recorded.note} if recorded.note else {}))


def asked_model(wildcards):
    """The manifest of the model that is asked, which is no reward model."""
    or_stop(recipe_references.check_answers, PROJECT, wildcards.chain)
    return RESULTS.model(wildcards.backbone, wildcards.chain) / "manifest.json"


def training_files(wildcards):
    """The files that the recipe learns from."""
    return list(or_stop(recipe(wildcards).files, RESULTS, PROJECT.preferences, parent_of(wildcards)).values())


def training_job(wildcards, output):
    """The job.json of a step, which has something to learn from as far as that is known."""
    step = chains.last_step(wildcards.chain)
    or_stop(lengths.check_length, PROJECT, wildcards.backbone, f"{step.stage}.{step.variant}")
    return training.training_job(
        PROJECT, recipe(wildcards), parent_of(wildcards), compiling.named(output)
    ).to_json()


def parent_of(wildcards):
    """The backbone and the chain of the model that a step goes on from."""
    return wildcards.backbone, chains.parent(wildcards.chain)


def encoder_models(wildcards):
    """The encoders that the recipe's rewards compare by; their manifests are among the training files."""
    return [ancient(RESULTS.encoder(encoder) / "model") for encoder in recipe(wildcards).comparing]


def judge_model(wildcards):
    """The reward model that judges completions; its manifest is among the training files."""
    judge = chains.judge_chain(recipe(wildcards))
    return [ancient(RESULTS.model(wildcards.backbone, judge) / "model")] if judge else []


def recipe_style(wildcards):
    """The prompt styles that the recipe learns in, each once, as canonical JSON."""
    return " ".join(dict.fromkeys(style_of(*question) for question in recipe(wildcards).questions))


def rule_params(stage):
    """The params of a stage beside its job; a changed one trains again."""
    known = {
        "style": recipe_style,
        "encoders": lambda w: [RESULTS.encoder(encoder) for encoder in recipe(w).comparing],
    }
    return {name: known[name] for name in PROJECT.stages[stage].rule_params}


def annotation_of(wildcards):
    return project_files.completed(PROJECT, entry(PROJECT.annotations, "annotation", wildcards.annotation))


def annotation_sets(wildcards):
    """The files of sets, the universe if one is named, and of mice the table of their human orthologues."""
    settings = annotation_of(wildcards)
    universe = [settings.universe] if settings.universe else []
    mouse = [HERE / project_files.ORTHOLOGUES] if settings.species == "mouse" else []
    return [*settings.sets, *universe, *mouse]


def cell_scores(wildcards):
    """The scores of an experiment's cells, and those of parents in the decodings in which they are matched."""
    cells = [RESULTS.scores(run) for run in experiments.cells(PROJECT, wildcards.experiment)]
    return [*cells, *experiments.matched_scores(PROJECT, wildcards.experiment)]


def cell_baselines(wildcards):
    runs = experiments.cells(PROJECT, wildcards.experiment)
    return list(dict.fromkeys(RESULTS.baselines(run.benchmark, run.style) for run in runs))


def step_manifests(wildcards):
    """The manifest of every step that the experiment trains."""
    steps = experiments.trained_steps(PROJECT, wildcards.experiment)
    return [RESULTS.model(*step) / "manifest.json" for step in steps]


def sample_runs(wildcards):
    """What it took to draw the answers to training questions, and to ask the facts, that the experiment uses."""
    asked = [
        *experiments.sampled(PROJECT, wildcards.experiment),
        *experiments.facts_asked(PROJECT, wildcards.experiment),
    ]
    return [path.with_suffix(".run.json") for _, _, path in asked]


def forgetting_job(wildcards, output={}):
    """The job of what the models of an experiment still know."""
    return forgetting.forgetting_job(PROJECT, wildcards.experiment, compiling.named(output))


def card_settings(wildcards):
    """What the card of a model says of its sources and weights: no file has their licences as they are corrected."""
    weights = entry(PROJECT.backbones, "backbone", wildcards.backbone).weights
    sources = or_stop(card_sources.sources_read, PROJECT, wildcards.chain)
    return CardSettings(
        backbone=wildcards.backbone,
        chain=wildcards.chain,
        licence=weights and weights.licence,
        sources=sources,
        judges=card_sources.judges(PROJECT.recipes, wildcards.chain),
        decodings=PROJECT.decodings,
    )


def carded_licences(wildcards):
    """The licences of a model's sources and weights, as canonical JSON."""
    settings = card_settings(wildcards)
    return canonical([settings.licence, *map(vars, settings.sources)])


def audit_inputs(wildcards):
    """The files that the leak audit of an experiment reads: what its tasks say."""
    audits = audit_job(wildcards).settings.audits
    read = [PROJECT.task(own.tested[0]).files.leaks(own).paths for own in audits]
    return list(dict.fromkeys(path for paths in read for path in paths))


def audit_job(wildcards, output={}):
    return or_stop(leaks.audit_job, PROJECT, wildcards.experiment, compiling.named(output))


def preferred(wildcards):
    """The preferences, the question that is asked, and the model whose samples are compared."""
    question = (wildcards.benchmark, wildcards.style)
    return wildcards.preferences, question, (wildcards.get("backbone", ""), wildcards.get("chain", ""))


def preferred_files(wildcards):
    """The questions, and the teacher's reasoning, the user's table, or the model's samples with their encoders."""
    spec = entry(PROJECT.preferences, "preferences", wildcards.preferences)
    models = (
        [ancient(RESULTS.encoder(name) / "model") for name in spec.encoders] if spec.kind == "samples" else []
    )
    return [*preferring.preferred_files(PROJECT, *preferred(wildcards)).values(), *models]
