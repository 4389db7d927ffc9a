"""Answers of models behind endpoints: what they are asked, what a killed run keeps, what is left to ask."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny_project
import yaml
from checkout import ROOT
from misbehaving_endpoint import GOOD, KEY, KEY_VARIABLE, completion
from refusals import refused

from reasonome.answering import api
from reasonome.answering.jobs import EndpointSettings
from reasonome.config import Decoding
from reasonome.config.backbones import ApiModel
from reasonome.config.project.experiments import cells, report_plan, trained_steps
from reasonome.jobs import Job
from reasonome.report.plan import Plan
from reasonome.tasks import TASKS, load_project
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingStyle

TASK = TASKS["gene_set_naming"]
STYLE = NamingStyle(gene="{symbol}", separator=", ", budget_tokens=100, system="Name it.", user="Genes: {genes}")
GREEDY = Decoding(max_new_tokens=20)


def example(number: int, *symbols: str) -> Example:
    genes = [{"symbol": symbol, "name": ""} for symbol in symbols]
    return Example(id=f"GO:{number}", subset="bp", name="DNA repair", genes=genes)


REPAIR, SPLICING = example(1, "LIG3", "XRCC1", "PARP1"), example(2, "SF3B1", "U2AF1")


def model(server, **changes) -> ApiModel:
    values = {"model": "m1", "base_url": server.url, "api_key_variable": KEY_VARIABLE, "timeout_seconds": 5}
    return ApiModel(**values | changes)


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


# --- what is asked and written -----------------------------------------------------------------------


def test_rows_of_samples_and_orders(endpoint, tmp_path):
    server, target = endpoint(), tmp_path / "sampled.jsonl"
    decoding = Decoding(max_new_tokens=20, temperature=0.5, top_p=0.9, samples=2, orders=3)
    costs = api.write_answers(TASK, STYLE, decoding, [REPAIR, SPLICING], model(server), target)
    found = rows(target)
    assert [(row["id"], row["order"], row["sample"]) for row in found] == [
        (id, order, sample) for id in ("GO:1", "GO:2") for order in range(3) for sample in range(2)
    ]
    for row in found:  # order k is the style's seed plus k
        style = STYLE.model_copy(update={"seed": row["order"]})
        asked = TASK.prompt(REPAIR if row["id"] == "GO:1" else SPLICING, style)
        assert row["text"] == f"answer to {asked.messages[-1]['content']}"
        assert (row["logprob"], row["name_logprob"], row["name_tokens"]) == (None, None, 0)
        assert (row["finish_reason"], row["prompt_tokens"], row["completion_tokens"]) == ("stop", 11, 5)
    # Two genes have two orders, and the third asks the prompt of one of them again.
    assert len({row["prompt_sha256"] for row in found}) == len(server.answered) == 5
    assert len(server.requests) == 12
    assert {body["temperature"] for _, _, body in server.requests} == {0.5}
    assert {(body["top_p"], body["max_tokens"]) for _, _, body in server.requests} == {(0.9, 20)}
    assert costs == {
        "prompt_tokens": len(server.requests) * 11,
        "generated_tokens": len(server.requests) * 5,
        "cost": None,
        "answers": 12,
        "asked": len(server.requests),
        "models": [],
    }


def test_settings_that_a_model_does_not_take_are_not_sent(endpoint, tmp_path):
    server = endpoint()
    other = model(server, not_sent=["temperature", "max_tokens"], extra_body={"max_completion_tokens": 900})
    api.write_answers(TASK, STYLE, GREEDY, [REPAIR], other, tmp_path / "greedy.jsonl")
    _, _, body = server.requests[0]
    assert body == {"model": "m1", "messages": body["messages"], "max_completion_tokens": 900}


def test_a_seed_that_is_sent_counts_up_with_the_samples(endpoint, tmp_path):
    server = endpoint()
    seeded = model(server, extra_body={"seed": 7}, concurrency=1)
    drawn = Decoding(max_new_tokens=20, temperature=0.5, samples=3)
    api.write_answers(TASK, STYLE, drawn, [REPAIR], seeded, tmp_path / "sampled.jsonl")
    assert [body["seed"] for _, _, body in server.requests] == [7, 8, 9]


def test_a_second_run_asks_nothing_and_writes_the_same(endpoint, tmp_path, monkeypatch):
    server, target = endpoint((200, {}, completion("Process: repair", model="m1-2024"))), tmp_path / "greedy.jsonl"
    priced = model(server, price={"prompt": 1000, "completion": 4000})
    first = api.write_answers(TASK, STYLE, GREEDY, [REPAIR, SPLICING], priced, target)
    written = target.read_bytes()
    assert first["asked"] == 2 and first["models"] == ["m1-2024"]
    assert first["cost"] == pytest.approx(22 / 1000 + 10 / 250)
    target.unlink()
    monkeypatch.delenv(KEY_VARIABLE)
    again = api.write_answers(TASK, STYLE, GREEDY, [REPAIR, SPLICING], priced, target)
    assert target.read_bytes() == written and len(server.requests) == 2
    assert again == first | {"asked": 0}


def test_another_seed_draws_samples_of_its_own_and_a_greedy_answer_has_no_seed(endpoint, tmp_path):
    server, target = endpoint(), tmp_path / "sampled.jsonl"
    for seed, asked in ((0, 2), (1, 2), (1, 0), (0, 0)):
        drawn = Decoding(max_new_tokens=20, temperature=0.5, samples=2, seed=seed)
        assert api.write_answers(TASK, STYLE, drawn, [REPAIR], model(server), target)["asked"] == asked
    for seed, asked in ((0, 1), (1, 0)):
        greedy = Decoding(max_new_tokens=20, seed=seed)
        assert api.write_answers(TASK, STYLE, greedy, [REPAIR], model(server), target)["asked"] == asked


# --- the program -------------------------------------------------------------------------------------


@pytest.fixture
def configured(tmp_path):
    """A copy of the shipped configuration, in which an experiment `asks` has a model behind an endpoint."""

    def configure(backbones: dict, **experiment) -> Path:
        config = tiny_project.copied_config(tmp_path)
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine/answers.csv").touch()
        path = config / "backbones.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **backbones}))
        values = {
            "backbones": ["smollm2-135m", *backbones],
            "arms": {"base": [], "KW": ["pretrain.demo"]},
            "benchmarks": ["demo-go"],
            "styles": ["names"],
            "decodings": ["greedy"],
        }
        (config / "experiments" / "asks.yaml").write_text(yaml.safe_dump(values | experiment, sort_keys=False))
        return config

    return configure


def write_examples(path: Path, count: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    examples = [example(n, "LIG3", f"ZNF{n}") for n in range(count)]
    path.write_text("".join(one.model_dump_json() + "\n" for one in examples))


@pytest.mark.slow
def test_kill_9_and_go_on(endpoint, configured, tmp_path):
    """Half-way through, with trouble before: what was answered is not asked again, and no file holds the key."""
    trouble = [(429, {"Retry-After": "0"}, "{}"), (500, {}, f"{KEY}"), "cut"]
    server = endpoint(*trouble, *[GOOD] * 8, 30.0, 30.0)
    write_examples(tmp_path / "test.jsonl", 20)
    target = tmp_path / "answers" / "greedy.jsonl"
    settings = EndpointSettings(
        task="gene_set_naming",
        style=STYLE.model_dump(mode="json"),
        decoding=GREEDY,
        name="far",
        model=model(server, concurrency=2),
    )
    outputs = {"answers": target, "run": target.with_suffix(".run.json")}
    job = Job(rule="ask", inputs={"examples": tmp_path / "test.jsonl"}, outputs=outputs, settings=settings)
    (tmp_path / "job.json").write_text(job.to_json())
    command = [sys.executable, ROOT / "scripts/ask.py", tmp_path / "job.json"]
    with open(tmp_path / "first.log", "wb") as log:
        process = subprocess.Popen(list(map(str, command)), cwd=tmp_path, stderr=log, stdout=log)
        deadline = time.monotonic() + 60
        while len(server.requests) < 13 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        assert process.wait() == -signal.SIGKILL, (tmp_path / "first.log").read_text()
    assert sum(server.answered.values()) == 8 and not target.exists()

    done = subprocess.run(list(map(str, command)), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (tmp_path / "second.log").write_text(done.stdout + done.stderr)
    assert "20 answers, 12 of them asked for now; 220 tokens in prompts and 100 in answers" in done.stdout
    assert [row["id"] for row in rows(target)] == [f"GO:{n}" for n in range(20)]
    assert len(server.answered) == 20 and set(server.answered.values()) == {1}
    run = json.loads(target.with_suffix(".run.json").read_text())
    assert run["backward_tokens"] == 0 and run["generated_tokens"] == 100 and run["seconds"] > 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"greedy.jsonl", "greedy.cache.jsonl", "greedy.run.json"} <= {path.name for path in files}
    assert [path for path in files if KEY in path.read_text(errors="replace")] == []


def test_prompts_that_were_answered_are_not_counted_as_left(endpoint, tmp_path):
    server, target = endpoint(), tmp_path / "greedy.jsonl"
    decoding = Decoding(max_new_tokens=20, temperature=1, samples=2)
    asked = (TASK, STYLE, decoding, [SPLICING], model(server), target)
    assert api.unasked(*asked) == 2
    assert server.requests == [] and list(tmp_path.iterdir()) == []
    api.write_answers(*asked)
    assert api.unasked(*asked) == 0
    more = decoding.model_copy(update={"samples": 3})
    assert api.unasked(TASK, STYLE, more, *asked[3:]) == 1


# --- in experiments ----------------------------------------------------------------------------------

RECORDED = {"theirs": {"recorded": {"files": {"demo-go": "mine/answers.csv"}}}}


def test_backbones_without_weights_are_in_arms_without_steps_alone(configured):
    config = configured({"far": {"api": {"model": "m1"}}, **RECORDED}, seeds=[0, 1])
    project = load_project(config)
    found = [(run.backbone, run.arm, run.chain, run.seed) for run in cells(project, "asks")]
    assert found == [
        ("smollm2-135m", "base", "base", 0),
        ("smollm2-135m", "KW", "pretrain.demo-s0", 0),
        ("smollm2-135m", "KW", "pretrain.demo-s1", 1),
        ("far", "base", "base", 0),
        ("theirs", "base", "base", 0),
    ]
    assert {backbone for backbone, _ in trained_steps(project, "asks")} == {"smollm2-135m"}
    plan = Plan.model_validate(report_plan(project, "asks"))
    assert str(plan.evaluations[3].run) == "results/answers/far/base/demo-go.names/greedy.run.json"


@pytest.mark.parametrize(
    ("backbones", "experiment"),
    [
        (RECORDED, {"arms": {"KW": ["pretrain.demo"]}}),
        (RECORDED, {"styles": ["names", "symbols"]}),
        (RECORDED, {"decodings": ["greedy", "greedy-long"]}),
        (RECORDED, {"benchmarks": ["demo-go", "go"]}),
    ],
)
def test_an_experiment_that_cannot_ask(configured, backbones, experiment):
    if "benchmarks" in experiment:  # a warm-up would leak into the second benchmark
        experiment = experiment | {"arms": {"base": []}}
    config = configured(backbones, **experiment)
    with refused(config / "experiments/asks.yaml", field="backbones.1") as caught:
        load_project(config)
    lines = (config / "experiments/asks.yaml").read_text().splitlines()
    assert lines[caught.value.line - 1] == "- theirs"


def test_recorded_answers_to_benchmarks_of_two_tasks_have_one_style_each(configured):
    files = dict.fromkeys(("few-genes", "few-molecules"), "mine/answers.csv")
    asked = {"benchmarks": list(files), "styles": ["symbols", "smiles"], "arms": {"base": []}}
    project = load_project(configured({"theirs": {"recorded": {"files": files}}}, **asked))
    found = [(run.benchmark, run.style) for run in cells(project, "asks") if run.backbone == "theirs"]
    assert found == [("few-genes", "symbols"), ("few-molecules", "smiles")]


def test_recorded_answers_to_an_unknown_benchmark(configured):
    config = configured({"theirs": {"recorded": {"files": {"demo-goo": "mine/answers.csv"}}}})
    with refused(field="theirs.recorded.files.demo-goo"):
        load_project(config)


def test_a_tokenizer_needs_weights(configured):
    config = configured({"far": {"api": {"model": "m1"}}})
    path = config / "corpora.yaml"
    corpora = yaml.safe_load(path.read_text())
    corpora["demo"]["tokenizer"] = "far"
    path.write_text(yaml.safe_dump(corpora))
    with refused(field="demo.tokenizer"):
        load_project(config)
