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
    priority: 100
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("audit_leaks")
    resources:
        **asks("audit_leaks"),
    params:
        settings=audit_settings,
        code=code_sha256(
            [
                "audit.py",
                "benchmarks/rows.py",
                "experiments.py",
                "leak_audit.py",
                "metrics/naming.py",
                "prompts.py",
                "sources/bioconductor.py",
                "sources/go.py",
                "tasks",
                "wording.py",
            ]
        ),
        folder=subpath(output.json, parent=True),
    shell:
        configured(
            "audit_leaks.py",
            "--experiment {wildcards.experiment} --ontologies {input.ontologies} --output {params.folder}",
        )
