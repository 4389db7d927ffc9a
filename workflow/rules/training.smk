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
        encoder_models=encoder_models,
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


rule dpo:
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
        f"{ROOT}/logs/dpo/{{backbone}}.{{chain}}.log",
    wildcard_constraints:
        chain=chains.stage_pattern("dpo"),
    conda:
        environment("dpo")
    threads: cpus("dpo")
    resources:
        **asks("dpo"),
    params:
        folder=subpath(output.manifest, parent=True),
        style=recipe_style,
    shell:
        launched("dpo.py", folder="{params.folder}")


rule kto:
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
        f"{ROOT}/logs/kto/{{backbone}}.{{chain}}.log",
    wildcard_constraints:
        chain=chains.stage_pattern("kto"),
    conda:
        environment("kto")
    threads: cpus("kto")
    resources:
        **asks("kto"),
    params:
        folder=subpath(output.manifest, parent=True),
        style=recipe_style,
    shell:
        launched("kto.py", folder="{params.folder}")


rule reward:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        data=training_files,
    output:
        model=directory(f"{MODEL}/model"),
        manifest=f"{MODEL}/manifest.json",
        history=f"{MODEL}/history.jsonl",
        pair_accuracies=f"{MODEL}/pair_accuracies.json",
        run=f"{MODEL}/run.json",
    log:
        f"{ROOT}/logs/reward/{{backbone}}.{{chain}}.log",
    wildcard_constraints:
        chain=chains.stage_pattern("reward"),
    conda:
        environment("reward")
    threads: cpus("reward")
    resources:
        **asks("reward"),
    params:
        folder=subpath(output.manifest, parent=True),
        style=recipe_style,
    shell:
        launched("reward.py", folder="{params.folder}")


rule onlinedpo:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        data=training_files,
        encoder_models=encoder_models,
        judge=judge_model,
    output:
        model=directory(f"{MODEL}/model"),
        manifest=f"{MODEL}/manifest.json",
        history=f"{MODEL}/history.jsonl",
        validation=f"{MODEL}/validation.json",
        constant=f"{MODEL}/constant.json",
        run=f"{MODEL}/run.json",
    log:
        f"{ROOT}/logs/onlinedpo/{{backbone}}.{{chain}}.log",
    wildcard_constraints:
        chain=chains.stage_pattern("onlinedpo"),
    conda:
        environment("onlinedpo")
    threads: cpus("onlinedpo")
    resources:
        **asks("onlinedpo"),
    params:
        folder=subpath(output.manifest, parent=True),
        style=recipe_style,
    shell:
        launched("grpo.py", folder="{params.folder}")


rule grpo:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        data=training_files,
        encoder_models=encoder_models,
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
