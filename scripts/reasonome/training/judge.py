"""A reward model as a judge: what it gives for conversations, or for prompts and completions of a task."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification

from reasonome.benchmarks.rows import Row
from reasonome.config import Style
from reasonome.prompts.chat_template import conversation_ids, load_tokenizer
from reasonome.rewards import TextReward
from reasonome.task import Task

ROWS = 16  # texts that pass through at once


class RewardModel:
    """The reward model in `folder`, in bf16 on a GPU: a number for each conversation, larger for the better answer."""

    def __init__(self, folder: Path):
        device, dtype = ("cuda", torch.bfloat16) if torch.cuda.is_available() else ("cpu", torch.float32)
        self._model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=dtype).eval().to(device)
        self._tokenizer = load_tokenizer(folder, padding_side="right")
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._model.config.pad_token_id = self._tokenizer.pad_token_id  # by which it finds where a text ends

    def __call__(self, conversations: Sequence[Sequence[Mapping[str, str]]]) -> list[float]:
        """The reward of each conversation's last message."""
        rows = [conversation_ids(self._tokenizer, turns) for turns in conversations]
        order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
        rewards = [0.0] * len(rows)
        for start in range(0, len(order), ROWS):
            places = order[start : start + ROWS]
            batch = self._tokenizer.pad({"input_ids": [rows[place] for place in places]}, return_tensors="pt")
            with torch.inference_mode():
                values = self._model(**batch.to(self._model.device)).logits[:, 0].float().tolist()
            for place, value in zip(places, values, strict=True):
                rewards[place] = value
        return rewards


def judge_of(folder: Path, task: Task, style: Style) -> TextReward:
    """What the reward model in `folder` gives for texts, as completions of their examples' prompts."""
    model = RewardModel(folder)

    def rewards(texts: Sequence[str], examples: Sequence[Row], tokens: Sequence[int] | None) -> list[float]:
        prompts = (task.prompt(example, style).messages for example in examples)
        said = ({"role": "assistant", "content": text} for text in texts)
        return model([[*messages, answer] for messages, answer in zip(prompts, said, strict=True)])

    return TextReward(rewards, semantic=True)
