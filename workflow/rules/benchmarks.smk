# Facts → benchmarks of gene sets, and tables of questions → benchmarks of rankings: split so that nothing leaks, with the
# audit that proves it. Fetching needs a network and runs where Snakemake runs.


localrules:
    fetch_published,


rule fetch_published:
    output:
        f"{ROOT}/published/{{benchmark}}/{{part}}.{{subset}}/{{file}}",
    log:
        f"{ROOT}/logs/fetch_published/{{benchmark}}.{{part}}.{{subset}}.{{file}}.log",
    wildcard_constraints:
        part="train|valid|test",
        subset="[a-z0-9]+",
        file="[^/]+",
    conda:
        "../../envs/cpu.yaml"
    params:
        file=lambda w: canonical(
            PROJECT.benchmarks[w.benchmark].published_files[w.part, w.subset].model_dump(mode="json")
        ),
    shell:
        configured(
            "fetch_published.py",
            "--benchmark {wildcards.benchmark} --part {wildcards.part} --subset {wildcards.subset} --output {output}",
        )


rule build_benchmark:
    input:
        facts=lambda w: RESULTS.facts(PROJECT.benchmarks[w.benchmark].corpus),
        ontologies=ontologies_of,
        synonyms=synonyms_of,
        authority=authority_of,
        published=published_of,
        left_out=lambda w: held_out_files(PROJECT.benchmarks[w.benchmark].leave_out),
    output:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        valid=f"{ROOT}/benchmarks/{{benchmark}}/valid.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        unmapped=f"{ROOT}/benchmarks/{{benchmark}}/unmapped.tsv",
        audit=f"{ROOT}/benchmarks/{{benchmark}}/audit.json",
    log:
        f"{ROOT}/logs/build_benchmark/{{benchmark}}.log",
    wildcard_constraints:
        benchmark=one_of(PROJECT.naming_benchmarks),
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("build_benchmark")
    resources:
        **asks("build_benchmark"),
    params:
        benchmark=lambda w: sets_of(w.benchmark),
        files=benchmark_arguments,
        policies=lambda w: canonical([sets_of(b) for b in PROJECT.benchmarks[w.benchmark].leave_out]),
        leave_out=lambda w: [RESULTS.benchmark(b) for b in PROJECT.benchmarks[w.benchmark].leave_out],
        folder=subpath(output.audit, parent=True),
    shell:
        configured(
            "build_benchmark.py",
            "--benchmark {wildcards.benchmark} --facts {input.facts} {params.files} --synonyms {input.synonyms}"
            " --leave-out {params.leave_out}"
            " --output {params.folder}",
        )


rule build_ranking_benchmark:
    input:
        authority=ranking_authority,
        questions=lambda w: question_files(w.benchmark).values(),
        locations=ranking_locations,
        ontology=ranking_ontology,
        left_out=lambda w: held_out_files(PROJECT.benchmarks[w.benchmark].leave_out),
    output:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        valid=f"{ROOT}/benchmarks/{{benchmark}}/valid.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        left_out=f"{ROOT}/benchmarks/{{benchmark}}/left_out.tsv",
        unmapped=f"{ROOT}/benchmarks/{{benchmark}}/unmapped.tsv",
        audit=f"{ROOT}/benchmarks/{{benchmark}}/audit.json",
    log:
        f"{ROOT}/logs/build_ranking_benchmark/{{benchmark}}.log",
    wildcard_constraints:
        benchmark=one_of(PROJECT.ranking_benchmarks),
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("build_ranking_benchmark")
    resources:
        **asks("build_ranking_benchmark"),
    params:
        benchmark=lambda w: questions_of(w.benchmark),
        seeds=lambda w: PROJECT.order_seeds(w.benchmark),
        files=ranking_arguments,
        leave_out=lambda w: [RESULTS.benchmark(b) for b in PROJECT.benchmarks[w.benchmark].leave_out],
        folder=subpath(output.audit, parent=True),
    shell:
        configured(
            "build_ranking_benchmark.py",
            "--benchmark {wildcards.benchmark} {params.files} --leave-out {params.leave_out} --output {params.folder}",
        )
