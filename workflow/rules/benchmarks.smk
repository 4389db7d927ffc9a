# Facts → benchmarks: gene sets split so that nothing leaks, with the audit that proves it.


rule build_benchmark:
    input:
        facts=lambda w: RESULTS.facts(PROJECT.benchmarks[w.benchmark].corpus),
        obo=ontology_of,
    output:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        valid=f"{ROOT}/benchmarks/{{benchmark}}/valid.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        audit=f"{ROOT}/benchmarks/{{benchmark}}/audit.json",
    log:
        f"{ROOT}/logs/build_benchmark/{{benchmark}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        benchmark=lambda w: settings_of(PROJECT.benchmarks, "benchmark", w.benchmark),
        folder=subpath(output.audit, parent=True),
    shell:
        configured(
            "build_benchmark.py",
            "--benchmark {wildcards.benchmark} --facts {input.facts} --obo {input.obo}"
            " --output {params.folder}",
        )
