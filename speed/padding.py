"""What padding costs: micro-batches of GRPO as TRL cuts them or by length, packed rows with a mask or text by text.

snakemake --cores 2 results/models/smollm2-135m/base/manifest.json
python speed/padding.py                      # takes the GPU where there is one
python speed/padding.py --tokens             # counts tokens and pairs alone, and needs no model: seconds

Passes are forward and backward of the 135M model in the precision that this machine is faster in. Prompts and
completions have lengths as those of a corpus of gene sets have: most are short, a few much longer. Statements are
packed into rows as training packs them.

theirs: micro-batches of random rows as wide as the step; packed rows with a mask of all pairs of tokens.
ours:   micro-batches of rows of similar length, as wide as their longest; each packed text by itself.
"""

import random
from pathlib import Path

import torch
from datasets import Dataset
from measuring import CUDA, Check, Inputs, Speed, median_seconds, parser, report
from transformers import AutoModelForCausalLM
from trl import pack_dataset

from reasonome.answering import precision
from reasonome.core.errors import run_program
from reasonome.training import batches as ours
from reasonome.training import packing
from reasonome.training.batches import PARTS, Drawn

ROWS, SIZE, GROUP, ANSWER = 64, 8, 8, 96  # completions of a step and of a micro-batch, of a prompt; their most tokens
USUAL_PROMPT, LONGEST_PROMPT = 120, 800
ROW, STATEMENTS, USUAL_STATEMENT = 2048, 80, 60
KINDS = ("ids", "mask")  # what a micro-batch has of prompts and of completions
LEAST = 1  # ours is never slower
DIFFERENCE = 0.005  # between losses, as bf16 rounds them


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--model", type=Path, help="another model folder, with manifest.json and model/")
    arguments.add_argument("--tokens", action="store_true", help="count what passes, and measure nothing")
    arguments.add_argument("--times", type=int, default=3, help="runs of each way, of which the median counts")
    given = arguments.parse_args()
    step, rows = {"theirs": padded(), "ours": trimmed()}, packed()
    checks = [
        Check("GRPO: tokens with padding, theirs and ours", " and ".join(f"{passed(step[way]):,}" for way in step)),
        Check("packed rows: attended pairs, theirs and ours", f"{pairs(rows):,} and {pairs_by_text(rows):,}"),
    ]
    if given.tokens:
        return report([], checks, given.rows)
    inputs = Inputs(given.config, given.results)
    passes = Passes((given.model or inputs.backbone()) / "model")
    real = sum(int(batch[f"{part}_mask"].sum()) for batch in step["ours"] for part in PARTS)
    batch = packing.PackedRows(pad_token_id=0)(rows.to_list())
    ways = {
        "GRPO micro-batches": (real, {way: lambda way=way: passes.score(step[way]) for way in step}),
        "packed rows": (
            sum(map(len, rows["input_ids"])),
            {"theirs": lambda: passes.learn(batch, False), "ours": lambda: passes.learn(batch, True)},
        ),
    }
    speeds = []
    for part, (tokens, both) in ways.items():
        for work in both.values():
            work()  # warms up
        seconds, losses = median_seconds(both, given.times)
        alike = abs(losses["ours"] / losses["theirs"] - 1) <= DIFFERENCE
        found = f"{losses['theirs']:.5f} and {losses['ours']:.5f}"
        checks.append(Check(f"{part}: loss, theirs and ours", found, f"within {DIFFERENCE:.1%}", alike))
        rates = {way: tokens / seconds[way] for way in both}
        name = f"{part}, {'GPU' if CUDA else 'CPU'}"
        speeds.append(Speed(name, "real tokens/s", rates["theirs"], None, rates["ours"], LEAST))
    return report(speeds, checks, given.rows)


def lengths(count: int, usual: int, most: int, seed: int) -> list[int]:
    """Random lengths of which half are below `usual`, and few near `most`."""
    drawn = random.Random(seed)
    return [min(most, max(4, round(drawn.lognormvariate(0, 0.7) * usual))) for _ in range(count)]


def padded() -> list[Drawn]:
    """The micro-batches of a step, of random rows, as wide as the step."""
    prompts = [length for length in lengths(ROWS // GROUP, USUAL_PROMPT, LONGEST_PROMPT, 0) for _ in range(GROUP)]
    rows = list(zip(prompts, lengths(ROWS, ANSWER // 3, ANSWER, 1), strict=True))
    random.Random(2).shuffle(rows)
    most = [max(of) for of in zip(*rows, strict=True)]

    def batch(part: list[tuple[int, int]]) -> Drawn:
        sizes = torch.tensor(part).T[:, :, None]
        masks = torch.arange(most[0]) >= most[0] - sizes[0], torch.arange(most[1]) < sizes[1]
        made = {}
        for name, mask in zip(PARTS, masks, strict=True):
            made |= {f"{name}_mask": mask.long(), f"{name}_ids": mask * (1 + torch.arange(mask.shape[1]))}
        return made

    return [batch(rows[start : start + SIZE]) for start in range(0, ROWS, SIZE)]


def trimmed() -> list[Drawn]:
    """The same rows in micro-batches by length, as training passes them."""
    alone = [{name: value[:, None] for name, value in batch.items()} for batch in padded()]
    alike = ours.resorted(alone)
    return [ours.trimmed({name: value[:, 0] for name, value in batch.items()}) for batch in alike]


def passed(batches: list[Drawn]) -> int:
    """Tokens of micro-batches with their padding."""
    return sum(batch[f"{part}_ids"].numel() for batch in batches for part in PARTS)


def packed() -> Dataset:
    """Statements packed into rows."""
    texts = [list(range(1, 1 + length)) for length in lengths(STATEMENTS, USUAL_STATEMENT, ROW, 3)]
    return pack_dataset(Dataset.from_dict({"input_ids": texts, "labels": texts}), ROW, "bfd")


def pairs(rows: Dataset) -> int:
    """Pairs of tokens that a mask of packed rows has."""
    return len(rows) * max(map(len, rows["input_ids"])) ** 2


def pairs_by_text(rows: Dataset) -> int:
    """Pairs of tokens that are attended to text by text, with what fills texts up."""
    texts = packing.texts_in(packing.PackedRows(pad_token_id=0)(rows.to_list())["position_ids"])
    return sum(places.shape[0] * places.shape[1] ** 2 for places, _ in texts.groups)


class Passes:
    """Forward and backward passes of a model in the precision that this machine is faster in."""

    def __init__(self, folder: Path):
        self._bf16 = precision.choose("auto") == "bf16"
        self._device = "cuda" if CUDA else "cpu"
        self._models = {}
        for by_text in (False, True):
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
            if by_text:
                packing.attend_text_by_text(model)
            self._models[by_text] = model.to(self._device).train()

    def learn(self, batch: dict[str, torch.Tensor], by_text: bool) -> float:
        """The loss of packed rows, with a mask or by text."""
        return self._pass(self._models[by_text], batch)

    def score(self, batches: list[Drawn]) -> float:
        """The mean loss over the tokens of all completions, micro-batch by micro-batch."""
        total = tokens = 0
        for batch in batches:
            ids, attended = (torch.cat([batch[f"{part}_{kind}"] for part in PARTS], 1) for kind in KINDS)
            labels = ids.masked_fill(attended == 0, -100)
            labels[:, : batch["prompt_ids"].shape[1]] = -100
            count = int((labels != -100).sum())
            total += count * self._pass(
                self._models[False], {"input_ids": ids, "attention_mask": attended, "labels": labels}
            )
            tokens += count
        return total / tokens

    def _pass(self, model, batch: dict[str, torch.Tensor]) -> float:
        model.zero_grad()
        with torch.autocast(self._device, dtype=torch.bfloat16, enabled=self._bf16):
            loss = model(**{name: value.to(self._device) for name, value in batch.items()}, use_cache=False).loss
        loss.backward()
        return loss.item()


if __name__ == "__main__":
    run_program(main)
