# Weights of backbones and encoders. The rules that fetch need a network; all run where Snakemake runs.


ruleorder: merge_adapter > fetch_backbone


# A backbone that is another one with an adapter.
rule merge_adapter:
    input:
        manifest=lambda w: adapted_backbone(w) / "manifest.json",
        model=lambda w: ancient(adapted_backbone(w) / "model"),
        adapter=lambda w: Path(ADAPTED[w.backbone].path) / "adapter_model.safetensors",
        settings=lambda w: Path(ADAPTED[w.backbone].path) / "adapter_config.json",
    output:
        model=directory(f"{ROOT}/models/{{backbone}}/base/model"),
        manifest=f"{ROOT}/models/{{backbone}}/base/manifest.json",
    log:
        f"{ROOT}/logs/merge_adapter/{{backbone}}.log",
    wildcard_constraints:
        backbone=one_of(ADAPTED),
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        weights=lambda w: canonical(PROJECT.backbones[w.backbone].weights.identity()),
        job=lambda w, input, output: job_json(
            "merge_adapter", input, output, AdapterSettings(name=w.backbone, weights=ADAPTED[w.backbone])
        ),
    shell:
        compiled("merge_adapter.py", "{output.manifest}")


rule fetch_backbone:
    input:
        lambda w: local_weights(PROJECT.backbones, "backbone", w.backbone),
    output:
        model=directory(f"{ROOT}/models/{{backbone}}/base/model"),
        manifest=f"{ROOT}/models/{{backbone}}/base/manifest.json",
    log:
        f"{ROOT}/logs/fetch_backbone/{{backbone}}.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        weights=lambda w: canonical(entry(PROJECT.backbones, "backbone", w.backbone).weights.identity()),
        job=fetched_weights("backbone", PROJECT.backbones),
    shell:
        compiled("fetch_weights.py", "{output.manifest}", ONLINE)


rule fetch_encoder:
    input:
        lambda w: local_weights(PROJECT.encoders, "encoder", w.encoder),
    output:
        model=directory(f"{ROOT}/encoders/{{encoder}}/model"),
        manifest=f"{ROOT}/encoders/{{encoder}}/manifest.json",
    log:
        f"{ROOT}/logs/fetch_encoder/{{encoder}}.log",
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        weights=lambda w: canonical(entry(PROJECT.encoders, "encoder", w.encoder).weights.identity()),
        pooling=lambda w: entry(PROJECT.encoders, "encoder", w.encoder).pooling,
        job=fetched_weights("encoder", PROJECT.encoders),
    shell:
        compiled("fetch_weights.py", "{output.manifest}", ONLINE)
