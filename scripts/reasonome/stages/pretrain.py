"""Knowledge warm-up: its settings and files. What trains is `training/pretrain.py`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from reasonome.config import Name, Recipe
from reasonome.config.project import Project
from reasonome.config.project.recipe_references import check_known
from reasonome.config.strict import Strict


class Drill(Strict):
    """Facts that the parent missed count more."""

    facts: Annotated[int, Field(ge=1)] = Field(
        description="training facts that the parent is asked: those that a warm-up reads first"
    )
    weight: Annotated[float, Field(gt=1)] = Field(description="by which statements of a missed fact are drawn sooner")


class PretrainRecipe(Recipe):
    """Knowledge warm-up: causal language modelling on packed statements of a corpus."""

    in_words = "knowledge warm-up"
    rule_params = ()
    newer = (*Recipe.newer, "drill", "recall")
    stage: Literal["pretrain"]
    corpus: Name
    sequence_length: Annotated[int, Field(ge=32)]
    packing: Literal["wrapped", "separate"] = Field(
        "wrapped",
        description="wrapped: statements follow one another and may be cut; separate: whole, each seeing itself alone",
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="statements are sampled up to this")
    drill: Drill | None = None
    recall: Annotated[int, Field(ge=1)] | None = Field(
        None, description="training facts that the model is asked whenever its loss is measured; none if not given"
    )

    @property
    def corpora(self) -> list[str]:
        return [self.corpus]

    @model_validator(mode="after")
    def _drill_is_seen(self) -> Self:
        if self.drill is not None and self.max_tokens is None:
            raise ValueError("'drill' goes with 'max_tokens': where every statement is read, none is read sooner")
        return self

    def files(self, project: Project, model: tuple[str, str]) -> dict[str, Path]:
        folder = project.results.statements(self.corpus)
        files = {part: folder / f"{part}.jsonl" for part in ("train", "held_out")}
        if self.drill:
            [files["recalled"]] = self.facts_of(project, model)
        if self.recall:
            files["facts"] = project.results.facts(self.corpus)
        return files

    def facts_of(self, project: Project, model: tuple[str, str]) -> list[Path]:
        return [project.results.recall(model, self.corpus, self.drill.facts)] if self.drill else []

    def check(self, project: Project, file: str, variant: str) -> None:
        check_known(project, file, variant, self, "corpus", project.corpora)

    @classmethod
    def learned_from(cls, manifest: Mapping[str, Any]) -> str:
        return f"{manifest['statements']:,} statements of corpus {manifest['recipe']['corpus']}"

    def train(self, project: Project, job: Any) -> None:
        from reasonome.training.pretrain import pretrain

        pretrain(job)
