"""What checks work on: random models in real shapes, a tokenizer of made-up sentences, a project of them."""

import gc
import os
import random
import shutil
import subprocess
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import training  # speed/training.py
from measuring import BENCHMARK, ENCODER, STYLE, TEACHER, Inputs, recipe_of, write_job
from model_shapes import SHAPES, TINY

from gpu_checks.finding import Here
from reasonome.config.project.results import Results
from reasonome.core import atomic

ROOT = Path(__file__).resolve().parents[2]
PARTS_OF_WORDS = (
    "re",
    "pair",
    "trans",
    "port",
    "sig",
    "nal",
    "fold",
    "ing",
    "mem",
    "brane",
    "axon",
    "cyto",
    "kin",
    "ase",
)
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
HELD_OUT = 8


@dataclass(frozen=True)
class MadeProject:
    """A project folder with SFT's data and recipe, in which programs run; `inputs` are those of speed/'s programs."""

    folder: Path
    inputs: Inputs
    made: Results

    def step(self, backbone: str, name: str, stage: str, **settings: Any) -> Path:
        """The folder of a step (stage.variant-sN) with a recipe: of SFT that of speed/training.py, else RECIPES'."""
        folder = self.made.model(backbone, name)
        if stage == "sft":
            recipe = atomic.read_json(self.made.model(training.BACKBONE, training.STEP) / "recipe.json")
        else:
            recipe = {}
        atomic.write_json(folder / "recipe.json", recipe_of(stage, **recipe | settings).model_dump(mode="json"))
        write_job(self.inputs.project, folder)
        return folder

    def launch(self, step: Path, sharding: str = "none", **options: Any) -> subprocess.Popen:
        """Start the training of a step as a rule does, on one GPU; what it prints goes to log.txt in its folder."""
        words = [training.SCRIPTS / "launch.py", "--cpus", os.cpu_count(), "--gpus", 1, "--processes", 1]
        words += ["--sharding", sharding, training.SCRIPTS / "train.py", step / "manifest.job.json"]
        environment = {**os.environ, **training.JOB_ENVIRONMENT}
        with (step / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *map(str, words)], cwd=self.folder, env=environment, stdout=log, stderr=log, **options
            )

    def trained(self, step: Path, sharding: str = "none") -> dict[str, Any]:
        """run.json of a step that is trained now; RuntimeError, with the end of its log, where it fails."""
        if status := self.launch(step, sharding).wait():
            raise RuntimeError(f"status {status}: {(step / 'log.txt').read_text()[-600:]}")
        return atomic.read_json(step / "run.json")

    def forget_checkpoints(self, step: Path) -> None:
        """Remove what a large model's training keeps: 12 bytes a parameter."""
        shutil.rmtree(step / "trainer")


def project(here: Here) -> MadeProject:
    """The project of these checks, made where it is not there yet."""
    folder = here.work / "project"
    made = Results(folder / "results")
    inputs = Inputs(ROOT / "config", here.work / "inputs")
    if not (folder / "config").is_symlink():
        _write_inputs(here, inputs.results)
        folder.mkdir(parents=True)
        backbone = model(here, "smollm2-135m", inputs.results)
        given = Namespace(examples=here.size(480, 24), held_out=HELD_OUT)
        training.prepare(inputs, backbone, given, made)
        for part in ("encoders", "statements"):
            (folder / "results" / part).symlink_to(inputs.results.root / part, target_is_directory=True)
        # Last: with it the project is whole.
        (folder / "resources").symlink_to(ROOT / "resources", target_is_directory=True)
        (folder / "config").symlink_to(ROOT / "config", target_is_directory=True)
    return MadeProject(folder, inputs, made)


def model(here: Here, backbone: str, results: Results, kind: type | None = None, chain: str = "base") -> Path:
    """The folder of a random bf16 model (manifest.json and model/) in a backbone's shape, or a tiny one."""
    folder = results.model(backbone, chain)
    if not (folder / "manifest.json").is_file():
        on_device(here, backbone, kind).save_pretrained(folder / "model")
        tokenizer(here).save_pretrained(folder / "model")
        # Of a step that is kept as it is: there is no checkpoint of it to remove.
        made_by = {"recipe": {"checkpoints": "keep"}} if chain != "base" else {}
        atomic.write_json(folder / "manifest.json", {"model": "random"} | made_by)
    return folder


def on_device(here: Here, backbone: str, kind: type | None = None) -> Any:
    """A random bf16 model on the GPU, if there is one; `kind` is its class, by default a language model."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokens = tokenizer(here)
    ends = {name: getattr(tokens, name) for name in ("eos_token_id", "pad_token_id")}
    shape = TINY if here.small else SHAPES[backbone]
    config = LlamaConfig(**shape, bos_token_id=tokens.eos_token_id, max_position_embeddings=8192, **ends)
    torch.manual_seed(0)
    if kind is not None:
        config.num_labels = 1
    gc.collect()
    torch.cuda.empty_cache()  # of what an earlier check had
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(here.device):
            return (kind or LlamaForCausalLM)(config)
    finally:
        torch.set_default_dtype(before)


def tokenizer(here: Here) -> Any:
    """A byte-level BPE of our sentences, with ChatML as its template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    folder = here.work / "tokenizer"
    if not (folder / "tokenizer.json").is_file():
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        settings = {"vocab_size": 2048, "special_tokens": SPECIAL, "initial_alphabet": alphabet, "show_progress": False}
        made.train_from_iterator(statements(2000), trainers.BpeTrainer(**settings))
        ends = {"pad_token": SPECIAL[0], "eos_token": SPECIAL[2]}
        whole = PreTrainedTokenizerFast(tokenizer_object=made, chat_template=TEMPLATE, **ends)
        whole.save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def words(rng: random.Random, count: int) -> str:
    """Made-up words."""
    return " ".join("".join(rng.choices(PARTS_OF_WORDS, k=rng.randint(1, 3))) for _ in range(count))


def statements(count: int) -> list[str]:
    """Made-up statements of some twenty words."""
    rng = random.Random(1)
    return [f"GENE{rng.randrange(5000)} takes part in {words(rng, 16)}." for _ in range(count)]


def _write_inputs(here: Here, results: Results) -> None:
    """Gene sets, reasoning about them, statements, and an encoder in MiniLM's shape."""
    rng = random.Random(0)
    rows, reasoning = [], []
    for number in range(here.size(1200, 96)):
        genes = [{"symbol": f"GENE{rng.randrange(5000)}", "name": words(rng, 2)} for _ in range(rng.randint(2, 6))]
        name = f"{words(rng, 3)} {number}"
        rows.append({"id": f"GO:{number:07}", "subset": "bp", "name": name, "genes": genes})
        steps = [f"{gene['symbol']} is for {words(rng, 6)}." for gene in genes[:2]]
        reasoning.append({"id": f"GO:{number:07}", "subset": "bp", "proposed": name, "steps": steps})
    for split, part in (("train", rows), ("valid", rows[:HELD_OUT]), ("test", rows[-here.size(64, 4) :])):
        atomic.write_jsonl(results.prompts(BENCHMARK, STYLE) / f"{split}.jsonl", part)
    atomic.write_jsonl(results.reasoning(TEACHER, BENCHMARK, STYLE), reasoning)
    for split, count in (("train", here.size(20_000, 200)), ("held_out", 40)):
        rows = [{"text": text} for text in statements(count)]
        atomic.write_jsonl(results.statements("demo") / f"{split}.jsonl", rows)
    _write_encoder(here, results.encoder(ENCODER))


def _write_encoder(here: Here, folder: Path) -> None:
    from transformers import BertConfig, BertModel

    shape = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    if here.small:
        shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    torch.manual_seed(0)
    tokens = tokenizer(here)
    BertModel(BertConfig(vocab_size=4096, pad_token_id=tokens.pad_token_id, **shape)).save_pretrained(folder / "model")
    tokens.model_max_length = 256
    tokens.save_pretrained(folder / "model")
    atomic.write_json(folder / "manifest.json", {"model": "random"})
