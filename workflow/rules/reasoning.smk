# Benchmarks → reasoning. An API teacher needs a network, so its jobs run where Snakemake runs; so do those that write
# for rankings, which take seconds or ask an endpoint.


localrules:
    ask_teacher,
    write_ranking_reasoning,


KNOWLEDGE_TEACHERS = [name for name, teacher in PROJECT.teachers.items() if teacher.kind == "knowledge"]
API_TEACHERS = [name for name, teacher in PROJECT.teachers.items() if teacher.kind == "openai"]


rule write_reasoning:
    input:
        train=examples("train"),
        valid=examples("valid"),
        test=examples("test"),
        left_out=lambda w: held_out_files(PROJECT.benchmarks[w.benchmark].leave_out),
        facts=lambda w: RESULTS.facts(PROJECT.benchmarks[w.benchmark].corpus),
        encoder_manifest=lambda w: teacher_encoder(w) / "manifest.json",
        encoder_model=lambda w: ancient(teacher_encoder(w) / "model"),
    output:
        kept=f"{ROOT}/reasoning/{{teacher}}/{{benchmark}}.{{style}}.jsonl",
        dropped=f"{ROOT}/reasoning/{{teacher}}/{{benchmark}}.{{style}}.dropped.jsonl",
    log:
        f"{ROOT}/logs/write_reasoning/{{teacher}}.{{benchmark}}.{{style}}.log",
    wildcard_constraints:
        teacher=one_of(KNOWLEDGE_TEACHERS),
        benchmark=one_of(PROJECT.naming_benchmarks),
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("write_reasoning")
    resources:
        **asks("write_reasoning"),
    params:
        teacher=lambda w: settings_of(PROJECT.teachers, "teacher", w.teacher),
        style=lambda w: style_of(w.benchmark, w.style),
        template=teacher_template,
        encoder=teacher_encoder,
        benchmark=subpath(input.train, parent=True),
        leave_out=lambda w: [RESULTS.benchmark(b) for b in PROJECT.benchmarks[w.benchmark].leave_out],
        policies=lambda w: [
            PROJECT.benchmarks[b].audit.name_in_reasoning
            for b in [w.benchmark, *PROJECT.benchmarks[w.benchmark].leave_out]
        ],
    shell:
        configured(
            "write_reasoning.py",
            "--teacher {wildcards.teacher} --benchmark {wildcards.benchmark}"
            " --style {wildcards.style} --folder {params.benchmark} --leave-out {params.leave_out} --facts {input.facts}"
            " --encoder {params.encoder} --output {output.kept}",
        )


use rule write_reasoning as ask_teacher with:
    log:
        f"{ROOT}/logs/ask_teacher/{{teacher}}.{{benchmark}}.{{style}}.log",
    wildcard_constraints:
        teacher=one_of(API_TEACHERS),
        benchmark=one_of(PROJECT.naming_benchmarks),


rule write_ranking_reasoning:
    input:
        train=examples("train"),
    output:
        kept=f"{ROOT}/reasoning/{{teacher}}/{{benchmark}}.{{style}}.jsonl",
        dropped=f"{ROOT}/reasoning/{{teacher}}/{{benchmark}}.{{style}}.dropped.jsonl",
    log:
        f"{ROOT}/logs/write_ranking_reasoning/{{teacher}}.{{benchmark}}.{{style}}.log",
    wildcard_constraints:
        benchmark=one_of(PROJECT.ranking_benchmarks),
    conda:
        "../../envs/cpu.yaml"
    params:
        teacher=lambda w: settings_of(PROJECT.teachers, "teacher", w.teacher),
        style=lambda w: style_of(w.benchmark, w.style),
        folder=subpath(input.train, parent=True),
    shell:
        configured(
            "write_ranking_reasoning.py",
            "--teacher {wildcards.teacher} --benchmark {wildcards.benchmark}"
            " --style {wildcards.style} --folder {params.folder} --output {output.kept}",
        )
