"""One training step from recipe to model folder: what all stages have in common."""

import logging
import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed

from reasonome import __version__
from reasonome.answering import precision
from reasonome.answering.vllm_engine import weight_bytes
from reasonome.benchmarks.rows import Row, drawn, read_rows
from reasonome.config import JUDGE, QuestionRecipe, Recipe, RowsRecipe, Style, ValidatedRecipe
from reasonome.config.backbones import EncoderFolder
from reasonome.config.project import chains
from reasonome.config.settings import check_trackers
from reasonome.config.strict import WrongValue
from reasonome.core import atomic
from reasonome.core.errors import InputError, nearest
from reasonome.core.manifest import (
    Stopwatch,
    canonical,
    file_sha256,
    folder_sha256,
    peak_memory_gb,
    read_manifest,
    text_sha256,
    versions,
)
from reasonome.prompts.chat_template import load_tokenizer, with_values
from reasonome.task import Task
from reasonome.training import (
    adapters,
    batches,
    checkpoints,
    choosing,
    fitting,
    kernels,
    processes,
    retention,
    sharding,
)
from reasonome.training.token_count import TokenCount

# Facts of the wall clock: they differ between equal runs, so they stay out of the history.
WALL_CLOCK = ("_runtime", "_per_second", "step_time", "total_flos", "num_tokens", "num_input_tokens_seen")
T = TypeVar("T")
AnyRecipe = TypeVar("AnyRecipe", bound=Recipe)
OfQuestions = TypeVar("OfQuestions", bound=QuestionRecipe)
OfRows = TypeVar("OfRows", bound=RowsRecipe)


def mixed(
    rows: Mapping[str, Sequence[T]], weights: Mapping[str, float], most: int | None = None, field: str = ""
) -> list[T]:
    """The first `most` rows of several benchmarks, interleaved: any first n rows have them in proportion to weights.

    Each row stands once. The list ends where a benchmark has no more rows; of one benchmark it has them all. With
    `field`, the setting that `most` is, InputError for a benchmark without rows, and for one that has none in the list.
    """
    counted = [name for name in rows if rows[name] or field]
    places = sorted(((k + 0.5) / weights[name], name, k) for name in counted for k in range(len(rows[name])))
    end = min(((len(rows[name]) + 0.5) / weights[name] for name in counted), default=0.0)
    chosen = [(name, k) for place, name, k in places if place < end][:most]
    for name in set(rows) - {name for name, _ in chosen} if field else ():
        what = f"of {len(rows[name])} rows of {name} none is among the {len(chosen)} to train on"
        raise InputError(what, field=field, fix=f"raise {field}, or the weight of {name} in the mixture")
    return [rows[name][k] for name, k in chosen]


@dataclass
class TrainingJob(Generic[AnyRecipe]):
    """Folders, recipe and parent of one step of a chain.

    `folder` is results/models/{backbone}/{chain}, with the recipe in recipe.json; `data` are the files trained on,
    `styles` and `tasks` those of each benchmark that is learned from, and `encoders` compare texts.
    InputError if parent or data are missing, if the parent lacks a layer that the adapter is for, and for `quantize`
    behind another step.
    """

    recipe: AnyRecipe
    folder: Path
    data: dict[str, Path]
    styles: Mapping[str, Style] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)
    encoders: Sequence[EncoderFolder] = ()
    trackers: Sequence[str] = ()
    stopwatch: Stopwatch = field(default_factory=Stopwatch)

    def __post_init__(self) -> None:
        self.step = chains.last_step(self.folder.name)
        self.parent = self.folder.with_name(chains.parent(self.folder.name))
        self._check_quantized()
        self.parent_manifest = read_manifest(self.parent / "manifest.json")
        adapters.check_targets(self.parent / "model", self.recipe)
        for path in self.data.values():
            if not path.is_file():
                raise InputError("training data are missing", file=path, fix=f"snakemake {path}")
        self.identity = {
            "step": str(self.step),
            "recipe": self.recipe.model_dump(mode="json"),
            "parent": text_sha256(canonical(self.parent_manifest)),
            "data": {name: file_sha256(path) for name, path in sorted(self.data.items())},
        }
        styles = {name: style.model_dump(mode="json") for name, style in self.styles.items()}
        if len(styles) == 1:
            [self.identity["style"]] = styles.values()
        elif styles:
            self.identity["styles"] = styles
        self.digest = text_sha256(canonical(self.identity))[:16]
        self.trainer_folder = checkpoints.job_folder(self.folder / "trainer", self.digest)
        self.stop = checkpoints.StopOnSignal(self.recipe.passes)
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        self.processes = processes.count()
        processes.take_gpu()  # before anything asks CUDA; four-bit weights are quantised where they are loaded
        # The identity holds what was asked: on another machine the same training goes on in that machine's precision.
        chosen = precision.choose(self.recipe.precision, say=processes.is_first())
        self.recipe = self.recipe.model_copy(update={"precision": chosen})
        self.kernels = kernels.choose(self.recipe, say=processes.is_first())
        kernels.use_head(self.kernels.labelled_head)
        # Until `fit` says what "auto" is.
        self.micro_batch_size = 1 if self.recipe.micro_batch_size == "auto" else self.recipe.micro_batch_size
        self.recomputed = bool(self.recipe.gradient_checkpointing)  # auto: until it is known what fits
        self._sharding = None
        self._check_devices()
        check_trackers(self.trackers)
        # By default transformers writes TensorBoard's curves beside the checkpoints, with which they would be removed.
        backbone = self.folder.parent
        curves = backbone.parent.parent / "tensorboard" / backbone.name / self.folder.name
        os.environ.setdefault("TENSORBOARD_LOGGING_DIR", str(curves))
        set_seed(self.step.seed)

    def _check_quantized(self) -> None:
        """Experiments are checked when they are read; a chain may be asked for by itself."""
        if self.parent.name != chains.BASE and self.recipe.adapter and self.recipe.adapter.quantize:
            what = f"4 bits would round what '{chains.last_step(self.parent.name)}' taught"
            fix = "leave `quantize` out of the recipe's adapter: only the first step of a chain may have it"
            raise InputError(what, file=self.folder / "recipe.json", field="adapter.quantize", fix=fix)

    def _check_devices(self) -> None:
        """The recipe's batch must come out whole; several visible GPUs in one process would multiply it."""
        if self.processes == 1 and torch.cuda.device_count() > 1:
            raise InputError(
                f"{torch.cuda.device_count()} GPUs are visible to one process, which would change the batch size",
                fix="start it with `python scripts/launch.py`, or set CUDA_VISIBLE_DEVICES to one of them",
            )
        check_batch(self.recipe, self.processes, self.folder / "recipe.json")

    @cached_property
    def checkpoint(self) -> Path | None:
        """The checkpoint to resume from, if an earlier attempt left a complete one."""
        return checkpoints.newest_complete(self.trainer_folder)

    def files(self: "TrainingJob[OfQuestions]", kind: str) -> dict[str, Path]:
        """The files of a kind of data by benchmark; empty where there are none of the kind."""
        names = {benchmark: self.recipe.data_name(kind, benchmark) for benchmark, _ in self.recipe.questions}
        return {benchmark: self.data[name] for benchmark, name in names.items() if name in self.data}

    def examples(self: "TrainingJob[OfRows]", benchmark: str, task: Task) -> list[Row]:
        """The training questions of a benchmark, or the part that the recipe takes, in an order drawn by the seed."""
        file = self.files("examples")[benchmark]
        examples = read_rows(file, task.Example)
        if rows := self.recipe.rows:
            examples = drawn(examples, self.recipe.part(), file)
            for key, wanted in (("subset", rows.subsets), ("stratum", rows.strata)):
                known = {getattr(example, key, "") for example in examples}  # not all tasks have strata
                for name in wanted:
                    if name not in known:
                        raise InputError(
                            f"no training question is of the {key} '{name}'", file=file, fix=nearest(name, known)
                        )
                examples = [example for example in examples if not wanted or getattr(example, key, "") in wanted]
        random.Random(self.step.seed).shuffle(examples)
        return examples

    def load_model(self) -> PreTrainedModel:
        """The parent's model: fp32 weights, or what stays frozen beside an adapter as `adapters.loading` says.

        For a reward model with a head of one number, drawn by the seed, in place of that for tokens.
        """
        self._sharding = self._sharding or sharding.prepare(self._shared_arguments())
        settings = adapters.loading(self.recipe)
        if not self.recipe.answers:
            set_seed(self.step.seed)
        return adapters.load(self.parent / "model", self.recipe, **settings)

    def load_tokenizer(self) -> PreTrainedTokenizerBase:
        """The parent's tokenizer, with padding set, and with the recipe's values in its chat template."""
        tokenizer = load_tokenizer(self.parent / "model")
        if isinstance(self.recipe, QuestionRecipe) and (values := self.recipe.chat_template_kwargs):
            file = str(self.folder / "recipe.json")
            tokenizer.chat_template = with_values(tokenizer.get_chat_template(), values, file)
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer

    def fit(self, longest: int, tokens: fitting.Tokens | None = None) -> None:
        """Find how many rows of up to `longest` tokens pass at once, where the recipe leaves it to the machine.

        Of rows that share something `tokens` says how many they have. Call it before `arguments` and, since it loads
        the model to try, before `load_model`.
        """
        if self.recipe.micro_batch_size == "auto" and sharding.chosen() == "zero3":
            weights = weight_bytes(self.parent / "model") // 2  # of bf16; a parent in fp32 gets fewer rows
            most = self.recipe.batch_size // self.processes
            tokens = tokens or (lambda rows: rows * longest)
            self.micro_batch_size = fitting.most_when_spread(weights, tokens, most, fitting.gpu_bytes())
            return
        resumed = self.checkpoint is not None
        found = fitting.fit(self.load_model, self.recipe, longest, self.trainer_folder, resumed, tokens)
        self.micro_batch_size, self.recomputed = found

    def arguments(self) -> dict[str, Any]:
        """Trainer arguments that follow from the recipe, with those that it has for TRL."""
        return {**self._shared_arguments(), **self.recipe.trl}

    def _shared_arguments(self) -> dict[str, Any]:
        recipe = self.recipe
        return {
            "output_dir": str(self.trainer_folder),
            "learning_rate": recipe.learning_rate,
            "num_train_epochs": recipe.epochs,
            "max_steps": recipe.max_steps or -1,
            "per_device_train_batch_size": self.micro_batch_size,
            "gradient_accumulation_steps": recipe.batch_size // (self.micro_batch_size * self.processes),
            "lr_scheduler_type": recipe.scheduler,
            "warmup_steps": recipe.warmup,
            "weight_decay": recipe.weight_decay,
            "max_grad_norm": recipe.max_grad_norm,
            "bf16": recipe.precision == "bf16",
            **kernels.recomputation(self.recomputed),
            "save_strategy": "steps",
            "save_steps": recipe.save_steps,
            "save_total_limit": retention.WHILE_TRAINING,
            "logging_steps": recipe.log_steps,
            "logging_first_step": True,
            "train_sampling_strategy": self.recipe.order,
            "seed": self.step.seed,
            "data_seed": self.step.seed,
            "report_to": list(self.trackers) or "none",
            "run_name": f"{self.folder.parent.name}/{self.folder.name}",
            "use_cpu": not torch.cuda.is_available(),
            "dataloader_pin_memory": torch.cuda.is_available(),
            "disable_tqdm": False,
            "use_liger_kernel": self.kernels.liger,
            "ddp_find_unused_parameters": False,
            **sharding.arguments(),
        }

    def evaluation(self, held_out: bool) -> dict[str, Any]:
        """Trainer arguments by which it measures the loss on held-out rows, if any: before, during and after."""
        if not held_out:
            if isinstance(self.recipe, ValidatedRecipe) and self.recipe.chooses:
                fix = "hold more out, or leave it out of the recipe"
                raise InputError("nothing is held out to choose by", field=self.recipe.chooses, fix=fix)
            return {}
        return {
            "eval_strategy": "steps",
            "eval_steps": self.recipe.save_steps,
            "eval_on_start": self.checkpoint is None,
            "per_device_eval_batch_size": self.micro_batch_size,
        }

    def train(self, trainer) -> None:
        """Train, from the newest complete checkpoint if there is one; exit non-zero after a signal."""
        trainer.add_callback(checkpoints.MarkComplete(self.stopwatch, self.recipe.precision))
        if self.recipe.save_minutes:
            trainer.add_callback(checkpoints.SaveByTime(self.recipe.save_minutes))
        if isinstance(self.recipe, ValidatedRecipe) and self.recipe.chooses:
            trainer.add_callback(choosing.Choose(self.recipe))
            # Not among its arguments, whose check wants the trainer to measure: of GRPO a callback does.
            trainer.args.load_best_model_at_end = self._keeps_best
        trainer.add_callback(self.stop)  # behind what leaves a checkpoint out
        trainer.add_callback(TokenCount())
        batches.install(trainer, self.recipe.batch_size, self.recipe.steps_alike)
        self._ready_adapter(trainer.model)
        if self.kernels.compiled_layers:
            kernels.compile_layers(trainer.model)
        checkpoint = self.checkpoint
        self.stopwatch.earlier = checkpoints.read_mark(checkpoint)["seconds"] if checkpoint else 0.0
        self._say_where_from(checkpoint)
        if processes.is_first():
            retention.release(self.parent, self.parent_manifest)
            if judge := self.data.get(JUDGE):
                retention.release(judge.parent, read_manifest(judge))
            checkpoints.remove_incomplete(self.trainer_folder)
        if checkpoints.is_at_end(checkpoint, self.recipe):
            # Weights and history are restored; transformers would do one step more where the end is inside an epoch.
            trainer.get_batch_samples = lambda *_: ([], None)
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        with atomic.naming_full_disks(self.trainer_folder):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if received := self.stop.agreed():
            print(f"stopped by signal {received} after step {trainer.state.global_step}; saved", flush=True)
            # srun ends a job of several nodes when its first process ends: wait until the line is printed.
            processes.wait_for_all()
            processes.leave(128 + received)
            sys.exit(128 + received)
        if self._keeps_best:
            print(f"the model is that of step {trainer.state.best_global_step}", flush=True)

    @property
    def _keeps_best(self) -> bool:
        return isinstance(self.recipe, ValidatedRecipe) and self.recipe.keep == "best"

    def _ready_adapter(self, model: torch.nn.Module) -> None:
        if self.recipe.adapter:
            adapters.to_fp32(model)
            if not self.recipe.adapter.dropout and sharding.chosen() != "zero3":
                adapters.add_in_one_product(model)

    def _say_where_from(self, checkpoint: Path | None) -> None:
        here = checkpoints.in_words(self.processes)
        if checkpoint:
            mark = checkpoints.read_mark(checkpoint)
            print(f"resuming from {checkpoint.name}", flush=True)
            if mark["processes"] != self.processes:
                before = checkpoints.in_words(mark["processes"])
                what = f"it was saved by {before}, and this job has {here}"
                drawn = ", other completions are drawn" if self.recipe.generates else ""
                print(f"{what}: the batches stay the same, sums are rounded in another order{drawn}", flush=True)
            if mark["precision"] != self.recipe.precision:
                here_in = self.recipe.precision
                print(f"its steps were computed in {mark['precision']}, those from here on in {here_in}", flush=True)
            return
        for other in checkpoints.unreadable(self.folder / "trainer", self.digest):
            mark = checkpoints.read_mark(other)
            before, how = checkpoints.in_words(mark["processes"]), mark["sharding"]
            print(
                f"{other.name} of {before} with sharding {how} cannot be read by {here} with "
                f"sharding {sharding.chosen()}: training starts again. To go on from it instead, stop this job and ask "
                f"for {before} in all with `sharding: {how}` in config/resources.yaml",
                flush=True,
            )

    def finish(
        self,
        trainer,
        tokenizer,
        facts: Mapping[str, object],
        measure: Callable[[], None] | None = None,
        prompt_tokens: int = 0,
        generated_tokens: int = 0,
        **wall_clock: object,
    ) -> None:
        """Write model folder, history and run.json, and the manifest last; then prune checkpoints but for the newest.

        `facts` go into the manifest: they must follow from the inputs alone. `prompt_tokens` were read to generate
        `generated_tokens`; they and `wall_clock` go into run.json. Every process must call it, last of all: the first
        one writes, and calls `measure` once the model is saved; others end here.
        """
        adapter = self.folder / "adapter"
        if self.recipe.adapter:
            adapters.save(trainer, adapter)
        # Rounded to less than was computed in, a model of few steps would be its parent again: most updates are smaller
        # than half a step of bf16.
        dtype = precision.DTYPES[self.recipe.precision]
        sharded = sharding.chosen() != "none" and not self.recipe.adapter
        weights = sharding.whole_weights(trainer, dtype) if sharded else None
        peaks = processes.gather(peak_memory_gb())
        sharding.release()
        if not processes.is_first():
            processes.leave()
        atomic.write_jsonl(self.folder / "history.jsonl", history(trainer.state.log_history))
        model = trainer.accelerator.unwrap_model(trainer.model)
        kernels_used = asdict(self.kernels) | {"attention": model.config._attn_implementation}
        if self.recipe.adapter:
            model = adapters.merged(self.parent / "model", adapter, self.recipe)
        with atomic.replacing(self.folder / "model") as folder:
            if weights is None:
                model.to(dtype).save_pretrained(folder)  # pyright: ignore[reportArgumentType]
            else:
                sharding.save_whole(model, weights, dtype, folder)
            tokenizer.save_pretrained(folder)
        if measure:
            measure()
        on_gpu = (
            {"gpu_peak_memory_gb": round(torch.cuda.max_memory_allocated() / 1e9, 2)}
            if torch.cuda.is_available()
            else {}
        )
        [*_, trained] = [entry for entry in trainer.state.log_history if "train_runtime" in entry]
        self.stopwatch.write(
            self.folder / "run.json",
            backward_tokens=trainer.state.num_input_tokens_seen,
            prompt_tokens=prompt_tokens,
            generated_tokens=generated_tokens,
            steps=trainer.state.global_step,
            peak_memory_gb=round(peak_memory_gb() + sum(peaks[1:]), 2),
            processes=self.processes,
            nodes=processes.nodes(),
            sharding=sharding.chosen(),
            device=precision.device(),
            micro_batch_size=self.micro_batch_size,
            precision=self.recipe.precision,
            train_seconds=trained["train_runtime"],
            **on_gpu,
            kernels=kernels_used,
            **wall_clock,
        )
        manifest = {
            **self.identity,
            **facts,
            "precision": self.recipe.precision,
            "model": folder_sha256(self.folder / "model"),
            "versions": versions(),
        }
        atomic.write_json(self.folder / "manifest.json", manifest)
        kept = self.recipe.checkpoints == "keep" or self._keeps_best  # from the newest and the best it is made again
        retention.prune(self.folder / "trainer", self.trainer_folder, kept)
        print(f"{self.folder.name}: {trainer.state.global_step} steps, reasonome {__version__}")
        processes.leave()


def check_batch(recipe: Recipe, processes: int, file: Path) -> None:
    """InputError where so many processes cannot train a recipe, as where a step has no whole micro-batches."""
    try:
        recipe.check_processes(processes)
    except WrongValue as error:
        key = error.keys[0] if error.keys else "batch_size"
        raise InputError(str(error), file=file, field=key, fix=error.fix) from None


def history(log: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """The trainer's log without what differs between an undisturbed and a resumed run.

    That is the wall clock, the closing summary, whose mean loss covers the last attempt only, and the order
    of keys, which a checkpoint sorts.
    """
    steps = [entry for entry in log if "train_loss" not in entry]
    return [{key: entry[key] for key in sorted(entry) if not key.endswith(WALL_CLOCK)} for entry in steps]
