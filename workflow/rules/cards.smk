# Manifests and tables of an experiment → the cards of its models: `snakemake cards`, or a card by its path.


localrules:
    cards,
    write_model_card,


rule write_model_card:
    input:
        plan=f"{EXPERIMENT}/plan.json",
        metrics=f"{EXPERIMENT}/metrics.tsv",
        comparisons=f"{EXPERIMENT}/comparisons.tsv",
        leaks=f"{EXPERIMENT}/audit.json",
        manifests=card_manifests,
        licences=card_licences,
    output:
        f"{ROOT}/models/{{backbone}}/{{chain}}/card.{{experiment}}.md",
    log:
        f"{ROOT}/logs/write_model_card/{{backbone}}.{{chain}}.{{experiment}}.log",
    wildcard_constraints:
        chain="|".join(chains.stage_pattern(stage) for stage in PROJECT.recipes),
    conda:
        "../../envs/cpu.yaml"
    params:
        code=lambda w: code_of_experiment("write_model_card.py", w.experiment),
        licences=lambda w: [
            f"{corpus}={RESULTS.facts(corpus).with_name('licences.tsv')}" for corpus in card_corpora(w)
        ],
    shell:
        configured(
            "write_model_card.py",
            "--backbone {wildcards.backbone} --chain {wildcards.chain} --plan {input.plan} --metrics {input.metrics}"
            " --comparisons {input.comparisons} --leaks {input.leaks} --manifests {input.manifests}"
            " --licences {params.licences} --output {output}",
        )


rule cards:
    input:
        [cards_of(name) for name in PROJECT.settings.experiments],
