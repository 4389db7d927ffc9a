# Source files → facts. Fetching needs a network and runs where Snakemake runs.


localrules:
    fetch_source,
    write_licences,


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


# Licences that nobody accepted and files that are not the pinned ones stop the build here.
rule write_licences:
    input:
        corpus_files,
    output:
        f"{ROOT}/facts/{{corpus}}/licences.tsv",
    log:
        f"{ROOT}/logs/write_licences/{{corpus}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        pins=corpus_pins,
    shell:
        configured(
            "write_licences.py",
            "--corpus {wildcards.corpus} --output {output}",
        )


rule build_facts:
    input:
        corpus_files,
        # Ancient: a licence told in other words makes no other facts.
        licences=ancient(f"{ROOT}/facts/{{corpus}}/licences.tsv"),
    output:
        facts=f"{ROOT}/facts/{{corpus}}/facts.parquet",
        unmapped=f"{ROOT}/facts/{{corpus}}/unmapped.tsv",
        statistics=f"{ROOT}/facts/{{corpus}}/statistics.tsv",
    log:
        f"{ROOT}/logs/build_facts/{{corpus}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        sources=corpus_arguments,
        taxon=lambda w: entry(PROJECT.corpora, "corpus", w.corpus).taxon,
        unmapped=lambda w: entry(PROJECT.corpora, "corpus", w.corpus).unmapped,
        authority=corpus_authority,
        folder=subpath(output.facts, parent=True),
    shell:
        program(
            "build_facts.py",
            "{params.sources} {params.authority} --taxon {params.taxon} --unmapped {params.unmapped}"
            " --output {params.folder}",
        )
