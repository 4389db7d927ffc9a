# Tables, plan and scores of an experiment → what a paper shows of it.


rule paper:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        metrics=f"{EXPERIMENT}/metrics.tsv",
        comparisons=f"{EXPERIMENT}/comparisons.tsv",
        scores=cell_scores,
        baselines=cell_baselines,
    output:
        multiext(f"{EXPERIMENT}/paper/in_distribution", ".tsv", ".md"),
        multiext(f"{EXPERIMENT}/paper/out_of_distribution", ".tsv", ".md"),
        multiext(f"{EXPERIMENT}/paper/format", ".tsv", ".md"),
        multiext(f"{EXPERIMENT}/paper/ablation", ".svg", ".png", ".tsv"),
        multiext(f"{EXPERIMENT}/paper/coverage", ".svg", ".png", ".tsv"),
        abstention=f"{EXPERIMENT}/paper/abstention.tsv",
    log:
        f"{ROOT}/logs/paper/{{experiment}}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("paper")
    resources:
        **asks("paper"),
    params:
        resamples=PROJECT.settings.bootstrap,
        seed=PROJECT.settings.seed,
        code=lambda w: code_of_experiment("write_paper_tables.py", w.experiment),
        folder=subpath(output.abstention, parent=True),
    shell:
        program(
            "write_paper_tables.py",
            "--plan {input.plan} --metrics {input.metrics} --comparisons {input.comparisons}"
            " --output {params.folder} --resamples {params.resamples} --seed {params.seed}",
        )
