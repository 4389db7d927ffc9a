"""Knowledge warm-up: causal language modelling on packed statements."""

import random
from collections import Counter
from collections.abc import Collection, Sequence
from inspect import getfile
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import TrainerCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from reasonome.answering.fact_recall import Question, drawn_questions, recall
from reasonome.config.tuning import WarmUpSettings
from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError
from reasonome.facts.selection import RECALLED, reading_order
from reasonome.facts.sources.source import read_facts
from reasonome.training import adapters, packing
from reasonome.training.job import TrainingJob

FACT = ("gene", "relation", "object_id")  # the columns of statements that say which fact they are of
AT_ONCE = 1000  # statements that are tokenised in one call
# Arguments of SFTConfig for statements that follow one another and are cut where a row ends.
WRAPPED = {"packing": True, "packing_strategy": "wrapped"}


def pretrain(job: TrainingJob[WarmUpSettings]) -> None:
    """Train the parent on statements; measure the loss on held-out ones, if there are any, before, during and after."""
    recipe = job.recipe
    tokenizer = job.load_tokenizer()
    missed = missed_facts(job.data["recalled"]) if recipe.drill else set()
    drilled = recipe.drill.weight if recipe.drill else 1.0
    statements = sample_statements(
        job.data["train"], tokenizer, recipe.max_tokens, job.step.seed, missed=missed, times=drilled
    )
    train = tokenised(statements, tokenizer)
    held_out = sample_statements(job.data["held_out"], tokenizer, 8 * recipe.sequence_length, 0)
    held_out = tokenised(held_out, tokenizer)
    facts: dict[str, Any] = {"drilled": len(missed)} if recipe.drill else {}
    separate = recipe.packing == "separate"
    if separate:
        sampled = len(train)
        train, held_out = whole(train, recipe.sequence_length), whole(held_out, recipe.sequence_length)
        facts["too_long"] = sampled - len(train)
        print(f"{facts['too_long']} statements longer than {recipe.sequence_length} tokens left out", flush=True)
    if not len(train):
        raise InputError("there is not one statement to use", file=job.data["train"], fix="raise max_tokens")
    print(f"{len(train)} statements to train on, {len(held_out)} held out", flush=True)
    job.fit(recipe.sequence_length)
    config = SFTConfig(
        **job.arguments(),
        **(packing.SEPARATE if separate else WRAPPED),
        max_length=recipe.sequence_length,
        eval_packing=True,
        **job.evaluation(held_out=len(held_out) > 0),
    )
    trainer = SFTTrainer(
        model=job.load_model(),
        args=config,
        train_dataset=train,
        eval_dataset=held_out if len(held_out) else None,
        processing_class=tokenizer,
        peft_config=adapters.configuration(recipe.adapter),
    )
    if recipe.recall:
        asked = recall_questions(job.data["train"], job.data["facts"], recipe.recall)
        trainer.add_callback(Recall(tokenizer, asked))
        facts["recall"] = by_relation(asked)
    if separate:
        facts["rows"] = packing.separate(trainer, recipe.batch_size)
    job.train(trainer)
    facts["code"] = code_sha256(__file__, getfile(type(recipe)))
    job.finish(trainer, tokenizer, {"statements": len(train), **facts})


def missed_facts(path: Path) -> set[tuple[str, ...]]:
    """The facts (gene, relation, object_id) that the asked model did not recall."""
    return {tuple(row[name] for name in FACT) for row in atomic.read_jsonl(path) if row["rank"] > 1}


def sample_statements(
    path: Path,
    tokenizer,
    max_tokens: int | None,
    seed: int,
    missed: Collection[tuple[str, ...]] = (),
    times: float = 1.0,
) -> list[str]:
    """Statements in a seeded order, up to `max_tokens` tokens in all, as they are trained on.

    A row's weight (1 if it has none) says how soon it is drawn, as in `reading_order`; none is drawn twice. Statements
    of the facts in `missed` have their weight `times` that. Where all are read, weight 0 alone counts.
    """
    columns = atomic.read_columns(path, ["text"], {"weight": 1.0, **(dict.fromkeys(FACT, "") if missed else {})})
    weights = columns["weight"]
    if missed:
        facts = zip(*(columns[name] for name in FACT), strict=True)
        weights = [weight * (times if fact in missed else 1.0) for weight, fact in zip(weights, facts, strict=True)]
    if max_tokens is None:
        weights = [float(weight > 0) for weight in weights]
    texts = reading_order(columns["text"], weights, random.Random(seed))
    if max_tokens is None:
        return texts
    kept, spent = [], 0
    for start in range(0, len(texts), AT_ONCE):
        chunk = texts[start : start + AT_ONCE]
        for text, ids in zip(chunk, _ids(chunk, tokenizer), strict=True):
            spent += len(ids)
            if spent > max_tokens:
                return kept
            kept.append(text)
    return kept


def tokenised(statements: list[str], tokenizer) -> Dataset:
    """Tokens and labels of statements, as TRL makes them.

    In batches, by every process for itself: TRL takes text by text in one process, while all others wait for it.
    """

    def tokens(texts: list[str]) -> dict[str, list[list[int]]]:
        ids = _ids(texts, tokenizer)
        return {"input_ids": ids, "labels": ids}

    rows = Dataset.from_dict({"text": statements})
    return rows.map(
        tokens, input_columns="text", batched=True, batch_size=AT_ONCE, remove_columns="text", desc="tokenising"
    )


def _ids(texts: list[str], tokenizer) -> list[list[int]]:
    """The tokens of each text that are trained on: with the end-of-text token behind it, and what begins a text."""
    end = tokenizer.eos_token
    return tokenizer([text if text.endswith(end) else text + end for text in texts])["input_ids"]


def whole(statements: Dataset, most: int) -> Dataset:
    """Those of up to `most` tokens, which would otherwise lose their end in packing."""
    return statements.filter(
        lambda texts: [len(ids) <= most for ids in texts], input_columns="input_ids", batched=True, desc="measuring"
    )


def recall_questions(statements: Path, facts: Path, number: int) -> list[Question]:
    """The questions that models are asked after the stage, too; InputError where there is none."""
    drawn = drawn_questions(list(atomic.read_jsonl(statements)), read_facts(facts), number, seed=0)
    if not drawn:
        what = "no relation has enough objects to choose from"
        raise InputError(what, file=statements, field="recall", fix="leave `recall` out of the recipe")
    return drawn


def by_relation(asked: Sequence[Question]) -> dict[str, int]:
    """How many questions are of each relation."""
    return dict(Counter(question.fact.relation for question in asked))


class Recall(TrainerCallback):
    """Adds the shares of recalled facts to the log entry of each evaluation: of all, and of each relation."""

    def __init__(self, tokenizer, asked: Sequence[Question]):
        self._tokenizer, self._asked = tokenizer, asked

    def on_evaluate(self, args, state, control, model=None, **_):
        right: Counter[str] = Counter()
        for question, recalled in zip(self._asked, recall(model, self._tokenizer, self._asked), strict=True):
            right[question.fact.relation] += recalled.rank == 1
        of = by_relation(self._asked)
        state.log_history[-1] |= {RECALLED: right.total() / sum(of.values())}
        state.log_history[-1] |= {f"{RECALLED}/{relation}": right[relation] / count for relation, count in of.items()}
