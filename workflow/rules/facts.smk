# Source files → facts. Fetching needs a network and runs where Snakemake runs.


rule fetch_source:
    output:
        file=f"{ROOT}/sources/{{source}}/{{key}}/{{file}}",
    log:
        f"{ROOT}/logs/fetch_source/{{source}}.{{key}}.{{file}}.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        file=lambda w: settings_of(entry(PROJECT.sources, "source", w.source).files, "file", w.key),
        job=job_by("fetch_source", native, "source"),
    shell:
        compiled("fetch_source.py", "{output.file}")


# Licences that nobody accepted and files that are not the pinned ones stop the build before anything is read.
rule build_facts:
    input:
        lambda w: [
            file
            for source in entry(PROJECT.corpora, "corpus", w.corpus).sources
            for file in PROJECT.source_files(source).values()
        ],
    output:
        licences=f"{ROOT}/facts/{{corpus}}/licences.tsv",
        facts=f"{ROOT}/facts/{{corpus}}/facts.parquet",
        denied=f"{ROOT}/facts/{{corpus}}/denied.parquet",
        unmapped=f"{ROOT}/facts/{{corpus}}/unmapped.tsv",
        statistics=f"{ROOT}/facts/{{corpus}}/statistics.tsv",
    log:
        f"{ROOT}/logs/build_facts/{{corpus}}.log",
    benchmark:
        f"{ROOT}/timings/build_facts/{{corpus}}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("build_facts")
    resources:
        **asks("build_facts"),
    params:
        settings=corpus_settings,
        job=job_by("build_facts", facts_settings, "corpus"),
    shell:
        compiled("build_facts.py", "{output.facts}")
