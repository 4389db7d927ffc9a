# Statements, reasoning and rewards → models. One rule per stage; a chain's name says which made it.


localrules:
    write_recipe,


MODEL = f"{ROOT}/models/{{backbone}}/{{chain}}"


def parent(wildcards):
    return RESULTS.model(wildcards.backbone, chains.parent(wildcards.chain))


def recipe(wildcards):
    """The merged recipe of the chain's last step; an unknown one ends the run with the nearest valid name."""
    try:
        return chains.last_step(wildcards.chain).recipe(PROJECT)
    except InputError as error:
        raise WorkflowError(str(error)) from None


def sft_reasoning(wildcards):
    spec = recipe(wildcards)
    return [] if spec.teacher == "none" else RESULTS.reasoning(spec.teacher, spec.benchmark, spec.style)


def recipe_style(wildcards):
    return style_of(recipe(wildcards).benchmark, recipe(wildcards).style)


def recipe_encoders(wildcards):
    return [RESULTS.encoder(encoder) for encoder in recipe(wildcards).encoders]


rule write_recipe:
    output:
        f"{MODEL}/recipe.json",
    params:
        recipe=lambda w: canonical(recipe(w).model_dump(mode="json")),
        step=lambda w: str(chains.last_step(w.chain)),
    wildcard_constraints:
        chain="|".join(chains.stage_pattern(stage) for stage in PROJECT.recipes),
    log:
        f"{ROOT}/logs/write_recipe/{{backbone}}.{{chain}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/write_recipe.py --config {CONFIG} --step {params.step} --output {output}" + TEE


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
    params:
        folder=subpath(output.manifest, parent=True),
    wildcard_constraints:
        chain=chains.stage_pattern("pretrain"),
    threads: 16
    log:
        f"{ROOT}/logs/pretrain/{{backbone}}.{{chain}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/pretrain.py --folder {params.folder}"
        " --train {input.train} --held-out {input.held_out}" + TEE


rule sft:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        examples=lambda w: RESULTS.benchmark(recipe(w).benchmark) / "train.jsonl",
        reasoning=sft_reasoning,
    output:
        model=directory(f"{MODEL}/model"),
        manifest=f"{MODEL}/manifest.json",
        history=f"{MODEL}/history.jsonl",
        run=f"{MODEL}/run.json",
    params:
        folder=subpath(output.manifest, parent=True),
        style=recipe_style,
        reasoning=lambda w, input: f"--reasoning {input.reasoning}" if input.reasoning else "",
    wildcard_constraints:
        chain=chains.stage_pattern("sft"),
    threads: 16
    log:
        f"{ROOT}/logs/sft/{{backbone}}.{{chain}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/sft.py --config {CONFIG} --folder {params.folder}"
        " --examples {input.examples} {params.reasoning}" + TEE


rule grpo:
    input:
        recipe=f"{MODEL}/recipe.json",
        parent=lambda w: parent(w) / "manifest.json",
        parent_model=lambda w: ancient(parent(w) / "model"),
        examples=lambda w: RESULTS.benchmark(recipe(w).benchmark) / "train.jsonl",
        valid=lambda w: RESULTS.benchmark(recipe(w).benchmark) / "valid.jsonl",
        encoder_manifests=lambda w: [folder / "manifest.json" for folder in recipe_encoders(w)],
        encoder_models=lambda w: [ancient(folder / "model") for folder in recipe_encoders(w)],
    output:
        model=directory(f"{MODEL}/model"),
        manifest=f"{MODEL}/manifest.json",
        history=f"{MODEL}/history.jsonl",
        validation=f"{MODEL}/validation.json",
        constant=f"{MODEL}/constant.json",
        run=f"{MODEL}/run.json",
    params:
        folder=subpath(output.manifest, parent=True),
        style=recipe_style,
        encoders=recipe_encoders,
    wildcard_constraints:
        chain=chains.stage_pattern("grpo"),
    threads: 16
    log:
        f"{ROOT}/logs/grpo/{{backbone}}.{{chain}}.log",
    shell:
        "{PYTHON} {SCRIPTS}/grpo.py --config {CONFIG} --folder {params.folder}"
        " --examples {input.examples} --valid {input.valid} --encoders {params.encoders}" + TEE
