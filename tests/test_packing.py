"""Packing: texts that share a row are trained on as if each were alone."""

import json

import pytest
import tiny_training
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer, pack_dataset

from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.tasks.registry import TASKS
from reasonome.training import packing
from reasonome.training.pretrain import pretrain, tokenised, whole
from reasonome.training.sft import sft

TEXTS = [list(range(10, 22)), list(range(40, 47)), list(range(60, 65))]
STATEMENTS = ["Gene TP53 is for DNA repair.", "Gene A is for growth of axons, and of cells.", "Gene B."]


@pytest.fixture(scope="module", params=["sdpa", "eager"])
def model(request, tiny_backbone):
    return AutoModelForCausalLM.from_pretrained(
        tiny_backbone, dtype=torch.float32, attn_implementation=request.param
    ).eval()


def packed_row(texts: list[list[int]]) -> dict:
    """Texts in a row, of which the first three tokens are a prompt without loss."""
    labels = [token if place >= 3 else -100 for text in texts for place, token in enumerate(text)]
    return {"input_ids": sum(texts, []), "labels": labels, "seq_lengths": [len(text) for text in texts]}


def losses(model, batch: dict) -> torch.Tensor:
    """The loss of each token that has one, in order."""
    with torch.no_grad():
        logits = model(**{name: value for name, value in batch.items() if name != "labels"}, use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), batch["labels"][:, 1:].flatten(), reduction="none", ignore_index=-100
    )
    return loss[batch["labels"][:, 1:].flatten() != -100]


def test_rows_become_positions_that_start_again_and_no_mask():
    batch = packing.PackedRows(pad_token_id=0)([packed_row([[7, 8, 9, 10], [5, 6, 7, 8]]), packed_row([[1, 2, 3, 4]])])
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 0, 1, 2, 3], [0, 1, 2, 3, 0, 0, 0, 0]]
    assert batch["input_ids"].tolist()[1] == [1, 2, 3, 4, 0, 0, 0, 0]
    assert batch["labels"].tolist()[0] == [-100, -100, -100, 10, -100, -100, -100, 8]
    assert "attention_mask" not in batch


def test_the_first_token_of_a_text_is_not_learnt_from_its_neighbour():
    row = {"input_ids": [7, 8, 5, 6], "labels": [7, 8, 5, 6], "seq_lengths": [2, 2]}
    assert packing.PackedRows(pad_token_id=0)([row])["labels"].tolist() == [[-100, 8, -100, 6]]


def test_a_packed_text_has_the_loss_that_it_has_alone(model):
    rows = [packed_row(TEXTS), packed_row(TEXTS[:1])]
    together = losses(model, packing.PackedRows(pad_token_id=0)(rows))
    alone = [losses(model, packing.PackedRows(pad_token_id=0)([packed_row([text])])) for text in [*TEXTS, TEXTS[0]]]
    assert len(together) == (12 - 3) + (7 - 3) + (5 - 3) + (12 - 3)
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=0)


def test_a_model_that_mixes_texts_is_found_out(model, monkeypatch):
    assert packing.sees_itself_alone(model)
    forward = model.model.forward
    monkeypatch.setattr(model.model, "forward", lambda *args, position_ids=None, **rest: forward(*args, **rest))
    assert not packing.sees_itself_alone(model)
    args = type("Arguments", (), {"bf16": False})
    with pytest.raises(InputError, match="llama lets the texts of a packed row see one another") as error:
        packing.KeepApart().on_train_begin(args, None, None, model=model)
    assert "packing: none (sft) or wrapped (pretrain)" in error.value.fix


def test_what_is_packed_can_be_found_again_and_is_described():
    texts = Dataset.from_dict({"input_ids": TEXTS, "labels": TEXTS})
    rows = pack_dataset(texts, 20, "bfd")
    assert packing.describe(rows, 4) == "packed into 2 rows of 12 tokens, 1.5 texts each: a step of 4 rows is 6 texts"
    assert packing.find_text(rows, TEXTS[1]) == {"input_ids": TEXTS[1], "labels": TEXTS[1]}
    with pytest.raises(LookupError):
        packing.find_text(rows, [1, 2])


def test_statements_that_do_not_fit_a_row_are_left_out(tiny_backbone):
    tokenizer = AutoTokenizer.from_pretrained(tiny_backbone)
    lengths = [len(tokenizer(text + tokenizer.eos_token)["input_ids"]) for text in STATEMENTS]
    assert len(set(lengths)) == 3
    for most in lengths:
        kept = whole(tokenised(STATEMENTS, tokenizer), most)
        assert list(map(len, kept["input_ids"])) == [length for length in lengths if length <= most]


def test_statements_are_tokenised_in_batches_as_trl_would_one_by_one(tiny_backbone, tiny_models):
    tokenizer = AutoTokenizer.from_pretrained(tiny_backbone)
    end = tokenizer.eos_token
    texts = [*STATEMENTS, STATEMENTS[0] + end]
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(tiny_backbone),
        args=SFTConfig(output_dir=str(tiny_models), report_to="none", use_cpu=True, bf16=False),
        train_dataset=Dataset.from_dict({"text": texts}),
        processing_class=tokenizer,
    )
    rows = tokenised(texts, tokenizer)
    assert rows["input_ids"][:] == rows["labels"][:] == trainer.train_dataset["input_ids"][:]
    assert rows["input_ids"][0] == rows["input_ids"][-1]


def test_a_warm_up_calls_the_tokenizer_once_a_thousand_statements(tmp_path, tiny_models, monkeypatch):
    atomic.write_jsonl(tmp_path / "train.jsonl", [{"text": f"Gene G{number} is."} for number in range(2500)])
    calls, plain = [], PreTrainedTokenizerFast.__call__
    monkeypatch.setattr(
        PreTrainedTokenizerFast,
        "__call__",
        lambda tokenizer, *texts, **settings: calls.append(1) or plain(tokenizer, *texts, **settings),
    )
    stage = tiny_training.pretrain_stage(tiny_models, packing="separate", max_steps=1, max_tokens=100_000)
    pretrain(stage)
    assert json.loads((stage.folder / "manifest.json").read_text())["statements"] == 2500
    assert len(calls) == 2 * (3 + 1), "to count tokens, and to have them; a call for those held out"


@pytest.mark.full
@pytest.mark.slow
def test_sft_in_packed_rows_steps_as_padded_rows_of_the_same_examples_do(tiny_backbone, tmp_path):
    models = tiny_training.make(tmp_path, tiny_backbone)
    # All 12 examples in one step: the order within it decides nothing.
    settings = {"max_steps": 1, "batch_size": 12, "micro_batch_size": 12, "precision": "fp32", "scheduler": "constant"}
    padded = tiny_training.sft_stage(models, "sft.padded-s0", **settings, warmup=0)
    sft(padded, {"demo-go": TASKS["gene_set_naming"]})
    packed = tiny_training.sft_stage(models, "sft.packed-s0", **settings, warmup=0, packing="separate")
    sft(packed, {"demo-go": TASKS["gene_set_naming"]})

    manifests = [json.loads((stage.folder / "manifest.json").read_text()) for stage in (padded, packed)]
    assert manifests[1]["rows"] < manifests[1]["examples"] == manifests[0]["examples"] == 12
    assert manifests[1]["prompt_example"] == manifests[0]["prompt_example"]
    logs = [json.loads((stage.folder / "history.jsonl").read_text()) for stage in (padded, packed)]
    for name in ("loss", "grad_norm"):
        assert logs[1][name] == pytest.approx(logs[0][name], rel=1e-5), name
    runs = [json.loads((stage.folder / "run.json").read_text()) for stage in (padded, packed)]
    assert runs[0]["backward_tokens"] == runs[1]["backward_tokens"] > 0


@pytest.mark.full
@pytest.mark.slow
def test_pretraining_on_whole_statements(tiny_backbone, tmp_path):
    models = tiny_training.make(tmp_path, tiny_backbone)
    with open(tmp_path / "train.jsonl", "a") as out:
        out.write(json.dumps({"text": "signal " * 200}) + "\n")
    stage = tiny_training.pretrain_stage(models, packing="separate")
    pretrain(stage)
    manifest = json.loads((stage.folder / "manifest.json").read_text())
    assert (manifest["statements"], manifest["too_long"]) == (40, 1)
    assert 0 < manifest["rows"] < 40
    log = [json.loads(line) for line in (stage.folder / "history.jsonl").read_text().splitlines()]
    assert sum("eval_loss" in entry for entry in log) == 3  # before, at step 2, at the end
