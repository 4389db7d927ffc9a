# Facts → benchmarks: gene sets split so that nothing leaks, with the audit that proves it.


def ontology_of(wildcards):
    """The OBO file of the GO source in the benchmark's corpus."""
    corpus = PROJECT.corpora[PROJECT.benchmarks[wildcards.benchmark].corpus]
    for source in corpus.sources:
        if PROJECT.sources[source].format == "go":
            return source_file(source, "obo")
    raise WorkflowError(f"benchmark '{wildcards.benchmark}': its corpus has no source of format 'go'")


rule build_benchmark:
    input:
        facts=lambda w: RESULTS.facts(PROJECT.benchmarks[w.benchmark].corpus),
        obo=ontology_of,
    output:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        valid=f"{ROOT}/benchmarks/{{benchmark}}/valid.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        audit=f"{ROOT}/benchmarks/{{benchmark}}/audit.json",
    params:
        benchmark=lambda w: settings_of(PROJECT.benchmarks, "benchmark", w.benchmark),
        folder=subpath(output.audit, parent=True),
    log:
        f"{ROOT}/logs/build_benchmark/{{benchmark}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/build_benchmark.py --config {CONFIG} --benchmark {wildcards.benchmark}"
        " --facts {input.facts} --obo {input.obo} --output {params.folder}" + TEE
