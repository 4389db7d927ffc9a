# Benchmarks and facts → their rows with what the prompts of a style show of them, chosen once for everyone.

# The modules of the library that decide which facts and neighbours a prompt shows beside a set. Other prompts follow from
# the rows and the style: as for sources and training, their changed code reruns no model.
PROMPT_CODE = [
    "audit.py",
    "benchmarks",
    "metrics/naming.py",
    "prompt_facts.py",
    "prompt_neighbours.py",
    "prompts.py",
    "sources/bioconductor.py",
    "sources/go.py",
    "sources/ontology.py",
    "tasks",
    "wording.py",
]


rule write_prompts:
    input:
        train=f"{ROOT}/benchmarks/{{benchmark}}/train.jsonl",
        valid=f"{ROOT}/benchmarks/{{benchmark}}/valid.jsonl",
        test=f"{ROOT}/benchmarks/{{benchmark}}/test.jsonl",
        facts=prompt_facts,
        ontologies=lambda w: ontologies_of(w) if prompt_facts(w) else [],
    output:
        train=f"{ROOT}/prompts/{{benchmark}}.{{style}}/train.jsonl",
        valid=f"{ROOT}/prompts/{{benchmark}}.{{style}}/valid.jsonl",
        test=f"{ROOT}/prompts/{{benchmark}}.{{style}}/test.jsonl",
    log:
        f"{ROOT}/logs/write_prompts/{{benchmark}}.{{style}}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("write_prompts")
    resources:
        **asks("write_prompts"),
    params:
        style=lambda w: style_of(w.benchmark, w.style),
        benchmark=asked_sets,
        code=lambda w: code_sha256(PROMPT_CODE) if prompt_style(w).enriched else "",
        files=prompt_fact_arguments,
        benchmark_folder=subpath(input.train, parent=True),
        folder=subpath(output.train, parent=True),
    shell:
        configured(
            "write_prompts.py",
            "--benchmark {wildcards.benchmark} --style {wildcards.style} --folder {params.benchmark_folder}"
            " {params.files} --output {params.folder}",
        )
