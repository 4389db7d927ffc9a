# Benchmarks and facts → their rows with what the prompts of a style show of them, chosen once for everyone.


rule write_prompts:
    input:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        valid=f"{ROOT}/benchmarks/{{benchmark}}/valid.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        files=reads_to_teach(lambda task: task.files.prompting, "style"),
    output:
        train=f"{ROOT}/prompts/{{benchmark}}.{{style}}/train.jsonl",
        valid=f"{ROOT}/prompts/{{benchmark}}.{{style}}/valid.jsonl",
        test=f"{ROOT}/prompts/{{benchmark}}.{{style}}/test.jsonl",
    log:
        f"{ROOT}/logs/write_prompts/{{benchmark}}.{{style}}.log",
    benchmark:
        f"{ROOT}/timings/write_prompts/{{benchmark}}.{{style}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("write_prompts")
    resources:
        **asks("write_prompts"),
    params:
        style=lambda w: style_of(w.benchmark, w.style),
        benchmark=lambda w: rows_of(w.benchmark),
        job=job_of("write_prompts", lambda task: task.files.prompting, "style")["job"],
    shell:
        compiled("write_prompts.py", "{output.train}")
