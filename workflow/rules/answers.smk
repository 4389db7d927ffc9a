# Models → answers. One job answers all subsets of a benchmark, so that a model is loaded once. Models behind an
# endpoint need a network, so their jobs run where Snakemake runs; recorded answers are only brought into shape.


# Settings of a model behind an endpoint that decide neither its answers nor their cost.
OF_CONNECTIONS = {"api_key_variable", "concurrency", "max_retries", "timeout_seconds"}


rule generate:
    input:
        manifest=asked_model,
        model=ancient(f"{ROOT}/models/{{backbone}}/{{chain}}/model"),
        examples=examples("test"),
    output:
        answers=f"{ROOT}/answers/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.jsonl",
        run=f"{ROOT}/answers/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.run.json",
    log:
        f"{ROOT}/logs/generate/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.log",
    benchmark:
        f"{ROOT}/timings/generate/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.tsv"
    wildcard_constraints:
        backbone=backbones_of("weights"),
    conda:
        environment("generate")
    threads: cpus("generate")
    resources:
        **asks("generate"),
        answering=1,
    params:
        job=asked_job("generate"),
        engine=lambda w: PROJECT.backbones[w.backbone].engine,
        decoding=lambda w: settings_of(PROJECT.decodings, "decoding", w.decoding),
        style=lambda w: style_of(w.benchmark, w.style),
    shell:
        compiled("generate.py", "{output.answers}")


# A model's own answers to training questions: what preferences and confidences are made of, and forgetting is seen by.
rule sample:
    input:
        manifest=asked_model,
        model=ancient(f"{ROOT}/models/{{backbone}}/{{chain}}/model"),
        examples=lambda w: examples("valid" if w.questions == VALID else "train")(w),
    output:
        answers=f"{ROOT}/samples/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.{{questions}}.jsonl",
        run=f"{ROOT}/samples/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.{{questions}}.run.json",
    log:
        f"{ROOT}/logs/sample/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.{{questions}}.log",
    benchmark:
        f"{ROOT}/timings/sample/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.{{questions}}.tsv"
    wildcard_constraints:
        backbone=backbones_of("weights"),
        questions=f"{PART}|{VALID}",
    conda:
        environment("generate")
    threads: cpus("sample")
    resources:
        **asks("sample"),
    params:
        job=asked_job("sample"),
        engine=lambda w: PROJECT.backbones[w.backbone].engine,
        decoding=lambda w: settings_of(PROJECT.decodings, "decoding", w.decoding),
        style=lambda w: style_of(w.benchmark, w.style),
    shell:
        compiled("generate.py", "{output.answers}")


# Training facts that a model recalls, and what a further warm-up may repeat.
rule ask_facts:
    input:
        manifest=asked_model,
        model=ancient(f"{ROOT}/models/{{backbone}}/{{chain}}/model"),
        statements=f"{ROOT}/statements/{{corpus}}/train.jsonl",
        facts=f"{ROOT}/facts/{{corpus}}/facts.parquet",
    output:
        recalled=f"{ROOT}/recall/{{backbone}}/{{chain}}/{{corpus}}.{{facts}}.jsonl",
        run=f"{ROOT}/recall/{{backbone}}/{{chain}}/{{corpus}}.{{facts}}.run.json",
    log:
        f"{ROOT}/logs/ask_facts/{{backbone}}.{{chain}}.{{corpus}}.{{facts}}.log",
    benchmark:
        f"{ROOT}/timings/ask_facts/{{backbone}}.{{chain}}.{{corpus}}.{{facts}}.tsv"
    wildcard_constraints:
        backbone=backbones_of("weights"),
        facts="[1-9][0-9]*",
    conda:
        environment("generate")
    threads: cpus("generate")
    resources:
        **asks("generate"),
        answering=1,
    params:
        job=lambda w, input, output, resources: job_json(
            "ask_facts", input, output, RecallSettings(facts=w.facts, gpus=resources.gpus_per_node)
        ),
    shell:
        compiled("ask_facts.py", "{output.recalled}")


rule ask:
    input:
        examples=examples("test"),
    output:
        answers=f"{ROOT}/answers/{{backbone}}/base/{{benchmark}}.{{style}}/{{decoding}}.jsonl",
        run=f"{ROOT}/answers/{{backbone}}/base/{{benchmark}}.{{style}}/{{decoding}}.run.json",
    log:
        f"{ROOT}/logs/ask/{{backbone}}.{{benchmark}}.{{style}}.{{decoding}}.log",
    wildcard_constraints:
        backbone=backbones_of("api"),
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        job=lambda w, input, output: job_json(
            "ask", input, output, asking.of_endpoint(PROJECT, w, PROJECT.backbones[w.backbone].api)
        ),
        model=lambda w: canonical(
            PROJECT.backbones[w.backbone].api.model_dump(mode="json", exclude=OF_CONNECTIONS)
        ),
        decoding=lambda w: settings_of(PROJECT.decodings, "decoding", w.decoding),
        style=lambda w: style_of(w.benchmark, w.style),
    shell:
        compiled("ask.py", "{output.answers}")


rule read_recorded:
    input:
        examples=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        recorded=lambda w: entry(
            PROJECT.backbones[w.backbone].recorded.files, "benchmark of this backbone", w.benchmark
        ),
    output:
        answers=f"{ROOT}/answers/{{backbone}}/base/{{benchmark}}.{{style}}/{{decoding}}.jsonl",
        run=f"{ROOT}/answers/{{backbone}}/base/{{benchmark}}.{{style}}/{{decoding}}.run.json",
    log:
        f"{ROOT}/logs/read_recorded/{{backbone}}.{{benchmark}}.{{style}}.{{decoding}}.log",
    wildcard_constraints:
        backbone=backbones_of("recorded"),
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        job=lambda w, input, output: job_json(
            "read_recorded",
            input,
            output,
            asking.of_recorded(PROJECT, w.benchmark, PROJECT.backbones[w.backbone].recorded),
        ),
        columns=lambda w: recorded_settings(PROJECT.backbones[w.backbone].recorded),
        code=lambda w: code_of("read_recorded.py", "", w.benchmark),
    shell:
        compiled("read_recorded.py", "{output.answers}")
