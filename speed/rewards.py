"""GRPO reward scoring over a stream of steps: one pair at a time, batched a step at a time, and as training does it.

snakemake --cores 2 results/prompts/demo-go.demo-names/train.jsonl results/encoders/minilm/manifest.json
python speed/rewards.py                      # takes the GPU where there is one

A step has 32 prompts × 8 completions. The stream goes three times over its prompts, in an order of its own each time,
and two in five completions give a name that was given before: half of them one given for the same prompt, if there is
one. Names are those of the demo's gene sets with seeded changes of words; every completion keeps the format.

theirs: the encoder is called for both texts of each pair, and rouge_score for each pair.
plain:  a step's texts go to the encoder as one batched call, and rouge_score is called for each pair.
ours:   the reward functions that training/grpo.py hands to the trainer.

All parse every completion alike, share one loaded model, and start each run knowing nothing. Values must be equal.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from measuring import CUDA, ENCODER, Check, Inputs, Speed, median_seconds, parser, recipe_of, report
from rouge_score.rouge_scorer import RougeScorer

from reasonome.core.errors import run_program
from reasonome.scoring import rouge
from reasonome.scoring.encoders import load_encoders, mean_similarity
from reasonome.training.grpo import RewardScorer

PROMPTS, COMPLETIONS, MET = 32, 8, 3
REPEATED = 2 / 5
LEAST = 50 if CUDA else 10  # times as fast as theirs
DIFFERENCE = 1e-4  # between any two values of one completion, less than: float32 sums depend on the batch
BATCH = 64  # of the plain way
SEED = 0


@dataclass(frozen=True)
class Step:
    """One step's completions, COMPLETIONS of each prompt, and the example that each answers."""

    examples: list
    texts: list[str]


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--steps", type=int, default=6, help="a multiple of 3 (%(default)s)")
    arguments.add_argument("--prompts", type=int, default=PROMPTS, help="of a step (%(default)s)")
    arguments.add_argument("--times", type=int, default=3, help="runs of each way, of which the median counts")
    given = arguments.parse_args()
    inputs = Inputs(given.config, given.results)
    weights = recipe_of("grpo").rewards
    steps = stream(inputs.task, inputs.examples("train"), given.steps, given.prompts)
    pairs = sum(len(step.texts) for step in steps)
    names = {inputs.task.parse(text).name for step in steps for text in step.texts}
    print(f"{pairs} completions with {len(names)} distinct names, {len(steps)} steps")

    (encoder,) = load_encoders([inputs.encoder()], keep=False).values()
    model = encoder._model
    model.encode(["warm up"], show_progress_bar=False)
    read = partial(inputs.task.parse, style=inputs.style)
    ways = {
        "theirs": lambda: pair_by_pair(model, read, weights, steps),
        "plain": lambda: step_by_step(model, read, weights, steps),
        "ours": lambda: ours(inputs, model, weights, steps),
    }
    seconds, values = median_seconds(ways, given.times)
    device = "GPU" if CUDA else "CPU"
    speed = Speed(f"rewards, encoder on {device}", "completions/s", *(pairs / seconds[way] for way in ways), LEAST)
    return report([speed], list(equalities(values, len(names) / pairs)), given.rows)


def stream(task, examples: Sequence, steps: int, prompts: int = PROMPTS) -> list[Step]:
    """The stream of steps; ValueError unless the steps go evenly over the prompts."""
    if steps % MET:
        raise ValueError(f"{steps} steps are no multiple of {MET}")
    rng = random.Random(SEED)
    asked = rng.sample(examples, steps * prompts // MET)
    order = [example for _ in range(MET) for example in rng.sample(asked, len(asked)) for _ in range(COMPLETIONS)]
    repeats = set(rng.sample(range(1, len(order)), round(REPEATED * len(order))))
    words = sorted({word for example in examples for word in example.name.split()})
    given: list[str] = []
    of_prompt: dict[str, list[str]] = {example.id: [] for example in asked}
    seen: set[str] = set()
    texts = []
    for position, example in enumerate(order):
        own = of_prompt[example.id]
        if position in repeats:
            name = rng.choice(own if own and rng.random() < 0.5 else given)
        else:
            name = new_name(rng, rng.choice([example, rng.choice(examples)]).name, words, seen)
        given.append(name)
        own.append(name)
        genes = rng.sample(example.genes, rng.randint(1, min(4, len(example.genes))))
        texts.append(task.target(name, [f"{gene.symbol} is {gene.name or 'of the set'}." for gene in genes]))
    size = prompts * COMPLETIONS
    starts = range(0, len(order), size)
    return [Step(order[start : start + size], texts[start : start + size]) for start in starts]


def new_name(rng: random.Random, name: str, words: Sequence[str], seen: set[str]) -> str:
    """The name itself or one with changed words, none of `seen`, to which it is added."""
    said = name.split()
    while " ".join(said) in seen:
        place, word = rng.randrange(len(said)), rng.choice(words)
        said[place : place + rng.randint(0, 1)] = [word]
        said = said[-12:]
    seen.add(" ".join(said))
    return " ".join(said)


def pair_by_pair(model, read: Callable, weights: dict[str, float], steps: Sequence[Step]) -> dict[str, np.ndarray]:
    """A loop over the completions: two calls of the model and one of rouge_score each."""
    scorer = RougeScorer(["rougeL"], use_stemmer=True)

    def rows():
        for step in steps:
            for text, example in zip(step.texts, step.examples, strict=True):
                answer = read(text)
                one, other = (
                    model.encode([text], normalize_embeddings=True, show_progress_bar=False)[0]
                    for text in (answer.name, example.name)
                )
                overlap = scorer.score(example.name, answer.name)["rougeL"].fmeasure
                yield max(0.0, float(one @ other)), overlap, answer

    return weighted(weights, list(rows()))


def step_by_step(model, read: Callable, weights: dict[str, float], steps: Sequence[Step]) -> dict[str, np.ndarray]:
    """Names and truths of a step in one batched call of the model; rouge_score for each pair."""
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    rows = []
    for step in steps:
        answers = [read(text) for text in step.texts]
        said, truths = [answer.name for answer in answers], [example.name for example in step.examples]
        both = model.encode(said + truths, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
        cosines = np.clip((both[: len(said)] * both[len(said) :]).sum(axis=1), 0.0, None)
        overlaps = [scorer.score(truth, name)["rougeL"].fmeasure for name, truth in zip(said, truths, strict=True)]
        rows += zip(cosines, overlaps, answers, strict=True)
    return weighted(weights, rows)


def weighted(weights: dict[str, float], rows: Sequence[tuple]) -> dict[str, np.ndarray]:
    """Components by name and their weighted sum, of (cosine, overlap, answer) per completion."""
    columns = {
        "similarity": [min(1.0, cosine) for cosine, _, _ in rows],
        "rouge_l": [overlap for _, overlap, _ in rows],
        "format": [float(answer.named) for _, _, answer in rows],
        "reasoning": [float(answer.reasoned) for _, _, answer in rows],
    }
    values = {name: np.array(column, dtype=float) for name, column in columns.items()}
    return {**values, "reward": sum(weights[name] * column for name, column in values.items())}


def ours(inputs: Inputs, model, weights: dict[str, float], steps: Sequence[Step]) -> dict[str, np.ndarray]:
    """The reward functions as the trainer calls them, made as training/grpo.py makes them, with nothing remembered."""
    for remembered in (rouge._score, rouge._stemmed, rouge.tokens):
        remembered.cache_clear()
    encoders = load_encoders([inputs.encoder()], keep=False)
    vars(encoders[ENCODER])["_model"] = model  # loading it is in none of the times
    scorer = RewardScorer(inputs.task, weights, mean_similarity(list(encoders.values())), inputs.style)
    examples = [example for step in steps for example in step.examples]
    functions = scorer.for_trl(examples)
    found: dict[str, list[float]] = {name: [] for name in weights}
    start = 0
    for step in steps:
        completions = [[{"role": "assistant", "content": text}] for text in step.texts]
        for name, function in zip(weights, functions, strict=True):
            found[name] += function(completions=completions, index=range(start, start + len(completions)))
        start += len(completions)
    values = {name: np.array(column) for name, column in found.items()}
    return {**values, "reward": sum(weights[name] * column for name, column in values.items())}


def equalities(values: dict[str, dict[str, np.ndarray]], distinct: float):
    """The largest difference of each component between theirs and each other way, and the share of new names."""
    for name in values["ours"]:
        largest = max(np.abs(values["theirs"][name] - values[way][name]).max() for way in ("plain", "ours"))
        most = DIFFERENCE * (4 if name == "reward" else 1)  # weights of 2 and 1 add up
        yield Check(f"rewards: largest difference of {name}", f"{largest:.1e}", f"< {most:.0e}", bool(largest < most))
    yield Check(
        "rewards: names given before", f"{1 - distinct:.0%}", f"{REPEATED:.0%}", abs(1 - distinct - REPEATED) < 0.01
    )


if __name__ == "__main__":
    run_program(main)
