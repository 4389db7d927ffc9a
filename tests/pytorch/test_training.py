"""What training stages count, log and resume from, without a model."""

import json
import os
import signal
from itertools import count
from types import SimpleNamespace

import pytest
import tiny_training

from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import Stopwatch
from reasonome.stages import STAGES
from reasonome.tasks import TASKS
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.training import checkpoints, grpo, retention
from reasonome.training.job import history
from reasonome.training.sft import sft

TASK = TASKS["gene_set_naming"]
EXAMPLE = Example(id="GO:1", subset="bp", name="DNA repair", genes=[{"symbol": "LIG4", "name": "DNA ligase 4"}])


def checkpoint(folder, step: int):
    made = folder / f"checkpoint-{step}"
    made.mkdir(parents=True)
    (made / "model.safetensors").write_bytes(b"12345678")
    (made / checkpoints.MARK).write_text(json.dumps({"files": {"model.safetensors": 8}}))
    return made


def test_the_newest_complete_checkpoint_is_found_by_number(tmp_path):
    checkpoint(tmp_path, 9)
    newest = checkpoint(tmp_path, 10)
    assert checkpoints.newest_complete(tmp_path) == newest


@pytest.mark.parametrize("damage", ["unmarked", "half marked", "marked as empty", "truncated", "missing"])
def test_an_incomplete_checkpoint_is_passed_over(tmp_path, damage):
    older, newest = checkpoint(tmp_path, 2), checkpoint(tmp_path, 4)
    if damage == "unmarked":
        (newest / checkpoints.MARK).unlink()
    elif damage == "half marked":
        (newest / checkpoints.MARK).write_text('{"files":')
    elif damage == "marked as empty":
        (newest / checkpoints.MARK).write_text('{"files": {}}')
    elif damage == "truncated":
        (newest / "model.safetensors").write_bytes(b"1234567")
    else:
        (newest / "model.safetensors").unlink()
    assert checkpoints.newest_complete(tmp_path) == older
    assert checkpoints.newest_complete(tmp_path / "nowhere") is None


def test_what_a_killed_save_left_is_removed_and_what_somebody_put_there_is_not(tmp_path):
    whole, torn = checkpoint(tmp_path, 6), checkpoint(tmp_path, 7)
    (torn / checkpoints.MARK).unlink()
    (tmp_path / "checkpoint-6-backup").mkdir()
    checkpoints.remove_incomplete(tmp_path)
    assert sorted(tmp_path.iterdir()) == [whole, tmp_path / "checkpoint-6-backup"]
    assert checkpoints.newest_complete(tmp_path) == whole
    checkpoints.remove_incomplete(tmp_path / "nowhere")


@pytest.mark.slow
@pytest.mark.parametrize(("minutes", "left"), [(None, [1, 2, 3, 4]), (60.0, [3, 4]), (1e9, [4])])
def test_checkpoints_that_come_too_soon_are_left_out_and_the_last_one_stays(
    tiny_models, monkeypatch, signal_handlers, minutes, left
):
    clock = count(0, 1500)  # seconds: it goes on by 25 minutes whenever it is looked at
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(retention, "WHILE_TRAINING", 10)
    settings = {"save_steps": 1, "max_steps": 4, "checkpoints": "keep"}
    job = tiny_training.sft_job(tiny_models, **settings, save_minutes=minutes)
    sft(job, {"demo-go": TASKS["gene_set_naming"]})
    # The start, then steps at 25, 50 and 75 minutes.
    assert [int(path.name.split("-")[1]) for path in retention.in_order(job.trainer_folder)] == left


def test_a_length_below_every_example_is_told_before_weights_are_loaded(tiny_models):
    file = tiny_models.parent.parent / "examples.jsonl"
    genes = [{"symbol": f"GENE{number}"} for number in range(12)]
    atomic.write_jsonl(file, [row | {"genes": genes} for row in atomic.read_jsonl(file)])
    job = tiny_training.sft_job(tiny_models, max_length=32)
    with pytest.raises(InputError, match="every example of demo-go has more than 32 tokens"):
        sft(job, {"demo-go": TASKS["gene_set_naming"]})


def test_a_signal_saves_however_soon(monkeypatch):
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(monotonic=lambda: 0.0))
    state, control = SimpleNamespace(global_step=2, max_steps=9), SimpleNamespace(should_save=True)
    checkpoints.SaveByTime(1).on_step_end(None, state, control)
    assert not control.should_save
    stop = checkpoints.StopOnSignal()
    stop._receive(signal.SIGTERM, None)
    stop.on_step_end(None, state, control)
    assert control.should_save and control.should_training_stop


def test_time_of_earlier_attempts_is_added(tmp_path):
    stopwatch = Stopwatch()
    stopwatch.earlier = 100.0
    stopwatch.write(tmp_path / "run.json", steps=3)
    run = json.loads((tmp_path / "run.json").read_text())
    assert 100.0 <= run["seconds"] < 160 and run["steps"] == 3


def test_history_holds_nothing_of_the_clock():
    log = [
        {"step": 1, "loss": 2.5, "num_tokens": 10, "step_time": 3.0},
        {"step": 2, "eval_loss": 2.0, "eval_runtime": 1.0, "eval_samples_per_second": 9.0},
        {"step": 2, "train_loss": 2.2, "train_runtime": 12.0},
    ]
    assert history(log) == [{"step": 1, "loss": 2.5}, {"step": 2, "eval_loss": 2.0}]


def test_tokens_of_rollouts_follow_from_mean_lengths():
    # Steps 1 to 2 with 4 completions of 10 tokens, steps 3 to 5 with 4 of 20.
    log = [{"step": 2, "completions/mean_length": 10.0}, {"step": 5, "completions/mean_length": 20.0}, {"step": 5}]
    assert grpo.rollout_tokens(log, "completions", batch_size=4) == 2 * 40 + 3 * 80
    assert grpo.rollout_tokens([{"step": 3, "prompts/mean_length": 7.5}], "prompts", batch_size=4) == 3 * 30
    # Two passes over each batch: drawn before steps 1, 3 and 5.
    log = [{"step": n, **({"completions/mean_length": 10.0 * n} if n % 2 else {})} for n in range(1, 7)]
    assert grpo.rollout_tokens(log, "completions", batch_size=4, passes=2) == 4 * (10 + 30 + 50)


def test_semantic_quarters_leave_format_out():
    def entry(similarity, rouge_l):
        return {
            "reward": 9.0,
            "rewards/similarity/mean": similarity,
            "rewards/rouge_l/mean": rouge_l,
            "rewards/format/mean": 1.0,
        }

    log = [entry(0.1, 0.0), entry(0.3, 0.2), *[entry(0.9, 0.9)] * 4, entry(0.4, 0.1), entry(0.5, 0.3)]
    quarters = grpo.semantic_quarters(log, TASK.rewards(), {"similarity": 2.0, "rouge_l": 1.0, "format": 1.0})
    # (0.2 + 0.0 + 0.6 + 0.2) / 2 and (0.8 + 0.1 + 1.0 + 0.3) / 2
    assert quarters == pytest.approx({"semantic_first_quarter": 0.5, "semantic_last_quarter": 1.1})
    # TRL's mean of a reward that applied to no question of the step is None: (0.2 + 0.0 + 0.6 + 0.0) / 2.
    log[1]["rewards/rouge_l/mean"] = None
    quarters = grpo.semantic_quarters(log, TASK.rewards(), {"similarity": 2.0, "rouge_l": 1.0, "format": 1.0})
    assert quarters["semantic_first_quarter"] == pytest.approx(0.4)


def test_trl_gets_one_named_reward_per_component_and_completions_are_parsed_once(monkeypatch):
    parsed = []
    monkeypatch.setattr(type(TASK), "parse", lambda self, text, style: parsed.append(text) or _parse(text, style))
    scorer = grpo.RewardScorer(TASK, {"rouge_l": 1.0, "format": 1.0}, lambda a, b: [1.0] * len(a))
    functions = scorer.for_trl([EXAMPLE])
    assert [function.__name__ for function in functions] == ["rouge_l", "format"]
    completions = [[{"role": "assistant", "content": text}] for text in ("Process: DNA repair", "nothing")]
    values = [function(completions=completions, index=[0, 0], prompts=[]) for function in functions]
    assert values == [[1.0, 0.0], [1.0, 0.0]]
    assert len(parsed) == 2, "both rewards share one parse"


_parse = TASK.parse


def test_what_a_constant_earns_is_the_mean_of_its_components():
    scorer = grpo.RewardScorer(
        TASK, {"similarity": 2.0, "rouge_l": 1.0, "format": 1.0, "reasoning": 1.0}, lambda a, b: [0.25] * len(a)
    )
    style = NamingStyle(gene="{symbol}", budget_tokens=8, system="", user="{genes}")
    policy = TASK.policies([EXAMPLE.model_copy(update={"name": "RNA repair"})], style)[0]
    earned = grpo.policy_earnings(scorer, policy, [EXAMPLE], [None])
    # One of two words in common and in order: precision = recall = 1/2.
    assert earned == {
        "name": "RNA repair",
        "similarity": 0.25,
        "rouge_l": 0.5,
        "format": 1.0,
        "reasoning": 1.0,
        "reward": 3.0,
    }


def test_completions_are_read_by_the_track_of_the_style():
    text = "Thinking aloud first.\nProcess: DNA repair"
    style = NamingStyle(gene="{symbol}", budget_tokens=8, system="", user="{genes}", track="as-published")
    earned = {
        track: grpo.RewardScorer(TASK, {"rouge_l": 1.0}, lambda a, b: [1.0] * len(a), style).component(
            "rouge_l", [text], [EXAMPLE]
        )
        for track, style in (("strict", None), ("as-published", style))
    }
    assert earned == {"strict": [0.0], "as-published": [1.0]}


def trained(folder, policy: str):
    """A model's folder with two checkpoints of its own training and one of another; and its manifest."""
    for step in (3, 12):
        checkpoint(folder / "trainer" / "aa", step)
    checkpoint(folder / "trainer" / "bb", 1)
    return folder, {"recipe": {"checkpoints": policy}}


@pytest.mark.parametrize(
    ("policy", "left"), [("prune", ["checkpoint-12"]), ("keep", ["checkpoint-12", "checkpoint-3"])]
)
def test_the_newest_checkpoint_stays_until_the_model_is_used(tmp_path, policy, left):
    model, manifest = trained(tmp_path / "sft.names-s0", policy)
    ours = model / "trainer" / "aa"
    (model / "trainer" / ".nfs0001").touch()  # what a network file system holds on to
    retention.prune(model / "trainer", ours, keep=policy == "keep")
    assert [folder.name for folder in (model / "trainer").iterdir() if folder.is_dir()] == ["aa"]
    assert sorted(path.name for path in ours.iterdir()) == left
    retention.release(model, manifest)
    assert (model / "trainer").exists() == (policy == "keep")
    retention.release(model, manifest)  # another job was there first


def test_a_backbone_that_nobody_trained_has_nothing_to_release(tmp_path):
    retention.release(tmp_path / "base", {"weights": "whatever"})


@pytest.mark.parametrize(
    ("step", "patience", "at_end"), [(11, None, False), (12, None, True), (11, 3, False), (11, 2, True)]
)
def test_a_checkpoint_of_the_last_step_leaves_nothing_to_train(tmp_path, step, patience, at_end):
    """So does one behind which `patience` has ended training: here two measurements after the best."""
    made = checkpoint(tmp_path, step)
    log = [{"step": number, "eval_loss": loss} for number, loss in ((0, 1.0), (5, 2.0), (8, 3.0), (11, 2.0))]
    state = {"global_step": step, "max_steps": 12, "log_history": log}
    (made / "trainer_state.json").write_text(json.dumps(state))
    settings = tiny_training.FEW_STEPS | {"stage": "pretrain", "corpus": "demo", "sequence_length": 64}
    recipe = STAGES["pretrain"].model_validate(settings | {"patience": patience})
    assert checkpoints.is_at_end(made, recipe) == at_end
    assert not checkpoints.is_at_end(None, recipe)


@pytest.mark.parametrize("first, second", [(signal.SIGTERM, signal.SIGUSR1), (signal.SIGUSR1, signal.SIGTERM)])
def test_the_first_signal_is_the_one_that_is_told(first, second):
    before = {number: signal.getsignal(number) for number in (first, second)}
    try:
        stop = checkpoints.StopOnSignal()
        assert stop.agreed() == 0
        for number in (first, second):
            os.kill(os.getpid(), number)
        assert stop.agreed() == first
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
