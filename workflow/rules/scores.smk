# Answers → scores, and the floors beside them. A changed metric scores again and generates nothing.

# The modules of the library that decide a score.
SCORING_CODE = ["completion.py", "encoders.py", "floors.py", "metrics", "scoring.py", "tasks"]


def benchmark_encoders(wildcards):
    return [RESULTS.encoder(encoder) for encoder in PROJECT.benchmarks[wildcards.benchmark].encoders]


rule score:
    input:
        answers=f"{ROOT}/answers/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.jsonl",
        examples=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        encoder_manifests=lambda w: [folder / "manifest.json" for folder in benchmark_encoders(w)],
        encoder_models=lambda w: [ancient(folder / "model") for folder in benchmark_encoders(w)],
    output:
        scores=f"{ROOT}/scores/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.parquet",
        summary=f"{ROOT}/scores/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.json",
    params:
        code=code_sha256(SCORING_CODE),
        encoders=benchmark_encoders,
    log:
        f"{ROOT}/logs/score/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/score.py --config {CONFIG} --benchmark {wildcards.benchmark}"
        " --examples {input.examples} --answers {input.answers} --encoders {params.encoders}"
        " --output {output.scores} --summary {output.summary}" + TEE


rule score_floors:
    input:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        encoder_manifests=lambda w: [folder / "manifest.json" for folder in benchmark_encoders(w)],
        encoder_models=lambda w: [ancient(folder / "model") for folder in benchmark_encoders(w)],
    output:
        f"{ROOT}/floors/{{benchmark}}.{{style}}.parquet",
    params:
        code=code_sha256(SCORING_CODE),
        style=lambda w: style_of(w.benchmark, w.style),
        encoders=benchmark_encoders,
        folder=subpath(input.train, parent=True),
    log:
        f"{ROOT}/logs/score_floors/{{benchmark}}.{{style}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/score_floors.py --config {CONFIG} --benchmark {wildcards.benchmark}"
        " --style {wildcards.style} --folder {params.folder} --encoders {params.encoders}"
        " --output {output}" + TEE
