# Scores → tables and report of an experiment.


localrules:
    write_plan,


EXPERIMENT = f"{ROOT}/experiments/{{experiment}}"


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


rule write_plan:
    output:
        f"{EXPERIMENT}/plan.json",
    params:
        plan=lambda w: canonical(experiments.report_plan(PROJECT, w.experiment)),
    log:
        f"{ROOT}/logs/write_plan/{{experiment}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/write_plan.py --config {CONFIG} --experiment {wildcards.experiment}"
        " --output {output}" + TEE


rule summarise:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        scores=cell_scores,
        floors=cell_floors,
    output:
        metrics=report(
            f"{EXPERIMENT}/metrics.tsv",
            caption="../report/metrics.rst",
            category="{experiment}",
        ),
        comparisons=report(
            f"{EXPERIMENT}/comparisons.tsv",
            caption="../report/comparisons.rst",
            category="{experiment}",
        ),
    params:
        resamples=PROJECT.settings.bootstrap,
        seed=PROJECT.settings.seed,
        code=code_sha256(["comparisons.py", "report/evidence.py", "report/tables.py"]),
    log:
        f"{ROOT}/logs/summarise/{{experiment}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/summarise.py --plan {input.plan} --metrics {output.metrics}"
        " --comparisons {output.comparisons} --resamples {params.resamples} --seed {params.seed}" + TEE


rule account:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        manifests=step_files("manifest.json"),
        scores=cell_scores,
    output:
        f"{EXPERIMENT}/costs.tsv",
    log:
        f"{ROOT}/logs/account/{{experiment}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/account.py --plan {input.plan} --output {output}" + TEE


rule render_report:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        metrics=f"{EXPERIMENT}/metrics.tsv",
        comparisons=f"{EXPERIMENT}/comparisons.tsv",
        costs=f"{EXPERIMENT}/costs.tsv",
        manifests=step_files("manifest.json"),
    output:
        page=report(
            f"{EXPERIMENT}/report.html",
            caption="../report/report.rst",
            category="{experiment}",
        ),
        ablation=report(
            directory(f"{EXPERIMENT}/figures/ablation"),
            patterns=["{name}.svg"],
            caption="../report/ablation.rst",
            category="{experiment}",
        ),
        training=report(
            directory(f"{EXPERIMENT}/figures/training"),
            patterns=["{name}.svg"],
            caption="../report/training.rst",
            category="{experiment}",
        ),
    params:
        code=code_sha256(["report"]),
        figures=subpath(output.ablation, parent=True),
    log:
        f"{ROOT}/logs/render_report/{{experiment}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/render_report.py --plan {input.plan} --metrics {input.metrics}"
        " --comparisons {input.comparisons} --costs {input.costs} --figures {params.figures} --report {output.page}" + TEE
