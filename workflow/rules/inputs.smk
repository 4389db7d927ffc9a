# Which files and settings a job needs, by its wildcards; the rules are in the files beside this one.

import functools


def source_file(source, key):
    """Where a source's native file is: shipped, or fetched to below results/sources."""
    return str(RESULTS.source_file(source, key, PROJECT.sources[source].files[key]))


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


def ontologies_of(wildcards):
    """The ontologies of the benchmark's corpus over which its sets are propagated."""
    return [source_file(s, key) for s, key in PROJECT.ontology_files(wildcards.benchmark).items()]


def synonyms_of(wildcards):
    """The other ontologies of the corpus, whose terms may be the same sets under other names."""
    return [source_file(s, key) for s, key in PROJECT.synonym_files(wildcards.benchmark).items()]


def held_out_files(benchmarks):
    """The held-out sets of these benchmarks."""
    return [RESULTS.benchmark(b) / f"{part}.jsonl" for b in benchmarks for part in ("valid", "test")]


def published_of(wildcards):
    files = PROJECT.benchmarks[wildcards.benchmark].published_files
    return [RESULTS.published_file(wildcards.benchmark, *place, spec) for place, spec in files.items()]


def authority_of(wildcards):
    """The files of the source that says which genes there are: published sets name genes in many ways."""
    benchmark = PROJECT.benchmarks[wildcards.benchmark]
    if not benchmark.files:
        return []
    source = PROJECT.authority(benchmark.corpus)
    return [source_file(source, key) for key in PROJECT.sources[source].files]


def benchmark_arguments(wildcards):
    """The files of a benchmark as arguments of its program."""
    benchmark = PROJECT.benchmarks[wildcards.benchmark]
    words = [
        f"--ontology {s}={source_file(s, key)}"
        for s, key in PROJECT.ontology_files(wildcards.benchmark).items()
    ]
    if benchmark.files:
        source = PROJECT.authority(benchmark.corpus)
        keys = PROJECT.sources[source].files
        words.append("--authority " + " ".join(f"{key}={source_file(source, key)}" for key in keys))
    for (part, subset), spec in benchmark.published_files.items():
        words.append(
            f"--published {part} {subset} {RESULTS.published_file(wildcards.benchmark, part, subset, spec)}"
        )
    return words


def background_ontologies(wildcards):
    """The ontologies of the corpus that answers are compared with."""
    return [source_file(s, key) for s, key in PROJECT.background_ontologies(wildcards.benchmark).items()]


def background_arguments(wildcards):
    return [
        f"--ontology {s} {source_file(s, key)}"
        for s, key in PROJECT.background_ontologies(wildcards.benchmark).items()
    ]


def background_settings(wildcards):
    """What of a benchmark decides its background: which sets it asks about, and how small they may be."""
    benchmark = PROJECT.benchmarks[wildcards.benchmark]
    return canonical(
        [
            benchmark.minimum_genes,
            [[spec.namespace, spec.source, spec.relation] for spec in benchmark.subsets.values()],
        ]
    )


def sets_of(name):
    """What of a benchmark decides its sets, as canonical JSON: not what answers are scored with, nor which of them."""
    benchmark = entry(PROJECT.benchmarks, "benchmark", name)
    return canonical(benchmark.model_dump(mode="json", exclude={"encoders", "background", "sealed"}))


def source_files(source):
    """The native files of a source by key."""
    return {key: source_file(source, key) for key in PROJECT.sources[source].files}


def question_files(name):
    """The file with the questions of each subset of a ranking: sources of questions have one file."""
    subsets = PROJECT.benchmarks[name].subsets
    found = {subset: next(iter(source_files(spec.source).values())) for subset, spec in subsets.items()}
    for subset, spec in subsets.items():
        own = next(iter(PROJECT.sources[spec.source].files.values())).path
        if own and not Path(own).is_file():
            raise WorkflowError(
                f"{own}: there is no such file, and source '{spec.source}' in sources.yaml names it"
            )
    return found


def ranking_authority(wildcards):
    return list(source_files(PROJECT.benchmarks[wildcards.benchmark].authority).values())


def ranking_locations(wildcards):
    """Where genes lie, if the benchmark says."""
    source = PROJECT.benchmarks[wildcards.benchmark].locations
    return [] if source is None else list(source_files(source).values())


def ranking_ontology(wildcards):
    """The ontology that says which phenotypes are in use, if the benchmark says."""
    source = PROJECT.benchmarks[wildcards.benchmark].phenotypes
    return [] if source is None else [source_files(source)["obo"]]


def ranking_arguments(wildcards):
    """The files of a benchmark of rankings as arguments of its program."""
    named = {
        "--authority": source_files(PROJECT.benchmarks[wildcards.benchmark].authority),
        "--questions": question_files(wildcards.benchmark),
    }
    words = [
        f"{option} " + " ".join(f"{k}={path}" for k, path in files.items()) for option, files in named.items()
    ]
    words += [f"--locations {path}" for path in ranking_locations(wildcards)]
    return words + [f"--ontology {path}" for path in ranking_ontology(wildcards)]


def questions_of(name):
    """What of a benchmark of rankings decides its questions, as canonical JSON: formats too, not how it is scored."""
    benchmark = entry(PROJECT.benchmarks, "benchmark", name)
    settings = benchmark.model_dump(mode="json", exclude={"encoders", "sealed", "longest_list"})
    formats = {spec.source: PROJECT.sources[spec.source].format for spec in benchmark.subsets.values()}
    left_out = [questions_of(other) for other in benchmark.leave_out]
    return canonical([settings, formats, left_out])


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


def asked_sets(wildcards):
    """What of a benchmark of gene sets decides what its prompts show beside the rows, as canonical JSON."""
    return sets_of(wildcards.benchmark) if wildcards.benchmark in PROJECT.naming_benchmarks else ""


def prompt_style(wildcards):
    """The style in which a benchmark is asked; an unknown one ends the run with the nearest valid name."""
    return entry(PROJECT.styles(PROJECT.benchmarks[wildcards.benchmark].task), "style", wildcards.style)


def prompt_facts(wildcards):
    """The facts that a style chooses from, where it shows any."""
    corpus = PROJECT.benchmarks[wildcards.benchmark].corpus if prompt_style(wildcards).facts else None
    return [RESULTS.facts(corpus)] if corpus else []


def prompt_fact_arguments(wildcards):
    """The facts, and the ontologies of what the benchmark's sets are drawn from."""
    if not (facts := prompt_facts(wildcards)):
        return []
    files = PROJECT.ontology_files(wildcards.benchmark).items()
    return [f"--facts {facts[0]}", *(f"--ontology {s}={source_file(s, key)}" for s, key in files)]


def recipe_examples(part):
    """A split of the recipe's benchmark, with what prompts of its style show of its rows."""

    def file(wildcards):
        return examples_of(recipe(wildcards).benchmark, recipe(wildcards).style) / f"{part}.jsonl"

    return file


def recipe_style(wildcards):
    return style_of(recipe(wildcards).benchmark, recipe(wildcards).style)


def recipe_encoders(wildcards):
    return [RESULTS.encoder(encoder) for encoder in recipe(wildcards).encoders]


def benchmark_encoders(wildcards):
    return [RESULTS.encoder(encoder) for encoder in PROJECT.benchmarks[wildcards.benchmark].encoders]


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


def embedded_background(wildcards):
    """What says that the names of the background are in the caches of the benchmark's encoders."""
    encoders = PROJECT.benchmarks[wildcards.benchmark].encoders
    return [RESULTS.background(wildcards.benchmark).with_suffix(f".{encoder}.json") for encoder in encoders]


def judging_facts(wildcards):
    """What claims in answers are checked against: facts, and what sources deny, of benchmark and background."""
    return experiments.judging_facts(PROJECT, wildcards.benchmark)


def sealing_of(wildcards):
    """The share of test sets that is not scored."""
    return 0.0 if PROJECT.settings.final else PROJECT.benchmarks[wildcards.benchmark].sealed


def reading_of(benchmark, style):
    """What of a style decides how its answers are read, as canonical JSON; its texts decide the answers alone."""
    style = entry(PROJECT.styles(PROJECT.benchmarks[benchmark].task), "style", style)
    return canonical({"track": style.track, "confidence": style.confidence, "seed": style.seed})


def ranking_reading_of(benchmark, style):
    """What of a ranking's style decides how answers are read and where the prompt has which candidate."""
    style = entry(PROJECT.styles(PROJECT.benchmarks[benchmark].task), "style", style)
    return canonical({name: getattr(style, name) for name in ("reasoning", "words", "order", "seed")})


def authority_arguments(wildcards):
    """The files that say which genes there are, for a benchmark of rankings."""
    files = source_files(PROJECT.benchmarks[wildcards.benchmark].authority)
    return "--authority " + " ".join(f"{key}={path}" for key, path in files.items())


def phenotype_files(wildcards):
    """Ontology and phenotypes of genes, if the benchmark says which."""
    source = PROJECT.benchmarks[wildcards.benchmark].phenotypes
    return {} if source is None else source_files(source)


def phenotype_arguments(wildcards):
    files = phenotype_files(wildcards)
    return "--ontology {obo} --gene-phenotypes {genes}".format(**files) if files else ""


def runs(wildcards):
    return experiments.cells(PROJECT, wildcards.experiment)


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


def audit_files(wildcards):
    plan = experiments.audit_plan(PROJECT, wildcards.experiment)
    prompts = [examples_of(*asked) / "test.jsonl" for asked in plan.asked]
    return list(dict.fromkeys([*plan.files(RESULTS), *prompts]))


def ranking_audit_files(wildcards):
    return experiments.audit_plan(PROJECT, wildcards.experiment).files(RESULTS)


def voting_of(wildcards):
    """The folder of merged samples, of an experiment of rankings."""
    is_ranking = PROJECT.is_ranking(wildcards.experiment)
    return [RESULTS.experiment(wildcards.experiment) / "voting"] if is_ranking else []


def audit_ontologies(wildcards):
    """The ontologies that know synonyms and ancestors of trained and tested terms."""
    plan = experiments.audit_plan(PROJECT, wildcards.experiment)
    corpora = dict.fromkeys([PROJECT.benchmarks[b].corpus for b in [*plan.benchmarks, *plan.training]])
    sources = dict.fromkeys(source for corpus in corpora for source in PROJECT.corpora[corpus].sources)
    keys = {source: ONTOLOGY_FILES.get(PROJECT.sources[source].format) for source in sources}
    return [source_file(source, key) for source, key in keys.items() if key]


def audit_settings(wildcards):
    """The policies, and the styles in which test sets are asked."""
    plan = experiments.audit_plan(PROJECT, wildcards.experiment)
    return canonical(
        [
            [settings_of(PROJECT.benchmarks, "benchmark", b) for b in plan.benchmarks],
            [settings_of(PROJECT.corpora, "corpus", c) for c in plan.corpora],
            [style_of(*asked) for asked in plan.asked],
        ]
    )


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
