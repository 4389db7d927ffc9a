# Statements, reasoning and rewards → models. One rule per stage; a chain's name says which made it.


localrules:
    write_recipe,


MODEL = f"{ROOT}/models/{{backbone}}/{{chain}}"


rule write_recipe:
    output:
        f"{MODEL}/recipe.json",
    log:
        f"{ROOT}/logs/write_recipe/{{backbone}}.{{chain}}.log",
    wildcard_constraints:
        chain="|".join(chains.stage_pattern(stage) for stage in PROJECT.recipes),
    conda:
        "../../envs/cpu.yaml"
    params:
        recipe=lambda w: canonical(recipe(w).model_dump(mode="json")),
        step=lambda w: str(chains.last_step(w.chain)),
    shell:
        configured("write_recipe.py", step="{params.step}", output="{output}")


rule pretrain:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        data=training_files,
    output:
        model=directory(f"{MODEL}/model"),
        manifest=f"{MODEL}/manifest.json",
        history=f"{MODEL}/history.jsonl",
        run=f"{MODEL}/run.json",
    log:
        f"{ROOT}/logs/pretrain/{{backbone}}.{{chain}}.log",
    wildcard_constraints:
        chain=chains.stage_pattern("pretrain"),
    conda:
        environment("pretrain")
    threads: cpus("pretrain")
    resources:
        **asks("pretrain"),
    params:
        folder=subpath(output.manifest, parent=True),
    shell:
        launched("pretrain.py", folder="{params.folder}")


rule sft:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        data=training_files,
    output:
        model=directory(f"{MODEL}/model"),
        manifest=f"{MODEL}/manifest.json",
        history=f"{MODEL}/history.jsonl",
        run=f"{MODEL}/run.json",
    log:
        f"{ROOT}/logs/sft/{{backbone}}.{{chain}}.log",
    wildcard_constraints:
        chain=chains.stage_pattern("sft"),
    conda:
        environment("sft")
    threads: cpus("sft")
    resources:
        **asks("sft"),
    params:
        folder=subpath(output.manifest, parent=True),
        style=recipe_style,
    shell:
        launched("sft.py", folder="{params.folder}")


rule grpo:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        data=training_files,
        encoder_models=lambda w: [
            ancient(RESULTS.encoder(encoder) / "model") for encoder in recipe(w).encoders
        ],
    output:
        model=directory(f"{MODEL}/model"),
        manifest=f"{MODEL}/manifest.json",
        history=f"{MODEL}/history.jsonl",
        validation=f"{MODEL}/validation.json",
        constant=f"{MODEL}/constant.json",
        run=f"{MODEL}/run.json",
    log:
        f"{ROOT}/logs/grpo/{{backbone}}.{{chain}}.log",
    wildcard_constraints:
        chain=chains.stage_pattern("grpo"),
    conda:
        environment("grpo")
    threads: cpus("grpo")
    resources:
        **asks("grpo"),
    params:
        folder=subpath(output.manifest, parent=True),
        style=recipe_style,
        # Models that were trained before have it in their records: without it all would be trained again.
        encoders=lambda w: [RESULTS.encoder(encoder) for encoder in recipe(w).encoders],
    shell:
        launched("grpo.py", folder="{params.folder}")
