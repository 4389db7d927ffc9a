# Answers → scores, and the floors beside them. A changed metric scores again and generates nothing.


rule score:
    input:
        answers=f"{ROOT}/answers/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.jsonl",
        examples=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        background=f"{ROOT}/backgrounds/{{benchmark}}.parquet",
        embedded=embedded_background,
        facts=judging_facts,
        encoder_manifests=lambda w: [folder / "manifest.json" for folder in benchmark_encoders(w)],
        encoder_models=lambda w: [ancient(folder / "model") for folder in benchmark_encoders(w)],
    output:
        scores=f"{ROOT}/scores/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.parquet",
        summary=f"{ROOT}/scores/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.json",
    log:
        f"{ROOT}/logs/score/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.log",
    wildcard_constraints:
        benchmark=one_of(PROJECT.naming_benchmarks),
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("score")
    resources:
        **asks("score"),
    params:
        code=lambda w: code_of("score.py", w.benchmark),
        seed=PROJECT.settings.seed,
        sealed=sealing_of,
        reading=lambda w: reading_of(w.benchmark, w.style),
        encoders=benchmark_encoders,
    shell:
        configured(
            "score.py",
            "--benchmark {wildcards.benchmark} --style {wildcards.style} --examples {input.examples}"
            " --answers {input.answers} --encoders {params.encoders} --background {input.background}"
            " --facts {input.facts} --output {output.scores} --summary {output.summary}",
        )


rule score_floors:
    input:
        train=examples("train"),
        test=examples("test"),
        background=f"{ROOT}/backgrounds/{{benchmark}}.parquet",
        embedded=embedded_background,
        encoder_manifests=lambda w: [folder / "manifest.json" for folder in benchmark_encoders(w)],
        encoder_models=lambda w: [ancient(folder / "model") for folder in benchmark_encoders(w)],
    output:
        f"{ROOT}/floors/{{benchmark}}.{{style}}.parquet",
    log:
        f"{ROOT}/logs/score_floors/{{benchmark}}.{{style}}.log",
    wildcard_constraints:
        benchmark=one_of(PROJECT.naming_benchmarks),
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("score_floors")
    resources:
        **asks("score_floors"),
    params:
        code=lambda w: code_of("score_floors.py", w.benchmark),
        seed=PROJECT.settings.seed,
        sealed=sealing_of,
        style=lambda w: style_of(w.benchmark, w.style),
        encoders=benchmark_encoders,
        folder=subpath(input.train, parent=True),
    shell:
        configured(
            "score_floors.py",
            "--benchmark {wildcards.benchmark} --style {wildcards.style} --folder {params.folder}"
            " --encoders {params.encoders} --background {input.background} --output {output}",
        )


rule score_rankings:
    input:
        answers=f"{ROOT}/answers/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.jsonl",
        examples=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        authority=ranking_authority,
    output:
        scores=f"{ROOT}/scores/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.parquet",
        summary=f"{ROOT}/scores/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.json",
    log:
        f"{ROOT}/logs/score_rankings/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.log",
    wildcard_constraints:
        benchmark=one_of(PROJECT.ranking_benchmarks),
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("score_rankings")
    resources:
        **asks("score_rankings"),
    params:
        code=lambda w: code_of("score_rankings.py", w.benchmark),
        seed=PROJECT.settings.seed,
        sealed=sealing_of,
        longest=lambda w: PROJECT.benchmarks[w.benchmark].longest_list,
        reading=lambda w: ranking_reading_of(w.benchmark, w.style),
        authority=authority_arguments,
    shell:
        configured(
            "score_rankings.py",
            "--benchmark {wildcards.benchmark} --style {wildcards.style} --examples {input.examples}"
            " --answers {input.answers} {params.authority} --output {output.scores} --summary {output.summary}",
        )


rule score_ranking_floors:
    input:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        authority=ranking_authority,
        phenotypes=lambda w: phenotype_files(w).values(),
        encoder_manifests=lambda w: [folder / "manifest.json" for folder in benchmark_encoders(w)],
        encoder_models=lambda w: [ancient(folder / "model") for folder in benchmark_encoders(w)],
    output:
        f"{ROOT}/floors/{{benchmark}}.{{style}}.parquet",
    log:
        f"{ROOT}/logs/score_ranking_floors/{{benchmark}}.{{style}}.log",
    wildcard_constraints:
        benchmark=one_of(PROJECT.ranking_benchmarks),
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("score_ranking_floors")
    resources:
        **asks("score_ranking_floors"),
    params:
        code=lambda w: code_of("score_ranking_floors.py", w.benchmark),
        sealed=sealing_of,
        longest=lambda w: PROJECT.benchmarks[w.benchmark].longest_list,
        style=lambda w: ranking_reading_of(w.benchmark, w.style),
        authority=authority_arguments,
        encoders=benchmark_encoders,
        phenotypes=phenotype_arguments,
        folder=subpath(input.train, parent=True),
    shell:
        configured(
            "score_ranking_floors.py",
            "--benchmark {wildcards.benchmark} --style {wildcards.style} --folder {params.folder} {params.authority}"
            " {params.phenotypes} --encoders {params.encoders} --output {output}",
        )
