# Which files and settings jobs of several rules need, by their wildcards; what one rule needs is beside that rule.


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
    about = [wildcards[name] for name in ("benchmark", *further)]
    return or_stop(getattr(files, stage), PROJECT, *about)


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
    own = spec.model_dump(mode="json", exclude=set(spec.OF_SCORING))
    return canonical([own, *(rows_of(other) for other in spec.leave_out)])


def held_out_files(benchmarks):
    """The held-out sets of these benchmarks."""
    return [RESULTS.benchmark(b) / f"{part}.jsonl" for b in benchmarks for part in ("valid", "test")]


def examples(part):
    """A split of the benchmark, with what prompts of the style show of its rows."""
    return lambda wildcards: examples_of(wildcards.benchmark, wildcards.style, part)


def examples_of(benchmark, style, part):
    return or_stop(experiments.examples_folder, PROJECT, benchmark, style) / f"{part}.jsonl"
