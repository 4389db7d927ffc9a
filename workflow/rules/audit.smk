# Training data and test sets of an experiment → its leak audit. It needs no model, so that a leak ends the run early.


rule audit_leaks:
    input:
        files=audit_files,
        ontologies=audit_ontologies,
    output:
        json=f"{EXPERIMENT}/audit.json",
        table=report(
            f"{EXPERIMENT}/audit.tsv",
            caption="../report/audit.rst",
            category="{experiment}",
        ),
    log:
        f"{ROOT}/logs/audit_leaks/{{experiment}}.log",
    wildcard_constraints:
        experiment=one_of([name for name in PROJECT.experiments if not PROJECT.is_ranking(name)]),
    priority: 100
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("audit_leaks")
    resources:
        **asks("audit_leaks"),
    params:
        settings=audit_settings,
        code=lambda w: code_of("audit_leaks.py", *PROJECT.experiments[w.experiment].benchmarks),
        folder=subpath(output.json, parent=True),
    shell:
        configured(
            "audit_leaks.py",
            "--experiment {wildcards.experiment} --ontologies {input.ontologies} --output {params.folder}",
        )


rule audit_ranking_leaks:
    input:
        files=ranking_audit_files,
    output:
        json=f"{EXPERIMENT}/audit.json",
        table=report(
            f"{EXPERIMENT}/audit.tsv",
            caption="../report/audit.rst",
            category="{experiment}",
        ),
    log:
        f"{ROOT}/logs/audit_ranking_leaks/{{experiment}}.log",
    wildcard_constraints:
        experiment=one_of([name for name in PROJECT.experiments if PROJECT.is_ranking(name)]),
    priority: 100
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("audit_ranking_leaks")
    resources:
        **asks("audit_ranking_leaks"),
    params:
        asked=lambda w: canonical(experiments.audit_plan(PROJECT, w.experiment).asked),
        code=lambda w: code_of("audit_ranking_leaks.py", *PROJECT.experiments[w.experiment].benchmarks),
        folder=subpath(output.json, parent=True),
    shell:
        configured(
            "audit_ranking_leaks.py",
            "--experiment {wildcards.experiment} --output {params.folder}",
        )
