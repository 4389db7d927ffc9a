# Source files → facts. Fetching needs a network and runs where Snakemake runs.


localrules:
    fetch_source,


rule fetch_source:
    output:
        f"{ROOT}/sources/{{source}}/{{key}}/{{file}}",
    log:
        f"{ROOT}/logs/fetch_source/{{source}}.{{key}}.{{file}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        file=lambda w: settings_of(entry(PROJECT.sources, "source", w.source).files, "file", w.key),
    shell:
        configured(
            "fetch_source.py",
            "--source {wildcards.source} --file {wildcards.key} --output {output}",
        )


# Licences that nobody accepted and files that are not the pinned ones stop the build before anything is read.
rule build_facts:
    input:
        corpus_files,
    output:
        licences=f"{ROOT}/facts/{{corpus}}/licences.tsv",
        facts=f"{ROOT}/facts/{{corpus}}/facts.parquet",
        denied=f"{ROOT}/facts/{{corpus}}/denied.parquet",
        unmapped=f"{ROOT}/facts/{{corpus}}/unmapped.tsv",
        statistics=f"{ROOT}/facts/{{corpus}}/statistics.tsv",
    log:
        f"{ROOT}/logs/build_facts/{{corpus}}.log",
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("build_facts")
    resources:
        **asks("build_facts"),
    params:
        sources=corpus_arguments,
        taxon=lambda w: entry(PROJECT.corpora, "corpus", w.corpus).taxon,
        unmapped=lambda w: entry(PROJECT.corpora, "corpus", w.corpus).unmapped,
        authority=corpus_authority,
        folder=subpath(output.facts, parent=True),
    shell:
        configured("write_licences.py", "--corpus {wildcards.corpus} --output {output.licences}")
        + " && "
        + program(
            "build_facts.py",
            "{params.sources} {params.authority} --taxon {params.taxon} --unmapped {params.unmapped}"
            " --output {params.folder}",
        )
