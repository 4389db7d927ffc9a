# Weights of backbones and encoders. These rules need a network and run where Snakemake runs.


localrules:
    fetch_backbone,
    fetch_encoder,


rule fetch_backbone:
    input:
        lambda w: local_weights(PROJECT.backbones, "backbone", w.backbone),
    output:
        model=directory(f"{ROOT}/models/{{backbone}}/base/model"),
        manifest=f"{ROOT}/models/{{backbone}}/base/manifest.json",
    log:
        f"{ROOT}/logs/fetch_backbone/{{backbone}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        weights=lambda w: canonical(entry(PROJECT.backbones, "backbone", w.backbone).weights.identity()),
        folder=subpath(output.manifest, parent=True),
    shell:
        online(configured("fetch_weights.py", "backbone", output="{params.folder}"))


rule fetch_encoder:
    input:
        lambda w: local_weights(PROJECT.encoders, "encoder", w.encoder),
    output:
        model=directory(f"{ROOT}/encoders/{{encoder}}/model"),
        manifest=f"{ROOT}/encoders/{{encoder}}/manifest.json",
    log:
        f"{ROOT}/logs/fetch_encoder/{{encoder}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        weights=lambda w: canonical(entry(PROJECT.encoders, "encoder", w.encoder).weights.identity()),
        pooling=lambda w: entry(PROJECT.encoders, "encoder", w.encoder).pooling,
        folder=subpath(output.manifest, parent=True),
    shell:
        online(configured("fetch_weights.py", "encoder", output="{params.folder}"))
