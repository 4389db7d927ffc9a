# Training data and test sets of an experiment → its leak audit. It needs no model, so that a leak ends the run early.


def audit_files(wildcards):
    plan = experiments.audit_plan(PROJECT, wildcards.experiment)
    prompts = [examples_of(*asked) / "test.jsonl" for asked in plan.asked]
    return list(dict.fromkeys([*plan.files(RESULTS), *prompts]))


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
