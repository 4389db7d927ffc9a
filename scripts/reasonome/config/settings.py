"""config.yaml: what to build and where."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reasonome.config.strict import FileAndName, Name, RelativePath, Seed, SomeNames, Strict, check_unique


class Settings(Strict):
    """config/config.yaml: what to build and where."""

    experiments: SomeNames
    results: RelativePath = "results"
    tasks: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")], FileAndName] = Field(
        {}, description="tasks of your own by name: path/to/file.py:Class, in the project (docs/tasks.md)"
    )
    bootstrap: Annotated[int, Field(ge=100)] = 10_000
    seed: Seed = 0
    final: bool = Field(False, description="score the sealed part of the test sets too: for a final table, once")
    prompt_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.75, description="of a backbone's context, that the longest prompt of a style may fill; answers have the rest"
    )
    equivalence: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.02, description="differences of a score smaller than this count as none where two are said to be on par"
    )
    annotation_model: Name | None = Field(
        None, description="the backbone that `reasonome annotate` asks without --model: a model that ships"
    )
    trackers: Annotated[list[Literal["wandb", "mlflow"]], AfterValidator(check_unique)] = Field(
        [], description="where training reports to beside TensorBoard; their settings come from the environment"
    )
