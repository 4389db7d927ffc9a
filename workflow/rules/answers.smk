# Models → answers. One job answers all subsets of a benchmark, so that a model is loaded once.


rule generate:
    input:
        manifest=f"{ROOT}/models/{{backbone}}/{{chain}}/manifest.json",
        model=ancient(f"{ROOT}/models/{{backbone}}/{{chain}}/model"),
        examples=examples("test"),
    output:
        answers=f"{ROOT}/answers/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.jsonl",
        run=f"{ROOT}/answers/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/{{decoding}}.run.json",
    log:
        f"{ROOT}/logs/generate/{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.{{decoding}}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: 16
    params:
        folder=subpath(input.manifest, parent=True),
        decoding=lambda w: settings_of(PROJECT.decodings, "decoding", w.decoding),
        style=lambda w: style_of(w.benchmark, w.style),
    shell:
        configured(
            "generate.py",
            "--model {params.folder} --benchmark {wildcards.benchmark} --examples {input.examples}"
            " --style {wildcards.style} --decoding {wildcards.decoding} --output {output.answers}",
        )
