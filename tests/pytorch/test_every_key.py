"""Every key of a recipe changes what TRL's trainer gets, or, if it names what is learned from, the files that are read.

Nothing is trained: a stand-in takes what each stage gives its trainer.
"""

from pathlib import Path
from types import SimpleNamespace, UnionType
from typing import Any, Union, get_args, get_origin

import grpo_steps
import pytest
import tiny_training
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from reasonome.config.preferences import TablePreferences
from reasonome.config.project import Results
from reasonome.config.strict import Strict
from reasonome.core import atomic
from reasonome.rewards import Reward, TextReward
from reasonome.stages import STAGES
from reasonome.training import adapters, batches, grpo, kernels, packing, pretrain, rollouts, vllm_sampler
from reasonome.training.job import TrainingJob

pytestmark = pytest.mark.usefixtures("signal_handlers")

# What each stage's changes start from.
ROWS = tiny_training.FEW_STEPS | {"batch_size": 8, "precision": "fp32"}
ASKED = {"benchmark": "one", "style": "names"}
STYLE = tiny_training.STYLE.model_copy(update={"confidence": True})
PAIRS = ROWS | ASKED | {"preferences": "pairs", "max_length": 256}
DRAWN = {key: value for key, value in grpo_steps.RECIPE.items() if key != "generations"} | ASKED
DRAWN |= {"max_steps": 3, "prompts": 8}
RECIPES = {
    "pretrain": ROWS | {"corpus": "demo", "sequence_length": 64},
    "sft": ROWS | ASKED | {"teacher": "none", "max_length": 256},
    "dpo": PAIRS,
    "reward": PAIRS,
    "onlinedpo": DRAWN,
    "grpo": DRAWN | {"generations": 4},
}

# A key → its other value, or that and what else its recipe has before and after.
ADAPTER = {
    "adapter": {},
    "adapter.rank": ({"rank": 4}, {"adapter": {}}),
    "adapter.alpha": ({"alpha": 4.0}, {"adapter": {}}),
    "adapter.dropout": ({"dropout": 0.1}, {"adapter": {}}),
    "adapter.targets": ({"targets": ["q_proj"]}, {"adapter": {}}),
    "adapter.quantize": ({"quantize": "4bit"}, {"adapter": {}}),
}
OF_ALL = ADAPTER | {
    "learning_rate": 2e-3,
    "epochs": (3.0, {"max_steps": None}),
    "max_steps": 4,
    "batch_size": 16,
    "micro_batch_size": 4,
    "scheduler": "cosine",
    "warmup": 0.5,
    "weight_decay": 0.1,
    "max_grad_norm": 2.0,
    "precision": "bf16",
    "gradient_checkpointing": True,
    "kernels": "plain",
    "compile_layers": True,
    "save_steps": 3,
    "save_minutes": 5.0,
    "log_steps": 2,
    "trl": {"adam_beta2": 0.9},
}
CHOSEN = {"keep": "best", "patience": 2}
OF_QUESTIONS = {
    "benchmark": "two",
    "mixture": ({"one": 1, "two": 1}, {}),
    "style": "other",
    "chat_template_kwargs": {"enable_thinking": False},
}
PARTS = {"skip": 1, "take": 6, "subsets": ["mf"], "strata": ["rare"]}
OF_ROWS = {f"rows.{key}": ({key: value}, {"rows": {}}) for key, value in PARTS.items()} | {"rows": {"skip": 2}}
OF_PAIRS = OF_ALL | CHOSEN | OF_QUESTIONS | {"preferences": "others", "max_pairs": 3, "max_length": 250}
UNDER_WAY = {"validate_every": 2, "save_steps": 1}
GRADING = {"k": 3, "ratio": 0.2, "words": 9, "longest_list": 9}
OVERLONG = {"rewards": {"rouge_l": 1.0, "overlong": 1.0}}
OF_DRAWN = OF_ALL | OF_QUESTIONS | OF_ROWS | {
    "save_steps": 2,
    "keep": ("best", UNDER_WAY),
    "patience": (2, UNDER_WAY),
    "graders": {"mine": {"function": "mine.py:graded"}},
    "rewards": {"rouge_l": 0.5},
    "grading": {"k": 3},
    **{f"grading.{key}": ({key: value}, {}) for key, value in GRADING.items()},
    "encoders": ["minilm"],
    "prompts": 5,
    "max_completion_length": 16,
    "overlong_cache": (5, OVERLONG),
    "temperature": 0.5,
    "top_p": 0.5,
    "dynamic_sampling": 2,
    "validation": 2,
    "validate_every": 2,
    "rollouts": "vllm-colocate",
    "shared_questions": "never",
    "max_drift": 0.2,
    "beta": 0.3,
}  # fmt: skip
DRILL = {"facts": 5, "weight": 1.01}
STATEMENTS = {"corpus": "demo", "max_tokens": 200}
CHANGES = {
    "pretrain": OF_ALL | CHOSEN | {
        "corpus": "human",
        "sequence_length": 32,
        "packing": "separate",
        "max_tokens": 100,
        "drill": (DRILL, {"max_tokens": 100}),
        "drill.facts": (DRILL | {"facts": 6}, {"max_tokens": 100, "drill": DRILL}),
        "drill.weight": (DRILL | {"weight": 900.0}, {"max_tokens": 100, "drill": DRILL}),
        "recall": 3,
    },
    "sft": OF_ALL | OF_QUESTIONS | OF_ROWS | {
        "teacher": "knowledge",
        "statements": STATEMENTS,
        "statements.corpus": (STATEMENTS | {"corpus": "human"}, {"statements": STATEMENTS}),
        "statements.max_tokens": (STATEMENTS | {"max_tokens": 100}, {"statements": STATEMENTS}),
        "statements.share": (STATEMENTS | {"share": 0.5}, {"statements": STATEMENTS}),
        "confidences": [10, 90],
        "max_examples": 3,
        "max_length": 40,
        "packing": "separate",
        "steps": "alike",
    },
    "dpo": OF_PAIRS | {"beta": 0.3, "loss": "ipo"},
    "reward": OF_PAIRS,
    "onlinedpo": OF_DRAWN | {"judge": ["reward.mine"]},
    "grpo": OF_DRAWN | {
        "generations": 2,
        "iterations": (2, {"save_steps": 2, "max_steps": 4}),
        "aggregation": "each",
        "use_bias_correction_kl": (False, {"beta": 0.1}),
        "loss": "grpo",
        "epsilon": (0.1, {"iterations": 2, "save_steps": 2, "max_steps": 4}),
        "epsilon_high": (0.3, {"iterations": 2, "save_steps": 2, "max_steps": 4}),
        "importance_sampling_level": "sequence",
        "mask_truncated_completions": True,
        "scale_rewards": "none",
        "gold": "shuffled",
    },
}  # fmt: skip
# Keys that name what another job makes: the files that the job reads are others.
NAMES = {"benchmark", "style", "corpus", "drill.facts", "statements.corpus", "preferences", "encoders"}
# What TRL never sees: which checkpoints stay once the model is written (tests/pytorch/test_training.py).
LATER = {"checkpoints"}
# Completions are drawn with the weights that train, so that a recipe with it is refused.
REFUSED = {"onlinedpo": {"adapter.dropout"}, "grpo": {"adapter.dropout"}}


def keys(model: type[Strict], prefix: str = "") -> set[str]:
    """The keys of a recipe, and those of the mappings that they are."""
    found = set()
    for name, field in model.model_fields.items():
        found.add(prefix + name)
        parts = get_args(field.annotation) if get_origin(field.annotation) in (Union, UnionType) else [field.annotation]
        for part in parts:
            if isinstance(part, type) and issubclass(part, Strict):
                found |= keys(part, f"{prefix}{name}.")
    return found


class Taken(Exception):
    """Training would begin."""


class StandIn:
    """A trainer that keeps what it is given."""

    def __init__(self, **given):
        self.given, self.callbacks = given, []
        self.model, self.args, self.train_dataset = given["model"], given["args"], given["train_dataset"]
        self.state = SimpleNamespace(global_step=0)

    def add_callback(self, callback):
        """Keep it."""
        self.callbacks.append(callback)

    def train(self, resume_from_checkpoint):
        """What the stage has set by now is all that it sets."""
        raise Taken(self)


class Graded(grpo_steps.Vowels):
    """Every setting of rewards of rankings changes what it pays."""

    def rewards(self, grading=None):
        """As much as the settings come to."""
        most = sum(grading.model_dump().values()) if grading else 1.0
        pay = Reward(lambda texts, examples, _: [most + len(one.name) for one in examples], 0.0, 1.0, semantic=True)
        return {"rouge_l": pay}


@pytest.fixture
def models(tiny_models, monkeypatch) -> Path:
    """The folder of the parent, where nothing heavy is loaded and every trainer is a stand-in."""
    data = tiny_models.parent.parent
    rows = list(atomic.read_jsonl(data / "examples.jsonl"))
    for number, row in enumerate(rows):
        row |= {"subset": ("bp", "mf")[number % 2], "stratum": ("rare", "common")[number // 2 % 2]}
    atomic.write_jsonl(data / "examples.jsonl", rows)
    facts = [{"gene": f"G{number}", "relation": "for", "object_id": str(number)} for number in range(40)]
    spoken = [row | fact for row, fact in zip(atomic.read_jsonl(data / "train.jsonl"), facts, strict=True)]
    atomic.write_jsonl(data / "train.jsonl", spoken)
    atomic.write_jsonl(data / "recalled.jsonl", [fact | {"rank": 1 + number % 2} for number, fact in enumerate(facts)])
    atomic.write_json(data / "judge.jsonl", {"recipe": {"checkpoints": "keep"}})
    taught = [{"id": row["id"], "proposed": row["name"], "steps": ["They act."]} for row in rows]
    atomic.write_jsonl(data / "reasoning.jsonl", taught)
    template = tiny_models / "base/model/chat_template.jinja"
    template.write_text(template.read_text() + "{% if enable_thinking %}<think>{% endif %}")
    model = LlamaForCausalLM(
        LlamaConfig(
            hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, attn_implementation="sdpa"
        )
    )
    monkeypatch.setattr(TrainingJob, "load_model", lambda job: model)
    monkeypatch.setattr(adapters, "_four_bits", lambda precision: "4bit")
    monkeypatch.setattr(kernels, "missing_to_compile", str)
    monkeypatch.setattr(kernels, "compile_layers", lambda model: None)
    monkeypatch.setattr(packing, "separate", lambda trainer, size: size)
    monkeypatch.setattr(pretrain, "recall_questions", lambda statements, facts, number: [number])
    monkeypatch.setattr(pretrain, "by_relation", lambda asked: {})
    monkeypatch.setattr(vllm_sampler, "check", lambda recipe: None)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: SimpleNamespace(total_memory=80_000))
    monkeypatch.setattr(grpo, "judge_of", lambda *args: TextReward(lambda texts, *_: [9.0] * len(texts), semantic=True))
    own = Reward(lambda texts, *_: [7.0] * len(texts), 0.0, 1.0, semantic=True)
    monkeypatch.setattr("reasonome.scoring.own_functions.own_rewards", lambda graders: dict.fromkeys(graders, own))
    for place in (
        "reasonome.training.sft.SFTTrainer", "reasonome.training.pretrain.SFTTrainer",
        "trl.trainer.dpo_trainer.DPOTrainer", "trl.trainer.reward_trainer.RewardTrainer",
    ):  # fmt: skip
        monkeypatch.setattr(place, StandIn)
    monkeypatch.setattr(rollouts, "WatchedTrainer", StandIn)
    monkeypatch.setattr(rollouts, "PairTrainer", StandIn)
    monkeypatch.setattr(batches, "install", lambda trainer, *order: setattr(trainer, "order", order))
    return tiny_models


FILES = {"valid": "examples", "statements": "train", "preferences": "pairs", "held_out preferences": "held_out_pairs"}
FILES |= {"facts": "recalled", "judge": "judge", "encoder minilm": "recalled"}
TABLES = dict.fromkeys(("pairs", "others"), TablePreferences.model_construct(kind="table", path="pairs.csv"))


def given(models: Path, stage: str, settings: dict) -> tuple[dict[str, Any], dict[str, Path]]:
    """What a trainer gets by a recipe, and the files that its job reads."""
    recipe = STAGES[stage].model_validate(RECIPES[stage] | {"stage": stage} | settings)
    folder = models / f"{stage}.try-s0"
    atomic.write_json(folder / "recipe.json", recipe.model_dump(mode="json"))
    read = recipe.files(Results("results"), TABLES, ("tiny", "base"))
    kinds = {name: name.partition(" of ")[0] for name in read}
    data = {name: models.parent.parent / f"{FILES.get(kind, kind)}.jsonl" for name, kind in kinds.items()}
    styles = {benchmark: STYLE for benchmark, _ in recipe.questions}
    job = TrainingJob(recipe, folder, data, styles, dict.fromkeys(styles, Graded()))
    with pytest.raises(Taken) as taken:
        grpo.grpo(job, Graded(), None) if stage in ("grpo", "onlinedpo") else recipe.train(job)
    [trainer] = taken.value.args
    return handed(trainer, job), read


def handed(trainer: StandIn, job: TrainingJob) -> dict[str, Any]:
    """What a stage has given its trainer, as values that can be compared."""
    own = dict(trainer.given)
    arguments = own.pop("args").to_dict()
    of_a_folder = ("output_dir", "logging_dir", "run_name")
    peft, rows, evaluated = own.pop("peft_config"), own.pop("train_dataset"), own.pop("eval_dataset", None)
    found = {
        "arguments": {key: value for key, value in arguments.items() if key not in of_a_folder},
        "best": trainer.args.load_best_model_at_end,
        "adapter": peft and peft.to_dict(),
        "rows": rows.to_list(),
        "evaluated": evaluated and evaluated.to_list(),
        "template": own.pop("processing_class").get_chat_template(),
        "weights": adapters.loading(job.recipe),
        "kernels": job.kernels,
        "order": trainer.order,
        "callbacks": [(type(one).__name__, plain(one)) for one in trainer.callbacks],
    }
    del own["model"]
    if functions := own.pop("reward_funcs", None):
        numbers = rows["index"][:]
        texts = [[{"content": "abc"}] for _ in numbers]
        asked = {"completions": texts, "index": numbers, "completion_ids": [[1] * 11 for _ in numbers]}
        found["rewards"] = [(function.__name__, function(**asked)) for function in functions]
        found["drift"] = plain(own.pop("drift"))
    return found | own


def plain(thing: Any) -> dict[str, Any]:
    """The attributes that are numbers, words or lists of them."""
    kinds = (int, float, str, list, type(None))
    return {key: value for key, value in vars(thing).items() if isinstance(value, kinds)}


@pytest.mark.parametrize("stage", STAGES)
def test_every_key_changes_what_a_trainer_gets(models, stage):
    tried = CHANGES[stage].keys()
    untried = LATER | REFUSED.get(stage, set()) | {"stage"}
    assert keys(STAGES[stage]) - untried == tried - untried
    silent, before = [], {}
    for key, change in CHANGES[stage].items():
        if key in untried:
            continue
        value, beside = change if isinstance(change, tuple) else (change, {})
        started = repr(beside)
        if started not in before:
            before[started] = given(models, stage, beside)
            assert given(models, stage, beside)[0] == before[started][0], "what differs by itself hides a silent key"
        changed = beside | {key.partition(".")[0]: value}
        if key == "mixture":
            changed["benchmark"] = None
        was, now = before[started], given(models, stage, changed)
        part = key in NAMES  # 1: the files
        if was[part] == now[part]:
            silent.append(key)
    assert silent == []
