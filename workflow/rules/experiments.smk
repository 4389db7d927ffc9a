# Scores → tables, audit and report of an experiment, and cards of its models: `snakemake cards`, or a card by its path.


EXPERIMENT = f"{ROOT}/experiments/{{experiment}}"


rule write_plan:
    output:
        plan=f"{EXPERIMENT}/plan.json",
    log:
        f"{ROOT}/logs/write_plan/{{experiment}}.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        plan=lambda w: canonical(experiments.report_plan(PROJECT, w.experiment)),
    shell:
        f"{BEFORE}printf %s {{params.plan:q}} | {PYTHON} -m json.tool --indent 2 --sort-keys --no-ensure-ascii > {{output}} 2> {{log}}"


rule summarise:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        scores=cell_scores,
        baselines=cell_baselines,
        manifests=step_manifests,
        samples=sample_runs,
    output:
        costs=f"{EXPERIMENT}/costs.tsv",
        metrics=reported(f"{EXPERIMENT}/metrics.tsv", "metrics"),
        strata=f"{EXPERIMENT}/strata.tsv",
        comparisons=reported(f"{EXPERIMENT}/comparisons.tsv", "comparisons"),
        sharpening=reported(f"{EXPERIMENT}/sharpening.tsv", "sharpening"),
        calibration=reported(f"{EXPERIMENT}/calibration.tsv", "calibration"),
        reliability=f"{EXPERIMENT}/reliability.tsv",
        own=reported(directory(f"{EXPERIMENT}/own"), "own", patterns=["{name}.svg"]),
    log:
        f"{ROOT}/logs/summarise/{{experiment}}.log",
    benchmark:
        f"{ROOT}/timings/summarise/{{experiment}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("summarise")
    resources:
        **asks("summarise"),
    params:
        seed=PROJECT.settings.seed,
        code=lambda w: code_of_experiment("summarise.py", w.experiment),
        folder=subpath(input.plan, parent=True),
    shell:
        program("summarise.py", "{params.folder} --seed {params.seed}")


# What models still know after each stage of what any stage taught: of experiments with a warm-up, or that ask for it.
rule measure_forgetting:
    input:
        answers=lambda w: [asked.path for asked in experiments.asked_again(PROJECT, w.experiment)],
        files=lambda w: [
            file
            for role, files in forgetting_job(w).inputs.items()
            if role != "models"
            for file in files.values()
        ],
        manifests=step_manifests,
    output:
        table=reported(f"{EXPERIMENT}/forgetting.tsv", "forgetting"),
    log:
        f"{ROOT}/logs/measure_forgetting/{{experiment}}.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        job=lambda w, output: forgetting_job(w, output).to_json(),
        code=lambda w: code_of(
            "measure_forgetting.py",
            "",
            *[
                asked.of
                for asked in experiments.asked_again(PROJECT, w.experiment)
                if asked.kind == "questions"
            ],
        ),
    shell:
        compiled("measure_forgetting.py", "{output.table}")


# It needs no model, so that a leak ends the run early.
rule audit_leaks:
    input:
        audit_inputs,
    output:
        json=f"{EXPERIMENT}/audit.json",
        table=reported(f"{EXPERIMENT}/audit.tsv", "audit"),
    log:
        f"{ROOT}/logs/audit_leaks/{{experiment}}.log",
    benchmark:
        f"{ROOT}/timings/audit_leaks/{{experiment}}.tsv"
    priority: 100
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("audit_leaks")
    resources:
        **asks("audit_leaks"),
    params:
        settings=lambda w: audit_job(w).digest,
        code=lambda w: code_of("audit_leaks.py", "leaks", *PROJECT.experiments[w.experiment].benchmarks),
        job=lambda w, output: audit_job(w, output).to_json(),
    shell:
        compiled("audit_leaks.py", "{output.json}")


rule render_report:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        metrics=f"{EXPERIMENT}/metrics.tsv",
        strata=f"{EXPERIMENT}/strata.tsv",
        comparisons=f"{EXPERIMENT}/comparisons.tsv",
        sharpening=f"{EXPERIMENT}/sharpening.tsv",
        costs=f"{EXPERIMENT}/costs.tsv",
        calibration=f"{EXPERIMENT}/calibration.tsv",
        reliability=f"{EXPERIMENT}/reliability.tsv",
        leaks=f"{EXPERIMENT}/audit.json",
        own=f"{EXPERIMENT}/own",
        forgetting=lambda w: (
            [f"{ROOT}/experiments/{w.experiment}/forgetting.tsv"]
            if experiments.asked_again(PROJECT, w.experiment)
            else []
        ),
        manifests=step_manifests,
    output:
        **{
            name: reported(directory(f"{EXPERIMENT}/figures/{name}"), name, patterns=["{name}.svg"])
            for name in ("ablation", "calibration", "training")
        },
        page=reported(f"{EXPERIMENT}/report.html", "report"),
    log:
        f"{ROOT}/logs/render_report/{{experiment}}.log",
    benchmark:
        f"{ROOT}/timings/render_report/{{experiment}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("render_report")
    resources:
        **asks("render_report"),
    params:
        code=lambda w: code_of_experiment("render_report.py", w.experiment),
        folder=subpath(input.plan, parent=True),
    shell:
        program("render_report.py", "{params.folder}")


rule write_model_card:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        metrics=f"{EXPERIMENT}/metrics.tsv",
        strata=f"{EXPERIMENT}/strata.tsv",
        comparisons=f"{EXPERIMENT}/comparisons.tsv",
        audit=f"{EXPERIMENT}/audit.json",
        manifests=lambda w: [
            RESULTS.model(w.backbone, chain) / "manifest.json"
            for chain in or_stop(card_sources.models_read, PROJECT.recipes, w.chain)
        ],
    output:
        card=f"{ROOT}/models/{{backbone}}/{{chain}}/card.{{experiment}}.md",
    log:
        f"{ROOT}/logs/write_model_card/{{backbone}}.{{chain}}.{{experiment}}.log",
    wildcard_constraints:
        chain="|".join(chains.stage_pattern(stage) for stage in PROJECT.recipes),
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        licences=carded_licences,
        job=lambda w, input, output: job_json("write_model_card", input, output, card_settings(w)),
        code=lambda w: code_of_experiment("write_model_card.py", w.experiment),
    shell:
        compiled("write_model_card.py", "{output.card}")


rule cards:
    input:
        [
            RESULTS.model(*model) / f"card.{name}.md"
            for name in PROJECT.settings.experiments
            for model in card_sources.carded(PROJECT, name)
        ],
        [
            RESULTS.benchmark(benchmark) / "README.md"
            for name in PROJECT.settings.experiments
            for benchmark in PROJECT.experiments[name].benchmarks
        ],
    localrule: True
