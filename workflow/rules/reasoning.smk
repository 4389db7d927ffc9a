# Benchmarks → reasoning. A teacher behind an endpoint needs a network, so its jobs run where Snakemake runs.


API_TEACHERS = [name for name, teacher in PROJECT.teachers.items() if teacher.kind == "openai"]


rule write_reasoning:
    input:
        train=examples("train"),
        left_out=lambda w: held_out_files(PROJECT.benchmarks[w.benchmark].leave_out),
        files=reads_to_teach(lambda task: task.files.teaching, "style", "teacher"),
    output:
        kept=f"{ROOT}/reasoning/{{teacher}}/{{benchmark}}.{{style}}.jsonl",
        dropped=f"{ROOT}/reasoning/{{teacher}}/{{benchmark}}.{{style}}.dropped.jsonl",
    log:
        f"{ROOT}/logs/write_reasoning/{{teacher}}.{{benchmark}}.{{style}}.log",
    benchmark:
        f"{ROOT}/timings/write_reasoning/{{teacher}}.{{benchmark}}.{{style}}.tsv"
    wildcard_constraints:
        teacher=one_of([name for name in PROJECT.teachers if name not in API_TEACHERS]),
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("write_reasoning")
    resources:
        **asks("write_reasoning"),
    params:
        teacher=lambda w: settings_of(PROJECT.teachers, "teacher", w.teacher),
        style=lambda w: style_of(w.benchmark, w.style),
        settings=lambda w: canonical(
            inputs_of(lambda task: task.files.teaching, w, ("style", "teacher")).settings
        ),
        job=job_of("write_reasoning", lambda task: task.files.teaching, "style", "teacher")["job"],
    shell:
        compiled("write_reasoning.py", "{output.kept}")


use rule write_reasoning as ask_teacher with:
    log:
        f"{ROOT}/logs/ask_teacher/{{teacher}}.{{benchmark}}.{{style}}.log",
    benchmark:
        f"{ROOT}/timings/ask_teacher/{{teacher}}.{{benchmark}}.{{style}}.tsv"
    wildcard_constraints:
        teacher=one_of(API_TEACHERS),
    localrule: True
