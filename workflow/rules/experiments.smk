# Scores → tables and report of an experiment.


localrules:
    account,
    write_plan,


EXPERIMENT = f"{ROOT}/experiments/{{experiment}}"


rule write_plan:
    output:
        f"{EXPERIMENT}/plan.json",
    log:
        f"{ROOT}/logs/write_plan/{{experiment}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        plan=lambda w: canonical(experiments.report_plan(PROJECT, w.experiment)),
    shell:
        configured(
            "write_plan.py",
            "--experiment {wildcards.experiment} --output {output}",
        )


rule summarise:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        scores=cell_scores,
        baselines=cell_baselines,
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
        own=report(
            directory(f"{EXPERIMENT}/own"),
            patterns=["{name}.svg"],
            caption="../report/own.rst",
            category="{experiment}",
        ),
    log:
        f"{ROOT}/logs/summarise/{{experiment}}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("summarise")
    resources:
        **asks("summarise"),
    params:
        resamples=PROJECT.settings.bootstrap,
        seed=PROJECT.settings.seed,
        equivalence=PROJECT.settings.equivalence,
        code=lambda w: code_of_experiment("summarise.py", w.experiment),
    shell:
        program(
            "summarise.py",
            "--plan {input.plan} --metrics {output.metrics} --comparisons {output.comparisons} --own {output.own}"
            " --resamples {params.resamples} --seed {params.seed} --equivalence {params.equivalence}",
        )


rule account:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        manifests=step_files("manifest.json"),
        scores=cell_scores,
    output:
        f"{EXPERIMENT}/costs.tsv",
    log:
        f"{ROOT}/logs/account/{{experiment}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        code=code_of("account.py"),
    shell:
        program(
            "account.py",
            "--plan {input.plan} --output {output}",
        )


rule render_report:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        metrics=f"{EXPERIMENT}/metrics.tsv",
        comparisons=f"{EXPERIMENT}/comparisons.tsv",
        costs=f"{EXPERIMENT}/costs.tsv",
        leaks=f"{EXPERIMENT}/audit.json",
        abstention=f"{EXPERIMENT}/paper/abstention.tsv",
        coverage=f"{EXPERIMENT}/paper/coverage.svg",
        own=f"{EXPERIMENT}/own",
        corpora=corpus_statistics,
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
        corpora=report(
            directory(f"{EXPERIMENT}/figures/corpora"),
            patterns=["{name}.svg"],
            caption="../report/corpora.rst",
            category="{experiment}",
        ),
    log:
        f"{ROOT}/logs/render_report/{{experiment}}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("render_report")
    resources:
        **asks("render_report"),
    params:
        code=lambda w: code_of_experiment("render_report.py", w.experiment),
        figures=subpath(output.ablation, parent=True),
    shell:
        program(
            "render_report.py",
            "--plan {input.plan} --metrics {input.metrics} --comparisons {input.comparisons}"
            " --costs {input.costs} --leaks {input.leaks} --abstention {input.abstention}"
            " --coverage {input.coverage} --own {input.own} --figures {params.figures} --report {output.page}",
        )
