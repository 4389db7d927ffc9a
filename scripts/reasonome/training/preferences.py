"""The pairs of answers that DPO, KTO and reward models learn from."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from reasonome.config import DpoRecipe, PreferenceRecipe, RewardRecipe
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.prompts.chat_template import answered
from reasonome.training.stage import Stage, mixed


@dataclass(frozen=True)
class Pairs:
    """Pairs to train on, by benchmark, and held-out ones, as rows of preferences; `too_long` were left out of both.

    `longest` is the number of tokens of the longest prompt with an answer.
    """

    train: dict[str, list[dict[str, Any]]]
    held_out: list[dict[str, Any]]
    too_long: int
    longest: int


def read(stage: Stage, tokenizer) -> Pairs:
    """The pairs of a stage in an order drawn by its seed. InputError where a benchmark has none short enough."""
    recipe: PreferenceRecipe = stage.recipe
    train, held_out, too_long, longest = {}, [], 0, 0
    for benchmark, file in stage.files("preferences").items():
        pairs = list(atomic.read_jsonl(file))
        random.Random(stage.step.seed).shuffle(pairs)
        others = list(atomic.read_jsonl(stage.files("held_out preferences")[benchmark]))
        lengths = [[_tokens(tokenizer, pair) for pair in part] for part in (pairs, others)]
        train[benchmark], rest = (
            [pair for pair, length in zip(part, of_part, strict=True) if length <= recipe.max_length]
            for part, of_part in zip((pairs, others), lengths, strict=True)
        )
        held_out += rest
        too_long += len(pairs) + len(others) - len(train[benchmark]) - len(rest)
        longest = max([longest, *(n for part in lengths for n in part if n <= recipe.max_length)])
        if not train[benchmark]:
            what = f"no pair of {benchmark} has at most {recipe.max_length} tokens"
            raise InputError(what, file=file, field="max_length", fix="raise it in the recipe")
    print(f"{len(held_out)} pairs held out; left out: {too_long} too long", flush=True)
    return Pairs(train, held_out, too_long, longest)


def first_pairs(recipe: DpoRecipe | RewardRecipe, pairs: Pairs) -> list[dict[str, Any]]:
    """The pairs that a recipe learns from: `max_pairs` of its benchmarks, by their weights."""
    chosen = mixed(pairs.train, recipe.weights_of_benchmarks, recipe.max_pairs, "max_pairs")
    print(f"{len(chosen)} pairs to train on", flush=True)
    return chosen


def conversations(pairs: Sequence[Mapping[str, Any]]) -> list[dict[str, list[dict[str, str]]]]:
    """Prompt, chosen and rejected messages of pairs, as TRL reads them."""
    return [
        {"prompt": pair["messages"]} | {side: _said(pair[side]) for side in ("chosen", "rejected")} for pair in pairs
    ]


def single_answers(pairs: Sequence[Mapping[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Prompt, completion and label of each answer of pairs: True for those that are better in more pairs than worse.

    Answers that are as often better as worse are left out. The order is drawn by the seed: one answer of each question,
    then another of each, so that neighbours answer different questions.
    """
    answers, draw = _points(pairs), random.Random(seed)
    questions = [
        [
            {"prompt": json.loads(messages), "completion": _said(text), "label": points > 0}
            for text, points in draw.sample(list(won.items()), len(won))
            if points
        ]
        for messages, won in draw.sample(list(answers.items()), len(answers))
    ]
    return [row for turn in zip_longest(*questions) for row in turn if row is not None]


def as_often_worse(pairs: Iterable[Mapping[str, Any]]) -> int:
    """How many answers of pairs are as often better as worse, so that they are neither good nor bad."""
    return sum(points == 0 for won in _points(pairs).values() for points in won.values())


def _points(pairs: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """Messages of a question → its answers, with the pairs in which each is better, less those in which it is worse."""
    answers: dict[str, Counter[str]] = {}
    for pair in pairs:
        won = answers.setdefault(json.dumps(pair["messages"]), Counter())
        won[pair["chosen"]] += 1
        won[pair["rejected"]] -= 1
    return answers


def _said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def _tokens(tokenizer, pair: Mapping[str, Any]) -> int:
    """Tokens of the prompt with the longer answer."""
    return max(len(answered(tokenizer, pair["messages"], pair[side]).ids) for side in ("chosen", "rejected"))
