# Weights of backbones and encoders. These rules need a network and run where Snakemake runs.


localrules:
    fetch_backbone,
    fetch_encoder,


rule fetch_backbone:
    output:
        model=directory(f"{ROOT}/models/{{backbone}}/base/model"),
        manifest=f"{ROOT}/models/{{backbone}}/base/manifest.json",
    log:
        f"{ROOT}/logs/fetch_backbone/{{backbone}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        weights=lambda w: settings_of(PROJECT.backbones, "backbone", w.backbone),
        folder=subpath(output.manifest, parent=True),
    shell:
        "HF_HUB_OFFLINE=0 "
        + configured(
            "fetch_weights.py",
            "--backbone {wildcards.backbone} --output {params.folder}",
        )


rule fetch_encoder:
    output:
        model=directory(f"{ROOT}/encoders/{{encoder}}/model"),
        manifest=f"{ROOT}/encoders/{{encoder}}/manifest.json",
    log:
        f"{ROOT}/logs/fetch_encoder/{{encoder}}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        weights=lambda w: settings_of(PROJECT.encoders, "encoder", w.encoder),
        folder=subpath(output.manifest, parent=True),
    shell:
        "HF_HUB_OFFLINE=0 "
        + configured(
            "fetch_weights.py",
            "--encoder {wildcards.encoder} --output {params.folder}",
        )
