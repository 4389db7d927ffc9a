"""recipes/{stage}.yaml: what the settings of several training stages share, and what the rest asks of every stage.

The stages themselves are in `reasonome.stages`, which is a room above.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from reasonome.config import trl_settings
from reasonome.config.reference import BenchmarkRef, Mistake
from reasonome.config.strict import Name, Precision, Strict, Variant, WrongValue

if TYPE_CHECKING:
    from reasonome.config.preferences import Preferences
    from reasonome.config.project.results import Results

# A part of a training split, as `Rows.which` has it.
PART = r"all|[1-9][0-9]*(?:-(?:all|[1-9][0-9]*))?"


def multiples_near(number: int, of: int) -> str:
    """The multiples of `of` below and above a number, in words."""
    return " or ".join(str(count * of) for count in (number // of, number // of + 1) if count)


def _teaches(rate: float) -> float:
    """`rate`; WrongValue for one that would destroy any model."""
    if rate > 0.1:
        fix = "give one from 1.0e-6 (all weights, by rewards) to 1.0e-3 (an adapter); YAML needs the dot: 1.0e-5"
        raise WrongValue(f"a learning rate of {rate:g} destroys any model", fix)
    return rate


class Adapter(Strict):
    """LoRA (Hu et al. 2021): low-rank weights beside the frozen ones, merged into them when training ends."""

    rank: Annotated[int, Field(ge=1)] = 16
    alpha: Annotated[float, Field(gt=0)] = Field(32.0, description="the adapter's output is scaled by alpha / rank")
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    targets: Literal["all-linear"] | Annotated[list[str], Field(min_length=1)] = Field(
        "all-linear", description="module names that get an adapter"
    )
    quantize: Literal["4bit"] | None = Field(
        None, description="4bit is QLoRA: NF4 base weights; first step of a chain, on a GPU"
    )


class Recipe(Strict):
    """The settings of one step of training. A stage is a class derived from it, which also says what others ask of it.

    `stage` is its name, `in_words` what it is in reports; `further_files` are the names of JSON files that it writes
    beside the model, and `rule_params` those of what its rule records beside the folder. A `project` is a
    `config.project.Project`, which is above this module, and a `model` is (backbone, chain).
    """

    newer = ("save_minutes", "compile_layers", "trl")
    in_words: ClassVar[str]
    further_files: ClassVar[tuple[str, ...]] = ()
    rule_params: ClassVar[tuple[str, ...]] = ("style",)
    answers: ClassVar[bool] = True  # a reward model has a head of one number, and answers nothing
    generates: ClassVar[bool] = False  # whether completions are drawn during training
    passes: ClassVar[int] = 1  # optimizer steps that learn from the same completions
    holds_parent: ClassVar[bool] = False  # whether training compares the model with its parent, which is in memory too
    grades: ClassVar[Any] = None  # the settings of rewards of rankings, if it has any
    is_placebo: ClassVar[bool] = False  # whether completions are rewarded by the right answers of other questions
    order: ClassVar[str] = "random"  # of examples, as transformers calls it
    steps_alike: ClassVar[bool] = False  # whether the examples of a step are of similar length
    trained_by: ClassVar[str] = "SFTConfig"  # the settings that TRL has for the stage
    stage: str
    learning_rate: Annotated[float, Field(gt=0), AfterValidator(_teaches)] = Field(
        description="at its highest, such as 1.0e-4"
    )
    epochs: Annotated[float, Field(gt=0)] = 1.0
    max_steps: Annotated[int, Field(ge=1)] | None = Field(None, description="overrides epochs")
    batch_size: Annotated[int, Field(ge=1)] = Field(
        description="examples in one optimizer step, all processes; rows where they are packed"
    )
    micro_batch_size: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        description="examples that pass through at once in a process; auto: the most that fit its GPU, 1 on a CPU"
    )
    adapter: Adapter | None = Field(None, description="train a LoRA adapter; all weights if not given")
    scheduler: Literal["constant", "linear", "cosine", "constant_with_warmup"] = "linear"
    warmup: Annotated[float, Field(ge=0, lt=1)] = Field(0.05, description="share of the steps")
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    precision: Precision = Field(
        "auto",
        description="auto: the one of the two that this machine computes faster in. bf16 is autocast over fp32 "
        "weights; sharded, bf16 weights with an fp32 copy that steps",
    )
    gradient_checkpointing: bool | Literal["auto"] = Field(
        False,
        description="compute activations again in the backward pass: less memory for a third more time; auto: where "
        "`micro_batch_size: auto` finds few rows on a GPU without it, with a number, and under zero3",
    )
    kernels: Literal["auto", "plain"] = Field(
        "auto",
        description="auto: Liger kernels where they are installed and a GPU is, and a head of "
        "labelled tokens alone on a CPU; plain: what PyTorch and TRL have",
    )
    compile_layers: bool = Field(
        False, description="compile the model's layers at the start: worth it for trainings of many minutes"
    )
    save_steps: Annotated[int, Field(ge=1)] = Field(description="steps between two checkpoints")
    save_minutes: Annotated[float, Field(gt=0)] | None = Field(
        None, description="least minutes between two checkpoints: of those of save_steps, what comes sooner is left out"
    )
    log_steps: Annotated[int, Field(ge=1)] = 1
    checkpoints: Literal["prune", "keep"] = Field("prune", description="trainer checkpoints once done")
    trl: dict[str, JsonValue] = Field(
        {}, description="further settings by TRL's names, such as adam_beta2: 0.95; not those that a key here decides"
    )

    @model_validator(mode="after")
    def _trl_knows_them(self) -> Self:
        trl_settings.check(self.trained_by, self.trl, type(self).model_fields)
        return self

    @model_validator(mode="after")
    def _whole_micro_batches(self) -> "Recipe":
        if self.micro_batch_size != "auto" and self.batch_size % self.micro_batch_size:
            what = f"batch_size {self.batch_size} is no multiple of micro_batch_size {self.micro_batch_size}"
            fix = f"set batch_size to {multiples_near(self.batch_size, self.micro_batch_size)}"
            raise WrongValue(what, fix, ("batch_size", "micro_batch_size"))
        return self

    def check_processes(self, processes: int) -> None:
        """WrongValue where so many processes cannot share an optimizer step out in whole micro-batches; its fix has the
        nearest numbers that can. `auto` is one row here: more are found where they divide."""
        micro = 1 if self.micro_batch_size == "auto" else self.micro_batch_size
        together, batch = micro * processes, self.batch_size
        if batch % together == 0:
            return
        whole = [number for number in range(1, batch // micro + 1) if batch % (micro * number) == 0]
        near = [n for n in whole if n < processes][-1:] + [n for n in whole if n > processes][:1]
        raise WrongValue(
            f"batch_size {batch} is no multiple of micro_batch_size {micro} × {processes} processes",
            f"ask for {' or '.join(map(str, near))} processes in config/resources.yaml, or set batch_size to "
            f"{multiples_near(batch, together)} in config/recipes/{self.stage}.yaml",
        )

    @property
    def corpora(self) -> list[str]:
        """The corpora whose statements it learns from."""
        return []

    @property
    def parts(self) -> list[Self]:
        """The recipe split by benchmark: a copy for each one that it learns from."""
        return [self]

    @property
    def questions(self) -> list[tuple[str, str]]:
        """(benchmark, style) of the questions that it learns from; none for statements."""
        return []

    @property
    def judging(self) -> Sequence[str]:
        """The steps of the reward model that judges completions; none without one."""
        return []

    @property
    def comparing(self) -> Sequence[str]:
        """The encoders that training compares texts with."""
        return []

    def pinned(self) -> Self:
        """The recipe with the digest of each unpinned file that it names, so that a changed file makes another one."""
        return self

    @abstractmethod
    def files(
        self, results: "Results", preferences: Mapping[str, "Preferences"], model: tuple[str, str]
    ) -> dict[str, Path]:
        """The files that it learns from, by their names in a manifest; `model` is the parent."""

    def answers_of(
        self, results: "Results", preferences: Mapping[str, "Preferences"], model: tuple[str, str]
    ) -> list[Path]:
        """The parent's samples that it learns from, a file for each of its questions."""
        return []

    def facts_of(self, results: "Results", model: tuple[str, str]) -> list[Path]:
        """The file of facts that the parent recalls, if it learns from one."""
        return []

    def taught_by(self, preferences: Mapping[str, "Preferences"]) -> str:
        """The teacher whose reasoning it learns from, or "none"."""
        return "none"

    def tables(self, preferences: Mapping[str, "Preferences"]) -> Sequence[str]:
        """Tables of people's own that it learns from."""
        return []

    def rewarded_by(self, preferences: Mapping[str, "Preferences"]) -> Sequence[str]:
        """The encoders whose similarity it learns to raise."""
        return []

    def mistakes(self, project: Any) -> Iterable[Mistake]:
        """Settings that do not fit what they name."""
        return ()

    def mistakes_of_part(self, project: Any) -> Iterable[Mistake]:
        """The same of one of its `parts`."""
        return ()

    @classmethod
    @abstractmethod
    def learned_from(cls, manifest: Mapping[str, Any]) -> str:
        """In words, what a step with this manifest learned from and how much of it."""

    @abstractmethod
    def train(self, job: Any) -> None:
        """Train the step of a `TrainingJob`. What that needs is imported here, since planning needs none."""


class ValidatedRecipe(Recipe):
    """The settings of stages that measure what is held out before, during and after training."""

    newer = (*Recipe.newer, "keep", "patience")
    compared: ClassVar[tuple[str, int]] = ("eval_loss", -1)  # in the history; 1 where more is better, -1 where less is
    keep: Literal["last", "best"] = Field(
        "last", description="the checkpoint that becomes the model: the last, or the best of those measured under way"
    )
    patience: Annotated[int, Field(ge=1)] | None = Field(
        None, description="measurements in a row, none of them better, after which training ends; it does not if null"
    )

    @property
    def chooses(self) -> str:
        """The setting that needs measurements under way; empty without one."""
        return "keep" if self.keep == "best" else "patience" if self.patience else ""

    @model_validator(mode="after")
    def _best_is_saved(self) -> Self:
        if self.keep == "best" and self.save_minutes:
            what = "keep: best needs the checkpoint of every measurement, and save_minutes leaves some out"
            raise WrongValue(what, "leave save_minutes out, and raise save_steps", ("keep", "save_minutes"))
        return self


class QuestionRecipe(Recipe):
    """The settings of stages that learn from the questions of one benchmark or a mixture."""

    newer = (*Recipe.newer, "chat_template_kwargs")
    benchmark: BenchmarkRef | None = None
    mixture: Annotated[dict[BenchmarkRef, Annotated[float, Field(gt=0)]], Field(min_length=2)] | None = Field(
        None,
        description="benchmarks with their weights, instead of one: the training questions have them by weight, each "
        "question once, until one benchmark has no more",
    )
    style: Name | dict[Name, Name] = Field(description="of each of the benchmarks; of a mixture also one for each")
    chat_template_kwargs: dict[Annotated[str, Field(pattern=r"^[a-z]\w*$")], bool | int | float | str] = Field(
        {},
        description="values of what the backbone's chat template reads, such as enable_thinking: false; the model is "
        "saved with them, and answers by them",
    )

    @model_validator(mode="after")
    def _one_benchmark_or_a_mixture(self) -> Self:
        if (self.benchmark is None) == (self.mixture is None):
            raise ValueError("give either a benchmark or a mixture of several")
        if isinstance(self.style, dict) and set(self.style) != set(self.mixture or ()):
            raise ValueError(f"'style' has one for each benchmark of the mixture: {', '.join(self.mixture or ())}")
        return self

    def _unwritten(self) -> set[str]:
        return super()._unwritten() | {"benchmark" if self.mixture else "mixture"}

    @property
    def weights_of_benchmarks(self) -> dict[str, float]:
        """The weight of each benchmark that is learned from, in the order of names: a file of the recipe sorts them."""
        one: dict[str, float] = {self.benchmark: 1.0} if self.benchmark else {}
        return {name: self.mixture[name] for name in sorted(self.mixture)} if self.mixture else one

    def data_name(self, kind: str, benchmark: str) -> str:
        """The name of a file of training data in a manifest: of a mixture, with the benchmark that it is of."""
        return f"{kind} of {benchmark}" if self.mixture else kind

    @property
    def parts(self) -> list[Self]:
        return [
            self.model_copy(update={"benchmark": name, "mixture": None, "style": style})
            for name, style in self.questions
        ]

    @property
    def questions(self) -> list[tuple[str, str]]:
        names, style = self.weights_of_benchmarks, self.style
        return [(name, style[name] if isinstance(style, dict) else style) for name in names]

    @property
    def question(self) -> tuple[str, str]:
        """(benchmark, style) of one of its `parts`."""
        [question] = self.questions
        return question


class Rows(Strict):
    """A part of the training split. Its order is drawn at random once for all recipes and seeds."""

    newer = ("subsets", "strata")
    skip: Annotated[int, Field(ge=0)] = Field(
        default=0, description="questions at the beginning of that order to leave out"
    )
    take: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="questions that follow them, at most; all if not given"
    )
    subsets: list[str] = Field(
        default=[], description="those of these that are of one of these subsets; all if not given"
    )
    strata: list[str] = Field(default=[], description="and of one of these strata; all if not given")

    @property
    def which(self) -> str:
        """The part as names of files have it: `all`, `1120` (the first), `2500-3620` or `2500-all`."""
        if not self.skip:
            return str(self.take or "all")
        return f"{self.skip}-{self.skip + self.take if self.take else 'all'}"


class RowsRecipe(QuestionRecipe):
    """The settings of stages that read the training split itself."""

    newer = (*QuestionRecipe.newer, "rows")
    rows: Rows | None = Field(
        None, description="the part of each benchmark's training split to learn from; all if not given"
    )

    def part(self) -> str:
        """The part of the training split, as `Rows.which` has it."""
        rows = self.rows or Rows()
        return Rows(skip=rows.skip, take=rows.take).which

    @classmethod
    def examples_in_words(cls, manifest: Mapping[str, Any]) -> str:
        """How many training questions a step learned from, and of which benchmarks."""
        learned = manifest["recipe"].get("mixture") or [manifest["recipe"]["benchmark"]]
        return f"{manifest['examples']:,} training questions of {' and '.join(learned)}"


def _without_stage(values: dict[str, Any]) -> dict[str, Any]:
    if "stage" in values:
        raise ValueError("the file's name says the stage: leave out 'stage'")
    return values


RecipePart = Annotated[dict[str, Any], AfterValidator(_without_stage)]


def varied(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with changes. A key is replaced whole, and a mixture replaces a benchmark, or the other way round."""
    learned_from = {"benchmark", "mixture"} if changes.keys() & {"benchmark", "mixture"} else set()
    return {key: value for key, value in settings.items() if key not in learned_from} | dict(changes)


class RecipeFile(Strict):
    """config/recipes/{stage}.yaml: defaults, and variants that change some of them.

    A file of one's own says of its defaults what differs from those that ship.
    """

    defaults: RecipePart = {}
    variants: dict[Variant, RecipePart | None]

    def merged(self, variant: str) -> dict[str, Any]:
        """The defaults with the changes of a variant."""
        return varied(self.defaults, self.variants[variant] or {})
