# Benchmarks and facts → the sets with what a prompt style shows beside their genes.

# The modules of the library that decide what a prompt shows beside a set.
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


rule write_prompt_facts:
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
        f"{ROOT}/logs/write_prompt_facts/{{benchmark}}.{{style}}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("write_prompt_facts")
    resources:
        **asks("write_prompt_facts"),
    params:
        style=lambda w: style_of(w.benchmark, w.style),
        benchmark=lambda w: sets_of(w.benchmark),
        code=code_sha256(PROMPT_CODE),
        files=prompt_fact_arguments,
        benchmark_folder=subpath(input.train, parent=True),
        folder=subpath(output.train, parent=True),
    shell:
        configured(
            "write_prompt_facts.py",
            "--benchmark {wildcards.benchmark} --style {wildcards.style} --folder {params.benchmark_folder}"
            " {params.files} --output {params.folder}",
        )
