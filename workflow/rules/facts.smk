# Source files → facts. Downloading needs a network and runs where Snakemake runs.


localrules:
    fetch_source,


def source_file(source, key):
    """Where a source's native file is: shipped, or downloaded below results/sources."""
    spec = PROJECT.sources[source].files[key]
    if spec.path is not None:
        return spec.path
    return f"{ROOT}/sources/{source}/{key}/{Path(spec.url).name.removesuffix('.zip')}"


def corpus_files(wildcards):
    sources = entry(PROJECT.corpora, "corpus", wildcards.corpus).sources
    return [source_file(s, key) for s in sources for key in PROJECT.sources[s].files]


def corpus_arguments(wildcards):
    return [
        f"--source {s} {PROJECT.sources[s].format} "
        + " ".join(f"{key}={source_file(s, key)}" for key in PROJECT.sources[s].files)
        for s in PROJECT.corpora[wildcards.corpus].sources
    ]


rule fetch_source:
    output:
        f"{ROOT}/sources/{{source}}/{{key}}/{{file}}",
    params:
        source=lambda w: settings_of(PROJECT.sources, "source", w.source),
    log:
        f"{ROOT}/logs/fetch_source/{{source}}.{{key}}.{{file}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/fetch_source.py --config {CONFIG}"
        " --source {wildcards.source} --file {wildcards.key} --output {output}" + TEE


rule build_facts:
    input:
        corpus_files,
    output:
        facts=f"{ROOT}/facts/{{corpus}}/facts.parquet",
        unmapped=f"{ROOT}/facts/{{corpus}}/unmapped.tsv",
        statistics=f"{ROOT}/facts/{{corpus}}/statistics.tsv",
    params:
        sources=corpus_arguments,
        taxon=lambda w: entry(PROJECT.corpora, "corpus", w.corpus).taxon,
        folder=subpath(output.facts, parent=True),
    log:
        f"{ROOT}/logs/build_facts/{{corpus}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/build_facts.py {params.sources} --taxon {params.taxon}"
        " --output {params.folder}" + TEE
