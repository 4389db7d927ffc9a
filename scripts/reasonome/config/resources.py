"""resources.yaml: the resources that jobs request."""

from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import Field

from reasonome.config.recipes import Recipe
from reasonome.config.reference import BackboneRef, Names, Ref, SomeNames, StepRef
from reasonome.config.strict import Strict

# The rules that a cluster runs beside those of training; those marked as local run where Snakemake runs.
CLUSTER_RULES = (
    "build_facts",
    "build_benchmark",
    "build_background",
    "embed_background",
    "write_prompts",
    "write_statements",
    "write_reasoning",
    "write_preferences",
    "generate",
    "annotate",
    "sample",
    "score",
    "score_baselines",
    "audit_leaks",
    "summarise",
    "render_report",
)
Sharding = Literal["none", "zero2", "zero3"]


class Rule(Ref[Any]):
    tables, kind, also, pattern = ("stages",), "rule", CLUSTER_RULES, None


class Data(Ref[Any]):
    tables, kind = ("benchmarks", "corpora"), "benchmark or corpus"


class Request(Strict):
    """Resources of the jobs that it names; values that are not given come from the entries above it."""

    rules: Names[Rule] | None = Field(None, description="all if not given")
    backbones: Names[BackboneRef] | None = Field(None, description="all if not given")
    recipes: Names[StepRef] | None = Field(
        None, description="of the step that the job trains, as stage.variant; all if not given"
    )
    data: SomeNames[Data] | None = Field(
        None,
        description="benchmarks and corpora that the job learns from, asks about or builds, and no others; all if "
        "not given",
    )
    adapter: bool | None = Field(
        None, description="of training: recipes that train an adapter, or all weights (false); both if not given"
    )
    cpus: Annotated[int, Field(ge=1)] | None = None
    memory_gb: Annotated[float, Field(gt=0)] | None = Field(None, description="of a node")
    minutes: Annotated[int, Field(ge=1)] | None = None
    gpus: Annotated[int, Field(ge=0)] | None = Field(
        None, description="of a node; in an entry without rules for training and generate, which use them"
    )
    gpu_memory_gb: Annotated[float, Field(gt=0)] | None = Field(
        None, description="of one GPU, 80 if not given; a training that cannot fit is refused"
    )
    gpu_model: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")] | None = None
    gres: bool | None = Field(None, description="whether SLURM is asked for GPUs by --gres; if not given by --gpus")
    nodes: Annotated[int, Field(ge=1)] | None = Field(None, description="more than one for training alone")
    processes: Annotated[int, Field(ge=1)] | None = Field(
        None, description="of a node; not needed: one per GPU, and one on a machine without"
    )
    sharding: Sharding | None = Field(
        None, description="what DeepSpeed spreads over the processes: zero2 optimizer and gradients, zero3 weights too"
    )
    partition: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._,-]*$")] | None = None
    account: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = None
    warning_seconds: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="how long before its time limit a job is told to save: longer than a step and a save together; "
        "never more than half of the limit",
    )
    retry_factor: Annotated[float, Field(ge=1, le=10)] | None = Field(
        None,
        description="a retry asks for this many times the memory and minutes of the attempt before; 1 where that would "
        "be more than a node has",
    )

    def is_for(
        self, rule: str, backbone: str | None, step: str | None, recipe: Recipe | None, data: Collection[str]
    ) -> bool:
        """Whether it applies to jobs of `rule` with `backbone` and `data`; training has a step and its `recipe`."""
        conditions = ((self.rules, rule), (self.backbones, backbone), (self.recipes, step))
        if not all(names is None or name in names for names, name in conditions):
            return False
        if self.adapter is not None and (recipe is None or bool(recipe.adapter) != self.adapter):
            return False
        return self.data is None or (bool(data) and {*data} <= {*self.data})
