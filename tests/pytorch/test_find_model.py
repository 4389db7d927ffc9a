"""Models by what people call them: chains, experiments, backbones, folders, adapters and endpoints."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from misbehaving_endpoint import KEY
from peft import LoraConfig, get_peft_model
from refusals import refused
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from reasonome.answering.asked_model import AskedEndpoint, find_model, learned_styles, own_style
from reasonome.config import Decoding
from reasonome.config.project import Project
from reasonome.core.manifest import folder_sha256
from reasonome.prompts.prompts import Prompt
from reasonome.tasks import load_project

CHAIN = "pretrain.demo-s0+sft.names-s0+grpo.soft-s0"


@pytest.fixture
def mine(config, monkeypatch) -> Project:
    """A project without results."""
    monkeypatch.chdir(config.parent)
    return load_project("config")


class Asking:
    """A task with one prompt for each question, as far as answering needs it."""

    name = "asking"

    def prompt(self, example, style, order=0):
        return Prompt([{"role": "user", "content": f"{style}: {example.id}"}], [], 0, "")

    def name_span(self, text, style=None):
        return None


class Question:
    subset = "mine"

    def __init__(self, id):
        self.id = id


def answers(model, tmp_path, *ids, samples=1) -> list[str]:
    """The texts of a model's answers to questions of these ids."""
    decoding = Decoding(samples=samples, temperature=0.7 if samples > 1 else 0, max_new_tokens=8)
    asked = (Asking(), "asked", decoding, [Question(id) for id in ids], tmp_path / "answers.jsonl")
    model.announce(*asked)
    model.write_answers(*asked)
    return [json.loads(line)["text"] for line in (tmp_path / "answers.jsonl").read_text().splitlines()]


def finished(project, backbone, chain) -> Path:
    """A finished model of the project, of empty weights."""
    folder = project.results.model(backbone, chain)
    (folder / "model").mkdir(parents=True)
    (folder / "model/model.safetensors").touch()
    recipe = {} if chain == "base" else {"step": chain, "recipe": {"benchmark": "demo-go", "style": "demo-names"}}
    manifest = {"name": backbone, "model": folder_sha256(folder / "model"), **recipe}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


# --- models of this project --------------------------------------------------------------------------


def test_an_experiment_stands_for_its_last_arm_and_an_arm_for_its_own(mine):
    chain = ""
    finished(mine, "smollm2-135m", "base")
    for step in CHAIN.split("+"):
        chain = f"{chain}+{step}".removeprefix("+")
        finished(mine, "smollm2-135m", chain)
    model = find_model(mine, "demo")
    assert (model.name, model.folder) == ("demo/KW+RA+TA", mine.results.model("smollm2-135m", CHAIN))
    assert find_model(mine, "demo/KW+RA").folder.name == CHAIN.rpartition("+")[0]
    assert [step.get("step") for step in model.steps] == [
        None,
        "pretrain.demo-s0",
        "pretrain.demo-s0+sft.names-s0",
        CHAIN,
    ]
    by_chain = find_model(mine, f"smollm2-135m/{CHAIN}")
    assert (by_chain.folder, by_chain.digest) == (model.folder, model.digest)
    # The words that it was trained with, with room for whole sets.
    assert own_style(mine.styles("gene_set_naming"), model.steps, ["demo-go"]) == "names"


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("demo", "snakemake --cores 2 results/models/smollm2-135m/"),
        ("demo/KW+RB", "did you mean 'KW+RA'?"),
        ("smolm2-135m", "did you mean 'smollm2-135m'?"),
        ("./my_model", "valid names: "),
        ("http://user:secret@localhost/v1", "write http://localhost:8080/v1"),
        ("http://127.0.0.1:9/v1", "start it"),
        ("localhost:8080/v1", "write http://localhost:8080/v1"),
        ("127.0.0.1:11434/v1#llama3.2", "write http://127.0.0.1:11434/v1#llama3.2"),
    ],
)
def test_what_is_no_model_or_not_yet_is_not_looked_for_on_the_hub(mine, monkeypatch, name, fix):
    monkeypatch.setattr("reasonome.facts.fetching.weights.fetch", None)
    mine.results.root.mkdir()
    with refused(field="--model", fix=fix) as caught:
        find_model(mine, name)
    assert "secret" not in str(caught.value)


def test_the_style_of_training():
    assert learned_styles({"benchmark": "a", "style": "x"}) == [("a", "x")]
    assert learned_styles({"mixture": ["a", "b"], "style": {"a": "x", "b": "y"}}) == [("a", "x"), ("b", "y")]
    assert learned_styles({"mixture": {"a": 1, "b": 2}, "style": "x"}) == [("a", "x"), ("b", "x")]
    assert learned_styles({"corpus": "demo"}) == []
    assert own_style({}, [{"recipe": {"benchmark": "a", "style": "x"}}], ["a"]) is None


# --- weights of others -------------------------------------------------------------------------------


def test_a_folder_of_transformers_is_asked_as_it_is(mine, tiny_backbone, tmp_path):
    model = find_model(mine, os.fspath(tiny_backbone))
    assert model.weights == tiny_backbone and model.context == 2048
    first = answers(model, tmp_path, "one")
    assert answers(model, tmp_path, "one") == first and first != [""]
    changed = shutil.copytree(tiny_backbone, tmp_path / "changed")
    (changed / "generation_config.json").write_text("{}")
    assert find_model(mine, os.fspath(changed)).digest != model.digest


@pytest.mark.parametrize("missing", ["*.safetensors", "tokenizer*"])
def test_a_folder_without_all_of_a_model(mine, tiny_backbone, tmp_path, missing):
    folder = shutil.copytree(tiny_backbone, tmp_path / "mine")
    for path in folder.glob(missing):
        path.unlink()
    (folder / "pytorch_model.bin").touch()
    with refused(fix="give a folder as transformers saves it"):
        find_model(mine, os.fspath(folder))


def test_an_adapter_is_merged_into_the_weights_once(mine, tiny_backbone, tmp_path):
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_backbone), LoraConfig(target_modules=["q_proj"]))
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:
            weights.data.fill_(1e-4)
    adapter = tmp_path / "adapter"
    adapted.save_pretrained(adapter)
    model = find_model(mine, os.fspath(tiny_backbone), adapter=adapter)
    assert model.name == "model with adapter" and model.weights.is_relative_to(mine.results.asked)
    before, after = (load_file(folder / "model.safetensors") for folder in (tiny_backbone, model.weights))
    assert {name for name in before if not before[name].equal(after[name])} == {n for n in before if "q_proj" in n}
    merged = adapted.merge_and_unload().state_dict()
    assert all(after[name].equal(merged[name]) for name in before)  # nothing is rounded when it is written
    written = (model.weights / "model.safetensors").stat().st_mtime_ns
    assert find_model(mine, os.fspath(tiny_backbone), adapter=adapter).digest == model.digest
    assert (model.weights / "model.safetensors").stat().st_mtime_ns == written
    with refused(fix="name the model"):
        find_model(mine, os.fspath(adapter))


def test_a_small_update_arrives_in_weights_of_bf16(mine, tiny_backbone, tmp_path):
    """Of a fiftieth of bf16's step: rounded to the nearest, most weights would be the backbone's."""
    torch.manual_seed(0)
    backbone, adapter = tmp_path / "backbone", tmp_path / "adapter"
    shutil.copytree(tiny_backbone, backbone)
    base = AutoModelForCausalLM.from_pretrained(tiny_backbone, dtype=torch.bfloat16)
    base.save_pretrained(backbone)
    before = {name: weight.float() for name, weight in base.state_dict().items()}
    adapted = get_peft_model(base.float(), LoraConfig(target_modules=["q_proj"]))
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:
            weights.data.fill_(1e-5)
    adapted.save_pretrained(adapter)
    sums = adapted.merge_and_unload().state_dict()
    merged = load_file(find_model(mine, os.fspath(backbone), adapter=adapter).weights / "model.safetensors")
    assert {weight.dtype for weight in merged.values()} == {torch.bfloat16}

    def arrived(weights):
        changes = {name: sums[name] - before[name] for name in merged}
        along = sum(float(((weights[name].float() - before[name]) * changes[name]).sum()) for name in merged)
        return along / sum(float(change.square().sum()) for change in changes.values())

    assert arrived({name: sums[name].bfloat16() for name in merged}) < 0.5
    assert arrived(merged) == pytest.approx(1, abs=0.25)


def test_a_file_of_llama_cpp(mine, tmp_path):
    (tmp_path / "mine.gguf").write_text("GGUF")
    with refused(fix="give a folder with safetensors; of a .gguf start a server"):
        find_model(mine, os.fspath(tmp_path / "mine.gguf"))


def test_a_name_of_the_hub_is_fetched_once(mine, tiny_backbone, monkeypatch):
    fetched = []

    def fetch(weights, target, field):
        fetched.append(weights.repository)
        shutil.copytree(tiny_backbone, target)
        return {"source": "hub", "repository": weights.repository, "revision": "c0ffee", "licence": weights.licence}

    monkeypatch.setattr("reasonome.facts.fetching.weights.fetch", fetch)
    model = find_model(mine, "someone/a-model")
    assert (model.name, model.manifest["weights"]["revision"]) == ("someone/a-model", "c0ffee")
    assert find_model(mine, "someone/a-model").digest == model.digest
    assert fetched == ["someone/a-model"]


def test_a_hub_that_cannot_be_reached(mine, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with refused(fix="check the network"):
        find_model(mine, "someone/a-model")
    assert not list(mine.results.asked.glob("someone*"))


# --- endpoints ---------------------------------------------------------------------------------------


def served(*names) -> dict:
    return {"/v1/models": {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}}


def test_the_only_model_of_a_server_is_asked(mine, endpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)  # not for this server, as the two below
    monkeypatch.setenv("OPENAI_ORG_ID", f"org {KEY}")
    monkeypatch.setenv("OPENAI_PROJECT_ID", f"project {KEY}")
    server = endpoint(pages=served("m1"))
    model = find_model(mine, server.url)
    assert model.name == f"m1 at {server.url}" and model.folder is None and model.context is None
    assert (
        answers(model, tmp_path, "one", "two", samples=2) == ["answer to asked: one"] * 2 + ["answer to asked: two"] * 2
    )
    assert {body["model"] for _, _, body in server.requests} == {"m1"}
    assert KEY not in str(server.requests)
    answers(find_model(mine, server.url), tmp_path, "one", "two", "three", samples=2)
    assert len(server.requests) == 6  # nothing was asked twice
    assert model.where("genes").startswith("Nothing was uploaded")


def test_the_last_question_waits_for_those_that_a_server_answers_before_it(mine, endpoint):
    """Four of 4,096 + 400 tokens, one after the other at 6 tokens a second, take 2,997 seconds."""
    model = find_model(mine, endpoint(pages=served("m1")).url)
    assert isinstance(model, AskedEndpoint)
    assert model.api.concurrency * (model.room_to_think + 400) / 6 < model.api.timeout_seconds


def test_of_several_models_one_is_named(mine, endpoint):
    server = endpoint(pages=served("m1", "m2"))
    with refused(fix="name one: http://127.0.0.1:"):
        find_model(mine, server.url)
    with refused(fix="valid names: m1, m2"):
        find_model(mine, f"{server.url}#m3")
    assert find_model(mine, f"{server.url}#m2").api.model == "m2"


def test_a_pasted_route_is_read_as_its_base(mine, endpoint):
    server = endpoint(pages=served("m1"))
    model = find_model(mine, f"{server.url}/chat/completions")
    assert (model.api.base_url, model.name) == (server.url, f"m1 at {server.url}")


def test_an_address_without_v1(mine, endpoint):
    server = endpoint(pages=served("m1"))
    with refused(fix="most servers answer at http://127.0.0.1:"):
        find_model(mine, server.url.removesuffix("/v1"))


def edited(folder: Path, name: str, **changes) -> None:
    """A JSON file of a folder with other values; None takes a key out."""
    values = json.loads((folder / name).read_text()) | changes
    (folder / name).write_text(json.dumps({key: value for key, value in values.items() if value is not None}))


@pytest.mark.parametrize(
    ("name", "changes", "fix"),
    [
        ("tokenizer_config.json", {"chat_template": None}, "give the model's instruct or chat version"),
        ("tokenizer_config.json", {"eos_token": None, "pad_token": None}, "copy tokenizer_config.json"),
        (
            "config.json",
            {"quantization_config": {"quant_method": "bitsandbytes"}},
            "give the repository that they",
        ),
    ],
)
def test_weights_that_cannot_answer_are_refused_before_they_are_asked(
    mine, tiny_backbone, tmp_path, name, changes, fix
):
    folder = tmp_path / "weights"
    shutil.copytree(tiny_backbone, folder)
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    if "chat_template" not in changes:
        edited(folder, "tokenizer_config.json", chat_template="{{ messages[0].content }}")
    edited(folder, name, **changes)
    with refused(field="--model", fix=fix):
        find_model(mine, os.fspath(folder))


@pytest.mark.parametrize(
    ("change", "fix"),
    [
        (
            lambda folder, weights: save_file({name: w * float("nan") for name, w in weights.items()}, folder),
            "checkpoint",
        ),
        (lambda folder, weights: save_file({f"other.{name}": w for name, w in weights.items()}, folder), ""),
        (lambda folder, weights: edited(folder.parent, "adapter_config.json", peft_type="PROMPT_TUNING"), "LoRA"),
    ],
    ids=["not numbers", "keys that fit no layer", "another kind"],
)
def test_an_adapter_that_cannot_be_added_is_refused(mine, tiny_backbone, tmp_path, change, fix):
    adapter = tmp_path / "adapter"
    model = AutoModelForCausalLM.from_pretrained(tiny_backbone)
    get_peft_model(model, LoraConfig(target_modules=["q_proj"])).save_pretrained(adapter)
    file = adapter / "adapter_model.safetensors"
    change(file, load_file(file))
    with refused(field="--adapter", fix=fix):
        find_model(mine, os.fspath(tiny_backbone), adapter=adapter)


def test_an_adapter_has_its_configuration_and_goes_with_weights(mine, endpoint, tiny_backbone, tmp_path):
    with refused(field="--adapter", fix="give the folder that PEFT saved"):
        find_model(mine, os.fspath(tiny_backbone), adapter=tmp_path)
    with refused(field="--adapter", fix="let the server load the adapter"):
        find_model(mine, endpoint(pages=served("m1")).url, adapter=tmp_path)


def test_nothing_leaves_the_machine_without_upload(mine, tmp_path, monkeypatch, capsys):
    tried = []

    def connect(*where, **_):
        tried.append(where)
        raise OSError("there is no network")

    monkeypatch.setattr("socket.socket.connect", connect)
    monkeypatch.setattr("socket.getaddrinfo", connect)
    with refused(fix="add --upload if the genes may leave your"):
        find_model(mine, "https://models.example.org/v1")
    for name in ("https://models.example.org/v1#big", "gpt-4o"):
        model = find_model(mine, name)
        with refused(field="--model", fix="add --upload"):
            answers(model, tmp_path, "one", "two", samples=2)
    assert tried == []
    assert not (tmp_path / "answers.jsonl").exists()


def test_equal_prompts_of_a_question_are_answers_of_their_own(mine, endpoint, tmp_path):
    """Three orders of one candidate are one prompt: three answers are drawn to it, or one greedy one."""
    server = endpoint(pages=served("m1"))
    for temperature, requests in ((0.7, 3), (0.0, 1)):
        before, model = len(server.requests), find_model(mine, server.url)
        decoding = Decoding(orders=3, temperature=temperature, max_new_tokens=8)
        model.write_answers(Asking(), "asked", decoding, [Question("one")], tmp_path / "answers.jsonl")
        assert len(server.requests) - before == requests
