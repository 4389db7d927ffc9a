# Facts and ontologies → the terms and gene sets that answers are compared with.


rule build_background:
    input:
        files=reads(lambda task: task.files.background),
    output:
        table=f"{ROOT}/backgrounds/{{benchmark}}.parquet",
    log:
        f"{ROOT}/logs/build_background/{{benchmark}}.log",
    benchmark:
        f"{ROOT}/timings/build_background/{{benchmark}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("build_background")
    resources:
        **asks("build_background"),
    params:
        code=lambda w: code_of("build_background.py", "background", w.benchmark),
        job=job_of("build_background", lambda task: task.files.background)["job"],
        settings=background_settings,
    shell:
        compiled("build_background.py", "{output.table}")


rule embed_background:
    input:
        background=f"{ROOT}/backgrounds/{{benchmark}}.parquet",
        manifest=f"{ROOT}/encoders/{{encoder}}/manifest.json",
        model=ancient(f"{ROOT}/encoders/{{encoder}}/model"),
    output:
        embedded=f"{ROOT}/backgrounds/{{benchmark}}.{{encoder}}.json",
    log:
        f"{ROOT}/logs/embed_background/{{benchmark}}.{{encoder}}.log",
    benchmark:
        f"{ROOT}/timings/embed_background/{{benchmark}}.{{encoder}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("embed_background")
    resources:
        **asks("embed_background"),
    params:
        job=job_by("embed_background", embedding_settings, "benchmark", "encoder"),
    shell:
        compiled("embed_background.py", "{output.embedded}")
