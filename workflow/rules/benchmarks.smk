# Facts and tables of questions → benchmarks, split so that nothing leaks, with the audit that proves it. Fetching needs a
# network and runs where Snakemake runs.


rule fetch_published:
    output:
        file=f"{ROOT}/published/{{benchmark}}/{{part}}.{{subset}}/{{file}}",
    log:
        f"{ROOT}/logs/fetch_published/{{benchmark}}.{{part}}.{{subset}}.{{file}}.log",
    wildcard_constraints:
        part="train|valid|test",
        subset="[a-z0-9]+",
        file="[^/]+",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        file=lambda w: canonical(published_file(w).model_dump(mode="json")),
        job=lambda w, output: job_json("fetch_published", {}, output, published_file(w)),
    shell:
        compiled("fetch_published.py", "{output.file}")


rule build_benchmark:
    input:
        files=reads(lambda task: task.files.building),
        left_out=lambda w: held_out_files(PROJECT.benchmarks[w.benchmark].leave_out),
    output:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        valid=f"{ROOT}/benchmarks/{{benchmark}}/valid.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        left_out=f"{ROOT}/benchmarks/{{benchmark}}/left_out.tsv",
        unmapped=f"{ROOT}/benchmarks/{{benchmark}}/unmapped.tsv",
        audit=f"{ROOT}/benchmarks/{{benchmark}}/audit.json",
    log:
        f"{ROOT}/logs/build_benchmark/{{benchmark}}.log",
    benchmark:
        f"{ROOT}/timings/build_benchmark/{{benchmark}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("build_benchmark")
    resources:
        **asks("build_benchmark"),
    params:
        benchmark=lambda w: rows_of(w.benchmark),
        settings=lambda w: canonical(inputs_of(lambda task: task.files.building, w).settings),
        own_code=own_building_code,
        job=lambda w, output: or_stop(
            building.building_job,
            PROJECT,
            w.benchmark,
            inputs_of(lambda task: task.files.building, w),
            compiling.named(output),
        ).to_json(),
    shell:
        compiled("build_benchmark.py", "{output.audit}")


rule write_dataset_card:
    input:
        **{part: f"{ROOT}/benchmarks/{{benchmark}}/{part}.jsonl" for part in ("train", "valid", "test")},
    output:
        card=f"{ROOT}/benchmarks/{{benchmark}}/README.md",
    log:
        f"{ROOT}/logs/write_dataset_card/{{benchmark}}.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        sources=lambda w: canonical([*map(vars, card_sources.sources_of(PROJECT, w.benchmark))]),
        sealed=lambda w: PROJECT.benchmarks[w.benchmark].sealed,
        code=lambda w: code_of("write_dataset_card.py", "", w.benchmark),
        job=job_by("write_dataset_card", dataset_card_settings, "benchmark"),
    shell:
        compiled("write_dataset_card.py", "{output.card}")
