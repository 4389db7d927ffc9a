"""Packing: texts that share a row are trained on as if each were alone."""

import json

import pytest
import tiny_training
import torch
import varlen_attention
from datasets import Dataset
from refusals import refused
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.modeling_flash_attention_utils import prepare_fa_kwargs_from_position_ids
from trl import SFTConfig, SFTTrainer

from reasonome.tasks import TASKS
from reasonome.training import packing
from reasonome.training.pretrain import tokenised, whole
from reasonome.training.sft import sft

TEXTS = [list(range(10, 22)), list(range(40, 47)), list(range(60, 65))]
LORA = {"rank": 2, "alpha": 4}
STATEMENTS = ["Gene TP53 is for DNA repair.", "Gene A is for growth of axons, and of cells.", "Gene B."]


def loaded(folder, attention: str):
    """The model in `folder` with a kind of attention."""
    ours = attention == packing.ATTENTION
    theirs = packing.SDPA if ours else attention
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=theirs).eval()
    if ours:
        assert packing.attend_text_by_text(model, True, "cuda")
    assert model.config._attn_implementation == attention
    return model


@pytest.fixture(scope="module", params=["sdpa", "eager", packing.ATTENTION])
def model(request, tiny_backbone):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "varlen_attn", varlen_attention.part_by_part)
        yield loaded(tiny_backbone, request.param)


def collate(rows: list[dict], model) -> dict:
    return packing.PackedRows(0, model.config._attn_implementation == packing.ATTENTION)(rows)


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
    together = losses(model, collate(rows, model))
    alone = [losses(model, collate([packed_row([text])], model)) for text in [*TEXTS, TEXTS[0]]]
    assert len(together) == (12 - 3) + (7 - 3) + (5 - 3) + (12 - 3)
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=0)


def test_where_texts_begin_is_what_transformers_finds():
    # Texts of 5, 2 and 1 tokens; of 3, and two tokens that fill the row up.
    positions = torch.tensor([[0, 1, 2, 3, 4, 0, 1, 0], [0, 1, 2, 0, 0, 0, 0, 0]])
    (firsts, _), (longest, _) = prepare_fa_kwargs_from_position_ids(positions)
    found = packing.bounds(positions)
    assert found["cu_seq_lens_q"].tolist() == firsts.tolist() == [0, 5, 7, 8, 11, 12, 13, 14, 15, 16]
    assert found["max_length_q"] == longest == 5


@pytest.mark.parametrize(
    ("device", "rounded", "change", "chosen"),
    [
        ("cuda", True, {}, True),
        ("cuda", False, {}, False),
        ("cuda", True, {"attention_dropout": 0.1}, False),
        ("cuda", True, {"sliding_window": 8}, False),
        ("cpu", True, {}, False),
    ],
)
def test_attention_is_chosen_by_device_precision_and_model(device, rounded, change, chosen, tiny_backbone):
    model = loaded(tiny_backbone, "sdpa")
    for key, value in change.items():
        setattr(model.config, key, value)
    assert packing.attend_text_by_text(model, rounded, device) == chosen
    assert model.config._attn_implementation == (packing.ATTENTION if chosen else packing.SDPA)


def test_gradients_text_by_text_are_those_of_a_mask(tiny_backbone, monkeypatch):
    monkeypatch.setattr(packing, "varlen_attn", varlen_attention.part_by_part)
    rows, gradients = [packed_row([*TEXTS, list(range(70, 110))]), packed_row(TEXTS[:1])], []
    for kind in (packing.SDPA, packing.ATTENTION):
        model = loaded(tiny_backbone, kind).train()
        model(**collate(rows, model), use_cache=False).loss.backward()
        gradients.append({name: weight.grad for name, weight in model.named_parameters()})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, atol=1e-5, rtol=1e-4, msg=name)


def test_weights_in_fp32_attend_text_by_text_under_autocast(tiny_backbone, monkeypatch):
    monkeypatch.setattr(packing, "varlen_attn", varlen_attention.part_by_part)
    found = []
    for kind in (packing.SDPA, packing.ATTENTION):
        model = loaded(tiny_backbone, kind)
        with torch.autocast("cpu", torch.bfloat16):
            found.append(losses(model, collate([packed_row(TEXTS)], model)))
    torch.testing.assert_close(found[1], found[0], atol=0.05, rtol=0)  # rounded differently, to eight bits


def test_what_is_not_packed_is_attended_to_as_before(tiny_backbone):
    batch = {"input_ids": torch.arange(24).view(2, 12), "attention_mask": torch.ones(2, 12, dtype=torch.long)}
    batch["attention_mask"][1, :5] = 0
    for kept in (("input_ids",), ("input_ids", "attention_mask")):
        given = {name: batch[name] for name in kept}
        with torch.no_grad():
            theirs, ours = (loaded(tiny_backbone, kind)(**given).logits for kind in ("sdpa", packing.ATTENTION))
        assert torch.equal(theirs, ours)
    settings = {"max_new_tokens": 4, "do_sample": False, "pad_token_id": 0}
    theirs, ours = (loaded(tiny_backbone, kind).generate(**batch, **settings) for kind in ("sdpa", packing.ATTENTION))
    assert torch.equal(theirs, ours)


def test_a_model_that_mixes_texts_is_found_out(model, monkeypatch):
    assert packing.sees_itself_alone(model)
    forward, telling = model.model.forward, {"position_ids", "cu_seq_lens_q"}

    def mixing(*args, **settings):
        return forward(*args, **{name: value for name, value in settings.items() if name not in telling})

    monkeypatch.setattr(model.model, "forward", mixing)
    assert not packing.sees_itself_alone(model)
    args = type("Arguments", (), {"bf16": False})
    with refused():
        packing.KeepApart().on_train_begin(args, None, None, model=model)


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


@pytest.mark.parametrize("adapter", [None, LORA])
def test_sft_in_packed_rows_steps_as_padded_rows_of_the_same_examples_do(adapter, tiny_backbone, tmp_path):
    models = tiny_training.make(tmp_path, tiny_backbone)
    # All 12 examples in one step: the order within it decides nothing.
    settings = {"max_steps": 1, "batch_size": 12, "micro_batch_size": 12, "precision": "fp32", "scheduler": "constant"}
    settings |= {"warmup": 0, "adapter": adapter}
    padded = tiny_training.sft_job(models, "sft.padded-s0", **settings)
    sft(padded, {"demo-go": TASKS["gene_set_naming"]})
    packed = tiny_training.sft_job(models, "sft.packed-s0", **settings, packing="separate")
    sft(packed, {"demo-go": TASKS["gene_set_naming"]})

    manifests = [json.loads((job.folder / "manifest.json").read_text()) for job in (padded, packed)]
    assert manifests[1]["rows"] < manifests[1]["examples"] == manifests[0]["examples"] == 12
    assert manifests[1]["prompt_example"] == manifests[0]["prompt_example"]
    logs = [json.loads((job.folder / "history.jsonl").read_text()) for job in (padded, packed)]
    for name in ("loss", "grad_norm"):
        assert logs[1][name] == pytest.approx(logs[0][name], rel=1e-5), name
    runs = [json.loads((job.folder / "run.json").read_text()) for job in (padded, packed)]
    assert runs[0]["backward_tokens"] == runs[1]["backward_tokens"] > 0
    assert [run["kernels"]["attention"] for run in runs] == ["sdpa", "sdpa"]
