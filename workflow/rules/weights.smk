# Weights of backbones and encoders. These rules need a network and run where Snakemake runs.


localrules:
    fetch_backbone,
    fetch_encoder,


rule fetch_backbone:
    output:
        model=directory(f"{ROOT}/models/{{backbone}}/base/model"),
        manifest=f"{ROOT}/models/{{backbone}}/base/manifest.json",
    params:
        weights=lambda w: settings_of(PROJECT.backbones, "backbone", w.backbone),
        folder=subpath(output.manifest, parent=True),
    log:
        f"{ROOT}/logs/fetch_backbone/{{backbone}}.log",
    shell:
        "HF_HUB_OFFLINE=0 {PYTHON} {SCRIPTS}/fetch_weights.py --config {CONFIG}"
        " --backbone {wildcards.backbone} --output {params.folder}" + TEE


rule fetch_encoder:
    output:
        model=directory(f"{ROOT}/encoders/{{encoder}}/model"),
        manifest=f"{ROOT}/encoders/{{encoder}}/manifest.json",
    params:
        weights=lambda w: settings_of(PROJECT.encoders, "encoder", w.encoder),
        folder=subpath(output.manifest, parent=True),
    log:
        f"{ROOT}/logs/fetch_encoder/{{encoder}}.log",
    shell:
        "HF_HUB_OFFLINE=0 {PYTHON} {SCRIPTS}/fetch_weights.py --config {CONFIG}"
        " --encoder {wildcards.encoder} --output {params.folder}" + TEE
