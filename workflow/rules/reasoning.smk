# Benchmarks → reasoning. An API teacher needs a network, so its jobs run where Snakemake runs.


localrules:
    ask_teacher,


KNOWLEDGE_TEACHERS = [name for name, teacher in PROJECT.teachers.items() if teacher.kind == "knowledge"]
API_TEACHERS = [name for name in PROJECT.teachers if name not in KNOWLEDGE_TEACHERS]


def teacher_encoder(wildcards):
    return RESULTS.encoder(PROJECT.teachers[wildcards.teacher].encoder)


rule write_reasoning:
    input:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        facts=lambda w: RESULTS.facts(PROJECT.benchmarks[w.benchmark].corpus),
        encoder_manifest=lambda w: teacher_encoder(w) / "manifest.json",
        encoder_model=lambda w: ancient(teacher_encoder(w) / "model"),
    output:
        kept=f"{ROOT}/reasoning/{{teacher}}/{{benchmark}}.{{style}}.jsonl",
        dropped=f"{ROOT}/reasoning/{{teacher}}/{{benchmark}}.{{style}}.dropped.jsonl",
    params:
        teacher=lambda w: settings_of(PROJECT.teachers, "teacher", w.teacher),
        style=lambda w: style_of(w.benchmark, w.style),
        encoder=teacher_encoder,
        benchmark=subpath(input.train, parent=True),
    wildcard_constraints:
        teacher="|".join(KNOWLEDGE_TEACHERS),
    log:
        f"{ROOT}/logs/write_reasoning/{{teacher}}.{{benchmark}}.{{style}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/write_reasoning.py --config {CONFIG} --teacher {wildcards.teacher}"
        " --benchmark {wildcards.benchmark} --style {wildcards.style} --folder {params.benchmark}"
        " --facts {input.facts} --encoder {params.encoder} --output {output.kept}" + TEE


use rule write_reasoning as ask_teacher with:
    wildcard_constraints:
        teacher="|".join(API_TEACHERS),
    log:
        f"{ROOT}/logs/ask_teacher/{{teacher}}.{{benchmark}}.{{style}}.log",
