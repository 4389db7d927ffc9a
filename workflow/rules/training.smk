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
        train=lambda w: RESULTS.statements(recipe(w).corpus) / "train.jsonl",
        held_out=lambda w: RESULTS.statements(recipe(w).corpus) / "held_out.jsonl",
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
        launched("pretrain.py", folder="{params.folder}", train="{input.train}", held_out="{input.held_out}")


rule sft:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        examples=recipe_examples("train"),
        reasoning=lambda w: [RESULTS.reasoning(*taught) for taught in experiments.taught_by(recipe(w))],
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
        launched(
            "sft.py", folder="{params.folder}", examples="{input.examples}", reasoning="{input.reasoning}"
        )


rule grpo:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        examples=recipe_examples("train"),
        valid=recipe_examples("valid"),
        encoders=lambda w: encoder_files(recipe(w).encoders),
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
        encoders=lambda w: [RESULTS.encoder(encoder) for encoder in recipe(w).encoders],
    shell:
        launched(
            "grpo.py",
            folder="{params.folder}",
            examples="{input.examples}",
            valid="{input.valid}",
            encoders="{params.encoders}",
        )
