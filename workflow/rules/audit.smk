# Training data and test sets of an experiment → its leak audit. It needs no model, so that a leak ends the run early.


rule audit_leaks:
    input:
        audit_inputs,
    output:
        json=f"{EXPERIMENT}/audit.json",
        table=report(
            f"{EXPERIMENT}/audit.tsv",
            caption="../report/audit.rst",
            category="{experiment}",
        ),
    log:
        f"{ROOT}/logs/audit_leaks/{{experiment}}.log",
    priority: 100
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("audit_leaks")
    resources:
        **asks("audit_leaks"),
    params:
        settings=audit_settings,
        code=lambda w: code_of("audit_leaks.py", "leaks", *PROJECT.experiments[w.experiment].benchmarks),
        folder=subpath(output.json, parent=True),
    shell:
        configured(
            "audit_leaks.py",
            "--experiment {wildcards.experiment} --output {params.folder}",
        )
