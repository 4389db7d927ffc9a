# Answers → scores, and the baselines beside them. A changed metric scores again and generates nothing.


rule score:
    input:
        answers=f"{ROOT}/answers/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.jsonl",
        examples=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        files=reads(lambda task: task.files.scoring, "style"),
    output:
        scores=f"{ROOT}/scores/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.parquet",
        summary=f"{ROOT}/scores/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.json",
    log:
        f"{ROOT}/logs/score/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.log",
    benchmark:
        f"{ROOT}/timings/score/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("score")
    resources:
        **asks("score"),
    params:
        **job_of("score", lambda task: task.files.scoring, "style", scores=True),
        code=lambda w: code_of("score.py", "scoring", w.benchmark),
    shell:
        compiled("score.py", "{output.scores}")


rule score_baselines:
    input:
        train=examples("train"),
        test=examples("test"),
        files=reads(lambda task: task.files.baselines),
    output:
        scores=f"{ROOT}/baselines/{{benchmark}}.{{style}}.parquet",
    log:
        f"{ROOT}/logs/score_baselines/{{benchmark}}.{{style}}.log",
    benchmark:
        f"{ROOT}/timings/score_baselines/{{benchmark}}.{{style}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("score_baselines")
    resources:
        **asks("score_baselines"),
    params:
        **job_of("score_baselines", lambda task: task.files.baselines, scores=True),
        code=lambda w: code_of("score_baselines.py", "baselines", w.benchmark),
    shell:
        compiled("score_baselines.py", "{output.scores}")
