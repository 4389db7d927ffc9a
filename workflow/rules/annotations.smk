# People's own gene sets and a model → enriched terms, and a model's words with what they cite checked.


rule annotate:
    input:
        sets=annotation_sets,
        manifest=asked_model,
        model=ancient(f"{ROOT}/models/{{backbone}}/{{chain}}/model"),
        sources=lambda w: project_files.targets(project_files.tested_sources(PROJECT, annotation_of(w))),
    output:
        table=f"{ROOT}/annotations/{{backbone}}/{{chain}}/{{annotation}}/annotations.tsv",
        records=f"{ROOT}/annotations/{{backbone}}/{{chain}}/{{annotation}}/annotations.jsonl",
        terms=f"{ROOT}/annotations/{{backbone}}/{{chain}}/{{annotation}}/enrichment.tsv",
        identifiers=f"{ROOT}/annotations/{{backbone}}/{{chain}}/{{annotation}}/identifiers.tsv",
        page=f"{ROOT}/annotations/{{backbone}}/{{chain}}/{{annotation}}/annotations.html",
        manifest=f"{ROOT}/annotations/{{backbone}}/{{chain}}/{{annotation}}/manifest.json",
    log:
        f"{ROOT}/logs/annotate/{{backbone}}.{{chain}}.{{annotation}}.log",
    benchmark:
        f"{ROOT}/timings/annotate/{{backbone}}.{{chain}}.{{annotation}}.tsv"
    wildcard_constraints:
        backbone=backbones_of("weights"),
        annotation=NAME.strip("^$"),
    conda:
        environment("annotate")
    threads: cpus("annotate")
    resources:
        **asks("annotate"),
    params:
        engine=lambda w: PROJECT.backbones[w.backbone].engine,
        settings=lambda w: canonical(annotation_of(w).model_dump(mode="json")),
        code=lambda w: code_of("annotate.py"),
        folder=subpath(input.manifest, parent=True),
        out=subpath(output.page, parent=True),
    shell:
        configured(
            "annotate.py",
            "annotation",
            model="{params.folder}",
            output="{params.out}",
            gpus="{resources.gpus_per_node}",
        )
