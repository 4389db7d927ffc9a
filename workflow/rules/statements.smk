# Facts → statements, after the benchmarks: no statement mentions a held-out term.


rule write_statements:
    input:
        facts=f"{ROOT}/facts/{{corpus}}/facts.parquet",
        held_out=lambda w: [
            folder / f"{part}.jsonl" for folder in left_out_benchmarks(w) for part in ("valid", "test")
        ],
    output:
        train=f"{ROOT}/statements/{{corpus}}/train.jsonl",
        held_out=f"{ROOT}/statements/{{corpus}}/held_out.jsonl",
        left_out=f"{ROOT}/statements/{{corpus}}/left_out.tsv",
        statistics=f"{ROOT}/statements/{{corpus}}/statistics.tsv",
    log:
        f"{ROOT}/logs/write_statements/{{corpus}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        corpus=lambda w: settings_of(PROJECT.corpora, "corpus", w.corpus),
        leave_out=left_out_benchmarks,
        folder=subpath(output.train, parent=True),
    shell:
        configured(
            "write_statements.py",
            "--corpus {wildcards.corpus} --facts {input.facts} --leave-out {params.leave_out}"
            " --output {params.folder}",
        )
