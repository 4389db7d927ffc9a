# Facts → statements, after the benchmarks: no statement mentions a held-out term.


rule write_statements:
    input:
        facts=f"{ROOT}/facts/{{corpus}}/facts.parquet",
        files=statement_files,
        tokenizer=lambda w: [ancient(folder / "model") for folder in corpus_tokenizer(w)],
        tokenizer_manifest=lambda w: [folder / "manifest.json" for folder in corpus_tokenizer(w)],
    output:
        train=f"{ROOT}/statements/{{corpus}}/train.jsonl",
        held_out=f"{ROOT}/statements/{{corpus}}/held_out.jsonl",
        left_out=f"{ROOT}/statements/{{corpus}}/left_out.tsv",
        statistics=f"{ROOT}/statements/{{corpus}}/statistics.tsv",
        manifest=f"{ROOT}/statements/{{corpus}}/manifest.json",
    log:
        f"{ROOT}/logs/write_statements/{{corpus}}.log",
    benchmark:
        f"{ROOT}/timings/write_statements/{{corpus}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("write_statements")
    resources:
        **asks("write_statements"),
    params:
        corpus=lambda w: settings_of(PROJECT.corpora, "corpus", w.corpus),
        job=job_by("write_statements", statement_settings, "corpus"),
    shell:
        compiled(
            "write_statements.py",
            "{output.train}",
            variables="TOKENIZERS_PARALLELISM=true RAYON_NUM_THREADS={threads} ",
        )
