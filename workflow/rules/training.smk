# Statements, reasoning and rewards → models. A rule for each stage; a chain's name says which made it.


MODEL = f"{ROOT}/models/{{backbone}}/{{chain}}"


# It tries rewards of your own, and so comes before the steps that train beside it.
rule write_recipe:
    input:
        lambda w: list(or_stop(training.graded_questions, PROJECT, recipe(w)).values()),
    output:
        recipe=f"{MODEL}/recipe.json",
    log:
        f"{ROOT}/logs/write_recipe/{{backbone}}.{{chain}}.log",
    wildcard_constraints:
        chain="|".join(chains.stage_pattern(stage) for stage in PROJECT.recipes),
    priority: 100
    localrule: True
    conda:
        "../../envs/cpu.yaml"
    params:
        recipe=lambda w: canonical(recipe(w).model_dump(mode="json")),
        step=lambda w: str(chains.last_step(w.chain)),
        job=lambda w, output: training.recipe_job(PROJECT, recipe(w), Path(output.recipe)).to_json(),
    shell:
        compiled("write_recipe.py", "{output.recipe}")


for stage, kind in PROJECT.stages.items():

    rule:
        name:
            stage
        input:
            recipe=f"{MODEL}/recipe.json",
            parent=lambda w: parent(w) / "manifest.json",
            parent_model=lambda w: ancient(parent(w) / "model"),
            data=training_files,
            encoder_models=encoder_models,
            judge=judge_model,
        output:
            **{name: f"{MODEL}/{name}.json" for name in kind.further_files},
            model=directory(f"{MODEL}/model"),
            manifest=f"{MODEL}/manifest.json",
            history=f"{MODEL}/history.jsonl",
            run=f"{MODEL}/run.json",
        log:
            f"{ROOT}/logs/{stage}/{{backbone}}.{{chain}}.log",
        benchmark:
            f"{ROOT}/timings/{stage}/{{backbone}}.{{chain}}.tsv"
        wildcard_constraints:
            chain=chains.stage_pattern(stage),
        conda:
            environment(stage)
        threads: cpus(stage)
        resources:
            **asks(stage),
        params:
            **rule_params(stage),
            job=training_job,
        shell:
            launched("train.py", "{output.manifest}")
