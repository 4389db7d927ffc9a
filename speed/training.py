"""Reasoning SFT of the 135M model: as TRL does it by default, as a careful user would, and as the pipeline does it.

snakemake --cores 2 results/reasoning/knowledge-given/demo-go.demo-names.jsonl \\
    results/models/smollm2-135m/base/manifest.json
python speed/training.py                     # takes the GPU where there is one

Examples are the demo's prompts with reasoning of 1 to 12 steps, each number equally often: the demo teacher's own
steps, then sentences about the genes and about other sets. With their prompts they have up to 512 tokens; what the
lengths came to is printed. All ways train on the same examples once, with the same learning rate, schedule and number
of examples in an optimizer step, each in a process of its own. Theirs and ours draw the same examples for each step:
with draws of their own, losses after so few steps differ by one or two in a hundred. Then the loss on held-out examples
is that of the saved (bf16) weights, all measured alike.

theirs: SFTTrainer with TRL's defaults: batches of 8 in random order, padded to the longest; gradient checkpointing;
        fp32 weights, as TRL loads them, under bf16 autocast.
plain:  SFTTrainer with fp32 weights, bf16 autocast, no gradient checkpointing, and batches of similar lengths.
ours:   scripts/train.py, in the environment that rules give it (malloc settings, waiting threads that sleep), with the
        kernels of `auto`.

All compute in the precision that this machine is faster in. Where that is fp32, theirs and plain have no autocast: with
TRL's default of bf16 they would take hours.

Rates are real tokens, without padding, over the seconds of the training loop as transformers logs them.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from measuring import (
    BACKBONE,
    BENCHMARK,
    CUDA,
    STYLE,
    TEACHER,
    Check,
    Inputs,
    Speed,
    parser,
    recipe_of,
    report,
    write_job,
)
from tqdm import tqdm

from reasonome.answering import precision
from reasonome.benchmarks.rows import read_rows
from reasonome.config.project.results import Results
from reasonome.core import atomic
from reasonome.core.errors import InputError, run_program
from reasonome.teaching.proposals import read_proposals
from reasonome.training import kernels
from reasonome.training.sft import conversations
from reasonome.training.token_count import TokenCount

# Times as fast as theirs. In fp32 products fill the processor, and what ours saves beside them counts for less.
LEAST = {"bf16": 2, "fp32": 1.75}
DIFFERENCE = 0.01  # between the losses of theirs and ours
LONGEST = 512  # tokens
STEPS = (1, 12)  # of reasoning
BATCH = 8  # TRL's default
SEED = 0
STEP = f"sft.speed-s{SEED}"
SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
# What workflow/rules/project.smk puts before every job.
JOB_ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": "-1",
    "MALLOC_TOP_PAD_": "268435456",
    "MALLOC_MMAP_MAX_": "0",
    "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "1000"),
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--model", type=Path, help="another model folder, with manifest.json and model/")
    arguments.add_argument("--examples", type=int, default=96, help="trained on (%(default)s)")
    arguments.add_argument("--held-out", type=int, default=32, help="(%(default)s)")
    arguments.add_argument("--way", choices=["theirs", "plain"], help="run only this one, in --work")
    arguments.add_argument("--work", type=Path, help="results folder of a way's files")
    given = arguments.parse_args()
    inputs = Inputs(given.config, given.results)
    if given.way:
        train_with_trl(inputs, Results(given.work), careful=given.way == "plain")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        made = Results(Path(folder) / inputs.project.settings.results)
        lengths = prepare(inputs, given.model or inputs.backbone(), given, made)
        print(f"{len(lengths)} examples to train on: {describe(lengths)}", flush=True)
        rest = ["--config", given.config, "--work", made.root]
        if given.results:
            rest += ["--results", given.results]
        for way in ("theirs", "plain"):
            run(way, [__file__, "--way", way, *rest], {})
        step = made.model(BACKBONE, STEP)
        job = write_job(inputs.project, step)
        run("ours", [SCRIPTS / "train.py", job], JOB_ENVIRONMENT, folder)
        facts = {"theirs": made.root / "theirs/facts.json", "plain": made.root / "plain/facts.json"}
        found = {way: atomic.read_json(file) for way, file in (facts | {"ours": step / "run.json"}).items()}
        models = {"theirs": made.root / "theirs/model", "plain": made.root / "plain/model", "ours": step / "model"}
        losses = {way: held_out_loss(inputs, model, made) for way, model in models.items()}
    device = "GPU" if CUDA else "CPU"
    rates = [found[way]["backward_tokens"] / found[way]["train_seconds"] for way in ("theirs", "plain", "ours")]
    speed = Speed(f"training, {device}", "real tokens/s", *rates, LEAST[precision.choose("auto")])
    return report([speed], checks(losses), given.rows)


def examples_file(made: Results, split: str) -> Path:
    """The examples to train on ("train") or those held out ("valid")."""
    return made.prompts(BENCHMARK, STYLE) / f"{split}.jsonl"


def prepare(inputs: Inputs, model: Path, given, made: Results) -> list[int]:
    """Write examples, reasoning and recipe; returns the tokens of each example to train on."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model / "model")
    examples = inputs.examples("train")
    own = read_proposals(inputs.reasoning())
    rng = random.Random(0)
    rng.shuffle(examples)
    kept, reasoning, lengths = [], [], []
    for example in examples:
        if example.id not in own:
            continue
        shown = set(inputs.task.prompt(example, inputs.style).shown)
        steps = reasoned(rng, example, shown, own[example.id]["steps"], examples)
        row = {**own[example.id], "steps": steps}
        conversation = conversations(inputs.task, inputs.style, [example], {example.id: row})
        length = len(token_ids(tokenizer, conversation[0])) if conversation else LONGEST + 1
        if length <= LONGEST:
            kept.append(example)
            reasoning.append(row)
            lengths.append(length)
        if len(kept) == given.examples + given.held_out:
            break
    else:
        raise InputError(f"only {len(kept)} examples can be made", fix="ask for fewer with --examples and --held-out")
    size = given.examples
    for split, part in (("train", slice(0, size)), ("valid", slice(size, None))):
        atomic.write_jsonl(examples_file(made, split), [example.model_dump() for example in kept[part]])
    atomic.write_jsonl(made.reasoning(TEACHER, BENCHMARK, STYLE), reasoning)
    made.model(BACKBONE, STEP).mkdir(parents=True)
    made.model(BACKBONE, "base").symlink_to(model.resolve(), target_is_directory=True)
    batches = {"batch_size": BATCH, "micro_batch_size": BATCH if CUDA else 4}
    recipe = recipe_of("sft", **batches, packing="none", max_length=LONGEST, save_steps=10_000)
    atomic.write_json(made.model(BACKBONE, STEP) / "recipe.json", recipe.model_dump(mode="json"))
    return lengths[:size]


def reasoned(rng: random.Random, example, shown: set[str], own: Sequence[str], examples: Sequence) -> list[str]:
    """Steps of reasoning, of a random number within STEPS, that name no gene of the set but those shown."""
    genes = [gene for gene in example.genes if gene.symbol in shown]
    hidden = {gene.symbol for gene in example.genes} - shown
    sentences = [step for step in own if not hidden & set(step.replace(".", " ").replace(",", " ").split())]
    while len(sentences) < STEPS[1]:
        gene, other = rng.choice(genes), rng.choice(examples)
        sentences.append(
            rng.choice(
                [
                    f"{gene.symbol} is {gene.name or 'one of the set'}, which speaks for {example.name}.",
                    f"One could think of {other.name}, but {gene.symbol} has no part in that.",
                    f"{gene.symbol} and {rng.choice(genes).symbol} are named together in {example.name}.",
                ]
            )
        )
    return sentences[: rng.randint(*STEPS)]


def describe(lengths: Sequence[int]) -> str:
    low, *_, high = statistics.quantiles(lengths, n=10)
    return (
        f"{min(lengths)} to {max(lengths)} tokens, mean {statistics.mean(lengths):.0f}, "
        f"median {statistics.median(lengths):.0f}, deciles {low:.0f} and {high:.0f}"
    )


def run(way: str, words: Sequence, environment: dict[str, str], folder: str | None = None) -> None:
    """One way in a process of its own, which works in `folder`; InputError where it fails."""
    print(f"--- {way}", flush=True)
    if subprocess.run([sys.executable, *map(str, words)], env={**os.environ, **environment}, cwd=folder).returncode:
        raise InputError(f"{way} failed", fix="its message is above")


def train_with_trl(inputs: Inputs, made: Results, careful: bool) -> None:
    """Train with SFTTrainer alone; writes facts.json and model/ in a folder named after the way."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    folder = made.root / ("plain" if careful else "theirs")
    recipe = atomic.read_json(made.model(BACKBONE, STEP) / "recipe.json")
    base = made.model(BACKBONE, "base") / "model"
    tokenizer = AutoTokenizer.from_pretrained(base)
    same = {name: recipe[name] for name in ("learning_rate", "weight_decay", "max_grad_norm")}
    settings = {**kernels.recomputation(False), "train_sampling_strategy": "group_by_length"} if careful else {}
    bf16 = precision.choose("auto") == "bf16"
    rows = conversation_rows(inputs, made, "train")
    random.Random(SEED).shuffle(rows)  # as scripts/train.py does, so that equal seeds draw equal steps
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32) if careful else str(base),
        args=SFTConfig(
            output_dir=str(folder / "trainer"),
            num_train_epochs=1,
            lr_scheduler_type=recipe["scheduler"],
            warmup_steps=recipe["warmup"],
            data_seed=SEED,
            bf16=bf16,
            save_strategy="no",
            report_to="none",
            use_cpu=not CUDA,
            dataloader_pin_memory=CUDA,
            **same,
            **settings,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    trainer.add_callback(TokenCount())
    trained = trainer.train()
    trainer.accelerator.unwrap_model(trainer.model).to(torch.bfloat16).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    facts = {"backward_tokens": trainer.state.num_input_tokens_seen, "train_seconds": trained.metrics["train_runtime"]}
    atomic.write_json(folder / "facts.json", facts)


def conversation_rows(inputs: Inputs, made: Results, split: str) -> list[dict]:
    """Prompts and completions of a split, as our own training makes them."""
    examples = read_rows(examples_file(made, split), inputs.task.Example)
    return conversations(inputs.task, inputs.style, examples, read_proposals(made.reasoning(TEACHER, BENCHMARK, STYLE)))


def token_ids(tokenizer, row: dict) -> list[int]:
    return tokenizer.apply_chat_template(row["prompt"] + row["completion"], return_dict=True)["input_ids"]


@torch.inference_mode()
def held_out_loss(inputs: Inputs, folder: Path, made: Results) -> float:
    """The mean loss (nats) of a token of the held-out completions, in fp32 with the weights as saved."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).to("cuda" if CUDA else "cpu").eval()
    total = tokens = 0.0
    for row in tqdm(conversation_rows(inputs, made, "valid"), desc="held-out loss", delay=5):
        ids = torch.tensor([token_ids(tokenizer, row)], device=model.device)
        prompt = tokenizer.apply_chat_template(row["prompt"], add_generation_prompt=True, return_dict=True)["input_ids"]
        logits = model(ids).logits[0, len(prompt) - 1 : -1]
        total += torch.nn.functional.cross_entropy(logits.float(), ids[0, len(prompt) :], reduction="sum").item()
        tokens += len(logits)
    return total / tokens


def checks(losses: dict[str, float]) -> list[Check]:
    """Losses after equal tokens."""
    difference = losses["ours"] / losses["theirs"] - 1
    spoken = ", ".join(f"{way} {loss:.4f}" for way, loss in losses.items())
    return [
        Check("training: held-out loss after equal tokens", spoken),
        Check(
            "training: ours against theirs",
            f"{difference:+.2%}",
            f"within {DIFFERENCE:.0%}",
            abs(difference) <= DIFFERENCE,
        ),
    ]


if __name__ == "__main__":
    run_program(main)
