# Reasoning, a table of a user's own, or a model's samples → pairs of answers to training questions, of which one is
# better.

SAMPLED = [name for name, preferences in PROJECT.preferences.items() if preferences.kind == "samples"]


rule write_preferences:
    input:
        preferred_files,
    output:
        train=f"{ROOT}/preferences/{{preferences}}/{{benchmark}}.{{style}}/train.jsonl",
        held_out=f"{ROOT}/preferences/{{preferences}}/{{benchmark}}.{{style}}/held_out.jsonl",
        statistics=f"{ROOT}/preferences/{{preferences}}/{{benchmark}}.{{style}}/statistics.json",
        manifest=f"{ROOT}/preferences/{{preferences}}/{{benchmark}}.{{style}}/manifest.json",
    log:
        f"{ROOT}/logs/write_preferences/{{preferences}}.{{benchmark}}.{{style}}.log",
    benchmark:
        f"{ROOT}/timings/write_preferences/{{preferences}}.{{benchmark}}.{{style}}.tsv"
    wildcard_constraints:
        preferences=one_of([name for name in PROJECT.preferences if name not in SAMPLED]),
    conda:
        "../../envs/cpu.yaml"
    threads: cpus("write_preferences")
    resources:
        **asks("write_preferences"),
    params:
        preferences=lambda w: settings_of(PROJECT.preferences, "preferences", w.preferences),
        style=lambda w: style_of(w.benchmark, w.style),
        job=lambda w, output: preferring.preferences_job(
            PROJECT, *preferred(w), compiling.named(output)
        ).to_json(),
    shell:
        compiled("write_preferences.py", "{output.train}")


use rule write_preferences as compare_samples with:
    output:
        train=f"{ROOT}/preferences/{{preferences}}/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/train.jsonl",
        held_out=f"{ROOT}/preferences/{{preferences}}/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/held_out.jsonl",
        statistics=f"{ROOT}/preferences/{{preferences}}/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/statistics.json",
        manifest=f"{ROOT}/preferences/{{preferences}}/{{backbone}}/{{chain}}/{{benchmark}}.{{style}}/manifest.json",
    log:
        f"{ROOT}/logs/compare_samples/{{preferences}}.{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.log",
    benchmark:
        f"{ROOT}/timings/compare_samples/{{preferences}}.{{backbone}}.{{chain}}.{{benchmark}}.{{style}}.tsv"
    wildcard_constraints:
        preferences=one_of(SAMPLED),
